"""Flows and estimates: sums of what records add, frozen where a month is closed.

Three kinds of rows are added and nothing else: the rollups of open months, the own lines of closed ones (which
hold what was carried into them before), and the adjustments carried into open ones. So whoever closes first, no
correction counts twice and none is lost.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from models import Measure, Metric, Rollup, Tally, TallyLine
from models.base import MetricId, UnitId
from models.database import in_batches
from models.enums import Additivity, LineKind, Qualifier
from outreach.recording import SUMMED, Record
from outreach.tallies.asking import Key, Question, Statement, ask
from outreach.tallies.corrections import CorrectedPart, record_of
from outreach.tallies.parts import Doubts, Off, Part
from outreach.tallies.trees import FIRST, LAST, MONTHS, UNITS, Cells

ADDITIVE = (Additivity.FLOW, Additivity.ESTIMATE)

DOUBTS = (Qualifier.AT_LEAST, Qualifier.NEARLY, Qualifier.ABOUT)

_Counted = tuple[MetricId, Record]


def _sums(key: tuple[Any, ...], rows: type[Rollup] | type[TallyLine]) -> Statement:
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

_TOTALS = (
    select(
        *(TallyLine.metric_id, Tally.unit_id, TallyLine.combination),
        *(type_coerce(TallyLine.value, BigInteger), TallyLine.sources),
        *(cast(TallyLine.qualifier == doubt, Integer) for doubt in DOUBTS),
    )
    .join(Tally, Tally.id == TallyLine.tally_id)
    .where(
        TallyLine.kind == LineKind.SUBTREE,
        Tally.month == bindparam("month"),
        Tally.unit_id == bindparam("unit"),
    )
)


def flow_questions(*, still_open: Cells, closed: Cells) -> list[Question]:
    """What each unit adds to each flow and estimate: frozen where closed; where open, with what is carried in."""
    questions = frozen_questions(closed, ADDITIVE)
    for cells in still_open.by_month():
        questions += [(_ROLLED_UP, cells), (_CARRIED_IN, cells)]
    return questions


def frozen_questions(closed: Cells, additivities: Collection[Additivity]) -> list[Question]:
    """The own lines of closed months, of metrics that add in one of these ways."""
    kinds = {"additivities": list(additivities)}
    return [(_FROZEN, cells | kinds) for cells in closed.by_month()]


def totals_question(month: date, unit_id: UnitId) -> Question:
    """What a month was closed with that does not add, over the unit and all below it."""
    return _TOTALS, {"month": month, "unit": unit_id}


def read_parts(session: Session, questions: Mapping[Key, Iterable[Question]]) -> dict[Key, list[Part]]:
    """The parts that answer the questions of this module, by their keys."""
    return {
        key: [
            Part(metric_id, unit_id, combination, value, sources, Doubts(*doubts))
            for metric_id, unit_id, combination, value, sources, *doubts in rows
        ]
        for key, rows in ask(session, questions).items()
    }


def overlaps(
    session: Session, several: Sequence[Cells], corrections: Sequence[CorrectedPart]
) -> list[Mapping[MetricId, Off]]:
    """For each of several: the records that several parts of a figure hold, told for several units or corrected after
    closing.

    Such a record is one source (rule 50). A correction that takes a doubt away from a month outside the cells
    takes none from what was counted within them. `corrections` are at least those that touch the cells.
    """
    touching = [[part for part in corrections if part.touches(cells)] for cells in several]
    standing = _standing(session, several, touching)
    return [_off(*each) for each in zip(several, touching, standing, strict=True)]


def _off(
    cells: Cells, corrections: Sequence[CorrectedPart], standing: Mapping[_Counted, int]
) -> Mapping[MetricId, Off]:
    # How often a record stands in the months as they were closed, else as they are.
    stood = defaultdict(int, standing)
    carried: dict[_Counted, int] = {}
    for part in corrections:
        if part.record is None:
            continue
        key = (part.metric_id, part.record)
        if (part.month, part.unit_id) in cells:
            stood[key] -= part.sources
        if (part.carried_into, part.unit_id) in cells:
            carried[key] = carried.get(key, 0) + part.sources
    off: dict[MetricId, int] = defaultdict(int)
    for key in stood.keys() | carried.keys():
        is_source = stood[key] > 0 or key in carried
        off[key[0]] += is_source - stood[key] - carried.get(key, 0)
    doubts = _doubts_of_elsewhere(corrections, cells)
    return {
        metric_id: Off(off[metric_id], doubts.get(metric_id, Doubts()))
        for metric_id in off.keys() | doubts.keys()
    }


_RECORD = (Measure.activity_id, Measure.entry_id, Measure.matter_id)
_STANDING = (
    select(Measure.metric_id, *_RECORD, cast(func.sum(cast(Measure.source, Integer)), Integer))
    .where(Measure.origin.in_(SUMMED), Measure.day.between(FIRST, LAST), Measure.unit_id.in_(UNITS))
    .group_by(Measure.metric_id, *_RECORD)
)
_SHARED = _STANDING.where(Measure.shared.is_(True))
_OF_RECORDS: Mapping[str, Statement] = {
    kind: _STANDING.where(column.in_(bindparam("records", expanding=True)))
    for kind, column in zip(("activity", "entry", "matter"), _RECORD, strict=True)
}


def _standing(
    session: Session, several: Sequence[Cells], corrections: Sequence[Sequence[CorrectedPart]]
) -> list[dict[_Counted, int]]:
    """How often these records stand in the cells today: those told for several units, and those corrected."""
    questions: dict[tuple[int, str], list[Question]] = {}
    for index, cells in enumerate(several):
        questions[index, "shared"] = [(_SHARED, values) for values in cells.by_day()]
        for kind, question in _OF_RECORDS.items():
            ids = {part.record.id for part in corrections[index] if part.record and part.record.kind == kind}
            questions[index, kind] = [
                (question, values | {"records": some})
                for some in in_batches(sorted(ids))
                for values in cells.by_day()
            ]
    answers = ask(session, questions)
    standing = []
    for index, of_cells in enumerate(corrections):
        corrected = {(part.metric_id, part.record) for part in of_cells}
        times = _times(answers[index, "shared"])
        for kind in _OF_RECORDS:
            present = _times(answers[index, kind])
            times |= {key: present[key] for key in present.keys() & corrected - times.keys()}
        standing.append(times)
    return standing


def _times(rows: Iterable[Sequence[Any]]) -> dict[_Counted, int]:
    times: dict[_Counted, int] = defaultdict(int)
    for metric_id, activity_id, entry_id, matter_id, sources in rows:
        if record := record_of(activity_id, entry_id, matter_id):
            times[metric_id, record] += sources
    return times


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
