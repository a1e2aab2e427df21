"""What is said of a person wherever one is shown: roles, age, birthday, availability."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from calendars.birthdays import DECADES, birthdays
from calendars.lunar import lunar_day_text
from models.enums import PersonRole
from outreach.people_register import Named
from wording import days as day_words
from wording.sentences import is_known, say

_LONGEST_YEAR: Final = timedelta(days=400)
"""Longer than any lunar year, so that a birthday lies in it."""


@dataclass(frozen=True, slots=True)
class Link:
    """A word that leads somewhere."""

    address: str
    words: str


@dataclass(frozen=True, slots=True)
class DayShown:
    """A day in words, with what a program reads."""

    iso: str
    words: str


def day_shown(day: date, *, today: date, language: str) -> DayShown:
    return DayShown(day.isoformat(), day_words.day(day, today=today, language=language))


def role_words(roles: Sequence[PersonRole], *, language: str) -> str:
    """志愿者、退休."""
    separator = say("names.separator", language=language)
    return separator.join(say(f"people.role_{role.value}", language=language) for role in roles)


def age_on(birth_date: date | None, lunar_birthday: str | None, day: date) -> int | None:
    """The age (周岁) on a day, by the birthday that they keep (rule 16); None without a birth date."""
    if birth_date is None or birth_date > day:
        return None
    ages = [age for _, age in birthdays(birth_date, lunar_birthday, day - _LONGEST_YEAR, day)]
    return ages[-1] if ages else 0


@dataclass(frozen=True, slots=True)
class DecadeBirthday:
    """The next round birthday: 60, 70, 80, 90 or 100."""

    age: int
    day: date


def next_decade(birth_date: date | None, lunar_birthday: str | None, day: date) -> DecadeBirthday | None:
    """The next of them from a day on; None when there is none, or no birth date."""
    age = age_on(birth_date, lunar_birthday, day)
    if age is None or birth_date is None:
        return None
    for decade in sorted(DECADES):
        if decade < age:
            continue
        around = _years_later(birth_date, decade)
        for birthday, turned in birthdays(
            birth_date, lunar_birthday, around - _LONGEST_YEAR, around + _LONGEST_YEAR
        ):
            if turned == decade and birthday >= day:
                return DecadeBirthday(decade, birthday)
    return None


def _years_later(day: date, years: int) -> date:
    year = min(day.year + years, date.max.year - 2)
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def birthday_words(birth_date: date | None, lunar_birthday: str | None, *, language: str) -> str:
    """1936年12月30日，农历十一月十七."""
    said = []
    if birth_date is not None:
        said.append(
            say(
                "people.born_on",
                language=language,
                year=birth_date.year,
                month=birth_date.month,
                day=birth_date.day,
            )
        )
    if lunar_birthday:
        month, _, day = lunar_birthday.partition("-")
        said.append(say("people.lunar_day", language=language, day=lunar_day_text(int(month), int(day))))
    return say("people.comma", language=language).join(said)


def links(all_named: Sequence[Named], room: str) -> Sequence[Link]:
    return [Link(f"/{room}/{each.code}", each.name) for each in all_named]


def pairing_word(kind: str, *, language: str) -> str:
    """The word for a kind of pairing; one of the office's own stands as it is."""
    key = f"people.pairing_{kind}"
    return say(key, language=language) if is_known(key) else kind
