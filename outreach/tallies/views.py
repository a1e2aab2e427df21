"""A tally as it is shown: its lines in the order of the dictionary, every value with its metric's decimals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.periods import Period, PeriodFault, month_of, parse_period
from models import Matter, Metric, Tally, TallyLine
from models.base import ActivityId, EntryId, UnitId
from models.database import in_batches
from models.enums import Additivity, MonthState, Qualifier
from outreach.errors import NotFound, invalid
from outreach.metrics import dimensions_of, metric_name, metric_unit, rounded
from outreach.tallies.corrections import corrected_parts
from outreach.tallies.figures import Dictionary, dictionary, figures
from outreach.tallies.flows import ADDITIVE
from outreach.tallies.parts import Figure
from outreach.tallies.trees import Cells, all_cells, trees, units_of
from wording.sentences import SOURCE_LANGUAGE


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


def tally(session: Session, period: Period, unit_id: UnitId, *, language: str = SOURCE_LANGUAGE) -> TallyView:
    """What a period comes to for a unit and all below it (rules 28 to 51); raises NotFound for an unknown unit.

    A period that is not over yet is counted to its last day: what is in force then counts as standing.
    """
    units = units_of(session)
    if unit_id not in units:
        raise NotFound("errors.no_such_unit", code=unit_id)
    metrics = dictionary(session)
    months = trees(session, period)
    counted = figures(session, period, unit_id, months, metrics)
    codes = {unit: code for unit, (code, _) in units.items()}
    lines = [
        _line(metrics.metrics[metric_id], counted[metric_id], codes, language)
        for metric_id in metrics.metrics
        if metric_id in counted
    ]
    code, name = units[unit_id]
    state, signed_by = _state(session, period, unit_id)
    named = {unit for line in lines for unit in line.by_unit}
    return TallyView(
        period=str(period),
        unit=code,
        unit_name=name,
        state=state,
        signed_by=signed_by,
        lines=lines,
        adjustments=_corrections(session, all_cells(months, unit_id), metrics, codes, language),
        unit_names={code: name for code, name in sorted(units.values()) if code in named},
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


def _state(session: Session, period: Period, unit_id: UnitId) -> tuple[MonthState, str | None]:
    """Where the unit stands with its month, and who signed it; of a longer period only whether all of it is closed."""
    rows = session.execute(
        select(Tally.state, Tally.signed_by).where(Tally.unit_id == unit_id, Tally.month.in_(period.months))
    )
    months = list(rows)
    if period.is_month and months:
        return months[0]
    closed = [state for state, _ in months if state is MonthState.CLOSED]
    return (MonthState.CLOSED if len(closed) == len(period.months) else MonthState.OPEN), None


def _corrections(
    session: Session, cells: Cells, metrics: Dictionary, codes: Mapping[UnitId, str], language: str
) -> list[Correction]:
    ids = [
        part.line_id
        for part in corrected_parts(session, cells)
        if metrics.additivity[part.metric_id] in ADDITIVE
    ]
    rows = [
        row
        for some in in_batches(ids)
        for row in session.execute(
            select(TallyLine, Tally.month, Tally.unit_id, Matter.code)
            .join(Tally, Tally.id == TallyLine.tally_id)
            .outerjoin(Matter, Matter.id == TallyLine.matter_id)
            .where(TallyLine.id.in_(some))
            .order_by(TallyLine.id)
        )
    ]
    return [
        _correction(line, month, codes[unit_id], suggestion, metrics.metrics[line.metric_id], language)
        for line, month, unit_id, suggestion in rows
    ]


def _correction(
    line: TallyLine, month: date, unit: str, suggestion: str | None, metric: Metric, language: str
) -> Correction:
    return Correction(
        month=str(month_of(month)),
        carried_into=str(month_of(line.carried_into)) if line.carried_into else "",
        unit=unit,
        metric=metric.code,
        name=metric_name(metric, language),
        value=_text(line.value, metric),
        qualifier=line.qualifier,
        dimensions=dimensions_of(line.combination),
        activity=line.activity_id,
        entry=line.entry_id,
        suggestion=suggestion,
        reason=line.reason,
        by=line.by,
        at=line.at,
    )
