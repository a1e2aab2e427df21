"""Suggestions 建议: who may see, raise and answer which. Their steps and figures are the business of `matters`.

Here is also what a suggestion sets in motion: the time a department has when none is told, and that its author hears
of the answer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models import Matter, MatterStep, Person, Unit
from models.base import MatterId
from models.enums import (
    AWAITING_ANSWER,
    AnswerKind,
    AuditAction,
    MatterFace,
    MatterStatus,
    MatterStepKind,
    NoticeKind,
)
from outreach import matters, notices, registers
from outreach.errors import NotFound
from outreach.fields import is_code
from outreach.holidays import workdays
from outreach.house_rules import house_rules
from outreach.matters import Opinion
from outreach.notices import Owed
from outreach.permissions import Actor, Deed, Reach, expect, seen
from outreach.registers import Step

_ANSWERED: Final = (MatterStatus.ANSWERED, MatterStatus.DECLINED)
_STAYS_NEWS: Final = timedelta(days=30)
"""How long its author is still told that a suggestion was answered."""


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
    answer_kind: AnswerKind | None
    fed_back_on: date | None
    may_be_named: bool | None
    """Whether departments may know who made it; None while nobody has asked."""


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
    answer_kind: AnswerKind | None
    fed_back_on: date | None
    status: MatterStatus
    version: int
    overdue: bool
    """Whether its answer should have come by now."""
    chased: int = 0
    """How often the department was asked again."""
    chased_on: date | None = None
    """When it last was."""
    may_be_named: bool | None = None
    """Whether departments may know who made it; None while nobody has asked."""
    steps: Sequence[Step] = ()
    """Its story; in lists it is left out."""


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
    now: datetime,
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
    found = session.execute(query).all()
    chased = chased_of(session, [matter.id for matter, *_ in found])
    return [_suggestion_view(*row, chased.get(row[0].id), now=now, zone=zone) for row in found]


def suggestion(
    session: Session, code: str, *, within: Reach, now: datetime, zone: ZoneInfo
) -> SuggestionView:
    """One suggestion; raises NotFound for one that is unknown or out of reach."""
    query = _suggestions(within).where(Matter.code == code)
    row = session.execute(query).one_or_none() if is_code(code) else None
    if row is None:
        raise NotFound
    matter_id = row[0].id
    chased = chased_of(session, [matter_id]).get(matter_id)
    return _suggestion_view(*row, chased, registers.story_of(session, matter_id), now=now, zone=zone)


def raise_suggestion(
    session: Session,
    columns: SuggestionColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> SuggestionView:
    """Take a suggestion down. One that is sent already without a day by which to answer gets one by the house rules.

    Raises Conflict for a code that is taken, Invalid with every fault, Forbidden.
    """
    within = seen(session, by, on=today)
    registers.free_code(session, MatterFace.SUGGESTION, columns.get("code"))
    codes = {"person_code": columns.get("person_code"), "unit_code": columns.get("unit_code")}
    registers.expect_seen(session, codes, within=within, today=today)
    told = Opinion(**_with_text(columns))
    if "due_on" not in columns and _is_sent(told):
        told = replace(told, due_on=_due_day(session, told, today))
    matter = session.get_one(Matter, matters.raise_suggestion(session, told, by=by, now=now, zone=zone))
    matter.may_be_named = columns.get("may_be_named")
    registers.expect_to_record(session, matter.unit_id, by=by, today=today)
    registers.note_change(session, matter, AuditAction.CREATED, columns, by=by, now=now)
    _tell_author(session, matter, before=MatterStatus.COLLECTED, now=now)
    return suggestion(session, matter.code, within=within, now=now, zone=zone)


def change_suggestion(
    session: Session,
    code: str,
    columns: SuggestionColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    note: str | None = None,
    version: int | None = None,
) -> SuggestionView:
    """Bring a suggestion on: sent, answered, fed back; or back a step, with a note. Its author hears of an answer.

    Raises NotFound, Forbidden, Invalid, Conflict, Stale.
    """
    within = seen(session, by, on=today)
    before = suggestion(session, code, within=within, now=now, zone=zone)
    matter = session.get_one(Matter, before.id)
    expect(session, by, Deed.RECORD, matter.unit_id, on=today)
    codes = {"person_code": columns.get("person_code"), "unit_code": columns.get("unit_code")}
    fresh = {name: code for name, code in codes.items() if code != getattr(before, name)}
    registers.expect_seen(session, fresh, within=within, today=today)
    was = matters.opinion_of(session, matter, zone=zone)
    told = replace(was, **_told(columns))
    if "due_on" not in columns and told.due_on is None and _is_sent(told) and not _is_sent(was):
        told = replace(told, due_on=_due_day(session, told, today))
    matters.change_suggestion(
        session, code, told, by=by, now=now, zone=zone, note=note, expected_version=version
    )
    matter.may_be_named = columns.get("may_be_named", matter.may_be_named)
    registers.expect_to_record(session, matter.unit_id, by=by, today=today)
    registers.note_change(session, matter, AuditAction.CHANGED, columns, by=by, now=now)
    _tell_author(session, matter, before=before.status, now=now)
    return suggestion(session, code, within=within, now=now, zone=zone)


def chase(
    session: Session,
    code: str,
    note: str | None,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    version: int | None = None,
) -> SuggestionView:
    """Note that the department was asked again. Raises NotFound, Forbidden, Stale, and Conflict when it need not be."""
    within = seen(session, by, on=today)
    matter = session.get_one(Matter, suggestion(session, code, within=within, now=now, zone=zone).id)
    expect(session, by, Deed.RECORD, matter.unit_id, on=today)
    matters.chase(session, code, note=note, by=by, now=now, zone=zone, expected_version=version)
    registers.note_change(session, matter, AuditAction.CHANGED, {"status": None}, by=by, now=now)
    return suggestion(session, code, within=within, now=now, zone=zone)


def _is_sent(told: Opinion) -> bool:
    return bool(told.sent_on or told.sent_to) and not (told.answered_on or told.answer or told.answer_kind)


def _due_day(session: Session, told: Opinion, today: date) -> date:
    """By when a department answers, counted in working days from when it was asked."""
    days = house_rules(session).suggestions.answer_within_workdays
    return workdays(session).shift_workdays(told.sent_on or today, days)


def _tell_author(session: Session, matter: Matter, *, before: MatterStatus, now: datetime) -> None:
    """Whoever made a suggestion is owed to hear that it was answered, once an answer."""
    if matter.status not in _ANSWERED or before in _ANSWERED or matter.person_id is None:
        return
    answers = session.scalar(
        select(func.count())
        .select_from(MatterStep)
        .where(
            MatterStep.matter_id == matter.id,
            MatterStep.step.in_((MatterStepKind.ANSWERED, MatterStepKind.DECLINED)),
        )
    )
    told = Owed(
        key=f"suggestion_answered/m{matter.id}/{answers}",
        person_id=matter.person_id,
        kind=NoticeKind.SUGGESTION_ANSWERED,
        due_at=now,
        expires_at=now + _STAYS_NEWS,
        matter_id=matter.id,
    )
    notices.owe(session, [told], now=now)


def chased_of(session: Session, matter_ids: Collection[MatterId]) -> Mapping[MatterId, tuple[int, date]]:
    """How often each of these was chased, and when last."""
    rows = session.execute(
        select(MatterStep.matter_id, func.count(), func.max(MatterStep.on_day))
        .where(MatterStep.matter_id.in_(matter_ids), MatterStep.step == MatterStepKind.CHASED)
        .group_by(MatterStep.matter_id)
    )
    return {matter_id: (times, last) for matter_id, times, last in rows}


def _with_text(columns: SuggestionColumns) -> dict[str, Any]:  # Any: each column has its own type
    return {"text": "", **_told(columns)}


def _told(columns: SuggestionColumns) -> dict[str, Any]:  # Any: as above
    """What an `Opinion` says; leave to be named is the office's own note, which no import and no outcome brings."""
    return {name: value for name, value in columns.items() if name != "may_be_named"}


def _suggestions(within: Reach) -> Select[Matter, str | None, str | None]:
    return (
        select(Matter, Person.code, Unit.code)
        .join(Person, Person.id == Matter.person_id, isouter=True)
        .join(Unit, Unit.id == Matter.unit_id, isouter=True)
        .where(Matter.face == MatterFace.SUGGESTION, within.of(Matter.unit_id))
    )


def _suggestion_view(
    matter: Matter,
    person_code: str | None,
    unit_code: str | None,
    chased: tuple[int, date] | None,
    steps: Sequence[Step] = (),
    *,
    now: datetime,
    zone: ZoneInfo,
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
        answer_kind=matter.answer_kind,
        fed_back_on=matter.told_on,
        status=matter.status,
        version=matter.version,
        overdue=matter.status in AWAITING_ANSWER and matter.due_at is not None and matter.due_at <= now,
        chased=chased[0] if chased else 0,
        chased_on=chased[1] if chased else None,
        may_be_named=matter.may_be_named,
        steps=steps,
    )
