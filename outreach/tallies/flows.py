"""Flows and estimates: sums of what records add, frozen where a month is closed.

Three kinds of rows are added and nothing else: the rollups of open months, the own lines of closed ones (which
hold what was carried into them before), and the adjustments carried into open ones. So whoever closes first, no
correction counts twice and none is lost.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, cast, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Measure, Metric, Rollup, Tally, TallyLine
from models.base import MetricId, UnitId
from models.database import in_batches
from models.enums import Additivity, LineKind
from outreach.recording import SUMMED, Record
from outreach.tallies.corrections import CorrectedPart, corrected_parts, record_of
from outreach.tallies.parts import Doubts, Off, Part
from outreach.tallies.trees import Cells

ADDITIVE = (Additivity.FLOW, Additivity.ESTIMATE)

_Counted = tuple[MetricId, Record]


def flow_parts(session: Session, *, still_open: Cells, closed: Cells) -> list[Part]:
    """What each unit adds to each flow and estimate: frozen where closed; where open, with what is carried in."""
    parts = frozen_parts(session, closed, ADDITIVE)
    if still_open:
        parts += _read(session, _rolled_up(still_open))
        parts += _read(session, _carried_into(still_open))
    return parts


def frozen_parts(session: Session, closed: Cells, additivities: Collection[Additivity]) -> list[Part]:
    """The own lines of closed months, of metrics that add in one of these ways."""
    if not closed:
        return []
    lines = _frozen(closed).join(Metric, Metric.id == TallyLine.metric_id)
    return list(_read(session, lines.where(Metric.additivity.in_(additivities))))


def overlaps(session: Session, cells: Cells) -> dict[MetricId, Off]:
    """The records that several parts of a figure hold: told for several units, or corrected after closing.

    Such a record is one source (rule 50). A correction that takes a doubt away from a month outside the cells
    takes none from what was counted within them.
    """
    corrections = corrected_parts(session, cells)
    corrected = {(row.metric_id, row.record) for row in corrections if row.record}
    # How often it stands in the months as they were closed, else as they are.
    standing: dict[_Counted, int] = defaultdict(int, _shared(session, cells))
    standing.update(_present(session, corrected - standing.keys(), cells))
    carried: dict[_Counted, int] = {}
    for row in corrections:
        if row.record is None:
            continue
        key = (row.metric_id, row.record)
        if (row.month, row.unit_id) in cells:
            standing[key] -= row.sources
        if (row.carried_into, row.unit_id) in cells:
            carried[key] = carried.get(key, 0) + row.sources
    off: dict[MetricId, int] = defaultdict(int)
    for key in standing.keys() | carried.keys():
        is_source = standing[key] > 0 or key in carried
        off[key[0]] += is_source - standing[key] - carried.get(key, 0)
    doubts = _doubts_of_elsewhere(corrections, cells)
    return {
        metric_id: Off(off[metric_id], doubts.get(metric_id, Doubts()))
        for metric_id in off.keys() | doubts.keys()
    }


def _read(session: Session, question: Select[Any]) -> Iterable[Part]:
    for metric_id, unit_id, combination, value, sources, *doubts in session.execute(question):
        yield Part(metric_id, unit_id, combination, value, sources, Doubts(*doubts))


def _rolled_up(cells: Cells) -> Select[Any]:
    key = (Rollup.metric_id, Rollup.unit_id, Rollup.combination)
    return _sums(key, Rollup).where(cells.hold(Rollup.month, Rollup.unit_id))


def _frozen(cells: Cells) -> Select[Any]:
    key = (TallyLine.metric_id, Tally.unit_id, TallyLine.combination)
    return (
        _sums(key, TallyLine)
        .join(Tally, Tally.id == TallyLine.tally_id)
        .where(TallyLine.kind == LineKind.OWN, cells.hold(Tally.month, Tally.unit_id))
    )


def _carried_into(cells: Cells) -> Select[Any]:
    key = (TallyLine.metric_id, Tally.unit_id, TallyLine.combination)
    return (
        _sums(key, TallyLine)
        .join(Tally, Tally.id == TallyLine.tally_id)
        .where(TallyLine.kind == LineKind.ADJUSTMENT, cells.hold(TallyLine.carried_into, Tally.unit_id))
    )


def _sums(key: tuple[InstrumentedAttribute[Any], ...], rows: type[Rollup] | type[TallyLine]) -> Select[Any]:
    # Sums of bigints are numeric on PostgreSQL.
    return select(
        *key,
        cast(func.sum(type_coerce(rows.value, BigInteger)), BigInteger),
        cast(func.sum(rows.sources), Integer),
        cast(func.sum(rows.at_least), Integer),
        cast(func.sum(rows.nearly), Integer),
        cast(func.sum(rows.about), Integer),
    ).group_by(*key)


def _shared(session: Session, cells: Cells) -> dict[_Counted, int]:
    """The records that are told for several units, and how often they stand in the cells."""
    return _standing(session, Measure.shared.is_(True), cells)


def _present(session: Session, wanted: Collection[_Counted], cells: Cells) -> dict[_Counted, int]:
    """How often each of these records stands in the cells today."""
    found: dict[_Counted, int] = {}
    for kind in ("activity", "entry", "matter"):
        ids = {record.id for _, record in wanted if record.kind == kind}
        for some in in_batches(sorted(ids)):
            found |= _standing(session, getattr(Measure, f"{kind}_id").in_(some), cells)
    return {key: times for key, times in found.items() if key in wanted}


def _standing(session: Session, which: ColumnElement[bool], cells: Cells) -> dict[_Counted, int]:
    key = (Measure.metric_id, Measure.activity_id, Measure.entry_id, Measure.matter_id)
    rows = session.execute(
        select(*key, cast(func.sum(cast(Measure.source, Integer)), Integer))
        .where(which, Measure.origin.in_(SUMMED), cells.hold_days(Measure.day, Measure.unit_id))
        .group_by(*key)
    )
    standing: dict[_Counted, int] = {}
    for metric_id, *ids, times in rows:
        if record := record_of(*ids):
            standing[metric_id, record] = times
    return standing


def _doubts_of_elsewhere(corrections: Iterable[CorrectedPart], cells: Cells) -> Mapping[MetricId, Doubts]:
    """What corrections of other months take away too many; given back."""
    net: dict[tuple[MetricId, UnitId, date, Record | None], Doubts] = defaultdict(Doubts)
    for row in corrections:
        if (row.month, row.unit_id) not in cells:
            net[row.metric_id, row.unit_id, row.month, row.record] += row.doubts
    back: dict[MetricId, Doubts] = defaultdict(Doubts)
    for (metric_id, *_), doubts in net.items():
        back[metric_id] += Doubts(-min(0, doubts.at_least), -min(0, doubts.nearly), -min(0, doubts.about))
    return back
