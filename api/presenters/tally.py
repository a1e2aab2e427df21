"""The table of figures of a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from api.presenters.periods import period_words
from api.presenters.words import actor_word, decimals_of, dimension_word, plain
from calendars.periods import Period, parse_period
from models.enums import Qualifier
from outreach.tallies import Correction, Line, TallyView
from wording.numbers import NOTHING_RECORDED, change, qualified
from wording.numbers import figure as figure_words
from wording.sentences import say

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "visits": ("visits", "contacts", "hospital", "milestones", "funerals"),
        "study": ("study", "materials", "briefings", "meetings"),
        "suggestions": ("consultation", "suggestions", "petitions", "incidents", "needs"),
        "health": ("health", "culture", "tours"),
        "youth": ("outreach", "youth", "pairing"),
        "rural": ("rural", "volunteer", "talent"),
        "finance": ("finance", "allowance"),
        "org": ("org", "works", "media", "awards", "evaluation"),
    }
)
"""The parts of the tally's table, by the first word of the metrics' codes."""


_REST: Final = "rest"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A line of the table: changes are a dash where there is nothing to compare with."""

    metric: str
    name: str
    unit: str
    figure: str
    since_before: str
    since_year_before: str
    parts: str
    sources: str


@dataclass(frozen=True, slots=True)
class FigureGroup:
    key: str
    rows: Sequence[FigureRow]


@dataclass(frozen=True, slots=True)
class CorrectionCard:
    month: str
    carried_into: str
    name: str
    value: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class TallyPage:
    period: str
    title: str
    unit: str
    state: str
    signed_by: str
    groups: Sequence[FigureGroup]
    corrections: Sequence[CorrectionCard]


def tally_page(
    view: TallyView,
    period: Period,
    *,
    before: TallyView | None,
    year_before: TallyView | None,
    language: str,
) -> TallyPage:
    """The table of figures, grouped as offices report them; what has no figure has no line."""
    earlier, last_year = lines_by_metric(before), lines_by_metric(year_before)
    rows: dict[str, list[FigureRow]] = {key: [] for key in (*GROUPS, _REST)}
    for line in view.lines:
        rows[_group(line.metric)].append(
            FigureRow(
                metric=line.metric,
                name=line.name,
                unit=line.unit,
                figure=figure_of_line(line, language),
                since_before=_since(line, earlier.get(line.metric), language),
                since_year_before=_since(line, last_year.get(line.metric), language),
                parts=_parts(line, language),
                sources=figure_words(line.sources),
            )
        )
    return TallyPage(
        period=view.period,
        title=period_words(period, language=language),
        unit=view.unit_name,
        state=view.state.value,
        signed_by=actor_word(view.signed_by or "", language),
        groups=[FigureGroup(key, of_group) for key, of_group in rows.items() if of_group],
        corrections=[_correction(each, language) for each in view.adjustments],
    )


def _group(metric: str) -> str:
    first = metric.partition(".")[0]
    return next((key for key, prefixes in GROUPS.items() if first in prefixes), _REST)


def _since(line: Line, earlier: Line | None, language: str) -> str:
    """The difference to an earlier figure; with an inexact one beside it only about."""
    if earlier is None:
        return NOTHING_RECORDED
    words = change(Decimal(line.value) - Decimal(earlier.value), decimals=decimals_of(line.value))
    if line.qualifier is earlier.qualifier is Qualifier.EXACT:
        return words
    return say("numbers.about", language=language, number=words, unit="").strip()


def _parts(line: Line, language: str) -> str:
    """The figure's parts by dimension in one line, where it has any."""
    separator = say("names.separator", language=language)
    parts = ((dimension_word(name, language), plain(value)) for name, value in line.by_dimension.items())
    return separator.join(f"{name} {value}" for name, value in parts)


def _correction(correction: Correction, language: str) -> CorrectionCard:
    value = change(Decimal(correction.value), decimals=decimals_of(correction.value))
    return CorrectionCard(
        month=period_words(parse_period(correction.month), language=language),
        carried_into=period_words(parse_period(correction.carried_into), language=language),
        name=correction.name,
        value=value,
        reason=correction.reason or "",
        by=actor_word(correction.by or "", language),
    )


def lines_by_metric(view: TallyView | None) -> Mapping[str, Line]:
    return {} if view is None else {line.metric: line for line in view.lines}


def figure_of_line(line: Line, language: str) -> str:
    value = Decimal(line.value)
    return qualified(value, qualifier=line.qualifier, decimals=decimals_of(line.value), language=language)
