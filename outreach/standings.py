"""How the activities of some days stand, counted: which are ready, lack people, await their outcome, are over.

The database counts what is alike in one go: the activities of one campaign on one day. Only those that people were
asked to, or that have places of their own, are looked at one by one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from models import Activity, Assignment, Campaign, Place
from models.base import ActivityId, CampaignId, TeamId
from models.enums import TAKING_PART, ActivityStatus
from outreach.agenda import LONGEST_DAYS, awaits_outcome, shown_in
from outreach.assignment.places import ANY_ROLE, open_places
from outreach.permissions import Reach

MADE_OF: Final = frozenset({"activities", "assignments", "campaigns", "people", "places", "units"})
"""The tables that a list of activities with their figures is made of; for whoever remembers one."""
_Own = aliased(Place)
_Of = aliased(Place)
_OfTeam = aliased(Campaign)


class Standing(StrEnum):
    """What an activity wants, or what became of it; each has one."""

    SHORT = "short"
    AWAITING = "awaiting"
    CANCELLED = "cancelled"
    DONE = "done"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Alike:
    """Activities of one campaign on the same days that stand alike: how many, and how many people they lack."""

    day: date
    last_day: date
    kind: str
    standing: Standing
    count: int
    short: int


@dataclass(frozen=True, slots=True)
class Places:
    """The places that activities have by role: their own, else those of their campaign."""

    own: Mapping[ActivityId, Mapping[str, int]]
    of_campaign: Mapping[CampaignId, Mapping[str, int]]

    def of(self, activity_id: ActivityId, campaign_id: CampaignId) -> Mapping[str, int]:
        """The places of an activity; none where nobody is needed."""
        return self.own.get(activity_id) or self.of_campaign.get(campaign_id, {})


@dataclass(frozen=True, slots=True)
class Standings:
    """All that happens on some days, in groups, and the places of it."""

    groups: Sequence[Alike]
    places: Places


class _Days(NamedTuple):
    """What a group has in common."""

    day: date
    last_day: date
    campaign_id: CampaignId


def standings(
    session: Session,
    within: Reach,
    *,
    first: date,
    last: date,
    today: date,
    now: datetime,
    team_id: TeamId | None = None,
) -> Standings:
    """What happens from one day to another, both inclusive, in the units of a reach; of one team's campaigns if wanted.

    Two statements, and few rows, whatever the number of activities.
    """
    of_them = happening(within, first, last, team_id)
    rows = session.execute(_counted(of_them, today=today, now=now)).all()
    to_come = and_(of_them, is_to_come(today=today, now=now))
    campaign_ids = {row.campaign_id for row in rows}
    places, looked_at = _places_and_people(session, campaign_ids, of_them, to_come)
    short: defaultdict[_Days, list[int]] = defaultdict(list)
    for activity_id, (days, taken) in looked_at.items():
        needed = places.of(activity_id, days.campaign_id)
        short[days].append(sum(open_places(needed, taken).values()))
    return Standings([group for row in rows for group in _groups(row, places, short)], places)


def happening(within: Reach, first: date, last: date, team_id: TeamId | None = None) -> ColumnElement[bool]:
    """The activities that take place from one day to another, both inclusive."""
    shown = and_(
        Activity.day.between(first - timedelta(days=LONGEST_DAYS), last),
        Activity.last_day >= first,
        shown_in(within),
    )
    if team_id is None:
        return shown
    theirs = select(_OfTeam.id).where(_OfTeam.team_id == team_id)
    return and_(shown, Activity.campaign_id.in_(theirs))


def is_to_come(*, today: date, now: datetime) -> ColumnElement[bool]:
    """Whether an activity is planned and not over: of what is planned, all that does not await its outcome."""
    goes_on = or_(Activity.ends_at > now, and_(Activity.ends_at.is_(None), Activity.last_day >= today))
    return and_(Activity.status == ActivityStatus.PLANNED, goes_on)


def stands(standing: Standing, *, today: date, now: datetime) -> ColumnElement[bool]:
    """Whether an activity stands so."""
    match standing:
        case Standing.CANCELLED:
            return Activity.status == ActivityStatus.CANCELLED
        case Standing.AWAITING:
            return awaits_outcome(today=today, now=now)
        case Standing.DONE:
            return Activity.status.in_((ActivityStatus.HELD, ActivityStatus.PARTLY))
        case Standing.SHORT:
            return and_(is_to_come(today=today, now=now), _lacks_people())
        case Standing.READY:
            return and_(is_to_come(today=today, now=now), ~_lacks_people())


def _has_own_places() -> ColumnElement[bool]:
    return select(_Own.id).where(_Own.activity_id == Activity.id).correlate(Activity).exists()


def _lacks_people() -> ColumnElement[bool]:
    """Whether `assignment.places.open_places` would find any: a role lacks people of its own, or all together do."""
    of_campaign = and_(Place.campaign_id == Activity.campaign_id, ~_has_own_places())
    is_its = or_(Place.activity_id == Activity.id, of_campaign)
    takes_part = and_(Assignment.activity_id == Activity.id, Assignment.state.in_(TAKING_PART))
    needed = select(func.coalesce(func.sum(Place.needed), 0)).where(is_its).correlate(Activity)
    taken = select(func.count()).select_from(Assignment).where(takes_part).correlate(Activity)
    in_role = (
        select(func.count()).select_from(Assignment).where(takes_part, Assignment.role == Place.role)
    ).correlate(Activity, Place)
    lacks_role = (
        select(Place.id)
        .where(is_its, Place.role != ANY_ROLE, Place.needed > in_role.scalar_subquery())
        .correlate(Activity)
    )
    return or_(needed.scalar_subquery() > taken.scalar_subquery(), lacks_role.exists())


def _counted(
    of_them: ColumnElement[bool], *, today: date, now: datetime
) -> Select[Any]:  # Any: seven named columns
    columns = (Activity.status, Activity.day, Activity.last_day, Activity.campaign_id)
    alike = (
        select(
            *columns,
            func.count().label("count"),
            func.sum(case((awaits_outcome(today=today, now=now), 1), else_=0)).label("awaiting"),
        )
        # Any status will do; that all are named lets the index of standings answer alone.
        .where(of_them, Activity.status.in_(ActivityStatus))
        .group_by(*columns)
        .subquery()
    )
    return select(alike, Campaign.kind).join(Campaign, Campaign.id == alike.c.campaign_id)


_LookedAt = dict[ActivityId, tuple[_Days, dict[str, int]]]


def _places_and_people(
    session: Session,
    campaign_ids: Collection[CampaignId],
    of_them: ColumnElement[bool],
    to_come: ColumnElement[bool],
) -> tuple[Places, _LookedAt]:
    """The places of campaigns and of activities, and those activities to come that have places of their own, or places
    and people: on which days, and how many take part by role.
    """
    days = (Activity.day, Activity.last_day)
    need_people = or_(
        Activity.campaign_id.in_(select(_Of.campaign_id).where(_Of.campaign_id.in_(campaign_ids))),
        _has_own_places(),
    )
    taking_part = (
        select(Activity.campaign_id, Activity.id, *days, Assignment.role, null(), func.count(), literal(1))
        .join(Assignment, Assignment.activity_id == Activity.id)
        .where(to_come, need_people, Assignment.state.in_(TAKING_PART))
        .group_by(Activity.id, Assignment.role)
    )
    own = (
        select(Activity.campaign_id, Activity.id, *days, Place.role, Place.needed, null())
        .add_columns(case((to_come, 1), else_=0))
        .join(Place, Place.activity_id == Activity.id)
        .where(of_them)
    )
    of_campaigns = (
        select(Place.campaign_id, null(), null(), null(), Place.role, Place.needed, null(), literal(0))
    ).where(Place.campaign_id.in_(campaign_ids))
    own_places: defaultdict[ActivityId, dict[str, int]] = defaultdict(dict)
    places_of_campaign: defaultdict[CampaignId, dict[str, int]] = defaultdict(dict)
    looked_at: _LookedAt = {}
    for campaign_id, activity_id, day, last_day, role, needed, taken, coming in session.execute(
        union_all(taking_part, own, of_campaigns)
    ):
        if activity_id is None:
            places_of_campaign[campaign_id][role] = needed
            continue
        if needed is not None:
            own_places[activity_id][role] = needed
        if coming:
            _, people = looked_at.setdefault(activity_id, (_Days(day, last_day, campaign_id), {}))
            people[role] = people.get(role, 0) + (taken or 0)
    return Places(own_places, places_of_campaign), looked_at


def _groups(row: Any, places: Places, short: Mapping[_Days, Sequence[int]]) -> Iterator[Alike]:
    """What one counted row comes to (Any: the columns of `_counted`)."""

    def alike(standing: Standing, count: int, short: int = 0) -> Iterator[Alike]:
        if count:
            yield Alike(row.day, row.last_day, row.kind, standing, count, short)

    yield from alike(Standing.AWAITING, row.awaiting)
    others = row.count - row.awaiting
    if row.status is ActivityStatus.CANCELLED:
        yield from alike(Standing.CANCELLED, others)
    elif row.status is not ActivityStatus.PLANNED:
        yield from alike(Standing.DONE, others)
    else:
        looked_at = short.get(_Days(row.day, row.last_day, row.campaign_id), ())
        usual = sum(places.of_campaign.get(row.campaign_id, {}).values())
        alone = others - len(looked_at)
        lacking = sum(map(bool, looked_at)) + (alone if usual else 0)
        yield from alike(Standing.SHORT, lacking, sum(looked_at) + alone * usual)
        yield from alike(Standing.READY, others - lacking)
