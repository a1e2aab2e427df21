"""Stocks: what stands on a period's last day, each unit's own part (rules 32, 33 and 39)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Subquery,
    and_,
    bindparam,
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
from outreach.tallies.asking import Statement, ask
from outreach.tallies.parts import Doubts, Off, Part
from outreach.tallies.trees import UNITS

TEAMS = "rural.teams"
BRANCHES = "org.branches"
BRANCH = "branch"
RETIREES = "org.retirees"

_Standing = Statement
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
    counts = ask(
        session,
        {
            (index, what): [(question, of)] if of["units"] else []
            for index, of in enumerate(asked)
            for what, question in _COUNTS.items()
        },
    )
    answers = []
    for index in range(len(asked)):
        read, off = _last_readings(readings[index])
        parts = [*read, *_paired(counts[index, PAIRINGS], ids)]
        for what in (TEAMS, BRANCHES, RETIREES):
            for _, unit_id, records, value in counts[index, what]:
                parts.append(Part(ids[what], unit_id, "", 100 * value, records))
        answers.append(StockParts(parts, off))
    return answers


def _in_force(thing: type[Tie] | type[Team] | type[Unit] | type[Person]) -> ColumnElement[bool]:
    """Whether a dated row holds on the day, both ends included."""
    return and_(thing.since <= _ON, thing.until >= _ON)


def _things(id_: Any, unit_id: Any) -> _Standing:
    return select(id_.label("id"), unit_id.label("unit_id"), id_.label("counted"))


def _home(home: Any, person_id: Any) -> ColumnElement[bool]:
    return and_(
        home.kind == TieKind.PLACEMENT,
        home.subject_person_id == person_id,
        home.since <= _ON,
        home.until >= _ON,
    )


def _pairings(figure: PairingFigure) -> _Standing:
    """Pairings count for the unit where their supporter belongs on that day (rule 28)."""
    home = aliased(Tie)
    counted = Tie.subject_person_id if figure.counts == "supporters" else Tie.id
    pairings = (
        select(Tie.id, home.object_unit_id.label("unit_id"), counted.label("counted"))
        .join(home, _home(home, Tie.subject_person_id))
        .where(Tie.kind == TieKind.PAIRING, _in_force(Tie))
    )
    return pairings if figure.sort is None else pairings.where(Tie.sort == figure.sort)


def _retirees() -> _Standing:
    home = aliased(Tie)
    return (
        select(Person.id, home.object_unit_id.label("unit_id"), Person.id.label("counted"))
        .join(Tie, Tie.subject_person_id == Person.id)
        .join(home, _home(home, Person.id))
        .where(
            Tie.kind == TieKind.ROLE,
            Tie.object_word == PersonRole.RETIREE,
            _in_force(Tie),
            _in_force(Person),
        )
    )


STANDING: Mapping[str, Subquery] = {
    **{figure.metric: _pairings(figure).subquery() for figure in PAIRING_FIGURES},
    TEAMS: _things(Team.id, Team.unit_id).where(_in_force(Team)).subquery(),
    BRANCHES: _things(Unit.id, Unit.id).where(Unit.kind == BRANCH, _in_force(Unit)).subquery(),
    RETIREES: _retirees().subquery(),
}
"""The stocks that are counts of what is in force (rule 32); every other is read.

The rows are the `id` of each pairing, team, unit or person on the day `on`, the `unit_id` it counts for, and `counted`:
the value is the number of different ones.
"""


def _every_pairing() -> Statement:
    home = aliased(Tie)
    return (
        select(Tie.sort, home.object_unit_id, func.count(), func.count(Tie.subject_person_id.distinct()))
        .join(home, _home(home, Tie.subject_person_id))
        .where(Tie.kind == TieKind.PAIRING, _in_force(Tie), home.object_unit_id.in_(UNITS))
        .group_by(Tie.sort, home.object_unit_id)
    )


def _each(row: Subquery) -> Statement:
    return (
        select(cast(null(), Tie.sort.type), row.c.unit_id, func.count(), func.count(row.c.counted.distinct()))
        .where(row.c.unit_id.in_(UNITS))
        .group_by(row.c.unit_id)
    )


PAIRINGS = "pairings"
_COUNTS: Mapping[str, Statement] = {
    PAIRINGS: _every_pairing(),
    **{metric: _each(STANDING[metric]) for metric in (TEAMS, BRANCHES, RETIREES)},
}
"""What is in force: its sort, the unit, the number of records and that of different ones."""


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
