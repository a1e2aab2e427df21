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
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from calendars.workdays import DayKind, Workdays
from models import Activity, Assignment, Campaign, KeptClash, Person, Team
from models.base import ActivityId, CampaignId, PersonId, UnitId
from models.database import in_batches
from models.enums import TAKING_PART, ActivityStatus, OnHoliday
from outreach.permissions import Reach
from outreach.planning.collisions import (
    WITHIN,
    Action,
    Booked,
    Conflict,
    ConflictKind,
    Proposal,
    on_special_days,
    person_overlaps,
    team_overlaps,
    visits_too_near,
)
from outreach.planning.conflicts import booked_activities
from outreach.planning.free_days import ToGo, days_without_clash
from outreach.remembered import remembered

SHOWN: Final = 20
MADE_OF: Final = frozenset({"activities", "assignments", "campaigns", "kept_clashes", "people", "teams"})
LOOKED_AT: Final = 5_000
"""So many planned activities are looked at, the nearest in time: weeks of a large county, years of a small one."""
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
    team: str | None
    subject: str | None
    day: date
    last_day: date
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
    until: date
    """The last day that was looked at."""


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

    No further than to the day by which so much is planned that looking on would take long: `until` says how far.
    People or teams that are to be in two places at once, somebody visited twice within a week, activities on a holiday
    that their campaign avoids and weekend activities on a day that is worked. At most `limit` of either list are
    named, the nearest in time; the counts are of all.
    """
    question = ("clashes", within.unit_ids, first, last, workdays, limit)
    return remembered(
        session,
        question,
        lambda: _undecided(session, within, first, last, workdays, limit),
        made_of=MADE_OF,
    )


def _undecided(
    session: Session, within: Reach, first: date, last: date, workdays: Workdays, limit: int
) -> Clashes:
    last = _far_enough(session, first, last)
    found, suspects = _found(session, first, last, workdays)
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
    shown = _to_show(session, [*open_ones[:limit], *kept[:limit]], suspects, first, workdays)
    return Clashes(
        undecided=tuple(shown[: len(open_ones[:limit])]),
        count=len(open_ones),
        kept=tuple(shown[len(open_ones[:limit]) :]),
        months=dict(months),
        load=dict(load),
        until=last,
    )


def _far_enough(session: Session, first: date, last: date) -> date:
    """The day by which so much is planned that nobody wants to decide about more at a time."""
    day = session.scalar(
        select(Activity.day)
        .where(Activity.status == ActivityStatus.PLANNED, Activity.day.between(first, last))
        .order_by(Activity.day, Activity.id)
        .offset(LOOKED_AT)
        .limit(1)
    )
    return last if day is None else max(first, day)


@dataclass(frozen=True, slots=True)
class _Suspects:
    """What could get in each other's way, and the names of those whom it would hit."""

    booked: Mapping[ActivityId, Booked]
    assigned: Mapping[PersonId, Sequence[ActivityId]]
    names: Mapping[PersonId, str]


def _found(session: Session, first: date, last: date, workdays: Workdays) -> tuple[list[Conflict], _Suspects]:
    special = _special_days(first, last, workdays)
    suspects = _suspects(session, first, last, special)
    booked = suspects.booked.values()
    inside = [each for each in booked if first <= each.day <= last]
    assigned = {
        person: [suspects.booked[number] for number in numbers]
        for person, numbers in suspects.assigned.items()
    }
    found = [
        *team_overlaps(inside, workdays),
        *person_overlaps(assigned),
        *visits_too_near(booked),
        *_to_be_decided(on_special_days(_avoiding(inside, special), workdays)),
    ]
    found = [each for each in found if first <= each.day <= last]
    return sorted(found, key=lambda each: (each.day, each.kind, each.activity_ids)), suspects


def _suspects(session: Session, first: date, last: date, special: Mapping[date, DayKind]) -> _Suspects:
    names: dict[PersonId, str] = {}
    assigned: defaultdict[PersonId, list[ActivityId]] = defaultdict(list)
    visits: list[tuple[PersonId, date, ActivityId]] = []
    for person_id, day, number, name in session.execute(_of_people(first, last)):
        if name is None:
            visits.append((person_id, day, number))
        else:
            assigned[person_id].append(number)
            names[person_id] = name
    numbers = {number for theirs in assigned.values() for number in theirs} | _near(visits)
    crowded, lasting = _busy_teams(first, last)
    which = or_(
        Activity.id.in_(crowded), Activity.id.in_(lasting), Activity.day.in_(special) & _in_span(first, last)
    )
    booked: dict[ActivityId, Booked] = {}
    for place, some in enumerate(list(in_batches(sorted(numbers))) or [[]]):
        asked = Activity.id.in_(some) if place else or_(which, Activity.id.in_(some))
        booked |= {each.activity_id: each for each in booked_activities(session, asked) if each.activity_id}
    return _Suspects(booked, assigned, names)


def _in_span(first: date, last: date) -> ColumnElement[bool]:
    return and_(Activity.status == ActivityStatus.PLANNED, Activity.day.between(first, last))


def _of_people(first: date, last: date) -> CompoundSelect[*tuple[Any, ...]]:
    """Who is on which activity on days with more than one, with their name; and visits to one person, without."""
    on = (
        select(
            Assignment.person_id,
            Activity.day,
            Activity.id,
            func.count().over(partition_by=[Assignment.person_id, Activity.day]).label("times"),
        )
        .join(Activity, Activity.id == Assignment.activity_id)
        .where(Assignment.state.in_(TAKING_PART), _in_span(first, last))
        .subquery()
    )
    people = (
        select(on.c.person_id, on.c.day, on.c.id, Person.name)
        .join(Person, Person.id == on.c.person_id)
        .where(on.c.times > 1)
    )
    # A visit just outside the days is as near as one inside.
    visits = select(
        Activity.subject_person_id.label("person_id"), Activity.day, Activity.id, null().label("name")
    ).where(Activity.subject_person_id.is_not(None), _in_span(first - WITHIN, last + WITHIN))
    return union_all(people, visits).order_by("person_id", "day", "id")


def _near(visits: Sequence[tuple[PersonId, date, ActivityId]]) -> set[ActivityId]:
    """Visits to one person, each of their own, that lie within a week of the next or of the one before."""
    return {
        number
        for earlier, later in pairwise(visits)
        if earlier[0] == later[0] and later[1] - earlier[1] < WITHIN
        for number in (earlier[2], later[2])
    }


def _busy_teams(first: date, last: date) -> tuple[Select[ActivityId], Select[ActivityId]]:
    """What teams do on days with several pieces of work, and what lies beside work of theirs that lasts for days."""
    piece = case(
        (Activity.pairing_id.is_not(None) | Campaign.split_by.is_not(None), -Activity.campaign_id),
        else_=Activity.id,
    )
    planned = and_(_in_span(first, last), Campaign.team_id.is_not(None))
    days = select(Campaign.team_id, Activity.day).join(Campaign, Campaign.id == Activity.campaign_id)
    busy = (
        days.where(planned, Activity.starts_at.is_not(None))
        .group_by(Campaign.team_id, Activity.day)
        .having(func.count(piece.distinct()) > 1)
        .subquery()
    )
    long = (
        days.add_columns(Activity.last_day)
        .where(planned, Activity.starts_at.is_not(None), Activity.last_day > Activity.day)
        .subquery()
    )
    ids = select(Activity.id).join(Campaign, Campaign.id == Activity.campaign_id).where(planned)
    return (
        ids.join(busy, and_(busy.c.team_id == Campaign.team_id, busy.c.day == Activity.day)),
        ids.join(
            long, and_(long.c.team_id == Campaign.team_id, Activity.day.between(long.c.day, long.c.last_day))
        ),
    )


def _special_days(first: date, last: date, workdays: Workdays) -> dict[date, DayKind]:
    """The holidays and the worked weekend days."""
    return {
        each.day: each.kind
        for each in workdays.named_between(first, last)
        if each.kind in (DayKind.HOLIDAY, DayKind.MAKE_UP)
    }


def _avoiding(booked: Iterable[Booked], special: Mapping[date, DayKind]) -> Iterator[Booked]:
    for each in booked:
        kind = special.get(each.day)
        # A campaign that says "also on holidays" has decided already.
        if kind is DayKind.MAKE_UP or (kind is DayKind.HOLIDAY and each.on_holiday is not OnHoliday.KEEP):
            yield each


def _to_be_decided(conflicts: Iterable[Conflict]) -> Iterator[Conflict]:
    for each in conflicts:
        if each.kind is ConflictKind.ON_HOLIDAY or each.proposal.action is Action.MOVE:
            yield each


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
                Team.name,
                _Subject.name,
                Activity.day,
                Activity.last_day,
                Activity.starts_at,
                Activity.version,
            )
            .join(Campaign, Campaign.id == Activity.campaign_id)
            .outerjoin(Team, Team.id == Campaign.team_id)
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


def _to_show(
    session: Session, clashes: Sequence[Clash], suspects: _Suspects, first: date, workdays: Workdays
) -> list[Clash]:
    """The same clashes with the names of their people and team, and with a proposal that makes no other clash."""
    shown: list[Clash] = []
    for some in in_batches(clashes):
        going = [_to_go(each, suspects, first) for each in some]
        days = iter(days_without_clash(session, [each for each in going if each is not None], workdays))
        for clash, thing in zip(some, going, strict=True):
            day = None if thing is None else next(days)
            conflict = replace(clash.conflict, proposal=_proposal(clash.conflict, thing, day))
            shown.append(replace(clash, conflict=_named(conflict, clash.activities, suspects)))
    return shown


def _to_go(clash: Clash, suspects: _Suspects, first: date) -> ToGo | None:
    """What of a clash could go to another day: none where it is the people that change, or all is somebody's own."""
    kind = clash.conflict.kind
    things = [
        ToGo(each.id, suspects.booked[each.id], each.last_day, kind is ConflictKind.ON_MAKE_UP_DAY)
        for each in clash.activities
    ]
    if kind in (ConflictKind.ON_HOLIDAY, ConflictKind.ON_MAKE_UP_DAY):
        return things[0]
    if kind is ConflictKind.PERSON_OVERLAP:
        return None
    # A birthday has its day, and what is before the days looked at may be over.
    stays = "birthday" if kind is ConflictKind.VISITED_TWICE else None
    movable = [each for each in things if each.booked.movable and each.booked.day >= first]
    return next((each for each in reversed(movable) if each.booked.kind != stays), None)


def _proposal(conflict: Conflict, thing: ToGo | None, day: date | None) -> Proposal:
    if conflict.kind is ConflictKind.PERSON_OVERLAP:
        return conflict.proposal
    if thing is None:
        return Proposal(Action.AGREE)
    return Proposal(Action.AGREE if day is None else Action.MOVE, thing.activity_id, day)


def _named(conflict: Conflict, theirs: Sequence[ClashingActivity], suspects: _Suspects) -> Conflict:
    """The same conflict with the names of its campaigns, people and team."""
    campaigns = {each.campaign_id: each.campaign for each in theirs}
    subjects = {suspects.booked[each.id].subject_person_id: each.subject for each in theirs}
    people = (suspects.names.get(person) or subjects.get(person) for person in conflict.person_ids)
    return replace(
        conflict,
        campaigns=tuple(campaigns[each] for each in conflict.campaign_ids if each in campaigns),
        people=tuple(name for name in people if name is not None),
        team=None if conflict.team_id is None else theirs[0].team,
    )
