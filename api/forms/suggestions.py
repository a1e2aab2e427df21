"""What somebody typed about a suggestion: its words, or one step of its way. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from api.forms.typed import Reading, Typed
from models.enums import AnswerKind
from outreach import fields
from outreach.errors import Fault
from outreach.suggestion_board import Stage
from outreach.suggestions import SuggestionColumns, SuggestionView


class Doing(StrEnum):
    """The steps that somebody can take; each has its form."""

    SEND = "send"
    CHASE = "chase"
    ANSWER = "answer"
    FEED_BACK = "feed_back"
    BACK = "back"


BROUGHT_BY: Final[Mapping[Stage, Doing]] = {
    Stage.COLLECTED: Doing.BACK,
    Stage.SENT: Doing.SEND,
    Stage.CHASED: Doing.CHASE,
    Stage.ANSWERED: Doing.ANSWER,
    Stage.FED_BACK: Doing.FEED_BACK,
}
"""The step that brings a suggestion to a stage from an earlier one."""

FIELDS: Final[Mapping[Doing, tuple[str, ...]]] = {
    Doing.SEND: ("sent_to", "sent_on", "due_on"),
    Doing.CHASE: ("note",),
    Doing.ANSWER: ("answered_on", "answer_kind", "answer"),
    Doing.FEED_BACK: ("fed_back_on", "note"),
    Doing.BACK: ("note",),
}
_TAKEN_BACK: Final[Mapping[Stage, tuple[str, ...]]] = {
    Stage.SENT: ("sent_to", "sent_on", "due_on"),
    Stage.CHASED: ("sent_to", "sent_on", "due_on"),
    Stage.ANSWERED: ("answered_on", "answer", "answer_kind"),
    Stage.FED_BACK: ("fed_back_on",),
}
"""What is emptied to go back from a stage."""
_DAYS: Final = ("sent_on", "due_on", "answered_on", "fed_back_on")


@dataclass(frozen=True, slots=True)
class StepTyped:
    """A step as typed: what changes, and the words that stand with it."""

    columns: SuggestionColumns
    note: str | None
    version: int | None


def steps_from(stage: Stage | None) -> tuple[Doing, ...]:
    """The steps that can be taken from a stage, the next one first."""
    match stage:
        case Stage.COLLECTED:
            return (Doing.SEND, Doing.ANSWER)
        case Stage.SENT | Stage.CHASED:
            return (Doing.ANSWER, Doing.CHASE, Doing.BACK)
        case Stage.ANSWERED:
            return (Doing.FEED_BACK, Doing.BACK)
        case Stage.FED_BACK:
            return (Doing.BACK,)
    return ()


def step_opened(doing: Doing, view: SuggestionView, *, today: date) -> Typed:
    """How the form of a step stands when it is opened: today, and what is known already."""
    typed = {"version": str(view.version)}
    match doing:
        case Doing.SEND:
            typed |= {"sent_to": view.sent_to or "", "sent_on": today.isoformat()}
            typed["due_on"] = view.due_on.isoformat() if view.due_on else ""
        case Doing.ANSWER:
            typed |= {"answered_on": today.isoformat(), "answer": view.answer or ""}
        case Doing.FEED_BACK:
            typed["fed_back_on"] = today.isoformat()
    return typed


def read_step(doing: Doing, typed: Typed, stage: Stage | None, *, today: date) -> StepTyped:
    """The step that a form says; raises Invalid with every fault."""
    reading = Reading(typed)
    columns: SuggestionColumns = {}
    note = reading.text("note")
    match doing:
        case Doing.SEND:
            columns["sent_to"] = reading.needed("sent_to", fields.short_text)
            columns["sent_on"] = _not_later(reading, "sent_on", today)
            due_on = reading.day("due_on")
            if due_on is not None:
                columns["due_on"] = due_on
        case Doing.ANSWER:
            columns["answered_on"] = _not_later(reading, "answered_on", today)
            columns["answer_kind"] = reading.word("answer_kind", AnswerKind)
            if not typed.get("answer_kind"):
                reading.faults.append(Fault("answer_kind", "suggestions.kind_needed"))
            columns["answer"] = reading.text("answer")
        case Doing.FEED_BACK:
            columns["fed_back_on"] = _not_later(reading, "fed_back_on", today)
        case Doing.BACK:
            if note is None:
                reading.faults.append(Fault("note", "matters.note_needed_to_go_back"))
            columns = _emptied(_TAKEN_BACK.get(stage, ())) if stage else {}
    version = reading.version()
    reading.expect_none()
    return StepTyped(columns, note, version)


def way_back(before: SuggestionView, changed: SuggestionColumns, *, version: int, note: str) -> Typed:
    """The fields that take a step back: what its columns were, and the words that stand with it."""
    was = {name: getattr(before, name) for name in changed}
    told = {name: "" if value is None else str(value) for name, value in was.items()}
    if "sent_on" in changed:
        told["due_on"] = "" if before.due_on is None else before.due_on.isoformat()
    return {**told, "note": note, "version": str(version)}


def read_way_back(typed: Typed, *, today: date) -> StepTyped:
    """What `way_back` wrote; columns that it does not name stay. Its days have come, as those of the steps have; raises
    Invalid with every fault."""
    reading = Reading(typed)
    columns: SuggestionColumns = {}
    if "sent_to" in typed:
        columns["sent_to"] = reading.said("sent_to", fields.short_text)
    if "answer" in typed:
        columns["answer"] = reading.text("answer")
    if "answer_kind" in typed:
        columns["answer_kind"] = reading.word("answer_kind", AnswerKind)
    for name in _DAYS:
        if name in typed:
            columns[name] = day = reading.day(name)
            if day is not None and day > today and name != "due_on":
                reading.faults.append(Fault(name, "suggestions.not_yet"))
    version = reading.version()
    reading.expect_none()
    return StepTyped(columns, reading.text("note"), version)


WORDS_FIELDS: Final = ("text", "person_code", "unit_code", "raised_on", "may_be_named")


def words_opened(view: SuggestionView | None, *, today: date, unit: str, person: str = "") -> Typed:
    """How the form of a suggestion's words stands when it is opened, for a new one (None) or one that is known."""
    if view is None:
        return {"raised_on": today.isoformat(), "unit_code": unit, "person_code": person, "version": "0"}
    return {
        "text": view.text,
        "person_code": view.person_code or "",
        "unit_code": view.unit_code or "",
        "raised_on": view.raised_on.isoformat(),
        "may_be_named": "" if view.may_be_named is None else "yes" if view.may_be_named else "no",
        "version": str(view.version),
    }


def read_words(reading: Reading, *, today: date) -> SuggestionColumns:
    """The words of a suggestion, but whom the form means by its person; faults stay with the reading."""
    columns: SuggestionColumns = {"text": reading.text("text") or ""}
    if not columns["text"]:
        reading.faults.append(Fault("text", "matters.text_missing"))
    raised_on = _not_later(reading, "raised_on", today)
    if raised_on is not None:
        columns["raised_on"] = raised_on
    columns["unit_code"] = reading.said("unit_code", fields.code)
    columns["may_be_named"] = {"yes": True, "no": False}.get(reading.typed.get("may_be_named", ""))
    return columns


def _emptied(names: tuple[str, ...]) -> SuggestionColumns:
    columns: SuggestionColumns = {}
    for name in names:
        columns[name] = None  # type: ignore[literal-required]  # the names of `_TAKEN_BACK` are columns
    return columns


def _not_later(reading: Reading, name: str, today: date) -> date | None:
    """A day that is needed and has come."""
    day = reading.needed(name, fields.day)
    if day is not None and day > today:
        reading.faults.append(Fault(name, "suggestions.not_yet"))
    return day
