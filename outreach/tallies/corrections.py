"""The signed corrections of closed months: what each takes from or adds to the month it is carried into."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, or_, select, type_coerce
from sqlalchemy.orm import Session

from models import Matter, Tally, TallyLine
from models.base import MetricId, UnitId
from models.enums import LineKind, Qualifier
from outreach.recording import Record
from outreach.tallies.asking import Statement, ask
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
    combination: str
    record: Record | None
    suggestion: str | None
    """The code of the record when it is a suggestion."""
    value: int
    qualifier: Qualifier
    sources: int
    doubts: Doubts
    reason: str | None
    by: str | None
    at: datetime | None

    def touches(self, cells: Cells) -> bool:
        """Whether it corrects one of these months, or is carried into one."""
        return (self.month, self.unit_id) in cells or (self.carried_into, self.unit_id) in cells


_CORRECTIONS: Statement = (
    select(
        *(TallyLine.id, Tally.month, TallyLine.carried_into, Tally.unit_id, TallyLine.metric_id),
        *(TallyLine.combination, TallyLine.activity_id, TallyLine.entry_id, TallyLine.matter_id, Matter.code),
        type_coerce(TallyLine.value, BigInteger),
        *(TallyLine.qualifier, TallyLine.sources, TallyLine.at_least, TallyLine.nearly, TallyLine.about),
        *(TallyLine.reason, TallyLine.by, TallyLine.at),
    )
    .join(Tally, Tally.id == TallyLine.tally_id)
    .outerjoin(Matter, Matter.id == TallyLine.matter_id)
    .where(
        TallyLine.kind == LineKind.ADJUSTMENT,
        or_(Tally.month.in_(MONTHS), TallyLine.carried_into.in_(MONTHS)),
        Tally.unit_id.in_(UNITS),
    )
)


def corrected_parts(session: Session, *several: Cells) -> list[CorrectedPart]:
    """The corrections of these months, and those carried into them, in the order they were made."""
    rectangles = dict.fromkeys(rectangle for cells in several for rectangle in cells.rectangles)
    questions = [(_CORRECTIONS, values) for values in Cells(tuple(rectangles)).by_month()]
    found: dict[int, CorrectedPart] = {}
    for row in ask(session, {"all": questions})["all"]:
        line_id, month, carried_into, unit_id, metric_id, combination, *rest = row
        activity_id, entry_id, matter_id, suggestion, value, qualifier, sources, *rest = rest
        at_least, nearly, about, reason, by, at = rest
        found[line_id] = CorrectedPart(
            line_id=line_id,
            month=month,
            carried_into=carried_into,
            unit_id=unit_id,
            metric_id=metric_id,
            combination=combination,
            record=record_of(activity_id, entry_id, matter_id),
            suggestion=suggestion,
            value=value,
            qualifier=qualifier,
            sources=sources,
            doubts=Doubts(at_least, nearly, about),
            reason=reason,
            by=by,
            at=at,
        )
    return [part for _, part in sorted(found.items())]


def record_of(activity_id: int | None, entry_id: int | None, matter_id: int | None) -> Record | None:
    """The record that a row names; none for a correction by hand."""
    if activity_id is not None:
        return Record("activity", activity_id)
    if entry_id is not None:
        return Record("entry", entry_id)
    return None if matter_id is None else Record("matter", matter_id)
