"""Days and times in words."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from wording import days

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("language", "this_year", "other_year"),
    [
        ("zh_Hans", "11月21日 周六", "2025年11月21日 周五"),
        ("zh_Hant", "11月21日 週六", "2025年11月21日 週五"),
        ("en", "Sat 21 November", "Fri 21 November 2025"),
    ],
)
def test_a_day_has_its_year_only_when_it_is_another_one(language, this_year, other_year):
    assert days.day(TODAY, today=TODAY, language=language) == this_year
    assert days.day(date(2025, 11, 21), today=TODAY, language=language) == other_year


def test_a_day_has_no_leading_zeros():
    assert days.day(date(2026, 3, 5), today=TODAY) == "3月5日 周四"


def test_every_weekday_and_month_has_its_name_in_every_language():
    monday = date(2026, 1, 5)
    for language in ("zh_Hans", "zh_Hant", "en"):
        week = [days.weekday(monday + timedelta(days=n), language=language) for n in range(7)]
        year = [days.month(date(2026, n, 1), today=TODAY, language=language) for n in range(1, 13)]
        assert len(set(week)) == 7
        assert len(set(year)) == 12
    assert days.weekday(monday) == "周一"
    assert days.month(date(2025, 9, 1), today=TODAY) == "2025年9月"
    assert days.month(date(2025, 9, 1), today=TODAY, language="en") == "September 2025"


def test_an_instant_is_no_day():
    with pytest.raises(TypeError):
        days.day(datetime(2026, 11, 21, tzinfo=UTC), today=TODAY)


@pytest.mark.parametrize(("at", "text"), [(time(9), "9:00"), (time(0, 5), "0:05"), (time(14, 30), "14:30")])
def test_a_time_has_24_hours_and_no_leading_zero(at, text):
    assert days.clock_time(at) == text


def test_a_moment_is_said_in_its_zone():
    assert (
        days.moment(datetime(2026, 11, 20, 17, tzinfo=UTC), zone=SHANGHAI, today=TODAY)
        == "11月21日 周六 1:00"
    )


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        days.moment(datetime(2026, 11, 20, 17), zone=SHANGHAI, today=TODAY)  # noqa: DTZ001


def test_a_stretch_of_time_without_a_length_is_its_beginning():
    starts = datetime(2026, 11, 21, 9, tzinfo=SHANGHAI)
    assert days.time_range(starts, starts + timedelta(hours=2, minutes=30), zone=SHANGHAI) == "9:00–11:30"
    assert days.time_range(starts, starts, zone=SHANGHAI) == "9:00"


@pytest.mark.parametrize(
    ("first", "last", "hans", "english"),
    [
        (date(2026, 11, 21), date(2026, 11, 21), "11月21日 周六", "Sat 21 November"),
        (date(2026, 11, 21), date(2026, 11, 23), "11月21–23日", "21–23 November"),
        (date(2026, 11, 30), date(2026, 12, 2), "11月30日–12月2日", "30 November–2 December"),
        (date(2025, 1, 3), date(2025, 1, 5), "2025年1月3–5日", "3–5 January 2025"),
        (
            date(2026, 12, 30),
            date(2027, 1, 2),
            "2026年12月30日–2027年1月2日",
            "30 December 2026–2 January 2027",
        ),
    ],
)
def test_a_range_of_days_says_no_more_than_it_must(first, last, hans, english):
    assert days.days(first, last, today=TODAY) == hans
    assert days.days(first, last, today=TODAY, language="en") == english
