"""A dossier 一人一档: what the office knows of somebody, and what happened with them, as far as one may see it.

One question for each kind of record, whatever their number; the story goes back a page at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from models import (
    Activity,
    Assignment,
    Attendance,
    Campaign,
    LedgerEntry,
    Matter,
    Person,
    Subscription,
    Team,
    Tie,
    Unit,
)
from models.base import ActivityId, PersonId, UnitId
from models.enums import (
    TAKING_PART,
    ActivityStatus,
    AssignmentState,
    Condition,
    CountedAs,
    MatterFace,
    MatterStatus,
    PersonRole,
    TieKind,
    VisitResult,
)
from models.types import LAST_DAY
from outreach.due_visits import due_on, open_visits
from outreach.errors import NotFound
from outreach.fields import is_code
from outreach.people_register import Named
from outreach.permissions import Reach

EVENTS_SHOWN: Final = 20
COMING_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Bond:
    """A pairing as one of the two sees it."""

    code: str | None
    kind: str
    other: Named
    supports: bool
    """Whether the person of the dossier is the supporter."""
    since: date | None
    until: date | None
    is_over: bool
    visit_every: str | None


@dataclass(frozen=True, slots=True)
class Duty:
    """A post, or the lead of a team; `kind` is the post's name, empty for the lead."""

    kind: str
    where: Named
    of_team: bool


@dataclass(frozen=True, slots=True)
class Coming:
    """Something planned for them or with them."""

    id: ActivityId
    day: date
    starts_at: datetime | None
    title: str
    kind: str
    state: AssignmentState | None
    """None where they are the one it is for."""
    due_on: date | None
    """Of an open visit: the day on which it falls due."""


class EventKind(StrEnum):
    """What an entry of the story is about."""

    VISIT = "visit"
    ACTIVITY = "activity"
    CASE = "case"
    SUGGESTION = "suggestion"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the story; `ref` is the activity's id, the matter's code or the entry's id."""

    kind: EventKind
    day: date
    ref: str
    title: str
    sort: str = ""
    """The kind of the campaign, case or money."""
    minutes: int | None = None
    visit: VisitResult | None = None
    condition: Condition | None = None
    note: str | None = None
    status: MatterStatus | None = None
    is_open: bool = False
    """Of a case or a suggestion: whether it is still to be closed."""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """Somebody as known on a day; the person's own row goes with it."""

    person: Person
    unit: Named | None
    unit_id: UnitId | None
    roles: Sequence[PersonRole]
    skills: Sequence[str]
    teams: Sequence[Named]
    duties: Sequence[Duty]
    bonds: Sequence[Bond]
    """Those in force first."""
    feeds: int
    """Links of theirs that are not revoked."""
    former_codes: Sequence[str]
    """Other codes that lead here, since they were the same person."""

    @property
    def is_minor(self) -> bool:
        """Whether opening it is noted in the audit trail."""
        return PersonRole.MINOR in self.roles


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, the latest first; `before` is the day before which the rest lies, None for the beginning."""

    events: Sequence[Event]
    before: date | None


def dossier(session: Session, code: str, *, within: Reach, today: date) -> Dossier:
    """The dossier of a code, or of the person that it was merged into; raises NotFound out of reach."""
    found, feeds, former = _person(session, code)
    ties = session.execute(_ties_of(found.id, today)).all()
    in_force = [row for row in ties if row.in_force]
    unit = next((row for row in in_force if row.kind is TieKind.PLACEMENT), None)
    if (None if unit is None else unit.unit_id) not in within:
        raise NotFound
    return Dossier(
        person=found,
        unit=None if unit is None else Named(unit.unit_code, unit.unit_name),
        unit_id=None if unit is None else unit.unit_id,
        roles=[PersonRole(row.object_word) for row in in_force if row.kind is TieKind.ROLE],
        skills=[row.object_word for row in in_force if row.kind is TieKind.SKILL],
        teams=[Named(row.team_code, row.team_name) for row in in_force if row.kind is TieKind.MEMBERSHIP],
        duties=[_duty(row) for row in in_force if row.kind in (TieKind.LEADERSHIP, TieKind.POST)],
        bonds=sorted(
            (_bond(row, today) for row in ties if row.kind is TieKind.PAIRING),
            key=lambda bond: bond.is_over,
        ),
        feeds=feeds,
        former_codes=_former_codes(session, found.id) if former else (),
    )


def coming(session: Session, person_id: PersonId, *, within: Reach, today: date) -> Sequence[Coming]:
    """What is planned for them or with them from today on, and open visits that fell due before; the earliest first."""
    on_it = and_(Assignment.activity_id == Activity.id, Assignment.person_id == person_id)
    is_open_visit = and_(Activity.subject_person_id == person_id, open_visits(today))
    rows = session.execute(
        select(
            Activity.id,
            Activity.day,
            Activity.starts_at,
            Campaign.name,
            Campaign.kind,
            Assignment.state,
            case((is_open_visit, due_on()), else_=None),
        )
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(Assignment, on_it)
        .where(
            or_(
                Activity.id.in_(
                    select(Assignment.activity_id).where(
                        Assignment.person_id == person_id, Assignment.state.in_(TAKING_PART)
                    )
                ),
                Activity.subject_person_id == person_id,
            ),
            Activity.status == ActivityStatus.PLANNED,
            or_(Activity.last_day >= today, is_open_visit),
            within.of(Activity.unit_id),
        )
        .order_by(Activity.day, Activity.id)
        .limit(COMING_SHOWN)
    )
    return [Coming(*row) for row in rows]


def story(
    session: Session,
    person_id: PersonId,
    *,
    within: Reach,
    purse: Reach,
    known: Reach,
    before: date | None = None,
    limit: int = EVENTS_SHOWN,
) -> Story:
    """What happened with somebody within a reach, the latest first; money as far as the purse, and cases as far as what
    is known of them."""
    # Each kind gives its last day whole, since the next page begins before the day that this one ends with.
    kinds = (
        _activities(session, person_id, within, before, limit + 1),
        _matters(session, person_id, within, known, before, limit + 1),
        _entries(session, person_id, purse, before, limit + 1) if purse else (),
    )
    found = sorted((event for kind in kinds for event in kind), key=lambda event: event.day, reverse=True)
    if len(found) <= limit:
        return Story(found, None)
    last = found[limit - 1].day
    return Story([event for event in found if event.day >= last], last)


def _person(session: Session, code: str) -> tuple[Person, int, int]:
    """Whom a code stands for, the number of their links and of other codes that lead to them."""
    asked, gone = aliased(Person), aliased(Person)
    feeds = select(func.count()).where(Subscription.person_id == Person.id, Subscription.revoked_at.is_(None))
    former = select(func.count()).select_from(gone).where(gone.merged_into_id == Person.id)
    query = (
        select(Person, feeds.scalar_subquery(), former.correlate(Person).scalar_subquery())
        .join(asked, func.coalesce(asked.merged_into_id, asked.id) == Person.id)
        .where(asked.code == code)
    )
    found = session.execute(query).one_or_none() if is_code(code) else None
    if found is None:
        raise NotFound
    return found[0], found[1], found[2]


def _former_codes(session: Session, person_id: PersonId) -> Sequence[str]:
    former = select(Person.code).where(Person.merged_into_id == person_id).order_by(Person.id)
    return session.scalars(former).all()


def _ties_of(person_id: PersonId, today: date) -> Any:  # Any: a question for a dozen named columns
    other = aliased(Person)
    is_mine = Tie.subject_person_id == person_id
    return (
        select(
            Tie.kind,
            Tie.sort,
            Tie.code,
            Tie.object_word,
            Tie.since,
            Tie.until,
            Tie.visit_every,
            is_mine.label("is_mine"),
            and_(Tie.since <= today, Tie.until >= today).label("in_force"),
            Unit.id.label("unit_id"),
            Unit.code.label("unit_code"),
            Unit.name.label("unit_name"),
            Team.code.label("team_code"),
            Team.name.label("team_name"),
            other.code.label("other_code"),
            other.name.label("other_name"),
        )
        .outerjoin(Unit, Unit.id == Tie.object_unit_id)
        .outerjoin(Team, Team.id == Tie.object_team_id)
        .outerjoin(other, other.id == case((is_mine, Tie.object_person_id), else_=Tie.subject_person_id))
        .where(or_(is_mine, Tie.object_person_id == person_id))
        .order_by(Tie.id)
    )


def _duty(row: Any) -> Duty:  # Any: a row of `_ties_of`
    of_team = row.team_code is not None
    where = Named(row.team_code, row.team_name) if of_team else Named(row.unit_code, row.unit_name)
    return Duty(row.sort, where, of_team)


def _bond(row: Any, today: date) -> Bond:  # Any: a row of `_ties_of`
    return Bond(
        code=row.code,
        kind=row.sort,
        other=Named(row.other_code, row.other_name),
        supports=bool(row.is_mine),
        since=row.since,
        until=row.until,
        is_over=(row.until or LAST_DAY) < today,
        visit_every=row.visit_every,
    )


def _activities(
    session: Session, person_id: PersonId, within: Reach, before: date | None, limit: int
) -> Iterator[Event]:
    wanted = (
        select(Attendance, Campaign.name, Campaign.kind)
        .join(Activity, Activity.id == Attendance.activity_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(
            Attendance.person_id == person_id, within.of(Activity.unit_id), *_before(Attendance.day, before)
        )
        .order_by(Attendance.day.desc(), Attendance.activity_id.desc())
    )
    for listed, title, kind in session.execute(_whole_days(wanted, Attendance.day, limit)):
        was_visited = listed.visit is not None or listed.counted_as is CountedAs.SERVED
        yield Event(
            EventKind.VISIT if was_visited else EventKind.ACTIVITY,
            listed.day,
            str(listed.activity_id),
            title,
            kind,
            minutes=listed.minutes,
            visit=listed.visit,
            condition=listed.condition,
            note=listed.note,
        )


def _matters(
    session: Session, person_id: PersonId, within: Reach, known: Reach, before: date | None, limit: int
) -> Iterator[Event]:
    wanted = (
        select(Matter.face, Matter.opened_on, Matter.code, Matter.kind, Matter.status, Matter.closed_on)
        .where(
            Matter.person_id == person_id,
            within.of(Matter.unit_id),
            or_(Matter.face != MatterFace.CASE, known.of(Matter.unit_id)),
            *_before(Matter.opened_on, before),
        )
        .order_by(Matter.opened_on.desc(), Matter.id.desc())
    )
    rows = session.execute(_whole_days(wanted, Matter.opened_on, limit))
    for face, day, code, kind, status, closed_on in rows:
        is_case = face is MatterFace.CASE
        yield Event(
            EventKind.CASE if is_case else EventKind.SUGGESTION,
            day,
            code,
            code,
            kind,
            status=status,
            is_open=closed_on is None,
        )


def _entries(
    session: Session, person_id: PersonId, purse: Reach, before: date | None, limit: int
) -> Iterator[Event]:
    wanted = (
        select(LedgerEntry.paid_on, LedgerEntry.id, LedgerEntry.item, LedgerEntry.kind, LedgerEntry.amount)
        .where(
            LedgerEntry.person_id == person_id,
            purse.of(LedgerEntry.unit_id),
            *_before(LedgerEntry.paid_on, before),
        )
        .order_by(LedgerEntry.paid_on.desc(), LedgerEntry.id.desc())
    )
    rows = session.execute(_whole_days(wanted, LedgerEntry.paid_on, limit))
    for day, entry_id, item, kind, amount in rows:
        yield Event(EventKind.MONEY, day, str(entry_id), item or "", kind.value, amount=amount)


def _whole_days(wanted: Any, day: Any, limit: int) -> Any:  # Any: a question, and its column of days
    """So many of the latest rows, and the others of the last of these days."""
    cut = wanted.with_only_columns(day).offset(limit - 1).limit(1).correlate(None).scalar_subquery()
    return wanted.where(day >= func.coalesce(cut, date.min))


def _before(column: Any, day: date | None) -> tuple[ColumnElement[bool], ...]:  # Any: a column of days
    return () if day is None else (column < day,)
