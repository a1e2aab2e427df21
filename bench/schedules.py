"""Days from schedules, beside dateutil's bare expansion of the same rules."""

from collections.abc import Iterator
from datetime import date, datetime, time

from dateutil.rrule import rrulestr

from bench.measuring import Measurement, seconds
from calendars.occurrences import occurrences
from calendars.schedules import parse_schedule
from calendars.workdays import Workdays
from models.enums import OnHoliday

RULES = ("FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY")
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)


def measure(*, full: bool) -> Iterator[Measurement]:
    """Each rule with its days moved off holidays, and with the reason for each day."""
    campaigns = 100 if full else 20
    count = 0

    def ours() -> None:
        nonlocal count
        for _ in range(campaigns):
            for rule in RULES:
                schedule = parse_schedule(f"RRULE:{rule}")
                count += sum(
                    1
                    for _ in occurrences(  # type: ignore[call-overload]
                        schedule,
                        starts_on=FIRST,
                        ends_on=LAST,
                        first=FIRST,
                        last=LAST,
                        on_holiday=OnHoliday.NEXT_WORKDAY,
                        workdays=workdays,
                    )
                )

    def bare() -> None:
        begin = datetime.combine(FIRST, time.min)
        end = datetime.combine(LAST, time.min)
        for _ in range(campaigns):
            for rule in RULES:
                sum(1 for _ in rrulestr(rule, dtstart=begin).between(begin, end, inc=True))

    workdays = Workdays.of({})
    took, limit = seconds(ours), seconds(bare)
    yield Measurement(
        "schedules: days moved off holidays, with reasons", count / took, count / limit, "days/s"
    )
