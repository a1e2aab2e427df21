"""An outcome as it was told; and its form: a row a person and a row a figure, what was typed and what is wrong."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from api.forms.outcome import MOST_SHOWN, OTHERS, STATUSES, Typed, figure_name
from api.presenters.words import actor_word, dimension_words, moment
from api.problems import FieldProblem
from models.enums import AttendanceState, Basis, Condition, Qualifier, VisitResult
from outreach.activities.sheet import Named, Sheet
from outreach.agenda import OutcomeOnPage
from outreach.errors import Fault
from outreach.metrics import Definition, combination_of, definitions, metric_name, metric_unit
from wording import days as day_words
from wording.numbers import figure, qualified
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class MeasureCard:
    name: str
    figure: str
    dimensions: str


@dataclass(frozen=True, slots=True)
class OutcomeCard:
    held_on: str
    told: str
    revision: int
    narrative: str
    came: str
    came_names: Sequence[str]
    came_more: int
    hours: str
    seen: str
    measures: Sequence[MeasureCard]


def outcome_card(
    found: OutcomeOnPage, day: date, *, today: date, zone: ZoneInfo, language: str
) -> OutcomeCard:
    """What was told of an activity that was planned for `day`."""
    return OutcomeCard(
        held_on=day_words.day(found.held_on or day, today=today, language=language),
        told=say(
            "pages.told_by",
            language=language,
            name=actor_word(found.told_by, language),
            moment=moment(found.told_at, today=today, zone=zone, language=language),
        ),
        revision=found.revision,
        narrative=found.narrative or "",
        came=figure(found.came),
        came_names=found.came_names,
        came_more=found.came - len(found.came_names),
        hours=figure(Decimal(found.minutes) / 60, decimals=1),
        seen=figure(found.seen) if found.seen else "",
        measures=[
            MeasureCard(
                name=metric_name(measure.metric, language),
                figure=qualified(
                    measure.value,
                    metric_unit(measure.metric, language),
                    qualifier=measure.qualifier,
                    decimals=measure.metric.decimals,
                    language=language,
                ),
                dimensions=dimension_words(measure.combination.split(";"), language),
            )
            for measure in found.measures
        ],
    )


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    code: str
    name: str
    role: str
    states: Sequence[Choice]
    minutes: str
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VisitRow:
    code: str
    name: str
    results: Sequence[Choice]
    conditions: Sequence[Choice]
    note: str
    needs_care: bool
    """Whether it was told that somebody should look after them: a case can be opened from it."""
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Household:
    """Those of one address, in visiting order; the address is empty where it is not known."""

    address: str
    people: Sequence[VisitRow]


@dataclass(frozen=True, slots=True)
class FigureField:
    """A figure to enter. `name` is the end of its fields' names; `anchor` what a link can lead to."""

    name: str
    anchor: str
    words: str
    dimensions: str
    unit: str
    value: str
    qualifiers: Sequence[Choice]
    fault: str


@dataclass(frozen=True, slots=True)
class FaultLink:
    anchor: str
    words: str


@dataclass(frozen=True, slots=True)
class OutcomeForm:
    activity_id: int
    title: str
    version: str
    is_stale: bool
    is_first: bool
    has_several_units: bool
    statuses: Sequence[Choice]
    held_on: str
    planned_on: str
    planned_minutes: str
    people: Sequence[PersonRow]
    visited: int
    households: Sequence[Household]
    hidden: int
    """How many are too many to go through one by one."""
    figures: Sequence[FigureField]
    """What nobody counts but who enters it."""
    instead: Sequence[FigureField]
    """What is counted from the list of people, unless a figure is entered instead."""
    others: str
    everybody: bool
    all_seen: bool
    narrative: str
    faults: Mapping[str, str]
    fault_links: Sequence[FaultLink]


def outcome_form(
    sheet: Sheet, typed: Typed, *, faults: Mapping[str, str], today: date, language: str, is_stale: bool
) -> OutcomeForm:
    """The form with what was typed. When somebody was first, it carries the version that stands now."""
    figures = list(_figures(sheet, typed, faults, language))
    people = sheet.people if len(sheet.people) <= MOST_SHOWN else ()
    visited = sheet.visited if len(sheet.visited) <= MOST_SHOWN else ()
    return OutcomeForm(
        activity_id=sheet.activity_id,
        title=sheet.title,
        version=str(sheet.version) if is_stale else typed.get("version", ""),
        is_stale=is_stale,
        is_first=sheet.present is None,
        has_several_units=sheet.has_several_units,
        statuses=_choices(STATUSES, "recording.status", typed.get("status", ""), language),
        held_on=typed.get("held_on", ""),
        planned_on=day_words.day(sheet.day, today=today, language=language),
        planned_minutes="" if sheet.minutes is None else str(sheet.minutes),
        people=[_person(each, typed, faults, language) for each in people],
        visited=len(visited),
        households=_households(sheet, visited, typed, faults, language),
        hidden=len(sheet.people) - len(people) + len(sheet.visited) - len(visited),
        figures=[field for field, definition in figures if definition.basis is Basis.ENTERED],
        instead=[field for field, definition in figures if definition.basis is not Basis.ENTERED],
        others=typed.get(OTHERS, ""),
        everybody="everybody" in typed,
        all_seen="all_seen" in typed,
        narrative=typed.get("narrative", ""),
        faults=faults,
        fault_links=[FaultLink(anchor(name), words) for name, words in faults.items()],
    )


def faults_by_input(found: Sequence[FieldProblem], sheet: Sheet, typed: Typed) -> Mapping[str, str]:
    """What is wrong, by the names of the form's fields; the records speak of them by their place in a list."""
    told: dict[str, list[str]] = {}
    for problem in found:
        told.setdefault(_input_of(problem.field, sheet, typed), []).append(problem.message)
    return {name: " ".join(messages) for name, messages in told.items()}


def in_words(faults: Sequence[Fault], *, today: date, language: str) -> list[Fault]:
    """The same faults with the names of figures and of about-words for their codes, and days as they are said."""

    def words(name: str, value: object) -> object:
        if name == "metric" and value in definitions():
            return definitions()[str(value)].names[language]
        if name == "qualifier":
            return say(f"recording.qualifier_{value}", language=language)
        return day_words.day(value, today=today, language=language) if type(value) is date else value

    return [
        replace(fault, values={name: words(name, value) for name, value in fault.values.items()})
        for fault in faults
    ]


def anchor(name: str) -> str:
    """The id of a field's element: names hold signs that an id had better not."""
    return re.sub(r"[^\w-]", "-", name)


def _input_of(field: str, sheet: Sheet, typed: Typed) -> str:
    kind, _, rest = field.partition(".")
    number, _, what = rest.partition(".")
    if kind not in ("attendance", "visits", "measures") or not number.isdecimal():
        return field
    if kind == "measures":
        names = [name for name, text in typed.items() if name.startswith("value.") and text.strip()]
    elif kind == "attendance":
        said = "minutes" if what == "minutes" else "there"
        names = [f"{said}.{each.code}" for each in sheet.people if _is_said(typed, "there", each)]
    else:
        names = [f"seen.{each.code}" for each in sheet.visited if _is_said(typed, "seen", each)]
    return names[int(number)] if int(number) < len(names) else OTHERS


def _is_said(typed: Typed, kind: str, person: Named) -> bool:
    tick = {"there": "everybody", "seen": "all_seen"}[kind]
    return bool(typed.get(f"{kind}.{person.code}")) or tick in typed


def _person(person: Named, typed: Typed, faults: Mapping[str, str], language: str) -> PersonRow:
    return PersonRow(
        code=person.code,
        name=person.name,
        role="" if person.role == "any" else person.role,
        states=_choices(AttendanceState, "recording.there", typed.get(f"there.{person.code}", ""), language),
        minutes=typed.get(f"minutes.{person.code}", ""),
        faults=_of(faults, person.code, ("there", "minutes")),
    )


def _visit(
    person: Named, typed: Typed, faults: Mapping[str, str], language: str, *, needs_care: bool
) -> VisitRow:
    code = person.code
    return VisitRow(
        code=code,
        name=person.name,
        results=_choices(VisitResult, "recording.seen", typed.get(f"seen.{code}", ""), language),
        conditions=_choices(Condition, "recording.condition", typed.get(f"condition.{code}", ""), language),
        note=typed.get(f"note.{code}", ""),
        needs_care=needs_care,
        faults=_of(faults, code, ("seen", "condition", "note")),
    )


def _households(
    sheet: Sheet, visited: Sequence[Named], typed: Typed, faults: Mapping[str, str], language: str
) -> list[Household]:
    """People of one address are visited together, where the first of them stands in the order."""
    attention = {
        each.person
        for each in (sheet.present.visits if sheet.present else ())
        if each.condition is Condition.ATTENTION
    }
    by_address: dict[str, list[VisitRow]] = {}
    for number, person in enumerate(visited):
        address = "".join((person.address or "").split())
        row = _visit(person, typed, faults, language, needs_care=person.code in attention)
        by_address.setdefault(address or f"\0{number}", []).append(row)
    shown = {"".join((each.address or "").split()): each.address or "" for each in visited}
    return [Household(shown.get(address, ""), rows) for address, rows in by_address.items()]


def _of(faults: Mapping[str, str], code: str, kinds: Sequence[str]) -> Mapping[str, str]:
    return {kind: faults[f"{kind}.{code}"] for kind in kinds if f"{kind}.{code}" in faults}


def _figures(
    sheet: Sheet, typed: Typed, faults: Mapping[str, str], language: str
) -> Iterator[tuple[FigureField, Definition]]:
    """The campaign's figures, then what else was told."""
    listed = {figure_name(each.code, {}): (each, "") for each in sheet.metrics}
    for measure in sheet.present.measures if sheet.present else ():
        combination = combination_of(measure.dimensions)
        listed[figure_name(measure.metric, measure.dimensions)] = (definitions()[measure.metric], combination)
    for name, (definition, combination) in listed.items():
        field = FigureField(
            name=name,
            anchor=anchor(f"value.{name}"),
            words=definition.names[language],
            dimensions=dimension_words(combination.split(";"), language),
            unit=definition.units[language],
            value=typed.get(f"value.{name}", ""),
            qualifiers=_choices(
                definition.qualifiers,
                "recording.qualifier",
                typed.get(f"qualifier.{name}", "exact"),
                language,
            ),
            fault=faults.get(f"value.{name}", ""),
        )
        yield field, definition


def _choices(
    words: Sequence[Qualifier] | type[AttendanceState | VisitResult | Condition] | Sequence[str],
    domain: str,
    chosen: str,
    language: str,
) -> list[Choice]:
    return [Choice(str(word), say(f"{domain}_{word}", language=language), word == chosen) for word in words]
