"""What people tell of an activity, and the present truth folded from it. Pure: no database, no clock.

A `Telling` comes from outside, in codes. Checked and resolved it is a `Told`, in ids; that is what `outcomes.told`
keeps, word for word and for ever. The present is the last whole telling joined with the parts after it (rule 46).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any, TypeVar

from pydantic import TypeAdapter

from models.base import PersonId, UnitId
from models.enums import (
    ActivityStatus,
    Additivity,
    AttendanceState,
    Condition,
    OutcomeScope,
    Qualifier,
    VisitResult,
)
from outreach.ledger import Handover, Payment
from outreach.matters import Opinion, Suggestion
from outreach.metrics import PRESENT_STATES, definitions, joined_qualifier

# --- from outside, in codes -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody on the list. Without `minutes` the activity's duration is meant."""

    person: str
    minutes: int | None = None
    role: str = "any"
    state: AttendanceState = AttendanceState.AS_PLANNED


@dataclass(frozen=True, slots=True)
class Visited:
    """Somebody who was to be visited, and how it went."""

    person: str
    result: VisitResult = VisitResult.SEEN
    condition: Condition | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """A figure that somebody gives."""

    metric: str
    value: Decimal
    qualifier: Qualifier = Qualifier.EXACT
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Telling:
    """One call's account of an activity. Everything but the status may be left out."""

    status: ActivityStatus
    """Held, partly or cancelled."""
    held_on: date | None = None
    """Without it, the activity's own day."""
    attendance: Sequence[Attended] = ()
    visits: Sequence[Visited] = ()
    measures: Sequence[Entered] = ()
    ledger: Sequence[Payment] = ()
    suggestions: Sequence[Opinion] = ()
    narrative: str | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether it says that it took place and nothing of it: nobody there, nobody seen, no figure and no word."""
        return self.status is not ActivityStatus.CANCELLED and not (
            any(each.state in PRESENT_STATES for each in self.attendance)
            or any(each.result is VisitResult.SEEN for each in self.visits)
            or self.measures
            or self.ledger
            or self.suggestions
            or (self.narrative or "").strip()
        )


# --- as it is kept, in ids --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attendee:
    person_id: PersonId
    unit_id: UnitId
    """The unit for which the person counts: that of the first telling which lists them (rule 45)."""
    minutes: int | None = None
    role: str = "any"
    state: AttendanceState = AttendanceState.AS_PLANNED


@dataclass(frozen=True, slots=True)
class Visit:
    person_id: PersonId
    unit_id: UnitId
    result: VisitResult = VisitResult.SEEN
    condition: Condition | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """An entered value; its unit is that of the telling (rule 45)."""

    metric: str
    unit_id: UnitId
    value: Decimal
    qualifier: Qualifier = Qualifier.EXACT
    combination: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What one telling says, or several joined."""

    status: ActivityStatus
    held_on: date | None = None
    units: tuple[UnitId, ...] = ()
    """The units for which it was told, each once."""
    attendance: tuple[Attendee, ...] = ()
    visits: tuple[Visit, ...] = ()
    measures: tuple[Value, ...] = ()
    ledger: tuple[Handover, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    """Each with its code, by which it is known when somebody tells it again."""
    narrative: str | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A telling with who said it: a later part of the same speaker takes the place of the earlier one."""

    scope: OutcomeScope
    speaker: str
    told: Told


Listed = TypeVar("Listed", Attendee, Visit)

_DOCUMENT = TypeAdapter(Told)


def to_document(told: Told) -> dict[str, Any]:  # Any: JSON
    """What is told as a JSON document; what is not told is left out of it."""
    document: dict[str, Any] = _DOCUMENT.dump_python(told, mode="json", exclude_defaults=True)
    return document


def from_document(document: Mapping[str, Any]) -> Told:  # Any: JSON
    """What a document from `to_document` tells."""
    return _DOCUMENT.validate_python(dict(document))


# --- the fold ---------------------------------------------------------------------------------------------------------


def fold(tellings: Iterable[Spoken]) -> Told:
    """The present after these tellings, in the order in which they were told; ValueError without any.

    A whole replaces everything before it. Parts add to it: attendance and visits by person, the latest says; measures
    added; words side by side. Of one speaker's parts only the last stands. For measures the order of speakers does not
    matter.
    """
    standing: dict[str, Told] = {}
    whole: list[Told] = []
    for telling in tellings:
        if telling.scope is OutcomeScope.WHOLE:
            whole, standing = [telling.told], {}
        else:
            standing.pop(telling.speaker, None)
            standing[telling.speaker] = telling.told
    joined = [*whole, *standing.values()]
    if not joined:
        raise ValueError("nothing was told")
    return reduce(join, joined[1:], _tidied(joined[0]))


def join(earlier: Told, later: Told) -> Told:
    """Two accounts of the same activity as one."""
    return Told(
        status=_joined_status(earlier.status, later.status),
        held_on=later.held_on or earlier.held_on,
        units=tuple(dict.fromkeys(earlier.units + later.units)),
        attendance=_by_person(earlier.attendance, later.attendance),
        visits=_by_person(earlier.visits, later.visits),
        measures=_added((*earlier.measures, *later.measures)),
        ledger=earlier.ledger + later.ledger,
        suggestions=tuple({each.code: each for each in (*earlier.suggestions, *later.suggestions)}.values()),
        narrative=_side_by_side(earlier.narrative, later.narrative),
    )


def _tidied(told: Told) -> Told:
    return replace(told, measures=_added(told.measures))


def _joined_status(*statuses: ActivityStatus) -> ActivityStatus:
    """Cancelled in any account cancels it (rule 27); held only in part, in any, is in part."""
    for status in (ActivityStatus.CANCELLED, ActivityStatus.PARTLY):
        if status in statuses:
            return status
    return ActivityStatus.HELD


def _by_person(earlier: tuple[Listed, ...], later: tuple[Listed, ...]) -> tuple[Listed, ...]:
    """Each person once, as told last, but for the unit that listed them first."""
    people = {listed.person_id: listed for listed in earlier}
    for listed in later:
        known = people.get(listed.person_id)
        people[listed.person_id] = listed if known is None else replace(listed, unit_id=known.unit_id)
    return tuple(people.values())


def _added(values: Iterable[Value]) -> tuple[Value, ...]:
    """One value for each metric, unit and combination: flows and estimates add, the largest count of people stands
    (rule 31), and of a stock the last reading (rule 53)."""
    sums: dict[tuple[str, UnitId, str], Value] = {}
    for value in values:
        value = _qualified(value)
        key = (value.metric, value.unit_id, value.combination)
        sums[key] = _plus(sums[key], value) if key in sums else value
    return tuple(sums.values())


def _plus(earlier: Value, later: Value) -> Value:
    additivity = definitions()[later.metric].additivity
    if additivity is Additivity.STOCK:
        return later
    qualifier = joined_qualifier((earlier.qualifier, later.qualifier))
    if additivity is not Additivity.DISTINCT:
        return replace(later, value=earlier.value + later.value, qualifier=qualifier)
    if earlier.value == later.value:
        return replace(later, qualifier=qualifier)
    return max(earlier, later, key=lambda value: value.value)


def _qualified(value: Value) -> Value:
    """An estimate is never exact (rule 34)."""
    is_estimate = definitions()[value.metric].additivity is Additivity.ESTIMATE
    if is_estimate and value.qualifier is Qualifier.EXACT:
        return replace(value, qualifier=Qualifier.ABOUT)
    return value


def _side_by_side(*narratives: str | None) -> str | None:
    return "\n".join(words for words in narratives if words) or None
