from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from calendars.timezones import at, local_day

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


def test_a_time_that_the_clocks_leave_out_is_as_much_later() -> None:
    assert at(date(2026, 3, 29), time(2, 30), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_show_twice_is_the_first() -> None:
    assert at(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
