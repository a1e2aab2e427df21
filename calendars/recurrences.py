"""The days of an RRULE (RFC 5545, section 3.3.10), at day level.

Every BY part is a condition on a day, since a period (day, week, month or year) holds all days that a part could expand
to. The days of a period that meet all of them are its set; BYSETPOS chooses from the whole set, also where the rule
starts within the period. Written out here rather than left to dateutil because a rule that never matches must end.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from itertools import islice

from calendars.schedules import Frequency, NthWeekday, Recurrence

Condition = Callable[[date], bool]


def recurrence_days(rule: Recurrence, *, starts_on: date, through: date) -> Iterator[date]:
    """The days of the rule from starts_on through a day, both inclusive, ascending; COUNT counts them from starts_on.

    starts_on is the DTSTART from which INTERVAL, weekday and day of the month count; it is a day of the rule only if
    the rule matches it (rule 8).
    """
    last = through if rule.until is None else min(through, rule.until)
    days = (
        day
        for period in _periods(rule, starts_on, last)
        for day in _chosen(rule, period)
        if starts_on <= day <= last
    )
    return islice(days, rule.count)


def _periods(rule: Recurrence, starts_on: date, last: date) -> Iterator[list[date]]:
    """The matching days of each INTERVAL-th period up to the one that holds the last day."""
    matches = _conditions(rule, starts_on)
    if rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
        length = 7 if rule.frequency is Frequency.WEEKLY else 1
        lead = (starts_on.weekday() - rule.week_start.number) % 7 if length == 7 else 0
        for first in range(starts_on.toordinal() - lead, last.toordinal() + 1, length * rule.interval):
            yield _matching(first, length, matches)
        return
    months = 12 if rule.frequency is Frequency.YEARLY else 1
    first_month = starts_on.year * 12 + (0 if months == 12 else starts_on.month - 1)
    for month in range(first_month, last.year * 12 + last.month, months * rule.interval):
        year, number = divmod(month, 12)
        yield _of_year(rule, year, matches) if months == 12 else _of_month(rule, year, number + 1, matches)


def _of_year(rule: Recurrence, year: int, matches: list[Condition]) -> list[date]:
    months = rule.by_month or (() if rule.by_month_day == () else range(1, 13))
    if months:
        return [day for month in sorted(months) for day in _of_month(rule, year, month, matches)]
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return _matching(first, last - first + 1, matches)


def _of_month(rule: Recurrence, year: int, month: int, matches: list[Condition]) -> list[date]:
    if rule.by_month_day:
        length = monthrange(year, month)[1]
        numbers = {number if number > 0 else length + 1 + number for number in rule.by_month_day}
        days = (date(year, month, number) for number in sorted(numbers) if 1 <= number <= length)
        return [day for day in days if all(condition(day) for condition in matches)]
    return _matching(date(year, month, 1).toordinal(), monthrange(year, month)[1], matches)


def _matching(first: int, length: int, matches: list[Condition]) -> list[date]:
    days = map(date.fromordinal, range(max(first, 1), min(first + length, date.max.toordinal() + 1)))
    return [day for day in days if all(condition(day) for condition in matches)]


def _chosen(rule: Recurrence, days: list[date]) -> list[date]:
    """What BYSETPOS leaves of the set of a period."""
    if not rule.by_set_position:
        return days
    places = {place - 1 if place > 0 else len(days) + place for place in rule.by_set_position}
    return [days[place] for place in sorted(places) if 0 <= place < len(days)]


def _conditions(rule: Recurrence, starts_on: date) -> list[Condition]:
    """What a day must meet: the rule's parts, and what a rule without them takes from its start."""
    conditions: list[Condition] = []
    if rule.by_month:
        conditions.append(lambda day: day.month in rule.by_month)
    if rule.by_week_number:
        conditions.append(lambda day: _in_week(day, rule))
    if rule.by_year_day:
        conditions.append(lambda day: _in_year_days(day, rule))
    if rule.by_month_day and rule.frequency is Frequency.DAILY:
        # Of a month or a year these days are taken at once.
        conditions.append(lambda day: _in_month_days(day, rule))
    if rule.by_day:
        conditions.append(_weekday_condition(rule))
    if not (rule.by_week_number or rule.by_year_day or rule.by_month_day or rule.by_day):
        conditions += _taken_from_start(rule, starts_on)
    return conditions


def _taken_from_start(rule: Recurrence, starts_on: date) -> list[Condition]:
    match rule.frequency:
        case Frequency.WEEKLY:
            return [lambda day: day.weekday() == starts_on.weekday()]
        case Frequency.MONTHLY:
            return [lambda day: day.day == starts_on.day]
        case Frequency.YEARLY if rule.by_month:
            return [lambda day: day.day == starts_on.day]
        case Frequency.YEARLY:
            return [lambda day: (day.month, day.day) == (starts_on.month, starts_on.day)]
        case _:
            return []


def _in_month_days(day: date, rule: Recurrence) -> bool:
    length = monthrange(day.year, day.month)[1]
    return day.day in rule.by_month_day or day.day - length - 1 in rule.by_month_day


def _in_year_days(day: date, rule: Recurrence) -> bool:
    number = day.timetuple().tm_yday
    length = date(day.year, 12, 31).timetuple().tm_yday
    return number in rule.by_year_day or number - length - 1 in rule.by_year_day


def _in_week(day: date, rule: Recurrence) -> bool:
    for year in (day.year + 1, day.year, day.year - 1):
        first = _first_week(year, rule.week_start.number)
        if first <= day.toordinal():
            number = (day.toordinal() - first) // 7 + 1
            weeks = (_first_week(year + 1, rule.week_start.number) - first) // 7
            return number in rule.by_week_number or number - weeks - 1 in rule.by_week_number
    return False


@lru_cache(maxsize=1024)
def _first_week(year: int, week_start: int) -> int:
    """The ordinal of the first day of week 1 of a year: the first week with at least four days in it (ISO 8601)."""
    # Proleptic arithmetic, so that the years 0 and 10000 around the calendar's ends have weeks as well.
    new_year = 365 * (year - 1) + (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400 + 1
    lead = (new_year - 1 - week_start) % 7
    return new_year - lead if lead <= 3 else new_year - lead + 7


def _weekday_condition(rule: Recurrence) -> Condition:
    every = frozenset(each.weekday.number for each in rule.by_day if each.ordinal is None)
    counted = [each for each in rule.by_day if each.ordinal is not None]
    if not counted:
        return lambda day: day.weekday() in every
    in_year = rule.frequency is Frequency.YEARLY and not rule.by_month
    return lambda day: day.weekday() in every or any(_is_nth(day, each, in_year=in_year) for each in counted)


def _is_nth(day: date, nth: NthWeekday, *, in_year: bool) -> bool:
    if day.weekday() != nth.weekday.number or nth.ordinal is None:
        return False
    if in_year:
        number, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    else:
        number, length = day.day, monthrange(day.year, day.month)[1]
    place = (number - 1) // 7 + 1 if nth.ordinal > 0 else -((length - number) // 7 + 1)
    return place == nth.ordinal
