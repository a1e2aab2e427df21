"""Days and times the way people say them: 11月21日 周六 9:00, without leading zeros.

The year stands only when it is not that of `today`, the local day on which the words are read.
"""

from datetime import date, datetime, time, tzinfo
from functools import lru_cache

from wording.sentences import SOURCE_LANGUAGE, say

TO = "\N{EN DASH}"


def day(on: date, *, today: date, language: str = SOURCE_LANGUAGE) -> str:
    """11月21日 周六; 2025年11月21日 周五 when it is not this year. A datetime is a TypeError."""
    _require_day(on)
    return _day(on, on.year != today.year, language)


def weekday(on: date, *, language: str = SOURCE_LANGUAGE) -> str:
    """周六."""
    _require_day(on)
    return say(f"days.weekday_{on.isoweekday()}", language=language)


def month(first: date, *, today: date, language: str = SOURCE_LANGUAGE) -> str:
    """11月; 2025年11月 when it is not this year."""
    if first.year == today.year:
        return say("days.month", language=language, month=_month(first, language))
    return say("days.year_month", language=language, year=first.year, month=_month(first, language))


def clock_time(at: time | datetime) -> str:
    """9:00, 14:30: 24 hours, no leading zero, the same in every language."""
    return f"{at.hour}:{at.minute:02}"


def moment(at: datetime, *, zone: tzinfo, today: date, language: str = SOURCE_LANGUAGE) -> str:
    """11月21日 周六 9:00 in the zone; `today` is the local day there."""
    local = _local(at, zone)
    return f"{day(local.date(), today=today, language=language)} {clock_time(local)}"


def time_range(starts_at: datetime, ends_at: datetime, *, zone: tzinfo) -> str:
    """9:00–11:30 of one local day; without an end later than the start 9:00 alone."""
    starts, ends = _local(starts_at, zone), _local(ends_at, zone)
    return f"{clock_time(starts)}{TO}{clock_time(ends)}" if ends > starts else clock_time(starts)


def days(first: date, last: date, *, today: date, language: str = SOURCE_LANGUAGE) -> str:
    """11月21–23日; 11月30日–12月2日; with years when one of the two is not this year.

    One day is said as `day` says it.
    """
    if first == last:
        return day(first, today=today, language=language)
    if first.year != last.year:
        return f"{_dated(first, language)}{TO}{_dated(last, language)}"
    if first.month == last.month:
        inner = say(
            "days.days_of_month",
            language=language,
            month=_month(first, language),
            first=first.day,
            last=last.day,
        )
    else:
        inner = f"{_undated(first, language)}{TO}{_undated(last, language)}"
    return (
        inner
        if first.year == today.year
        else say("days.of_year", language=language, year=first.year, day=inner)
    )


@lru_cache(maxsize=4096)
def _day(on: date, with_year: bool, language: str) -> str:
    # Remembered: a page says the same few days over and over.
    return say(
        "days.day_weekday",
        language=language,
        day=_dated(on, language) if with_year else _undated(on, language),
        weekday=weekday(on, language=language),
    )


def _undated(on: date, language: str) -> str:
    _require_day(on)
    return say("days.day", language=language, month=_month(on, language), day=on.day)


def _dated(on: date, language: str) -> str:
    return say("days.of_year", language=language, year=on.year, day=_undated(on, language))


def _month(on: date, language: str) -> str:
    return say(f"days.month_{on.month}", language=language)


def _local(at: datetime, zone: tzinfo) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("an instant without a zone has no local time")
    return at.astimezone(zone)


def _require_day(on: date) -> None:
    if isinstance(on, datetime):
        raise TypeError("a day is a date; an instant has one only in a zone")
