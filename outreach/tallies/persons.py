"""Distinct people: counted again over the period and the subtree, never added (rule 31)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from calendars.periods import Period
from models import Attendance, Measure, Metric
from models.base import MetricId, UnitId
from models.enums import Additivity, Basis, Origin, Qualifier
from outreach.metrics import attendances_of, joined_qualifier
from outreach.tallies.parts import Doubts, Part, Total
from outreach.tallies.trees import Cells

_COUNTED = (Basis.ATTENDEES, Basis.SERVED, Basis.VOLUNTEERS)
FEEDS = (Origin.PERSONS, Origin.FLOOR)
"""The measures that a distinct metric is counted from; they are in no rollup."""


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
    if not units:
        return [], {}
    fed = Cells(((period.months, units),)).hold_days(Measure.day, Measure.unit_id)
    counts, own_counts = _counts(session, fed)
    floors = _floors(session, fed)
    sources, own_sources = _sources(session, fed)
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


def _counts(
    session: Session, fed: ColumnElement[bool]
) -> tuple[dict[MetricId, int], dict[tuple[MetricId, UnitId], int]]:
    """Persons over all units, and by unit. Who is on lists of two units is one person, and one in either."""
    counts: dict[MetricId, int] = {}
    own_counts: dict[tuple[MetricId, UnitId], int] = {}
    persons = func.count(Attendance.person_id.distinct())
    for basis in _COUNTED:
        lists = _lists(basis).where(fed)
        metric, unit = Measure.metric_id, Measure.unit_id
        counts |= dict(session.execute(lists.with_only_columns(metric, persons).group_by(metric)).all())
        for metric_id, unit_id, count in session.execute(
            lists.with_only_columns(metric, unit, persons).group_by(metric, unit)
        ):
            own_counts[metric_id, unit_id] = count
    return counts, own_counts


def _lists(basis: Basis) -> Select[Any]:
    """The attendances that feed a metric of this basis, each in the unit it counts for (rule 45)."""
    return (
        select(Attendance.person_id)
        .select_from(Measure)
        .join(Metric, and_(Metric.id == Measure.metric_id, Metric.basis == basis))
        .join(
            Attendance,
            and_(Attendance.activity_id == Measure.activity_id, Attendance.unit_id == Measure.unit_id),
        )
        .where(
            Measure.origin == Origin.PERSONS, Metric.additivity == Additivity.DISTINCT, attendances_of(basis)
        )
    )


def _floors(session: Session, fed: ColumnElement[bool]) -> Mapping[MetricId, Mapping[UnitId, _Floor]]:
    """The largest entered value of each unit, with how sure everybody is who entered just that."""
    place = func.rank().over(partition_by=(Measure.metric_id, Measure.unit_id), order_by=Measure.value.desc())
    entered = (
        select(Measure.metric_id, Measure.unit_id, Measure.value, Measure.qualifier, place.label("place"))
        .where(Measure.origin == Origin.FLOOR, fed)
        .subquery()
    )
    rows = session.execute(
        select(entered.c.metric_id, entered.c.unit_id, entered.c.value, entered.c.qualifier)
        .where(entered.c.place == 1)
        .distinct()
    )
    floors: dict[MetricId, dict[UnitId, _Floor]] = defaultdict(dict)
    for metric_id, unit_id, value, qualifier in rows:
        told = floors[metric_id].get(unit_id)
        floors[metric_id][unit_id] = _Floor(value, (told.qualifiers if told else frozenset()) | {qualifier})
    return floors


def _sources(
    session: Session, fed: ColumnElement[bool]
) -> tuple[dict[MetricId, int], dict[tuple[MetricId, UnitId], int]]:
    """How many activities feed each distinct metric, over all units and by unit."""
    metric, unit = Measure.metric_id, Measure.unit_id
    activities = func.count(Measure.activity_id.distinct())
    feeds = select(metric, activities).where(Measure.origin.in_(FEEDS), fed).group_by(metric)
    sources = dict(session.execute(feeds).all())
    own = feeds.with_only_columns(metric, unit, activities).group_by(unit)
    return sources, {(metric_id, unit_id): count for metric_id, unit_id, count in session.execute(own)}
