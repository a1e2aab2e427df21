"""Distinct people: counted again over the period and the subtree, never added (rule 31)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from calendars.periods import Period
from models import Attendance, Measure, Metric
from models.base import MetricId, UnitId
from models.enums import Basis, Origin, Qualifier
from outreach.metrics import attendances_of, joined_qualifier
from outreach.recording import FEEDS
from outreach.tallies.parts import Doubts, Part, Total
from outreach.tallies.trees import FIRST, LAST, UNITS


@dataclass(frozen=True, slots=True)
class _Floor:
    """A unit's largest entered value, and the qualifiers of those who entered just that."""

    value: Decimal
    qualifiers: frozenset[Qualifier]


def people_parts(
    session: Session, period: Period, units: frozenset[UnitId]
) -> tuple[list[Part], dict[MetricId, Total]]:
    """What each unit comes to by itself in the distinct metrics, and what they come to together.

    A figure is the number of persons on the lists, or the largest entered value if that is greater. At a tie the count
    goes first, and is exact.
    """
    of = {"first": period.first, "last": period.last, "units": sorted(units)}
    sources, own_sources, bases = _sources(session, of)
    if not sources:
        return [], {}
    counts, own_counts = _counts(session, of, bases)
    floors = _floors(session, of)
    totals = {}
    for metric_id, activities in sources.items():
        value, qualifier = _greater(counts.get(metric_id, 0), floors[metric_id].values())
        totals[metric_id] = Total(value, qualifier, activities)
    parts = []
    for (metric_id, unit_id), activities in own_sources.items():
        entered = floors[metric_id].get(unit_id)
        value, qualifier = _greater(own_counts.get((metric_id, unit_id), 0), [entered] if entered else [])
        parts.append(Part(metric_id, unit_id, "", int(value * 100), activities, Doubts.of(qualifier)))
    return parts, totals


def _greater(counted: int, entered: Iterable[_Floor]) -> tuple[Decimal, Qualifier]:
    entered = list(entered)
    largest = max((floor.value for floor in entered), default=Decimal(0))
    if counted >= largest:
        return Decimal(counted), Qualifier.EXACT
    sure = {q for floor in entered if floor.value == largest for q in floor.qualifiers}
    return largest, joined_qualifier(sure)


_FED = (Measure.day.between(FIRST, LAST), Measure.unit_id.in_(UNITS))
_ACTIVITIES = (
    select(Metric.id, Metric.basis, func.count(Measure.activity_id.distinct()))
    .join(Measure, Measure.metric_id == Metric.id)
    .where(Measure.origin.in_(FEEDS), *_FED)
    .group_by(Metric.id, Metric.basis)
)
_OWN_ACTIVITIES = (
    select(Measure.metric_id, Measure.unit_id, func.count(Measure.activity_id.distinct()))
    .where(Measure.origin.in_(FEEDS), *_FED)
    .group_by(Measure.metric_id, Measure.unit_id)
)


def _sources(
    session: Session, of: Mapping[str, object]
) -> tuple[dict[MetricId, int], dict[tuple[MetricId, UnitId], int], set[Basis]]:
    """How many activities feed each distinct metric, over all units and by unit; and what these metrics count."""
    rows = session.execute(_ACTIVITIES, of).all()
    own = {
        (metric_id, unit_id): activities
        for metric_id, unit_id, activities in (session.execute(_OWN_ACTIVITIES, of) if rows else ())
    }
    return {metric_id: activities for metric_id, _, activities in rows}, own, {basis for _, basis, _ in rows}


def _lists(basis: Basis) -> Select[MetricId, int]:
    """The persons whom metrics of this basis count, each in the unit where he or she counts (rule 45)."""
    return (
        select(Measure.metric_id, func.count(Attendance.person_id.distinct()))
        .join(Metric, Metric.id == Measure.metric_id)
        .join(
            Attendance,
            and_(Attendance.activity_id == Measure.activity_id, Attendance.unit_id == Measure.unit_id),
        )
        .where(Metric.basis == basis, Measure.origin == Origin.PERSONS, attendances_of(basis), *_FED)
        .group_by(Measure.metric_id)
    )


_PERSONS = {basis: _lists(basis) for basis in (Basis.ATTENDEES, Basis.SERVED, Basis.VOLUNTEERS)}
_OWN_PERSONS = {
    basis: lists.add_columns(Measure.unit_id).group_by(Measure.unit_id) for basis, lists in _PERSONS.items()
}


def _counts(
    session: Session, of: Mapping[str, object], bases: Collection[Basis]
) -> tuple[dict[MetricId, int], dict[tuple[MetricId, UnitId], int]]:
    """Persons over all units, and by unit. Who is on lists of two units is one person, and one in either."""
    counts: dict[MetricId, int] = {}
    own_counts: dict[tuple[MetricId, UnitId], int] = {}
    for basis in _PERSONS.keys() & bases:
        counts |= dict(session.execute(_PERSONS[basis], of).all())
        for metric_id, persons, unit_id in session.execute(_OWN_PERSONS[basis], of):
            own_counts[metric_id, unit_id] = persons
    return counts, own_counts


_PLACE = func.rank().over(partition_by=(Measure.metric_id, Measure.unit_id), order_by=Measure.value.desc())
_ENTERED = (
    select(Measure.metric_id, Measure.unit_id, Measure.value, Measure.qualifier, _PLACE.label("place"))
    .where(Measure.origin == Origin.FLOOR, *_FED)
    .subquery()
)
_FLOORS = (
    select(_ENTERED.c.metric_id, _ENTERED.c.unit_id, _ENTERED.c.value, _ENTERED.c.qualifier)
    .where(_ENTERED.c.place == 1)
    .distinct()
)


def _floors(session: Session, of: Mapping[str, object]) -> Mapping[MetricId, Mapping[UnitId, _Floor]]:
    """The largest entered value of each unit, with how sure everybody is who entered just that."""
    floors: dict[MetricId, dict[UnitId, _Floor]] = defaultdict(dict)
    for metric_id, unit_id, value, qualifier in session.execute(_FLOORS, of):
        told = floors[metric_id].get(unit_id)
        floors[metric_id][unit_id] = _Floor(value, (told.qualifiers if told else frozenset()) | {qualifier})
    return floors
