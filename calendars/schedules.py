"""Schedule text ⇄ schedule: one frozen dataclass a form.

`RRULE:FREQ=MONTHLY;BYMONTHDAY=20;shift=-3WD` is a form, its argument, and after it the options `shift` (any form) and
`within` (CASE). What is read is written back in one normal spelling: `parse_schedule(write_schedule(s)) == s`.
A text that is none raises ScheduleFault with a code that wording has a sentence for, and nothing else.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from calendars.festivals import FESTIVALS
from calendars.lunar_table import TERM_NAMES

# The almanac's years: no schedule names a day outside them.
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
LONGEST_TEXT: Final = 20_000
LONGEST_SHIFT: Final = 3_660
HIGHEST_COUNT: Final = 99_999

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_UNTIL = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_INTERVAL = re.compile(r"P(\d+)([DWMY])", re.ASCII)
_SHIFT = re.compile(r"([+-]?)(\d+)(WD|D)", re.ASCII)
_LUNAR_DAY = re.compile(r"(\d{1,2})-(\d{1,2})", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)
_BYDAY = re.compile(r"([+-]?\d+)?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_CASE_KIND = re.compile(r"[\w.\-]{1,64}")
T = TypeVar("T")
# What a Chinese keyboard types for the signs of the grammar.
_FULL_WIDTH = str.maketrans("：；，＝－＋−–", ":;,=-+--")


class ScheduleFault(ValueError):
    """A text that is no schedule: `code` names the sentence (domain "schedules"), `values` what it mentions."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values: Mapping[str, str] = MappingProxyType(
            {name: str(value) for name, value in values.items()}
        )
        super().__init__(code, dict(self.values))


class ShiftUnit(StrEnum):
    """What a shift counts."""

    WORKDAYS = "WD"
    DAYS = "D"


class Frequency(StrEnum):
    """The day-level frequencies of RFC 5545."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class BirthdayKind(StrEnum):
    """Which birthdays are celebrated: every one, or 60, 70, 80, 90 and 100 (rule 17)."""

    ALL = "all"
    DECADE = "decade"


class Weekday(StrEnum):
    """A weekday as RFC 5545 writes it; `number` counts as date.weekday() does, Monday 0."""

    MONDAY = "MO"
    TUESDAY = "TU"
    WEDNESDAY = "WE"
    THURSDAY = "TH"
    FRIDAY = "FR"
    SATURDAY = "SA"
    SUNDAY = "SU"

    @property
    def number(self) -> int:
        return _WEEKDAY_NUMBERS[self]


_WEEKDAY_NUMBERS = {weekday: number for number, weekday in enumerate(Weekday)}


@dataclass(frozen=True, slots=True)
class Shift:
    """So many working days or days after (positive) or before (negative) the nominal day; never zero (rule 5)."""

    amount: int
    unit: ShiftUnit


@dataclass(frozen=True, slots=True)
class Interval:
    """A duration of one part: `count` (at least 1) days, weeks, months or years (rule 10)."""

    count: int
    unit: str

    def after(self, day: date) -> date:
        """The day this long after `day`; months and years clip at the month's end. OverflowError past year 9999."""
        match self.unit:
            case "D":
                return day + timedelta(days=self.count)
            case "W":
                return day + timedelta(weeks=self.count)
            case "M":
                return months_after(day, self.count)
            case _:
                return months_after(day, 12 * self.count)

    def __str__(self) -> str:
        return f"P{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """A weekday of BYDAY; `ordinal` counts within the month or year, from the end when negative; None is every one."""

    weekday: Weekday
    ordinal: int | None = None

    def __str__(self) -> str:
        return f"{self.ordinal or ''}{self.weekday}"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """RRULE: a recurrence of RFC 5545 at day level; it starts at the campaign's `starts_on` (rule 8)."""

    frequency: Frequency
    interval: int = 1
    until: date | None = None
    count: int | None = None
    by_month: tuple[int, ...] = ()
    by_week_number: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[NthWeekday, ...] = ()
    by_set_position: tuple[int, ...] = ()
    week_start: Weekday = Weekday.MONDAY
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """DATES: just these days, sorted, each once."""

    days: tuple[date, ...]
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class Festival:
    """FESTIVAL: yearly on a festival, called as the text calls it (重阳节 or double_ninth)."""

    name: str
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class LunarDay:
    """LUNAR: yearly on a day of an ordinary lunar month (rules 11 and 12)."""

    month: int
    day: int
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class SolarTerm:
    """TERM: yearly on a solar term, by its Chinese name."""

    name: str
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class Birthday:
    """BIRTHDAY: one activity for each beneficiary on the birthday (rules 15 to 17)."""

    which: BirthdayKind
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class Cadence:
    """CADENCE: the next visit, so long after the last one held (rules 19 and 20)."""

    interval: Interval
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class CaseVisit:
    """CASE: one visit for each case of a kind, due within that time of its opening."""

    kind: str
    within: Interval
    shift: Shift | None = None


DatedSchedule = Recurrence | Dates | Festival | LunarDay | SolarTerm
Schedule = DatedSchedule | Birthday | Cadence | CaseVisit


def parse_schedule(text: str) -> Schedule:
    """The schedule that a text says. Raises ScheduleFault, whatever the text is."""
    form, parts = _form_and_parts(text)
    parts, options = _split_options(parts, allowed=("SHIFT", "WITHIN") if form == "CASE" else ("SHIFT",))
    shift = _read_shift(options["SHIFT"]) if "SHIFT" in options else None
    if form == "RRULE":
        return _read_recurrence(parts, shift)
    argument, *superfluous = parts
    if superfluous:
        raise ScheduleFault("unknown_option", option=_shown(superfluous[0]), form=form)
    if not argument:
        raise ScheduleFault("argument_missing", form=form)
    match form:
        case "DATES":
            return _read_dates(argument, shift)
        case "FESTIVAL":
            return _read_festival(argument, shift)
        case "LUNAR":
            month, day = parse_lunar_day(argument)
            return LunarDay(month, day, shift)
        case "TERM":
            return _read_term(argument, shift)
        case "BIRTHDAY":
            return _read_birthday(argument, shift)
        case "CADENCE":
            return Cadence(parse_interval(argument), shift)
        case _:
            return _read_case(argument, options.get("WITHIN"), shift)


def write_schedule(schedule: Schedule) -> str:
    """The text of a schedule in its normal spelling; `parse_schedule` reads it back as an equal one."""
    text = _write_form(schedule)
    if schedule.shift is None:
        return text
    return f"{text};shift={schedule.shift.amount:+d}{schedule.shift.unit}"


def parse_interval(text: str) -> Interval:
    """A duration of one part such as P90D, P2W, P6M or P1Y (rule 10), up to a hundred years. Raises ScheduleFault."""
    written = _tidy(text).upper()
    if not (match := _INTERVAL.fullmatch(written)):
        raise ScheduleFault("bad_interval", text=_shown(text))
    count, unit = _whole_number(match[1]), match[2]
    if count < 1:
        raise ScheduleFault("bad_interval", text=_shown(text))
    if count > _LONGEST_INTERVAL[unit]:
        raise ScheduleFault("interval_too_long", text=_shown(text))
    return Interval(count, unit)


def parse_lunar_day(text: str) -> tuple[int, int]:
    """Month and day of a text such as `8-15`: months 1 to 12, days 1 to 30. Raises ScheduleFault."""
    if not (match := _LUNAR_DAY.fullmatch(_tidy(text))):
        raise ScheduleFault("bad_lunar_day", text=_shown(text))
    month, day = int(match[1]), int(match[2])
    if not (1 <= month <= 12 and 1 <= day <= 30):
        raise ScheduleFault("bad_lunar_day", text=_shown(text))
    return month, day


def months_after(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day when it is shorter (rule 10)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError("no day so far away")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# Reading


_FORMS: Final = ("RRULE", "DATES", "FESTIVAL", "LUNAR", "TERM", "BIRTHDAY", "CADENCE", "CASE")
_LONGEST_INTERVAL: Final = {"D": 36_525, "W": 5_218, "M": 1_200, "Y": 100}


def _form_and_parts(text: str) -> tuple[str, list[str]]:
    if len(text) > LONGEST_TEXT:
        raise ScheduleFault("too_long", limit=LONGEST_TEXT)
    written = _tidy(text)
    if not written:
        raise ScheduleFault("empty")
    form, colon, rest = written.partition(":")
    form = form.strip().upper()
    if not colon or form not in _FORMS:
        raise ScheduleFault("unknown_form", text=_shown(text))
    return form, [part.strip() for part in rest.split(";")]


def _split_options(parts: list[str], *, allowed: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """The argument's own parts, and the options among those that follow the first."""
    own, options = parts[:1], {}
    for part in parts[1:]:
        name, equals, value = part.partition("=")
        name = name.strip().upper()
        if not equals or name not in allowed:
            own.append(part)
        elif name in options:
            raise ScheduleFault("option_twice", option=name.lower())
        else:
            options[name] = value.strip()
    return own, options


def _read_shift(text: str) -> Shift:
    if not (match := _SHIFT.fullmatch(text.upper())):
        raise ScheduleFault("bad_shift", text=_shown(text))
    amount = _whole_number(match[2])
    if amount == 0:
        raise ScheduleFault("zero_shift")
    if amount > LONGEST_SHIFT:
        raise ScheduleFault("shift_too_long", text=_shown(text), limit=LONGEST_SHIFT)
    return Shift(-amount if match[1] == "-" else amount, ShiftUnit(match[3]))


def _read_dates(argument: str, shift: Shift | None) -> Dates:
    return Dates(tuple(sorted({_read_day(part.strip()) for part in argument.split(",")})), shift)


def _read_day(text: str) -> date:
    if not (match := _DAY.fullmatch(text)):
        raise ScheduleFault("bad_date", text=_shown(text))
    day = _date_of(match, text)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ScheduleFault("year_out_of_range", text=_shown(text), first=FIRST_YEAR, last=LAST_YEAR)
    return day


def _date_of(match: re.Match[str], text: str) -> date:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ScheduleFault("bad_date", text=_shown(text)) from None


def _read_festival(argument: str, shift: Shift | None) -> Festival:
    name = argument.lower()
    if name not in FESTIVALS:
        raise ScheduleFault("unknown_festival", text=_shown(argument))
    return Festival(name, shift)


def _read_term(argument: str, shift: Shift | None) -> SolarTerm:
    if argument not in TERM_NAMES:
        raise ScheduleFault("unknown_term", text=_shown(argument))
    return SolarTerm(argument, shift)


def _read_birthday(argument: str, shift: Shift | None) -> Birthday:
    try:
        return Birthday(BirthdayKind(argument.lower()), shift)
    except ValueError:
        raise ScheduleFault("bad_birthday", text=_shown(argument)) from None


def _read_case(argument: str, within: str | None, shift: Shift | None) -> CaseVisit:
    if not _CASE_KIND.fullmatch(argument):
        raise ScheduleFault("bad_case_kind", text=_shown(argument))
    if within is None:
        raise ScheduleFault("within_missing")
    return CaseVisit(argument, parse_interval(within), shift)


def _tidy(text: str) -> str:
    """The text with full-width signs and digits as plain ones, without space around it."""
    return unicodedata.normalize("NFKC", text.translate(_FULL_WIDTH)).strip()


def _shown(text: str) -> str:
    """What a message may quote of a text: its beginning, in one line, without control characters."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain if len(plain) <= 60 else f"{plain[:60]}…"


def _whole_number(digits: str) -> int:
    """The number, or one too large for every limit: int() itself refuses thousands of digits."""
    significant = digits.lstrip("0") or "0"
    return int(significant) if len(significant) <= 9 else 10**9


# Reading RRULE


_FINER: Final = {"BYHOUR", "BYMINUTE", "BYSECOND"}
# part → (field, largest absolute value, negative allowed, frequencies that know it: RFC 5545, section 3.3.10)
_ALL = frozenset(Frequency)
_NUMBERED: Final = {
    "BYMONTH": ("by_month", 12, False, _ALL),
    "BYWEEKNO": ("by_week_number", 53, True, frozenset({Frequency.YEARLY})),
    "BYYEARDAY": ("by_year_day", 366, True, frozenset({Frequency.YEARLY})),
    "BYMONTHDAY": ("by_month_day", 31, True, _ALL - {Frequency.WEEKLY}),
    "BYSETPOS": ("by_set_position", 366, True, _ALL),
}
_KNOWN: Final = {"FREQ", "UNTIL", "COUNT", "INTERVAL", "BYDAY", "WKST", *_NUMBERED}


def _read_recurrence(parts: list[str], shift: Shift | None) -> Recurrence:
    written = _rule_parts(parts)
    frequency = _read_frequency(written)
    _check_together(written)
    by_day = _read_by_day(written, frequency)
    numbered = {
        name: _read_numbers(part, written[part], frequency)
        for part, (name, *_) in _NUMBERED.items()
        if part in written
    }
    return Recurrence(
        frequency=frequency,
        interval=_read_positive("INTERVAL", written.get("INTERVAL", "1")),
        until=_read_until(written["UNTIL"]) if "UNTIL" in written else None,
        count=_read_positive("COUNT", written["COUNT"]) if "COUNT" in written else None,
        by_month=numbered.get("by_month", ()),
        by_week_number=numbered.get("by_week_number", ()),
        by_year_day=numbered.get("by_year_day", ()),
        by_month_day=numbered.get("by_month_day", ()),
        by_day=by_day,
        by_set_position=numbered.get("by_set_position", ()),
        week_start=_read_weekday(written.get("WKST", "MO")),
        shift=shift,
    )


def _rule_parts(parts: list[str]) -> dict[str, str]:
    written: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.upper().partition("=")
        name, value = name.strip(), value.strip()
        if name in _FINER:
            raise ScheduleFault("finer_than_day", text=name)
        if not equals or name not in _KNOWN:
            raise ScheduleFault("unknown_rule_part", text=_shown(part))
        if name in written:
            raise ScheduleFault("rule_part_twice", part=name)
        if not value:
            raise ScheduleFault("rule_value_missing", part=name)
        written[name] = value
    return written


def _read_frequency(written: dict[str, str]) -> Frequency:
    if "FREQ" not in written:
        raise ScheduleFault("frequency_missing")
    name = written["FREQ"]
    if name in ("HOURLY", "MINUTELY", "SECONDLY"):
        raise ScheduleFault("finer_than_day", text=f"FREQ={name}")
    try:
        return Frequency(name)
    except ValueError:
        raise ScheduleFault("unknown_frequency", text=_shown(name)) from None


def _check_together(written: dict[str, str]) -> None:
    if "UNTIL" in written and "COUNT" in written:
        raise ScheduleFault("until_with_count")
    if "BYSETPOS" in written and not any(part.startswith("BY") for part in written.keys() - {"BYSETPOS"}):
        raise ScheduleFault("set_position_alone")


def _read_numbers(part: str, text: str, frequency: Frequency) -> tuple[int, ...]:
    _, largest, negative, frequencies = _NUMBERED[part]
    if frequency not in frequencies:
        raise ScheduleFault("rule_part_not_here", part=part, frequency=frequency)
    numbers: list[int] = []
    for item in text.split(","):
        number = _signed_number(item.strip(), part)
        if number == 0 or abs(number) > largest or (number < 0 and not negative):
            raise ScheduleFault("rule_number_out_of_range", part=part, text=_shown(item))
        numbers.append(number)
    return _each_once(numbers)


def _signed_number(text: str, part: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ScheduleFault("rule_number_bad", part=part, text=_shown(text))
    size = _whole_number(text.lstrip("+-"))
    return -size if text.startswith("-") else size


def _read_positive(part: str, text: str) -> int:
    number = _signed_number(text, part)
    if not 1 <= number <= HIGHEST_COUNT:
        raise ScheduleFault("rule_number_out_of_range", part=part, text=_shown(text))
    return number


def _read_until(text: str) -> date:
    if not (match := _UNTIL.fullmatch(text)):
        raise ScheduleFault("bad_until", text=_shown(text))
    return _date_of(match, text)


def _read_by_day(written: dict[str, str], frequency: Frequency) -> tuple[NthWeekday, ...]:
    if "BYDAY" not in written:
        return ()
    days: list[NthWeekday] = []
    for item in written["BYDAY"].split(","):
        if not (match := _BYDAY.fullmatch(item.strip())):
            raise ScheduleFault("bad_weekday", text=_shown(item))
        ordinal = None if match[1] is None else _signed_number(match[1], "BYDAY")
        if ordinal is not None:
            _check_ordinal(ordinal, item, written, frequency)
        days.append(NthWeekday(Weekday(match[2]), ordinal))
    return _each_once(days)


def _check_ordinal(ordinal: int, item: str, written: dict[str, str], frequency: Frequency) -> None:
    if frequency not in (Frequency.MONTHLY, Frequency.YEARLY) or "BYWEEKNO" in written:
        raise ScheduleFault("ordinal_not_here", text=_shown(item))
    if ordinal == 0 or abs(ordinal) > 53:
        raise ScheduleFault("rule_number_out_of_range", part="BYDAY", text=_shown(item))


def _read_weekday(text: str) -> Weekday:
    try:
        return Weekday(text)
    except ValueError:
        raise ScheduleFault("bad_weekday", text=_shown(text)) from None


def _each_once(items: list[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


# Writing


def _write_form(schedule: Schedule) -> str:
    match schedule:
        case Recurrence():
            return f"RRULE:{_write_recurrence(schedule)}"
        case Dates():
            return f"DATES:{','.join(day.isoformat() for day in schedule.days)}"
        case Festival():
            return f"FESTIVAL:{schedule.name}"
        case LunarDay():
            return f"LUNAR:{schedule.month}-{schedule.day}"
        case SolarTerm():
            return f"TERM:{schedule.name}"
        case Birthday():
            return f"BIRTHDAY:{schedule.which}"
        case Cadence():
            return f"CADENCE:{schedule.interval}"
        case CaseVisit():
            return f"CASE:{schedule.kind};within={schedule.within}"


def _write_recurrence(rule: Recurrence) -> str:
    lists: dict[str, tuple[object, ...]] = {
        "BYMONTH": rule.by_month,
        "BYWEEKNO": rule.by_week_number,
        "BYYEARDAY": rule.by_year_day,
        "BYMONTHDAY": rule.by_month_day,
        "BYDAY": rule.by_day,
        "BYSETPOS": rule.by_set_position,
    }
    parts = [f"FREQ={rule.frequency}"]
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    parts += [f"{name}={','.join(map(str, items))}" for name, items in lists.items() if items]
    if rule.week_start is not Weekday.MONDAY:
        parts.append(f"WKST={rule.week_start}")
    if rule.until is not None:
        parts.append(f"UNTIL={rule.until:%Y%m%d}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    return ";".join(parts)
