"""The week and its days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from api.presenters.cards import ActivityCard, OwedCard, activity_card, owed_card
from api.presenters.days import DayWords, day_heading
from calendars.lunar import lunar_text
from calendars.workdays import Workdays
from outreach.agenda import Owed
from outreach.spans import DayOfSpan, Span
from wording import days as day_words
from wording.numbers import figure as figure_words


@dataclass(frozen=True, slots=True)
class DayCard:
    day: DayWords
    items: Sequence[ActivityCard]
    more: int


@dataclass(frozen=True, slots=True)
class WeekPage:
    title: str
    today: str
    lunar: str
    days: Sequence[DayCard]
    activities: str
    cancelled: int
    short: str
    awaiting: str
    owed: OwedCard


def week_page(
    found: Span, owed_now: Owed, *, workdays: Workdays, today: date, zone: ZoneInfo, language: str
) -> WeekPage:
    """The page of consecutive days."""
    first, last = found.days[0].day, found.days[-1].day
    lunar = [lunar_text(first)] if first == last else [lunar_text(first), lunar_text(last)]
    return WeekPage(
        today=today.isoformat(),
        title=day_words.days(first, last, today=today, language=language),
        lunar=day_words.TO.join(text for text in lunar if text),
        days=[_day_card(each, workdays, today, zone, language) for each in found.days],
        activities=figure_words(found.activities),
        cancelled=found.cancelled,
        short=figure_words(found.short),
        awaiting=figure_words(found.awaiting),
        owed=owed_card(owed_now, today=today, zone=zone, language=language),
    )


def _day_card(of_day: DayOfSpan, workdays: Workdays, today: date, zone: ZoneInfo, language: str) -> DayCard:
    return DayCard(
        day=day_heading(of_day.day, workdays=workdays, today=today, language=language),
        items=[activity_card(item, today, zone, language) for item in of_day.items],
        more=of_day.count - len(of_day.items),
    )
