from datetime import date

import pytest

from calendars.birthdays import AgeReckoning, age_turned, birthdays
from calendars.schedules import ScheduleFault

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)


def turned(birth_date: str | None, lunar_birthday: str | None) -> list[tuple[str, int | None]]:
    born = date.fromisoformat(birth_date) if birth_date else None
    return [(day.isoformat(), age) for day, age in birthdays(born, lunar_birthday, FIRST, LAST)]


def test_a_lunar_birthday_can_come_twice_in_a_solar_year() -> None:
    assert turned("1936-12-30", "11-17") == [("2026-01-05", 89), ("2026-12-25", 90), ("2027-12-14", 91)]


def test_the_lunar_year_of_birth_is_the_one_that_holds_the_day() -> None:
    assert ("2027-01-28", 100) in turned("1927-01-24", "12-21")


def test_the_29th_of_february_is_the_28th_in_a_common_year() -> None:
    assert turned("1936-02-29", None) == [("2026-02-28", 90), ("2027-02-28", 91), ("2028-02-29", 92)]


def test_a_birth_in_a_leap_month_is_kept_in_the_ordinary_one() -> None:
    assert turned("1933-06-28", "5-6")[0] == ("2026-06-20", 93)


def test_a_thirtieth_that_is_lacking_is_kept_on_the_29th() -> None:
    assert [day for day, _ in turned("1940-10-30", "9-30")][:2] == ["2026-11-08", "2027-10-28"]


def test_without_a_year_of_birth_the_birthday_has_no_age() -> None:
    assert turned(None, "8-15")[0] == ("2026-09-25", None)


def test_without_any_birthday_there_is_none() -> None:
    assert turned(None, None) == []
    assert turned(None, "") == []


def test_the_day_of_birth_and_days_before_it_are_no_birthdays() -> None:
    assert turned("2027-05-01", None) == [("2028-05-01", 1)]
    assert turned("2026-09-25", "8-15") == [("2027-09-15", 1), ("2028-10-03", 2)]


def test_a_lunar_birthday_that_is_none_is_a_fault() -> None:
    with pytest.raises(ScheduleFault, match="bad_lunar_day"):
        turned("1936-12-30", "十一月十七")


def test_ages_may_be_reckoned_in_the_old_way() -> None:
    assert (
        age_turned(date(1936, 12, 30), date(2026, 12, 25), lunar=True, reckoning=AgeReckoning.NOMINAL) == 91
    )
    # Born in January 1927, the twelfth month of the lunar year 1926.
    assert (
        age_turned(date(1927, 1, 24), date(2026, 1, 24), lunar=False, reckoning=AgeReckoning.NOMINAL) == 100
    )
