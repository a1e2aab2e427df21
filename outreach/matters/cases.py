"""Cases 个案 on their way: opened, visited, closed, opened again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calendars.timezones import local_day
from models import Activity, Matter, Person
from models.base import MatterId
from models.enums import ActivityStatus, MatterFace, MatterStatus, MatterStepKind
from outreach import codes, fields
from outreach.errors import Conflict, Fault, Invalid
from outreach.ledger import placements_of, unit_on
from outreach.matters import steps, tasks
from outreach.permissions import Actor


@dataclass(frozen=True, slots=True)
class CaseTold:
    """A case as somebody tells it, in codes."""

    kind: str
    """One of `CaseKind`, or a word of the office's own."""
    person_code: str
    code: str | None = None
    opened_on: date | None = None
    """Without it, today."""
    due_at: datetime | None = None
    closed_on: date | None = None
    result: str | None = None


def open_case(session: Session, told: CaseTold, *, by: Actor, now: datetime, zone: ZoneInfo) -> MatterId:
    """Open a case; it belongs to the person's unit on that day, and asks for what its kind does.

    One that is told when it is closed already asks for nothing. Raises Invalid with every fault.
    """
    code = told.code or steps.fresh_codes(session, MatterFace.CASE, 1)[0]
    if told.code and _case(session, told.code) is not None:
        raise Invalid([Fault("code", "errors.code_taken", {"code": told.code})])
    opened_on = told.opened_on or local_day(now, zone)
    matter = Matter(face=MatterFace.CASE, code=code, opened_on=opened_on, status=MatterStatus.OPEN)
    _fill_case(session, matter, told)
    session.add(matter)
    session.flush()
    steps.add_step(session, matter, MatterStepKind.OPENED, opened_on, by, None)
    if matter.closed_on is None:
        tasks.ask_for_tasks(session, matter, zone=zone)
    else:
        steps.add_step(session, matter, MatterStepKind.CLOSED, matter.closed_on, by, None)
    return matter.id


def change_case(
    session: Session,
    code: str,
    told: CaseTold,
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    expected_version: int | None = None,
) -> MatterId:
    """Let a case be as told from now on, in every column; with `closed_on` it is closed, without it open again.

    Raises NotFound, Stale when it has another version than expected, Conflict when it was opened in error, and Invalid
    with every fault.
    """
    matter = steps.locked(session, MatterFace.CASE, code, expected_version)
    _expect_no_error(matter)
    was_closed_on, former_kind, was_opened_on = matter.closed_on, matter.kind, matter.opened_on
    matter.opened_on = told.opened_on or matter.opened_on
    _fill_case(session, matter, told)
    if matter.closed_on is not None and matter.closed_on != was_closed_on:
        steps.add_step(session, matter, MatterStepKind.CLOSED, matter.closed_on, by, None)
    elif matter.closed_on is None and was_closed_on is not None:
        steps.add_step(session, matter, MatterStepKind.REOPENED, local_day(now, zone), by, None)
    else:
        matter.version += 1
    is_open_again = matter.closed_on is None and was_closed_on is not None
    if (matter.kind, matter.opened_on) != (former_kind, was_opened_on) or is_open_again:
        tasks.ask_for_tasks(session, matter, zone=zone, former_kind=former_kind)
    session.flush()
    return matter.id


def recall_case(
    session: Session, code: str, *, reason: str, by: Actor, now: datetime, zone: ZoneInfo
) -> MatterId:
    """Close a case that was opened in error, for good. Raises NotFound, and Conflict when that was done before."""
    matter = steps.locked(session, MatterFace.CASE, code)
    _expect_no_error(matter)
    today = local_day(now, zone)
    matter.status, matter.closed_on = MatterStatus.IN_ERROR, max(today, matter.opened_on)
    steps.add_step(session, matter, MatterStepKind.RECORDED_IN_ERROR, today, by, reason)
    session.flush()
    return matter.id


def case_of(session: Session, matter: Matter) -> CaseTold:
    """A case as it stands, in codes."""
    person = session.scalar(select(Person.code).where(Person.id == matter.person_id))
    return CaseTold(
        kind=matter.kind,
        person_code=person or "",
        code=matter.code,
        opened_on=matter.opened_on,
        due_at=matter.due_at,
        closed_on=matter.closed_on,
        result=matter.result,
    )


def note_visits(session: Session, visited: Mapping[MatterId, date | None], *, by: Actor) -> None:
    """What outcomes say of the visits of cases: visited on that day, or (None) not visited after all."""
    matters = session.scalars(
        select(Matter).where(Matter.id.in_(visited)).order_by(Matter.id).with_for_update(key_share=True)
    )
    for matter in matters.all():
        day = visited[matter.id]
        if day is not None:
            steps.add_step(session, matter, MatterStepKind.VISITED, day, by, None)
        if matter.closed_on is None:
            matter.status = _case_status(session, matter)
    session.flush()


def _expect_no_error(matter: Matter) -> None:
    if matter.status is MatterStatus.IN_ERROR:
        raise Conflict("matters.case_recalled", code=matter.code)


def _fill_case(session: Session, matter: Matter, told: CaseTold) -> None:
    faults: list[Fault] = []
    people = codes.people(session, [told.person_code])
    person_id = codes.found(people, told.person_code, "person_code", faults)
    if person_id is None and not faults:
        faults.append(Fault("person_code", "matters.person_missing"))
    if not told.kind:
        faults.append(Fault("kind", "matters.kind_missing"))
    fields.collect(faults, "kind", partial(fields.free_kind, told.kind))
    fields.collect(faults, "result", partial(fields.text, told.result or ""))
    if told.code:
        fields.collect(faults, "code", partial(fields.code, told.code))
    if told.closed_on is not None and told.closed_on < matter.opened_on:
        faults.append(Fault("closed_on", "matters.closed_before_it_was_opened"))
    if faults or person_id is None:
        raise Invalid(faults)
    if matter.person_id != person_id:
        matter.unit_id = unit_on(placements_of(session, [person_id]).get(person_id, ()), matter.opened_on)
    matter.person_id, matter.kind = person_id, told.kind
    matter.due_at, matter.closed_on, matter.result = told.due_at, told.closed_on, told.result or None
    matter.status = MatterStatus.CLOSED if told.closed_on is not None else _case_status(session, matter)


def _case_status(session: Session, matter: Matter) -> MatterStatus:
    visits = (
        select(func.count())
        .select_from(Activity)
        .where(
            Activity.matter_id == matter.id,
            Activity.status.in_((ActivityStatus.HELD, ActivityStatus.PARTLY)),
        )
    )
    return MatterStatus.VISITING if matter.id and session.scalar(visits) else MatterStatus.OPEN


def _case(session: Session, code: str) -> Matter | None:
    return session.scalar(select(Matter).where(Matter.face == MatterFace.CASE, Matter.code == code))
