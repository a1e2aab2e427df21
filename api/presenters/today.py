"""Today: what needs a person now, the late first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.presenters.cards import ActivityCard, activity_card
from calendars.festivals import festivals_on
from calendars.lunar import lunar_text
from calendars.periods import Period
from calendars.timezones import local_day
from models.base import ActivityId
from models.enums import MonthState
from outreach import matters
from outreach.agenda import AgendaItem, Owed
from outreach.closing import MonthStands
from outreach.near import Near
from outreach.permissions import Reach
from outreach.questions import Asked
from outreach.waiting import LATE_AFTER, Waiting
from wording import days as day_words
from wording.names import joined
from wording.numbers import figure
from wording.sentences import say

FESTIVAL_AHEAD: Final = 60
"""How far ahead a festival is worth a word, in days."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the page shows, as it was found."""

    near: Near
    owed: Owed
    waiting: Waiting
    asked: Mapping[ActivityId, Asked]
    suggestions: matters.Waiting
    cases: matters.Waiting
    month: Period
    stands: MonthStands
    may_ask: Reach
    """Where the reader may ask once more for what is owed."""


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A case by its code, a suggestion by its words too, and for how long it has been late."""

    code: str
    words: str
    past: str


@dataclass(frozen=True, slots=True)
class MatterList:
    count: int
    rows: Sequence[MatterRow]


@dataclass(frozen=True, slots=True)
class ShortRow:
    card: ActivityCard
    taken: int


@dataclass(frozen=True, slots=True)
class OwedRow:
    card: ActivityCard
    past: str
    is_late: bool
    asked: str
    asked_names: str
    ask: str
    may_ask: bool


@dataclass(frozen=True, slots=True)
class MonthRow:
    """How far the month before has come: `tone` is ok, warn or late."""

    period: str
    name: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class TodayPage:
    title: str
    iso: str
    facts: str
    short: str
    short_note: str
    owed: str
    owed_note: str
    owed_is_late: bool
    late_visits: int
    calls: int
    month: MonthRow
    short_rows: Sequence[ShortRow]
    short_more: int
    owed_rows: Sequence[OwedRow]
    owed_more: int
    agenda: Sequence[ActivityCard]
    agenda_more: int
    suggestions: MatterList
    cases: MatterList


@dataclass(frozen=True, slots=True)
class Teller:
    """Says what is found in the language and from the day of the reader."""

    today: date
    zone: ZoneInfo
    language: str

    def page(self, found: Found) -> TodayPage:
        near, owed, waiting = found.near, found.owed, found.waiting
        return TodayPage(
            title=day_words.day(self.today, today=self.today, language=self.language),
            iso=self.today.isoformat(),
            facts=self._facts(near),
            short=figure(near.short),
            short_note=self._short_note(near),
            owed=figure(owed.count),
            owed_note=self._owed_note(waiting),
            owed_is_late=waiting.late_outcomes > 0,
            late_visits=waiting.late_visits,
            calls=waiting.calls,
            month=self._month(found.month, found.stands),
            short_rows=[self._short(item) for item in near.first_short],
            short_more=near.short_activities - len(near.first_short),
            owed_rows=[self._owed(item, found.asked.get(item.id), found.may_ask) for item in owed.items],
            owed_more=owed.count - len(owed.items),
            agenda=[activity_card(item, self.today, self.zone, self.language) for item in near.today.items],
            agenda_more=near.today.count - len(near.today.items),
            suggestions=self._matters(found.suggestions),
            # Everybody sees how many cases wait; which ones, only who may know of them.
            cases=replace(self._matters(found.cases), count=waiting.late_cases),
        )

    def _matters(self, waiting: matters.Waiting) -> MatterList:
        return MatterList(
            waiting.count,
            [
                MatterRow(each.code, each.words, self._late(self._days_late(each.due_at)))
                for each in waiting.first
            ],
        )

    def _days_late(self, due_at: datetime) -> int:
        """What is owed by a day is due at its end, which is the first instant of the next."""
        return (self.today - local_day(due_at - timedelta.resolution, self.zone)).days

    def _late(self, days: int) -> str:
        return say("today.late_days" if days else "today.late_today", language=self.language, days=days)

    def _facts(self, near: Near) -> str:
        """九月初七·距重阳节 2 天·今天有 3 场活动."""
        ahead = next(
            (
                (days, festivals)
                for days in range(FESTIVAL_AHEAD)
                if (festivals := festivals_on(self.today + timedelta(days=days)))
            ),
            None,
        )
        said = [lunar_text(self.today)] if self.language != "en" else []
        if ahead is not None:
            days, festivals = ahead
            name = say(f"schedules.festival.{festivals[0]}", language=self.language)
            key = "today.festival_today" if days == 0 else "today.festival_ahead"
            said.append(say(key, language=self.language, festival=name, days=days))
        said.append(say("today.activities_today", language=self.language, count=near.today.count))
        return "·".join(text for text in said if text)

    def _short_note(self, near: Near) -> str:
        if not near.short:
            return say("today.all_staffed", language=self.language)
        first = near.first_short[0]
        when = day_words.day(first.day, today=self.today, language=self.language)
        return say("today.short_note", language=self.language, count=near.short_activities, first=when)

    def _owed_note(self, waiting: Waiting) -> str:
        if not waiting.outcomes:
            return say("today.nothing_owed", language=self.language)
        if waiting.late_outcomes:
            return say(
                "today.owed_late", language=self.language, count=waiting.late_outcomes, days=LATE_AFTER.days
            )
        return say("today.owed_fresh", language=self.language, days=LATE_AFTER.days)

    def _month(self, month: Period, stands: MonthStands) -> MonthRow:
        tones = {MonthState.CLOSED: "ok", MonthState.SIGNED: "ok"}
        return MonthRow(
            period=str(month),
            name=say(
                "today.month_tally",
                language=self.language,
                month=say(f"days.month_{month.first.month}", language=self.language),
            ),
            words=say(f"today.month_{stands.state.value}", language=self.language),
            tone=tones.get(stands.state, "warn"),
        )

    def _short(self, item: AgendaItem) -> ShortRow:
        return ShortRow(
            activity_card(item, self.today, self.zone, self.language), max(0, item.needed - item.short)
        )

    def _owed(self, item: AgendaItem, asked: Asked | None, may_ask: Reach) -> OwedRow:
        days = (self.today - item.last_day).days
        times = 0 if asked is None else asked.times
        return OwedRow(
            card=activity_card(item, self.today, self.zone, self.language),
            past=say("today.past_days" if days else "today.over_today", language=self.language, days=days),
            is_late=days > LATE_AFTER.days,
            asked=say(
                "today.asked_times" if times else "today.not_asked", language=self.language, count=times
            ),
            asked_names="" if asked is None else joined(asked.names, language=self.language),
            ask=say("today.ask_again" if times else "today.ask", language=self.language),
            may_ask=item.unit_id in may_ask,
        )
