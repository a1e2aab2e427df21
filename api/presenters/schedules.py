"""A schedule in words: what the builder's sentence says, for lists and facts."""

from collections.abc import Sequence
from datetime import date

from calendars.festivals import FESTIVALS
from calendars.lunar import lunar_day_text
from calendars.schedules import (
    Birthday,
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
    SolarTerm,
    Weekday,
    parse_schedule,
)
from models.enums import OnHoliday
from wording import days as day_words
from wording.sentences import is_known, say

_DAYS_NAMED = 3
_WORKING_WEEK = tuple(NthWeekday(each) for each in list(Weekday)[:5])


def schedule_words(text: str, *, on_holiday: OnHoliday = OnHoliday.KEEP, today: date, language: str) -> str:
    """每月 15 日，遇公休顺延; a rule that the builder has no words for stands as its text."""
    try:
        schedule = parse_schedule(text)
    except ScheduleFault:
        return text
    words = _Speaker(today, language).words(schedule, text)
    if on_holiday is OnHoliday.KEEP:
        return words
    moved = say(f"campaigns.on_holiday_short_{on_holiday}", language=language)
    return say("campaigns.words_with_holiday", language=language, schedule=words, on_holiday=moved)


def lunar_words(month: int, day: int, *, language: str) -> str:
    """九月初九; with its own characters in Traditional Chinese."""
    words = lunar_day_text(month, day)
    return words.replace("腊", "臘") if language == "zh_Hant" else words


def case_kind_words(kind: str, *, language: str) -> str:
    """The name of a kind of case; one of the office's own stands as it is."""
    key = f"campaigns.case_{kind}"
    return say(key, language=language) if is_known(key) else kind


def nth_day_words(day: int | NthWeekday, *, language: str) -> str:
    """第 2 个周六, 15 日, 最后一天."""
    if isinstance(day, int):
        key = "month_day" if day > 0 else "last_day" if day == -1 else "day_from_end"
        return say(f"campaigns.words_{key}", language=language, number=abs(day))
    weekday = day_words.weekday(_some(day.weekday), language=language)
    if day.ordinal is None:
        return weekday
    key = "nth" if day.ordinal > 0 else "last" if day.ordinal == -1 else "nth_from_end"
    return say(f"campaigns.words_{key}", language=language, number=abs(day.ordinal), weekday=weekday)


def workday_words(number: int, *, language: str) -> str:
    """周一到周五里的第 1 天."""
    key = "nth_workday" if number > 0 else "last_workday" if number == -1 else "nth_workday_from_end"
    return say(f"campaigns.words_{key}", language=language, number=abs(number))


def interval_words(interval: Interval, *, language: str) -> str:
    """90 天, 2 周, 6 个月, 1 年."""
    key = f"campaigns.words_interval_{interval.unit.lower()}"
    return say(f"{key}_one" if interval.count == 1 else key, language=language, count=interval.count)


def _some(weekday: Weekday) -> date:
    # 2026-06-01 was a Monday.
    return date(2026, 6, 1 + weekday.number)


class _Speaker:
    """Says schedules in one language."""

    def __init__(self, today: date, language: str) -> None:
        self._today, self._language = today, language

    def words(self, schedule: Schedule, text: str) -> str:
        said = self._form(schedule)
        if said is None:
            return text
        return said if schedule.shift is None else self._shifted(said, schedule.shift)

    def _form(self, schedule: Schedule) -> str | None:
        match schedule:
            case Recurrence():
                return self._rule(schedule)
            case Festival():
                return self._say(f"schedules.festival.{FESTIVALS[schedule.name]}")
            case LunarDay():
                day = lunar_words(schedule.month, schedule.day, language=self._language)
                return self._say("campaigns.words_lunar", day=day)
            case SolarTerm():
                term = self._say(f"schedules.term.{schedule.name}")
                return self._say("campaigns.words_term", term=term)
            case Birthday():
                return self._say(f"campaigns.words_birthday_{schedule.which}")
            case Cadence():
                interval = interval_words(schedule.interval, language=self._language)
                return self._say("campaigns.words_cadence", interval=interval)
            case CaseVisit():
                return self._say(
                    "campaigns.words_case",
                    kind=case_kind_words(schedule.kind, language=self._language),
                    interval=interval_words(schedule.within, language=self._language),
                )
            case Dates():
                return self._dates(schedule.days)

    def _rule(self, rule: Recurrence) -> str | None:
        on = self._on(rule)
        if on is None or rule.week_start is not Weekday.MONDAY:
            return None
        every = "every_one" if rule.interval == 1 else "every"
        if rule.frequency is Frequency.WEEKLY and rule.interval == 1 and on:
            every = "on"
        words = self._say(
            f"campaigns.words_{rule.frequency.lower()}_{every}", interval=rule.interval, on=on
        ).strip()
        if rule.by_month:
            months = self._joined([self._say(f"days.month_{month}") for month in rule.by_month])
            key = "yearly_in" if rule.frequency is Frequency.YEARLY else "only_in"
            words = self._say(f"campaigns.words_{key}", months=months, words=words, on=on).strip()
        if rule.until is not None:
            until = day_words.day(rule.until, today=self._today, language=self._language)
            return self._say("campaigns.words_until", words=words, day=until)
        if rule.count is not None:
            return self._say("campaigns.words_count", words=words, count=rule.count)
        return words

    def _on(self, rule: Recurrence) -> str | None:
        """On which days of its week, month or year; None for what has no words."""
        if rule.by_week_number or rule.by_year_day or (rule.by_month_day and rule.by_day):
            return None
        if rule.by_set_position:
            if rule.by_day != _WORKING_WEEK or rule.frequency is not Frequency.MONTHLY or rule.by_month_day:
                return None
            return self._joined([workday_words(n, language=self._language) for n in rule.by_set_position])
        if rule.frequency is Frequency.DAILY and (rule.by_day or rule.by_month_day):
            return None
        if rule.frequency is Frequency.YEARLY and not rule.by_month and (rule.by_day or rule.by_month_day):
            return None
        days: Sequence[int | NthWeekday] = rule.by_month_day or rule.by_day
        return self._joined([nth_day_words(each, language=self._language) for each in days])

    def _dates(self, days: Sequence[date]) -> str:
        if len(days) > _DAYS_NAMED:
            return self._say("campaigns.words_dates", count=len(days))
        named = [day_words.day(day, today=self._today, language=self._language) for day in days]
        return self._joined(named)

    def _shifted(self, words: str, shift: Shift) -> str:
        side = "before" if shift.amount < 0 else "after"
        number = "_one" if abs(shift.amount) == 1 else ""
        key = f"campaigns.words_{side}_{shift.unit.lower()}{number}"
        return self._say(key, words=words, amount=abs(shift.amount))

    def _joined(self, words: Sequence[str]) -> str:
        return self._say("names.separator").join(words)

    def _say(self, key: str, **values: object) -> str:
        return say(key, language=self._language, **values)
