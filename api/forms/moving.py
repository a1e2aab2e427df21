"""The form that gives an activity another day, and the one that cancels it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from api.forms.typed import Reading, Typed
from calendars.timezones import at
from outreach import fields
from outreach.activities.moving import Standing
from outreach.errors import invalid


@dataclass(frozen=True, slots=True)
class MoveTyped:
    """Where to, and for one that takes a move back how it stood; a time of None leaves the time of day as it is."""

    version: int | None
    day: date
    starts_at: time | None
    back_to: Standing | None


def read_move(typed: Typed, zone: ZoneInfo) -> MoveTyped:
    """What the form says; raises Invalid with every fault."""
    reading = Reading(typed)
    version = reading.version()
    day = reading.needed("day", fields.day)
    starts_at = reading.clock_time("starts_at")
    last_day = reading.day("last_day")
    reading.expect_none()
    if day is None:
        raise invalid("day", "errors.missing")
    back_to = None
    if reading.is_ticked("back"):
        stood = None if starts_at is None else at(day, starts_at, zone)
        back_to = Standing(
            day, stood, last_day or day, reading.is_ticked("planned"), reading.is_ticked("forecast")
        )
    return MoveTyped(version, day, starts_at, back_to)


def back_fields(was: Standing, *, version: int, zone: ZoneInfo, back_to: str) -> Mapping[str, str]:
    """The form that takes a move back."""
    return {
        "version": str(version),
        "day": was.day.isoformat(),
        "starts_at": typed_time(was, zone),
        "last_day": was.last_day.isoformat(),
        "back": "yes",
        "planned": "yes" if was.is_planned else "",
        "forecast": "yes" if was.forecast else "",
        "next": back_to,
    }


def typed_time(standing: Standing, zone: ZoneInfo) -> str:
    """The local time of day as an input holds it; empty for whole days."""
    return "" if standing.starts_at is None else f"{standing.starts_at.astimezone(zone):%H:%M}"
