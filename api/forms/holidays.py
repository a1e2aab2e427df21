"""The form of a year's holidays: days marked in its calendar, each as `2027-02-12` under `free` or `work`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.forms.typed import Reading, TypedFields
from calendars.workdays import YearCalendar
from outreach import fields
from outreach.errors import Fault

MOST_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class DaysTold:
    calendar: YearCalendar
    version: int | None


def days_told(typed: TypedFields, year: int) -> DaysTold:
    """What is marked; several days of one field may stand in one value. Raises Invalid."""
    reading = Reading(typed.last)
    free, work = _days(reading, typed, "free"), _days(reading, typed, "work")
    for day in sorted(free & work):
        reading.faults.append(Fault("days", "holidays.both_marked", {"day": day.isoformat()}))
    for day in sorted(free | work):
        if abs(day.year - year) > 1:
            reading.faults.append(Fault("days", "holidays.bad_day", {"text": day.isoformat()}))
    version = reading.version()
    reading.expect_none()
    return DaysTold(YearCalendar(frozenset(free), frozenset(work)), version)


def readable_days(texts: Sequence[str]) -> frozenset[date]:
    """The days that can be read, to show a refused form again."""
    found: set[date] = set()
    for text in " ".join(texts).split()[:MOST_DAYS]:
        try:
            found.add(fields.day(text))
        except fields.BadValue:
            continue
    return frozenset(found)


def _days(reading: Reading, typed: TypedFields, name: str) -> set[date]:
    found: set[date] = set()
    for text in " ".join(typed.all(name)).split()[:MOST_DAYS]:
        try:
            found.add(fields.day(text))
        except fields.BadValue:
            reading.faults.append(Fault("days", "holidays.bad_day", {"text": fields.shown(text)}))
    return found
