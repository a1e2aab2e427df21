"""Count again what is kept counted: rollups against measures, measures against records, closed months too.

Every comparison is one question to the database that answers with what differs, so a sound one answers with nothing,
however large it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    Integer,
    Select,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models import Activity, Attendance, LedgerEntry, Matter, Measure, Metric, Rollup, Tally, TallyLine, Unit
from models.database import hold
from models.enums import (
    ActivityStatus,
    Basis,
    LineKind,
    MatterFace,
    MatterStatus,
    MonthState,
    Origin,
    Qualifier,
)
from outreach.metrics import LEDGER_FIGURES, SUGGESTIONS_RAISED, SUGGESTIONS_SETTLED, attendances_of
from outreach.recording import FIGURES, SUMMED
from outreach.tallies.flows import ADDITIVE

_NAMED = 50
"""So many differences of a kind are named; more would not be read."""
_COUNTERS = ("sources", "at_least", "nearly", "about")


class Differs(StrEnum):
    """What was compared with what."""

    ROLLUP = "rollup"
    CLOSED_MONTH = "closed_month"
    ATTENDANCE = "attendance"
    ACTIVITY = "activity"
    ENTRY = "entry"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that does not come to what it is made from. `stored` less `counted` is what it is off by."""

    what: Differs
    metric: str
    unit: str
    day: date
    """The day of the record; of a rollup or a closed month its first day."""
    record_id: int | None
    stored: Decimal | None
    counted: Decimal | None


@dataclass(frozen=True, slots=True)
class Recount:
    """Whether everything agrees; if not, what differs, at most fifty of a kind."""

    differences: Sequence[Difference]

    @property
    def ok(self) -> bool:
        return not self.differences


def recount(session: Session) -> Recount:
    """Compare every figure that is kept with what it is made from. Reads only; a million measures take some seconds."""
    return Recount(
        [
            *_rollups(session),
            *_closed_months(session),
            *_attendance(session),
            *_activities(session),
            *_entries(session),
            *_suggestions(session),
        ]
    )


def rebuild_rollups(session: Session) -> None:
    """Throw the rollups away and sum the measures again. Recorders wait meanwhile."""
    hold(session, FIGURES)
    session.execute(delete(Rollup))
    columns = ["month", "unit_id", "metric_id", "combination", "value", *_COUNTERS]
    session.execute(insert(Rollup).from_select(columns, _summed(session)))


def _rollups(session: Session) -> Iterator[Difference]:
    """Rollups are the sums of the measures."""
    stored = _rows(
        (Rollup.month, Rollup.unit_id, Rollup.metric_id, Rollup.combination),
        Rollup.value,
        _counters(Rollup),
        1,
    )
    yield from _unbalanced(session, Differs.ROLLUP, stored, _measured(session, -1))


def _closed_months(session: Session) -> Iterator[Difference]:
    """What a month was closed with, less what was carried into it, with what was corrected since, is the rollup."""
    adds = Metric.additivity.in_(ADDITIVE)
    into = aliased(Tally)
    key = (Tally.month, Tally.unit_id, TallyLine.metric_id, TallyLine.combination)
    carried_key = (TallyLine.carried_into, Tally.unit_id, TallyLine.metric_id, TallyLine.combination)
    from_records = or_(
        TallyLine.activity_id.is_not(None), TallyLine.entry_id.is_not(None), TallyLine.matter_id.is_not(None)
    )
    own = (
        _rows(key, TallyLine.value, _counters(TallyLine), 1)
        .join(Tally, Tally.id == TallyLine.tally_id)
        .join(Metric, Metric.id == TallyLine.metric_id)
        .where(Tally.state == MonthState.CLOSED, TallyLine.kind == LineKind.OWN, adds)
    )
    carried = (
        _rows(carried_key, TallyLine.value, _counters(TallyLine), -1)
        .join(Tally, Tally.id == TallyLine.tally_id)
        .join(into, and_(into.month == TallyLine.carried_into, into.unit_id == Tally.unit_id))
        .join(Metric, Metric.id == TallyLine.metric_id)
        .where(into.state == MonthState.CLOSED, TallyLine.kind == LineKind.ADJUSTMENT, adds)
    )
    corrected = (
        _rows(key, TallyLine.value, _counters(TallyLine), 1)
        .join(Tally, Tally.id == TallyLine.tally_id)
        .join(Metric, Metric.id == TallyLine.metric_id)
        .where(TallyLine.kind == LineKind.ADJUSTMENT, from_records, adds)
    )
    rolled_up = (
        _rows(
            (Rollup.month, Rollup.unit_id, Rollup.metric_id, Rollup.combination),
            Rollup.value,
            _counters(Rollup),
            -1,
        )
        .join(Tally, and_(Tally.month == Rollup.month, Tally.unit_id == Rollup.unit_id))
        .where(Tally.state == MonthState.CLOSED)
    )
    yield from _unbalanced(session, Differs.CLOSED_MONTH, own, carried, corrected, rolled_up)


def _attendance(session: Session) -> Iterator[Difference]:
    """What was counted from a list is the number of people on it."""
    for basis in (Basis.ATTENDEES, Basis.SERVED, Basis.VOLUNTEERS):
        listed = func.count(Attendance.person_id)
        yield from _off(
            session,
            Differs.ATTENDANCE,
            _measure(Measure.activity_id, 100 * listed)
            .outerjoin(
                Attendance,
                and_(
                    Attendance.activity_id == Measure.activity_id,
                    Attendance.unit_id == Measure.unit_id,
                    attendances_of(basis),
                ),
            )
            .where(Metric.basis == basis, Measure.origin == Origin.COUNTED)
            .group_by(Measure.id, Metric.code, Unit.code)
            .having(type_coerce(Measure.value, BigInteger) != 100 * listed),
        )


def _activities(session: Session) -> Iterator[Difference]:
    """Only what was held counts; a session counts once."""
    yield from _off(
        session,
        Differs.ACTIVITY,
        _measure(Measure.activity_id, null())
        .join(Activity, Activity.id == Measure.activity_id)
        .where(
            or_(
                Activity.status.not_in([ActivityStatus.HELD, ActivityStatus.PARTLY]),
                and_(Metric.basis == Basis.SESSIONS, Measure.origin == Origin.COUNTED, Measure.value != 1),
            )
        ),
    )


def _entries(session: Session) -> Iterator[Difference]:
    """An entry adds its amount on its day, in its unit, to every figure of its kind."""
    yield from _off(
        session,
        Differs.ENTRY,
        _measure(Measure.entry_id, type_coerce(LedgerEntry.amount, BigInteger))
        .join(LedgerEntry, LedgerEntry.id == Measure.entry_id)
        .where(
            or_(
                Measure.value != LedgerEntry.amount,
                Measure.day != LedgerEntry.paid_on,
                Measure.unit_id != LedgerEntry.unit_id,
            )
        ),
    )
    for figure in LEDGER_FIGURES:
        if figure.campaign_kinds is None:
            kinds = sorted(figure.kinds)
            yield from _off(
                session,
                Differs.ENTRY,
                select(
                    *(literal(figure.metric), Unit.code, LedgerEntry.paid_on, LedgerEntry.id),
                    *(null(), type_coerce(LedgerEntry.amount, BigInteger)),
                )
                .join(Unit, Unit.id == LedgerEntry.unit_id)
                .where(
                    LedgerEntry.kind.in_(kinds),
                    ~_measured_as(Measure.entry_id, LedgerEntry.id, figure.metric),
                )
                .order_by(LedgerEntry.id),
            )


def _suggestions(session: Session) -> Iterator[Difference]:
    """A suggestion counts on the day it was raised, and on the day its author was told; one in error never."""
    days: dict[str, Any] = {SUGGESTIONS_RAISED: Matter.opened_on, SUGGESTIONS_SETTLED: Matter.told_on}
    for metric, day in days.items():
        yield from _off(
            session,
            Differs.SUGGESTION,
            _measure(Measure.matter_id, null())
            .join(Matter, Matter.id == Measure.matter_id)
            .where(
                Metric.code == metric,
                or_(Matter.status == MatterStatus.IN_ERROR, day.is_(None), Measure.day != day),
            ),
        )
        yield from _off(
            session,
            Differs.SUGGESTION,
            select(*(literal(metric), Unit.code, day, Matter.id), *(null(), literal(100)))
            .join(Unit, Unit.id == Matter.unit_id)
            .where(
                Matter.face == MatterFace.SUGGESTION,
                Matter.status != MatterStatus.IN_ERROR,
                day.is_not(None),
                ~_measured_as(Measure.matter_id, Matter.id, metric),
            )
            .order_by(Matter.id),
        )


# --- how they are asked -----------------------------------------------------------------------------------------------


def _summed(session: Session) -> Select[Any]:
    """What the rollups have to be."""
    rows = _measured(session, 1).subquery()
    key = (rows.c.month, rows.c.unit_id, rows.c.metric_id, rows.c.combination)
    sums = (rows.c.value, *(rows.c[name] for name in _COUNTERS))
    return select(*key, *(func.sum(column) for column in sums)).group_by(*key)


def _measured(session: Session, times: int) -> Select[Any]:
    month = (
        type_coerce(func.strftime("%Y-%m-01", Measure.day), Date)
        if session.get_bind().dialect.name == "sqlite"
        else cast(func.date_trunc("month", Measure.day), Date)
    )
    doubts = [
        case((Measure.qualifier == qualifier, Measure.sign), else_=0)
        for qualifier in (Qualifier.AT_LEAST, Qualifier.NEARLY, Qualifier.ABOUT)
    ]
    return _rows(
        (month, Measure.unit_id, Measure.metric_id, Measure.combination),
        Measure.value,
        (cast(Measure.source, Integer), *doubts),
        times,
    ).where(Measure.origin.in_(SUMMED))


def _counters(rows: Any) -> tuple[Any, ...]:
    return tuple(getattr(rows, name) for name in _COUNTERS)


def _rows(key: tuple[Any, ...], value: Any, counters: tuple[Any, ...], times: int) -> Select[Any]:
    """Rows of a comparison: added with `times` 1, taken away with −1. What is added is what is stored."""
    month, unit_id, metric_id, combination = key
    hundredths = type_coerce(value, BigInteger)
    return select(
        *(month.label("month"), unit_id.label("unit_id"), metric_id.label("metric_id")),
        combination.label("combination"),
        (times * hundredths).label("value"),
        *((times * column).label(name) for column, name in zip(counters, _COUNTERS, strict=True)),
    )


def _unbalanced(session: Session, what: Differs, *sides: Select[Any]) -> Iterator[Difference]:
    rows = union_all(*sides).subquery()
    key = (rows.c.month, rows.c.unit_id, rows.c.metric_id)
    off = [func.sum(rows.c[name]) for name in ("value", *_COUNTERS)]
    unequal = (
        select(*key, off[0].label("off"))
        .group_by(*key, rows.c.combination)
        .having(or_(*(column != 0 for column in off)))
        .subquery()
    )
    named = (
        select(Metric.code, Unit.code, unequal.c.month, null(), cast(unequal.c.off, BigInteger), literal(0))
        .select_from(unequal)
        .join(Metric, Metric.id == unequal.c.metric_id)
        .join(Unit, Unit.id == unequal.c.unit_id)
        .order_by(unequal.c.month, Unit.code, Metric.position)
    )
    yield from _off(session, what, named)


def _measure(record: InstrumentedAttribute[Any], counted: Any) -> Select[Any]:
    return (
        select(
            *(Metric.code, Unit.code, Measure.day, record),
            *(type_coerce(Measure.value, BigInteger), counted),
        )
        .select_from(Measure)
        .join(Metric, Metric.id == Measure.metric_id)
        .join(Unit, Unit.id == Measure.unit_id)
        .order_by(Measure.id)
    )


def _measured_as(record: InstrumentedAttribute[Any], id_: Any, metric: str) -> Any:
    return exists(
        select(Measure.id)
        .join(Metric, Metric.id == Measure.metric_id)
        .where(record == id_, Metric.code == metric)
    )


def _off(session: Session, what: Differs, question: Select[*tuple[Any, ...]]) -> Iterator[Difference]:
    for metric, unit, day, record_id, stored, counted in session.execute(question.limit(_NAMED)):
        yield Difference(what, metric, unit, day, record_id, _value(stored), _value(counted))


def _value(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths).scaleb(-2)
