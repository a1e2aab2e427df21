"""Every figure of a unit and all below it in a period, whatever it is made from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Metric
from models.base import MetricId
from models.database import asked_once
from models.enums import Additivity
from outreach.metrics import SUGGESTIONS_RAISED, SUGGESTIONS_SETTLED, joined_qualifier
from outreach.tallies.asking import Question
from outreach.tallies.corrections import CorrectedPart, corrected_parts
from outreach.tallies.flows import (
    ADDITIVE,
    flow_questions,
    frozen_questions,
    overlaps,
    read_parts,
    totals_question,
)
from outreach.tallies.parts import Figure, Off, Part, Total, added, hundredths
from outreach.tallies.persons import PeopleParts, people_parts
from outreach.tallies.stocks import StockParts, stock_parts
from outreach.tallies.trees import NO_CELLS, Subtree

SETTLEMENT_RATE = "suggestions.settlement_rate"


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The metrics by id, in the order of the tallies, their ids by code, and how each adds up."""

    metrics: Mapping[MetricId, Metric]
    ids: Mapping[str, MetricId]
    additivity: Mapping[MetricId, Additivity]


def dictionary(session: Session) -> Dictionary:
    """The metrics that the database knows."""
    return asked_once(session, "metrics", lambda: _dictionary(session))


def _dictionary(session: Session) -> Dictionary:
    metrics = session.scalars(select(Metric).order_by(Metric.position, Metric.id)).all()
    return Dictionary(
        metrics={metric.id: metric for metric in metrics},
        ids={metric.code: metric.id for metric in metrics},
        additivity={metric.id: metric.additivity for metric in metrics},
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """What a subtree comes to in a period. A metric that nothing stands behind has no figure."""

    figures: Mapping[MetricId, Figure]
    corrections: Sequence[CorrectedPart]
    """Those of its months and those carried into them, in the order they were made."""


EVERY_KIND = frozenset(Additivity)
_WITH_FLOWS = frozenset({*ADDITIVE, Additivity.RATIO})
_MONTHS, _IN_THE_END, _TOTALS = "months", "in the end", "totals"


def figures(
    session: Session,
    several: Sequence[Subtree],
    metrics: Dictionary,
    *,
    kinds: Collection[Additivity] = EVERY_KIND,
) -> list[Counted]:
    """What each subtree comes to in metrics of these kinds; in as many statements for several as for one.

    Flows and estimates add up month by month over each month's own tree; distinct people, stocks and ratios
    take the tree of the period's last day (rule 43). In a closed month, what does not add is as it was closed.
    """
    spans = {} if _WITH_FLOWS.isdisjoint(kinds) else _spans(several)
    questions: dict[tuple[int, str], list[Question]] = {
        key: flow_questions(still_open=each.open_cells, closed=each.closed_cells)
        for key, each in spans.items()
    }
    for index, each in enumerate(several):
        questions |= {(index, name): asked for name, asked in _as_closed(each, kinds).items()}
    parts = read_parts(session, questions)
    flows, corrections = _flows(session, spans, parts, metrics)
    stocks = _stocks(session, several, metrics, kinds)
    people = _people(session, several, metrics, kinds)
    result = []
    for index, each in enumerate(several):
        counted = flows.get((index, _MONTHS), {}) | _others(
            each,
            (*stocks[index].parts, *parts[index, Additivity.STOCK]),
            (*people[index].parts, *parts[index, Additivity.DISTINCT]),
            stocks[index].off,
            {**people[index].totals, **_totals(parts[index, _TOTALS])},
            metrics,
        )
        in_the_end = flows.get((index, _IN_THE_END), counted)
        result.append(
            Counted(
                counted | settlement_rate(in_the_end, metrics),
                [part for part in corrections if part.touches(each.cells)],
            )
        )
    return result


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


_Spans = Mapping[tuple[int, str], Subtree]


def _spans(several: Sequence[Subtree]) -> _Spans:
    """What flows are added up over: the months with their own trees, and for ratios those with the last, if another."""
    months = {(index, _MONTHS): each for index, each in enumerate(several)}
    return months | {
        (index, _IN_THE_END): each.as_in_the_end for index, each in enumerate(several) if each.has_changed
    }


def _as_closed(subtree: Subtree, kinds: Collection[Additivity]) -> dict[str, list[Question]]:
    """What was frozen of what does not add: each closed unit's own part (rule 49), and the totals of a closed month."""
    closed = subtree.closed_in_the_end
    of_stocks = closed if Additivity.STOCK in kinds else NO_CELLS
    # The people of a longer period are counted again, whatever is closed.
    of_people = closed if Additivity.DISTINCT in kinds and subtree.period.is_month else NO_CELLS
    totals = [totals_question(subtree.last.month, subtree.unit_id)] if subtree.is_closed_month else []
    return {
        Additivity.STOCK: frozen_questions(of_stocks, [Additivity.STOCK]),
        Additivity.DISTINCT: frozen_questions(of_people, [Additivity.DISTINCT]),
        _TOTALS: totals,
    }


def _flows(
    session: Session, spans: _Spans, parts: Mapping[tuple[int, str], list[Part]], metrics: Dictionary
) -> tuple[dict[tuple[int, str], dict[MetricId, Figure]], list[CorrectedPart]]:
    cells = [each.cells for each in spans.values()]
    corrections = corrected_parts(session, *cells)
    off = overlaps(session, cells, corrections)
    return {
        key: added(parts[key], metrics.additivity, too_many) for key, too_many in zip(spans, off, strict=True)
    }, corrections


def _stocks(
    session: Session, several: Sequence[Subtree], metrics: Dictionary, kinds: Collection[Additivity]
) -> list[StockParts]:
    """Those of the units whose month is open."""
    asked = Additivity.STOCK in kinds
    return stock_parts(
        session,
        [
            (each.period.last, each.last.open_below(each.unit_id) if asked else frozenset())
            for each in several
        ],
        metrics.ids,
    )


def _people(
    session: Session, several: Sequence[Subtree], metrics: Dictionary, kinds: Collection[Additivity]
) -> list[PeopleParts]:
    """People are counted again, for the parts of units cannot be added; a closed unit's own part is its closed one."""
    asked = Additivity.DISTINCT in kinds
    counted = people_parts(
        session,
        [
            (
                each.period,
                each.last.below(each.unit_id) if asked and not each.is_closed_month else frozenset(),
            )
            for each in several
        ],
        metrics.metrics,
    )
    return [
        replace(
            found,
            parts=[
                part
                for part in found.parts
                if not (each.period.is_month and part.unit_id in each.last.closed)
            ],
        )
        for each, found in zip(several, counted, strict=True)
    ]


def _others(
    subtree: Subtree,
    stocks: Sequence[Part],
    people: Sequence[Part],
    off: Mapping[MetricId, Off],
    totals: Mapping[MetricId, Total],
    metrics: Dictionary,
) -> dict[MetricId, Figure]:
    """Open stocks are the sums of their parts. People, and all of a closed month, have totals of their own."""
    summed = added(stocks, metrics.additivity, off)
    counted = added(people, metrics.additivity, {})
    if subtree.is_closed_month:
        return _with_totals(summed | counted, totals)
    return summed | _with_totals(counted, totals)


def _totals(parts: Iterable[Part]) -> dict[MetricId, Total]:
    return {
        part.metric_id: Total(hundredths(part.value), part.doubts.qualifier, part.sources) for part in parts
    }


def _with_totals(
    figures: Mapping[MetricId, Figure], totals: Mapping[MetricId, Total]
) -> dict[MetricId, Figure]:
    """Figures with totals that are more than the sums of their parts."""
    return {
        metric_id: replace(figures.get(metric_id, Figure(total)), total=total)
        for metric_id, total in totals.items()
    }
