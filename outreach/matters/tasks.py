"""What a case asks for before it can be closed, each task with its own clock.

The kind of a case says its tasks, the house rules say their days. A task is done when somebody says so; visits and
money are done by what is recorded: that is looked up and never stored, so it follows every correction by itself.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, not_, or_, select, union, union_all
from sqlalchemy.orm import Session, aliased

from calendars.timezones import at
from models import Activity, Campaign, LedgerEntry, Matter, MatterStep, MatterTask
from models.base import EntryId, MatterId
from models.database import in_batches
from models.enums import ActivityStatus, CaseKind, LedgerKind, MatterFace, MatterStepKind
from outreach.errors import Conflict, NotFound, invalid
from outreach.house_rules import house_rules
from outreach.permissions import Reach

Asked = tuple[str, str | None]
"""A task, and the rule (of `CaseRules`) that says until how many days after the opening; None: whenever it comes."""

TASKS: Final[Mapping[str, Sequence[Asked]]] = {
    CaseKind.HOSPITAL: (
        ("visit", "hospital_visit_days"),
        ("money", None),
        ("follow_up", "hospital_follow_up_days"),
    ),
    CaseKind.BEREAVEMENT: (
        ("notify", "bereavement_notify_days"),
        ("condole", "bereavement_condole_days"),
        ("farewell", "bereavement_farewell_days"),
        ("formalities", "bereavement_formalities_days"),
        ("roster", None),
    ),
    CaseKind.HARDSHIP: (("visit", "hardship_visit_days"), ("application", "hardship_application_days")),
    CaseKind.DISASTER: (("visit", "disaster_visit_days"), ("money", "disaster_money_days")),
    CaseKind.HONOUR: (("visit", "honour_visit_days"),),
    CaseKind.RETIREMENT: (("ceremony", "retirement_ceremony_days"), ("roster", "retirement_roster_days")),
}
"""What each kind asks for, in the order in which it is done; a word of the office's own asks for nothing."""

DONE_BY_VISIT: Final = ("visit", "condole")
DONE_BY_MONEY: Final = ("money",)
CAMPAIGN_KINDS: Final[Mapping[str, str]] = {
    CaseKind.HOSPITAL: "hospital",
    CaseKind.BEREAVEMENT: "condolence",
    CaseKind.HARDSHIP: "hardship",
    CaseKind.DISASTER: "hardship",
}
"""The kind of the campaigns from which a case's money comes, where an entry does not name the case's own visit."""
_HANDED_OVER = (LedgerKind.CASH, LedgerKind.GOODS, LedgerKind.SUBSIDY)
_TOOK_PLACE = (ActivityStatus.HELD, ActivityStatus.PARTLY)
_ONE_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do for a case; done when it has a day."""

    task: str
    """One of those above, or a word of the office's own."""
    due_at: datetime | None
    done_on: date | None
    by: str | None
    """Who did it, or recorded what did it."""
    note: str | None


# Asking


def tasks_of(session: Session, matters: Collection[Matter]) -> dict[MatterId, list[Task]]:
    """The tasks of each case in their order, those that records have done included."""
    found: dict[MatterId, list[MatterTask]] = defaultdict(list)
    for some in in_batches([matter.id for matter in matters]):
        rows = select(MatterTask).where(MatterTask.matter_id.in_(some))
        for row in session.scalars(rows.order_by(MatterTask.matter_id, MatterTask.position, MatterTask.id)):
            found[row.matter_id].append(row)
    open_tasks = {row.task for rows in found.values() for row in rows if row.done_on is None}
    visited = _visited(session, found.keys()) if open_tasks & set(DONE_BY_VISIT) else {}
    paid = _paid(session, found.keys()) if open_tasks & set(DONE_BY_MONEY) else {}
    return {matter_id: [_task(row, visited, paid) for row in rows] for matter_id, rows in found.items()}


def overdue_tasks(session: Session, *, within: Reach, now: datetime) -> list[tuple[Matter, Task]]:
    """What open cases of these units have asked for in vain until an instant, by case and task."""
    late = select(MatterTask.matter_id).where(MatterTask.due_at <= now, is_owed())
    cases = session.scalars(
        select(Matter)
        .where(
            Matter.face == MatterFace.CASE,
            Matter.closed_on.is_(None),
            Matter.id.in_(late),
            within.of(Matter.unit_id),
        )
        .order_by(Matter.id)
    ).all()
    tasks = tasks_of(session, cases)
    return [
        (case, task)
        for case in cases
        for task in tasks.get(case.id, ())
        if task.done_on is None and task.due_at is not None and task.due_at <= now
    ]


@cache
def is_owed() -> ColumnElement[bool]:
    """The WHERE clause for tasks that neither somebody nor a record has done: what `tasks_of` says one by one."""
    visit, about = aliased(Activity), aliased(Matter)
    visited = (
        select(Activity.id)
        .where(
            Activity.matter_id == MatterTask.matter_id,
            Activity.status.in_(_TOOK_PLACE),
            Activity.held_on.is_not(None),
        )
        .exists()
    )
    of_visit = (
        select(LedgerEntry.id)
        .join(visit, visit.id == LedgerEntry.activity_id)
        .where(visit.matter_id == MatterTask.matter_id, _stands())
        .exists()
    )
    to_person = (
        select(LedgerEntry.id)
        .join(about, about.person_id == LedgerEntry.person_id)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
        .where(about.id == MatterTask.matter_id, _given_for(about), _stands())
        .exists()
    )
    return and_(
        MatterTask.done_on.is_(None),
        not_(and_(MatterTask.task.in_(DONE_BY_VISIT), visited)),
        not_(and_(MatterTask.task.in_(DONE_BY_MONEY), or_(of_visit, to_person))),
    )


def next_due(told: datetime | None, tasks: Sequence[Task]) -> datetime | None:
    """Until when the next thing is owed: as told with the case, else the first open task's."""
    return told or min((task.due_at for task in tasks if task.done_on is None and task.due_at), default=None)


# Changing


def ask_for_tasks(
    session: Session, matter: Matter, *, zone: ZoneInfo, former_kind: str | None = None
) -> None:
    """Let a case ask for what its kind does, counted from its opening.

    Called again when its kind or its day is another, or when it is open again: what somebody did or added stays, the
    rest of what the former kind asked for is asked for anew.
    """
    standing = {row.task: row for row in session.scalars(_rows(matter.id))}
    former = {task for task, _ in TASKS.get(former_kind or matter.kind, ())}
    for task, row in standing.items():
        if task in former and row.done_on is None and row.note is None:
            session.delete(row)
    session.flush()
    kept = {row.task: row for row in session.scalars(_rows(matter.id))}
    rules = house_rules(session).cases
    for position, (task, rule) in enumerate(TASKS.get(matter.kind, ())):
        days = None if rule is None else timedelta(getattr(rules, rule))
        due_at = None if days is None else _end_of(matter.opened_on + days, zone)
        if task in kept:
            kept[task].due_at = due_at
        else:
            session.add(MatterTask(matter_id=matter.id, task=task, position=position, due_at=due_at))
    session.flush()


def ask_for_task(session: Session, matter: Matter, task: str, *, due_at: datetime | None) -> None:
    """Let a case ask for one thing more; raises Conflict when it does already."""
    standing = session.scalars(_rows(matter.id)).all()
    if any(row.task == task for row in standing):
        raise Conflict("matters.asked_already", task=task)
    position = max((row.position for row in standing), default=-1) + 1
    session.add(MatterTask(matter_id=matter.id, task=task, position=position, due_at=due_at))
    session.flush()


def settle_task(
    session: Session,
    matter: Matter,
    task: str,
    *,
    done_on: date | None,
    note: str | None,
    by: str,
    today: date,
) -> None:
    """Say that a task was done on a day, or (None) that it was not; what is recorded speaks for itself all the same.

    Raises NotFound for a task that the case does not ask for, Invalid for a day before its opening or after today.
    """
    row = session.scalar(_rows(matter.id).where(MatterTask.task == task))
    if row is None:
        raise NotFound("matters.no_such_task", task=task)
    if done_on is not None and done_on < matter.opened_on:
        raise invalid("done_on", "matters.done_before_it_was_opened")
    if done_on is not None and done_on > today:
        raise invalid("done_on", "matters.done_in_future")
    row.done_on, row.note = done_on, note
    row.by = by if done_on is not None else None
    session.flush()


def _rows(matter_id: MatterId) -> Select[MatterTask]:
    return select(MatterTask).where(MatterTask.matter_id == matter_id).order_by(MatterTask.position)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """What is owed by a day is due at that day's end."""
    return at(day + _ONE_DAY, time(0), zone)


# What records say

Done = Mapping[MatterId, tuple[date, str | None]]
"""When something was done for a case, and who recorded it."""


def _task(row: MatterTask, visited: Done, paid: Done) -> Task:
    done_on, by = row.done_on, row.by
    if done_on is None and row.task in DONE_BY_VISIT:
        done_on, by = visited.get(row.matter_id, (None, None))
    if done_on is None and row.task in DONE_BY_MONEY:
        done_on, by = paid.get(row.matter_id, (None, None))
    return Task(row.task, row.due_at, done_on, by, row.note)


def _visited(session: Session, matter_ids: Collection[MatterId]) -> Done:
    """The first visit of each case that took place."""
    found: dict[MatterId, tuple[date, str | None]] = {}
    for some in in_batches(matter_ids):
        rows = session.execute(
            select(Activity.matter_id, Activity.held_on, MatterStep.by)
            .outerjoin(
                MatterStep,
                and_(
                    MatterStep.matter_id == Activity.matter_id,
                    MatterStep.step == MatterStepKind.VISITED,
                    MatterStep.on_day == Activity.held_on,
                ),
            )
            .where(
                Activity.matter_id.in_(some), Activity.status.in_(_TOOK_PLACE), Activity.held_on.is_not(None)
            )
            .order_by(Activity.held_on, MatterStep.id)
        )
        for matter_id, day, by in rows:
            if matter_id is not None and day is not None:
                found.setdefault(matter_id, (day, by))
    return found


def _paid(session: Session, matter_ids: Collection[MatterId]) -> Done:
    """The first money or goods handed over for each case: told with one of its visits, else given to the person, from
    the opening to the closing, out of a campaign of the case's own sort. What was taken back does not count."""
    found: dict[MatterId, tuple[date, str | None]] = {}
    for some in in_batches(matter_ids):
        of_visit = (
            select(Activity.matter_id, LedgerEntry.paid_on, LedgerEntry.recorded_by)
            .join(Activity, Activity.id == LedgerEntry.activity_id)
            .where(Activity.matter_id.in_(some), _stands())
        )
        to_person = (
            select(Matter.id, LedgerEntry.paid_on, LedgerEntry.recorded_by)
            .join(LedgerEntry, LedgerEntry.person_id == Matter.person_id)
            .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
            .where(
                Matter.id.in_(some),
                _given_for(Matter),
                _stands(),
            )
        )
        both: CompoundSelect[MatterId | None, date, str] = union_all(of_visit, to_person)
        for matter_id, day, by in sorted(session.execute(both), key=lambda row: row[1]):
            if matter_id is not None:
                found.setdefault(matter_id, (day, by))
    return found


def money_of(matter_id: MatterId) -> CompoundSelect[EntryId]:
    """The entries of the ledger that were made for a case: told with one of its visits, else as `_given_for` says.
    What was taken back is among them."""
    of_visit = (
        select(LedgerEntry.id)
        .join(Activity, Activity.id == LedgerEntry.activity_id)
        .where(Activity.matter_id == matter_id, LedgerEntry.kind.in_(_HANDED_OVER))
    )
    to_person = (
        select(LedgerEntry.id)
        .join(Matter, Matter.person_id == LedgerEntry.person_id)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
        .where(Matter.id == matter_id, _given_for(Matter), LedgerEntry.kind.in_(_HANDED_OVER))
    )
    return union(of_visit, to_person)


def _given_for(matter: type[Matter]) -> ColumnElement[bool]:
    """What its person was given while a case was open, out of a campaign of the case's own sort."""
    return and_(
        LedgerEntry.paid_on >= matter.opened_on,
        or_(matter.closed_on.is_(None), LedgerEntry.paid_on <= matter.closed_on),
        or_(*(and_(matter.kind == case, Campaign.kind == kind) for case, kind in CAMPAIGN_KINDS.items())),
    )


@cache
def _stands() -> ColumnElement[bool]:
    counter = aliased(LedgerEntry)
    taken_back = select(counter.id).where(counter.reverses_id == LedgerEntry.id).exists()
    return and_(LedgerEntry.kind.in_(_HANDED_OVER), LedgerEntry.reverses_id.is_(None), ~taken_back)
