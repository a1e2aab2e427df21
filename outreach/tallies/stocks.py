"""Stocks: what stands on a period's last day, each unit's own part (rules 32, 33 and 39)."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, and_, func, select, type_coerce
from sqlalchemy.orm import Session, aliased

from models import Measure, Person, Team, Tie, Unit
from models.base import ActivityId, MetricId, UnitId
from models.enums import Origin, PersonRole, TieKind
from outreach.metrics import PAIRING_FIGURES, PairingFigure, metric_ids
from outreach.tallies.parts import Doubts, Part

TEAMS = "rural.teams"
BRANCHES = "org.branches"
BRANCH = "branch"
RETIREES = "org.retirees"
_PAIRINGS: Mapping[str, PairingFigure] = {figure.metric: figure for figure in PAIRING_FIGURES}
COUNTED = (*_PAIRINGS, TEAMS, BRANCHES, RETIREES)
"""The stocks that are counts of what is in force; all others are readings."""

_Standing = Select[Any, Any, Any]


def stock_parts(
    session: Session, units: frozenset[UnitId], *, on: date
) -> tuple[list[Part], Mapping[MetricId, int]]:
    """What each unit adds to each stock on a day; and by how much their sources are too many, where one record has
    several units.
    """
    parts, off = _last_readings(session, units, on)
    ids = metric_ids(session)
    for metric in COUNTED:
        parts += _counted(session, metric, ids[metric], units, on)
    return parts, off


def in_force(thing: type[Tie] | type[Team] | type[Unit] | type[Person], on: date) -> ColumnElement[bool]:
    """Whether a dated row holds on a day, both ends included."""
    return and_(thing.since <= on, thing.until >= on)


def standing(metric: str, on: date) -> _Standing:
    """What a counted stock counts: the `id` of each pairing, team, unit or person, the `unit_id` it counts for, and
    `counted`, of which the value is the number of different ones.
    """
    if metric in _PAIRINGS:
        return _pairings(_PAIRINGS[metric], on)
    if metric == TEAMS:
        return _things(Team.id, Team.unit_id).where(in_force(Team, on))
    if metric == BRANCHES:
        return _things(Unit.id, Unit.id).where(Unit.kind == BRANCH, in_force(Unit, on))
    return _retirees(on)


def readings(units: frozenset[UnitId], on: date) -> Subquery:
    """The last value entered on or before a day, for each stock, unit and combination (rule 33): where `place` is 1."""
    newest = func.row_number().over(
        partition_by=(Measure.metric_id, Measure.unit_id, Measure.combination),
        order_by=(Measure.day.desc(), Measure.id.desc()),
    )
    return (
        select(
            Measure.metric_id,
            Measure.unit_id,
            Measure.combination,
            type_coerce(Measure.value, BigInteger).label("hundredths"),
            Measure.qualifier,
            Measure.activity_id,
            Measure.day,
            newest.label("place"),
        )
        .where(Measure.origin == Origin.READING, Measure.day <= on, Measure.unit_id.in_(sorted(units)))
        .subquery()
    )


def _last_readings(
    session: Session, units: frozenset[UnitId], on: date
) -> tuple[list[Part], Mapping[MetricId, int]]:
    read = readings(units, on)
    rows = session.execute(
        select(
            *(read.c.metric_id, read.c.unit_id, read.c.combination),
            *(read.c.hundredths, read.c.qualifier, read.c.activity_id),
        )
        .where(read.c.place == 1)
        .order_by(read.c.metric_id, read.c.unit_id, read.c.combination)
    )
    parts: list[Part] = []
    units_of: dict[tuple[MetricId, ActivityId], set[UnitId]] = defaultdict(set)
    for metric_id, unit_id, combination, value, qualifier, activity_id in rows:
        told_for = units_of[metric_id, activity_id]
        parts.append(
            Part(metric_id, unit_id, combination, value, int(unit_id not in told_for), Doubts.of(qualifier))
        )
        told_for.add(unit_id)
    off: Counter[MetricId] = Counter()
    for (metric_id, _), told_for in units_of.items():
        off[metric_id] += 1 - len(told_for)
    return parts, off


def _counted(
    session: Session, metric: str, metric_id: MetricId, units: frozenset[UnitId], on: date
) -> list[Part]:
    row = standing(metric, on).subquery()
    rows = session.execute(
        select(row.c.unit_id, func.count(row.c.counted.distinct()), func.count())
        .where(row.c.unit_id.in_(sorted(units)))
        .group_by(row.c.unit_id)
    )
    return [Part(metric_id, unit_id, "", 100 * value, sources) for unit_id, value, sources in rows]


def _things(id_: Any, unit_id: Any) -> _Standing:
    return select(id_.label("id"), unit_id.label("unit_id"), id_.label("counted"))


def _pairings(figure: PairingFigure, on: date) -> _Standing:
    """Pairings count for the unit where their supporter belongs on that day (rule 28)."""
    home = aliased(Tie)
    counted = Tie.subject_person_id if figure.counts == "supporters" else Tie.id
    pairings = (
        select(Tie.id, home.object_unit_id.label("unit_id"), counted.label("counted"))
        .join(home, _home(home, Tie.subject_person_id, on))
        .where(Tie.kind == TieKind.PAIRING, in_force(Tie, on))
    )
    return pairings if figure.sort is None else pairings.where(Tie.sort == figure.sort)


def _retirees(on: date) -> _Standing:
    home = aliased(Tie)
    return (
        select(Person.id, home.object_unit_id.label("unit_id"), Person.id.label("counted"))
        .join(Tie, Tie.subject_person_id == Person.id)
        .join(home, _home(home, Person.id, on))
        .where(
            Tie.kind == TieKind.ROLE,
            Tie.object_word == PersonRole.RETIREE,
            in_force(Tie, on),
            in_force(Person, on),
        )
    )


def _home(home: Any, person_id: Any, on: date) -> ColumnElement[bool]:
    return and_(
        home.kind == TieKind.PLACEMENT,
        home.subject_person_id == person_id,
        home.since <= on,
        home.until >= on,
    )
