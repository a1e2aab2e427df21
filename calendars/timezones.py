"""Local days of the organisation's zone as UTC instants, and back."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


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
