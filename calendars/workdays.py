"""Working days: the State Council's notice of a year, or the statutory rule while there is none (rules 1 to 3, 5).

Notices of past and announced years come from chinesecalendar; one that an administrator entered replaces what it
knows of that year. Days and years are those of the organisation's own calendar; nothing here knows a time zone.
"""

import csv
import io
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from itertools import islice, takewhile
from typing import Final

import chinese_calendar

from calendars.festivals import festival_day

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
# The thirteen statutory days: festival, and how many days from its own on (除夕 and the three days of 春节 are four).
_STATUTORY: Final = (
    ("new_year", 1),
    ("new_years_eve", 1),
    ("spring_festival", 3),
    ("qingming", 1),
    ("labour_day", 2),
    ("dragon_boat", 1),
    ("mid_autumn", 1),
    ("national_day", 3),
)


class DayKind(StrEnum):
    """Why a day is, or is not, a working day."""

    WEEKDAY = "weekday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"

    @property
    def works(self) -> bool:
        return self in (DayKind.WEEKDAY, DayKind.MAKE_UP)


@dataclass(frozen=True, slots=True)
class YearCalendar:
    """The official notice of a year: days that are free, and weekend days that are worked (调休).

    It may name days of the neighbouring years too: the notice of 2007 had Saturday 2006-12-30 worked.
    """

    free: frozenset[date]
    work: frozenset[date]


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day that a notice or the statutory rule names, and what it makes of it."""

    day: date
    kind: DayKind


@dataclass(frozen=True, slots=True)
class _Year:
    """A year worked out: the days that differ from a plain week, and all working days in order, as ordinals."""

    named: Mapping[date, DayKind]
    special: tuple[NamedDay, ...]
    workdays: tuple[int, ...]


class Workdays:
    """The working days of all years, given the notices that were entered by hand. Never changes; may be pickled."""

    __slots__ = ("_overrides", "_years")

    def __init__(self, overrides: Mapping[int, YearCalendar]) -> None:
        self._overrides = dict(overrides)
        self._years: dict[int, _Year] = {}

    @classmethod
    def of(cls, overrides: Mapping[int, YearCalendar] | None = None) -> "Workdays":
        """Working days with these notices entered by year; other years as chinesecalendar knows them, or forecast."""
        return cls(overrides or {})

    def __reduce__(self) -> tuple[type["Workdays"], tuple[dict[int, YearCalendar]]]:
        return Workdays, (self._overrides,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Workdays) and self._overrides == other._overrides

    def __hash__(self) -> int:
        return hash(frozenset(self._overrides.items()))

    def is_official(self, year: int) -> bool:
        """Whether the year's notice is known; the dates of other years are forecasts (rule 3)."""
        return year in self._overrides or year in _announced_years()

    def is_workday(self, day: date) -> bool:
        """Whether the day is a working day (rule 1)."""
        return self.day_kind(day).works

    def day_kind(self, day: date) -> DayKind:
        """Weekday, weekend, holiday (a weekend day within one too) or make-up day."""
        named = self._year(day.year).named.get(day)
        if named is not None:
            return named
        return _plain_kind(day)

    def shift_workdays(self, day: date, amount: int) -> date:
        """The amount-th working day strictly after the day, strictly before it when negative (rule 5).

        Zero gives the day itself. OverflowError beyond the years 1 to 9999.
        """
        if amount == 0:
            return day
        return self._forward(day, amount) if amount > 0 else self._backward(day, -amount)

    def next_workday(self, day: date) -> date:
        """The day itself when it is a working day, else the nearest after it (rule 6)."""
        return day if self.is_workday(day) else self.shift_workdays(day, 1)

    def previous_workday(self, day: date) -> date:
        """The day itself when it is a working day, else the nearest before it (rule 6)."""
        return day if self.is_workday(day) else self.shift_workdays(day, -1)

    def named_between(self, first: date, last: date) -> Iterator[NamedDay]:
        """The holidays and make-up days from first to last, both inclusive, ascending."""
        for year in range(first.year, last.year + 1):
            special = self._year(year).special
            start = bisect_left(special, first, key=lambda named: named.day)
            yield from takewhile(lambda named: named.day <= last, islice(special, start, None))

    def _forward(self, day: date, amount: int) -> date:
        year, skipped = day.year, bisect_right(self._year(day.year).workdays, day.toordinal())
        while True:
            workdays = self._year(year).workdays
            if skipped + amount <= len(workdays):
                return date.fromordinal(workdays[skipped + amount - 1])
            amount -= len(workdays) - skipped
            year, skipped = year + 1, 0

    def _backward(self, day: date, amount: int) -> date:
        year, before = day.year, bisect_left(self._year(day.year).workdays, day.toordinal())
        while amount > before:
            amount -= before
            year -= 1
            before = len(self._year(year).workdays)
        return date.fromordinal(self._year(year).workdays[before - amount])

    def _year(self, year: int) -> _Year:
        if (known := self._years.get(year)) is None:
            known = self._years[year] = self._work_out(year)
        return known

    def _work_out(self, year: int) -> _Year:
        if not date.min.year <= year <= date.max.year:
            raise OverflowError("no working days so far away")
        named = dict(self._named_days(year))
        workdays = tuple(
            ordinal
            for ordinal in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
            if named.get(day := date.fromordinal(ordinal), _plain_kind(day)).works
        )
        return _Year(named, tuple(NamedDay(day, named[day]) for day in sorted(named)), workdays)

    def _named_days(self, year: int) -> Iterator[tuple[date, DayKind]]:
        """The days of a year that a notice or the statutory rule names; the year's own notice has the last word."""
        if year not in self._overrides:
            yield from _announced_days(year) if year in _announced_years() else _statutory_days(year)
        for noticed in (year - 1, year + 1, year):
            if noticed in self._overrides:
                notice = self._overrides[noticed]
                yield from ((day, DayKind.HOLIDAY) for day in notice.free if day.year == year)
                yield from ((day, _worked_kind(day)) for day in notice.work if day.year == year)


def _plain_kind(day: date) -> DayKind:
    return DayKind.WEEKEND if day.weekday() >= _SATURDAY else DayKind.WEEKDAY


def _worked_kind(day: date) -> DayKind:
    return DayKind.MAKE_UP if day.weekday() >= _SATURDAY else DayKind.WEEKDAY


@cache
def _announced_years() -> frozenset[int]:
    # A year is announced when its last holiday is known: a notice may name days of the December before.
    return frozenset(
        day.year for day in chinese_calendar.constants.holidays if (day.month, day.day) == (10, 1)
    )


@cache
def _announced_days(year: int) -> tuple[tuple[date, DayKind], ...]:
    free = ((day, DayKind.HOLIDAY) for day in chinese_calendar.constants.holidays if day.year == year)
    worked = ((day, _worked_kind(day)) for day in chinese_calendar.constants.workdays if day.year == year)
    return (*free, *worked)


@cache
def _statutory_days(year: int) -> tuple[tuple[date, DayKind], ...]:
    return tuple((day, DayKind.HOLIDAY) for day in sorted(statutory_holidays(year)))


@cache
def statutory_holidays(year: int) -> frozenset[date]:
    """The free days of a year without a notice (rule 2).

    The statutory days, and for each on a weekend the next weekday that is not free yet. Beyond the almanac's years
    only the days of the solar calendar are known.
    """
    days = sorted(day for name, count in _STATUTORY for day in _run(festival_day(name, year), count))
    free = set(days)
    for day in days:
        if day.weekday() >= _SATURDAY:
            free.add(_next_free_weekday(day, free))
    return frozenset(free)


@cache
def holiday_festival(day: date) -> str:
    """The key of the festival that a free day of a notice belongs to: the nearest statutory one."""
    own = (
        (abs((festival - day).days), name)
        for name, _ in _STATUTORY
        for year in (day.year, day.year + 1)
        if (festival := festival_day(name, year)) is not None
    )
    name = min(own)[1]
    return "spring_festival" if name == "new_years_eve" else name


def _run(first: date | None, count: int) -> Iterable[date]:
    return () if first is None else (first + timedelta(days=passed) for passed in range(count))


def _next_free_weekday(day: date, free: set[date]) -> date:
    while day.weekday() >= _SATURDAY or day in free:
        day += _ONE_DAY
    return day


@dataclass(frozen=True, slots=True)
class NoticeFault:
    """What is wrong with a row of a notice: row 1 is the header, row 0 the file; `code` as ScheduleFault has it."""

    row: int
    column: str
    code: str
    values: Mapping[str, str]


class NoticeFaults(ValueError):
    """A notice that cannot be taken: every fault of it, by row."""

    def __init__(self, faults: tuple[NoticeFault, ...]) -> None:
        self.faults = faults
        super().__init__(faults)


def parse_notice(text: str, year: int) -> YearCalendar:
    """A year's official calendar from CSV with the columns `date` and `kind` (free or work), in any order.

    Days of the December before and the January after may be named too. Raises NoticeFaults with all faults.
    """
    reader = _NoticeReader(year)
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    except csv.Error:
        raise NoticeFaults((NoticeFault(0, "", "notice_unreadable", {}),)) from None
    return reader.read(rows)


class _NoticeReader:
    """Reads the rows of one notice and collects what is wrong with them."""

    def __init__(self, year: int) -> None:
        self.year = year
        self.kinds: dict[date, str] = {}
        self.faults: list[NoticeFault] = []

    def read(self, rows: list[list[str]]) -> YearCalendar:
        header = [name.strip().lower() for name in rows[0]] if rows else []
        missing = [name for name in ("date", "kind") if name not in header]
        for name in missing:
            self._fault(1, name, "notice_column_missing", name=name)
        if not missing:
            for number, row in enumerate(rows[1:], start=2):
                if any(cell.strip() for cell in row):
                    cells = dict(zip(header, row, strict=False))
                    self._take(number, cells.get("date", "").strip(), cells.get("kind", "").strip().lower())
        if not self.kinds and not self.faults:
            self._fault(0, "", "notice_empty")
        if self.faults:
            raise NoticeFaults(tuple(self.faults))
        return YearCalendar(
            free=frozenset(day for day, kind in self.kinds.items() if kind == "free"),
            work=frozenset(day for day, kind in self.kinds.items() if kind == "work"),
        )

    def _take(self, row: int, written: str, kind: str) -> None:
        day = _read_day(written)
        if kind not in ("free", "work"):
            self._fault(row, "kind", "notice_bad_kind", text=kind[:60])
        if day is None:
            self._fault(row, "date", "notice_bad_date", text=written[:60])
        elif not self._may_name(day):
            self._fault(row, "date", "notice_other_year", text=written, year=str(self.year))
        elif self.kinds.setdefault(day, kind) != kind:
            self._fault(row, "date", "notice_day_twice", text=written)

    def _may_name(self, day: date) -> bool:
        around = {(self.year - 1, 12), (self.year + 1, 1)}
        return day.year == self.year or (day.year, day.month) in around

    def _fault(self, row: int, column: str, code: str, **values: str) -> None:
        self.faults.append(NoticeFault(row, column, code, values))


def _read_day(written: str) -> date | None:
    parts = written.replace("年", "-").replace("月", "-").removesuffix("日").replace("/", "-").split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None
