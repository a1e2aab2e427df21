"""Festivals as rules over solar and lunar dates, by their Chinese and English names; each year worked out once."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Final

from calendars.lunar import solar_day, solar_terms

Rule = Callable[[int], date | None]


def _solar(month: int, day: int) -> Rule:
    return lambda year: date(year, month, day)


def _lunar(month: int, day: int) -> Rule:
    return lambda year: solar_day(year, month, day)


def _of_lunar_year_before(month: int, day: int) -> Rule:
    # The twelfth month belongs to the lunar year that ends, so it falls into the next solar year, rarely into December.
    return lambda year: solar_day(year - 1, month, day)


def _qingming(year: int) -> date | None:
    return solar_terms(year).get("清明")


def _new_years_eve(year: int) -> date | None:
    spring = solar_day(year, 1, 1)
    return None if spring is None else spring - timedelta(days=1)


# key → (Chinese name, rule). The rule of a lunar festival is asked by year of 春节: laba, 小年 and 除夕 lie before it.
_RULES: Final[dict[str, tuple[str, Rule]]] = {
    "new_year": ("元旦", _solar(1, 1)),
    "spring_festival": ("春节", _lunar(1, 1)),
    "lantern": ("元宵节", _lunar(1, 15)),
    "womens_day": ("妇女节", _solar(3, 8)),
    "qingming": ("清明节", _qingming),
    "labour_day": ("劳动节", _solar(5, 1)),
    "youth_day": ("青年节", _solar(5, 4)),
    "dragon_boat": ("端午节", _lunar(5, 5)),
    "childrens_day": ("儿童节", _solar(6, 1)),
    "party_day": ("七一", _solar(7, 1)),
    "army_day": ("八一", _solar(8, 1)),
    "mid_autumn": ("中秋节", _lunar(8, 15)),
    "teachers_day": ("教师节", _solar(9, 10)),
    "national_day": ("国庆节", _solar(10, 1)),
    "double_ninth": ("重阳节", _lunar(9, 9)),
    "laba": ("腊八", _of_lunar_year_before(12, 8)),
    "little_new_year": ("小年", _of_lunar_year_before(12, 23)),
    "new_years_eve": ("除夕", _new_years_eve),
}

# every name a schedule may use, Chinese or English → key
FESTIVALS: Final[dict[str, str]] = {key: key for key in _RULES} | {
    name: key for key, (name, _) in _RULES.items()
}
FESTIVAL_KEYS: Final = tuple(_RULES)


@cache
def festival_day(name: str, year: int) -> date | None:
    """The day of a festival, by either name, in the year whose 春节 it belongs to; None outside the almanac.

    腊八, 小年 and 除夕 are those before that 春节 (rule 13): 腊八 of 2026 is 2026-01-26, of the lunar year 2025.
    """
    return _RULES[FESTIVALS[name]][1](year)


@cache
def festivals_on(day: date) -> tuple[str, ...]:
    """The keys of the festivals that fall on a day."""
    return tuple(
        key for key in FESTIVAL_KEYS for year in (day.year, day.year + 1) if festival_day(key, year) == day
    )
