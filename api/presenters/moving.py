"""Moving and cancelling one activity: what it is, and what follows, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial, reduce
from zoneinfo import ZoneInfo

from calendars.workdays import DayKind
from models import Campaign
from outreach.activities.moving import Follows
from outreach.planning import say_conflict
from wording import days as day_words
from wording.numbers import figure as figure_words
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that follows; `tone` is late, warn or empty."""

    tone: str
    words: str


def title_of(campaign: Campaign, subject: str | None) -> str:
    """What the activity is called: its campaign, with the one whom it is for."""
    return campaign.name if subject is None else f"{campaign.name}·{subject}"


def when_words(
    day: date,
    last_day: date,
    starts_at: datetime | None,
    *,
    today: date,
    zone: ZoneInfo,
    language: str,
) -> str:
    """10月23日 周五 9:00; of whole days the days alone."""
    if starts_at is None:
        return day_words.days(day, last_day, today=today, language=language)
    return day_words.moment(starts_at, zone=zone, today=today, language=language)


def lines(follows: Follows, *, today: date, language: str) -> Sequence[Line]:
    """What a move brings with it, each in a sentence, the gravest first."""
    found = [Line("late", say_conflict(each, today=today, language=language)) for each in follows.conflicts]
    if follows.day_kind is DayKind.HOLIDAY:
        found.append(Line("late", say("moving.falls_on_holiday", language=language)))
    elif follows.day_kind is DayKind.MAKE_UP:
        found.append(Line("warn", say("moving.falls_on_make_up_day", language=language)))
    elif follows.day_kind is DayKind.WEEKEND:
        found.append(Line("", say("moving.falls_on_weekend", language=language)))
    found.append(Line("", _told(follows.told, language)))
    return found


def said_after(follows: Follows, *, language: str) -> str:
    """What followed, short enough for the status line: who is told, who clashes, whether the day is free."""
    told = []
    if follows.told:
        told.append(_told(follows.told, language))
    if follows.clashing:
        told.append(say("moving.people_clash", language=language, count=figure_words(follows.clashing)))
    elif follows.conflicts:
        told.append(say("moving.collisions", language=language, count=figure_words(len(follows.conflicts))))
    if follows.day_kind in (DayKind.HOLIDAY, DayKind.MAKE_UP):
        told.append(say(f"moving.falls_on_{follows.day_kind}", language=language))
    return "" if not told else reduce(partial(_two, language), told)


def told_words(count: int, *, language: str) -> str:
    """How many people are told of a change; empty for nobody."""
    return _told(count, language) if count else ""


def _two(language: str, first: str, second: str) -> str:
    return say("moving.two", language=language, first=first, second=second)


def _told(count: int, language: str) -> str:
    if not count:
        return say("moving.nobody_told", language=language)
    return say("moving.will_be_told", language=language, count=figure_words(count))
