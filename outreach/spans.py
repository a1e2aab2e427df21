"""A span of days as a calendar shows it: the database counts, and only the first activities of each day are read.

The figures are those of `agenda.agenda`; a county's month has thousands of activities, and a page shows some hundred.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Select, and_, case, false, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from models import Activity, Assignment, Campaign, Place, Team
from models.base import ActivityId, TeamId
from models.enums import TAKING_PART, ActivityStatus
from outreach.agenda import LONGEST_DAYS, AgendaItem, DayAgenda, awaits_outcome, items_of, shown_in
from outreach.assignment.places import ANY_ROLE
from outreach.permissions import Reach

MOST_OF_A_DAY: Final = 30
"""How many activities of the day that is looked at are read."""
_OwnPlace = aliased(Place)


class Standing(StrEnum):
    """What an activity wants, or what became of it; each has one."""

    SHORT = "short"
    AWAITING = "awaiting"
    CANCELLED = "cancelled"
    DONE = "done"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class SpanAsked:
    """Which activities are asked for; None leaves the choice open."""

    kind: str | None = None
    team_id: TeamId | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class DayOfSpan:
    """A day with its first activities: whole days first, then by time. Cancelled ones are among `count`."""

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
    with_people: bool = False,
) -> Span:
    """What happens from one day to another, both inclusive, in the units of a reach, at most so many of each day.

    An activity of several days stands on the first of them in the span. `counted`: the days whose figures are wanted,
    when the span shows more than these. `look_at`: a day of the span that is wanted whole, with its people;
    `with_people`: those of all that is shown.
    """
    asked = asked or SpanAsked()
    listed = _listed(within, first, last, asked, today=today, now=now)
    figures = _figures(listed)
    tally = _Tally(asked, *(counted or (first, last)))
    for row in session.execute(_counts(listed, figures, tally.first, tally.last)):
        tally.add(row)
    chosen = session.execute(_first_of_each_day(listed, figures, asked, per_day, look_at)).all()
    people_of = [row.id for row in chosen if with_people or row.shown_on == look_at]
    needs = {row.id: (row.needed, row.short) for row in chosen}
    items = items_of(session, needs, today=today, now=now, people_of=people_of)
    by_day: defaultdict[date, list[AgendaItem]] = defaultdict(list)
    for row in chosen:
        by_day[row.shown_on].append(items[row.id])
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
        versions={row.id: row.version for row in chosen},
    )


def teams_of_span(
    session: Session, within: Reach, *, first: date, last: date, and_code: str | None = None
) -> Sequence[tuple[TeamId, str, str]]:
    """The teams whose campaigns have activities on these days, and one that is named: id, code and name, by name."""
    theirs = (
        select(Campaign.team_id)
        .join(Activity, Activity.campaign_id == Campaign.id)
        .where(Activity.day.between(first, last), Campaign.team_id.is_not(None), shown_in(within))
    )
    named = and_(Team.code == and_code, within.of(Team.unit_id))
    rows = session.execute(
        select(Team.id, Team.code, Team.name)
        .where(or_(Team.id.in_(theirs), named))
        .order_by(Team.name, Team.id)
    )
    return [(team_id, code, name) for team_id, code, name in rows]


class _Tally:
    """Adds up the counted groups, each day's and those of the counted days."""

    def __init__(self, asked: SpanAsked, first: date, last: date) -> None:
        self.asked, self.first, self.last = asked, first, last
        self.count: Counter[date] = Counter()
        self.short_on: Counter[date] = Counter()
        self.figures: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.standings: Counter[Standing] = Counter()

    def add(self, row: Any) -> None:  # Any: the named columns of `_counts`
        standing = Standing(row.standing)
        is_of_kind = self.asked.kind in (None, row.kind)
        stands_so = self.asked.standing in (None, standing)
        if row.is_counted and stands_so:
            self.kinds[row.kind] += row.count
        if row.is_counted and is_of_kind:
            self.standings[standing] += row.count
        if not (is_of_kind and stands_so):
            return
        self.count[row.shown_on] += row.count
        self.short_on[row.shown_on] += row.short
        if row.is_counted:
            name = "cancelled" if standing is Standing.CANCELLED else "activities"
            self.figures[name] += row.count
            self.figures["short"] += row.short
            self.figures["awaiting"] += row.count if standing is Standing.AWAITING else 0


def _listed(within: Reach, first: date, last: date, asked: SpanAsked, *, today: date, now: datetime) -> CTE:
    """The activities of the span, each with the day on which it stands there."""
    query = (
        select(
            Activity.id,
            Activity.campaign_id,
            Activity.day,
            Activity.last_day,
            case((Activity.day < first, literal(first)), else_=Activity.day).label("shown_on"),
            Activity.starts_at,
            Activity.status,
            Activity.version,
            Campaign.kind,
            # Of whole days the end is unknown to it, and what is neither true nor false cannot be negated.
            func.coalesce(awaits_outcome(today=today, now=now), false()).label("awaits_outcome"),
        )
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(
            Activity.day.between(first - timedelta(days=LONGEST_DAYS), last),
            Activity.last_day >= first,
            shown_in(within),
        )
    )
    if asked.team_id is not None:
        query = query.where(Campaign.team_id == asked.team_id)
    return query.cte("listed")


def _figures(listed: CTE) -> CTE:
    """How many people each activity needs and how many are missing: `assignment.places.open_places`, for all at once.

    A role wants people of its own; the places for anybody are filled by whoever is left over.
    """
    own = select(listed.c.id.label("activity_id"), Place.role, Place.needed, literal(0).label("taken")).join(
        Place, Place.activity_id == listed.c.id
    )
    has_own = select(_OwnPlace.id).where(_OwnPlace.activity_id == listed.c.id).exists()
    of_campaign = (
        select(listed.c.id, Place.role, Place.needed, literal(0))
        .join(Place, Place.campaign_id == listed.c.campaign_id)
        .where(~has_own)
    )
    taken = (
        select(listed.c.id, Assignment.role, literal(0), func.count())
        .join(Assignment, Assignment.activity_id == listed.c.id)
        .where(Assignment.state.in_(TAKING_PART))
        .group_by(listed.c.id, Assignment.role)
    )
    both = union_all(own, of_campaign, taken).subquery()
    role = (
        select(
            both.c.activity_id,
            both.c.role,
            func.sum(both.c.needed).label("needed"),
            func.sum(both.c.taken).label("taken"),
        )
        .group_by(both.c.activity_id, both.c.role)
        .subquery()
    )
    for_anybody = role.c.role == ANY_ROLE
    lacking, left_over = role.c.needed - role.c.taken, role.c.taken - role.c.needed
    return (
        select(
            role.c.activity_id,
            func.sum(role.c.needed).label("needed"),
            func.sum(case((and_(~for_anybody, lacking > 0), lacking), else_=0)).label("of_roles"),
            func.sum(
                case((for_anybody, lacking), (and_(~for_anybody, left_over > 0), -left_over), else_=0)
            ).label("of_anybody"),
        )
        .group_by(role.c.activity_id)
        .cte("figures")
    )


def _short(listed: CTE, figures: CTE) -> ColumnElement[int]:
    """How many are missing; only what is still to come can lack any."""
    missing = figures.c.of_roles + case((figures.c.of_anybody > 0, figures.c.of_anybody), else_=0)
    is_to_come = and_(listed.c.status == ActivityStatus.PLANNED, ~listed.c.awaits_outcome)
    return func.coalesce(case((is_to_come, missing), else_=0), 0)


def _standing(listed: CTE, figures: CTE) -> ColumnElement[str]:
    return case(
        (listed.c.status == ActivityStatus.CANCELLED, Standing.CANCELLED.value),
        (listed.c.awaits_outcome, Standing.AWAITING.value),
        (listed.c.status != ActivityStatus.PLANNED, Standing.DONE.value),
        (_short(listed, figures) > 0, Standing.SHORT.value),
        else_=Standing.READY.value,
    )


def _counts(listed: CTE, figures: CTE, first: date, last: date) -> Select[Any]:  # Any: six named columns
    is_counted = and_(listed.c.last_day >= first, listed.c.day <= last)
    each = (
        select(
            listed.c.shown_on,
            listed.c.kind,
            case((is_counted, 1), else_=0).label("is_counted"),
            _standing(listed, figures).label("standing"),
            _short(listed, figures).label("short"),
        )
        .outerjoin(figures, figures.c.activity_id == listed.c.id)
        .subquery()
    )
    groups = (each.c.shown_on, each.c.kind, each.c.is_counted, each.c.standing)
    return select(*groups, func.count().label("count"), func.sum(each.c.short).label("short")).group_by(
        *groups
    )


def _first_of_each_day(
    listed: CTE, figures: CTE, asked: SpanAsked, per_day: int, look_at: date | None
) -> Select[Any]:  # Any: five named columns
    order = (listed.c.starts_at.nulls_first(), listed.c.id)
    query = select(
        listed.c.id,
        listed.c.shown_on,
        listed.c.version,
        func.coalesce(figures.c.needed, 0).label("needed"),
        _short(listed, figures).label("short"),
        func.row_number().over(partition_by=listed.c.shown_on, order_by=order).label("place"),
    ).outerjoin(figures, figures.c.activity_id == listed.c.id)
    if asked.kind is not None:
        query = query.where(listed.c.kind == asked.kind)
    if asked.standing is not None:
        query = query.where(_standing(listed, figures) == asked.standing.value)
    ranked = query.subquery()
    wanted = ranked.c.place <= per_day
    if look_at is not None:
        wanted = or_(wanted, and_(ranked.c.shown_on == look_at, ranked.c.place <= MOST_OF_A_DAY))
    return select(ranked).where(wanted).order_by(ranked.c.shown_on, ranked.c.place)


def _days(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=passed) for passed in range((last - first).days + 1)]
