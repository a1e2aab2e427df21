"""The trees of units that months are counted over: as closed, else as on the month's last day."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, select
from sqlalchemy.orm import Session

from calendars.periods import Period, last_day
from models import Tally, Tie, Unit
from models.base import UnitId
from models.enums import MonthState, TieKind


@dataclass(frozen=True, slots=True)
class MonthTree:
    """The tree of one month. `closed` are the units whose month is closed, with the instant."""

    month: date
    parent_of: Mapping[UnitId, UnitId | None]
    children: Mapping[UnitId, Sequence[UnitId]]
    closed: Mapping[UnitId, datetime]
    keeps_members: bool = True
    """What was closed keeps its members: a unit that joined it or was closed there afterwards is none of them."""

    def below(self, unit_id: UnitId) -> frozenset[UnitId]:
        """A unit and all below it."""
        closed_at = self.closed.get(unit_id) if self.keeps_members else None
        found: set[UnitId] = set()
        waiting = [unit_id]
        while waiting:
            unit = waiting.pop()
            if closed_at is None or self._closed_by(unit, closed_at):
                found.add(unit)
                waiting.extend(child for child in self.children.get(unit, ()) if child not in found)
        return frozenset(found)

    def open_below(self, unit_id: UnitId) -> frozenset[UnitId]:
        """Those of a unit and all below it whose month is open."""
        return self.below(unit_id).difference(self.closed)

    def closed_below(self, unit_id: UnitId) -> frozenset[UnitId]:
        """Those of a unit and all below it whose month is closed."""
        return self.below(unit_id).intersection(self.closed)

    def _closed_by(self, unit: UnitId, closed_at: datetime) -> bool:
        own = self.closed.get(unit)
        return own is not None and own <= closed_at


@dataclass(frozen=True, slots=True)
class Cells:
    """A set of months of units, kept as rectangles: for most periods there is one, and one question is enough.

    Questions about them are written once, with the parameters below.
    """

    rectangles: tuple[tuple[tuple[date, ...], frozenset[UnitId]], ...]

    def by_month(self) -> Iterator[dict[str, object]]:
        """The values of `MONTHS` and `UNITS` for each question about rows that have a month."""
        for months, units in self.rectangles:
            yield {"months": months, "units": sorted(units)}

    def by_day(self) -> Iterator[dict[str, object]]:
        """The values of `FIRST`, `LAST` and `UNITS` for each question about rows that have a day."""
        for months, units in self.rectangles:
            for first, last in _spans(months):
                yield {"first": first, "last": last, "units": sorted(units)}

    def __bool__(self) -> bool:
        return bool(self.rectangles)

    def __contains__(self, cell: tuple[date, UnitId]) -> bool:
        month, unit_id = cell
        return any(month in months and unit_id in units for months, units in self.rectangles)


# Months are listed, not given as a range: only then do both databases use the whole key of the rollups.
MONTHS: BindParameter[Any] = bindparam("months", expanding=True)
UNITS: BindParameter[Any] = bindparam("units", expanding=True)
FIRST: BindParameter[date] = bindparam("first")
LAST: BindParameter[date] = bindparam("last")
NO_CELLS = Cells(())


@dataclass(frozen=True, slots=True)
class Ground:
    """What tallies stand on: code and name of every unit, the trees of the months, and how far each month has come."""

    units: Mapping[UnitId, tuple[str, str]]
    trees: Mapping[date, MonthTree]
    states: Mapping[tuple[date, UnitId], tuple[MonthState, str | None]]
    """The state of a unit's month, and who signed it; a month that nobody began has none."""

    def of(self, period: Period) -> tuple[MonthTree, ...]:
        """The tree of each month of a period (rules 38 and 43)."""
        return tuple(self.trees[month] for month in period.months)


def ground(session: Session, periods: Sequence[Period]) -> Ground:
    """What the tallies of these periods stand on."""
    months = sorted({month for period in periods for month in period.months})
    units, links = _units_and_links(session, months)
    closed: dict[date, dict[UnitId, _Closed]] = defaultdict(dict)
    states = {}
    for month, unit, state, signed_by, parent, closed_at in session.execute(
        select(
            *(Tally.month, Tally.unit_id, Tally.state, Tally.signed_by),
            *(Tally.parent_unit_id, Tally.closed_at),
        )
        .where(Tally.month.in_(months))
        .order_by(Tally.id)
    ):
        states[month, unit] = state, signed_by
        if state is MonthState.CLOSED and closed_at is not None:
            closed[month][unit] = _Closed(parent, closed_at)
    return Ground(units, {month: _tree(month, links, closed.get(month, {})) for month in months}, states)


def trees(session: Session, period: Period) -> tuple[MonthTree, ...]:
    """The tree of each month of a period (rules 38 and 43)."""
    return ground(session, [period]).of(period)


@dataclass(frozen=True, slots=True)
class Subtree:
    """A unit and all below it in a period, over the tree of each of its months."""

    unit_id: UnitId
    period: Period
    trees: Sequence[MonthTree]

    @property
    def last(self) -> MonthTree:
        """The tree of the period's last day, over which all is taken that does not add (rule 43)."""
        return self.trees[-1]

    @property
    def is_closed_month(self) -> bool:
        return self.period.is_month and self.unit_id in self.last.closed

    @property
    def has_changed(self) -> bool:
        """Whether other units stood below the unit in another of the months."""
        return len({tree.below(self.unit_id) for tree in self.trees}) > 1

    @property
    def as_in_the_end(self) -> "Subtree":
        """Every month over the units of the period's last day: what ratios are counted over (rule 43)."""
        return replace(self, trees=over_the_last(self.trees, self.unit_id))

    @property
    def open_cells(self) -> "Cells":
        """The months that are not closed."""
        return open_cells(self.trees, self.unit_id)

    @property
    def closed_cells(self) -> "Cells":
        """The months that are closed."""
        return closed_cells(self.trees, self.unit_id)

    @property
    def closed_in_the_end(self) -> "Cells":
        """The last month, of those below that have closed it."""
        return closed_cells([self.last], self.unit_id)

    @property
    def cells(self) -> "Cells":
        """All the months."""
        return all_cells(self.trees, self.unit_id)


def over_the_last(trees: Sequence[MonthTree], unit_id: UnitId) -> tuple[MonthTree, ...]:
    """Each month for the units below on the period's last day: what ratios are counted over (rule 43)."""
    units = trees[-1].below(unit_id)
    children = {unit_id: sorted(units - {unit_id})}
    return tuple(replace(tree, children=children, keeps_members=False) for tree in trees)


def open_cells(trees: Iterable[MonthTree], unit_id: UnitId) -> Cells:
    """The months of units in a subtree that are not closed."""
    return _cells((tree.month, tree.open_below(unit_id)) for tree in trees)


def closed_cells(trees: Iterable[MonthTree], unit_id: UnitId) -> Cells:
    """The months of units in a subtree that are closed."""
    return _cells((tree.month, tree.closed_below(unit_id)) for tree in trees)


def all_cells(trees: Iterable[MonthTree], unit_id: UnitId) -> Cells:
    """The months of units in a subtree."""
    return _cells((tree.month, tree.below(unit_id)) for tree in trees)


@dataclass(frozen=True, slots=True)
class _Link:
    child: UnitId
    parent: UnitId
    since: date | None
    until: date | None

    def holds_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class _Closed:
    parent: UnitId | None
    at: datetime


def _units_and_links(
    session: Session, months: Sequence[date]
) -> tuple[Mapping[UnitId, tuple[str, str]], Sequence[_Link]]:
    """Code and name of every unit, and the links that held on the last day of one of the months or in between."""
    is_link = and_(
        Tie.subject_unit_id == Unit.id,
        Tie.kind == TieKind.PARENT,
        Tie.since <= last_day(months[-1]),
        Tie.until >= last_day(months[0]),
    )
    units, links = {}, []
    for unit, code, name, parent, since, until in session.execute(
        select(Unit.id, Unit.code, Unit.name, Tie.object_unit_id, Tie.since, Tie.until)
        .outerjoin(Tie, is_link)
        .order_by(Tie.id)
    ):
        units[unit] = code, name
        if parent is not None:
            links.append(_Link(unit, parent, since, until))
    return units, links


def _tree(month: date, links: Sequence[_Link], closed: Mapping[UnitId, _Closed]) -> MonthTree:
    day = last_day(month)
    parent_of: dict[UnitId, UnitId | None] = {link.child: link.parent for link in links if link.holds_on(day)}
    for unit, was in closed.items():
        # The tree may have been turned round since: then the link of today stays, or both would drop out of it.
        if was.parent is None or unit not in _upwards(parent_of, was.parent):
            parent_of[unit] = was.parent
    children: dict[UnitId, list[UnitId]] = defaultdict(list)
    for child, parent in parent_of.items():
        if parent is not None:
            children[parent].append(child)
    return MonthTree(month, parent_of, children, {unit: was.at for unit, was in closed.items()})


def _upwards(parent_of: Mapping[UnitId, UnitId | None], unit: UnitId | None) -> set[UnitId]:
    above: set[UnitId] = set()
    while unit is not None and unit not in above:
        above.add(unit)
        unit = parent_of.get(unit)
    return above


def _cells(units_by_month: Iterable[tuple[date, frozenset[UnitId]]]) -> Cells:
    """Months with the same units stand together."""
    months_of: dict[frozenset[UnitId], list[date]] = defaultdict(list)
    for month, units in units_by_month:
        if units:
            months_of[units].append(month)
    return Cells(tuple((tuple(months), units) for units, months in months_of.items()))


def _spans(months: Sequence[date]) -> list[tuple[date, date]]:
    """First and last day of each run of months without a gap; the months are in order."""
    spans: list[tuple[date, date]] = []
    for month in months:
        if spans and (month - spans[-1][1]).days == 1:
            spans[-1] = (spans[-1][0], last_day(month))
        else:
            spans.append((month, last_day(month)))
    return spans
