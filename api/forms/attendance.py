"""What somebody typed into the list of who came, and what it means. Pure.

A field's name says whom it is about: `there.P01` (came, absent, instead), `from.P01` and `to.P01` (times of day) or
`minutes.P01` where times of day cannot tell (past midnight), `instead.P01` (who came for them, by name or code).
Times that stand as the form was opened with say nothing: how long somebody came is as told before, or as planned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo

from api.forms.outcome import OTHERS, names_of
from api.forms.typed import Reading, Typed
from models.enums import AttendanceState
from outreach.activities.sheet import Named, Sheet
from outreach.agenda import AgendaItem
from outreach.errors import Fault
from outreach.fields import service_minutes
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
    minutes: int | None
    """How long that is; None for whole days."""
    by_clock: bool = True
    """Whether it begins and ends on one day. Of any other, times of day alone do not tell how long somebody came."""

    @classmethod
    def of(cls, item: AgendaItem, zone: ZoneInfo) -> "Hours":
        if item.starts_at is None or item.ends_at is None:
            return cls(None, None, None, by_clock=item.day == item.last_day)
        begins, ends = item.starts_at.astimezone(zone), item.ends_at.astimezone(zone)
        minutes = round((item.ends_at - item.starts_at).total_seconds() / 60)
        return cls(begins.time(), ends.time(), minutes, by_clock=begins.date() == ends.date())


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
        typed |= _length_opened(person.code, before, hours)
        if before is not None and before.state is not AttendanceState.UNKNOWN:
            typed[f"there.{person.code}"] = CAME if before.state in PRESENT_STATES else ABSENT
    return typed


def read_list(sheet: Sheet, hours: Hours, typed: Typed) -> ListRead:
    """What the form says; of whom it says nothing, what was told before stays. Of who did not come no time is read."""
    reading = Reading(typed)
    told = _told(sheet)
    attended: list[Attended] = []
    instead: dict[str, tuple[str, Attended]] = {}
    listed = people_listed(sheet)
    for person in listed:
        before = told.get(person.code)
        answer = typed.get(f"there.{person.code}", "")
        if not answer and ALL in typed:
            answer = CAME
        if answer == CAME:
            attended.append(_came(reading, person, hours, before))
        elif answer == INSTEAD:
            attended.append(Attended(person.code, role=person.role, state=AttendanceState.EXCUSED))
            field = f"instead.{person.code}"
            name = typed.get(field, "").strip()
            minutes = _length(reading, person.code, hours, before)
            if name:
                instead[field] = (name, Attended("", minutes, person.role))
            else:
                reading.faults.append(Fault(field, "recording.who_instead"))
        elif answer == ABSENT:
            attended.append(_absent(person, before))
        elif before is not None:
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


def _came(reading: Reading, person: Named, hours: Hours, before: AttendanceView | None) -> Attended:
    """Present; whether as planned, shorter or longer says how long it was, unless that is as told before."""
    minutes = _length(reading, person.code, hours, before)
    is_as_told = (
        before is not None
        and before.state in PRESENT_STATES
        and (minutes == before.minutes or not _was_changed(reading.typed, person.code, hours, before))
    )
    if before is not None and is_as_told:
        return _kept(before)
    state = AttendanceState.AS_PLANNED
    if minutes is not None and hours.minutes is not None and minutes != hours.minutes:
        state = AttendanceState.PARTLY if minutes < hours.minutes else AttendanceState.LONGER
    return Attended(person.code, minutes, person.role, state)


def _absent(person: Named, before: AttendanceView | None) -> Attended:
    """That somebody had excused themselves is not forgotten."""
    was_excused = before is not None and before.state is AttendanceState.EXCUSED
    state = AttendanceState.EXCUSED if was_excused else AttendanceState.ABSENT
    return Attended(person.code, role=person.role, state=state)


def _length_opened(code: str, before: AttendanceView | None, hours: Hours) -> dict[str, str]:
    """The fields of how long somebody came, as the form opens: as told before, else as planned."""
    told = before.minutes if before is not None and before.state in PRESENT_STATES else None
    if not hours.by_clock:
        return {f"minutes.{code}": "" if told in (None, hours.minutes) else str(told)}
    ends = hours.ends
    if told is not None and hours.begins is not None:
        ends = _later(hours.begins, told)
    return {f"from.{code}": _clock(hours.begins), f"to.{code}": _clock(ends)}


def _was_changed(typed: Typed, code: str, hours: Hours, before: AttendanceView | None) -> bool:
    """Whether how long somebody came is said otherwise than the form opened with."""
    opened = _length_opened(code, before, hours)
    return any(typed.get(field, stood).strip() != stood for field, stood in opened.items())


def _length(reading: Reading, code: str, hours: Hours, before: AttendanceView | None) -> int | None:
    """The minutes that somebody came; None where nothing was said of it, which means as planned."""
    if not _was_changed(reading.typed, code, hours, before):
        return None
    if not hours.by_clock:
        return reading.said(f"minutes.{code}", service_minutes)
    begins, ends = reading.clock_time(f"from.{code}"), reading.clock_time(f"to.{code}")
    has_both = bool(reading.typed.get(f"from.{code}", "").strip()) == bool(
        reading.typed.get(f"to.{code}", "").strip()
    )
    if not has_both:
        reading.faults.append(Fault(f"to.{code}", "recording.both_times"))
    if begins is None or ends is None:
        return None
    minutes = ends.hour * 60 + ends.minute - begins.hour * 60 - begins.minute
    if minutes <= 0:
        reading.faults.append(Fault(f"to.{code}", "recording.left_before_coming"))
        return None
    return minutes


def _later(begins: time, minutes: int) -> time:
    """So many minutes later on the same day, at the latest a minute before midnight."""
    end = min(begins.hour * 60 + begins.minute + minutes, 24 * 60 - 1)
    return time(end // 60, end % 60)


def _clock(at: time | None) -> str:
    return "" if at is None else at.strftime("%H:%M")
