"""A day as a heading."""

from dataclasses import dataclass
from datetime import date

from api.presenters.words import month_word
from calendars.festivals import festivals_on
from calendars.lunar import lunar_text
from calendars.workdays import DayKind, Workdays
from wording import days as day_words
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class DayWords:
    """A day as a heading: `mark` is rest, work or empty; `festival` names what falls on it."""

    iso: str
    number: str
    weekday: str
    lunar: str
    festival: str
    mark: str
    is_today: bool
    is_over: bool


def day_heading(day: date, *, workdays: Workdays, today: date, language: str) -> DayWords:
    """A day with its lunar date, its festivals and whether it is free or worked against the week."""
    marks = {DayKind.HOLIDAY: "rest", DayKind.MAKE_UP: "work"}
    separator = say("names.separator", language=language)
    return DayWords(
        iso=day.isoformat(),
        number=say("days.day", language=language, month=month_word(day, language), day=day.day),
        weekday=day_words.weekday(day, language=language),
        lunar=lunar_text(day),
        festival=separator.join(
            say(f"schedules.festival.{key}", language=language) for key in festivals_on(day)
        ),
        mark=marks.get(workdays.day_kind(day), ""),
        is_today=day == today,
        is_over=day < today,
    )
