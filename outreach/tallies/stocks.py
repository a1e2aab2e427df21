"""Stocks: what stands on a period's last day, each unit's own part (rules 32, 33 and 39)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

from models import Measure, Person, Team, Tie, Unit
from models.base import ActivityId, MetricId, UnitId
from models.enums import Origin, PersonRole, TieKind
from models.types import TextEnum
from outreach.metrics import PAIRING_FIGURES, PairingFigure
from outreach.remembered import remembered
from outreach.tallies.asking import Statement, ask
from outreach.tallies.parts import Doubts, Off, Part
from outreach.tallies.trees import FIRST, LAST, UNITS

TEAMS = "rural.teams"
BRANCHES = "org.branches"
BRANCH = "branch"
RETIREES = "org.retirees"

_ON: BindParameter[date] = bindparam("on")


@dataclass(frozen=True, slots=True)
class StockParts:
    """What each unit adds to each stock on a day; and by how much the sources are too many, where one record has
    several units."""

    parts: Sequence[Part]
    off: Mapping[MetricId, Off]


def stock_parts(
    session: Session, several: Sequence[tuple[date, frozenset[UnitId]]], ids: Mapping[str, MetricId]
) -> list[StockParts]:
    """Of each day and its units. `ids` are those of the metrics, by code."""
    asked = [{"on": on, "units": sorted(units)} for on, units in several]
    readings = ask(
        session, {index: [(LAST_READINGS, of)] if of["units"] else [] for index, of in enumerate(asked)}
    )
    counts = _in_force(session, several)
    answers = []
    for index in range(len(asked)):
        read, off = _last_readings(readings[index])
        parts = [*read, *_paired(counts[index][PAIRINGS], ids)]
        for what in (TEAMS, BRANCHES, RETIREES):
            for _, unit_id, records, value in counts[index][what]:
                parts.append(Part(ids[what], unit_id, "", 100 * value, records))
        answers.append(StockParts(parts, off))
    return answers


MADE_OF: Final = frozenset({"people", "teams", "ties", "units"})
_Rows = Sequence[tuple[str | None, UnitId, int, int]]
"""The sort of what stands, the unit it counts for, the number of records and that of different ones."""


def _in_force(
    session: Session, several: Sequence[tuple[date, frozenset[UnitId]]]
) -> Sequence[Mapping[str, _Rows]]:
    """What is in force on each day in its units, by its kind.

    It is remembered apart from the figures: activities are told of every hour, people seldom come or go.
    """
    asked = ("in force", tuple(several))
    return remembered(session, asked, lambda: _found_in_force(session, several), made_of=MADE_OF)


def _found_in_force(
    session: Session, several: Sequence[tuple[date, frozenset[UnitId]]]
) -> Sequence[Mapping[str, _Rows]]:
    days = sorted({day for day, units in several if units})
    if not days:
        return [dict.fromkeys(_KINDS, ()) for _ in several]
    asked_of = sorted(frozenset[UnitId]().union(*(units for _, units in several)))
    values = {"first": days[0], "last": days[-1], "units": asked_of} | {
        _day(place): day for place, day in enumerate(days)
    }
    found = ask(session, {what: [(each, values)] for what, each in _counts(len(days)).items()})
    return [
        {what: _of_day(rows, days.index(day), units) if units else () for what, rows in found.items()}
        for day, units in several
    ]


def _of_day(rows: Iterable[Sequence[Any]], place: int, units: frozenset[UnitId]) -> _Rows:
    return [
        (sort, unit_id, counts[2 * place], counts[2 * place + 1])
        for sort, unit_id, *counts in rows
        if unit_id in units and counts[2 * place]
    ]


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands from a day to a day: rows with `sort`, `id`, `unit_id` and `counted`, all dates left open."""

    rows: Statement
    dated: tuple[Any, ...]
    """The tables of which each row has to be in force on the day that is asked about."""

    def between(self, first: BindParameter[date], last: BindParameter[date]) -> ColumnElement[bool]:
        """Whether all of it begins by the last and ends no earlier than the first day."""
        return and_(*(and_(each.since <= last, each.until >= first) for each in self.dated))


def _things(id_: Any, unit_id: Any, dated: Any) -> _Standing:
    rows = select(_NO_SORT, id_.label("id"), unit_id.label("unit_id"), id_.label("counted"))
    return _Standing(rows, (dated,))


def _branches() -> _Standing:
    units = _things(Unit.id, Unit.id, Unit)
    return replace(units, rows=units.rows.where(Unit.kind == BRANCH))


def _home(home: Any, person_id: Any) -> ColumnElement[bool]:
    return and_(home.kind == TieKind.PLACEMENT, home.subject_person_id == person_id)


def _pairings() -> _Standing:
    """Pairings count for the unit where their supporter belongs on that day (rule 28)."""
    home = aliased(Tie)
    rows = (
        select(
            Tie.sort.label("sort"),
            Tie.id.label("id"),
            home.object_unit_id.label("unit_id"),
            Tie.subject_person_id.label("counted"),
        )
        .join(home, _home(home, Tie.subject_person_id))
        .where(Tie.kind == TieKind.PAIRING)
    )
    return _Standing(rows, (Tie, home))


def _retirees() -> _Standing:
    home = aliased(Tie)
    rows = (
        select(
            _NO_SORT,
            Person.id.label("id"),
            home.object_unit_id.label("unit_id"),
            Person.id.label("counted"),
        )
        .join(Tie, Tie.subject_person_id == Person.id)
        .join(home, _home(home, Person.id))
        .where(Tie.kind == TieKind.ROLE, Tie.object_word == PersonRole.RETIREE)
    )
    return _Standing(rows, (Tie, home, Person))


_NO_SORT = cast(null(), Tie.sort.type).label("sort")
PAIRINGS = "pairings"
_KINDS: Mapping[str, _Standing] = {
    PAIRINGS: _pairings(),
    TEAMS: _things(Team.id, Team.unit_id, Team),
    BRANCHES: _branches(),
    RETIREES: _retirees(),
}


def _of_figure(figure: PairingFigure) -> Statement:
    rows = _KINDS[PAIRINGS].rows.where(_KINDS[PAIRINGS].between(_ON, _ON))
    return rows if figure.sort is None else rows.where(Tie.sort == figure.sort)


STANDING: Mapping[str, Subquery] = {
    **{figure.metric: _of_figure(figure).subquery() for figure in PAIRING_FIGURES},
    **{
        metric: _KINDS[metric].rows.where(_KINDS[metric].between(_ON, _ON)).subquery()
        for metric in (TEAMS, BRANCHES, RETIREES)
    },
}
"""The stocks that are counts of what is in force (rule 32); every other is read.

The rows are the `id` of each pairing, team, unit or person on the day `on`, and the `unit_id` it counts for.
"""


@lru_cache(maxsize=32)
def _counts(days: int) -> Mapping[str, Statement]:
    """What is in force on so many days, in one look: its sort, the unit, and for each day how many records and how
    many different ones."""
    return {what: _counted(standing, days) for what, standing in _KINDS.items()}


def _counted(standing: _Standing, days: int) -> Statement:
    sort, _, unit_id, counted = standing.rows.selected_columns
    on_days: list[BindParameter[date]] = [bindparam(_day(place)) for place in range(days)]
    there = [case((standing.between(day, day), counted)) for day in on_days]
    key = () if sort is _NO_SORT else (sort,)
    return (
        standing.rows.with_only_columns(
            *(sort, unit_id),
            *(count for each in there for count in (func.count(each), func.count(each.distinct()))),
        )
        .where(standing.between(FIRST, LAST), unit_id.in_(UNITS))
        .group_by(*key, unit_id)
    )


def _day(place: int) -> str:
    return f"on_{place}"


def _paired(rows: Iterable[Sequence[Any]], ids: Mapping[str, MetricId]) -> list[Part]:
    """All stocks of pairings from one look at them. A number of supporters is always of one sort."""
    parts: dict[tuple[str, UnitId], Part] = {}
    for sort, unit_id, pairings, supporters in rows:
        for figure in PAIRING_FIGURES:
            if figure.sort in (None, sort):
                value = supporters if figure.counts == "supporters" else pairings
                part = Part(ids[figure.metric], unit_id, "", 100 * value, pairings)
                place = (figure.metric, unit_id)
                parts[place] = parts[place].joined(part) if place in parts else part
    return list(parts.values())


def _readings() -> Subquery:
    newest = func.row_number().over(
        partition_by=(Measure.metric_id, Measure.unit_id, Measure.combination),
        order_by=(Measure.day.desc(), Measure.id.desc()),
    )
    return (
        select(
            *(Measure.metric_id, Measure.unit_id, Measure.combination),
            type_coerce(Measure.value, BigInteger).label("hundredths"),
            *(Measure.qualifier, Measure.activity_id, Measure.day),
            newest.label("place"),
        )
        # Written out, since neither database takes a partial index for a value that it is told only later.
        .where(
            Measure.origin == literal(Origin.READING, TextEnum(Origin), literal_execute=True),
            Measure.day <= _ON,
            Measure.unit_id.in_(UNITS),
        )
        .subquery()
    )


_READ = _readings()
LAST_READINGS = select(
    *(_READ.c.metric_id, _READ.c.unit_id, _READ.c.combination),
    *(_READ.c.hundredths, _READ.c.qualifier, _READ.c.activity_id, _READ.c.day),
).where(_READ.c.place == 1)
"""The last value entered on or before the day `on`, for each stock, unit and combination (rule 33)."""


def _last_readings(rows: Iterable[Sequence[Any]]) -> tuple[list[Part], dict[MetricId, Off]]:
    parts: list[Part] = []
    units_of: dict[tuple[MetricId, ActivityId], set[UnitId]] = defaultdict(set)
    for metric_id, unit_id, combination, value, qualifier, activity_id, _ in sorted(
        rows, key=lambda row: tuple(row[:3])
    ):
        told_for = units_of[metric_id, activity_id]
        parts.append(
            Part(metric_id, unit_id, combination, value, int(unit_id not in told_for), Doubts.of(qualifier))
        )
        told_for.add(unit_id)
    off: Counter[MetricId] = Counter()
    for (metric_id, _), told_for in units_of.items():
        off[metric_id] += 1 - len(told_for)
    return parts, {metric_id: Off(sources) for metric_id, sources in off.items()}
