"""Cases 个案: who may see, open and close which. What a case does to its steps is the business of `matters`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from calendars.schedules import CaseVisit, parse_schedule
from models import Campaign, Matter, Person
from models.base import MatterId, PersonId
from models.enums import (
    AuditAction,
    CampaignStatus,
    MatterFace,
    MatterStatus,
    ScheduleForm,
)
from outreach import matters, people, registers, ties
from outreach.errors import NotFound
from outreach.fields import is_code
from outreach.holidays import workdays
from outreach.matters import CaseTold
from outreach.permissions import Actor, Deed, Reach, expect, seen
from outreach.planning import horizon_end, plan


class CaseColumns(TypedDict, total=False):
    """The columns of a case; those left out stay as they were, None empties one."""

    code: str
    kind: str
    person_code: str
    opened_on: date | None
    due_at: datetime | None
    closed_on: date | None
    result: str | None


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
    closed_on: date | None
    result: str | None
    status: MatterStatus
    version: int


@dataclass(frozen=True, slots=True)
class CasesAsked:
    """Which cases a list is about; None asks for all."""

    unit_code: str | None = None
    """Of this unit and those below it."""
    person_code: str | None = None
    kind: str | None = None
    is_open: bool | None = None


def cases(
    session: Session, asked: CasesAsked, *, within: Reach, today: date, after: int = 0, limit: int
) -> Sequence[CaseView]:
    """Cases in the order of their ids, after one; raises NotFound for a unit or person that is not seen."""
    query = _cases(within).where(Matter.id > after).order_by(Matter.id).limit(limit)
    query = query.where(
        *registers.of_unit_and_person(session, asked.unit_code, asked.person_code, within, today)
    )
    if asked.kind is not None:
        query = query.where(Matter.kind == asked.kind)
    if asked.is_open is not None:
        query = query.where(Matter.closed_on.is_(None) if asked.is_open else Matter.closed_on.is_not(None))
    return [_case_view(matter, person) for matter, person in session.execute(query)]


def case(session: Session, code: str, *, within: Reach) -> CaseView:
    """One case; raises NotFound for one that is unknown or out of reach."""
    row = session.execute(_cases(within).where(Matter.code == code)).one_or_none() if is_code(code) else None
    if row is None:
        raise NotFound
    return _case_view(row[0], row[1])


def open_case(
    session: Session, columns: CaseColumns, *, by: Actor, today: date, now: datetime, zone: ZoneInfo
) -> CaseView:
    """Open a case and plan at once the visits that campaigns promise for its kind.

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
    registers.note_change(session, matter, AuditAction.CREATED, columns, by=by, now=now)
    _plan_visits(session, {matter.kind}, by=by, today=today, now=now, zone=zone)
    return _case_view(matter, columns["person_code"])


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
    """Change, close (`closed_on`) or reopen a case; its visits follow at once.

    Raises NotFound, Forbidden, Invalid with every fault, and Stale when it has another version.
    """
    within = seen(session, by, on=today)
    before = case(session, code, within=within)
    matter = session.get_one(Matter, before.id)
    expect(session, by, Deed.RECORD, matter.unit_id, on=today)
    if "person_code" in columns and columns["person_code"] != before.person_code:
        people.person_told(session, columns["person_code"], "person_code", within=within, today=today)
    told = replace(matters.case_of(session, matter), **columns)
    kinds = {matter.kind, told.kind}
    matters.change_case(session, code, told, by=by, now=now, zone=zone, expected_version=version)
    registers.note_change(session, matter, AuditAction.CHANGED, columns, by=by, now=now)
    _plan_visits(session, kinds, by=by, today=today, now=now, zone=zone)
    return case(session, code, within=within)


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


def _cases(within: Reach) -> Select[Matter, str | None]:
    return (
        select(Matter, Person.code)
        .join(Person, Person.id == Matter.person_id, isouter=True)
        .where(Matter.face == MatterFace.CASE, within.of(Matter.unit_id))
    )


def _case_view(matter: Matter, person_code: str | None) -> CaseView:
    return CaseView(
        id=matter.id,
        person_id=matter.person_id,
        code=matter.code,
        kind=matter.kind,
        person_code=person_code,
        opened_on=matter.opened_on,
        due_at=matter.due_at,
        closed_on=matter.closed_on,
        result=matter.result,
        status=matter.status,
        version=matter.version,
    )
