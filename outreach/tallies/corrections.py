"""The signed corrections of closed months: what each takes from or adds to the month it is carried into."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, or_, select, type_coerce
from sqlalchemy.orm import Session

from models import Tally, TallyLine
from models.base import MetricId, UnitId
from models.enums import LineKind
from outreach.recording import Record
from outreach.tallies.parts import Doubts
from outreach.tallies.trees import MONTHS, UNITS, Cells


@dataclass(frozen=True, slots=True)
class CorrectedPart:
    """One correction. `month` is the closed month; `value` is in hundredths; without a record it was made by hand."""

    line_id: int
    month: date
    carried_into: date
    unit_id: UnitId
    metric_id: MetricId
    record: Record | None
    value: int
    sources: int
    doubts: Doubts


_CORRECTIONS = (
    select(
        TallyLine.id,
        *(Tally.month, Tally.unit_id, TallyLine.carried_into, TallyLine.metric_id),
        *(TallyLine.activity_id, TallyLine.entry_id, TallyLine.matter_id),
        type_coerce(TallyLine.value, BigInteger).label("hundredths"),
        *(TallyLine.sources, TallyLine.at_least, TallyLine.nearly, TallyLine.about),
    )
    .join(Tally, Tally.id == TallyLine.tally_id)
    .where(
        TallyLine.kind == LineKind.ADJUSTMENT,
        or_(Tally.month.in_(MONTHS), TallyLine.carried_into.in_(MONTHS)),
        Tally.unit_id.in_(UNITS),
    )
)


def corrected_parts(session: Session, cells: Cells) -> list[CorrectedPart]:
    """The corrections of these months, and those carried into them, in the order they were made."""
    rows = {row.id: row for values in cells.by_month() for row in session.execute(_CORRECTIONS, values)}
    return [
        CorrectedPart(
            line_id=row.id,
            month=row.month,
            carried_into=row.carried_into,
            unit_id=row.unit_id,
            metric_id=row.metric_id,
            record=record_of(row.activity_id, row.entry_id, row.matter_id),
            value=row.hundredths,
            sources=row.sources,
            doubts=Doubts(row.at_least, row.nearly, row.about),
        )
        for _, row in sorted(rows.items())
    ]


def record_of(activity_id: int | None, entry_id: int | None, matter_id: int | None) -> Record | None:
    """The record that a row names; none for a correction by hand."""
    if activity_id is not None:
        return Record("activity", activity_id)
    if entry_id is not None:
        return Record("entry", entry_id)
    return None if matter_id is None else Record("matter", matter_id)
