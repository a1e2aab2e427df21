"""A span of days as a calendar shows it: the database counts, and only the first activities of each day are read.

The figures are those of `agenda.agenda`; a county's month has thousands of activities, and a page shows some hundred.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import CompoundSelect, Select, and_, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased

from models import Activity, Campaign, Team, Unit
from models.base import ActivityId, TeamId
from outreach.agenda import (
    IN_ORDER,
    LONGEST_DAYS,
    AgendaItem,
    DayAgenda,
    is_of_no_draft,
    items_of,
    shown_in,
)
from outreach.permissions import Reach
from outreach.remembered import minute_begun, remembered
from outreach.standings import MADE_OF, Alike, Standing, standings, stands

MOST_OF_A_DAY: Final = 30
"""How many activities of the day that is looked at are read."""
_Narrowed = aliased(Campaign)


@dataclass(frozen=True, slots=True)
class SpanAsked:
    """Which activities are asked for; None leaves the choice open."""

    kind: str | None = None
    team_id: TeamId | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class DayOfSpan:
    """A day with its first activities: what began before, whole days, then by time. `count` has the cancelled too."""

    day: date
    count: int
    short: int
    items: Sequence[AgendaItem]


@dataclass(frozen=True, slots=True)
class Span:
    """Days, and what those from `counted_from` to `counted_to` come to; cancelled activities are counted apart."""

    days: Sequence[DayOfSpan]
    activities: int
    cancelled: int
    short: int
    awaiting: int
    kinds: Mapping[str, int]
    """How many of each kind there are among those counted, whichever kind is asked for."""
    standings: Mapping[Standing, int]
    """The same of each standing, whichever is asked for."""
    looked_at: DayAgenda | None
    """The day that is looked at, with people."""
    versions: Mapping[ActivityId, int]
    """The version of each activity that is shown: what a move of it has to start from."""


def span(
    session: Session,
    within: Reach,
    *,
    first: date,
    last: date,
    today: date,
    now: datetime,
    per_day: int,
    asked: SpanAsked | None = None,
    counted: tuple[date, date] | None = None,
    look_at: date | None = None,
) -> Span:
    """What happens from one day to another, both inclusive, in the units of a reach, at most so many of each day.

    As of the minute that has begun. An activity of several days stands on the first of them in the span. `counted`:
    the days whose figures are wanted, when the span shows more than these. `look_at`: a day of the span of which more
    is wanted, `MOST_OF_A_DAY`.
    """
    minute = minute_begun(now)
    asked, counted = asked or SpanAsked(), counted or (first, last)
    question = ("span", within, first, last, today, minute, per_day, asked, counted, look_at)

    def answer() -> Span:
        return _span(session, within, first, last, today, minute, per_day, asked, counted, look_at)

    return remembered(session, question, answer, made_of=MADE_OF)


def teams_of_span(
    session: Session, within: Reach, *, first: date, last: date, and_code: str | None = None
) -> Sequence[tuple[TeamId, str, str]]:
    """The teams whose campaigns have activities on these days, and one that is named: id, code and name, by name."""
    has_some = (
        select(Campaign.id)
        .join(Activity, Activity.campaign_id == Campaign.id)
        .where(Campaign.team_id == Team.id, Activity.day.between(first, last), shown_in(within))
        .correlate(Team)
    )
    named = and_(Team.code == and_code, within.of(Team.unit_id))
    rows = session.execute(
        select(Team.id, Team.code, Team.name)
        .where(or_(named, has_some.exists()) if and_code else has_some.exists())
        .order_by(Team.name, Team.id)
    )
    return [(team_id, code, name) for team_id, code, name in rows]


def _span(
    session: Session,
    within: Reach,
    first: date,
    last: date,
    today: date,
    now: datetime,
    per_day: int,
    asked: SpanAsked,
    counted: tuple[date, date],
    look_at: date | None,
) -> Span:
    found = standings(session, within, first=first, last=last, today=today, now=now, team_id=asked.team_id)
    tally = _Tally(asked, first, counted)
    for group in found.groups:
        tally.add(group)
    # How something stands is asked of each activity, so only on days that have such.
    days = [day for day in _days(first, last) if asked.standing is None or tally.count[day]]
    shown: Sequence[tuple[AgendaItem, int]] = ()
    if days:
        ids = _first_of_each_day(within, first, days, asked, per_day, look_at, today=today, now=now)
        shown = items_of(session, ids, found.places.of, today=today, now=now)
    by_day: defaultdict[date, list[AgendaItem]] = defaultdict(list)
    for item, _ in shown:
        by_day[max(item.day, first)].append(item)
    return Span(
        days=[
            DayOfSpan(day, tally.count[day], tally.short_on[day], by_day[day][:per_day])
            for day in _days(first, last)
        ],
        activities=tally.figures["activities"],
        cancelled=tally.figures["cancelled"],
        short=tally.figures["short"],
        awaiting=tally.figures["awaiting"],
        kinds=dict(tally.kinds.most_common()),
        standings=dict(tally.standings),
        looked_at=None
        if look_at is None
        else DayAgenda(look_at, tally.count[look_at], by_day[look_at][:MOST_OF_A_DAY]),
        versions={item.id: version for item, version in shown},
    )


class _Tally:
    """Adds up the groups, each day's and those of the counted days."""

    def __init__(self, asked: SpanAsked, first: date, counted: tuple[date, date]) -> None:
        self.asked, self.first, self.counted = asked, first, counted
        self.count: Counter[date] = Counter()
        self.short_on: Counter[date] = Counter()
        self.figures: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.standings: Counter[Standing] = Counter()

    def add(self, group: Alike) -> None:
        begin, end = self.counted
        is_counted = group.last_day >= begin and group.day <= end
        is_of_kind = self.asked.kind in (None, group.kind)
        stands_so = self.asked.standing in (None, group.standing)
        if is_counted and stands_so:
            self.kinds[group.kind] += group.count
        if is_counted and is_of_kind:
            self.standings[group.standing] += group.count
        if not (is_of_kind and stands_so):
            return
        shown_on = max(group.day, self.first)
        self.count[shown_on] += group.count
        self.short_on[shown_on] += group.short
        if is_counted:
            name = "cancelled" if group.standing is Standing.CANCELLED else "activities"
            self.figures[name] += group.count
            self.figures["short"] += group.short
            self.figures["awaiting"] += group.count if group.standing is Standing.AWAITING else 0


def _first_of_each_day(
    within: Reach,
    first: date,
    days: Sequence[date],
    asked: SpanAsked,
    per_day: int,
    look_at: date | None,
    *,
    today: date,
    now: datetime,
) -> CompoundSelect[ActivityId]:
    """The ids of what is shown: each day is looked up by itself, so that the database reads no more than is shown."""
    wanted = _wanted(within, asked, today=today, now=now)

    def of_day(day: date) -> Select[ActivityId]:
        on_day = Activity.day == day
        if day == first:
            begun = first - timedelta(days=LONGEST_DAYS)
            on_day = and_(Activity.day.between(begun, first), Activity.last_day >= first)
        shown = MOST_OF_A_DAY if day == look_at else per_day
        return select(wanted.where(on_day).limit(shown).subquery())

    return union_all(*(of_day(day) for day in days))


def _wanted(within: Reach, asked: SpanAsked, *, today: date, now: datetime) -> Select[ActivityId]:
    """What is asked for, in the order of a day. The units are named once, for all days together."""
    query = select(Activity.id).where(is_of_no_draft())
    if not within.is_everywhere:
        units = select(Unit.id).where(within.of(Unit.id)).cte("units_within")
        query = query.where(Activity.unit_id.in_(select(units.c.id)))
    if asked.kind is not None or asked.team_id is not None:
        campaigns = select(_Narrowed.id).where(
            true() if asked.kind is None else _Narrowed.kind == asked.kind,
            true() if asked.team_id is None else _Narrowed.team_id == asked.team_id,
        )
        query = query.where(Activity.campaign_id.in_(campaigns))
    if asked.standing is not None:
        query = query.where(stands(asked.standing, today=today, now=now))
    return query.order_by(*IN_ORDER)


def _days(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=passed) for passed in range((last - first).days + 1)]
