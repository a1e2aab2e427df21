"""Rounds 一次走访: open visits of several people, put on one day one after another, with the same people going.

Each stays a visit of its own: its campaign, its interval and its record are what they were (rule 37).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.timezones import at
from models import Activity, Assignment, Person
from models.base import ActivityId
from models.enums import TAKING_PART, ActivityStatus
from outreach import activities
from outreach.activities import ActivityColumns, Circumstances
from outreach.activities.assigning import take_back
from outreach.activities.changing import expect_version
from outreach.assignment import When
from outreach.assignment.needs import places_needed
from outreach.assignment.places import ANY_ROLE, open_places
from outreach.errors import Conflict, Fault, Invalid, NotFound, invalid
from outreach.permissions import Actor, Deed

MOST_VISITS: Final = 20
"""How many visits one round may have: more than anybody makes in a day."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit of the round to be made, as it stood when it was chosen."""

    activity_id: ActivityId
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A visit that was put into a round: how it stands now, how it stood before, and who was newly asked."""

    activity_id: ActivityId
    version: int
    day: date
    last_day: date
    starts_at: datetime | None
    ends_at: datetime | None
    by_hand: bool
    asked: tuple[str, ...]


def make_round(
    session: Session,
    stops: Sequence[Stop],
    *,
    day: date,
    first_at: time | None,
    minutes: int,
    people: Sequence[str],
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> Sequence[Made]:
    """Put visits on one day in the order given, and ask people (by code) to each of them.

    With `first_at` (local) each lasts so many minutes and the next one follows; without it they are whole days. Raises
    Invalid with the faults (no visit, too many, a day that is over, an end on another day, people who are not known),
    NotFound, Forbidden, Stale for a visit that changed since it was chosen, and Conflict for one that is no longer
    planned.
    """
    _expect_makeable(len(stops), day=day, first_at=first_at, minutes=minutes, today=today)
    how: Circumstances = {"by": by, "today": today, "now": now, "zone": zone}
    standing = [_standing(session, stop, how) for stop in stops]
    needed = places_needed(session, {each.id: each.campaign_id for each in standing})
    made: list[Made] = []
    for place, (stop, activity) in enumerate(zip(stops, standing, strict=True)):
        before = (activity.day, activity.last_day, activity.starts_at, activity.ends_at, activity.by_hand)
        columns = _times(day, first_at, minutes, place, zone)
        activities.change_activity(
            session,
            activity.id,
            columns,
            by=by,
            today=today,
            now=now,
            zone=zone,
            expected_version=stop.version,
        )
        asked = _ask(session, activity, people, needed.get(activity.id, {}), how)
        session.refresh(activity)
        made.append(Made(activity.id, activity.version, *before, asked))
    return made


def when_first(*, day: date, first_at: time | None, minutes: int, today: date, zone: ZoneInfo) -> When:
    """When the first visit of such a round would be, to see who could go then; raises Invalid as `make_round`."""
    _expect_makeable(1, day=day, first_at=first_at, minutes=minutes, today=today)
    begins = None if first_at is None else at(day, first_at, zone)
    return When(day, day, begins, begins and begins + timedelta(minutes=minutes))


def take_apart(
    session: Session,
    made: Sequence[Made],
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> None:
    """Undo a round: each visit stands as it stood before, and nobody is asked in the place of those who were.

    Raises Stale when one of them has changed since, and as `make_round`.
    """
    how: Circumstances = {"by": by, "today": today, "now": now, "zone": zone}
    for each in made:
        activity = _standing(session, Stop(each.activity_id, each.version), how)
        for person in each.asked:
            take_back(session, activity.id, person, **how)
        columns: ActivityColumns = {"starts_at": each.day, "ends_at": each.last_day}
        if each.starts_at is not None and each.ends_at is not None:
            columns = {"starts_at": each.starts_at, "ends_at": each.ends_at, "all_day": False}
        activities.change_activity(session, activity.id, columns, by=by, today=today, now=now, zone=zone)
        # The planner keeps the day of what nobody gave one: so it does again.
        activity.by_hand = each.by_hand
        session.flush()


def _expect_makeable(visits: int, *, day: date, first_at: time | None, minutes: int, today: date) -> None:
    faults: list[Fault] = []
    if not visits:
        faults.append(Fault("visit", "ties.nobody_chosen"))
    if visits > MOST_VISITS:
        faults.append(Fault("visit", "ties.too_many_for_a_round", {"most": MOST_VISITS}))
    if day < today:
        faults.append(Fault("day", "ties.day_is_over"))
    if first_at is not None and not _ends_on_its_day(first_at, timedelta(minutes=minutes * visits)):
        faults.append(Fault("first_at", "ties.round_ends_too_late"))
    if faults:
        raise Invalid(faults)


def _ends_on_its_day(first_at: time, lasts: timedelta) -> bool:
    """Whether the last visit ends by midnight."""
    begins = timedelta(hours=first_at.hour, minutes=first_at.minute)
    return begins + lasts <= timedelta(days=1)


def _standing(session: Session, stop: Stop, how: Circumstances) -> Activity:
    """A visit that is still to be made; whoever was recorded meanwhile, or called off, is no longer one."""
    activity = activities.activity_for(session, stop.activity_id, Deed.PLAN, by=how["by"], today=how["today"])
    expect_version(activity, stop.version)
    if activity.subject_person_id is None:
        raise NotFound
    if activity.status is not ActivityStatus.PLANNED or activity.revision:
        raise Conflict("activities.not_planned")
    return activity


def _times(day: date, first_at: time | None, minutes: int, place: int, zone: ZoneInfo) -> ActivityColumns:
    if first_at is None:
        return {"starts_at": day, "ends_at": day, "all_day": True}
    begins = at(day, first_at, zone) + timedelta(minutes=minutes * place)
    return {"starts_at": begins, "ends_at": begins + timedelta(minutes=minutes), "all_day": False}


def _ask(
    session: Session,
    activity: Activity,
    people: Sequence[str],
    needed: dict[str, int],
    how: Circumstances,
) -> tuple[str, ...]:
    """Ask those who are not on it yet, each to the first place that is open; who was newly asked."""
    on_it: dict[str, str] = dict(
        session.execute(
            select(Person.code, Assignment.role)
            .join(Assignment, Assignment.person_id == Person.id)
            .where(Assignment.activity_id == activity.id, Assignment.state.in_(TAKING_PART))
        ).all()
    )
    asked: list[str] = []
    for person in people:
        if person in on_it:
            continue
        taken: dict[str, int] = {}
        for role in on_it.values():
            taken[role] = taken.get(role, 0) + 1
        role = next(iter(open_places(needed, taken)), ANY_ROLE)
        try:
            activities.assign(session, activity.id, person, role=role, **how)
        except Invalid as wrong:
            fault = wrong.faults[0]
            raise invalid("person", fault.key, **fault.values) from None
        on_it[person] = role
        asked.append(person)
    return tuple(asked)
