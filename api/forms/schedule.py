"""The schedule builder: a sentence of selects ⇄ a schedule's text. Pure.

`typed_schedule` fills the sentence from a text, `read_schedule` makes the text from the sentence. A schedule that the
sentence has no words for stands in it as text (`Pattern.TEXT`), so whatever the grammar can say opens and comes back.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Final

from api.forms.typed import Reading, Typed, whole_number
from calendars.festivals import FESTIVALS
from calendars.lunar_table import TERM_NAMES
from calendars.schedules import (
    FIRST_YEAR,
    HIGHEST_COUNT,
    LAST_YEAR,
    LONGEST_SHIFT,
    LONGEST_TEXT,
    Birthday,
    BirthdayKind,
    Cadence,
    CaseVisit,
    Dates,
    Festival,
    Frequency,
    Interval,
    LunarDay,
    NthWeekday,
    Recurrence,
    Schedule,
    ScheduleFault,
    Shift,
    ShiftUnit,
    SolarTerm,
    Weekday,
    parse_schedule,
    write_schedule,
)
from outreach import fields
from outreach.errors import Fault


class Pattern(StrEnum):
    """How something comes back, as the first choice of the sentence."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    DAILY = "daily"
    FESTIVAL = "festival"
    LUNAR = "lunar"
    TERM = "term"
    BIRTHDAY = "birthday"
    CADENCE = "cadence"
    CASE = "case"
    DATES = "dates"
    TEXT = "text"


class Side(StrEnum):
    """Whether something happens before or after the day that the schedule names."""

    BEFORE = "before"
    AFTER = "after"


class Stop(StrEnum):
    """Where a rule ends by itself, before its campaign does."""

    UNTIL = "until"
    COUNT = "count"


MONTH_DAYS: Final = (*range(1, 32), -1, -2, -3)
"""Days of a month, and those counted from its end."""
ORDINALS: Final = (1, 2, 3, 4, 5, -1, -2)
WEEKDAY_OF_WORK: Final = "WD"
"""Any day from Monday to Friday, in the place of one weekday."""
UNITS: Final = ("D", "W", "M", "Y")

_FREQUENCIES: Final[Mapping[Pattern, Frequency]] = {
    Pattern.DAILY: Frequency.DAILY,
    Pattern.WEEKLY: Frequency.WEEKLY,
    Pattern.MONTHLY: Frequency.MONTHLY,
    Pattern.YEARLY: Frequency.YEARLY,
}
_PATTERNS: Final = {frequency: pattern for pattern, frequency in _FREQUENCIES.items()}
_WORKING_WEEK: Final = tuple(NthWeekday(each) for each in list(Weekday)[:5])
_MONTHS: Final = range(1, 13)
_ON_DAY: Final = re.compile(r"(-?\d{1,2})(MO|TU|WE|TH|FR|SA|SU|WD)?", re.ASCII)
# As people write days: 2026-3-5, 2026/3/5, 2026.3.5, 2026年3月5日.
_WRITTEN_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_BETWEEN_DAYS: Final = re.compile(r"[\s,，、;；]+")

NthDay = int | NthWeekday | tuple[int, str]


# From the sentence to the text


def read_schedule(reading: Reading, *, present: str | None = None) -> str | None:
    """The text of the schedule that the sentence says; None when something is wrong with it, which is then a fault of
    the field. What says the same as the `present` text is spelt as that is.
    """
    pattern = reading.needed("pattern", partial(fields.one_of, Pattern))
    if pattern is None:
        return None
    if pattern is Pattern.TEXT:
        return reading.needed("schedule", fields.schedule_text)
    before = len(reading.faults)
    schedule = _schedule(reading, pattern)
    if schedule is None or len(reading.faults) > before:
        return None
    if present is not None and _parsed(present) == schedule:
        return present
    text = write_schedule(schedule)
    if len(text) > LONGEST_TEXT:
        reading.faults.append(Fault("dates", "schedules.too_long", {"limit": LONGEST_TEXT}))
        return None
    return text


def _schedule(reading: Reading, pattern: Pattern) -> Schedule | None:
    shift = _shift(reading)
    match pattern:
        case Pattern.FESTIVAL:
            festival = reading.needed("festival", _festival)
            return None if festival is None else Festival(festival, shift)
        case Pattern.LUNAR:
            month = _number(reading, "lunar_month", 12)
            day = _number(reading, "lunar_day", 30)
            return None if month is None or day is None else LunarDay(month, day, shift)
        case Pattern.TERM:
            term = reading.needed("term", _term)
            return None if term is None else SolarTerm(term, shift)
        case Pattern.BIRTHDAY:
            which = reading.needed("birthday", partial(fields.one_of, BirthdayKind))
            return None if which is None else Birthday(which, shift)
        case Pattern.CADENCE:
            interval = _interval(reading, "cadence", "cadence_unit")
            return None if interval is None else Cadence(interval, shift)
        case Pattern.CASE:
            kind = reading.needed("case_kind", fields.code)
            within = _interval(reading, "case_within", "case_unit")
            return None if kind is None or within is None else CaseVisit(kind, within, shift)
        case Pattern.DATES:
            days = reading.needed("dates", _days)
            return None if days is None else Dates(days, shift)
        case _:
            return _recurrence(reading, pattern, shift)


def _recurrence(reading: Reading, pattern: Pattern, shift: Shift | None) -> Recurrence:
    months = tuple(month for month in _MONTHS if reading.is_ticked(f"month_{month}"))
    weekdays = tuple(day for day in Weekday if reading.is_ticked(f"on_{day}"))
    until = reading.needed("stop_on", fields.day) if _stop(reading) is Stop.UNTIL else None
    count = _number(reading, "stop_after", HIGHEST_COUNT) if _stop(reading) is Stop.COUNT else None
    days: Sequence[NthDay] = ()
    if pattern in (Pattern.MONTHLY, Pattern.YEARLY):
        days = _nth_days(reading)
    if pattern is Pattern.YEARLY and days and not months:
        reading.faults.append(Fault("month_1", "campaigns.fault_choose_month"))
    by_work = [each[0] for each in days if isinstance(each, tuple)]
    if by_work and len(days) > 1:
        reading.faults.append(Fault("and_day", "campaigns.fault_workday_alone"))
    elif by_work and pattern is Pattern.YEARLY and len(months) > 1:
        reading.faults.append(Fault("on_day", "campaigns.fault_workday_one_month"))
    by_day = tuple(each for each in days if isinstance(each, NthWeekday))
    by_month_day = tuple(each for each in days if isinstance(each, int))
    if by_day and by_month_day:
        reading.faults.append(Fault("and_day", "campaigns.fault_two_days_alike"))
    if pattern is Pattern.WEEKLY:
        by_day = tuple(NthWeekday(day) for day in weekdays)
    return Recurrence(
        frequency=_FREQUENCIES[pattern],
        interval=reading.whole("every", least=1, most=HIGHEST_COUNT) or 1,
        until=until,
        count=count,
        by_month=months,
        by_month_day=by_month_day,
        by_day=_WORKING_WEEK if by_work else by_day,
        by_set_position=tuple(by_work),
        shift=shift,
    )


def _stop(reading: Reading) -> Stop | None:
    text = reading.typed.get("stop", "")
    return Stop(text) if text in list(Stop) else None


def _nth_days(reading: Reading) -> Sequence[NthDay]:
    found = (reading.said("on_day", _nth_day), reading.said("and_day", _nth_day))
    return list(dict.fromkeys(each for each in found if each is not None))


def _nth_day(text: str) -> NthDay:
    match = _ON_DAY.fullmatch(text)
    number = 0 if match is None else int(match[1])
    if match is None or number not in (MONTH_DAYS if match[2] is None else ORDINALS):
        raise fields.BadValue("campaigns.fault_not_in_list")
    if match[2] is None:
        return number
    return (number, match[2]) if match[2] == WEEKDAY_OF_WORK else NthWeekday(Weekday(match[2]), number)


def _shift(reading: Reading) -> Shift | None:
    side = reading.word("shift_side", Side)
    if side is None:
        return None
    amount = _number(reading, "shift", LONGEST_SHIFT)
    unit = reading.needed("shift_unit", partial(fields.one_of, ShiftUnit))
    if amount is None or unit is None:
        return None
    return Shift(-amount if side is Side.BEFORE else amount, unit)


def _interval(reading: Reading, count_field: str, unit_field: str) -> Interval | None:
    unit = reading.typed.get(unit_field, "")
    if unit not in UNITS:
        reading.faults.append(Fault(unit_field, "campaigns.fault_not_in_list"))
        return None
    return reading.needed(count_field, lambda text: fields.interval(f"P{_whole(text)}{unit}"))


def _number(reading: Reading, name: str, most: int) -> int | None:
    return reading.needed(name, partial(whole_number, least=1, most=most))


def _whole(text: str) -> int:
    return whole_number(text, least=1, most=HIGHEST_COUNT)


def _festival(text: str) -> str:
    return _listed(text, FESTIVALS)


def _term(text: str) -> str:
    return _listed(text, TERM_NAMES)


def _listed(text: str, names: Mapping[str, str] | Sequence[str]) -> str:
    if text not in names:
        raise fields.BadValue("campaigns.fault_not_in_list")
    return text


def _days(text: str) -> tuple[date, ...]:
    days = {_day(piece) for piece in _BETWEEN_DAYS.split(fields.text(text)) if piece}
    if not days:
        raise fields.BadValue("errors.missing")
    return tuple(sorted(days))


def _day(text: str) -> date:
    match = _WRITTEN_DAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise fields.BadValue("schedules.bad_date", text=fields.shown(text)) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise fields.BadValue(
            "schedules.year_out_of_range", text=fields.shown(text), first=FIRST_YEAR, last=LAST_YEAR
        )
    return day


# From the text to the sentence


def typed_schedule(text: str) -> Typed:
    """The sentence of a schedule's text, field by field. The text itself stands in `schedule` in any case."""
    schedule = _parsed(text)
    if schedule is not None:
        typed = {name: value for name, value in _sentence(schedule).items() if value}
        reading = Reading(typed)
        if read_schedule(reading) == write_schedule(schedule):
            return {**typed, "schedule": text}
    return {"pattern": Pattern.TEXT.value, "schedule": text}


def _sentence(schedule: Schedule) -> dict[str, str]:
    """What the fields would say; of a rule that they cannot say, only a part."""
    match schedule:
        case Recurrence():
            typed = _rule(schedule)
        case Festival():
            typed = {"pattern": Pattern.FESTIVAL.value, "festival": schedule.name}
        case LunarDay():
            typed = {
                "pattern": Pattern.LUNAR.value,
                "lunar_month": str(schedule.month),
                "lunar_day": str(schedule.day),
            }
        case SolarTerm():
            typed = {"pattern": Pattern.TERM.value, "term": schedule.name}
        case Birthday():
            typed = {"pattern": Pattern.BIRTHDAY.value, "birthday": schedule.which.value}
        case Cadence():
            count, unit = str(schedule.interval.count), schedule.interval.unit
            typed = {"pattern": Pattern.CADENCE.value, "cadence": count, "cadence_unit": unit}
        case CaseVisit():
            count, unit = str(schedule.within.count), schedule.within.unit
            typed = {"pattern": Pattern.CASE.value, "case_within": count, "case_unit": unit}
            typed["case_kind"] = schedule.kind
        case _:
            listed = "\n".join(day.isoformat() for day in schedule.days)
            typed = {"pattern": Pattern.DATES.value, "dates": listed}
    return typed | _said_shift(schedule.shift)


def _rule(rule: Recurrence) -> dict[str, str]:
    typed = {
        "pattern": _PATTERNS[rule.frequency].value,
        "every": str(rule.interval),
        **{f"month_{month}": "yes" for month in rule.by_month},
    }
    if rule.frequency is Frequency.WEEKLY:
        typed |= {f"on_{each.weekday}": "yes" for each in rule.by_day}
    else:
        typed |= dict(zip(("on_day", "and_day"), _said_days(rule), strict=False))
    if rule.until is not None:
        typed |= {"stop": Stop.UNTIL.value, "stop_on": rule.until.isoformat()}
    elif rule.count is not None:
        typed |= {"stop": Stop.COUNT.value, "stop_after": str(rule.count)}
    return typed


def _said_days(rule: Recurrence) -> Sequence[str]:
    if rule.by_day == _WORKING_WEEK and rule.by_set_position:
        return [f"{number}{WEEKDAY_OF_WORK}" for number in rule.by_set_position]
    return [str(each) for each in (*rule.by_month_day, *rule.by_day)]


def _said_shift(shift: Shift | None) -> dict[str, str]:
    if shift is None:
        return {}
    side = Side.BEFORE if shift.amount < 0 else Side.AFTER
    return {"shift_side": side.value, "shift": str(abs(shift.amount)), "shift_unit": shift.unit.value}


def _parsed(text: str) -> Schedule | None:
    try:
        return parse_schedule(text)
    except ScheduleFault:
        return None
