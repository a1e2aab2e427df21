"""Cases side by side: how many of each sort stand where, and which are owed something first.

What a case is about stays out of here: that is shown where looking at it is noted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from models import Activity, Attendance, Campaign, LedgerEntry, Matter, MatterStep, MatterTask, Person, Unit
from models.base import ActivityId, EntryId, MatterId, UnitId
from models.enums import ActivityStatus, CaseKind, LedgerKind, MatterFace, MatterStatus, MatterStepKind
from outreach.matters import Task, tasks_of
from outreach.matters.tasks import is_owed, money_of
from outreach.matters.waiting import earlier, is_late_case
from outreach.permissions import Reach

RECENTLY: Final = timedelta(days=30)
"""How long closed cases stay in sight."""
MOST_OF_ONE: Final = 50
"""As many visits and entries of one case are shown."""


class Lane(StrEnum):
    """Sorts of cases that are looked after alike."""

    HOSPITAL = "hospital"
    HARDSHIP = "hardship"
    BEREAVEMENT = "bereavement"
    OTHER = "other"


KINDS: Final[Mapping[Lane, Sequence[str]]] = {
    Lane.HOSPITAL: (CaseKind.HOSPITAL,),
    Lane.HARDSHIP: (CaseKind.HARDSHIP, CaseKind.DISASTER),
    Lane.BEREAVEMENT: (CaseKind.BEREAVEMENT,),
}
"""The kinds of each lane; honours, retirements and an office's own words are in the last one."""


class State(StrEnum):
    """How far a case is."""

    FRESH = "fresh"
    """Nobody has been there yet."""
    VISITING = "visiting"
    CLOSED = "closed"
    """In the last thirty days."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a lane. `owed_at` is the first instant by which something is owed, `task` what that is."""

    code: str
    kind: str
    status: MatterStatus
    person_code: str | None
    person_name: str | None
    unit_name: str | None
    opened_on: date
    closed_on: date | None
    owed_at: datetime | None
    task: str | None
    is_late: bool
    last_contact: date | None
    cared_for_by: str | None
    """Who last brought it on."""


@dataclass(frozen=True, slots=True)
class LaneShown:
    """A lane: how many cases are in which state, how many of them are late, and the first that are owed something."""

    lane: Lane
    counts: Mapping[State, int]
    late: int
    rows: Sequence[CaseRow]

    @property
    def open(self) -> int:
        return self.counts[State.FRESH] + self.counts[State.VISITING]


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of a case, planned or held."""

    activity_id: ActivityId
    campaign: str
    day: date
    status: ActivityStatus


@dataclass(frozen=True, slots=True)
class Given:
    """Money or goods handed over for a case. Yuan."""

    id: EntryId
    paid_on: date
    kind: LedgerKind
    amount: Decimal
    item: str | None
    campaign: str | None
    is_reversed: bool


def lanes(
    session: Session, *, within: Reach, of_whom: Reach, today: date, now: datetime, limit: int
) -> Sequence[LaneShown]:
    """Every lane of these units with its counts; rows only of those units about whose people one may know."""
    counts, late = _counts(session, within, today), _late(session, within, now)
    rows = _rows(session, _first(within, of_whom, limit), now=now) if of_whom else []
    return [
        LaneShown(
            lane=lane,
            counts={state: counts.get((lane, state), 0) for state in State},
            late=late.get(lane, 0),
            rows=[row for row in rows if lane_of(row.kind) is lane],
        )
        for lane in Lane
    ]


def found(
    session: Session,
    *,
    within: Reach,
    lane: Lane | None,
    state: State | None,
    person_code: str | None = None,
    is_open: bool = False,
    is_late: bool = False,
    now: datetime,
    after: int = 0,
    limit: int,
) -> tuple[int, Sequence[CaseRow]]:
    """How many cases are looked for, and of these, owed soonest first, those after so many.

    What was opened in error is not among them.
    """
    which = [
        Matter.face == MatterFace.CASE,
        Matter.status != MatterStatus.IN_ERROR,
        within.of(Matter.unit_id),
    ]
    if is_open:
        which.append(Matter.closed_on.is_(None))
    if lane is not None:
        which.append(_lane() == lane.value)
    if state is not None:
        which.append(_in_state(state))
    if person_code is not None:
        which.append(Matter.person_id.in_(select(Person.id).where(Person.code == person_code)))
    owed = _owed().subquery()
    owed_at = earlier(Matter.due_at, owed.c.due_at)
    if is_late:
        which += [Matter.closed_on.is_(None), owed_at <= now]
    joined = select(Matter.id).join(owed, owed.c.matter_id == Matter.id, isouter=True).where(*which)
    count = session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    order = (Matter.closed_on.is_not(None), owed_at.asc().nulls_last(), Matter.closed_on.desc(), Matter.id)
    ids = joined.order_by(*order).offset(after).limit(limit)
    return count, _rows(session, select(ids.subquery().c.id), now=now)


def kinds_used(session: Session) -> Sequence[str]:
    """The kinds that cases have had so far, words of the office's own among them."""
    return session.scalars(
        select(Matter.kind)
        .where(Matter.face == MatterFace.CASE, Matter.kind != "")
        .group_by(Matter.kind)
        .order_by(Matter.kind)
        .limit(MOST_OF_ONE)
    ).all()


def lane_of(kind: str) -> Lane:
    """Where cases of a kind stand."""
    return next((lane for lane, kinds in KINDS.items() if kind in kinds), Lane.OTHER)


def visits_of(session: Session, matter_id: MatterId) -> Sequence[Visit]:
    """The visits of a case, the latest first."""
    rows = session.execute(
        select(Activity.id, Campaign.name, func.coalesce(Activity.held_on, Activity.day), Activity.status)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Activity.matter_id == matter_id)
        .order_by(Activity.day.desc(), Activity.id)
        .limit(MOST_OF_ONE)
    )
    return [Visit(*row) for row in rows]


def given_for(session: Session, matter_id: MatterId, *, within: Reach) -> Sequence[Given]:
    """Money and goods handed over for a case, the latest first; what was taken back says so."""
    counters = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
    rows = session.execute(
        select(LedgerEntry, Campaign.name, LedgerEntry.id.in_(counters))
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id, isouter=True)
        .where(
            LedgerEntry.id.in_(money_of(matter_id)),
            LedgerEntry.reverses_id.is_(None),
            within.of(LedgerEntry.unit_id),
        )
        .order_by(LedgerEntry.paid_on.desc(), LedgerEntry.id)
        .limit(MOST_OF_ONE)
    )
    return [
        Given(entry.id, entry.paid_on, entry.kind, entry.amount, entry.item, campaign, bool(is_reversed))
        for entry, campaign, is_reversed in rows
    ]


def noted_at(session: Session, activity_id: ActivityId, person_code: str, *, within: Reach) -> str | None:
    """What a visitor noted of somebody at an activity, to begin a case with."""
    return session.scalar(
        select(Attendance.note)
        .join(Activity, Activity.id == Attendance.activity_id)
        .join(Person, Person.id == Attendance.person_id)
        .where(
            Attendance.activity_id == activity_id,
            Person.code == person_code,
            within.of(Activity.unit_id),
        )
        .limit(1)
    )


def of_person(session: Session, matter_id: MatterId) -> tuple[str | None, UnitId | None, str | None]:
    """The name of whom a case is about, its unit, and the name of that."""
    row = session.execute(
        select(Person.name, Matter.unit_id, Unit.name)
        .select_from(Matter)
        .join(Person, Person.id == Matter.person_id, isouter=True)
        .join(Unit, Unit.id == Matter.unit_id, isouter=True)
        .where(Matter.id == matter_id)
    ).one()
    return row[0], row[1], row[2]


# Conditions


@cache
def _lane() -> ColumnElement[str]:
    return case(
        *((Matter.kind.in_(kinds), lane.value) for lane, kinds in KINDS.items()), else_=Lane.OTHER.value
    )


def _in_state(state: State) -> ColumnElement[bool]:
    match state:
        case State.FRESH:
            return and_(Matter.closed_on.is_(None), Matter.status == MatterStatus.OPEN)
        case State.VISITING:
            return and_(Matter.closed_on.is_(None), Matter.status == MatterStatus.VISITING)
    return Matter.closed_on.is_not(None)


@cache
def _owed() -> Select[MatterId, datetime | None]:
    """Each open case with the first instant by which a task of it is owed."""
    return (
        select(MatterTask.matter_id, func.min(MatterTask.due_at).label("due_at"))
        .join(Matter, Matter.id == MatterTask.matter_id)
        .where(Matter.closed_on.is_(None), MatterTask.due_at.is_not(None), is_owed())
        .group_by(MatterTask.matter_id)
    )


def _counts(session: Session, within: Reach, today: date) -> Mapping[tuple[Lane, State], int]:
    lane = _lane()
    rows = session.execute(
        select(lane, Matter.status, func.count())
        .where(
            Matter.face == MatterFace.CASE,
            Matter.status != MatterStatus.IN_ERROR,
            or_(Matter.closed_on.is_(None), Matter.closed_on >= today - RECENTLY),
            within.of(Matter.unit_id),
        )
        .group_by(lane, Matter.status)
    )
    states = {
        MatterStatus.OPEN: State.FRESH,
        MatterStatus.VISITING: State.VISITING,
        MatterStatus.CLOSED: State.CLOSED,
    }
    return {(Lane(name), states[status]): count for name, status, count in rows if status in states}


def _late(session: Session, within: Reach, now: datetime) -> Mapping[Lane, int]:
    """How many of each lane are late: together what `cases_waiting` counts."""
    lane = _lane()
    rows = session.execute(
        select(lane, func.count()).where(is_late_case(now), within.of(Matter.unit_id)).group_by(lane)
    )
    return {Lane(name): count for name, count in rows}


def _first(within: Reach, of_whom: Reach, limit: int) -> Select[MatterId]:
    """The open cases of each lane that are owed something first."""
    owed = _owed().subquery()
    owed_at = earlier(Matter.due_at, owed.c.due_at)
    place = func.row_number().over(
        partition_by=_lane(), order_by=(owed_at.asc().nulls_last(), Matter.opened_on, Matter.id)
    )
    placed = (
        select(Matter.id, place.label("place"))
        .join(owed, owed.c.matter_id == Matter.id, isouter=True)
        .where(
            Matter.face == MatterFace.CASE,
            Matter.closed_on.is_(None),
            within.of(Matter.unit_id),
            of_whom.of(Matter.unit_id),
        )
        .subquery()
    )
    return select(placed.c.id).where(placed.c.place <= limit)


def _rows(session: Session, ids: Select[MatterId], *, now: datetime) -> list[CaseRow]:
    told = session.execute(
        select(Matter, Person.code, Person.name, Unit.name)
        .join(Person, Person.id == Matter.person_id, isouter=True)
        .join(Unit, Unit.id == Matter.unit_id, isouter=True)
        .where(Matter.id.in_(ids))
    ).all()
    matters = [matter for matter, *_ in told]
    tasks, contacts = tasks_of(session, matters), _contacts(session, [matter.id for matter in matters])
    rows = [
        _row(matter, code, name, unit, tasks.get(matter.id, ()), contacts.get(matter.id, (None, None)), now)
        for matter, code, name, unit in told
    ]
    return sorted(rows, key=_owed_soonest)


def _contacts(
    session: Session, matter_ids: Sequence[MatterId]
) -> Mapping[MatterId, tuple[date | None, str | None]]:
    """When somebody was last there, and who last brought each on."""
    found: dict[MatterId, tuple[date | None, str | None]] = {}
    steps = session.execute(
        select(MatterStep.matter_id, MatterStep.step, MatterStep.on_day, MatterStep.by)
        .where(MatterStep.matter_id.in_(matter_ids))
        .order_by(MatterStep.id)
    )
    for matter_id, step, day, by in steps:
        last, _ = found.get(matter_id, (None, None))
        if step is MatterStepKind.VISITED:
            last = day if last is None else max(last, day)
        found[matter_id] = (last, by)
    return found


def _row(
    matter: Matter,
    person_code: str | None,
    person_name: str | None,
    unit_name: str | None,
    tasks: Sequence[Task],
    contact: tuple[date | None, str | None],
    now: datetime,
) -> CaseRow:
    owed = [(task.due_at, task.task) for task in tasks if task.done_on is None and task.due_at is not None]
    first_due, first_task = min(owed, default=(None, None))
    is_told_sooner = matter.due_at is not None and (first_due is None or matter.due_at < first_due)
    owed_at = matter.due_at if is_told_sooner else first_due
    undated = next((task.task for task in tasks if task.done_on is None), None)
    is_open = matter.closed_on is None
    return CaseRow(
        code=matter.code,
        kind=matter.kind,
        status=matter.status,
        person_code=person_code,
        person_name=person_name,
        unit_name=unit_name,
        opened_on=matter.opened_on,
        closed_on=matter.closed_on,
        owed_at=owed_at if is_open else None,
        task=(first_task or undated) if is_open else None,
        is_late=is_open and owed_at is not None and owed_at <= now,
        last_contact=contact[0],
        cared_for_by=contact[1],
    )


def _owed_soonest(row: CaseRow) -> tuple[bool, bool, float, int, str]:
    return (
        row.closed_on is not None,
        row.owed_at is None,
        0.0 if row.owed_at is None else row.owed_at.timestamp(),
        -(row.closed_on or date.min).toordinal(),
        f"{row.opened_on}{row.code}",
    )
