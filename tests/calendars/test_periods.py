"""Months, quarters and years are read, written back, and cover whole months."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.periods import PeriodFault, last_day, month_before, month_of, next_month, parse_period


def test_a_month_has_one_month_and_ends_on_its_last_day() -> None:
    september = parse_period("2026-09")
    assert september.months == (date(2026, 9, 1),)
    assert (september.first, september.last) == (date(2026, 9, 1), date(2026, 9, 30))
    assert september.is_month


def test_a_quarter_has_three_months() -> None:
    quarter = parse_period("2026-Q3")
    assert quarter.months == (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
    assert (quarter.first, quarter.last) == (date(2026, 7, 1), date(2026, 9, 30))
    assert not quarter.is_month


def test_a_year_has_twelve_months_and_february_of_a_leap_year_its_29th() -> None:
    year = parse_period("2028")
    assert len(year.months) == 12
    assert (year.first, year.last) == (date(2028, 1, 1), date(2028, 12, 31))
    assert parse_period("2028-02").last == date(2028, 2, 29)


@pytest.mark.parametrize(
    "text", ["2026-09", "2026-01", "2026-12", "2026-Q1", "2026-Q4", "2026", "0001", "9999-12"]
)
def test_what_is_read_is_written_back_the_same(text: str) -> None:
    assert str(parse_period(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-13", "2026-00", "2026-9", "2026-09-01", "2026-", "0000", "26-09", "-2026", " 2026"),
        *("2026-Q5", "2026-Q0", "2026-q3", "2026Q3", "2026\n", "２０２６", "二〇二六"),
    ],
)
def test_anything_else_is_refused_with_the_text_that_was_given(text: str) -> None:
    with pytest.raises(PeriodFault) as fault:
        parse_period(text)
    assert fault.value.code == "period_unreadable"
    assert fault.value.values == {"period": text}


@given(st.dates(max_value=date(9999, 11, 30)))
def test_every_day_lies_in_its_month_and_months_follow_each_other_without_gap(day: date) -> None:
    month = month_of(day)
    assert month.first <= day <= month.last
    assert next_month(day) == month.last + timedelta(days=1)
    assert last_day(day) == month.last


@given(st.integers(min_value=1, max_value=9999))
def test_the_quarters_of_a_year_are_its_months(year: int) -> None:
    quarters = [parse_period(f"{year:04}-Q{number}") for number in (1, 2, 3, 4)]
    months = tuple(month for quarter in quarters for month in quarter.months)
    assert months == parse_period(f"{year:04}").months


@given(day=st.dates(date(1, 2, 1)))
def test_the_month_before_begins_on_its_first_day(day):
    before = month_before(day)
    assert before.day == 1
    assert before < day
    assert (before + timedelta(days=31)).replace(day=1) == day.replace(day=1)
