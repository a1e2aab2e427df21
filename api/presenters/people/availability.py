"""When somebody can come, as words and as a week's table: the text of the contract, and back again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from outreach import fields
from outreach.fields import BadValue, Window
from wording.sentences import say

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SPANS_A_DAY: Final = 2
"""As many as the table has room for; who has more writes the text."""
WHOLE_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class WeekdayShown:
    """A row of the table: the names of its fields, and what stands in them."""

    name: str
    words: str
    spans: Sequence[tuple[str, str, str, str]]
    """Field and value of the beginning, field and value of the end."""


def windows_of(available: str | None) -> Sequence[Window] | None:
    """The windows of a text; None for one that is none."""
    try:
        return fields.available(available or "")
    except BadValue:
        return None


def week_words(available: str | None, *, language: str) -> Sequence[str]:
    """周一、周二、周三 9:00–12:00, a line for each window, in the order told."""
    windows = windows_of(available)
    if windows is None:
        return [available or ""]
    separator = say("names.separator", language=language)
    return [
        f"{separator.join(say(f'days.weekday_{day + 1}', language=language) for day in sorted(window.weekdays))} "
        f"{clock(window.from_minute)}–{clock(window.to_minute)}"
        for window in windows
    ]


def fields_of(available: str | None) -> Mapping[str, str] | None:
    """The fields of the week's table for a text; None when it says more than the table has room for."""
    windows = windows_of(available)
    if windows is None:
        return None
    by_day: dict[int, list[Window]] = defaultdict(list)
    for window in windows:
        for day in window.weekdays:
            by_day[day].append(window)
    if any(len(some) > SPANS_A_DAY or _overlap(some) for some in by_day.values()):
        return None
    found: dict[str, str] = {}
    for day, some in by_day.items():
        for number, window in enumerate(sorted(some, key=lambda each: each.from_minute)):
            found[f"{WEEKDAYS[day]}_{number}_from"] = _typed(window.from_minute)
            found[f"{WEEKDAYS[day]}_{number}_to"] = _typed(window.to_minute)
    return found


def text_of(typed: Mapping[str, str]) -> str:
    """The contract's text for the fields of the table: days with the same hours stand together.

    What is typed half stands as it is, so that the rule for such texts says what is wrong with it.
    """
    hours: dict[str, list[str]] = {}
    for name in WEEKDAYS:
        for number in range(SPANS_A_DAY):
            first = typed.get(f"{name}_{number}_from", "").strip()
            last = typed.get(f"{name}_{number}_to", "").strip()
            if first or last:
                hours.setdefault(f"{first}-{last}", []).append(name)
    return ";".join(f"{_days(names)} {span}" for span, names in hours.items())


def week_table(typed: Mapping[str, str], *, language: str) -> Sequence[WeekdayShown]:
    """The rows of the table with what was typed."""
    return [
        WeekdayShown(
            name,
            say(f"days.weekday_{number + 1}", language=language),
            [
                (
                    f"{name}_{span}_from",
                    typed.get(f"{name}_{span}_from", ""),
                    f"{name}_{span}_to",
                    typed.get(f"{name}_{span}_to", ""),
                )
                for span in range(SPANS_A_DAY)
            ],
        )
        for number, name in enumerate(WEEKDAYS)
    ]


def clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _typed(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _overlap(windows: Sequence[Window]) -> bool:
    ordered = sorted(windows, key=lambda each: each.from_minute)
    return any(one.to_minute > other.from_minute for one, other in pairwise(ordered))


def _days(names: Sequence[str]) -> str:
    """`Mon-Fri` for days that follow one another, else `Mon,Wed`; each once."""
    numbers = sorted({WEEKDAYS.index(name) for name in names})
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{WEEKDAYS[numbers[0]]}-{WEEKDAYS[numbers[-1]]}"
    return ",".join(WEEKDAYS[number] for number in numbers)
