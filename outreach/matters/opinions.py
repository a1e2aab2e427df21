"""What a suggestion is: as it is told, as it is kept, which status and figures follow from its days."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.timezones import at, local_day
from models import Matter, Person, Unit
from models.base import MatterId, MetricId, PersonId, UnitId
from models.database import in_batches
from models.enums import AnswerKind, MatterFace, MatterStatus, MatterStepKind, Origin
from outreach import codes, fields, recording
from outreach.errors import Fault, Invalid
from outreach.ledger import placements_of, unit_on
from outreach.matters import steps
from outreach.metrics import SUGGESTIONS_RAISED, SUGGESTIONS_SETTLED, metric_ids
from outreach.recording import Part, Record


@dataclass(frozen=True, slots=True)
class Opinion:
    """A suggestion as somebody tells it, in codes: the columns of the import."""

    text: str
    code: str | None = None
    """Without one, it gets one."""
    raised_on: date | None = None
    person_code: str | None = None
    unit_code: str | None = None
    sent_to: str | None = None
    sent_on: date | None = None
    due_on: date | None = None
    answered_on: date | None = None
    answer: str | None = None
    fed_back_on: date | None = None
    answer_kind: AnswerKind | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The same, in ids. Its unit is that told, else the person's on the day it was raised (rules 28 and 51)."""

    text: str
    raised_on: date
    code: str | None = None
    person_id: PersonId | None = None
    unit_id: UnitId | None = None
    sent_to: str | None = None
    sent_on: date | None = None
    due_on: date | None = None
    answered_on: date | None = None
    answer: str | None = None
    fed_back_on: date | None = None
    answer_kind: AnswerKind | None = None


def resolved(
    session: Session,
    opinions: Sequence[Opinion],
    *,
    field: str = "suggestions",
    day: date,
    unit_id: UnitId | None = None,
    known_codes: Collection[str] = (),
) -> tuple[list[Suggestion], list[Fault]]:
    """Opinions in ids, raised on `day` where they do not say when, and what is wrong with them.

    A code that is taken is a fault, unless it is one of `known_codes`.
    """
    faults: list[Fault] = []
    people = codes.people(session, (opinion.person_code for opinion in opinions))
    units = codes.units(session, (opinion.unit_code for opinion in opinions))
    taken = by_code(session, [opinion.code for opinion in opinions if opinion.code])
    suggestions: list[Suggestion] = []
    seen: set[str] = set()
    for number, opinion in enumerate(opinions):
        place = f"{field}.{number}"
        if opinion.code and (
            opinion.code in seen or (opinion.code in taken and opinion.code not in known_codes)
        ):
            faults.append(Fault(f"{place}.code", "errors.code_taken", {"code": opinion.code}))
        seen.add(opinion.code or "")
        suggestion = Suggestion(
            text=opinion.text.strip(),
            code=opinion.code or None,
            raised_on=opinion.raised_on or day,
            person_id=codes.found(people, opinion.person_code, f"{place}.person_code", faults),
            unit_id=codes.found(units, opinion.unit_code, f"{place}.unit_code", faults) or unit_id,
            sent_to=opinion.sent_to or None,
            sent_on=opinion.sent_on,
            due_on=opinion.due_on,
            answered_on=opinion.answered_on,
            answer=opinion.answer or None,
            fed_back_on=opinion.fed_back_on,
            answer_kind=opinion.answer_kind,
        )
        faults += [*faults_of_suggestion(suggestion, field=place), *_faults_of_words(opinion, place)]
        if suggestion.answer_kind is AnswerKind.DECLINED and not suggestion.answer:
            faults.append(Fault(f"{place}.answer", "matters.declined_without_reason"))
        suggestions.append(suggestion)
    return ([] if faults else placed(session, suggestions)), faults


def faults_of_suggestion(suggestion: Suggestion, *, field: str) -> list[Fault]:
    """What is wrong with a suggestion by itself: no words, or a day before the one on which it was raised."""
    faults = []
    if not suggestion.text:
        faults.append(Fault(f"{field}.text", "matters.text_missing"))
    for name in ("sent_on", "answered_on", "fed_back_on", "due_on"):
        day = getattr(suggestion, name)
        if day is not None and day < suggestion.raised_on:
            faults.append(Fault(f"{field}.{name}", "matters.before_it_was_raised"))
    return faults


def _faults_of_words(opinion: Opinion, place: str) -> list[Fault]:
    """What cannot be kept of the words: too long, or with signs that a database does not take."""
    faults: list[Fault] = []
    for name, read in _WORDS.items():
        if words := getattr(opinion, name):
            fields.collect(faults, f"{place}.{name}", partial(read, words))
    return faults


_WORDS: Mapping[str, Callable[[str], str]] = {
    "code": fields.code,
    "text": fields.text,
    "sent_to": fields.short_text,
    "answer": fields.text,
}


def opinion_of(session: Session, matter: Matter, *, zone: ZoneInfo) -> Opinion:
    """A suggestion as it stands, in codes."""
    return Opinion(
        text=matter.text or "",
        code=matter.code,
        raised_on=matter.opened_on,
        person_code=session.scalar(select(Person.code).where(Person.id == matter.person_id)),
        unit_code=session.scalar(select(Unit.code).where(Unit.id == matter.unit_id)),
        sent_to=matter.office,
        sent_on=matter.sent_on,
        due_on=_due_day(matter.due_at, zone),
        answered_on=matter.answered_on,
        answer=matter.answer,
        fed_back_on=matter.told_on,
        answer_kind=matter.answer_kind,
    )


def suggestion_of(matter: Matter, zone: ZoneInfo) -> Suggestion:
    """A suggestion as it stands, in ids."""
    return Suggestion(
        text=matter.text or "",
        raised_on=matter.opened_on,
        code=matter.code,
        person_id=matter.person_id,
        unit_id=matter.unit_id,
        sent_to=matter.office,
        sent_on=matter.sent_on,
        due_on=_due_day(matter.due_at, zone),
        answered_on=matter.answered_on,
        answer=matter.answer,
        fed_back_on=matter.told_on,
        answer_kind=matter.answer_kind,
    )


def resolved_one(
    session: Session, opinion: Opinion, *, day: date, known_code: str | None = None
) -> Suggestion:
    suggestions, faults = resolved(
        session, [opinion], day=day, known_codes=() if known_code is None else (known_code,)
    )
    if faults:
        raise Invalid([replace(fault, field=fault.field.split(".", 2)[2]) for fault in faults])
    return suggestions[0]


def status_of(suggestion: Suggestion) -> MatterStatus:
    """How far the days say that it is; that it was chased they do not show."""
    if suggestion.fed_back_on is not None:
        return MatterStatus.FED_BACK
    if suggestion.answer_kind is AnswerKind.DECLINED:
        return MatterStatus.DECLINED
    if suggestion.answered_on is not None or suggestion.answer or suggestion.answer_kind is not None:
        return MatterStatus.ANSWERED
    if suggestion.sent_on is not None or suggestion.sent_to:
        return MatterStatus.SENT
    return MatterStatus.COLLECTED


STAGES: Final[Mapping[MatterStatus, int]] = {
    MatterStatus.COLLECTED: 0,
    MatterStatus.SENT: 1,
    MatterStatus.CHASED: 1,
    MatterStatus.ANSWERED: 2,
    MatterStatus.DECLINED: 2,
    MatterStatus.FED_BACK: 3,
}
"""How far a suggestion is on its way."""


def steps_told(suggestion: Suggestion) -> Iterator[tuple[MatterStepKind, date]]:
    """The steps that the days of a suggestion tell."""
    yield MatterStepKind.OPENED, suggestion.raised_on
    if suggestion.sent_on is not None:
        yield MatterStepKind.SENT, suggestion.sent_on
    if suggestion.answered_on is not None:
        is_declined = suggestion.answer_kind is AnswerKind.DECLINED
        yield MatterStepKind.DECLINED if is_declined else MatterStepKind.ANSWERED, suggestion.answered_on
    if suggestion.fed_back_on is not None:
        yield MatterStepKind.TOLD, suggestion.fed_back_on


def columns_of(suggestion: Suggestion, zone: ZoneInfo) -> dict[str, object]:
    due_at = None if suggestion.due_on is None else at(suggestion.due_on + timedelta(1), time(0), zone)
    return {
        "face": MatterFace.SUGGESTION,
        "code": suggestion.code,
        "status": status_of(suggestion),
        "text": suggestion.text,
        "opened_on": suggestion.raised_on,
        "person_id": suggestion.person_id,
        "unit_id": suggestion.unit_id,
        "office": suggestion.sent_to,
        "sent_on": suggestion.sent_on,
        "due_at": due_at,
        "answered_on": suggestion.answered_on,
        "answer": suggestion.answer,
        "answer_kind": suggestion.answer_kind,
        "told_on": suggestion.fed_back_on,
        "closed_on": suggestion.fed_back_on,
    }


def _due_day(due_at: datetime | None, zone: ZoneInfo) -> date | None:
    """What is owed by a day is due at that day's end."""
    return None if due_at is None else local_day(due_at - timedelta(microseconds=1), zone)


def measures_of(session: Session, suggestions: Mapping[MatterId, Suggestion]) -> dict[Record, Sequence[Part]]:
    """What suggestions add: one on the day they were raised, one on the day their author was told (rule 32)."""
    ids = metric_ids(session) if suggestions else {}
    return {
        recording.matter(matter_id): list(_parts(suggestion, ids))
        for matter_id, suggestion in suggestions.items()
    }


def _parts(suggestion: Suggestion, ids: Mapping[str, MetricId]) -> Iterator[Part]:
    days = {SUGGESTIONS_RAISED: suggestion.raised_on, SUGGESTIONS_SETTLED: suggestion.fed_back_on}
    for metric, day in days.items():
        if day is not None and suggestion.unit_id is not None:
            yield Part(ids[metric], suggestion.unit_id, day, Decimal(1), Origin.COUNTED)


def placed(session: Session, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    people = {s.person_id for s in suggestions if s.unit_id is None and s.person_id is not None}
    placements = placements_of(session, people)

    def place(suggestion: Suggestion) -> Suggestion:
        if suggestion.unit_id is not None or suggestion.person_id is None:
            return suggestion
        return replace(
            suggestion, unit_id=unit_on(placements.get(suggestion.person_id, ()), suggestion.raised_on)
        )

    return [place(suggestion) for suggestion in suggestions]


def by_code(session: Session, wanted: Collection[str]) -> dict[str | None, Matter]:
    matters: dict[str | None, Matter] = {}
    for some in in_batches(wanted):
        for matter in session.scalars(
            select(Matter).where(Matter.face == MatterFace.SUGGESTION, Matter.code.in_(some))
        ):
            matters[matter.code] = matter
    return matters


def with_codes(session: Session, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    nameless = sum(1 for suggestion in suggestions if suggestion.code is None)
    fresh = iter(steps.fresh_codes(session, MatterFace.SUGGESTION, nameless))
    return [s if s.code is not None else replace(s, code=next(fresh)) for s in suggestions]
