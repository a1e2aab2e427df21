from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice, takewhile

import pytest
from dateutil import rrule as other
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calendars.recurrences import recurrence_days
from calendars.schedules import Frequency, Recurrence, parse_schedule
from tests.calendars.test_schedules import recurrences


def expand(text: str, starts_on: str, through: str) -> list[str]:
    rule = parse_schedule(f"RRULE:{text}")
    assert isinstance(rule, Recurrence)
    days = recurrence_days(rule, starts_on=date.fromisoformat(starts_on), through=date.fromisoformat(through))
    return [day.isoformat() for day in days]


def expand_by_dateutil(rule: Recurrence, starts_on: date, through: date) -> Iterator[date]:
    weekdays = [
        getattr(other, each.weekday)(each.ordinal) if each.ordinal else getattr(other, each.weekday)
        for each in rule.by_day
    ]
    midnight = time()
    days = other.rrule(
        getattr(other, rule.frequency),
        dtstart=datetime.combine(starts_on, midnight),
        interval=rule.interval,
        wkst=getattr(other, rule.week_start),
        count=rule.count,
        until=datetime.combine(min(rule.until or through, through), midnight) if rule.count is None else None,
        bymonth=rule.by_month or None,
        byweekno=rule.by_week_number or None,
        byyearday=rule.by_year_day or None,
        bymonthday=rule.by_month_day or None,
        byweekday=weekdays or None,
        bysetpos=rule.by_set_position or None,
        cache=False,
    )
    return takewhile(lambda day: day <= through, (moment.date() for moment in days))


def read_alike(rule: Recurrence, starts_on: date) -> bool:
    """Whether that library reads the rule as the RFC does.

    It lets BYSETPOS count only the rest of a week in which the rule starts, takes weekdays with and without an ordinal
    in one BYDAY as both to be met, and leaves out the days in December of a first week that is counted from the end.
    """
    cut_week = rule.frequency is Frequency.WEEKLY and starts_on.weekday() != rule.week_start.number
    mixed = len({each.ordinal is None for each in rule.by_day}) == 2
    first_from_the_end = any(number <= -52 for number in rule.by_week_number)
    return not mixed and not first_from_the_end and not (rule.by_set_position and cut_week)


@settings(max_examples=200, deadline=None)
@given(rule=recurrences(), starts_on=st.dates(date(1999, 1, 1), date(2040, 1, 1)))
def test_rules_expand_as_another_library_expands_them(rule: Recurrence, starts_on: date) -> None:
    assume(read_alike(rule, starts_on))
    through = date(starts_on.year + 6, 1, 1)
    days = list(recurrence_days(rule, starts_on=starts_on, through=through))
    # A rule without a day in six years may have none at all, and that library would look for it up to the year 9999.
    assume(days)
    assert days == list(islice(expand_by_dateutil(rule, starts_on, through), len(days) + 1))


def test_weekdays_with_and_without_an_ordinal_add_up() -> None:
    days = expand("FREQ=MONTHLY;BYDAY=1MO,SU", "2026-11-01", "2026-11-15")
    assert days == ["2026-11-01", "2026-11-02", "2026-11-08", "2026-11-15"]


def test_the_thirty_first_skips_short_months() -> None:
    days = expand("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-01", "2026-07-31")
    assert days == ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"]


def test_interval_counts_from_the_start() -> None:
    days = expand("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=10", "2026-01-01", "2026-12-31")
    assert days == ["2026-01-10", "2026-04-10", "2026-07-10", "2026-10-10"]


def test_a_start_that_the_rule_does_not_match_is_no_day_of_it() -> None:
    assert expand("FREQ=WEEKLY;BYDAY=TH", "2026-11-01", "2026-11-12") == ["2026-11-05", "2026-11-12"]


def test_a_rule_takes_what_it_leaves_open_from_its_start() -> None:
    assert expand("FREQ=WEEKLY", "2026-11-01", "2026-11-15") == ["2026-11-01", "2026-11-08", "2026-11-15"]
    assert expand("FREQ=MONTHLY", "2026-01-31", "2026-04-30") == ["2026-01-31", "2026-03-31"]
    assert expand("FREQ=YEARLY", "2024-02-29", "2032-12-31") == ["2024-02-29", "2028-02-29", "2032-02-29"]
    assert expand("FREQ=YEARLY;BYMONTH=3,9", "2026-01-15", "2026-12-31") == ["2026-03-15", "2026-09-15"]


def test_until_is_inclusive_and_count_counts_from_the_start() -> None:
    assert expand("FREQ=DAILY;UNTIL=20261103", "2026-11-02", "2027-01-01") == ["2026-11-02", "2026-11-03"]
    assert expand("FREQ=DAILY;COUNT=2", "2026-11-02", "2027-01-01") == ["2026-11-02", "2026-11-03"]
    assert expand("FREQ=DAILY;UNTIL=20251231", "2026-11-02", "2027-01-01") == []


def test_a_set_position_counts_in_the_whole_week_where_the_rule_starts() -> None:
    days = expand("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1", "2026-11-04", "2026-11-16")
    assert days == ["2026-11-09", "2026-11-16"]


def test_the_last_working_day_of_a_month_by_set_position() -> None:
    days = expand("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-15", "2026-03-31")
    assert days == ["2026-01-30", "2026-02-27", "2026-03-31"]


def test_the_start_of_the_week_decides_every_other_week() -> None:
    monday = expand("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=4", "1997-08-05", "1997-12-31")
    sunday = expand("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=4;WKST=SU", "1997-08-05", "1997-12-31")
    assert monday == ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    assert sunday == ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]


def test_week_numbers_are_those_of_the_year_that_holds_most_of_the_week() -> None:
    days = expand("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "2026-01-01", "2028-12-31")
    assert days == ["2027-01-04", "2028-01-03"]
    assert expand("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH", "2026-01-01", "2032-12-31") == [
        "2026-12-31",
        "2032-12-30",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;COUNT=3",
        "FREQ=WEEKLY;INTERVAL=99999;BYMONTH=1",
    ],
)
def test_a_rule_that_never_matches_ends(text: str) -> None:
    assert expand(text, "2026-02-01", "2100-12-31") == []


def test_the_ends_of_the_calendar_are_no_error() -> None:
    assert expand("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=FR", "9999-06-01", "9999-12-31") == ["9999-12-31"]
    assert expand("FREQ=WEEKLY;BYDAY=SU", "0001-01-03", "0001-01-08") == ["0001-01-07"]
