"""A campaign's year taken over into the next: with which dates, and why each of them. Pure.

A schedule that a rule makes needs only to last longer; days that were written down one by one need new ones. Those that
keep a rule among themselves (each a third Wednesday, each a first of a lunar month) keep it; a day on a festival goes
with its festival; any other keeps its date.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import zip_longest

from calendars.festivals import festival_day, festivals_on
from calendars.lunar import lunar_date, solar_day
from calendars.occurrences import Occurrence
from calendars.schedules import (
    Birthday,
    Cadence,
    CaseVisit,
    DatedSchedule,
    Dates,
    Frequency,
    Recurrence,
    Schedule,
    months_after,
)
from calendars.workdays import Workdays
from outreach.planning.wanted import Course, dated_occurrences

_WEEK = timedelta(days=7)
_FEWEST_THAT_KEEP_A_RULE = 2


class Fate(StrEnum):
    """What copying does to a campaign; `year.fate_…` in the catalogues says it."""

    GOES_ON = "goes_on"
    """Its schedule reaches into the next year by itself: nothing is written."""
    LONGER = "longer"
    """It lasts a year longer."""
    MORE_DAYS = "more_days"
    """Days of the next year are added to those that were written down."""
    ANEW = "anew"
    """It took place in a part of the year only, so a campaign of its own does in the next."""
    NOTHING = "nothing"
    """The next year has its days already, or this one had none."""


class Basis(StrEnum):
    """Why a day that was written down has the date it has in the next year; `year.basis_…` says it."""

    FESTIVAL = "festival"
    LUNAR = "lunar"
    WEEKDAY = "weekday"
    LAST_WEEKDAY = "last_weekday"
    SAME_DATE = "same_date"
    NO_LEAP_DAY = "no_leap_day"


@dataclass(frozen=True, slots=True)
class CopiedDay:
    """A day of this year beside that of the next; one of them may be missing.

    `basis` is why, for a day that was written down; `festival` names it for Basis.FESTIVAL.
    """

    before: Occurrence | None
    after: Occurrence | None
    basis: Basis | None = None
    festival: str | None = None


@dataclass(frozen=True, slots=True)
class NextYear:
    """A campaign in the next year: what becomes of it, the columns it then has, and all its dates beside this year's.

    `by_subject`: its days come from birthdays, last visits or cases, and are not known beforehand.
    """

    fate: Fate
    schedule: Schedule
    starts_on: date
    ends_on: date
    days: tuple[CopiedDay, ...] = ()
    by_subject: bool = False

    @property
    def writes(self) -> bool:
        """Whether copying changes anything."""
        return self.fate in (Fate.LONGER, Fate.MORE_DAYS, Fate.ANEW)


@dataclass(frozen=True, slots=True)
class Carried:
    """The date that a day has in the next year, and why."""

    day: date
    basis: Basis
    festival: str | None = None


def next_year(course: Course, year: int, *, workdays: Workdays, is_copied: bool = False) -> NextYear:
    """What copying a year makes of a campaign. `is_copied`: the campaign of its own is there already."""
    made = _made(course, year, is_copied=is_copied)
    match made.schedule:
        case Birthday() | Cadence() | CaseVisit():
            return replace(made, by_subject=True)
        case schedule:
            return replace(made, days=tuple(_beside(course, made, schedule, year, workdays)))


def carried(days: Sequence[date], into: int) -> dict[date, Carried]:
    """The dates of days of one year in another (rule of this module), by the day that each comes from."""
    rule = _rule_among(days)
    return {day: _by_rule(day, rule, into) or _by_itself(day, into) for day in days}


# --- what becomes of a campaign ---------------------------------------------------------------------------------------


def _made(course: Course, year: int, *, is_copied: bool) -> NextYear:
    stays = NextYear(Fate.GOES_ON, course.schedule, course.starts_on, course.ends_on)
    first, last = date(year, 1, 1), date(year, 12, 31)
    if isinstance(course.schedule, Dates):
        return _with_more_days(course, course.schedule, year)
    until = _last_day(course)
    if until < first or course.starts_on > last:
        return replace(stays, fate=Fate.NOTHING)
    if until > last:
        return stays
    if until == last and not _is_counted(course.schedule):
        return NextYear(
            Fate.LONGER,
            _lasting(course.schedule, date(year + 1, 12, 31)),
            course.starts_on,
            max(course.ends_on, date(year + 1, 12, 31)),
        )
    starts_on = _start_anew(course, year)
    return NextYear(
        Fate.NOTHING if is_copied else Fate.ANEW,
        _lasting(course.schedule, same_date(until, year + 1)),
        starts_on,
        max(starts_on, same_date(until, year + 1)),
    )


def _with_more_days(course: Course, schedule: Dates, year: int) -> NextYear:
    """A month that has a day in the next year already keeps what it has: somebody has planned it."""
    lasting = [day for day in schedule.days if course.starts_on <= day <= course.ends_on]
    known = {day for day in schedule.days if day.year == year + 1}
    months = {day.month for day in known}
    new = carried([day for day in lasting if day.year == year], year + 1).values()
    fresh = {each.day for each in new if each.day.month not in months}
    if not fresh:
        return NextYear(Fate.NOTHING, schedule, course.starts_on, course.ends_on)
    # Days of this year that the campaign's span left out stay out, now that the span is longer.
    days = tuple(sorted({*lasting, *known, *fresh}))
    ends_on = max(course.ends_on, date(year + 1, 12, 31))
    return NextYear(Fate.MORE_DAYS, replace(schedule, days=days), course.starts_on, ends_on)


def _last_day(course: Course) -> date:
    """The last day that the campaign's own span and its rule's UNTIL allow."""
    schedule = course.schedule
    if isinstance(schedule, Recurrence) and schedule.until is not None:
        return min(schedule.until, course.ends_on)
    return course.ends_on


def _is_counted(schedule: Schedule) -> bool:
    return isinstance(schedule, Recurrence) and schedule.count is not None


def _lasting(schedule: Schedule, until: date) -> Schedule:
    """The same with its UNTIL, if it has one, at another day."""
    if isinstance(schedule, Recurrence) and schedule.until is not None:
        return replace(schedule, until=until)
    return schedule


def _start_anew(course: Course, year: int) -> date:
    """Where the campaign of the next year starts counting: in step with the one that it follows."""
    first = date(year + 1, 1, 1)
    wanted = same_date(course.starts_on, year + 1) if course.starts_on.year == year else first
    rule = course.schedule
    if not isinstance(rule, Recurrence):
        return wanted
    if rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
        step = rule.interval * (7 if rule.frequency is Frequency.WEEKLY else 1)
        # A week early rather than late: what its days are says the rule.
        asked = max(first, wanted - _WEEK)
        passed = -(-(asked - course.starts_on).days // step)
        return course.starts_on + timedelta(days=passed * step)
    months = rule.interval * (12 if rule.frequency is Frequency.YEARLY else 1)
    passed = 0
    while months_after(course.starts_on, passed * months) < min(wanted, date(year + 1, 12, 31)):
        passed += 1
    return months_after(course.starts_on, passed * months)


def same_date(day: date, year: int) -> date:
    """The same month and day of another year; 28 February for a leap day that the year lacks."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


# --- dates beside dates -----------------------------------------------------------------------------------------------


def _beside(
    course: Course, made: NextYear, schedule: DatedSchedule, year: int, workdays: Workdays
) -> Iterator[CopiedDay]:
    before = _days(course, course.schedule, course.starts_on, course.ends_on, year, workdays)
    after = _days(course, schedule, made.starts_on, made.ends_on, year + 1, workdays)
    if not isinstance(course.schedule, Dates):
        yield from (CopiedDay(old, new) for old, new in _paired(before, after))
        return
    why = carried([each.nominal for each in before], year + 1)
    by_nominal = {each.nominal: each for each in after}
    found: set[date] = set()
    for old in before:
        to = why[old.nominal]
        new = None if to.day in found else by_nominal.get(to.day)
        if new is None:
            yield CopiedDay(old, None)
            continue
        found.add(to.day)
        yield CopiedDay(old, new, to.basis, to.festival)
    yield from (CopiedDay(None, each) for each in after if each.nominal not in found)


def _days(
    course: Course, schedule: Schedule, starts_on: date, ends_on: date, year: int, workdays: Workdays
) -> list[Occurrence]:
    if isinstance(schedule, Birthday | Cadence | CaseVisit):
        return []
    lasting = replace(course, schedule=schedule, starts_on=starts_on, ends_on=ends_on)
    first, last = date(year, 1, 1), date(year, 12, 31)
    return list(dated_occurrences(lasting, schedule, first=first, last=last, workdays=workdays))


def _paired(
    before: Sequence[Occurrence], after: Sequence[Occurrence]
) -> Iterable[tuple[Occurrence | None, Occurrence | None]]:
    """One by one when there are as many of either, else month by month."""
    if len(before) == len(after):
        return zip(before, after, strict=True)
    months: defaultdict[int, tuple[list[Occurrence], list[Occurrence]]] = defaultdict(lambda: ([], []))
    for place, each_year in enumerate((before, after)):
        for each in each_year:
            months[each.day.month][place].append(each)
    return (pair for month in sorted(months) for pair in zip_longest(*months[month]))


# --- days that were written down --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """What all days of a year have in common."""

    basis: Basis
    number: int
    """The day of the lunar month, or which one of the month the weekday is."""
    weekday: int = 0


def _rule_among(days: Sequence[date]) -> _Rule | None:
    if len(days) < _FEWEST_THAT_KEEP_A_RULE or len({(day.year, day.month) for day in days}) < len(days):
        return None
    lunar = {found.day for day in days if (found := lunar_date(day)) is not None}
    if len(lunar) == 1:
        return _Rule(Basis.LUNAR, lunar.pop())
    weekdays = {day.weekday() for day in days}
    if len(weekdays) > 1:
        return None
    ordinals = {(day.day - 1) // 7 + 1 for day in days}
    if len(ordinals) == 1 and max(ordinals) < 5:
        return _Rule(Basis.WEEKDAY, ordinals.pop(), weekdays.pop())
    if all((day + _WEEK).month != day.month for day in days):
        return _Rule(Basis.LAST_WEEKDAY, -1, weekdays.pop())
    return None


def _by_rule(day: date, rule: _Rule | None, into: int) -> Carried | None:
    if rule is None:
        return None
    if rule.basis is Basis.LUNAR:
        found = _lunar(day, into)
        return None if found is None else Carried(found, Basis.LUNAR)
    first = date(into, day.month, 1)
    begins = first + timedelta(days=(rule.weekday - first.weekday()) % 7)
    of_month = [begins + place * _WEEK for place in range(5) if (begins + place * _WEEK).month == day.month]
    place = rule.number - 1 if rule.number > 0 else -1
    return Carried(of_month[place], rule.basis)


def _by_itself(day: date, into: int) -> Carried:
    for key in festivals_on(day):
        for asked in (into, into + 1):
            found = festival_day(key, asked)
            if found is not None and found.year == into:
                return Carried(found, Basis.FESTIVAL, key)
    same = same_date(day, into)
    return Carried(same, Basis.SAME_DATE if same.day == day.day else Basis.NO_LEAP_DAY)


def _lunar(day: date, into: int) -> date | None:
    """The same day of the same lunar month in another solar year; of a leap month that of the ordinary one.

    A lunar day can come twice in a solar year, or not at all: the one nearest to the same date, or None.
    """
    found = lunar_date(day)
    if found is None:
        return None
    of_years = (solar_day(year, found.month, found.day) for year in range(into - 1, into + 1))
    same = same_date(day, into)
    return min(
        (each for each in of_years if each is not None and each.year == into),
        key=lambda each: abs(each - same),
        default=None,
    )
