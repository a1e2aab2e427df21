"""What the present truth of one activity adds to the figures, and how each person on its lists counts. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from models.base import MetricId, PersonId, UnitId
from models.enums import (
    ActivityStatus,
    Additivity,
    AttendanceState,
    Basis,
    Condition,
    CountedAs,
    Origin,
    VisitResult,
)
from outreach.metrics import PRESENT_STATES, Definition, definitions
from outreach.outcomes.tellings import Attendee, Told, Value, Visit
from outreach.recording import Part

_COUNTS_PEOPLE = frozenset({Basis.ATTENDEES, Basis.SERVED, Basis.VOLUNTEERS})


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth telling whoever recorded it: a sentence's key, and its values."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """What counting has to know of the activity, beyond what was told."""

    unit_id: UnitId
    """The unit that the session counts for: the one it was told for; of several, the activity's (rule 45)."""
    day: date
    """The day its figures belong to."""
    feeds: Mapping[str, MetricId]
    """The metrics that its campaign lists, in the list's order."""
    metric_ids: Mapping[str, MetricId]
    served: Collection[PersonId]
    """Of the people on its lists, those whom the campaign serves on that day (rules 18, 42 and 52)."""
    volunteers: Collection[PersonId]
    """Of the people on its lists, those with the role volunteer on that day."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A person of either list, and as what he or she counts."""

    person_id: PersonId
    unit_id: UnitId
    role: str
    state: AttendanceState | None
    minutes: int | None
    visit: VisitResult | None
    condition: Condition | None
    note: str | None
    counted_as: CountedAs | None

    @property
    def is_present(self) -> bool:
        return self.state in PRESENT_STATES

    def counts_for(self, basis: Basis) -> bool:
        """Whether a metric of this basis counts the person; the same question as `metrics.attendances_of`."""
        if basis is Basis.ATTENDEES:
            return self.is_present
        return self.counted_as is (CountedAs.SERVED if basis is Basis.SERVED else CountedAs.VOLUNTEER)


@dataclass(frozen=True, slots=True)
class Account:
    """What an activity's present truth amounts to."""

    listed: tuple[Listed, ...]
    parts: tuple[Part, ...]
    remarks: tuple[Remark, ...]


def count(told: Told, scene: Scene) -> Account:
    """Who counts as what, and what is added to which figure (rules 28 to 31, 34, 42, 44 and 45).

    A cancelled activity keeps its list and counts nowhere (rule 27).
    """
    if told.status is ActivityStatus.CANCELLED:
        return Account(tuple(_listed(told, scene, counts=False)), (), ())
    listed = tuple(_listed(told, scene, counts=True))
    remarks: list[Remark] = []
    parts = [*_entered(told, scene, remarks)]
    entered = {part.metric_id: Decimal(0) for part in parts if part.origin is Origin.ENTERED}
    for part in parts:
        if part.origin is Origin.ENTERED:
            entered[part.metric_id] += part.value
    for code, metric_id in scene.feeds.items():
        definition = definitions()[code]
        if metric_id not in entered:
            parts += _counted(definition, metric_id, listed, scene)
        elif definition.basis in _COUNTS_PEOPLE:
            on_list = sum(person.counts_for(definition.basis) for person in listed)
            if listed and on_list != entered[metric_id]:
                values = {"metric": code, "entered": entered[metric_id], "listed": on_list}
                remarks.append(Remark("outcomes.entered_differs", values))
    return Account(listed, tuple(parts), tuple(remarks))


def _listed(told: Told, scene: Scene, *, counts: bool) -> Iterator[Listed]:
    attendance = {attendee.person_id: attendee for attendee in told.attendance}
    visits = {visit.person_id: visit for visit in told.visits}
    for person_id in dict.fromkeys((*attendance, *visits)):
        attendee, visit = attendance.get(person_id), visits.get(person_id)
        counted_as = _counted_as(person_id, attendee, visit, told, scene) if counts else None
        yield Listed(
            person_id=person_id,
            unit_id=visits[person_id].unit_id if attendee is None else attendee.unit_id,
            role="any" if attendee is None else attendee.role,
            state=None if attendee is None else attendee.state,
            minutes=None if attendee is None else attendee.minutes,
            visit=None if visit is None else visit.result,
            condition=None if visit is None else visit.condition,
            note=None if visit is None else visit.note,
            counted_as=counted_as,
        )


def _counted_as(
    person_id: PersonId, attendee: Attendee | None, visit: Visit | None, told: Told, scene: Scene
) -> CountedAs | None:
    """Served, else volunteer, else just there. Where visits are told, they alone say who was served (rule 42)."""
    present = attendee is not None and attendee.state in PRESENT_STATES
    seen = visit is not None and visit.result is VisitResult.SEEN
    if seen if told.visits else present and person_id in scene.served:
        return CountedAs.SERVED
    if not present:
        return None
    return CountedAs.VOLUNTEER if person_id in scene.volunteers else CountedAs.OTHER


def _entered(told: Told, scene: Scene, remarks: list[Remark]) -> Iterator[Part]:
    """What was entered, whether the campaign lists the metric or not (rule 28)."""
    for value in told.measures:
        definition = definitions()[value.metric]
        if not definition.takes_entries:
            remarks.append(Remark("outcomes.counted_from_records", {"metric": value.metric}))
            continue
        yield _part(value, definition, scene)


def _part(value: Value, definition: Definition, scene: Scene) -> Part:
    origins = {Additivity.STOCK: Origin.READING, Additivity.DISTINCT: Origin.FLOOR}
    return Part(
        metric_id=scene.metric_ids[value.metric],
        unit_id=value.unit_id,
        day=scene.day,
        value=value.value,
        origin=origins.get(definition.additivity, Origin.ENTERED),
        combination=value.combination,
        qualifier=value.qualifier,
    )


def _counted(
    definition: Definition, metric_id: MetricId, listed: Collection[Listed], scene: Scene
) -> Iterator[Part]:
    """What follows from the list: one session, and each person for the unit that listed them (rule 45)."""
    if definition.basis is Basis.SESSIONS:
        yield Part(metric_id, scene.unit_id, scene.day, Decimal(1), Origin.COUNTED)
    if definition.basis not in _COUNTS_PEOPLE:
        return
    origin = Origin.PERSONS if definition.additivity is Additivity.DISTINCT else Origin.COUNTED
    people = Counter(person.unit_id for person in listed if person.counts_for(definition.basis))
    for unit_id, number in people.items():
        yield Part(metric_id, unit_id, scene.day, Decimal(number), origin)
