"""A schedule's final days in a span of days: nominal day → shift → on_holiday (rule 4), each with the reason for it.

What a day is called on its way: the *nominal* day is the form's own, the *shifted* one comes after `shift`, the *final*
one (`Occurrence.day`) after `on_holiday`. All bounds hold for the final day alone (rule 7).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from calendars.birthdays import DECADES, AgeReckoning, birthdays
from calendars.festivals import FESTIVALS, festival_day
from calendars.lunar import lunar_day_text, lunar_months, solar_day, solar_terms
from calendars.recurrences import recurrence_days
from calendars.schedules import (
    FIRST_YEAR,
    LAST_YEAR,
    Birthday,
    BirthdayKind,
    Cadence,
    CaseVisit,
    DatedSchedule,
    Dates,
    Festival,
    Interval,
    LunarDay,
    Recurrence,
    Shift,
    ShiftUnit,
    SolarTerm,
)
from calendars.workdays import DayKind, Workdays, holiday_festival
from models.enums import OnHoliday

FIRST_DAY: Final = date(FIRST_YEAR, 1, 1)
LAST_DAY: Final = date(LAST_YEAR, 12, 31)
_ONE_DAY: Final = timedelta(days=1)

Value = str | int | date


@dataclass(frozen=True, slots=True)
class Reason:
    """One step on the way to a day: `code` names the sentence, `values` what it mentions.

    From the form: festival(festival), lunar_day, lunar_day_lacking (lunar, month, day), solar_term(term),
    birthday, birthday_age(age), visit_due(day), case_due(day). From `shift`: days_before, days_after, workdays_before,
    workdays_after (amount, day), then skipped(festival) and counted(day) for the holidays and make-up days in between.
    From `on_holiday`: moved_on_weekend, moved_back_weekend (day, to), moved_on_holiday, moved_back_holiday
    (day, to, festival). Besides: overdue(day, to), joined(day), forecast(year).
    """

    code: str
    values: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One activity to be: its final day, where that comes from, and whether a year without a notice had a say in it.

    `age` is the age turned on a birthday, None when the year of birth is unknown and for every other form.
    """

    nominal: date
    day: date
    forecast: bool
    reason: tuple[Reason, ...] = ()
    age: int | None = None

    @property
    def shifted_from(self) -> date | None:
        """The nominal day when the final one differs from it (rule 4)."""
        return None if self.nominal == self.day else self.nominal


@dataclass(frozen=True, slots=True)
class _Nominal:
    """A day that a form yields, and why it does."""

    day: date
    reason: tuple[Reason, ...] = ()
    age: int | None = None


@dataclass(frozen=True, slots=True)
class _Bounds:
    """The span that final days must lie in, both ends inclusive; empty when first is after last."""

    first: date
    last: date

    @classmethod
    def of(cls, *, starts_on: date, ends_on: date, first: date, last: date) -> "_Bounds":
        return cls(max(starts_on, first, FIRST_DAY), min(ends_on, last, LAST_DAY))

    @property
    def empty(self) -> bool:
        return self.first > self.last

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def occurrences(
    schedule: DatedSchedule,
    *,
    starts_on: date,
    ends_on: date,
    first: date,
    last: date,
    on_holiday: OnHoliday,
    workdays: Workdays,
) -> Iterator[Occurrence]:
    """The occurrences of a dated form whose final day lies in both spans, ascending, one a day (rules 4 to 14).

    `starts_on` and `ends_on` are the campaign's, `first` and `last` the horizon's; all inclusive. Days outside 1900 to
    2100 are never yielded. A recurrence counts from `starts_on`, whatever the horizon.
    """
    bounds = _Bounds.of(starts_on=starts_on, ends_on=ends_on, first=first, last=last)
    if bounds.empty:
        return iter(())
    window = _nominal_window(bounds, schedule.shift, workdays)
    nominals = _nominal_days(schedule, window, starts_on)
    return _one_a_day(_settled(nominals, schedule.shift, on_holiday, workdays), bounds)


def birthday_occurrences(
    schedule: Birthday,
    *,
    birth_date: date | None,
    lunar_birthday: str | None,
    starts_on: date,
    ends_on: date,
    first: date,
    last: date,
    on_holiday: OnHoliday,
    workdays: Workdays,
    reckoning: AgeReckoning = AgeReckoning.FULL,
) -> Iterator[Occurrence]:
    """One person's birthday activities in both spans, each with the age turned (rules 4 to 9 and 15 to 17).

    None for a person without any birthday, and for `decade` none without birth_date. Raises ScheduleFault when
    `lunar_birthday` is not written like `8-15`.
    """
    bounds = _Bounds.of(starts_on=starts_on, ends_on=ends_on, first=first, last=last)
    if bounds.empty:
        return iter(())
    window = _nominal_window(bounds, schedule.shift, workdays)
    nominals = (
        _Nominal(day, _birthday_reason(age), age)
        for day, age in birthdays(birth_date, lunar_birthday, window.first, window.last, reckoning=reckoning)
        if schedule.which is BirthdayKind.ALL or age in DECADES
    )
    return _one_a_day(_settled(nominals, schedule.shift, on_holiday, workdays), bounds)


def cadence_occurrence(
    schedule: Cadence,
    *,
    due_from: date,
    interval: Interval | None = None,
    not_before: date,
    starts_on: date,
    ends_on: date,
    last: date,
    on_holiday: OnHoliday,
    workdays: Workdays,
) -> Occurrence | None:
    """The next visit of one subject, due an interval after `due_from` (rules 19 and 20), if its day lies in the bounds.

    `due_from` is the last visit held, or where counting starts; `interval` a pairing's own, which goes before the
    campaign's. What is due before `not_before` (today) or `starts_on` is planned on the later of these.
    """
    return _due_occurrence(
        schedule,
        due_from=due_from,
        interval=interval or schedule.interval,
        code="visit_due",
        not_before=not_before,
        starts_on=starts_on,
        ends_on=ends_on,
        last=last,
        on_holiday=on_holiday,
        workdays=workdays,
    )


def case_occurrence(
    schedule: CaseVisit,
    *,
    opened_on: date,
    not_before: date,
    starts_on: date,
    ends_on: date,
    last: date,
    on_holiday: OnHoliday,
    workdays: Workdays,
) -> Occurrence | None:
    """The visit of one open case, due `within` after its opening, if its day lies in the bounds.

    A case whose time is up and that nobody has visited is planned on `not_before` (today), as a cadence is.
    """
    return _due_occurrence(
        schedule,
        due_from=opened_on,
        interval=schedule.within,
        code="case_due",
        not_before=not_before,
        starts_on=starts_on,
        ends_on=ends_on,
        last=last,
        on_holiday=on_holiday,
        workdays=workdays,
    )


def _due_occurrence(
    schedule: Cadence | CaseVisit,
    *,
    due_from: date,
    interval: Interval,
    code: str,
    not_before: date,
    starts_on: date,
    ends_on: date,
    last: date,
    on_holiday: OnHoliday,
    workdays: Workdays,
) -> Occurrence | None:
    bounds = _Bounds.of(starts_on=starts_on, ends_on=ends_on, first=not_before, last=last)
    if bounds.empty or due_from > LAST_DAY:
        return None
    due = max(interval.after(due_from), FIRST_DAY)
    if due > LAST_DAY:
        return None
    nominal = _Nominal(due, (Reason(code, (("day", due),)),))
    settled = _settle(nominal, schedule.shift, on_holiday, workdays, not_before=bounds.first)
    return settled if settled is not None and settled.day in bounds else None


# From the form to its nominal days


def _nominal_window(bounds: _Bounds, shift: Shift | None, workdays: Workdays) -> _Bounds:
    """All nominal days whose final day can lie in the bounds, and those that can meet them on one day (rule 9)."""
    # on_holiday moves no further than to the nearest working day, so a shifted day lies at most there.
    first = workdays.shift_workdays(bounds.first, -1)
    last = workdays.shift_workdays(bounds.last, 1)
    if shift is None:
        return _Bounds(first, last)
    if shift.unit is ShiftUnit.DAYS:
        distance = timedelta(days=shift.amount)
        return _Bounds(first - distance, last - distance)
    if shift.amount > 0:
        return _Bounds(workdays.shift_workdays(first, -shift.amount - 1), last)
    return _Bounds(first, workdays.shift_workdays(last, 1 - shift.amount))


def _nominal_days(schedule: DatedSchedule, window: _Bounds, starts_on: date) -> Iterable[_Nominal]:
    match schedule:
        case Recurrence():
            days = recurrence_days(schedule, starts_on=max(starts_on, FIRST_DAY), through=window.last)
            return (_Nominal(day) for day in days if day >= window.first)
        case Dates(days=listed):
            return map(
                _Nominal, listed[bisect_left(listed, window.first) : bisect_right(listed, window.last)]
            )
        case Festival():
            return _festival_days(schedule, window)
        case LunarDay():
            return _lunar_days(schedule, window)
        case SolarTerm():
            return _term_days(schedule, window)


def _festival_days(schedule: Festival, window: _Bounds) -> Iterator[_Nominal]:
    key = FESTIVALS[schedule.name]
    reason = (Reason("festival", (("festival", key),)),)
    # 腊八 may lie in the December before the year that it is asked by.
    for year in range(window.first.year, window.last.year + 2):
        day = festival_day(key, year)
        if day is not None and day in window:
            yield _Nominal(day, reason)


def _lunar_days(schedule: LunarDay, window: _Bounds) -> Iterator[_Nominal]:
    # A lunar year begins in January or February: the window's first days belong to the one before.
    for year in range(window.first.year - 1, window.last.year + 1):
        day = solar_day(year, schedule.month, schedule.day)
        if day is not None and day in window:
            yield _Nominal(day, (_lunar_reason(schedule, year),))


def _lunar_reason(schedule: LunarDay, year: int) -> Reason:
    month = next(each for each in lunar_months(year) if each.number == schedule.month and not each.leap)
    code = "lunar_day" if schedule.day <= month.length else "lunar_day_lacking"
    lunar = lunar_day_text(schedule.month, schedule.day)
    return Reason(code, (("lunar", lunar), ("month", schedule.month), ("day", schedule.day)))


def _term_days(schedule: SolarTerm, window: _Bounds) -> Iterator[_Nominal]:
    reason = (Reason("solar_term", (("term", schedule.name),)),)
    for year in range(window.first.year, window.last.year + 1):
        day = solar_terms(year).get(schedule.name)
        if day is not None and day in window:
            yield _Nominal(day, reason)


def _birthday_reason(age: int | None) -> tuple[Reason, ...]:
    return (Reason("birthday") if age is None else Reason("birthday_age", (("age", age),)),)


# From the nominal day to the final one


def _settled(
    nominals: Iterable[_Nominal], shift: Shift | None, on_holiday: OnHoliday, workdays: Workdays
) -> Iterator[Occurrence]:
    for nominal in nominals:
        settled = _settle(nominal, shift, on_holiday, workdays)
        if settled is not None:
            yield settled


def _settle(
    nominal: _Nominal,
    shift: Shift | None,
    on_holiday: OnHoliday,
    workdays: Workdays,
    *,
    not_before: date | None = None,
) -> Occurrence | None:
    """The occurrence of a nominal day, or None when on_holiday skips it (rules 4 to 6, 20)."""
    reason = list(nominal.reason)
    shifted = planned = nominal.day
    if shift is not None:
        shifted = planned = _shifted(nominal.day, shift, workdays)
        reason += _shift_reasons(nominal.day, shifted, shift, workdays)
    if not_before is not None and planned < not_before:
        reason.append(Reason("overdue", (("day", planned), ("to", not_before))))
        planned = not_before
    final = planned
    if on_holiday is not OnHoliday.KEEP and not (kind := workdays.day_kind(planned)).works:
        if on_holiday is OnHoliday.SKIP:
            return None
        later = on_holiday is OnHoliday.NEXT_WORKDAY
        final = workdays.next_workday(planned) if later else workdays.previous_workday(planned)
        reason.append(_moved_reason(planned, kind, final))
    forecast = _forecast_years((nominal.day.year, shifted.year, planned.year, final.year), workdays)
    reason += (Reason("forecast", (("year", year),)) for year in forecast)
    return Occurrence(nominal.day, final, bool(forecast), tuple(reason), nominal.age)


def _forecast_years(years: tuple[int, ...], workdays: Workdays) -> list[int]:
    """The years without a notice among those of a day's way (rule 3), each once."""
    distinct = years[:1] if years.count(years[0]) == len(years) else sorted(set(years))
    return [year for year in distinct if not workdays.is_official(year)]


def _shifted(day: date, shift: Shift, workdays: Workdays) -> date:
    if shift.unit is ShiftUnit.DAYS:
        return day + timedelta(days=shift.amount)
    return workdays.shift_workdays(day, shift.amount)


def _shift_reasons(nominal: date, shifted: date, shift: Shift, workdays: Workdays) -> Iterator[Reason]:
    direction = "before" if shift.amount < 0 else "after"
    unit = "days" if shift.unit is ShiftUnit.DAYS else "workdays"
    yield Reason(f"{unit}_{direction}", (("amount", abs(shift.amount)), ("day", nominal)))
    if shift.unit is ShiftUnit.WORKDAYS:
        yield from _between(nominal, shifted, workdays)


def _between(nominal: date, shifted: date, workdays: Workdays) -> Iterator[Reason]:
    """The holidays that counting went past, each once, and the make-up days that it counted."""
    skipped: set[str] = set()
    day, end = (shifted, nominal - _ONE_DAY) if shifted < nominal else (nominal + _ONE_DAY, shifted)
    for special in workdays.named_between(day, end):
        if special.kind is DayKind.MAKE_UP:
            yield Reason("counted", (("day", special.day),))
        elif special.kind is DayKind.HOLIDAY and (festival := holiday_festival(special.day)) not in skipped:
            skipped.add(festival)
            yield Reason("skipped", (("festival", festival),))


def _moved_reason(day: date, kind: DayKind, final: date) -> Reason:
    code = "moved_on" if final > day else "moved_back"
    if kind is DayKind.HOLIDAY:
        return Reason(f"{code}_holiday", (("day", day), ("to", final), ("festival", holiday_festival(day))))
    return Reason(f"{code}_weekend", (("day", day), ("to", final)))


def _one_a_day(settled: Iterable[Occurrence], bounds: _Bounds) -> Iterator[Occurrence]:
    """Of the occurrences on one final day that of the nearest nominal day, on a tie the earlier (rule 9).

    Needs them in the order of their nominal days: shift and on_holiday never let one day overtake another.
    """
    for day, together in groupby(settled, key=lambda each: each.day):
        if day > bounds.last:
            return
        if day >= bounds.first:
            yield _nearest(list(together))


def _nearest(together: list[Occurrence]) -> Occurrence:
    if len(together) == 1:
        return together[0]
    nearest = min(together, key=lambda each: (abs(each.day - each.nominal), each.nominal))
    joined = (Reason("joined", (("day", each.nominal),)) for each in together if each is not nearest)
    return replace(nearest, reason=(*nearest.reason, *joined))
