"""Months, quarters and years in words, and where one can go from them."""

from dataclasses import dataclass
from datetime import date

from api.presenters.words import month_word
from calendars.periods import MONTHS_A_QUARTER, MONTHS_A_YEAR, Period, month_of, parse_period
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class PeriodLinks:
    """Where one can go from a period: beside it, a year back, and to the month, quarter or year at the same place."""

    before: Period | None
    after: Period | None
    year_before: Period | None
    month: Period
    quarter: Period
    year: Period
    length: str

    @property
    def is_year(self) -> bool:
        return self.length == "year"


def period_links(period: Period, *, today: date) -> PeriodLinks:
    """Where one can go from a period. A longer one leads to its last month, or to today's when that lies within."""
    length = len(period.months)
    inside = today if period.first <= today <= period.last else period.last
    return PeriodLinks(
        before=_moved(period, -length),
        after=_moved(period, length),
        year_before=_moved(period, -MONTHS_A_YEAR),
        month=month_of(inside),
        quarter=_period(inside.year, inside.month, MONTHS_A_QUARTER),
        year=_period(inside.year, inside.month, MONTHS_A_YEAR),
        length={1: "month", MONTHS_A_QUARTER: "quarter"}.get(length, "year"),
    )


def period_words(period: Period, *, language: str) -> str:
    """2026年9月, 2026年第三季度, 2026年."""
    year = period.first.year
    if period.is_month:
        return say("days.year_month", language=language, year=year, month=month_word(period.first, language))
    if len(period.months) == MONTHS_A_QUARTER:
        quarter = (period.first.month + 2) // MONTHS_A_QUARTER
        return say(f"pages.quarter_{quarter}", language=language, year=year)
    return say("pages.year", language=language, year=year)


def _moved(period: Period, months: int) -> Period | None:
    """The period of the same length so many months away; None outside the calendar."""
    year, month = divmod(period.first.year * MONTHS_A_YEAR + period.first.month - 1 + months, MONTHS_A_YEAR)
    return _period(year, month + 1, len(period.months)) if date.min.year <= year <= date.max.year else None


def _period(year: int, month: int, length: int) -> Period:
    """The month, quarter or year that holds a month."""
    if length == 1:
        return parse_period(f"{year:04}-{month:02}")
    if length == MONTHS_A_QUARTER:
        return parse_period(f"{year:04}-Q{(month + 2) // MONTHS_A_QUARTER}")
    return parse_period(f"{year:04}")
