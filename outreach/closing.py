"""Draft, sign, close and adjust a month. What was closed keeps its figures for ever; corrections count later.

Closing a unit closes every unit below it that is still open, each with its own part (rule 49). The rows it leaves are
the tree the month was closed with (rule 38).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from calendars.periods import Period, month_of
from calendars.timezones import at, local_day
from calendars.workdays import Workdays
from models import Metric, Tally, TallyLine, Unit
from models.base import MetricId, TallyId, UnitId
from models.database import hold, in_batches
from models.enums import Additivity, AuditAction, LineKind, MonthState, Qualifier
from outreach.audit import note
from outreach.errors import Conflict, Fault, Invalid, NotFound, invalid
from outreach.house_rules import MonthRules
from outreach.metrics import GREATEST_VALUE, combination_of, rounded
from outreach.permissions import CLOCKWORK, Actor
from outreach.recording import FIGURES, first_open_month
from outreach.tallies.figures import Dictionary, dictionary, figures
from outreach.tallies.flows import ADDITIVE, flow_questions, read_parts
from outreach.tallies.parts import Doubts, Part, Total, added, hundredths
from outreach.tallies.persons import people_parts
from outreach.tallies.stocks import stock_parts
from outreach.tallies.trees import NO_CELLS, MonthTree, Subtree, open_cells, trees

_KEPT_WHOLE = (Additivity.DISTINCT, Additivity.STOCK)
"""What is kept for each unit as a whole beside its own part. Ratios follow from what is kept."""
_DOUBTS = ("at_least", "nearly", "about")


@dataclass(frozen=True, slots=True)
class OpenMonth:
    """A month that was drafted and is not closed for every unit."""

    month: Period
    drafted_at: datetime
    open: frozenset[UnitId]
    tops: tuple[UnitId, ...]
    """Those of the open units that have no open unit above them: closing them closes all."""
    unsigned: frozenset[UnitId]
    """Those of the open units that nobody signed, for themselves or for a unit above them."""


@dataclass(frozen=True, slots=True)
class MonthStands:
    """How far a unit's month has come; `signed_by` is None while nobody signed it."""

    state: MonthState
    signed_by: str | None


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A month that was closed for a unit, and how many units were closed with it, itself included."""

    month: str
    unit_id: UnitId
    units: int


def draft_month(session: Session, month: Period, *, now: datetime) -> int:
    """Lay the month ready for every unit there was in it; returns for how many that is new. Twice does nothing."""
    _one_month(month)
    drafted = {"state": MonthState.DRAFTED, "drafted_at": now, "by_clock": True}
    known = select(Tally.id).where(Tally.unit_id == Unit.id, Tally.month == month.first)
    missing = session.scalars(
        select(Unit.id).where(Unit.since <= month.last, Unit.until >= month.first, ~known.exists())
    ).all()
    for some in in_batches(missing):
        session.execute(
            insert(Tally), [{"unit_id": unit_id, "month": month.first, **drafted} for unit_id in some]
        )
    opened = session.scalars(
        update(Tally)
        .where(Tally.month == month.first, Tally.state == MonthState.OPEN)
        .values(**drafted)
        .returning(Tally.id)
    ).all()
    return len(missing) + len(opened)


def open_months(session: Session) -> list[OpenMonth]:
    """The months that wait to be closed, the earliest first. One that was never drafted waits for nobody."""
    rows = session.execute(
        select(Tally.month, Tally.unit_id, Tally.state, Tally.drafted_at)
        .where(Tally.state != MonthState.CLOSED, Tally.drafted_at.is_not(None))
        .order_by(Tally.month, Tally.unit_id)
    )
    by_month: dict[date, list[tuple[UnitId, MonthState, datetime]]] = defaultdict(list)
    for month, unit_id, state, drafted_at in rows:
        if drafted_at is not None:
            by_month[month].append((unit_id, state, drafted_at))
    return [_open_month(session, month_of(month), units) for month, units in by_month.items()]


def units_still_open(session: Session, month: Period) -> frozenset[UnitId]:
    """The units whose drafted month is not closed."""
    still_open = select(Tally.unit_id).where(Tally.month == month.first, Tally.state != MonthState.CLOSED)
    return frozenset(session.scalars(still_open))


def closes_at(
    month: Period, *, drafted_at: datetime, rules: MonthRules, workdays: Workdays, zone: ZoneInfo
) -> datetime:
    """When the clock closes a month: on a working day of the month that follows, as the office has it.

    One that was drafted late, since the machine was off or the program new, stays open for as many working days.
    """
    day_before = max(month.last, local_day(drafted_at, zone) - timedelta(days=1))
    return at(workdays.shift_workdays(day_before, rules.close_on_workday), rules.close_at, zone)


def month_stands(session: Session, month: Period, unit_id: UnitId) -> MonthStands:
    """How far a month has come for a unit; one that nobody began is open."""
    tally = session.scalar(select(Tally).where(Tally.month == month.first, Tally.unit_id == unit_id))
    if tally is None:
        return MonthStands(MonthState.OPEN, None)
    return MonthStands(tally.state, tally.signed_by)


def sign_month(
    session: Session, month: Period, unit_id: UnitId, *, by: Actor, today: date, now: datetime
) -> None:
    """Put one's name under a unit's month; whoever signs after that replaces it, until the month is closed.

    Raises Invalid for what is no month or not over, Conflict for a closed one, NotFound for an unknown unit.
    """
    _finished_month(month, today)
    hold(session, FIGURES)
    tally = _still_open(session, month, unit_id)
    tally.state, tally.signed_by, tally.signed_at = MonthState.SIGNED, by.name, now
    session.flush()
    note(session, by, AuditAction.CHANGED, "tallies", tally.id, now=now, after={"state": "signed"})


def close_month(
    session: Session, month: Period, unit_id: UnitId, *, by: Actor, today: date, now: datetime
) -> ClosedMonth:
    """Freeze a month for a unit and for every unit below it that is still open.

    Who closes a month that nobody signed has signed it, the clockwork apart. Raises Invalid for what is no month or not
    over, Conflict for a closed one, NotFound for an unknown unit.
    """
    _finished_month(month, today)
    hold(session, FIGURES)
    tally = _still_open(session, month, unit_id)
    (tree,) = trees(session, month)
    units = tree.open_below(unit_id)
    metrics = dictionary(session)
    own = _own_parts(session, month, unit_id, tree, metrics)
    totals = _totals(session, month, units, tree, metrics, own)
    if tally.signed_by is None and by != CLOCKWORK:
        tally.signed_by, tally.signed_at = by.name, now
    tallies = _close(session, month, units, tree, by=by, now=now)
    _keep(session, tallies, own, totals)
    after = {"state": "closed", "month": str(month), "units": len(units)}
    note(session, by, AuditAction.CHANGED, "tallies", tally.id, now=now, after=after)
    return ClosedMonth(str(month), unit_id, len(units))


def adjust(
    session: Session,
    month: Period,
    unit_id: UnitId,
    *,
    metric: str,
    value: Decimal,
    reason: str,
    by: Actor,
    now: datetime,
    qualifier: Qualifier = Qualifier.EXACT,
    dimensions: Mapping[str, str] | None = None,
) -> int:
    """Correct a closed month by hand: a signed value that counts in the unit's first open month. Returns the row's id.

    Only what adds up can be corrected so; a stock or a number of people is entered anew. Raises Invalid for a value,
    metric or reason that will not do, Conflict for a month that is open, NotFound for an unknown unit.
    """
    _one_month(month)
    corrected = _adjustable(session, metric, value, reason)
    hold(session, FIGURES)
    tally = _tally(session, month, unit_id)
    if tally.state is not MonthState.CLOSED:
        raise Conflict("tallies.month_open", month=str(month))
    closed = session.scalars(
        select(Tally.month).where(Tally.unit_id == unit_id, Tally.state == MonthState.CLOSED)
    ).all()
    doubts = Doubts.of(qualifier)
    line = TallyLine(
        tally_id=tally.id,
        kind=LineKind.ADJUSTMENT,
        metric_id=corrected.id,
        combination=combination_of(dimensions or {}),
        value=value,
        qualifier=qualifier,
        sources=1,
        **{name: getattr(doubts, name) for name in _DOUBTS},
        carried_into=first_open_month(month.first, closed),
        reason=reason.strip(),
        by=by.name,
        at=now,
    )
    session.add(line)
    session.flush()
    after = {"month": str(month), "unit_id": unit_id, "metric": metric, "value": str(value)}
    note(session, by, AuditAction.CREATED, "tally_lines", line.id, now=now, reason=line.reason, after=after)
    return line.id


def _open_month(
    session: Session, month: Period, units: Sequence[tuple[UnitId, MonthState, datetime]]
) -> OpenMonth:
    (tree,) = trees(session, month)
    signed = {unit_id for unit_id, state, _ in units if state is MonthState.SIGNED}
    still_open = frozenset(unit_id for unit_id, _, _ in units)
    above = {unit_id: _above(tree, unit_id) for unit_id in still_open}
    return OpenMonth(
        month=month,
        drafted_at=max(drafted_at for _, _, drafted_at in units),
        open=still_open,
        tops=tuple(sorted(unit for unit in still_open if still_open.isdisjoint(above[unit]))),
        unsigned=frozenset(unit for unit in still_open if signed.isdisjoint({unit, *above[unit]})),
    )


def _above(tree: MonthTree, unit_id: UnitId) -> set[UnitId]:
    found: set[UnitId] = set()
    parent = tree.parent_of.get(unit_id)
    while parent is not None and parent not in found:
        found.add(parent)
        parent = tree.parent_of.get(parent)
    return found


def _one_month(period: Period) -> None:
    if not period.is_month:
        raise invalid("period", "tallies.not_a_month", period=str(period))


def _finished_month(period: Period, today: date) -> None:
    _one_month(period)
    if period.last >= today:
        raise invalid("period", "tallies.month_not_over", month=str(period))


def _tally(session: Session, month: Period, unit_id: UnitId) -> Tally:
    """The row of a unit's month as it stands now, made when there is none."""
    tally = session.scalar(
        select(Tally)
        .where(Tally.month == month.first, Tally.unit_id == unit_id)
        .execution_options(populate_existing=True)
    )
    if tally is None:
        if session.get(Unit, unit_id) is None:
            raise NotFound("errors.no_such_unit", code=unit_id)
        tally = Tally(month=month.first, unit_id=unit_id, state=MonthState.OPEN)
        session.add(tally)
        session.flush()
    return tally


def _still_open(session: Session, month: Period, unit_id: UnitId) -> Tally:
    tally = _tally(session, month, unit_id)
    if tally.state is MonthState.CLOSED:
        raise Conflict("tallies.month_closed", month=str(month))
    return tally


def _adjustable(session: Session, code: str, value: Decimal, reason: str) -> Metric:
    metric = session.scalar(select(Metric).where(Metric.code == code))
    if metric is None:
        raise invalid("metric", "tallies.unknown_metric", metric=code)
    faults = []
    if metric.additivity not in ADDITIVE:
        faults.append(Fault("metric", "tallies.not_adjustable", {"name": metric.name_zh}))
    if not value.is_finite() or abs(value) >= GREATEST_VALUE:
        faults.append(Fault("value", "tallies.value_too_great"))
    elif not value:
        faults.append(Fault("value", "tallies.value_needed"))
    elif value != rounded(value, metric.decimals):
        words = {"name": metric.name_zh, "decimals": metric.decimals}
        faults.append(Fault("value", "tallies.too_many_decimals", words))
    if not reason.strip():
        faults.append(Fault("reason", "tallies.reason_needed"))
    if faults:
        raise Invalid(faults)
    return metric


def _own_parts(
    session: Session, month: Period, unit_id: UnitId, tree: MonthTree, metrics: Dictionary
) -> Mapping[UnitId, Sequence[Part]]:
    """What each open unit comes to by itself, in every metric, one part for each combination."""
    units = tree.open_below(unit_id)
    flows = read_parts(
        session, {"flows": flow_questions(still_open=open_cells([tree], unit_id), closed=NO_CELLS)}
    )
    (stocks,) = stock_parts(session, [(month.last, units)], metrics.ids)
    (people,) = people_parts(session, [(month, units)], metrics.metrics)
    own: dict[UnitId, dict[tuple[MetricId, str], Part]] = defaultdict(dict)
    for part in (*flows["flows"], *stocks.parts, *people.parts):
        parts, key = own[part.unit_id], (part.metric_id, part.combination)
        parts[key] = parts[key].joined(part) if key in parts else part
    # Corrections that come to nothing stay too: the records behind them are sources all the same.
    return {unit: list(parts.values()) for unit, parts in own.items()}


def _totals(
    session: Session,
    month: Period,
    units: Iterable[UnitId],
    tree: MonthTree,
    metrics: Dictionary,
    own: Mapping[UnitId, Sequence[Part]],
) -> dict[UnitId, dict[MetricId, Total]]:
    """What does not add, over each unit and all below it. Most units have none below: then their own part is all."""
    alone = [unit for unit in units if tree.below(unit) == {unit}]
    above = sorted(set(units).difference(alone))
    whole = {unit: added(own.get(unit, ()), metrics.additivity, {}) for unit in alone}
    counted = figures(session, [Subtree(unit, month, [tree]) for unit in above], metrics, kinds=_KEPT_WHOLE)
    whole |= {unit: dict(each.figures) for unit, each in zip(above, counted, strict=True)}
    return {
        unit: {
            metric_id: figure.total
            for metric_id, figure in of_unit.items()
            if metrics.additivity[metric_id] in _KEPT_WHOLE
        }
        for unit, of_unit in whole.items()
    }


def _close(
    session: Session, month: Period, units: Iterable[UnitId], tree: MonthTree, *, by: Actor, now: datetime
) -> Mapping[UnitId, TallyId]:
    known: dict[UnitId, Tally] = {}
    for some in in_batches(sorted(units)):
        rows = session.scalars(select(Tally).where(Tally.month == month.first, Tally.unit_id.in_(some)))
        known |= {tally.unit_id: tally for tally in rows}
        for unit in some:
            tally = known.get(unit) or Tally(month=month.first, unit_id=unit)
            tally.state, tally.closed_at, tally.by_clock = MonthState.CLOSED, now, by == CLOCKWORK
            tally.parent_unit_id = tree.parent_of.get(unit)
            known[unit] = tally
    session.add_all(known.values())
    session.flush()
    return {unit: tally.id for unit, tally in known.items()}


def _keep(
    session: Session,
    tallies: Mapping[UnitId, TallyId],
    own: Mapping[UnitId, Iterable[Part]],
    totals: Mapping[UnitId, Mapping[MetricId, Total]],
) -> None:
    lines: list[dict[str, object]] = [
        {
            "tally_id": tallies[unit],
            "kind": LineKind.OWN,
            "metric_id": part.metric_id,
            "combination": part.combination,
            "value": hundredths(part.value),
            "qualifier": part.doubts.qualifier,
            "sources": part.sources,
            **{name: getattr(part.doubts, name) for name in _DOUBTS},
        }
        for unit, parts in own.items()
        for part in parts
    ]
    lines += [
        {
            "tally_id": tallies[unit],
            "kind": LineKind.SUBTREE,
            "metric_id": metric_id,
            "combination": "",
            "value": rounded(total.value, 2),
            "qualifier": total.qualifier,
            "sources": total.sources,
            **dict.fromkeys(_DOUBTS, 0),
        }
        for unit, figures_kept in totals.items()
        for metric_id, total in figures_kept.items()
    ]
    for some in in_batches(lines):
        session.execute(insert(TallyLine), some)
