"""A telling from outside, checked: codes into ids, days and minutes filled in, and every fault named."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from models import Activity, Campaign, Person
from models.base import PersonId
from models.database import in_batches
from models.enums import ActivityStatus
from outreach import fields, ledger, matters
from outreach.errors import Fault, Invalid
from outreach.metrics import PRESENT_STATES, combination_of, faults_of_entry
from outreach.outcomes.tellings import (
    Attended,
    Attendee,
    Entered,
    Telling,
    Told,
    Value,
    Visit,
    Visited,
)

Item = TypeVar("Item", Attended, Visited)

TELLABLE = (ActivityStatus.HELD, ActivityStatus.PARTLY, ActivityStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class _Known:
    """A person whom a code names, and when he or she belongs to the organisation."""

    id: PersonId
    since: date | None
    until: date | None

    def belongs_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


def checked(
    session: Session, activity: Activity, telling: Telling, *, default_day: date, today: date
) -> Told:
    """The telling in ids; raises Invalid with every fault. Without `held_on` it speaks of `default_day`.

    Nothing can have happened on a day to come. Only the planned day itself may be recorded ahead of time: an office
    that writes up tomorrow's visits tonight is warned, not stopped.
    """
    faults: list[Fault] = []
    day = telling.held_on or default_day
    if telling.status not in TELLABLE:
        faults.append(Fault("status", "outcomes.status_cannot_be_told"))
    if not date(fields.FIRST_YEAR, 1, 1) <= day <= date(fields.LAST_YEAR, 12, 31):
        faults.append(Fault("held_on", "outcomes.day_out_of_range"))
    elif day > today and day != activity.day and telling.status is not ActivityStatus.CANCELLED:
        faults.append(Fault("held_on", "outcomes.day_to_come", {"day": day}))
    people = _people(session, [*(a.person for a in telling.attendance), *(v.person for v in telling.visits)])
    listing = _Listing(activity, people, day, faults)
    attendance = listing.attendance(telling.attendance, _duration(session, activity))
    visits = listing.visits(telling.visits)
    measures = _measures(telling.measures, activity, faults)
    entries, wrong_entries = ledger.resolved(
        session, telling.ledger, day=day, campaign_id=activity.campaign_id, unit_id=activity.unit_id
    )
    heard = matters.heard_at(session, activity.id) if telling.suggestions else []
    suggestions, wrong_suggestions = matters.resolved(
        session, telling.suggestions, day=day, known_codes={matter.code for matter in heard}
    )
    faults += [*wrong_entries, *wrong_suggestions]
    faults += _faults_of_words(telling)
    if faults:
        raise Invalid(faults)
    suggestions = [replace(each, unit_id=each.unit_id or activity.unit_id) for each in suggestions]
    return Told(
        status=telling.status,
        held_on=telling.held_on,
        units=(activity.unit_id,),
        attendance=attendance,
        visits=visits,
        measures=measures,
        ledger=tuple(entries),
        suggestions=tuple(matters.named(session, suggestions, heard)),
        narrative=(telling.narrative or "").strip() or None,
    )


@dataclass(frozen=True, slots=True)
class _Listing:
    """The two lists of people, checked against who there is."""

    activity: Activity
    people: dict[str, _Known]
    day: date
    faults: list[Fault]

    def attendance(self, given: Sequence[Attended], duration: int | None) -> tuple[Attendee, ...]:
        listed = []
        for number, (attended, person_id) in enumerate(self._known(given, "attendance")):
            present = attended.state in PRESENT_STATES
            minutes = duration if attended.minutes is None and present else attended.minutes
            if minutes is not None and not 0 <= minutes <= fields.LONGEST_DURATION:
                self._fault(f"attendance.{number}.minutes", "outcomes.minutes_out_of_range")
            if not fields.is_code(attended.role):
                self._fault(f"attendance.{number}.role", "outcomes.not_a_role")
            if person_id is not None:
                unit_id = self.activity.unit_id
                listed.append(Attendee(person_id, unit_id, minutes, attended.role, attended.state))
        return tuple(listed)

    def visits(self, given: Sequence[Visited]) -> tuple[Visit, ...]:
        return tuple(
            Visit(person_id, self.activity.unit_id, visited.result, visited.condition, visited.note or None)
            for visited, person_id in self._known(given, "visits")
            if person_id is not None
        )

    def _known(self, given: Sequence[Item], field: str) -> Iterable[tuple[Item, PersonId | None]]:
        seen: set[str] = set()
        for number, item in enumerate(given):
            place = f"{field}.{number}.person"
            known = self.people.get(item.person)
            if known is None:
                self._fault(place, "errors.unknown_code", code=item.person)
            elif item.person in seen:
                self._fault(place, "outcomes.person_twice", person=item.person)
            elif not known.belongs_on(self.day) and known.id != self._about():
                self._fault(place, "outcomes.person_not_there_that_day", person=item.person, day=self.day)
            seen.add(item.person)
            yield item, None if known is None else known.id

    def _about(self) -> PersonId | None:
        """Whom the visit of a case is about: after a bereavement, somebody who is no longer there."""
        return None if self.activity.matter_id is None else self.activity.subject_person_id

    def _fault(self, field: str, key: str, **values: object) -> None:
        self.faults.append(Fault(field, key, values))


def _measures(given: Sequence[Entered], activity: Activity, faults: list[Fault]) -> tuple[Value, ...]:
    values = []
    for number, entered in enumerate(given):
        combination = combination_of(entered.dimensions)
        found = faults_of_entry(
            entered.metric,
            entered.value,
            entered.qualifier,
            field=f"measures.{number}",
            combination=combination,
        )
        if not all(_is_dimension(*pair) for pair in entered.dimensions.items()):
            found.append(Fault(f"measures.{number}.dimensions", "outcomes.not_a_dimension"))
        faults += found
        values.append(Value(entered.metric, activity.unit_id, entered.value, entered.qualifier, combination))
    return tuple(values)


def _is_dimension(name: str, value: str) -> bool:
    return all(text.strip() == text != "" and text.isprintable() for text in (name, value))


def _faults_of_words(telling: Telling) -> list[Fault]:
    """What cannot be kept of the words: too long, or with signs that a database does not take."""
    faults: list[Fault] = []
    fields.collect(faults, "narrative", partial(fields.text, telling.narrative or ""))
    for number, visited in enumerate(telling.visits):
        fields.collect(faults, f"visits.{number}.note", partial(fields.text, visited.note or ""))
    return faults


def _people(session: Session, codes: Collection[str]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    for some in in_batches(set(codes)):
        # The code of somebody who was merged stands for the one who stays.
        told = aliased(Person)
        rows = session.execute(
            select(told.code, Person.id, Person.since, Person.until)
            .join(told, func.coalesce(told.merged_into_id, told.id) == Person.id)
            .where(told.code.in_(some))
        )
        for code, person_id, since, until in rows:
            found[code] = _Known(person_id, since, until)
    return found


def _duration(session: Session, activity: Activity) -> int | None:
    """The minutes that an activity is planned to last; None when nobody said."""
    if activity.starts_at is not None and activity.ends_at is not None:
        return round((activity.ends_at - activity.starts_at).total_seconds() / 60)
    return session.scalar(select(Campaign.duration_minutes).where(Campaign.id == activity.campaign_id))
