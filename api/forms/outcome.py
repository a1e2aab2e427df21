"""What somebody typed into the form of an outcome, and the telling it means. Pure.

A field's name says whom or what it is about: `there.P01`, `minutes.P01`, `seen.R07`, `value.materials.issued`. A figure
with dimensions has them behind a bar: `value.materials.issued|kind=leaflet`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Final, TypeVar

from models.enums import ActivityStatus, AttendanceState, Condition, Qualifier, VisitResult
from outreach import fields
from outreach.activities.sheet import Sheet
from outreach.errors import Fault
from outreach.fields import BadValue
from outreach.metrics import combination_of, dimensions_of
from outreach.outcomes import Attended, Entered, Telling, Visited

Typed = Mapping[str, str]

OTHERS: Final = "others"
EVERYBODY: Final = "everybody"
"""A tick that says of everybody on the list of whom nothing else is said: they came."""
ALL_SEEN: Final = "all_seen"
MOST_SHOWN: Final = 120
"""Longer lists are not gone through one by one: what was told of them stays, who came is named."""
STATUSES: Final = (ActivityStatus.HELD, ActivityStatus.PARTLY, ActivityStatus.CANCELLED)

_NUMBER = re.compile(r"-?\d{1,13}(?:\.\d{1,6})?", re.ASCII)

Item = TypeVar("Item")
Word = TypeVar("Word", bound=StrEnum)


@dataclass(slots=True)
class Read:
    """The form, field by field in its own types; what cannot be read is a fault named after its field."""

    status: ActivityStatus | None = None
    held_on: date | None = None
    version: int | None = None
    attendance: list[Attended] = field(default_factory=list)
    visits: list[Visited] = field(default_factory=list)
    measures: list[Entered] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    narrative: str | None = None
    faults: list[Fault] = field(default_factory=list)


def typed_of(sheet: Sheet) -> Typed:
    """How the form stands when it is opened: as told before, else with nothing said of anybody."""
    typed = {"version": str(sheet.version), "held_on": sheet.day.isoformat(), "status": "held"}
    present = sheet.present
    if present is None:
        return typed
    typed |= {"status": present.status.value, "narrative": present.narrative or ""}
    for attended in present.attendance:
        typed[f"there.{attended.person}"] = attended.state.value
        typed[f"minutes.{attended.person}"] = "" if attended.minutes is None else str(attended.minutes)
    for visit in present.visits:
        typed[f"seen.{visit.person}"] = visit.result.value
        typed[f"condition.{visit.person}"] = "" if visit.condition is None else visit.condition.value
        typed[f"note.{visit.person}"] = visit.note or ""
    for measure in present.measures:
        name = figure_name(measure.metric, measure.dimensions)
        typed[f"value.{name}"] = format(measure.value, "f")
        typed[f"qualifier.{name}"] = measure.qualifier.value
    return typed


def figure_name(metric: str, dimensions: Mapping[str, str]) -> str:
    """How a figure is called in the names of fields."""
    combination = combination_of(dimensions)
    return f"{metric}|{combination}" if combination else metric


def read_typed(sheet: Sheet, typed: Typed) -> Read:
    """What the form says."""
    read = Read()
    read.status = _word(read, typed, "status", ActivityStatus)
    if read.status not in STATUSES:
        read.faults.append(Fault("status", "recording.status_missing"))
    read.held_on = _said(read, typed, "held_on", fields.day)
    read.version = _said(read, typed, "version", _version)
    read.attendance = list(_attendance(read, sheet, typed))
    read.visits = list(_visits(read, sheet, typed))
    read.measures = list(_measures(read, typed))
    read.others = names_of(typed.get(OTHERS, ""))
    read.narrative = _said(read, typed, "narrative", fields.text)
    return read


def telling_of(read: Read, others: Sequence[str]) -> Telling:
    """The whole that is told now, but for money, goods and suggestions: the form has none."""
    assert read.status is not None, "a form without status is refused"
    listed = {attended.person for attended in read.attendance}
    return Telling(
        status=read.status,
        held_on=read.held_on,
        attendance=[*read.attendance, *(Attended(code) for code in others if code not in listed)],
        visits=read.visits,
        measures=read.measures,
        narrative=read.narrative,
    )


def _attendance(read: Read, sheet: Sheet, typed: Typed) -> Iterator[Attended]:
    """Those of whom something is said; with the tick for everybody, the others came as planned."""
    if len(sheet.people) > MOST_SHOWN:
        for each in sheet.present.attendance if sheet.present else ():
            yield Attended(each.person, each.minutes, each.role, each.state)
        return
    for person in sheet.people:
        state = _word(read, typed, f"there.{person.code}", AttendanceState)
        if state is None and EVERYBODY in typed:
            state = AttendanceState.AS_PLANNED
        minutes = _said(read, typed, f"minutes.{person.code}", fields.service_minutes)
        if state is not None:
            yield Attended(person.code, minutes, person.role, state)


def _visits(read: Read, sheet: Sheet, typed: Typed) -> Iterator[Visited]:
    if len(sheet.visited) > MOST_SHOWN:
        for each in sheet.present.visits if sheet.present else ():
            yield Visited(each.person, each.result, each.condition, each.note)
        return
    for person in sheet.visited:
        result = _word(read, typed, f"seen.{person.code}", VisitResult)
        if result is None and ALL_SEEN in typed:
            result = VisitResult.SEEN
        condition = _word(read, typed, f"condition.{person.code}", Condition)
        note = _said(read, typed, f"note.{person.code}", fields.text)
        if result is not None:
            yield Visited(person.code, result, condition, note)
        elif condition is not None or note is not None:
            read.faults.append(Fault(f"seen.{person.code}", "recording.seen_missing"))


def _measures(read: Read, typed: Typed) -> Iterator[Entered]:
    for name in typed:
        kind, _, figure = name.partition(".")
        value = _said(read, typed, name, _figure) if kind == "value" else None
        if value is not None:
            metric, _, combination = figure.partition("|")
            qualifier = _word(read, typed, f"qualifier.{figure}", Qualifier) or Qualifier.EXACT
            yield Entered(metric, value, qualifier, dimensions_of(combination))


def _said(read: Read, typed: Typed, name: str, reader: Callable[[str], Item]) -> Item | None:
    """What a field says; None for an empty one, and for one that cannot be read, which is a fault."""
    text = typed.get(name, "").strip()
    return fields.collect(read.faults, name, partial(reader, text)) if text else None


def _word(read: Read, typed: Typed, name: str, words: type[Word]) -> Word | None:
    return _said(read, typed, name, partial(fields.one_of, words))


def _figure(text: str) -> Decimal:
    """A number as people write it: with or without signs between the thousands."""
    plain = text.replace(",", "").replace("，", "")
    if not _NUMBER.fullmatch(plain):
        raise BadValue("recording.not_a_number", text=fields.shown(text))
    return Decimal(plain)


def _version(text: str) -> int:
    return fields.whole_number(text, least=0, most=2**31 - 1)


def names_of(text: str) -> list[str]:
    """Names one below the other, or side by side with the usual signs between them."""
    for sign in "、;；,，":
        text = text.replace(sign, "\n")
    return list(dict.fromkeys(name.strip() for name in text.splitlines() if name.strip()))
