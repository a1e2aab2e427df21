"""Schedules and their days in words: why a planned day is the one it is."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from wording.days import day as say_day
from wording.sentences import SOURCE_LANGUAGE, say

# The only signs of a lunar day's name that are written otherwise in Traditional Chinese.
_LUNAR_TRADITIONAL = str.maketrans("腊闰", "臘閏")


class Reason(Protocol):
    """One step on the way to a day, as calendars.occurrences gives it."""

    @property
    def code(self) -> str: ...
    @property
    def values(self) -> Sequence[tuple[str, str | int | date]]: ...


class Explained(Protocol):
    """A planned day with the steps that led to it."""

    @property
    def day(self) -> date: ...
    @property
    def reason(self) -> Sequence[Reason]: ...


def explain(occurrence: Explained, *, language: str = SOURCE_LANGUAGE) -> str:
    """Why the day is the one it is, in one line: 重阳节；10月18日 周日 往前第 3 个工作日.

    A day of another year than the planned one is said with its year.
    """
    steps = [_say_reason(reason, occurrence.day, language) for reason in occurrence.reason]
    if not steps:
        return say("schedules.reason.as_scheduled", language=language)
    return say("schedules.separator", language=language).join(steps)


def _say_reason(reason: Reason, planned: date, language: str) -> str:
    values = {name: _in_words(name, value, planned, language) for name, value in reason.values}
    # One day or working day has a sentence of its own: languages say it otherwise than two.
    number = "_one" if values.get("amount") == "1" else ""
    return say(f"schedules.reason.{reason.code}{number}", language=language, **values)


def _in_words(name: str, value: str | int | date, planned: date, language: str) -> str:
    if isinstance(value, date):
        return say_day(value, today=planned, language=language)
    if name in ("festival", "term"):
        return say(f"schedules.{name}.{value}", language=language)
    if name == "lunar" and language == "zh_Hant":
        return str(value).translate(_LUNAR_TRADITIONAL)
    return str(value)
