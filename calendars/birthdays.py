"""Birthdays, lunar and Gregorian, and the ages turned on them (rules 15 to 17)."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Final

from calendars.lunar import lunar_year, solar_day
from calendars.schedules import months_after, parse_lunar_day

DECADES: Final = frozenset({60, 70, 80, 90, 100})


class AgeReckoning(StrEnum):
    """How ages are counted: 周岁, years completed, or 虚岁, one at birth and one more with each lunar new year."""

    FULL = "full"
    NOMINAL = "nominal"


def birthdays(
    birth_date: date | None,
    lunar_birthday: str | None,
    first: date,
    last: date,
    *,
    reckoning: AgeReckoning = AgeReckoning.FULL,
) -> Iterator[tuple[date, int | None]]:
    """A person's birthdays from first to last, both inclusive, each with the age turned; None without birth_date.

    With `lunar_birthday` (`8-15`) they are lunar: always of the ordinary month, a 30th that is lacking its 29th. Else
    02-29 is 02-28 in a common year. Neither: none. The day of birth itself is no birthday. Raises ScheduleFault for a
    lunar birthday that is none.
    """
    if lunar_birthday:
        days = _lunar_birthdays(lunar_birthday, first, last)
    elif birth_date is not None:
        days = _solar_birthdays(birth_date, first, last)
    else:
        return
    for day in days:
        if birth_date is None:
            yield day, None
        elif day > birth_date:
            age = age_turned(birth_date, day, lunar=bool(lunar_birthday), reckoning=reckoning)
            if age is None or age > 0:
                yield day, age


def age_turned(
    birth_date: date, birthday: date, *, lunar: bool, reckoning: AgeReckoning = AgeReckoning.FULL
) -> int | None:
    """The age turned on a birthday (rule 16); None when a lunar one lies outside the almanac's years.

    周岁 is the difference of Gregorian years on a Gregorian birthday, of lunar years on a lunar one; the lunar year of
    birth is the one that holds birth_date.
    """
    if not lunar and reckoning is AgeReckoning.FULL:
        return birthday.year - birth_date.year
    born_in, turned_in = lunar_year(birth_date), lunar_year(birthday)
    if born_in is None or turned_in is None:
        return None
    return turned_in - born_in + (1 if reckoning is AgeReckoning.NOMINAL else 0)


def _lunar_birthdays(lunar_birthday: str, first: date, last: date) -> Iterator[date]:
    month, day_of_month = parse_lunar_day(lunar_birthday)
    for year in range(first.year - 1, last.year + 1):
        day = solar_day(year, month, day_of_month)
        if day is not None and first <= day <= last:
            yield day


def _solar_birthdays(birth_date: date, first: date, last: date) -> Iterator[date]:
    for year in range(first.year, last.year + 1):
        day = months_after(birth_date, 12 * (year - birth_date.year))
        if first <= day <= last:
            yield day
