"""Suggestions 建议 on their way: raised, sent, chased, answered, fed back. Every change is a step of their story."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from calendars.timezones import local_day
from models import Matter, MatterStep
from models.base import MatterId
from models.database import in_batches
from models.enums import MatterFace, MatterStatus, MatterStepKind
from outreach import recording
from outreach.errors import Conflict
from outreach.matters import steps
from outreach.matters.opinions import (
    Opinion,
    Suggestion,
    by_code,
    columns_of,
    measures_of,
    placed,
    resolved_one,
    steps_told,
    suggestion_of,
    with_codes,
)
from outreach.permissions import Actor
from outreach.recording import Part, Record

# Plain tables: thousands of rows go through them at a time.
_MATTERS = cast(Table, Matter.__table__)
_STEPS = cast(Table, MatterStep.__table__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of suggestions brought by an import: how many are new, changed and as they were."""

    created: tuple[MatterId, ...]
    changed: tuple[MatterId, ...]
    unchanged: int


def raise_suggestion(
    session: Session, opinion: Opinion, *, by: Actor, now: datetime, zone: ZoneInfo
) -> MatterId:
    """Take a suggestion down; raises Invalid with every fault, also for a code that is taken."""
    suggestion = resolved_one(session, opinion, day=local_day(now, zone))
    matters, measures = enter_suggestions(session, [suggestion], by=by, zone=zone)
    recording.replace_measures(session, measures, by=by, now=now)
    return matters[0]


def change_suggestion(
    session: Session,
    code: str,
    opinion: Opinion,
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    expected_version: int | None = None,
) -> MatterId:
    """Let a suggestion be as told from now on, in every column; `opinion_of` gives what it is.

    Raises NotFound, Stale when it has another version than expected, Conflict when it was recorded in error, and
    Invalid with every fault.
    """
    matter = steps.locked(session, MatterFace.SUGGESTION, code, expected_version)
    if matter.status is MatterStatus.IN_ERROR:
        raise Conflict("matters.recorded_in_error", code=code)
    suggestion = resolved_one(session, replace(opinion, code=code), day=local_day(now, zone), known_code=code)
    measures = change_suggestions(session, {matter: suggestion}, by=by, zone=zone)
    recording.replace_measures(session, measures, by=by, now=now)
    return matter.id


def chase(
    session: Session, code: str, *, note: str | None = None, by: Actor, now: datetime, zone: ZoneInfo
) -> MatterId:
    """Ask the department again for its answer; raises Conflict for a suggestion that is not waiting for one."""
    matter = steps.locked(session, MatterFace.SUGGESTION, code)
    if matter.status not in (MatterStatus.SENT, MatterStatus.CHASED):
        raise Conflict("matters.not_waiting_for_answer", code=code)
    matter.status = MatterStatus.CHASED
    steps.add_step(session, matter, MatterStepKind.CHASED, local_day(now, zone), by, note)
    return matter.id


def decline(
    session: Session, code: str, *, answer: str, by: Actor, now: datetime, zone: ZoneInfo
) -> MatterId:
    """Answer that it will not be done, with the reason: that is an answer too. Raises Conflict once it is fed back."""
    matter = steps.locked(session, MatterFace.SUGGESTION, code)
    if matter.closed_on is not None:
        raise Conflict("matters.closed_already", code=code)
    today = local_day(now, zone)
    matter.answer, matter.answered_on, matter.status = answer, today, MatterStatus.DECLINED
    steps.add_step(session, matter, MatterStepKind.DECLINED, today, by, None)
    return matter.id


def bring_suggestions(
    session: Session, suggestions: Sequence[Suggestion], *, by: Actor, now: datetime, zone: ZoneInfo
) -> Kept:
    """Bring many suggestions with codes, each complete and checked; one whose code is known is changed to this.

    As long as the transaction runs, no other record is taken (`recording.alone`).
    """
    recording.alone(session)
    known = by_code(session, [suggestion.code for suggestion in suggestions if suggestion.code])
    every = placed(session, suggestions)
    created, measures = enter_suggestions(
        session, [s for s in every if s.code not in known], by=by, zone=zone
    )
    others = {known[s.code]: s for s in every if s.code in known}
    changes = {matter: told for matter, told in others.items() if _differs(matter, told, zone)}
    measures |= change_suggestions(session, changes, by=by, zone=zone)
    recording.replace_measures(session, measures, by=by, now=now)
    return Kept(
        created=tuple(created),
        changed=tuple(matter.id for matter in changes),
        unchanged=len(others) - len(changes),
    )


def remove_matters(session: Session, matter_ids: Collection[MatterId], *, by: Actor, now: datetime) -> None:
    """Undo an import's new matters, on which nothing was built; their steps go with them."""
    recording.alone(session)
    recording.replace_measures(session, {recording.matter(each): () for each in matter_ids}, by=by, now=now)
    for some in in_batches(matter_ids):
        for matter in session.scalars(select(Matter).where(Matter.id.in_(some))):
            session.delete(matter)
    session.flush()


def enter_suggestions(
    session: Session, suggestions: Sequence[Suggestion], *, by: Actor, zone: ZoneInfo
) -> tuple[list[MatterId], dict[Record, Sequence[Part]]]:
    """Write suggestions; their ids, and the measures that have yet to be recorded."""
    suggestions = with_codes(session, suggestions)
    ids: list[MatterId] = []
    for some in in_batches(suggestions):
        statement = insert(_MATTERS).returning(_MATTERS.c.id, sort_by_parameter_order=True)
        ids += session.scalars(statement, [columns_of(suggestion, zone) for suggestion in some])
    steps = [
        {"matter_id": matter_id, "step": step, "on_day": day, "by": by.name}
        for matter_id, suggestion in zip(ids, suggestions, strict=True)
        for step, day in steps_told(suggestion)
    ]
    for batch in in_batches(steps):
        session.execute(insert(_STEPS), batch)
    return ids, measures_of(session, dict(zip(ids, suggestions, strict=True)))


def change_suggestions(
    session: Session, changes: Mapping[Matter, Suggestion], *, by: Actor, zone: ZoneInfo
) -> dict[Record, Sequence[Part]]:
    for matter, suggestion in changes.items():
        done = set(steps_told(suggestion_of(matter, zone)))
        for step, day in steps_told(suggestion):
            if (step, day) not in done:
                steps.add_step(session, matter, step, day, by, None)
        was = matter.status
        for name, value in columns_of(suggestion, zone).items():
            setattr(matter, name, value)
        matter.status = _changed_status(was, matter.status)
        matter.version += 1
    session.flush()
    return measures_of(session, {matter.id: suggestion for matter, suggestion in changes.items()})


def _changed_status(was: MatterStatus, by_days: MatterStatus) -> MatterStatus:
    """The status that the days give, but for what they do not show: that it was chased, or declined."""
    if was is MatterStatus.CHASED and by_days is MatterStatus.SENT:
        return was
    if was is MatterStatus.DECLINED and by_days is MatterStatus.ANSWERED:
        return was
    return by_days


def _differs(matter: Matter, suggestion: Suggestion, zone: ZoneInfo) -> bool:
    return suggestion_of(matter, zone) != suggestion
