"""Cases 个案: who may see, open and close which. What a case does to its steps is the business of `matters`.

Here is also what a case sets in motion beside itself: the visits of campaigns, what the unit's coordinators are told,
and that the one whom a bereavement is about is frozen.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session

from calendars.schedules import CaseVisit, parse_schedule
from models import Account, Campaign, Matter, Person
from models.base import MatterId, PersonId, UnitId
from models.enums import (
    AuditAction,
    CampaignStatus,
    MatterFace,
    MatterStatus,
    NoticeKind,
    ScheduleForm,
)
from outreach import bereavements, matters, notices, people, registers, ties
from outreach.errors import NotFound
from outreach.fields import is_code
from outreach.holidays import workdays
from outreach.matters import CaseTold, Task
from outreach.notices import Owed
from outreach.permissions import Actor, Deed, Reach, expect, reach, seen
from outreach.planning import horizon_end, plan
from outreach.registers import Step

_STAYS_NEWS: Final = timedelta(days=3)
"""How long a coordinator is still told that a case was opened."""


class CaseColumns(TypedDict, total=False):
    """The columns of a case; those left out stay as they were, None empties one."""

    code: str
    kind: str
    person_code: str
    opened_on: date | None
    due_at: datetime | None
    closed_on: date | None
    result: str | None
    text: str | None
    """What it is about, as the office notes it: where somebody lies, what is needed."""


class TaskColumns(TypedDict):
    """What is said of a task; done on a day, or (None) not done."""

    done_on: date | None
    note: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as it stands. Its result may speak of somebody's health: opening it is noted in the audit trail."""

    id: MatterId
    person_id: PersonId | None
    code: str
    kind: str
    person_code: str | None
    opened_on: date
    due_at: datetime | None
    """Until when the next thing is owed: as told, else the first open task's."""
    closed_on: date | None
    result: str | None
    status: MatterStatus
    version: int
    frozen_on: date | None
    """From this day on nothing is planned for, sent to or shown of the one it is about: a bereavement said so."""
    tasks: Sequence[Task] = ()
    """What it asks for, in order."""
    steps: Sequence[Step] = ()
    """Its story; in lists it is left out."""
    text: str | None = None
    """What it is about; like the result it may speak of somebody's health."""
    told_due_at: datetime | None = None
    """The time that was told with it, if any."""

    @property
    def left_open(self) -> Sequence[str]:
        """What a closed case had asked for in vain."""
        if self.closed_on is None or self.status is MatterStatus.IN_ERROR:
            return ()
        return [task.task for task in self.tasks if task.done_on is None]


@dataclass(frozen=True, slots=True)
class Overdue:
    """Something that an open case was owed by an instant that is past."""

    matter_id: MatterId
    code: str
    unit_id: UnitId | None
    task: str | None
    """None where it is the case's own time, as somebody told it."""
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CasesAsked:
    """Which cases a list is about; None asks for all."""

    unit_code: str | None = None
    """Of this unit and those below it."""
    person_code: str | None = None
    kind: str | None = None
    is_open: bool | None = None


def cases(
    session: Session, asked: CasesAsked, *, by: Actor, today: date, after: int = 0, limit: int
) -> Sequence[CaseView]:
    """Cases that one may know of in the order of their ids, after one; raises NotFound for a unit or person that is
    not seen."""
    within = seen(session, by, on=today)
    known = reach(session, by, Deed.SEE_CASES, on=today)
    query = _cases(known).where(Matter.id > after).order_by(Matter.id).limit(limit)
    query = query.where(
        *registers.of_unit_and_person(session, asked.unit_code, asked.person_code, within, today)
    )
    if asked.kind is not None:
        query = query.where(Matter.kind == asked.kind)
    if asked.is_open is not None:
        query = query.where(Matter.closed_on.is_(None) if asked.is_open else Matter.closed_on.is_not(None))
    found = session.execute(query).all()
    tasks = matters.tasks_of(session, [row[0] for row in found])
    return [_case_view(*row, tasks.get(row[0].id, ())) for row in found]


def case(session: Session, code: str, *, within: Reach) -> CaseView:
    """One case; raises NotFound for one that is unknown or out of reach."""
    return _with_story(session, *_found(session, code, within))


def known_case(session: Session, code: str, *, by: Actor, today: date) -> CaseView:
    """One case that the actor may know of; raises NotFound, and Forbidden where only the number of cases is seen."""
    found = _found(session, code, seen(session, by, on=today))
    expect(session, by, Deed.SEE_CASES, found[0].unit_id, on=today)
    return _with_story(session, *found)


def overdue(session: Session, *, within: Reach, now: datetime) -> list[Overdue]:
    """What open cases have been owed in vain until an instant, the longest waiting first."""
    told = session.scalars(
        select(Matter).where(
            Matter.face == MatterFace.CASE,
            Matter.closed_on.is_(None),
            Matter.due_at <= now,
            within.of(Matter.unit_id),
        )
    )
    owed: list[tuple[Matter, str | None, datetime | None]] = [(each, None, each.due_at) for each in told]
    owed += [
        (matter, task.task, task.due_at)
        for matter, task in matters.overdue_tasks(session, within=within, now=now)
    ]
    found = [
        Overdue(matter.id, matter.code, matter.unit_id, task, due_at)
        for matter, task, due_at in owed
        if due_at is not None
    ]
    return sorted(found, key=lambda each: (each.due_at, each.matter_id, each.task or ""))


def open_case(
    session: Session, columns: CaseColumns, *, by: Actor, today: date, now: datetime, zone: ZoneInfo
) -> CaseView:
    """Open a case and plan at once the visits that campaigns promise for its kind; the unit's coordinators are told.

    Raises Conflict for a code that is taken, Invalid with every fault, Forbidden.
    """
    within = seen(session, by, on=today)
    code = columns.get("code")
    registers.free_code(session, MatterFace.CASE, code)
    person_id = people.person_told(session, columns["person_code"], "person_code", within=within, today=today)
    expect(session, by, Deed.RECORD, ties.unit_on(session, person_id, today), on=today)
    told = CaseTold(
        kind=columns["kind"],
        person_code=columns["person_code"],
        code=code,
        opened_on=columns.get("opened_on"),
        due_at=columns.get("due_at"),
        closed_on=columns.get("closed_on"),
        result=columns.get("result"),
    )
    matter = session.get_one(Matter, matters.open_case(session, told, by=by, now=now, zone=zone))
    matter.text = columns.get("text") or None
    registers.note_change(session, matter, AuditAction.CREATED, columns, by=by, now=now)
    _follow(session, {matter.kind}, {person_id}, by=by, today=today, now=now, zone=zone)
    if matter.closed_on is None:
        _tell_coordinators(session, matter, by=by, today=today, now=now)
    return case(session, matter.code, within=within)


def change_case(
    session: Session,
    code: str,
    columns: CaseColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    version: int | None = None,
) -> CaseView:
    """Change, close (`closed_on`) or reopen a case; its visits follow at once. What it asks for may be left open.

    Raises NotFound, Forbidden, Invalid with every fault, Stale when it has another version, and Conflict for one that
    was recalled.
    """
    within = seen(session, by, on=today)
    before = case(session, code, within=within)
    matter = session.get_one(Matter, before.id)
    expect(session, by, Deed.RECORD, matter.unit_id, on=today)
    if "person_code" in columns and columns["person_code"] != before.person_code:
        people.person_told(session, columns["person_code"], "person_code", within=within, today=today)
    told = replace(matters.case_of(session, matter), **_told(columns))
    kinds, about = {matter.kind, told.kind}, {matter.person_id}
    matters.change_case(session, code, told, by=by, now=now, zone=zone, expected_version=version)
    matter.text = columns.get("text", matter.text) or None
    registers.note_change(session, matter, AuditAction.CHANGED, columns, by=by, now=now)
    about.add(matter.person_id)
    _follow(session, kinds, about, by=by, today=today, now=now, zone=zone)
    return case(session, code, within=within)


def recall_case(
    session: Session,
    code: str,
    reason: str,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> CaseView:
    """Take back a case that was opened in error: it is closed for good, and whom it had frozen is so no more.

    Raises NotFound, Forbidden, and Conflict when it was recalled before.
    """
    matter, within = _mine(session, code, by=by, today=today)
    matters.recall_case(session, code, reason=reason, by=by, now=now, zone=zone)
    registers.note_change(session, matter, AuditAction.CHANGED, {"status": None}, by=by, now=now)
    _follow(session, {matter.kind}, {matter.person_id}, by=by, today=today, now=now, zone=zone)
    return case(session, code, within=within)


def ask_for_task(
    session: Session,
    code: str,
    task: str,
    *,
    due_at: datetime | None,
    by: Actor,
    today: date,
    now: datetime,
    version: int | None = None,
) -> CaseView:
    """Let a case ask for one thing more than its kind does. Raises NotFound, Forbidden, Stale, Conflict."""
    matter, within = _mine(session, code, by=by, today=today)
    matters.locked(session, MatterFace.CASE, code, version)
    matters.ask_for_task(session, matter, task, due_at=due_at)
    matter.version += 1
    registers.note_change(session, matter, AuditAction.CHANGED, {"tasks": None}, by=by, now=now)
    return case(session, code, within=within)


def settle_task(
    session: Session,
    code: str,
    task: str,
    columns: TaskColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    version: int | None = None,
) -> CaseView:
    """Say that a task of a case was done, or was not after all; what is left out stays as it was.

    Raises NotFound, Forbidden, Stale, and Invalid for a day before the opening or after today.
    """
    matter, within = _mine(session, code, by=by, today=today)
    matters.locked(session, MatterFace.CASE, code, version)
    matters.settle_task(session, matter, task, **columns, by=by.name, today=today)
    matter.version += 1
    registers.note_change(session, matter, AuditAction.CHANGED, {"tasks": None}, by=by, now=now)
    return case(session, code, within=within)


def _told(columns: CaseColumns) -> dict[str, Any]:  # Any: each column has its own type
    """What a `CaseTold` says: what a case is about is the office's own note beside it."""
    return {name: value for name, value in columns.items() if name != "text"}


def _mine(session: Session, code: str, *, by: Actor, today: date) -> tuple[Matter, Reach]:
    """A case that the actor may bring on; raises NotFound, Forbidden."""
    within = seen(session, by, on=today)
    matter = session.get_one(Matter, case(session, code, within=within).id)
    expect(session, by, Deed.RECORD, matter.unit_id, on=today)
    return matter, within


def _follow(
    session: Session,
    kinds: set[str],
    about: Collection[PersonId | None],
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> None:
    """What follows from a case that is new or another: who is frozen, and which visits are owed."""
    people = {person_id for person_id in about if person_id is not None}
    if bereavements.follow_cases(session, people, by=by, today=today, now=now):
        # Their other cases are not visited any more, or are again.
        kinds = kinds | set(session.scalars(select(Matter.kind).where(_open_cases_of(people)).distinct()))
    _plan_visits(session, kinds, by=by, today=today, now=now, zone=zone)


def _open_cases_of(people: Collection[PersonId]) -> ColumnElement[bool]:
    return and_(Matter.face == MatterFace.CASE, Matter.person_id.in_(people), Matter.closed_on.is_(None))


def _tell_coordinators(session: Session, matter: Matter, *, by: Actor, today: date, now: datetime) -> None:
    """Those who coordinate the unit hear that a case was opened, but whoever opened it."""
    if matter.unit_id is None:
        return
    account = None if by.account_id is None else session.get(Account, by.account_id)
    opener = None if account is None else account.person_id
    coordinators = notices.coordinators_of(session, [matter.unit_id], on=today)[matter.unit_id]
    notices.owe(
        session,
        (
            Owed(
                key=f"case_opened/m{matter.id}/p{person_id}",
                person_id=person_id,
                kind=NoticeKind.CASE_OPENED,
                due_at=now,
                expires_at=now + _STAYS_NEWS,
                matter_id=matter.id,
            )
            for person_id in coordinators
            if person_id != opener
        ),
        now=now,
    )


def _plan_visits(
    session: Session, kinds: set[str], *, by: Actor, today: date, now: datetime, zone: ZoneInfo
) -> None:
    """Let the campaigns that visit cases of these kinds plan what they owe."""
    query = select(Campaign.id, Campaign.schedule).where(
        Campaign.status == CampaignStatus.ACTIVE, Campaign.form == ScheduleForm.CASE
    )
    asked = [
        campaign_id
        for campaign_id, schedule in session.execute(query)
        if isinstance(parsed := parse_schedule(schedule), CaseVisit) and parsed.kind in kinds
    ]
    if asked:
        plan(
            session,
            today=today,
            through=horizon_end(today),
            zone=zone,
            workdays=workdays(session),
            by=by,
            now=now,
            campaign_ids=asked,
            seek_conflicts=False,
        )


def _cases(within: Reach) -> Select[Matter, str | None, date | None]:
    return (
        select(Matter, Person.code, Person.frozen_on)
        .join(Person, Person.id == Matter.person_id, isouter=True)
        .where(Matter.face == MatterFace.CASE, within.of(Matter.unit_id))
    )


def _found(session: Session, code: str, within: Reach) -> tuple[Matter, str | None, date | None]:
    row = session.execute(_cases(within).where(Matter.code == code)).one_or_none() if is_code(code) else None
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


def _with_story(
    session: Session, matter: Matter, person_code: str | None, frozen_on: date | None
) -> CaseView:
    tasks = matters.tasks_of(session, [matter]).get(matter.id, ())
    return _case_view(matter, person_code, frozen_on, tasks, registers.story_of(session, matter.id))


def _case_view(
    matter: Matter,
    person_code: str | None,
    frozen_on: date | None,
    tasks: Sequence[Task],
    steps: Sequence[Step] = (),
) -> CaseView:
    return CaseView(
        id=matter.id,
        person_id=matter.person_id,
        code=matter.code,
        kind=matter.kind,
        person_code=person_code,
        opened_on=matter.opened_on,
        due_at=matters.next_due(matter.due_at, tasks),
        closed_on=matter.closed_on,
        result=matter.result,
        status=matter.status,
        version=matter.version,
        frozen_on=frozen_on,
        tasks=tasks,
        steps=steps,
        text=matter.text,
        told_due_at=matter.due_at,
    )
