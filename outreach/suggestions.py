"""Suggestions 建议: who may see, raise and answer which. Their steps and figures are the business of `matters`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import Matter, Person, Unit
from models.base import MatterId
from models.enums import (
    AuditAction,
    MatterFace,
    MatterStatus,
)
from outreach import matters, registers
from outreach.errors import NotFound
from outreach.fields import is_code
from outreach.matters import Opinion
from outreach.permissions import Actor, Deed, Reach, expect, seen


class SuggestionColumns(TypedDict, total=False):
    """The columns of a suggestion; those left out stay as they were, None empties one."""

    code: str
    raised_on: date
    text: str
    person_code: str | None
    unit_code: str | None
    sent_to: str | None
    sent_on: date | None
    due_on: date | None
    answered_on: date | None
    answer: str | None
    fed_back_on: date | None


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """A suggestion as it stands."""

    id: MatterId
    code: str
    raised_on: date
    text: str
    person_code: str | None
    unit_code: str | None
    sent_to: str | None
    sent_on: date | None
    due_on: date | None
    answered_on: date | None
    answer: str | None
    fed_back_on: date | None
    status: MatterStatus
    version: int


@dataclass(frozen=True, slots=True)
class SuggestionsAsked:
    """Which suggestions a list is about; None asks for all."""

    unit_code: str | None = None
    """Of this unit and those below it."""
    person_code: str | None = None
    status: MatterStatus | None = None
    first: date | None = None
    """Raised on this day or later."""
    last: date | None = None


def suggestions(
    session: Session,
    asked: SuggestionsAsked,
    *,
    within: Reach,
    today: date,
    zone: ZoneInfo,
    after: int = 0,
    limit: int,
) -> Sequence[SuggestionView]:
    """Suggestions in the order of their ids, after one; raises NotFound for a unit or person that is not seen."""
    query = _suggestions(within).where(Matter.id > after).order_by(Matter.id).limit(limit)
    query = query.where(
        *registers.of_unit_and_person(session, asked.unit_code, asked.person_code, within, today)
    )
    if asked.status is not None:
        query = query.where(Matter.status == asked.status)
    if asked.first is not None:
        query = query.where(Matter.opened_on >= asked.first)
    if asked.last is not None:
        query = query.where(Matter.opened_on <= asked.last)
    return [_suggestion_view(*row, zone=zone) for row in session.execute(query)]


def suggestion(session: Session, code: str, *, within: Reach, zone: ZoneInfo) -> SuggestionView:
    """One suggestion; raises NotFound for one that is unknown or out of reach."""
    query = _suggestions(within).where(Matter.code == code)
    row = session.execute(query).one_or_none() if is_code(code) else None
    if row is None:
        raise NotFound
    return _suggestion_view(*row, zone=zone)


def raise_suggestion(
    session: Session,
    columns: SuggestionColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> SuggestionView:
    """Take a suggestion down. Raises Conflict for a code that is taken, Invalid with every fault, Forbidden."""
    within = seen(session, by, on=today)
    registers.free_code(session, MatterFace.SUGGESTION, columns.get("code"))
    codes = {"person_code": columns.get("person_code"), "unit_code": columns.get("unit_code")}
    registers.expect_seen(session, codes, within=within, today=today)
    told = Opinion(**_with_text(columns))
    matter = session.get_one(Matter, matters.raise_suggestion(session, told, by=by, now=now, zone=zone))
    registers.expect_to_record(session, matter.unit_id, by=by, today=today)
    registers.note_change(session, matter, AuditAction.CREATED, columns, by=by, now=now)
    return suggestion(session, matter.code, within=within, zone=zone)


def change_suggestion(
    session: Session,
    code: str,
    columns: SuggestionColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    version: int | None = None,
) -> SuggestionView:
    """Bring a suggestion on: sent, answered, fed back. Raises NotFound, Forbidden, Invalid, Conflict, Stale."""
    within = seen(session, by, on=today)
    before = suggestion(session, code, within=within, zone=zone)
    matter = session.get_one(Matter, before.id)
    expect(session, by, Deed.RECORD, matter.unit_id, on=today)
    codes = {"person_code": columns.get("person_code"), "unit_code": columns.get("unit_code")}
    fresh = {name: code for name, code in codes.items() if code != getattr(before, name)}
    registers.expect_seen(session, fresh, within=within, today=today)
    told = replace(matters.opinion_of(session, matter, zone=zone), **columns)
    matters.change_suggestion(session, code, told, by=by, now=now, zone=zone, expected_version=version)
    registers.expect_to_record(session, matter.unit_id, by=by, today=today)
    registers.note_change(session, matter, AuditAction.CHANGED, columns, by=by, now=now)
    return suggestion(session, code, within=within, zone=zone)


def _with_text(columns: SuggestionColumns) -> dict[str, Any]:  # Any: each column has its own type
    return {"text": "", **columns}


def _suggestions(within: Reach) -> Select[Matter, str | None, str | None]:
    return (
        select(Matter, Person.code, Unit.code)
        .join(Person, Person.id == Matter.person_id, isouter=True)
        .join(Unit, Unit.id == Matter.unit_id, isouter=True)
        .where(Matter.face == MatterFace.SUGGESTION, within.of(Matter.unit_id))
    )


def _suggestion_view(
    matter: Matter, person_code: str | None, unit_code: str | None, *, zone: ZoneInfo
) -> SuggestionView:
    return SuggestionView(
        id=matter.id,
        code=matter.code,
        raised_on=matter.opened_on,
        text=matter.text or "",
        person_code=person_code,
        unit_code=unit_code,
        sent_to=matter.office,
        sent_on=matter.sent_on,
        due_on=matters.suggestion_of(matter, zone).due_on,
        answered_on=matter.answered_on,
        answer=matter.answer,
        fed_back_on=matter.told_on,
        status=matter.status,
        version=matter.version,
    )
