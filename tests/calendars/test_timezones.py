from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from calendars.timezones import at, days_span, local_day

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def test_a_late_utc_evening_is_the_next_day_in_shanghai() -> None:
    assert local_day(datetime(2026, 10, 31, 15, 59, tzinfo=UTC), SHANGHAI) == date(2026, 10, 31)
    assert local_day(datetime(2026, 10, 31, 16, 0, tzinfo=UTC), SHANGHAI) == date(2026, 11, 1)


def test_an_instant_without_zone_has_no_local_day() -> None:
    with pytest.raises(ValueError, match="without zone"):
        local_day(datetime(2026, 10, 31, 15, 59), SHANGHAI)  # noqa: DTZ001


def test_a_clock_time_becomes_an_instant() -> None:
    assert at(date(2026, 11, 2), time(9, 0), SHANGHAI) == datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def test_a_span_holds_the_local_days_from_first_to_last() -> None:
    span = days_span(date(2026, 12, 1), date(2026, 12, 31), SHANGHAI)
    assert span.start == datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert span.end == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)


def test_days_are_as_long_as_the_clocks_make_them() -> None:
    spans = [days_span(day, day, BERLIN) for day in (date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25))]
    hours = [(span.end - span.start).total_seconds() / 3600 for span in spans]
    assert hours == [23, 24, 25]


def test_a_time_that_the_clocks_leave_out_is_as_much_later() -> None:
    assert at(date(2026, 3, 29), time(2, 30), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_show_twice_is_the_first() -> None:
    assert at(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_ends_of_the_calendar_are_no_error() -> None:
    span = days_span(date.min, date.max, SHANGHAI)
    assert span.start == datetime.min.replace(tzinfo=UTC)
    assert span.end > datetime(9999, 12, 31, 15, 59, tzinfo=UTC)
