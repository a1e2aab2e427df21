"""The jobs and the times they come due, in the organisation's zone."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calendars.timezones import at, local_day
from outreach.clockwork import Job

PLAN_HORIZON = "plan_horizon"
DRAFT_MONTH = "draft_month"

PLANS_AT = time(2, 0)
DRAFTS_AT = time(3, 0)


def jobs(zone: ZoneInfo) -> tuple[Job, ...]:
    """Every job of the clockwork. A missed plan is covered by the next; each missed month is drafted."""
    return (
        Job(PLAN_HORIZON, lambda until: daily(PLANS_AT, until, zone)),
        Job(DRAFT_MONTH, lambda until: monthly(DRAFTS_AT, until, zone), makes_good=True),
    )


def daily(clock_time: time, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Every day at a local time, up to and including an instant, the latest first."""
    day = local_day(until, zone)
    while True:
        slot = at(day, clock_time, zone)
        if slot <= until:
            yield slot
        day -= timedelta(days=1)


def monthly(clock_time: time, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Every first of a month at a local time, up to and including an instant, the latest first."""
    month = local_day(until, zone).replace(day=1)
    while True:
        slot = at(month, clock_time, zone)
        if slot <= until:
            yield slot
        month = month_before(month)


def month_before(day: date) -> date:
    """The first day of the month before that of a day."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
