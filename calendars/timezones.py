"""Local days and months of the organisation's zone as UTC instants, and back."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Span(NamedTuple):
    """A stretch of time: two aware UTC instants, the start inclusive, the end exclusive."""

    start: datetime
    end: datetime


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The day that it is in the zone at an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant without zone has no local day")
    return instant.astimezone(zone).date()


def at(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock time on a local day.

    A time that the clocks leave out, in a zone that turns them, is as much later as they jump; one that they show
    twice is the first.
    """
    return datetime.combine(day, clock_time.replace(tzinfo=None), tzinfo=zone).astimezone(UTC)


def days_span(first: date, last: date, zone: ZoneInfo) -> Span:
    """The local days from first to last, both inclusive, as UTC instants; the calendar's own ends where it ends."""
    try:
        start = at(first, time(), zone)
    except OverflowError:
        start = datetime.min.replace(tzinfo=UTC)
    try:
        end = at(last + timedelta(days=1), time(), zone)
    except OverflowError:
        end = datetime.max.replace(tzinfo=UTC)
    return Span(start, end)
