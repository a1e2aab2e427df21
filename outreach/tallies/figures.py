"""Every figure of a unit and all below it in a period, whatever it is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.periods import Period, last_day
from models import Metric, Tally, TallyLine
from models.base import MetricId, UnitId
from models.enums import Additivity, LineKind
from outreach.metrics import SUGGESTIONS_RAISED, SUGGESTIONS_SETTLED, joined_qualifier
from outreach.tallies.flows import flow_parts, frozen_parts, overlaps
from outreach.tallies.parts import Figure, Off, Total, added
from outreach.tallies.persons import people_parts
from outreach.tallies.stocks import stock_parts
from outreach.tallies.trees import MonthTree, all_cells, closed_cells, open_cells, over_the_last

SETTLEMENT_RATE = "suggestions.settlement_rate"


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The metrics by id, in the order of the tallies, and their ids by code."""

    metrics: Mapping[MetricId, Metric]
    ids: Mapping[str, MetricId]

    @property
    def additivity(self) -> Mapping[MetricId, Additivity]:
        return {metric_id: metric.additivity for metric_id, metric in self.metrics.items()}


def dictionary(session: Session) -> Dictionary:
    """The metrics that the database knows."""
    metrics = session.scalars(select(Metric).order_by(Metric.position, Metric.id)).all()
    return Dictionary(
        {metric.id: metric for metric in metrics}, {metric.code: metric.id for metric in metrics}
    )


def figures(
    session: Session, period: Period, unit_id: UnitId, trees: Sequence[MonthTree], metrics: Dictionary
) -> dict[MetricId, Figure]:
    """The figures of a unit and all below it; a metric that nothing stands behind has none.

    Flows and estimates add up month by month over each month's own tree; distinct people, stocks and ratios
    take the tree of the period's last day (rule 43).
    """
    last = trees[-1]
    flows = _flows(session, unit_id, trees, metrics)
    result = dict(flows)
    if period.is_month and unit_id in last.closed:
        result |= _as_closed(session, unit_id, last, metrics)
    else:
        result |= _stocks(session, unit_id, last, metrics)
        result |= _people(session, period, unit_id, last, metrics)
    if len({tree.below(unit_id) for tree in trees}) > 1:
        flows = _flows(session, unit_id, over_the_last(trees, unit_id), metrics)
    return result | settlement_rate(flows, metrics)


def settlement_rate(figures: Mapping[MetricId, Figure], metrics: Dictionary) -> dict[MetricId, Figure]:
    """Settled suggestions in a hundred raised in the same period (rule 32); none where nothing was raised."""
    raised = figures.get(metrics.ids[SUGGESTIONS_RAISED])
    if raised is None or raised.total.value <= 0:
        return {}
    settled = figures.get(metrics.ids[SUGGESTIONS_SETTLED])
    parts = [raised.total] if settled is None else [raised.total, settled.total]
    rate = Total(
        value=100 * (settled.total.value if settled else Decimal(0)) / raised.total.value,
        qualifier=joined_qualifier(part.qualifier for part in parts),
        sources=sum(part.sources for part in parts),
    )
    return {metrics.ids[SETTLEMENT_RATE]: Figure(rate)}


def _flows(
    session: Session, unit_id: UnitId, trees: Sequence[MonthTree], metrics: Dictionary
) -> dict[MetricId, Figure]:
    parts = flow_parts(session, still_open=open_cells(trees, unit_id), closed=closed_cells(trees, unit_id))
    return added(parts, metrics.additivity, overlaps(session, all_cells(trees, unit_id)))


def _stocks(
    session: Session, unit_id: UnitId, tree: MonthTree, metrics: Dictionary
) -> dict[MetricId, Figure]:
    """A closed unit's part of a stock is its closed part (rule 49)."""
    parts, off = stock_parts(session, tree.open_below(unit_id), on=last_day(tree.month))
    frozen = frozen_parts(session, closed_cells([tree], unit_id), [Additivity.STOCK])
    return added(
        [*parts, *frozen], metrics.additivity, {metric_id: Off(sources) for metric_id, sources in off.items()}
    )


def _people(
    session: Session, period: Period, unit_id: UnitId, tree: MonthTree, metrics: Dictionary
) -> dict[MetricId, Figure]:
    """People are counted again, for the parts of units cannot be added; a closed unit's own part is its closed one."""
    parts, totals = people_parts(session, period, tree.below(unit_id))
    if period.is_month:
        frozen = frozen_parts(session, closed_cells([tree], unit_id), [Additivity.DISTINCT])
        parts = [part for part in parts if part.unit_id not in tree.closed] + frozen
    return _with_totals(added(parts, metrics.additivity, {}), totals)


def _as_closed(
    session: Session, unit_id: UnitId, tree: MonthTree, metrics: Dictionary
) -> dict[MetricId, Figure]:
    """What a closed month says that does not add: the totals it was closed with, and each unit's own frozen part."""
    lines = session.scalars(
        select(TallyLine)
        .join(Tally, Tally.id == TallyLine.tally_id)
        .where(Tally.month == tree.month, Tally.unit_id == unit_id, TallyLine.kind == LineKind.SUBTREE)
    )
    totals = {line.metric_id: Total(line.value, line.qualifier, line.sources) for line in lines}
    parts = frozen_parts(session, closed_cells([tree], unit_id), [Additivity.STOCK, Additivity.DISTINCT])
    return _with_totals(added(parts, metrics.additivity, {}), totals)


def _with_totals(
    figures: Mapping[MetricId, Figure], totals: Mapping[MetricId, Total]
) -> dict[MetricId, Figure]:
    """Figures with totals that are more than the sums of their parts."""
    return {
        metric_id: replace(figures.get(metric_id, Figure(total)), total=total)
        for metric_id, total in totals.items()
    }
