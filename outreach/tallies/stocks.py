"""Stocks: what stands on a period's last day, each unit's own part (rules 32, 33 and 39)."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

from models import Measure, Person, Team, Tie, Unit
from models.base import ActivityId, MetricId, UnitId
from models.enums import Origin, PersonRole, TieKind
from models.types import TextEnum
from outreach.metrics import PAIRING_FIGURES, PairingFigure, metric_ids
from outreach.tallies.parts import Doubts, Part
from outreach.tallies.trees import UNITS

TEAMS = "rural.teams"
BRANCHES = "org.branches"
BRANCH = "branch"
RETIREES = "org.retirees"

_Standing = Select[Any, Any, Any]
_ON: BindParameter[date] = bindparam("on")


def stock_parts(
    session: Session, units: frozenset[UnitId], *, on: date
) -> tuple[list[Part], Mapping[MetricId, int]]:
    """What each unit adds to each stock on a day; and by how much their sources are too many, where one record has
    several units.
    """
    if not units:
        return [], {}
    of = {"units": sorted(units), "on": on}
    parts, off = _last_readings(session, of)
    ids = metric_ids(session)
    parts += _paired(session, of, ids)
    for metric, question in _COUNTS.items():
        for unit_id, value, sources in session.execute(question, of):
            parts.append(Part(ids[metric], unit_id, "", 100 * value, sources))
    return parts, off


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

_COUNTS: Mapping[str, Select[Any, Any, Any]] = {
    metric: select(row.c.unit_id, func.count(row.c.counted.distinct()), func.count())
    .where(row.c.unit_id.in_(UNITS))
    .group_by(row.c.unit_id)
    for metric, row in STANDING.items()
    if metric in (TEAMS, BRANCHES, RETIREES)
}


def _every_pairing() -> Select[str, Any, int, int]:
    home = aliased(Tie)
    return (
        select(Tie.sort, home.object_unit_id, func.count(), func.count(Tie.subject_person_id.distinct()))
        .join(home, _home(home, Tie.subject_person_id))
        .where(Tie.kind == TieKind.PAIRING, _in_force(Tie), home.object_unit_id.in_(UNITS))
        .group_by(Tie.sort, home.object_unit_id)
    )


_PAIRINGS = _every_pairing()


def _paired(session: Session, of: Mapping[str, object], ids: Mapping[str, MetricId]) -> list[Part]:
    """All stocks of pairings from one look at them. A number of supporters is always of one sort."""
    parts: dict[tuple[str, UnitId], Part] = {}
    for sort, unit_id, pairings, supporters in session.execute(_PAIRINGS, of):
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
LAST_READINGS = (
    select(
        *(_READ.c.metric_id, _READ.c.unit_id, _READ.c.combination),
        *(_READ.c.hundredths, _READ.c.qualifier, _READ.c.activity_id, _READ.c.day),
    )
    .where(_READ.c.place == 1)
    .order_by(_READ.c.metric_id, _READ.c.unit_id, _READ.c.combination)
)
"""The last value entered on or before the day `on`, for each stock, unit and combination (rule 33)."""


def _last_readings(session: Session, of: Mapping[str, object]) -> tuple[list[Part], Mapping[MetricId, int]]:
    parts: list[Part] = []
    units_of: dict[tuple[MetricId, ActivityId], set[UnitId]] = defaultdict(set)
    for metric_id, unit_id, combination, value, qualifier, activity_id, _ in session.execute(
        LAST_READINGS, of
    ):
        told_for = units_of[metric_id, activity_id]
        parts.append(
            Part(metric_id, unit_id, combination, value, int(unit_id not in told_for), Doubts.of(qualifier))
        )
        told_for.add(unit_id)
    off: Counter[MetricId] = Counter()
    for (metric_id, _), told_for in units_of.items():
        off[metric_id] += 1 - len(told_for)
    return parts, off
