"""A tally as it is shown: its lines in the order of the dictionary, every value with its metric's decimals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from calendars.periods import Period, PeriodFault, month_of, parse_period
from models import Metric
from models.base import ActivityId, EntryId, UnitId
from models.enums import Additivity, MonthState, Qualifier
from outreach.errors import NotFound, invalid
from outreach.metrics import dimensions_of, metric_name, metric_unit, rounded
from outreach.remembered import remembered
from outreach.tallies import stocks
from outreach.tallies.corrections import CorrectedPart
from outreach.tallies.figures import Counted, dictionary, figures
from outreach.tallies.flows import ADDITIVE
from outreach.tallies.parts import Figure, hundredths
from outreach.tallies.trees import Ground, Subtree, ground
from wording.sentences import SOURCE_LANGUAGE

MADE_OF: Final = stocks.MADE_OF | {
    *("attendances", "matters", "measures", "metrics", "rollups", "tallies", "tally_lines")
}
"""The tables that a tally is made of."""


@dataclass(frozen=True, slots=True)
class Line:
    """A figure. Values are texts with the metric's decimals; units are codes, dimensions `name=value`."""

    metric: str
    name: str
    unit: str
    value: str
    qualifier: Qualifier
    additivity: Additivity
    sources: int
    by_unit: Mapping[str, str]
    by_dimension: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Correction:
    """A signed correction of a closed month, and the month it is carried into.

    It names the record that was corrected (an activity or a ledger entry by id, a suggestion by code); none when it was
    made by hand.
    """

    month: str
    carried_into: str
    unit: str
    metric: str
    name: str
    value: str
    qualifier: Qualifier
    dimensions: Mapping[str, str]
    activity: ActivityId | None
    entry: EntryId | None
    suggestion: str | None
    reason: str | None
    by: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class TallyView:
    """The tally of a unit and all below it.

    `state` is where the unit's month stands; a longer period is closed when all its months are, else open.
    """

    period: str
    unit: str
    unit_name: str
    state: MonthState
    signed_by: str | None
    lines: Sequence[Line]
    adjustments: Sequence[Correction]
    """Those of the period's months and those carried into them, in the order they were made."""
    unit_names: Mapping[str, str]
    """Code and name of every unit that has a part in a line."""

    @property
    def status(self) -> str:
        return "closed" if self.state is MonthState.CLOSED else "open"

    def as_json(self) -> dict[str, object]:
        """What programs get, from the command line and from the API alike."""
        return {
            "period": self.period,
            "unit": self.unit,
            "status": self.status,
            "signed_by": self.signed_by,
            "lines": [asdict(line) for line in self.lines],
            "adjustments": [
                asdict(correction) | {"at": correction.at and correction.at.isoformat()}
                for correction in self.adjustments
            ],
        }


def read_period(text: str) -> Period:
    """The period of `2026-09`, `2026-Q3` or `2026`; raises Invalid for any other text."""
    try:
        return parse_period(text)
    except PeriodFault as fault:
        raise invalid("period", f"tallies.{fault.code}", **fault.values) from fault


def tally(
    session: Session,
    period: Period,
    unit_id: UnitId,
    *,
    language: str = SOURCE_LANGUAGE,
    only: str | None = None,
) -> TallyView:
    """What a period comes to for a unit and all below it (rules 28 to 51); raises NotFound for an unknown unit.

    A period that is not over yet is counted to its last day: what is in force then counts as standing. `only`: the line
    and the corrections of this metric alone.
    """
    (view,) = tallies(session, [period], unit_id, language=language, only=only)
    return view


def tallies(
    session: Session,
    periods: Sequence[Period],
    unit_id: UnitId,
    *,
    language: str = SOURCE_LANGUAGE,
    only: str | None = None,
) -> list[TallyView]:
    """The tally of each period, in as many statements for several as for one."""
    stands_on = ground(session, periods)
    if unit_id not in stands_on.units:
        raise NotFound("errors.no_such_unit", code=unit_id)
    metrics = dictionary(session)
    shown = [metric_id for metric_id, metric in metrics.metrics.items() if only in (None, metric.code)]
    counted = figures(
        session,
        [Subtree(unit_id, period, stands_on.of(period)) for period in periods],
        metrics,
        kinds={metrics.additivity[metric_id] for metric_id in shown},
    )
    return [
        _view(period, unit_id, stands_on, each, [metrics.metrics[metric_id] for metric_id in shown], language)
        for period, each in zip(periods, counted, strict=True)
    ]


def totals(
    session: Session, periods: Sequence[Period], unit_id: UnitId, *, language: str = SOURCE_LANGUAGE
) -> Sequence[TallyView]:
    """The same tallies without the parts of single units, remembered as long as nothing of them changes."""
    asked = ("totals", tuple(periods), unit_id, language)
    return remembered(
        session,
        asked,
        lambda: [
            replace(view, lines=[replace(line, by_unit={}) for line in view.lines], unit_names={})
            for view in tallies(session, periods, unit_id, language=language)
        ],
        made_of=MADE_OF,
    )


def figure(
    session: Session, period: Period, unit_id: UnitId, metric: str, *, language: str = SOURCE_LANGUAGE
) -> TallyView:
    """The tally's line of one metric with the parts of the units, remembered in the same way."""
    return remembered(
        session,
        ("figure", period, unit_id, metric, language),
        lambda: tally(session, period, unit_id, language=language, only=metric),
        made_of=MADE_OF,
    )


def _view(
    period: Period,
    unit_id: UnitId,
    stands_on: Ground,
    counted: Counted,
    metrics: Sequence[Metric],
    language: str,
) -> TallyView:
    codes = {unit: code for unit, (code, _) in stands_on.units.items()}
    lines = [
        _line(metric, counted.figures[metric.id], codes, language)
        for metric in metrics
        if metric.id in counted.figures
    ]
    code, name = stands_on.units[unit_id]
    state, signed_by = _state(period, unit_id, stands_on)
    named = {unit for line in lines for unit in line.by_unit}
    additive = {metric.id: metric for metric in metrics if metric.additivity in ADDITIVE}
    return TallyView(
        period=str(period),
        unit=code,
        unit_name=name,
        state=state,
        signed_by=signed_by,
        lines=lines,
        adjustments=[
            _correction(part, codes[part.unit_id], additive[part.metric_id], language)
            for part in counted.corrections
            if part.metric_id in additive
        ],
        unit_names={code: name for code, name in sorted(stands_on.units.values()) if code in named},
    )


def _line(metric: Metric, figure: Figure, codes: Mapping[UnitId, str], language: str) -> Line:
    by_unit = {codes[unit]: _text(value, metric) for unit, value in figure.by_unit.items()}
    return Line(
        metric=metric.code,
        name=metric_name(metric, language),
        unit=metric_unit(metric, language),
        value=_text(figure.total.value, metric),
        qualifier=figure.total.qualifier,
        additivity=metric.additivity,
        sources=figure.total.sources,
        by_unit=dict(sorted(by_unit.items())),
        by_dimension={name: _text(value, metric) for name, value in sorted(figure.by_dimension.items())},
    )


def _text(value: Decimal, metric: Metric) -> str:
    return f"{rounded(value, metric.decimals):f}"


def _state(period: Period, unit_id: UnitId, stands_on: Ground) -> tuple[MonthState, str | None]:
    """Where the unit stands with its month, and who signed it; of a longer period only whether all of it is closed."""
    months = [stands_on.states.get((month, unit_id), (MonthState.OPEN, None)) for month in period.months]
    if period.is_month:
        return months[0]
    is_closed = all(state is MonthState.CLOSED for state, _ in months)
    return (MonthState.CLOSED if is_closed else MonthState.OPEN), None


def _correction(part: CorrectedPart, unit: str, metric: Metric, language: str) -> Correction:
    record = part.record
    return Correction(
        month=str(month_of(part.month)),
        carried_into=str(month_of(part.carried_into)),
        unit=unit,
        metric=metric.code,
        name=metric_name(metric, language),
        value=_text(hundredths(part.value), metric),
        qualifier=part.qualifier,
        dimensions=dimensions_of(part.combination),
        activity=ActivityId(record.id) if record and record.kind == "activity" else None,
        entry=EntryId(record.id) if record and record.kind == "entry" else None,
        suggestion=part.suggestion,
        reason=part.reason,
        by=part.by,
        at=part.at,
    )
