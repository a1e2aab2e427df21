"""Distinct people: counted again over the period and the subtree, never added (rule 31)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Integer,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from calendars.periods import Period
from models import Attendance, Measure, Metric
from models.base import MetricId, UnitId
from models.enums import Basis, Origin, Qualifier
from models.types import Hundredths, TextEnum
from outreach.metrics import attendances_of, joined_qualifier
from outreach.recording import FEEDS
from outreach.tallies.asking import Statement, answered, ask, together
from outreach.tallies.parts import Doubts, Part, Total
from outreach.tallies.trees import FIRST, LAST, UNITS


@dataclass(frozen=True, slots=True)
class _Floor:
    """An entered number of people."""

    value: Decimal
    qualifier: Qualifier


_Place = tuple[MetricId, UnitId]


@dataclass(frozen=True, slots=True)
class _Fed:
    """What feeds the distinct metrics of a subtree in a period."""

    floors: Mapping[_Place, Sequence[_Floor]]
    sources: Mapping[_Place, int]
    """How many activities feed each metric in each unit: those with a list, and those with a number alone."""
    listed: frozenset[MetricId]
    """The metrics that lists feed."""
    extra: Mapping[MetricId, int]
    """How often activities were counted more than once, since they were told for several units."""


@dataclass(frozen=True, slots=True)
class PeopleParts:
    """What each unit comes to by itself in the distinct metrics, and what they come to together."""

    parts: Sequence[Part]
    totals: Mapping[MetricId, Total]


def people_parts(
    session: Session, several: Sequence[tuple[Period, frozenset[UnitId]]], metrics: Mapping[MetricId, Metric]
) -> list[PeopleParts]:
    """Of each period and its units.

    A figure is the number of persons on the lists, or the largest entered value if that is greater. At a tie the count
    goes first, and is exact.
    """
    asked = [
        {"first": period.first, "last": period.last, "units": sorted(units)} for period, units in several
    ]
    fed = _fed(session, asked)
    bases = [{metrics[metric_id].basis for metric_id in each.listed} for each in fed]
    counts = _counts(session, asked, bases)
    return [_parts(*each) for each in zip(fed, counts, strict=True)]


def _parts(fed: _Fed, counts: "_Counts") -> PeopleParts:
    activities = Counter[MetricId]()
    for (metric_id, _), times in fed.sources.items():
        activities[metric_id] += times
    totals = {}
    for metric_id, times in activities.items():
        value, qualifier = _greater(counts.get((metric_id, None), 0), _of_metric(fed.floors, metric_id))
        totals[metric_id] = Total(value, qualifier, times - fed.extra.get(metric_id, 0))
    parts = []
    for (metric_id, unit_id), times in fed.sources.items():
        value, qualifier = _greater(
            counts.get((metric_id, unit_id), 0), fed.floors.get((metric_id, unit_id), ())
        )
        parts.append(Part(metric_id, unit_id, "", int(value * 100), times, Doubts.of(qualifier)))
    return PeopleParts(parts, totals)


def _of_metric(floors: Mapping[_Place, Sequence[_Floor]], metric_id: MetricId) -> list[_Floor]:
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

# The same columns of all: metric, unit, activity, a number, value, qualifier.
_NO_VALUE = (cast(null(), Hundredths), cast(null(), TextEnum(Qualifier)))
_LISTS = (
    select(Measure.metric_id, Measure.unit_id, cast(null(), Integer), func.count(), *_NO_VALUE)
    .where(_IS_LIST, *_FED)
    .group_by(Measure.metric_id, Measure.unit_id)
)
"""How many lists feed each distinct metric in each unit."""


def _entered() -> Statement:
    listed = aliased(Measure)
    has_list = exists().where(
        listed.metric_id == Measure.metric_id,
        listed.unit_id == Measure.unit_id,
        listed.activity_id == Measure.activity_id,
        listed.origin == Origin.PERSONS,
    )
    return select(
        *(Measure.metric_id, Measure.unit_id, Measure.activity_id),
        case((has_list, 0), else_=1),
        *(Measure.value, Measure.qualifier),
    ).where(_IS_FLOOR, *_FED)


_ENTERED = _entered()
"""The entered numbers of people, and whether each stands alone. They are few: an office enters one where it has no
list."""

_SHARED = (
    select(
        *(Measure.metric_id, cast(null(), Integer), Measure.activity_id),
        func.count(Measure.unit_id.distinct()),
        *_NO_VALUE,
    )
    .where(Measure.shared.is_(True), Measure.origin.in_(FEEDS), *_FED)
    .group_by(Measure.metric_id, Measure.activity_id)
)
"""In how many units the activities count that were told for several."""


def _fed(session: Session, asked: Sequence[Mapping[str, object]]) -> list[_Fed]:
    kinds = {"lists": _LISTS, "floors": _ENTERED, "shared": _SHARED}
    answers = ask(
        session,
        {
            (index, kind): [(question, of)] if of["units"] else []
            for index, of in enumerate(asked)
            for kind, question in kinds.items()
        },
    )
    fed = []
    for index in range(len(asked)):
        lists = Counter({(metric_id, unit_id): n for metric_id, unit_id, _, n, *_ in answers[index, "lists"]})
        floors: dict[_Place, list[_Floor]] = defaultdict(list)
        alone = set()
        for metric_id, unit_id, activity_id, is_alone, value, qualifier in answers[index, "floors"]:
            floors[metric_id, unit_id].append(_Floor(value, qualifier))
            if is_alone:
                alone.add((metric_id, unit_id, activity_id))
        extra = Counter[MetricId]()
        for metric_id, _, _, units, *_ in answers[index, "shared"]:
            extra[metric_id] += units - 1
        sources = lists + Counter((metric_id, unit_id) for metric_id, unit_id, _ in alone)
        fed.append(_Fed(floors, sources, frozenset(metric_id for metric_id, _ in lists), extra))
    return fed


def _seen(basis: Basis) -> Statement:
    """The persons whom metrics of this basis count, in each unit (rule 45)."""
    return (
        select(Measure.metric_id, Measure.unit_id, Attendance.person_id)
        .join(Metric, Metric.id == Measure.metric_id)
        .join(
            Attendance,
            and_(Attendance.activity_id == Measure.activity_id, Attendance.unit_id == Measure.unit_id),
        )
        .where(Metric.basis == basis, _IS_LIST, attendances_of(basis), *_FED)
        .distinct()
    )


_SEEN = {basis: _seen(basis) for basis in (Basis.ATTENDEES, Basis.SERVED, Basis.VOLUNTEERS)}

_Counts = dict[tuple[MetricId, UnitId | None], int]
"""Persons in each unit, and without unit over all. Who is on lists of two units is one person, and one in either."""


@lru_cache(maxsize=64)
def _persons(statements: tuple[Statement, ...]) -> CompoundSelect[*tuple[Any, ...]]:
    seen = together(statements).cte("seen")
    place, metric_id, unit_id, person_id = seen.c
    own = select(place, metric_id, unit_id, func.count()).group_by(place, metric_id, unit_id)
    over_all = select(place, metric_id, cast(null(), Integer), func.count(person_id.distinct())).group_by(
        place, metric_id
    )
    return union_all(own, over_all)


def _counts(
    session: Session, asked: Sequence[Mapping[str, object]], bases: Sequence[Collection[Basis]]
) -> list[_Counts]:
    questions = {
        index: [(statement, of) for basis, statement in _SEEN.items() if basis in bases[index]]
        for index, of in enumerate(asked)
    }
    counts: list[_Counts] = [{} for _ in asked]
    for index, metric_id, unit_id, persons in answered(session, questions, _persons):
        counts[index][metric_id, unit_id] = persons
    return counts
