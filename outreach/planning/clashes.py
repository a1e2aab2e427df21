"""Clashes that somebody has to decide about: found in the plan of some days, without those that were decided.

The same rules as `find_conflicts`, asked the other way round: the database picks the few activities that could get in
each other's way at all, and only these are looked at. So it can be asked for every page, in a county of any size.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby, pairwise
from typing import Any, Final

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from calendars.workdays import DayKind, Workdays
from models import Activity, Campaign, KeptClash, Person
from models.base import ActivityId, CampaignId, PersonId, TeamId, UnitId
from models.database import in_batches
from models.enums import ActivityStatus, OnHoliday
from outreach.permissions import Reach
from outreach.planning.collisions import (
    WITHIN,
    Action,
    Booked,
    Conflict,
    ConflictKind,
    on_special_days,
    person_overlaps,
    team_overlaps,
    visits_too_near,
)
from outreach.planning.conflicts import booked_activities, busy_days, with_names

SHOWN: Final = 20
_Subject = aliased(Person)


@dataclass(frozen=True, slots=True)
class ClashingActivity:
    """One of the things that get in each other's way."""

    id: ActivityId
    campaign_id: CampaignId
    campaign: str
    campaign_code: str
    kind: str
    unit_id: UnitId
    subject: str | None
    day: date
    starts_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Kept:
    """That a clash is to stay as it is."""

    by: str
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True)
class Clash:
    """A conflict with its activities. `facts` names what a decision is about: another day, time, person or activity
    is another clash."""

    conflict: Conflict
    activities: tuple[ClashingActivity, ...]
    facts: str
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Clashes:
    """The nearest clashes nobody has decided about and how many there are, those that are kept, and where they are."""

    undecided: tuple[Clash, ...]
    count: int
    kept: tuple[Clash, ...]
    months: Mapping[tuple[CampaignId, int], int]
    """How many undecided ones a campaign has in a month (1 to 12) of its year."""
    load: Mapping[date, int]
    """How many undecided ones each day has."""


def undecided(
    session: Session,
    within: Reach,
    *,
    first: date,
    last: date,
    workdays: Workdays,
    limit: int = SHOWN,
) -> Clashes:
    """The clashes on the days from first to last, both inclusive, that touch a unit of the reach.

    People or teams that are to be in two places at once, somebody visited twice within a week, activities on a holiday
    that their campaign avoids and weekend activities on a day that is worked. At most `limit` of either list are
    named, the nearest in time; the counts are of all.
    """
    found = _found(session, first, last, workdays)
    known = _activities(session, {number for each in found for number in each.activity_ids})
    clashes = [
        Clash(each, tuple(known[number] for number in each.activity_ids), _facts(each, known))
        for each in found
        if any(known[number].unit_id in within for number in each.activity_ids)
    ]
    decided = _decided(session, first, last)
    kept = [replace(each, kept=decided[each.facts]) for each in clashes if each.facts in decided]
    open_ones = [each for each in clashes if each.facts not in decided]
    months: defaultdict[tuple[CampaignId, int], int] = defaultdict(int)
    load: defaultdict[date, int] = defaultdict(int)
    for each in open_ones:
        load[each.conflict.day] += 1
        for campaign_id in each.conflict.campaign_ids:
            months[campaign_id, each.conflict.day.month] += 1
    return Clashes(
        undecided=_named(session, open_ones[:limit]),
        count=len(open_ones),
        kept=_named(session, kept[:limit]),
        months=dict(months),
        load=dict(load),
    )


def clashes_of(
    session: Session, activity_ids: Collection[ActivityId], *, days: Iterable[date], workdays: Workdays
) -> Sequence[Clash]:
    """All clashes of these activities around some days, decided or not: what a move would lead to."""
    asked = set(activity_ids)
    found: dict[str, Clash] = {}
    for day in sorted(set(days)):
        conflicts = _found(session, day - WITHIN, day + WITHIN, workdays)
        theirs = [each for each in conflicts if asked.intersection(each.activity_ids)]
        known = _activities(session, {number for each in theirs for number in each.activity_ids})
        for each in theirs:
            facts = _facts(each, known)
            found[facts] = Clash(each, tuple(known[number] for number in each.activity_ids), facts)
    return _named(session, sorted(found.values(), key=lambda clash: clash.conflict.day))


def _found(session: Session, first: date, last: date, workdays: Workdays) -> list[Conflict]:
    on_teams = _of_busy_teams(session, first, last)
    people = busy_days(session, first, last)
    near = _near_visits(session, first - WITHIN, last + WITHIN)
    special = _special_days(first, last, workdays)
    booked = _by_id(session, {number for _, number in people} | near)
    assigned: dict[PersonId, list[Booked]] = defaultdict(list)
    for person_id, number in people:
        assigned[person_id].append(booked[number])
    found = [
        *team_overlaps(on_teams, workdays),
        *person_overlaps(assigned),
        *visits_too_near([booked[number] for number in near]),
        *_to_be_decided(on_special_days(_on_days(session, special), workdays)),
    ]
    found = [each for each in found if first <= each.day <= last]
    return sorted(found, key=lambda each: (each.day, each.kind, each.activity_ids))


def _of_busy_teams(session: Session, first: date, last: date) -> list[Booked]:
    """What teams do on days with several pieces of work, and on their other days one each, since a proposal to move
    something looks for a day on which the team is free."""
    piece = case(
        (Activity.pairing_id.is_not(None) | Campaign.split_by.is_not(None), -Activity.campaign_id),
        else_=Activity.id,
    )
    planned = and_(
        Activity.status == ActivityStatus.PLANNED,
        Activity.day.between(first, last),
        Campaign.team_id.is_not(None),
    )
    days = select(Campaign.team_id, Activity.day).join(Campaign, Campaign.id == Activity.campaign_id)
    busy = (
        days.where(planned, Activity.starts_at.is_not(None))
        .group_by(Campaign.team_id, Activity.day)
        .having(func.count(piece.distinct()) > 1)
        .subquery()
    )
    long = days.add_columns(Activity.last_day).where(planned, Activity.last_day > Activity.day).subquery()
    ids = select(Activity.id).join(Campaign, Campaign.id == Activity.campaign_id).where(planned)
    crowded = ids.join(busy, and_(busy.c.team_id == Campaign.team_id, busy.c.day == Activity.day))
    lasting = ids.join(
        long,
        and_(long.c.team_id == Campaign.team_id, Activity.day.between(long.c.day, long.c.last_day)),
    )
    numbers = set(session.scalars(crowded)) | set(session.scalars(lasting))
    booked = list(_by_id(session, numbers).values())
    teams = {each.team_id for each in booked}
    if not teams:
        return []
    also = session.execute(days.where(planned, Campaign.team_id.in_(teams)).distinct())
    return [*booked, *(_merely_busy(team_id, day) for team_id, day in also)]


def _merely_busy(team_id: TeamId | None, day: date) -> Booked:
    """A day on which a team has something, at no time in particular: it overlaps with nothing."""
    return Booked(
        activity_id=None,
        campaign_id=None,
        kind="",
        team_id=team_id,
        on_holiday=OnHoliday.KEEP,
        day=day,
        starts_at=None,
        ends_at=None,
        subject_person_id=None,
        pairing_id=None,
        split=False,
        movable=False,
        asked=False,
    )


def _near_visits(session: Session, first: date, last: date) -> set[ActivityId]:
    """Visits to one person, each of their own, that lie within a week of the next or of the one before."""
    rows = session.execute(
        select(Activity.subject_person_id, Activity.day, Activity.id)
        .where(Activity.status == ActivityStatus.PLANNED, Activity.subject_person_id.is_not(None))
        .where(Activity.day.between(first, last))
        .order_by(Activity.subject_person_id, Activity.day, Activity.id)
    )
    near: set[ActivityId] = set()
    for _, theirs in groupby(rows, key=lambda row: row[0]):
        for earlier, later in pairwise(theirs):
            if later[1] - earlier[1] < WITHIN:
                near.update((earlier[2], later[2]))
    return near


def _special_days(first: date, last: date, workdays: Workdays) -> dict[date, DayKind]:
    """The holidays and the worked weekend days."""
    return {
        each.day: each.kind
        for each in workdays.named_between(first, last)
        if each.kind in (DayKind.HOLIDAY, DayKind.MAKE_UP)
    }


def _on_days(session: Session, special: Mapping[date, DayKind]) -> list[Booked]:
    if not special:
        return []
    booked = booked_activities(session, Activity.day.in_(special))
    # A campaign that says "also on holidays" has decided already.
    return [
        each
        for each in booked
        if special[each.day] is DayKind.MAKE_UP or each.on_holiday is not OnHoliday.KEEP
    ]


def _to_be_decided(conflicts: Iterable[Conflict]) -> Iterator[Conflict]:
    for each in conflicts:
        if each.kind is ConflictKind.ON_HOLIDAY or each.proposal.action is Action.MOVE:
            yield each


def _by_id(session: Session, numbers: Collection[ActivityId]) -> dict[ActivityId, Booked]:
    return {
        each.activity_id: each
        for some in in_batches(sorted(numbers))
        for each in booked_activities(session, Activity.id.in_(some))
        if each.activity_id is not None
    }


def _activities(session: Session, numbers: Collection[ActivityId]) -> dict[ActivityId, ClashingActivity]:
    found: dict[ActivityId, ClashingActivity] = {}
    for some in in_batches(sorted(numbers)):
        query: Select[*tuple[Any, ...]] = (  # more columns than their types can be told apart
            select(
                Activity.id,
                Activity.campaign_id,
                Campaign.name,
                Campaign.code,
                Campaign.kind,
                Activity.unit_id,
                _Subject.name,
                Activity.day,
                Activity.starts_at,
                Activity.version,
            )
            .join(Campaign, Campaign.id == Activity.campaign_id)
            .outerjoin(_Subject, _Subject.id == Activity.subject_person_id)
            .where(Activity.id.in_(some))
        )
        found |= {row[0]: ClashingActivity(*row) for row in session.execute(query)}
    return found


def _decided(session: Session, first: date, last: date) -> dict[str, Kept]:
    rows = session.scalars(select(KeptClash).where(KeptClash.day.between(first, last)))
    return {each.facts: Kept(each.by, each.decided_at, each.note) for each in rows}


def _facts(conflict: Conflict, known: Mapping[ActivityId, ClashingActivity]) -> str:
    """A digest of all that a decision was made about."""
    things = [
        (number, known[number].day.isoformat(), _instant(known[number].starts_at))
        for number in sorted(conflict.activity_ids)
    ]
    told = [conflict.kind, conflict.day.isoformat(), conflict.team_id, sorted(conflict.person_ids), things]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _instant(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _named(session: Session, clashes: Sequence[Clash]) -> tuple[Clash, ...]:
    named = with_names(session, [each.conflict for each in clashes])
    return tuple(replace(each, conflict=conflict) for each, conflict in zip(clashes, named, strict=True))
