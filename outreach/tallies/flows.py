"""Flows and estimates: sums of what records add, frozen where a month is closed.

Three kinds of rows are added and nothing else: the rollups of open months, the own lines of closed ones (which
hold what was carried into them before), and the adjustments carried into open ones. So whoever closes first, no
correction counts twice and none is lost.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, bindparam, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from models import Measure, Metric, Rollup, Tally, TallyLine
from models.base import MetricId, UnitId
from models.database import in_batches
from models.enums import Additivity, LineKind
from outreach.recording import SUMMED, Record
from outreach.tallies.corrections import CorrectedPart, corrected_parts, record_of
from outreach.tallies.parts import Doubts, Off, Part
from outreach.tallies.trees import FIRST, LAST, MONTHS, UNITS, Cells

ADDITIVE = (Additivity.FLOW, Additivity.ESTIMATE)

_Counted = tuple[MetricId, Record]


def _sums(key: tuple[Any, ...], rows: type[Rollup] | type[TallyLine]) -> Select[Any]:
    # Sums of bigints are numeric on PostgreSQL.
    return select(
        *key,
        cast(func.sum(type_coerce(rows.value, BigInteger)), BigInteger),
        cast(func.sum(rows.sources), Integer),
        cast(func.sum(rows.at_least), Integer),
        cast(func.sum(rows.nearly), Integer),
        cast(func.sum(rows.about), Integer),
    ).group_by(*key)


_ROLLED_UP = _sums((Rollup.metric_id, Rollup.unit_id, Rollup.combination), Rollup).where(
    Rollup.month.in_(MONTHS), Rollup.unit_id.in_(UNITS)
)
_LINES = (
    _sums((TallyLine.metric_id, Tally.unit_id, TallyLine.combination), TallyLine)
    .join(Tally, Tally.id == TallyLine.tally_id)
    .join(Metric, Metric.id == TallyLine.metric_id)
)
_CARRIED_IN = _LINES.where(
    TallyLine.kind == LineKind.ADJUSTMENT,
    TallyLine.carried_into.in_(MONTHS),
    Tally.unit_id.in_(UNITS),
    Metric.additivity.in_(ADDITIVE),
)
_FROZEN = _LINES.where(
    TallyLine.kind == LineKind.OWN,
    Tally.month.in_(MONTHS),
    Tally.unit_id.in_(UNITS),
    Metric.additivity.in_(bindparam("additivities", expanding=True)),
)


def flow_parts(session: Session, *, still_open: Cells, closed: Cells) -> list[Part]:
    """What each unit adds to each flow and estimate: frozen where closed; where open, with what is carried in."""
    parts = frozen_parts(session, closed, ADDITIVE)
    for cells in still_open.by_month():
        parts += _read(session, _ROLLED_UP, cells)
        parts += _read(session, _CARRIED_IN, cells)
    return parts


def frozen_parts(session: Session, closed: Cells, additivities: Collection[Additivity]) -> list[Part]:
    """The own lines of closed months, of metrics that add in one of these ways."""
    kinds = {"additivities": list(additivities)}
    return [part for cells in closed.by_month() for part in _read(session, _FROZEN, cells | kinds)]


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


def _read(session: Session, question: Select[Any], values: Mapping[str, object]) -> Iterable[Part]:
    for metric_id, unit_id, combination, value, sources, *doubts in session.execute(question, values):
        yield Part(metric_id, unit_id, combination, value, sources, Doubts(*doubts))


def _shared(session: Session, cells: Cells) -> dict[_Counted, int]:
    """The records that are told for several units, and how often they stand in the cells."""
    return _standing(session, _SHARED, cells)


def _present(session: Session, wanted: Collection[_Counted], cells: Cells) -> dict[_Counted, int]:
    """How often each of these records stands in the cells today."""
    found: dict[_Counted, int] = {}
    for kind in ("activity", "entry", "matter"):
        ids = {record.id for _, record in wanted if record.kind == kind}
        for some in in_batches(sorted(ids)):
            found |= _standing(session, _STANDING.where(getattr(Measure, f"{kind}_id").in_(some)), cells)
    return {key: times for key, times in found.items() if key in wanted}


_RECORD = (Measure.activity_id, Measure.entry_id, Measure.matter_id)
_STANDING = (
    select(Measure.metric_id, *_RECORD, cast(func.sum(cast(Measure.source, Integer)), Integer))
    .where(Measure.origin.in_(SUMMED), Measure.day.between(FIRST, LAST), Measure.unit_id.in_(UNITS))
    .group_by(Measure.metric_id, *_RECORD)
)
_SHARED = _STANDING.where(Measure.shared.is_(True))


def _standing(session: Session, question: Select[*tuple[Any, ...]], cells: Cells) -> dict[_Counted, int]:
    standing: dict[_Counted, int] = defaultdict(int)
    for values in cells.by_day():
        for metric_id, activity_id, entry_id, matter_id, times in session.execute(question, values):
            if record := record_of(activity_id, entry_id, matter_id):
                standing[metric_id, record] += times
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
