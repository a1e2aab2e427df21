from datetime import date, timedelta

import pytest

from calendars.festivals import FESTIVALS, festival_day, festivals_on


@pytest.mark.parametrize(
    ("name", "year", "day"),
    [
        ("元旦", 2026, "2026-01-01"),
        ("春节", 2026, "2026-02-17"),
        ("春节", 2027, "2027-02-06"),
        ("元宵节", 2026, "2026-03-03"),
        ("lantern", 2027, "2027-02-20"),
        ("妇女节", 2026, "2026-03-08"),
        ("清明节", 2026, "2026-04-05"),
        ("qingming", 2027, "2027-04-05"),
        ("清明节", 2028, "2028-04-04"),
        ("端午节", 2026, "2026-06-19"),
        ("dragon_boat", 2027, "2027-06-09"),
        ("端午节", 2028, "2028-05-28"),
        ("七一", 2026, "2026-07-01"),
        ("army_day", 2026, "2026-08-01"),
        ("中秋节", 2026, "2026-09-25"),
        ("mid_autumn", 2027, "2027-09-15"),
        ("重阳节", 2026, "2026-10-18"),
        ("double_ninth", 2027, "2027-10-08"),
        ("腊八", 2026, "2026-01-26"),
        ("laba", 2027, "2027-01-15"),
        ("小年", 2026, "2026-02-10"),
        ("little_new_year", 2027, "2027-01-30"),
        ("除夕", 2026, "2026-02-16"),
        ("new_years_eve", 2027, "2027-02-05"),
    ],
)
def test_festivals_fall_where_the_almanac_has_them(name: str, year: int, day: str) -> None:
    assert festival_day(name, year) == date.fromisoformat(day)


def test_new_years_eve_is_the_day_before_spring_festival_in_every_year() -> None:
    for year in range(1900, 2101):
        eve, spring = festival_day("除夕", year), festival_day("春节", year)
        assert eve is not None
        assert spring == eve + timedelta(days=1)


def test_each_festival_has_two_names() -> None:
    assert len(FESTIVALS) == 2 * len(set(FESTIVALS.values())) == 36


def test_lunar_festivals_end_with_the_almanac() -> None:
    assert festival_day("春节", 2101) is None
    assert festival_day("清明节", 1899) is None
    assert festival_day("国庆节", 1800) == date(1800, 10, 1)


def test_a_day_knows_its_festivals() -> None:
    assert festivals_on(date(2028, 10, 3)) == ("mid_autumn",)
    assert festivals_on(date(2026, 2, 10)) == ("little_new_year",)
    assert festivals_on(date(2026, 2, 11)) == ()
