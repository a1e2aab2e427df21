"""Period: the month, quarter or year that figures are asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_FORM: Final = re.compile(r"(\d{4})(?:-(\d{2})|-Q([1-4]))?", re.ASCII)
MONTHS_A_QUARTER: Final = 3
MONTHS_A_YEAR: Final = 12


class PeriodFault(ValueError):
    """A text that names no period: `code` names the sentence (domain "tallies"), `values` what it mentions."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values: Mapping[str, object] = values
        super().__init__(code, values)


@dataclass(frozen=True, slots=True)
class Period:
    """Consecutive whole months. `months` are their first days, in order; never empty."""

    months: tuple[date, ...]

    @property
    def first(self) -> date:
        return self.months[0]

    @property
    def last(self) -> date:
        """Its last day, inclusive."""
        return last_day(self.months[-1])

    @property
    def is_month(self) -> bool:
        return len(self.months) == 1

    def __str__(self) -> str:
        year = f"{self.first.year:04}"
        if self.is_month:
            return f"{year}-{self.first.month:02}"
        if len(self.months) == MONTHS_A_QUARTER:
            return f"{year}-Q{(self.first.month + 2) // MONTHS_A_QUARTER}"
        return year


def parse_period(text: str) -> Period:
    """Read `2026-09`, `2026-Q3` or `2026`; PeriodFault for anything else."""
    form = _FORM.fullmatch(text)
    year = int(form[1]) if form else 0
    if form is None or year < date.min.year:
        raise PeriodFault("period_unreadable", period=text)
    _, month, quarter = form.groups()
    if quarter:
        return _months(year, (int(quarter) - 1) * MONTHS_A_QUARTER + 1, MONTHS_A_QUARTER)
    if month is None:
        return _months(year, 1, MONTHS_A_YEAR)
    if not 1 <= int(month) <= MONTHS_A_YEAR:
        raise PeriodFault("period_unreadable", period=text)
    return _months(year, int(month), 1)


def month_of(day: date) -> Period:
    """The month that holds a day."""
    return Period((day.replace(day=1),))


def next_month(month: date) -> date:
    """The first day of the month after that of `month`; OverflowError after the calendar's last."""
    return last_day(month) + timedelta(days=1)


def month_before(day: date) -> date:
    """The first day of the month before that of a day."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def last_day(month: date) -> date:
    """The last day of the month that holds a day."""
    if month.month == MONTHS_A_YEAR:
        return month.replace(day=31)
    return month.replace(month=month.month + 1, day=1) - timedelta(days=1)


def _months(year: int, first: int, count: int) -> Period:
    return Period(tuple(date(year, month, 1) for month in range(first, first + count)))
