from datetime import date, datetime, timedelta

import cnlunar
import pytest
from cnlunar.solar24 import getTheYearAllSolarTermsList
from hypothesis import given
from hypothesis import strategies as st

from calendars.lunar import (
    LunarDate,
    lunar_date,
    lunar_months,
    lunar_text,
    lunar_year,
    solar_day,
    solar_terms,
)

ALMANAC = st.dates(date(1900, 1, 1), date(2100, 12, 31))

# The ninth month of 2057 begins within seconds of midnight: that library and the almanacs differ by a day.
DISPUTED = (date(2057, 9, 28), date(2057, 10, 28))


@given(
    st.dates(date(1901, 2, 19), date(2099, 12, 31)).filter(lambda day: not DISPUTED[0] <= day < DISPUTED[1])
)
def test_lunar_dates_agree_with_a_library_by_other_hands(day: date) -> None:
    other = cnlunar.Lunar(datetime(day.year, day.month, day.day, 12))  # noqa: DTZ001
    assert lunar_date(day) == LunarDate(
        other.lunarYear, other.lunarMonth, other.lunarDay, bool(other.isLunarLeapMonth)
    )


def test_every_month_agrees_with_a_library_by_other_hands() -> None:
    for year in range(1902, 2099):
        for month in lunar_months(year):
            if month.first in DISPUTED or month.first == date(2057, 9, 29):
                continue
            other = cnlunar.Lunar(datetime(month.first.year, month.first.month, month.first.day, 12))  # noqa: DTZ001
            assert (other.lunarMonth, bool(other.isLunarLeapMonth), other.lunarDay) == (
                month.number,
                month.leap,
                1,
            )


def test_solar_terms_agree_with_a_library_by_other_hands() -> None:
    for year in range(1901, 2101):
        if year == 1979:  # 大寒 fell within seconds of midnight
            continue
        days = [
            date(year, place // 2 + 1, day) for place, day in enumerate(getTheYearAllSolarTermsList(year))
        ]
        assert list(solar_terms(year).values()) == days, year


@given(ALMANAC)
def test_a_day_of_an_ordinary_month_comes_back_as_itself(day: date) -> None:
    found = lunar_date(day)
    assert found is not None
    if not found.leap:
        assert solar_day(found.year, found.month, found.day) == day


@given(ALMANAC.filter(lambda day: day < date(2100, 12, 31)))
def test_the_next_day_is_the_next_lunar_day(day: date) -> None:
    today, tomorrow = lunar_date(day), lunar_date(day + timedelta(days=1))
    assert today is not None
    assert tomorrow is not None
    if tomorrow.day == 1:
        assert today.day in (29, 30)
    else:
        assert tomorrow == LunarDate(today.year, today.month, today.day + 1, today.leap)


@pytest.mark.parametrize("year", [1899, *range(1900, 2101)])
def test_a_lunar_year_ends_where_the_next_begins(year: int) -> None:
    months = lunar_months(year)
    assert [month.number for month in months if not month.leap] == list(range(1, 13))
    ends = [month.first + timedelta(days=month.length) for month in months]
    following = [month.first for month in (*months[1:], *lunar_months(year + 1)[:1])]
    assert ends[: len(following)] == following


def test_lunar_days_are_never_of_a_leap_month() -> None:
    assert solar_day(2025, 6, 1) == date(2025, 6, 25)
    assert lunar_date(date(2025, 7, 25)) == LunarDate(2025, 6, 1, leap=True)


def test_a_thirtieth_that_the_month_lacks_is_its_twenty_ninth() -> None:
    assert solar_day(2026, 9, 30) == date(2026, 11, 8)
    assert lunar_date(date(2026, 11, 8)) == LunarDate(2026, 9, 30)
    assert solar_day(2027, 9, 30) == date(2027, 10, 28)
    assert lunar_date(date(2027, 10, 28)) == LunarDate(2027, 9, 29)


def test_the_twelfth_month_has_29_days_from_2025_until_2029() -> None:
    lengths = {year: lunar_months(year)[-1].length for year in range(2025, 2030)}
    # The lunar year 2028 ends in February 2029.
    assert [lengths[year] for year in (2025, 2026, 2027, 2028)] == [29, 29, 29, 29]
    assert lengths[2029] == 30


def test_days_outside_the_almanac_have_no_lunar_date() -> None:
    assert lunar_date(date(1899, 2, 9)) is None
    assert lunar_date(date(2101, 1, 29)) is None
    assert lunar_year(date.min) is None
    assert lunar_year(date.max) is None
    assert solar_day(2101, 1, 1) is None
    assert solar_terms(2101) == {}


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 10, 16), "九月初七"),
        (date(2026, 2, 16), "腊月廿九"),
        (date(2025, 8, 22), "闰六月廿九"),
        (date(2026, 2, 17), "正月初一"),
        (date(2026, 11, 8), "九月三十"),
        (date(2026, 3, 8), "正月二十"),
        (date(2026, 12, 19), "冬月十一"),
        (date.max, ""),
    ],
)
def test_a_lunar_day_reads_as_on_a_wall_calendar(day: date, text: str) -> None:
    assert lunar_text(day) == text
