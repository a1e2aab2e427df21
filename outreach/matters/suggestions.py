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
from outreach.errors import Conflict, invalid
from outreach.matters import steps
from outreach.matters.opinions import (
    STAGES,
    Opinion,
    Suggestion,
    by_code,
    columns_of,
    measures_of,
    placed,
    resolved_one,
    status_of,
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
    note: str | None = None,
    expected_version: int | None = None,
) -> MatterId:
    """Let a suggestion be as told from now on, in every column; `opinion_of` gives what it is.

    The note stands with the steps that this takes: how the author was told, why it goes back a step.
    Raises NotFound, Stale when it has another version than expected, Conflict when it was recorded in error, and
    Invalid with every fault, also for going back without a note.
    """
    matter = steps.locked(session, MatterFace.SUGGESTION, code, expected_version)
    if matter.status is MatterStatus.IN_ERROR:
        raise Conflict("matters.recorded_in_error", code=code)
    suggestion = resolved_one(session, replace(opinion, code=code), day=local_day(now, zone), known_code=code)
    goes_back = STAGES[status_of(suggestion)] < STAGES[matter.status]
    if goes_back and not note:
        raise invalid("note", "matters.note_needed_to_go_back")
    measures = change_suggestions(session, {matter: suggestion}, by=by, zone=zone, note=note)
    if goes_back:
        steps.add_step(session, matter, MatterStepKind.REOPENED, local_day(now, zone), by, note)
    recording.replace_measures(session, measures, by=by, now=now)
    return matter.id


def chase(
    session: Session,
    code: str,
    *,
    note: str | None = None,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    expected_version: int | None = None,
) -> MatterId:
    """Ask the department again for its answer, as often as it takes.

    Raises NotFound, Stale, and Conflict for a suggestion that is not waiting for an answer.
    """
    matter = steps.locked(session, MatterFace.SUGGESTION, code, expected_version)
    if matter.status not in (MatterStatus.SENT, MatterStatus.CHASED):
        raise Conflict("matters.not_waiting_for_answer", code=code)
    matter.status = MatterStatus.CHASED
    steps.add_step(session, matter, MatterStepKind.CHASED, local_day(now, zone), by, note)
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
    session: Session,
    changes: Mapping[Matter, Suggestion],
    *,
    by: Actor,
    zone: ZoneInfo,
    note: str | None = None,
) -> dict[Record, Sequence[Part]]:
    """Write what suggestions are from now on, with the steps that this takes. The measures yet to be recorded."""
    for matter, suggestion in changes.items():
        done = set(steps_told(suggestion_of(matter, zone)))
        for step, day in steps_told(suggestion):
            if (step, day) not in done:
                steps.add_step(session, matter, step, day, by, note)
        was = matter.status
        for name, value in columns_of(suggestion, zone).items():
            setattr(matter, name, value)
        if matter.status is MatterStatus.SENT and _stays_chased(session, matter.id, was):
            matter.status = MatterStatus.CHASED
        matter.version += 1
    session.flush()
    return measures_of(session, {matter.id: suggestion for matter, suggestion in changes.items()})


def _stays_chased(session: Session, matter_id: MatterId, was: MatterStatus) -> bool:
    """What the days do not show: that somebody asked for the answer already. It holds when an answer is taken back."""
    if was is MatterStatus.CHASED or STAGES.get(was, 0) < STAGES[MatterStatus.ANSWERED]:
        return was is MatterStatus.CHASED
    chased = select(MatterStep.id).where(
        MatterStep.matter_id == matter_id, MatterStep.step == MatterStepKind.CHASED
    )
    return session.scalar(chased.limit(1)) is not None


def _differs(matter: Matter, suggestion: Suggestion, zone: ZoneInfo) -> bool:
    return suggestion_of(matter, zone) != suggestion
