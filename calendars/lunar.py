"""Lunar ↔ solar dates and solar terms of 1900 to 2100, by the almanac of `lunar_table`; each year worked out once."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from calendars.lunar_table import (
    FIRST_LUNAR_YEAR,
    FIRST_NEW_YEAR,
    FIRST_TERM_YEAR,
    MONTHS,
    TERM_BASES,
    TERM_NAMES,
    TERMS,
)

_MONTH_WORDS = [int(word, 16) for word in MONTHS.split()]
_TERM_WORDS = [int(word, 16) for word in TERMS.split()]

FIRST_YEAR: Final = FIRST_TERM_YEAR
LAST_YEAR: Final = FIRST_LUNAR_YEAR + len(_MONTH_WORDS) - 1

_MONTH_NAMES: Final = ("正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊")
_DIGITS: Final = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十")


@dataclass(frozen=True, slots=True)
class LunarDate:
    """A day of the lunar calendar; `leap` when its month is the second of that number."""

    year: int
    month: int
    day: int
    leap: bool = False


@dataclass(frozen=True, slots=True)
class LunarMonth:
    """A month of a lunar year: its first day in the solar calendar and its length, 29 or 30 days."""

    number: int
    leap: bool
    first: date
    length: int


@cache
def lunar_months(year: int) -> tuple[LunarMonth, ...]:
    """The twelve or thirteen months of a lunar year in their order; none outside 1899 to 2100."""
    if not FIRST_LUNAR_YEAR <= year <= LAST_YEAR:
        return ()
    word = _MONTH_WORDS[year - FIRST_LUNAR_YEAR]
    first, months = _new_year(year), []
    for place, (number, leap) in enumerate(_month_names_in_order(word)):
        length = 29 + (word >> 4 + place & 1)
        months.append(LunarMonth(number, leap, first, length))
        first += timedelta(days=length)
    return tuple(months)


def solar_day(year: int, month: int, day: int) -> date | None:
    """The solar day of a day of an ordinary month, a 30th that is lacking being the 29th (rules 11 and 12).

    None outside the almanac's years. Month 1 to 12, day 1 to 30.
    """
    found = _ordinary_months(year).get(month)
    return None if found is None else found.first + timedelta(days=min(day, found.length) - 1)


def lunar_date(day: date) -> LunarDate | None:
    """The lunar date of a solar day; None outside 1900 to 2100."""
    for year in (day.year, day.year - 1):
        months = lunar_months(year)
        if months and months[0].first <= day:
            month = next((each for each in reversed(months) if each.first <= day), months[0])
            passed = (day - month.first).days
            return LunarDate(year, month.number, passed + 1, month.leap) if passed < month.length else None
    return None


def lunar_year(day: date) -> int | None:
    """The lunar year that holds a solar day; None outside 1900 to 2100."""
    found = lunar_date(day)
    return None if found is None else found.year


@cache
def solar_terms(year: int) -> dict[str, date]:
    """The 24 solar terms of a Gregorian year, name → day, from 小寒 to 冬至; none outside 1900 to 2100."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    word = _TERM_WORDS[year - FIRST_TERM_YEAR]
    return {
        name: date(year, place // 2 + 1, base + (word >> 2 * place & 3))
        for place, (name, base) in enumerate(zip(TERM_NAMES, TERM_BASES, strict=True))
    }


def lunar_text(day: date) -> str:
    """A day as a Chinese calendar prints it, 九月初七 or 闰六月廿九; empty outside the almanac's years."""
    found = lunar_date(day)
    return "" if found is None else lunar_day_text(found.month, found.day, leap=found.leap)


def lunar_day_text(month: int, day: int, *, leap: bool = False) -> str:
    """Month and day of the lunar calendar in words: 9, 7 → 九月初七."""
    return f"{'闰' if leap else ''}{_MONTH_NAMES[month - 1]}月{_day_text(day)}"


def _day_text(day: int) -> str:
    if day <= 10:
        return f"初{_DIGITS[day]}"
    if day in (20, 30):
        return f"{_DIGITS[day // 10]}十"
    return f"{'十' if day < 20 else '廿'}{_DIGITS[day % 10]}"


@cache
def _new_year(year: int) -> date:
    """The first day of a lunar year within the almanac."""
    first = FIRST_NEW_YEAR
    for word in _MONTH_WORDS[: year - FIRST_LUNAR_YEAR]:
        months = 13 if word & 15 else 12
        first += timedelta(days=29 * months + (word >> 4).bit_count())
    return first


@cache
def _ordinary_months(year: int) -> dict[int, LunarMonth]:
    return {month.number: month for month in lunar_months(year) if not month.leap}


def _month_names_in_order(word: int) -> list[tuple[int, bool]]:
    names = [(number, False) for number in range(1, 13)]
    if leap := word & 15:
        names.insert(leap, (leap, True))
    return names
