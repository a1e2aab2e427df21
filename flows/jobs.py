"""The jobs and the times they come due, in the organisation's zone. Knows nothing of Prefect: the web shows it too."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from calendars.periods import month_before
from calendars.timezones import at, local_day
from outreach.clockwork import Job
from outreach.routines import back_up, deliver_notices
from outreach.routines.chase_matters import chase_matters
from outreach.routines.chase_outcomes import chase_outcomes
from outreach.routines.close_month import close_month
from outreach.routines.draft_month import draft_month
from outreach.routines.forget import forget
from outreach.routines.morning_digest import morning_digest
from outreach.routines.open_due_visits import open_due_visits
from outreach.routines.plan_horizon import plan_horizon
from outreach.routines.propose_people import propose_people
from outreach.routines.remind import remind

PLAN_HORIZON = "plan_horizon"
PROPOSE_PEOPLE = "propose_people"
OPEN_DUE_VISITS = "open_due_visits"
DRAFT_MONTH = "draft_month"
CLOSE_MONTH = "close_month"
CHASE_OUTCOMES = "chase_outcomes"
CHASE_MATTERS = "chase_matters"
BACK_UP = "back_up"
FORGET = "forget"
REMIND = "remind"
MORNING_DIGEST = "morning_digest"
DELIVER_NOTICES = "deliver_notices"


def jobs(zone: ZoneInfo) -> tuple[Job, ...]:
    """Every job of the clockwork, in the order in which they are done when several are due."""
    return (
        Job(PLAN_HORIZON, lambda until: daily(time(2), until, zone), plan_horizon),
        Job(PROPOSE_PEOPLE, lambda until: daily(time(4), until, zone), propose_people),
        Job(
            OPEN_DUE_VISITS,
            lambda until: hourly(time(6), time(20), until, zone),
            open_due_visits,
            is_frequent=True,
        ),
        Job(DRAFT_MONTH, lambda until: monthly(time(3), until, zone), draft_month, makes_good=True),
        Job(
            CLOSE_MONTH,
            lambda until: every(timedelta(minutes=15), until),
            close_month,
            is_frequent=True,
        ),
        Job(CHASE_OUTCOMES, lambda until: daily(time(9), until, zone), chase_outcomes),
        Job(CHASE_MATTERS, lambda until: daily(time(9, 30), until, zone), chase_matters),
        Job(BACK_UP, lambda until: daily(time(1), until, zone), back_up.foresee),
        Job(FORGET, lambda until: daily(time(4, 30), until, zone), forget),
        Job(REMIND, lambda until: every(timedelta(minutes=5), until), remind, is_frequent=True),
        Job(
            MORNING_DIGEST,
            lambda until: every(timedelta(minutes=15), until),
            morning_digest,
            is_frequent=True,
        ),
        Job(
            DELIVER_NOTICES,
            lambda until: every(timedelta(minutes=1), until),
            deliver_notices.foresee,
            is_frequent=True,
        ),
    )


def every(pause: timedelta, until: datetime) -> Iterator[datetime]:
    """Every so many minutes of an hour, or hours of a day in UTC, up to and including an instant, the latest first."""
    slot = datetime.fromtimestamp(
        until.timestamp() // pause.total_seconds() * pause.total_seconds(), until.tzinfo
    )
    while True:
        yield slot
        slot -= pause


def hourly(first: time, last: time, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Every full hour of each day from a local time to another, both inclusive and full hours themselves, up to and
    including an instant, the latest first."""
    day = local_day(until, zone)
    while True:
        for hour in range(last.hour, first.hour - 1, -1):
            slot = at(day, time(hour), zone)
            if slot <= until:
                yield slot
        day -= timedelta(days=1)


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
