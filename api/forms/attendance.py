"""What somebody typed into the list of who came, and what it means. Pure.

A field's name says whom it is about: `there.P01` (came, absent, instead), `from.P01` and `to.P01` (times of day),
`instead.P01` (who came for them, by name or code).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from api.forms.outcome import OTHERS, names_of
from api.forms.typed import Reading, Typed
from models.enums import AttendanceState
from outreach.activities.sheet import Named, Sheet
from outreach.errors import Fault
from outreach.metrics import PRESENT_STATES
from outreach.outcomes import Attended
from outreach.outcomes.reading import AttendanceView

CAME: Final = "came"
ABSENT: Final = "absent"
INSTEAD: Final = "instead"
ANSWERS: Final = (CAME, ABSENT, INSTEAD)
ALL: Final = "all"
"""The button that says of everybody on the list of whom nothing is said: they came."""
MOST_SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class Hours:
    """When it was planned to begin and to end, by the clock; None for whole days."""

    begins: time | None
    ends: time | None

    @classmethod
    def of(cls, starts_at: datetime | None, ends_at: datetime | None, zone: ZoneInfo) -> "Hours":
        if starts_at is None or ends_at is None:
            return cls(None, None)
        return cls(starts_at.astimezone(zone).time(), ends_at.astimezone(zone).time())


@dataclass(frozen=True, slots=True)
class ListRead:
    """The list as typed: who was there, and for whom a name has yet to be looked up."""

    attended: Sequence[Attended]
    instead: Mapping[str, tuple[str, Attended]]
    """By the field: the name typed, and how the one bearing it came; the person is not known yet."""
    others: Sequence[str]
    version: int | None
    faults: Sequence[Fault]


def people_listed(sheet: Sheet) -> Sequence[Named]:
    """Who stands on the list: everybody, or of a very long one those who were asked, as far as a page holds them."""
    return sheet.people if len(sheet.people) <= MOST_SHOWN else sheet.people[: min(sheet.asked, MOST_SHOWN)]


def typed_of(sheet: Sheet, hours: Hours) -> Typed:
    """How the list stands when it is opened: as told before, else with nothing said of anybody; the planned times."""
    typed = {"version": str(sheet.version)}
    told = _told(sheet)
    for person in people_listed(sheet):
        before = told.get(person.code)
        typed[f"from.{person.code}"] = _clock(hours.begins)
        typed[f"to.{person.code}"] = _clock(hours.ends)
        if before is None or before.state is AttendanceState.UNKNOWN:
            continue
        typed[f"there.{person.code}"] = CAME if before.state in PRESENT_STATES else ABSENT
        if before.minutes is not None and hours.begins is not None and before.state in PRESENT_STATES:
            typed[f"to.{person.code}"] = _clock(_later(hours.begins, before.minutes))
    return typed


def read_list(sheet: Sheet, hours: Hours, typed: Typed) -> ListRead:
    """What the form says; of whom it says nothing, what was told before stays."""
    reading = Reading(typed)
    told = _told(sheet)
    attended: list[Attended] = []
    instead: dict[str, tuple[str, Attended]] = {}
    listed = people_listed(sheet)
    for person in listed:
        answer = typed.get(f"there.{person.code}", "")
        if not answer and ALL in typed:
            answer = CAME
        minutes = _minutes(reading, person.code)
        if answer == CAME:
            attended.append(_came(person, minutes, hours, told.get(person.code)))
        elif answer == INSTEAD:
            attended.append(Attended(person.code, role=person.role, state=AttendanceState.EXCUSED))
            field = f"instead.{person.code}"
            name = typed.get(field, "").strip()
            if name:
                instead[field] = (name, Attended("", minutes, person.role))
            else:
                reading.faults.append(Fault(field, "recording.who_instead"))
        elif answer == ABSENT:
            attended.append(_absent(person, told.get(person.code)))
        elif (before := told.get(person.code)) is not None:
            attended.append(_kept(before))
    there = {each.code for each in listed}
    attended += [_kept(each) for code, each in told.items() if code not in there]
    return ListRead(
        attended=attended,
        instead=instead,
        others=names_of(typed.get(OTHERS, "")),
        version=reading.version(),
        faults=reading.faults,
    )


def _told(sheet: Sheet) -> Mapping[str, AttendanceView]:
    return {each.person: each for each in (sheet.present.attendance if sheet.present else ())}


def _kept(told: AttendanceView) -> Attended:
    return Attended(told.person, told.minutes, told.role, told.state)


def _came(person: Named, minutes: int | None, hours: Hours, before: AttendanceView | None) -> Attended:
    """Present; whether as planned, shorter or longer says how long it was, unless that is as told before."""
    if before is not None and before.state in PRESENT_STATES and minutes in (None, before.minutes):
        return _kept(before)
    planned = _between(hours.begins, hours.ends)
    state = AttendanceState.AS_PLANNED
    if minutes is not None and planned is not None and minutes != planned:
        state = AttendanceState.PARTLY if minutes < planned else AttendanceState.LONGER
    return Attended(person.code, minutes, person.role, state)


def _absent(person: Named, before: AttendanceView | None) -> Attended:
    """That somebody had excused themselves is not forgotten."""
    was_excused = before is not None and before.state is AttendanceState.EXCUSED
    state = AttendanceState.EXCUSED if was_excused else AttendanceState.ABSENT
    return Attended(person.code, role=person.role, state=state)


def _minutes(reading: Reading, code: str) -> int | None:
    """From coming to going; None where no times were given, which means as planned."""
    begins, ends = reading.clock_time(f"from.{code}"), reading.clock_time(f"to.{code}")
    has_both = bool(reading.typed.get(f"from.{code}", "").strip()) == bool(
        reading.typed.get(f"to.{code}", "").strip()
    )
    if not has_both:
        reading.faults.append(Fault(f"to.{code}", "recording.both_times"))
    minutes = _between(begins, ends)
    if minutes is not None and minutes <= 0:
        reading.faults.append(Fault(f"to.{code}", "recording.left_before_coming"))
        return None
    return minutes


def _between(begins: time | None, ends: time | None) -> int | None:
    if begins is None or ends is None:
        return None
    return ends.hour * 60 + ends.minute - begins.hour * 60 - begins.minute


def _later(begins: time, minutes: int) -> time:
    """So many minutes later on the same day, at the latest a minute before midnight."""
    end = min(begins.hour * 60 + begins.minute + minutes, 24 * 60 - 1)
    return time(end // 60, end % 60)


def _clock(at: time | None) -> str:
    return "" if at is None else at.strftime("%H:%M")
