"""One figure with its parts and the records behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.presenters.periods import period_words
from api.presenters.tally import figure_of_line, lines_by_metric
from api.presenters.words import dimension_word, plain
from calendars.periods import Period
from outreach.sources import Source
from outreach.tallies import TallyView
from outreach.unit_choices import UnitChoice
from wording import days as day_words
from wording.numbers import figure as figure_words
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class PartCard:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SourceCard:
    kind: str
    number: int
    day: str
    name: str
    units: str
    value: str


@dataclass(frozen=True, slots=True)
class FigurePage:
    period: str
    period_words: str
    name: str
    unit: str
    figure: str
    sources: str
    is_complete: bool
    """All records are shown, and they are as many as the figure says."""
    by_unit: Sequence[PartCard]
    by_dimension: Sequence[PartCard]
    records: Sequence[SourceCard]


def figure_page(
    view: TallyView,
    period: Period,
    metric: str,
    found: Sequence[Source],
    *,
    choices: Sequence[UnitChoice],
    is_all: bool,
    today: date,
    language: str,
) -> FigurePage | None:
    """One figure with its parts and records; None when the tally has no such line."""
    line = lines_by_metric(view).get(metric)
    if line is None:
        return None
    unit_names = {choice.code: choice.name for choice in choices} | dict(view.unit_names)
    return FigurePage(
        period=view.period,
        period_words=period_words(period, language=language),
        name=line.name,
        unit=line.unit,
        figure=figure_of_line(line, language),
        sources=figure_words(line.sources),
        is_complete=is_all and len(found) == line.sources,
        by_unit=[PartCard(unit_names.get(code, code), plain(value)) for code, value in line.by_unit.items()],
        by_dimension=[
            PartCard(dimension_word(name, language), plain(value))
            for name, value in line.by_dimension.items()
        ],
        records=[_record(each, unit_names, today, language) for each in found],
    )


def _record(source: Source, unit_names: Mapping[str, str], today: date, language: str) -> SourceCard:
    separator = say("names.separator", language=language)
    return SourceCard(
        kind=source.kind,
        number=source.id,
        day="" if source.day is None else day_words.day(source.day, today=today, language=language),
        name=source.name or source.code or "",
        units=separator.join(unit_names.get(code, code) for code in source.units),
        value=plain(source.value),
    )
