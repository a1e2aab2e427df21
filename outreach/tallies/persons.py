"""Distinct people: counted again over the period and the subtree, never added (rule 31)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import CompoundSelect, Integer, and_, bindparam, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from calendars.periods import Period
from models import Attendance, Measure, Metric
from models.base import ActivityId, MetricId, UnitId
from models.database import in_batches
from models.enums import Basis, Origin, Qualifier
from models.types import TextEnum
from outreach.metrics import attendances_of, joined_qualifier
from outreach.recording import FEEDS
from outreach.tallies.parts import Doubts, Part, Total
from outreach.tallies.trees import FIRST, LAST, UNITS


@dataclass(frozen=True, slots=True)
class _Floor:
    """An entered number of people."""

    activity_id: ActivityId | None
    value: Decimal
    qualifier: Qualifier


_Place = tuple[MetricId, UnitId]
_Floors = Mapping[_Place, Sequence[_Floor]]


def people_parts(
    session: Session, period: Period, units: frozenset[UnitId]
) -> tuple[list[Part], dict[MetricId, Total]]:
    """What each unit comes to by itself in the distinct metrics, and what they come to together.

    A figure is the number of persons on the lists, or the largest entered value if that is greater. At a tie the count
    goes first, and is exact.
    """
    of = {"first": period.first, "last": period.last, "units": sorted(units)}
    lists, bases = _lists(session, of)
    floors = _floors(session, of)
    sources = _sources(session, lists, floors)
    if not sources:
        return [], {}
    counts, own_counts = _counts(session, of, bases)
    activities = Counter[MetricId]()
    for (metric_id, _), times in sources.items():
        activities[metric_id] += times
    activities.subtract(_told_for_several_units(session, of))
    totals = {}
    for metric_id, times in activities.items():
        value, qualifier = _greater(counts.get(metric_id, 0), _of_metric(floors, metric_id))
        totals[metric_id] = Total(value, qualifier, times)
    parts = []
    for (metric_id, unit_id), times in sources.items():
        value, qualifier = _greater(
            own_counts.get((metric_id, unit_id), 0), floors.get((metric_id, unit_id), ())
        )
        parts.append(Part(metric_id, unit_id, "", int(value * 100), times, Doubts.of(qualifier)))
    return parts, totals


def _of_metric(floors: _Floors, metric_id: MetricId) -> list[_Floor]:
    return [floor for (metric, _), entered in floors.items() if metric == metric_id for floor in entered]


def _greater(counted: int, entered: Collection[_Floor]) -> tuple[Decimal, Qualifier]:
    largest = max((floor.value for floor in entered), default=Decimal(0))
    if counted >= largest:
        return Decimal(counted), Qualifier.EXACT
    return largest, joined_qualifier(floor.qualifier for floor in entered if floor.value == largest)


# Written out, since neither database takes a partial index for a value that it is told only later.
_IS_LIST = Measure.origin == literal(Origin.PERSONS, TextEnum(Origin), literal_execute=True)
_IS_FLOOR = Measure.origin == literal(Origin.FLOOR, TextEnum(Origin), literal_execute=True)
_FED = (Measure.day.between(FIRST, LAST), Measure.unit_id.in_(UNITS))

_LISTS = (
    select(Measure.metric_id, Metric.basis, Measure.unit_id, func.count())
    .join(Metric, Metric.id == Measure.metric_id)
    .where(_IS_LIST, *_FED)
    .group_by(Measure.metric_id, Metric.basis, Measure.unit_id)
)


def _lists(session: Session, of: Mapping[str, object]) -> tuple[Counter[_Place], set[Basis]]:
    """How many lists feed each distinct metric in each unit, and what these metrics count."""
    lists = Counter[_Place]()
    bases = set()
    for metric_id, basis, unit_id, times in session.execute(_LISTS, of):
        lists[metric_id, unit_id] = times
        bases.add(basis)
    return lists, bases


_ENTERED = select(
    Measure.metric_id, Measure.unit_id, Measure.activity_id, Measure.value, Measure.qualifier
).where(_IS_FLOOR, *_FED)


def _floors(session: Session, of: Mapping[str, object]) -> _Floors:
    """The entered numbers of people. They are few: an office enters one where it has no list."""
    floors: dict[_Place, list[_Floor]] = defaultdict(list)
    for metric_id, unit_id, activity_id, value, qualifier in session.execute(_ENTERED, of):
        floors[metric_id, unit_id].append(_Floor(activity_id, value, qualifier))
    return floors


_LISTED = select(Measure.metric_id, Measure.unit_id, Measure.activity_id).where(
    Measure.origin == Origin.PERSONS, Measure.activity_id.in_(bindparam("activities", expanding=True))
)


def _sources(session: Session, lists: Counter[_Place], floors: _Floors) -> Counter[_Place]:
    """How many activities feed each distinct metric in each unit: those with a list, and those with a number alone."""
    told = {(*place, floor.activity_id) for place, entered in floors.items() for floor in entered}
    for some in in_batches({activity_id for *_, activity_id in told}):
        told -= {tuple(row) for row in session.execute(_LISTED, {"activities": some})}
    return lists + Counter((metric_id, unit_id) for metric_id, unit_id, _ in told)


_SHARED = (
    select(Measure.metric_id, Measure.activity_id, func.count(Measure.unit_id.distinct()))
    .where(Measure.shared.is_(True), Measure.origin.in_(FEEDS), *_FED)
    .group_by(Measure.metric_id, Measure.activity_id)
)


def _told_for_several_units(session: Session, of: Mapping[str, object]) -> Counter[MetricId]:
    """How often activities were counted more than once."""
    extra = Counter[MetricId]()
    for metric_id, _, units in session.execute(_SHARED, of):
        extra[metric_id] += units - 1
    return extra


def _persons(basis: Basis) -> CompoundSelect[MetricId, UnitId | None, int]:
    """The number of persons whom metrics of this basis count: in each unit (rule 45), and without unit over all."""
    seen = (
        select(Measure.metric_id, Measure.unit_id, Attendance.person_id)
        .join(Metric, Metric.id == Measure.metric_id)
        .join(
            Attendance,
            and_(Attendance.activity_id == Measure.activity_id, Attendance.unit_id == Measure.unit_id),
        )
        .where(Metric.basis == basis, _IS_LIST, attendances_of(basis), *_FED)
        .distinct()
        .cte("seen")
    )
    own = select(seen.c.metric_id, seen.c.unit_id, func.count()).group_by(seen.c.metric_id, seen.c.unit_id)
    over_all = select(
        seen.c.metric_id, cast(null(), Integer), func.count(seen.c.person_id.distinct())
    ).group_by(seen.c.metric_id)
    return union_all(own, over_all)


_PERSONS = {basis: _persons(basis) for basis in (Basis.ATTENDEES, Basis.SERVED, Basis.VOLUNTEERS)}


def _counts(
    session: Session, of: Mapping[str, object], bases: Collection[Basis]
) -> tuple[dict[MetricId, int], dict[_Place, int]]:
    """Persons over all units, and by unit. Who is on lists of two units is one person, and one in either."""
    counts: dict[MetricId, int] = {}
    own_counts: dict[_Place, int] = {}
    for basis in _PERSONS.keys() & bases:
        for metric_id, unit_id, persons in session.execute(_PERSONS[basis], of):
            if unit_id is None:
                counts[metric_id] = persons
            else:
                own_counts[metric_id, unit_id] = persons
    return counts, own_counts
