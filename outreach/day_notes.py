"""What to mind on one day: people and teams that are to be in two places at once, hurried journeys, round birthdays."""

from calendar import isleap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from calendars.birthdays import DECADES, birthdays
from calendars.lunar import lunar_date, lunar_months
from models import Activity, Assignment, Campaign, Person, Team, Tie
from models.base import ActivityId
from models.enums import TAKING_PART, ActivityStatus, CampaignStatus, PersonRole, TieKind
from outreach.permissions import Reach
from outreach.remembered import remembered

HURRIED: Final = timedelta(hours=1)
"""Two activities in different places, nearer in time than this, are a hurry for whoever is on both."""
MOST_PAIRS: Final = 500
MOST_BIRTHDAYS: Final = 100
MADE_OF: Final = frozenset({"activities", "assignments", "campaigns", "people", "teams", "ties"})
_CELEBRATED: Final = (PersonRole.RETIREE, PersonRole.BENEFICIARY)


class NoteKind(StrEnum):
    """What there is to mind, the gravest first; `month.note_…` in the catalogues says it."""

    PERSON_CLASH = "person_clash"
    TEAM_CLASH = "team_clash"
    HURRY = "hurry"
    BIRTHDAY = "birthday"


_GRAVEST_FIRST: Final = tuple(NoteKind)


@dataclass(frozen=True, slots=True)
class Named:
    """An activity by its id and its campaign's name."""

    id: ActivityId
    title: str


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to mind: whom it concerns, by name, and the two activities or the age turned."""

    kind: NoteKind
    name: str
    code: str = ""
    """The person's; empty for a team."""
    first: Named | None = None
    second: Named | None = None
    minutes: int = 0
    """Between the two, where it is a hurry."""
    age: int = 0


def notes_of_day(session: Session, within: Reach, day: date) -> Sequence[Note]:
    """What to mind on a day in the units of a reach, the gravest first; two statements, whatever the number."""
    return remembered(
        session, ("notes", within, day), lambda: _found_out(session, within, day), made_of=MADE_OF
    )


def _found_out(session: Session, within: Reach, day: date) -> Sequence[Note]:
    pairs = session.execute(_pairs(within, day)).all()
    notes = [note for row in pairs if (note := _of_pair(row)) is not None]
    notes.sort(key=lambda note: _GRAVEST_FIRST.index(note.kind))
    return [*notes, *_round_birthdays(session, within, day)]


def _pairs(within: Reach, day: date) -> Select[Any]:  # Any: eleven named columns
    """Two activities of the day that somebody, or a team, is on; of both the times and the places."""
    on_day = (
        select(
            Activity.id,
            Activity.starts_at,
            Activity.ends_at,
            Activity.campaign_id,
            Activity.unit_id,
            func.coalesce(Activity.place, Campaign.place, "").label("place"),
            Campaign.name.label("title"),
            Campaign.team_id,
            or_(Campaign.split_by.is_not(None), Activity.pairing_id.is_not(None)).label("is_part"),
        )
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(
            Activity.day == day,
            Activity.starts_at.is_not(None),
            Activity.status == ActivityStatus.PLANNED,
            Campaign.status != CampaignStatus.DRAFT,
        )
        .cte("on_day")
    )
    taking = (
        select(on_day, Assignment.person_id)
        .join(Assignment, Assignment.activity_id == on_day.c.id)
        .where(Assignment.state.in_(TAKING_PART))
        .cte("taking")
    )
    first, second = taking.alias("one_of_two"), taking.alias("other_of_two")
    of_people = (
        select(
            literal(NoteKind.PERSON_CLASH.value).label("kind"),
            Person.name.label("name"),
            Person.code.label("code"),
            *_both(first, second),
        )
        .select_from(first)
        .join(second, and_(second.c.person_id == first.c.person_id, _follows(first, second)))
        .join(Person, Person.id == first.c.person_id)
        .where(or_(within.of(first.c.unit_id), within.of(second.c.unit_id)))
    )
    one, other = on_day.alias("one"), on_day.alias("other")
    of_teams = (
        select(literal(NoteKind.TEAM_CLASH.value), Team.name, literal(""), *_both(one, other))
        .select_from(one)
        .join(other, and_(other.c.team_id == one.c.team_id, _follows(one, other)))
        .join(Team, Team.id == one.c.team_id)
        .where(
            other.c.starts_at < one.c.ends_at,
            # The pairs of one campaign go each by themselves, and what is split by unit is one piece of work.
            or_(other.c.campaign_id != one.c.campaign_id, and_(~one.c.is_part, ~other.c.is_part)),
            or_(within.of(one.c.unit_id), within.of(other.c.unit_id)),
        )
    )
    both = union_all(of_people, of_teams).subquery()
    order = (both.c.starts_at, both.c.first_id, both.c.second_id, both.c.name)
    return select(both).order_by(*order).limit(MOST_PAIRS)


def _both(first: FromClause, second: FromClause) -> Sequence[ColumnElement[Any]]:
    return (
        first.c.id.label("first_id"),
        first.c.title.label("first_title"),
        first.c.place.label("first_place"),
        first.c.ends_at.label("ends_at"),
        second.c.id.label("second_id"),
        second.c.title.label("second_title"),
        second.c.place.label("second_place"),
        second.c.starts_at.label("starts_at"),
    )


def _follows(first: FromClause, second: FromClause) -> ColumnElement[bool]:
    """Of two activities the one is the first, so that a pair is found once."""
    return or_(
        first.c.starts_at < second.c.starts_at,
        and_(first.c.starts_at == second.c.starts_at, first.c.id < second.c.id),
    )


def _of_pair(row: Any) -> Note | None:  # Any: the named columns of `_pairs`
    """A clash when the two overlap, a hurry when little time lies between two places; else nothing to mind."""
    between: timedelta = row.starts_at - row.ends_at
    first, second = Named(row.first_id, row.first_title), Named(row.second_id, row.second_title)
    if between < timedelta():
        return Note(NoteKind(row.kind), row.name, row.code, first, second)
    if between < HURRIED and row.first_place != row.second_place:
        minutes = int(between.total_seconds()) // 60
        return Note(NoteKind.HURRY, row.name, row.code, first, second, minutes=minutes)
    return None


def _round_birthdays(session: Session, within: Reach, day: date) -> Iterator[Note]:
    """Whoever turns 60, 70, 80, 90 or 100 that day (rules 15 to 17), of those whom the office looks after."""
    born = [each for age in sorted(DECADES) for each in _years_before(day, age)]
    solar = and_(Person.lunar_birthday.is_(None), Person.birth_date.in_(born))
    lunar = and_(Person.lunar_birthday.in_(_lunar_birthdays(day)), Person.birth_date.is_not(None))
    placed, role = aliased(Tie), aliased(Tie)
    rows = session.execute(
        select(Person.name, Person.code, Person.birth_date, Person.lunar_birthday)
        .where(
            or_(solar, lunar),
            Person.frozen_on.is_(None),
            Person.erased_at.is_(None),
            Person.merged_into_id.is_(None),
            Person.since <= day,
            Person.until >= day,
            select(placed.id)
            .where(_of(placed, TieKind.PLACEMENT, day), within.of(placed.object_unit_id))
            .exists(),
            select(role.id).where(_of(role, TieKind.ROLE, day), role.object_word.in_(_CELEBRATED)).exists(),
        )
        .order_by(Person.sort_key, Person.id)
        .limit(MOST_BIRTHDAYS)
    )
    for name, code, birth_date, lunar_birthday in rows:
        for _, age in birthdays(birth_date, lunar_birthday, day, day):
            if age in DECADES:
                yield Note(NoteKind.BIRTHDAY, name, code, age=age or 0)


def _of(tie: Any, kind: TieKind, day: date) -> ColumnElement[bool]:  # Any: an alias of Tie
    return and_(tie.subject_person_id == Person.id, tie.kind == kind, tie.since <= day, tie.until >= day)


def _years_before(day: date, years: int) -> Sequence[date]:
    """The days of birth whose birthday falls on a day: of a 28th of February in a common year also the 29th."""
    year = day.year - years
    born = []
    for each in (day.day, 29) if (day.month, day.day) == (2, 28) and not isleap(day.year) else (day.day,):
        try:
            born.append(date(year, day.month, each))
        except ValueError:
            continue
    return born


def _lunar_birthdays(day: date) -> Sequence[str]:
    """The lunar birthdays that fall on a day: of a month's last day also a 30th that it lacks."""
    found = lunar_date(day)
    if found is None or found.leap:
        return ()
    length = next(
        each.length for each in lunar_months(found.year) if each.number == found.month and not each.leap
    )
    days = (29, 30) if found.day == length == 29 else (found.day,)
    return [f"{found.month}-{each}" for each in days]
