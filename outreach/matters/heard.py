"""Suggestions heard at an activity: its outcome tells them, together with measures of its own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models import HeardSuggestion, Matter
from models.base import ActivityId, MatterId
from models.enums import MatterStatus, MatterStepKind
from outreach import recording
from outreach.matters import steps
from outreach.matters.opinions import Suggestion, measures_of, status_of, suggestion_of, with_codes
from outreach.matters.suggestions import change_suggestions
from outreach.permissions import Actor
from outreach.recording import Part, Record


def heard_at(session: Session, activity_id: ActivityId) -> list[Matter]:
    """The suggestions that an activity's outcome told, in the order told; those recorded in error too."""
    return list(
        session.scalars(
            select(Matter)
            .join(HeardSuggestion, HeardSuggestion.matter_id == Matter.id)
            .where(HeardSuggestion.activity_id == activity_id)
            .order_by(Matter.id)
        )
    )


def named(session: Session, suggestions: Sequence[Suggestion], heard: Sequence[Matter]) -> list[Suggestion]:
    """With a code where none was told: that of the same words, day and author heard before, else a new one."""
    known: dict[tuple[object, ...], list[str]] = {}
    for matter in sorted(heard, key=lambda matter: matter.status is MatterStatus.IN_ERROR):
        what = (matter.text, matter.opened_on, matter.person_id, matter.unit_id)
        known.setdefault(what, []).append(matter.code)
    found = []
    for suggestion in suggestions:
        codes_of_same = known.get(_what(suggestion), [])
        if suggestion.code is None and codes_of_same:
            suggestion = replace(suggestion, code=codes_of_same.pop(0))
        found.append(suggestion)
    return with_codes(session, found)


def keep_heard(session: Session, activity_id: ActivityId, matter_ids: Collection[MatterId]) -> None:
    """Remember at which activity suggestions were heard."""
    if matter_ids:
        rows = [{"matter_id": matter_id, "activity_id": activity_id} for matter_id in matter_ids]
        session.execute(insert(HeardSuggestion), rows)


def close_in_error(
    session: Session, matters: Sequence[Matter], *, on: date, by: Actor
) -> dict[Record, Sequence[Part]]:
    """Close suggestions that were never made (rule 48): they count no more. The measures yet to be recorded."""
    for matter in matters:
        matter.status = MatterStatus.IN_ERROR
        matter.closed_on = max(on, matter.opened_on)
        steps.add_step(session, matter, MatterStepKind.RECORDED_IN_ERROR, on, by, None)
    return {recording.matter(matter.id): () for matter in matters}


def reopen(
    session: Session, matters: Sequence[Matter], *, on: date, by: Actor, zone: ZoneInfo
) -> dict[Record, Sequence[Part]]:
    """Let suggestions closed in error count again. The measures yet to be recorded."""
    for matter in matters:
        suggestion = suggestion_of(matter, zone)
        matter.status, matter.closed_on = status_of(suggestion), matter.told_on
        steps.add_step(session, matter, MatterStepKind.REOPENED, on, by, None)
    return measures_of(session, {matter.id: suggestion_of(matter, zone) for matter in matters})


def follow(
    session: Session, told: Mapping[Matter, Suggestion], *, by: Actor, zone: ZoneInfo
) -> dict[Record, Sequence[Part]]:
    """Let suggestions told again say what is new; what they leave out stays. The measures yet to be recorded."""
    changes = {}
    for matter, suggestion in told.items():
        current = suggestion_of(matter, zone)
        given = {name: value for name, value in asdict(suggestion).items() if value is not None}
        changes[matter] = replace(current, **given)
        if changes[matter] == current:
            del changes[matter]
    return change_suggestions(session, changes, by=by, zone=zone)


def _what(suggestion: Suggestion) -> tuple[object, ...]:
    return (suggestion.text, suggestion.raised_on, suggestion.person_id, suggestion.unit_id)
