"""The holidays of a year as a calendar to mark, what a notice was understood as, and what follows."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from api.presenters.words import month_word
from calendars.holiday_notices import Doubt, NoticeRead
from calendars.workdays import DayKind, Workdays, YearCalendar
from models.base import ActivityId, CampaignId
from outreach import fields
from outreach.planning import PlanReport
from wording import days as day_words
from wording.names import joined
from wording.sentences import say

MOVES_SHOWN: Final = 50
LINES_SHOWN: Final = 20
_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class YearRow:
    year: int
    source: str
    tone: str
    free: str
    work: str


@dataclass(frozen=True, slots=True)
class DayMark:
    """A day of the calendar: whether it is marked, and what its marks are called."""

    iso: str
    number: int
    is_weekend: bool
    is_free: bool
    is_worked: bool
    free_words: str
    work_words: str


@dataclass(frozen=True, slots=True)
class MonthOfDays:
    name: str
    blanks: int
    days: Sequence[DayMark]


@dataclass(frozen=True, slots=True)
class UnderstoodRow:
    text: str
    days: str


@dataclass(frozen=True, slots=True)
class MoveRow:
    activity_id: ActivityId
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Follows:
    """What saving would do. `differs` is empty when nothing would be otherwise."""

    differs: Sequence[str]
    moved: str
    besides: str
    moves: Sequence[MoveRow]
    more: str


def year_rows(
    years: Iterable[int], entered: Collection[int], workdays: Workdays, language: str
) -> Sequence[YearRow]:
    """A row for each year, with where what is known of it comes from."""
    return [_year_row(year, year in entered, workdays, language) for year in years]


def _year_row(year: int, is_entered: bool, workdays: Workdays, language: str) -> YearRow:
    source = "entered" if is_entered else "announced" if workdays.is_official(year) else "forecast"
    kinds = [each.kind for each in workdays.named_between(date(year, 1, 1), date(year, 12, 31))]
    free, work = kinds.count(DayKind.HOLIDAY), kinds.count(DayKind.MAKE_UP)
    return YearRow(
        year,
        say(f"holidays.source_{source}", language=language),
        "warn" if source == "forecast" else "ok",
        say("holidays.days", language=language, count=free),
        say("holidays.days", language=language, count=work),
    )


def year_of_days(year: int, marked: YearCalendar, language: str) -> Sequence[MonthOfDays]:
    """Twelve months; what the notice says of days outside of the year is kept apart by `outside`."""
    return [_month(date(year, number, 1), marked, language) for number in range(1, 13)]


def outside(year: int, marked: YearCalendar) -> Mapping[str, str]:
    """Days of the neighbouring years, which the calendar does not show."""
    return {
        name: " ".join(day.isoformat() for day in sorted(days) if day.year != year)
        for name, days in (("free", marked.free), ("work", marked.work))
    }


def _month(first: date, marked: YearCalendar, language: str) -> MonthOfDays:
    days = []
    day = first
    while day.month == first.month:
        words = day_words.day(day, today=first, language=language)
        days.append(
            DayMark(
                iso=day.isoformat(),
                number=day.day,
                is_weekend=day.weekday() >= _SATURDAY,
                is_free=day in marked.free,
                is_worked=day in marked.work,
                free_words=say("holidays.rest_of", language=language, day=words),
                work_words=say("holidays.work_of", language=language, day=words),
            )
        )
        if day == date.max:
            break
        day += _ONE_DAY
    return MonthOfDays(month_word(first, language), first.weekday(), days)


def announced_or_forecast(year: int, workdays: Workdays) -> YearCalendar:
    """The days that are known of a year which nobody entered."""
    named = list(workdays.named_between(date(year, 1, 1), date(year, 12, 31)))
    return YearCalendar(
        frozenset(each.day for each in named if each.kind is DayKind.HOLIDAY),
        frozenset(each.day for each in named if each.kind is DayKind.MAKE_UP),
    )


def understood_rows(read: NoticeRead, *, today: date, language: str) -> Sequence[UnderstoodRow]:
    """Each sentence with the days that it names."""
    rows = []
    for each in read.understood:
        parts = []
        for key, days in (("free", each.free), ("work", each.work)):
            if days:
                words = spans(days, today=today, language=language)
                parts.append(say(f"holidays.understood_{key}", language=language, days=words))
        rows.append(UnderstoodRow(each.text, joined(parts, language=language)))
    return rows


def unread_lines(text: str) -> Iterator[Doubt]:
    """The lines of a pasted text, each as a doubt: of one that says nothing at all somebody sees what was tried."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (Doubt("not_understood", fields.shown(line)) for line in lines[:LINES_SHOWN])


def doubt_words(doubts: Iterable[Doubt], *, today: date, language: str) -> Sequence[str]:
    """What somebody should look at."""
    said = []
    for doubt in doubts:
        values = {
            name: _as_day(value, today, language) if name in ("day", "first", "last") else value
            for name, value in doubt.values.items()
        }
        said.append(say(f"holidays.doubt_{doubt.code}", language=language, **{"text": doubt.text, **values}))
    return said


def _as_day(text: str, today: date, language: str) -> str:
    return day_words.day(date.fromisoformat(text), today=today, language=language)


def spans(days: Iterable[date], *, today: date, language: str) -> str:
    """Days in words, those that follow on each other as a span."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == _ONE_DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    said = [day_words.days(run[0], run[-1], today=today, language=language) for run in runs]
    return joined(said, language=language)


def follows(
    before: Workdays,
    after: Workdays,
    year: int,
    report: PlanReport,
    names: Mapping[CampaignId, str],
    *,
    today: date,
    language: str,
) -> Follows:
    """Which days would be otherwise, and which activities would move."""
    shown = [
        MoveRow(
            move.activity_id,
            names.get(move.campaign_id, ""),
            day_words.day(move.before, today=today, language=language),
            day_words.day(move.after, today=today, language=language),
        )
        for move in sorted(report.moves, key=lambda move: move.before)[:MOVES_SHOWN]
    ]
    rest = report.moved - len(shown)
    moved = "holidays.moves" if report.moved else "holidays.moves_none"
    besides = ""
    if report.created or report.cancelled:
        counts = {"created": report.created, "cancelled": report.cancelled}
        besides = say("holidays.new_and_gone", language=language, **counts)
    return Follows(
        differs=_differing(before, after, year, today, language),
        moved=say(moved, language=language, count=report.moved),
        besides=besides,
        moves=shown,
        more=say("holidays.more_moves", language=language, count=rest) if rest else "",
    )


def _differing(before: Workdays, after: Workdays, year: int, today: date, language: str) -> Sequence[str]:
    turned: dict[str, list[date]] = {}
    day = date(year, 1, 1) - timedelta(days=31)
    while day <= date(year, 12, 31) + timedelta(days=31):
        now = after.day_kind(day)
        if now is not before.day_kind(day):
            turned.setdefault(_turned(now), []).append(day)
        day += _ONE_DAY
    return [
        say(f"holidays.becomes_{what}", language=language, days=spans(days, today=today, language=language))
        for what, days in turned.items()
    ]


def _turned(kind: DayKind) -> str:
    return {DayKind.HOLIDAY: "free", DayKind.MAKE_UP: "work"}.get(kind, "plain")
