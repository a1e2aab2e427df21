"""A month as a wall calendar: weeks of days, each with its first activities, and beside them the day looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.presenters.cards import ActivityCard, activity_card, kind_mark
from api.presenters.days import DayWords, day_heading
from api.presenters.words import address
from calendars.lunar import lunar_date, lunar_text, solar_terms
from calendars.periods import Period
from calendars.workdays import Workdays
from models.base import ActivityId
from models.enums import ActivityStatus
from outreach.agenda import AgendaItem
from outreach.day_notes import Note, NoteKind
from outreach.spans import DayOfSpan, Span
from outreach.standings import Standing
from wording import days as day_words
from wording.numbers import figure as figure_words
from wording.sentences import say

SHOWN_A_DAY: Final = 3
"""So many activities fit into a day; of more, one fewer and how many others there are."""
NOTES_SHOWN: Final = 6
FILTERED: Final = (Standing.SHORT, Standing.AWAITING, Standing.CANCELLED)
_DAYS_A_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; it is kept in every link of the page."""

    month: Period
    kind: str | None = None
    team: str | None = None
    standing: Standing | None = None
    view: str | None = None

    def address(self, month: Period | None = None, **other: str | None) -> str:
        """The address of the same month, or of another one, with something asked otherwise."""
        query = {"view": self.view, "kind": self.kind, "team": self.team, "state": self.standing, **other}
        return address(f"/calendar/{month or self.month}", **query)


@dataclass(frozen=True, slots=True)
class Event:
    """An activity in its day. `stays` says why it cannot be moved; empty for one that can be."""

    card: ActivityCard
    time: str
    version: int
    stays: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the grid and of the list. `note` is what stands beside the number: festival, solar term or lunar day."""

    day: DayWords
    bare: int
    note: str
    is_festival: bool
    is_outside: bool
    is_looked_at: bool
    label: str
    address: str
    count: int
    short: int
    events: Sequence[Event]
    more: int


@dataclass(frozen=True, slots=True)
class Filter:
    """A link that narrows the month down, or widens it again."""

    words: str
    count: str
    address: str
    is_on: bool
    mark: str = ""
    tint: int = 0


@dataclass(frozen=True, slots=True)
class NoteLine:
    tone: str
    drawing: str
    words: str
    more: str
    links: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DayPanel:
    """The day looked at, with all its activities (or the first of very many) and what to mind."""

    day: DayWords
    title: str
    lunar: str
    events: Sequence[Event]
    more: int
    week: str
    notes: Sequence[NoteLine]
    more_notes: int


@dataclass(frozen=True, slots=True)
class MonthPage:
    title: str
    today: str
    facts: str
    short: str
    weekdays: Sequence[str]
    weeks: Sequence[Sequence[Cell]]
    days: Sequence[Cell]
    """Of the month alone, those with activities: from today on, then those that are over."""
    earlier_from: str
    """The first of the days that are over, where others stand before them."""
    kinds: Sequence[Filter]
    standings: Sequence[Filter]
    is_filtered: bool
    panel: DayPanel


@dataclass(frozen=True, slots=True)
class MonthWords:
    """Who looks: on which day, in which zone and language, and by which table of working days."""

    today: date
    zone: ZoneInfo
    language: str
    workdays: Workdays

    def page(self, found: Span, wanted: Wanted, looked_at: date, notes: Sequence[Note]) -> MonthPage:
        """The page of a month."""
        cells = [self._cell(each, found.versions, wanted, looked_at) for each in found.days]
        first = wanted.month.first
        listed = [cell for cell in cells if not cell.is_outside and (cell.count or cell.day.is_today)]
        coming = [cell for cell in listed if not cell.day.is_over]
        over = [cell for cell in listed if cell.day.is_over]
        return MonthPage(
            today=day_words.day(self.today, today=self.today, language=self.language),
            title=day_words.month(first, today=date(first.year - 1, 1, 1), language=self.language),
            facts=self._say("month.activities", count=figure_words(found.activities)),
            short=self._say("month.short_in_all", count=figure_words(found.short)) if found.short else "",
            weekdays=[day_words.weekday(cell, language=self.language) for cell in _first_week(found)],
            weeks=[cells[at : at + _DAYS_A_WEEK] for at in range(0, len(cells), _DAYS_A_WEEK)],
            days=[*coming, *over],
            earlier_from=over[0].day.iso if coming and over else "",
            kinds=self._kinds(found.kinds, wanted),
            standings=self._standings(found.standings, wanted),
            is_filtered=(wanted.kind, wanted.team, wanted.standing) != (None, None, None),
            panel=self._panel(found, looked_at, notes),
        )

    def _cell(
        self, of_day: DayOfSpan, versions: Mapping[ActivityId, int], wanted: Wanted, looked_at: date
    ) -> Cell:
        day = of_day.day
        heading = self._heading(day)
        note = heading.festival or _term(day) or _lunar_short(day)
        shown = of_day.items if of_day.count <= SHOWN_A_DAY else of_day.items[: SHOWN_A_DAY - 1]
        title = day_words.day(day, today=self.today, language=self.language)
        told = [title, heading.lunar, heading.festival]
        if heading.mark:
            told.append(self._say(f"pages.day_{heading.mark}_long"))
        told.append(self._say("month.activities", count=figure_words(of_day.count)) if of_day.count else "")
        told.append(self._say("month.short_in_all", count=figure_words(of_day.short)) if of_day.short else "")
        return Cell(
            day=heading,
            bare=day.day,
            note=note,
            is_festival=bool(heading.festival),
            is_outside=not wanted.month.first <= day <= wanted.month.last,
            is_looked_at=day == looked_at,
            label=self._say("names.separator").join(word for word in told if word),
            address=wanted.address(day=day.isoformat()),
            count=of_day.count,
            short=of_day.short,
            events=[self._event(item, versions) for item in shown],
            more=of_day.count - len(shown),
        )

    def _event(self, item: AgendaItem, versions: Mapping[ActivityId, int]) -> Event:
        card = activity_card(item, self.today, self.zone, self.language)
        starts = item.starts_at
        return Event(
            card=card,
            time=card.when if starts is None else day_words.clock_time(starts.astimezone(self.zone)),
            version=versions[item.id],
            stays=self._stays(item),
            is_over=item.awaits_outcome or item.status is not ActivityStatus.PLANNED,
        )

    def _stays(self, item: AgendaItem) -> str:
        if item.status is ActivityStatus.CANCELLED:
            return self._say("activities.cancelled_is_not_moved")
        if item.status in (ActivityStatus.HELD, ActivityStatus.PARTLY):
            return self._say("activities.recorded")
        return self._say("moving.is_over") if item.awaits_outcome else ""

    def _kinds(self, kinds: Mapping[str, int], wanted: Wanted) -> Sequence[Filter]:
        if wanted.kind is not None:
            kinds = {wanted.kind: 0, **kinds}
        filters = []
        for kind, count in kinds.items():
            mark, tint, words = kind_mark(kind, kind, self.language)
            is_on = kind == wanted.kind
            where = wanted.address(kind=None if is_on else kind)
            filters.append(Filter(words, figure_words(count), where, is_on, mark, tint))
        return filters

    def _standings(self, standings: Mapping[Standing, int], wanted: Wanted) -> Sequence[Filter]:
        return [
            Filter(
                self._say(f"month.only_{standing}"),
                figure_words(standings.get(standing, 0)),
                wanted.address(state=None if standing is wanted.standing else standing.value),
                standing is wanted.standing,
            )
            for standing in FILTERED
            if standings.get(standing) or standing is wanted.standing
        ]

    def _panel(self, found: Span, day: date, notes: Sequence[Note]) -> DayPanel:
        items = found.looked_at.items if found.looked_at else ()
        count = found.looked_at.count if found.looked_at else 0
        return DayPanel(
            day=self._heading(day),
            title=day_words.day(day, today=self.today, language=self.language),
            lunar=lunar_text(day),
            events=[self._event(item, found.versions) for item in items],
            more=count - len(items),
            week=address(f"/week/{day.isoformat()}", day=day.isoformat()),
            notes=[self._note(note) for note in notes[:NOTES_SHOWN]],
            more_notes=max(0, len(notes) - NOTES_SHOWN),
        )

    def _note(self, note: Note) -> NoteLine:
        words = self._say(f"month.note_{note.kind}", name=note.name, age=note.age)
        if note.kind is NoteKind.BIRTHDAY:
            return NoteLine(
                "", "cake", words, "", ((f"/people/{note.code}", note.name),) if note.code else ()
            )
        both = [(f"/a/{each.id}", each.title) for each in (note.first, note.second) if each is not None]
        if note.kind is NoteKind.HURRY:
            more = self._say("month.minutes_between", count=note.minutes)
            return NoteLine("warn", "triangle-alert", words, more, both)
        return NoteLine("late", "triangle-alert", words, "", both)

    def _heading(self, day: date) -> DayWords:
        return day_heading(day, workdays=self.workdays, today=self.today, language=self.language)

    def _say(self, key: str, **values: object) -> str:
        return say(key, language=self.language, **values)


def grid_of(month: Period) -> tuple[date, date]:
    """The first Monday and the last Sunday of the weeks that hold the month."""
    first, last = month.first, month.last
    return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())


def _first_week(found: Span) -> Sequence[date]:
    return [each.day for each in found.days[:_DAYS_A_WEEK]]


def _term(day: date) -> str:
    return next((name for name, falls_on in solar_terms(day.year).items() if falls_on == day), "")


def _lunar_short(day: date) -> str:
    """What stands small beside a day: 初八; on the first of a lunar month its name, 九月."""
    found, text = lunar_date(day), lunar_text(day)
    if found is None:
        return ""
    month, _, of_month = text.partition("月")
    return f"{month}月" if found.day == 1 else of_month
