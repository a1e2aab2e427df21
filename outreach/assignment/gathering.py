"""What choosing works from, read for a whole window in a fixed number of questions, however much there is in it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, CompoundSelect, and_, inspect, null, or_, select, union_all
from sqlalchemy.orm import Session

from calendars.periods import month_of
from models import Activity, Assignment, Attendance, Campaign, Team
from models.base import ActivityId, PersonId, TeamId
from models.database import in_batches
from models.enums import TAKING_PART, ActivityStatus, AssignmentState, CampaignStatus, CountedAs
from models.types import FIRST_DAY, LAST_DAY
from outreach import fields
from outreach.assignment.board import (
    NOBODY,
    Booking,
    Cause,
    Crowd,
    Favour,
    FavourKind,
    People,
    Work,
)
from outreach.assignment.facts import PRESENT, Facts, Near, hours_of
from outreach.assignment.memory import LastThere, Memory, Remembered, remember
from outreach.assignment.needs import places_needed
from outreach.assignment.places import ANY_ROLE, LEADER_ROLE, open_places
from outreach.beneficiaries import circles, served_at
from outreach.house_rules import AssignmentRules

LONGEST = timedelta(days=32)
"""Nothing lasts longer than this."""
COUNTED = (ActivityStatus.PLANNED, ActivityStatus.HELD, ActivityStatus.PARTLY, ActivityStatus.MISSED)


@dataclass(frozen=True, slots=True)
class Site:
    """One activity with what decides who can come, and what speaks for whom."""

    work: Work
    conditions: Sequence[tuple[Cause, People]]
    """Who meets each condition that does not depend on other activities, in the order in which they are asked."""
    skills: Sequence[str]
    """All that the campaign asks for."""
    team_id: TeamId | None
    team: People
    confirms: bool
    """Whether members of its team come without being asked."""
    supporters: People
    last_there: LastThere

    def nobody_because(self) -> tuple[Cause, int]:
        """The first condition that nobody meets who meets those before it, and how many it keeps away."""
        left, before = ~NOBODY, 0
        for cause, people in self.conditions:
            left &= people
            if not left:
                return cause, before
            before = left.bit_count()
        raise ValueError("somebody fits")

    def passed_over_because(self, bit: int) -> Cause | None:
        """The first condition that somebody does not meet; None for who fits."""
        return next((cause for cause, people in self.conditions if not people >> bit & 1), None)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything for one choice."""

    crowd: Crowd
    sites: Mapping[ActivityId, Site]
    bookings: Sequence[Booking]
    skills_of: Mapping[PersonId, frozenset[str]]

    @property
    def works(self) -> list[Work]:
        return [site.work for site in self.sites.values()]


@dataclass(frozen=True, slots=True)
class When:
    """A time that an activity could have: local days, and aware instants; None for whole days."""

    day: date
    last_day: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """An activity ahead that people are proposed for."""

    activity: Activity
    campaign: Campaign
    confirms: bool
    """Whether members of the campaign's team come without being asked."""


def gather(
    session: Session,
    *,
    first: date,
    last: date,
    today: date,
    zone: ZoneInfo,
    now: datetime,
    rules: AssignmentRules,
    activity_ids: Collection[ActivityId] | None = None,
    only_one: str | None = None,
) -> Scene:
    """The open places of planned activities from one local day to another, and who could fill them.

    With `activity_ids` of these alone, and only people near them are read; `only_one` leaves one place of that role
    open, else one for anybody. What has begun is left out.
    """
    found = _activities(session, first, last, now, activity_ids)
    needed = places_needed(session, {each.activity.id: each.activity.campaign_id for each in found})
    found = [each for each in found if each.activity.id in needed]
    if not found:
        return Scene(Crowd(()), {}, (), {})
    reader = _Reader(
        session,
        found,
        needed,
        near(found, only=activity_ids is not None),
        today=today,
        zone=zone,
        rules=rules,
    )
    sites = {each.activity.id: reader.site(each, only_one) for each in found}
    return Scene(
        crowd=reader.facts.crowd,
        sites={each: site for each, site in sites.items() if site.work.open},
        bookings=reader.bookings(),
        skills_of=reader.facts.skills_of,
    )


def gather_one(
    session: Session,
    planned: Planned,
    needed: Mapping[str, int],
    near: Near,
    *,
    today: date,
    zone: ZoneInfo,
    rules: AssignmentRules,
    remembered: Remembered | None = None,
    served: Collection[PersonId] | None = None,
    is_on_it_already: bool = False,
) -> Scene:
    """One activity, whether a place is open or not, and those near who could come.

    `remembered` and `served` spare asking for them, where they are known. With `is_on_it_already` being on it counts
    for no limit and no overlap.
    """
    activity = planned.activity
    reader = _Reader(
        session,
        [planned],
        {activity.id: needed} if needed else {},
        near,
        today=today,
        zone=zone,
        rules=rules,
        remembered=remembered,
        served=served,
    )
    return Scene(
        crowd=reader.facts.crowd,
        sites={activity.id: reader.site(planned, None)},
        bookings=reader.bookings(apart_from=activity.id if is_on_it_already else None),
        skills_of=reader.facts.skills_of,
    )


def planned_activity(
    session: Session, activity_id: ActivityId, *, now: datetime, when: When | None = None
) -> Planned | None:
    """An activity, if people are proposed for it: planned, not begun, and of a campaign that is active.

    With `when` as if it were then, which is never written.
    """
    not_begun = now if when is None else None
    planned = next(iter(_activities(session, FIRST_DAY, LAST_DAY, not_begun, [activity_id])), None)
    if planned is None or when is None:
        return planned
    if when.starts_at is not None and when.starts_at <= now:
        return None
    # Another row of the same columns: the session may hold this one for somebody else, and would write it.
    columns = {each.key: getattr(planned.activity, each.key) for each in inspect(Activity).column_attrs}
    times = {each.name: getattr(when, each.name) for each in dataclass_fields(when)}
    return replace(planned, activity=Activity(**{**columns, **times}))


def near(
    found: Sequence[Planned],
    *,
    only: bool = False,
    among: frozenset[PersonId] | None = None,
    all_minors: bool = True,
) -> Near:
    """Whose teams and units are asked to these activities."""
    return Near(
        teams=frozenset(each.campaign.team_id for each in found if each.campaign.team_id is not None),
        units=frozenset(unit for each in found for unit in (each.activity.unit_id, each.campaign.unit_id)),
        only=only,
        among=among,
        all_minors=all_minors,
    )


def _activities(
    session: Session,
    first: date,
    last: date,
    not_begun_at: datetime | None,
    activity_ids: Collection[ActivityId] | None,
) -> list[Planned]:
    query = (
        select(Activity, Campaign, Team.confirms_members)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(Team, Team.id == Campaign.team_id)
        .where(
            Activity.status == ActivityStatus.PLANNED,
            Campaign.status == CampaignStatus.ACTIVE,
            Activity.day.between(first, last),
        )
        .order_by(Activity.day, Activity.id)
    )
    if not_begun_at is not None:
        query = query.where(or_(Activity.starts_at.is_(None), Activity.starts_at > not_begun_at))
    asked_for = (
        [query]
        if activity_ids is None
        else [query.where(Activity.id.in_(some)) for some in in_batches(sorted(activity_ids))]
    )
    return [
        Planned(activity, campaign, bool(confirms))
        for each in asked_for
        for activity, campaign, confirms in session.execute(each)
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Somebody on an activity's list, in whatever state."""

    person_id: PersonId
    role: str
    state: AssignmentState

    @property
    def is_counted_on(self) -> bool:
        return self.state in TAKING_PART


class _Reader:
    """Reads what is common to all the activities once, and then says of each what holds for it."""

    def __init__(
        self,
        session: Session,
        found: Sequence[Planned],
        needed: Mapping[ActivityId, Mapping[str, int]],
        near: Near,
        *,
        today: date,
        zone: ZoneInfo,
        rules: AssignmentRules,
        remembered: Remembered | None = None,
        served: Collection[PersonId] | None = None,
    ) -> None:
        self._needed, self._zone, self._rules, self._served = needed, zone, rules, served
        rows = [(each.activity, each.campaign) for each in found]
        roles = {role for places in needed.values() for role in places} - {ANY_ROLE}
        skills = {skill for _, campaign in rows for skill in fields.parts(campaign.skills)}
        days = [activity.day for activity, _ in rows]
        self.facts = Facts(session, near, skills | roles, first=min(days), last=max(days))
        known = remembered or remember(session, rows, roles, today=today, among=self.facts.bit)
        self._memory = Memory(known, self.facts, today=today)
        self._circles = circles(
            session,
            {
                activity.campaign_id
                for activity, _ in rows
                if activity.subject_person_id is None and served is None
            },
            among=self.facts.bit.keys() | set(self.facts.ever_minor()),
        )
        self._asked, self._bookings = _people_on(session, [activity for activity, _ in rows], self.facts)

    def bookings(self, *, apart_from: ActivityId | None = None) -> Sequence[Booking]:
        """What people are counted on for, or were at."""
        return [booking for activity_id, booking in self._bookings.items() if activity_id != apart_from]

    def site(self, planned: Planned, only_one: str | None) -> Site:
        """What holds for one activity."""
        activity, campaign = planned.activity, planned.campaign
        facts, day = self.facts, activity.day
        skills = fields.parts(campaign.skills)
        served = self._served
        if served is None:
            served = served_at(activity, campaign, self._circles.get(campaign.id))
        asked = self._asked.get(activity.id, ())
        counted = [each for each in asked if each.is_counted_on]
        team = facts.members(campaign.team_id, day)
        conditions = self._conditions(activity, campaign, skills, served, asked)
        fit = facts.everybody
        for _, people in conditions:
            fit &= people
        places, least = self._places(activity, counted, served)
        brought = {skill for each in counted for skill in facts.skills_of.get(each.person_id, ())}
        work = Work(
            id=activity.id,
            day=day,
            open=places if only_one is None else _narrowed(places, only_one),
            fit=fit,
            starts_at=activity.starts_at,
            ends_at=activity.ends_at,
            skills=[skill for skill in skills if skill not in brought],
            least=least,
            favours=[Favour(FavourKind.TEAM, team), *self._memory.continuity(activity)],
            suited={role: self._suited(campaign, role, day) for role in places if role != ANY_ROLE},
        )
        return Site(
            work=work,
            conditions=conditions,
            skills=skills,
            team_id=campaign.team_id,
            team=team,
            confirms=planned.confirms,
            supporters=self._memory.supporters(activity),
            last_there=self._memory.last_there(activity),
        )

    def _conditions(
        self,
        activity: Activity,
        campaign: Campaign,
        skills: Sequence[str],
        served: Collection[PersonId],
        asked: Sequence[_Asked],
    ) -> list[tuple[Cause, People]]:
        facts, day = self.facts, activity.day
        near = facts.members(campaign.team_id, day)
        near |= facts.below(activity.unit_id, day) | facts.below(campaign.unit_id, day)
        hours = hours_of(day, activity.last_day, activity.starts_at, activity.ends_at, zone=self._zone)
        able = NOBODY if skills else facts.everybody
        for skill in skills:
            able |= facts.able(skill)
        counted = facts.mask(each.person_id for each in asked if each.is_counted_on)
        refused = facts.mask(each.person_id for each in asked if not each.is_counted_on)
        return [
            (Cause.FAR, near),
            (Cause.NOT_THERE, facts.there(day) & facts.there(activity.last_day)),
            (Cause.SKILL, able),
            (Cause.AWAY, facts.available(hours)),
            (Cause.SERVED, facts.everybody & ~facts.mask(served)),
            (Cause.DECLINED, facts.everybody & ~refused),
            (Cause.ON_IT, facts.everybody & ~counted),
        ]

    def _places(
        self, activity: Activity, counted: Sequence[_Asked], served: Collection[PersonId]
    ) -> tuple[dict[str, int], int]:
        """The open places, and how many have to be filled at least if any is: two adults go with minors, or none."""
        needed = self._needed.get(activity.id)
        if not needed:
            return {}, 0
        places = open_places(needed, Counter(each.role for each in counted))
        minors = [each.person_id for each in counted if self.facts.is_minor(each.person_id, activity.day)]
        if not minors and not any(self.facts.is_minor(person, activity.day) for person in served):
            return places, 0
        least = max(0, self._rules.adults_with_minors - (len(counted) - len(minors)))
        if sum(places.values()) < least:
            places[ANY_ROLE] = places.get(ANY_ROLE, 0) + least - sum(places.values())
        return places, least

    def _suited(self, campaign: Campaign, role: str, day: date) -> People:
        """Whom a role suits: they have held it, have the skill of its name, or lead the team."""
        people = self._memory.held(campaign.id, role) | self.facts.able(role)
        return people | self.facts.leaders(campaign.team_id, day) if role == LEADER_ROLE else people


def _narrowed(places: Mapping[str, int], role: str) -> Mapping[str, int]:
    """One place of a role; where none is open, whoever had it filled one for anybody."""
    open_role = role if role in places else ANY_ROLE
    return {open_role: 1} if open_role in places else {}


def _people_on(
    session: Session, activities: Sequence[Activity], facts: Facts
) -> tuple[Mapping[ActivityId, Sequence[_Asked]], Mapping[ActivityId, Booking]]:
    """Who was asked to these activities, and for what those who may be asked are counted on, or were at.

    For how full their months are all that is in these counts, from before that only what lasts into them.
    """
    ids = {each.id for each in activities}
    days = [each.day for each in activities]
    first, last = month_of(min(days)).first, month_of(max(days)).last
    starts = min((each.starts_at for each in activities if each.starts_at is not None), default=None)
    matters: ColumnElement[bool] = Activity.day.between(first, last)
    if starts is not None:
        lasts = Activity.day.between(first - LONGEST, first) & (Activity.ends_at > starts)
        matters = or_(matters, lasts)
    if len(ids) == 1:
        # One may be looked at as if it were in another month: who is on it is asked all the same.
        matters = or_(matters, Activity.id.in_(ids))
    people: dict[ActivityId, People] = defaultdict(int)
    when: dict[ActivityId, tuple[date, datetime | None, datetime | None]] = {}
    asked: dict[ActivityId, dict[PersonId, _Asked]] = defaultdict(dict)
    for activity_id, *times, person_id, role, state in session.execute(_counted_on(matters, ids, facts)):
        if role is not None and activity_id in ids:
            asked[activity_id][person_id] = _Asked(person_id, role, state)
        if state is None or state in TAKING_PART:
            people[activity_id] |= facts.mask([person_id])
            when[activity_id] = (times[0], times[1], times[2])
    return (
        {each: list(of_it.values()) for each, of_it in asked.items()},
        {each: Booking(people[each], *times) for each, times in when.items() if people[each]},
    )


def _counted_on(
    matters: ColumnElement[bool], ids: Collection[ActivityId], facts: Facts
) -> CompoundSelect[Any]:
    """Activity, day, times and person, with role and state where they were asked and did not only come."""
    timed = (Activity.id, Activity.day, Activity.starts_at, Activity.ends_at)
    counts = and_(matters, Activity.status.in_(COUNTED))
    took_part = (
        Attendance.state.in_(PRESENT),
        or_(Attendance.counted_as.is_(None), Attendance.counted_as != CountedAs.SERVED),
    )
    asked = select(*timed, Assignment.person_id, Assignment.role, Assignment.state).join(
        Assignment, Assignment.activity_id == Activity.id
    )
    came = (
        select(*timed, Attendance.person_id, null(), null())
        .join(Attendance, Attendance.activity_id == Activity.id)
        .where(*took_part)
    )
    if not facts.are_named:
        return union_all(asked.where(counts), came.where(counts))
    # Of few people all is looked up first: else SQLite asks for each person at each activity of the months.
    theirs = (
        select(Assignment.activity_id, Assignment.person_id, Assignment.role, Assignment.state)
        .where(facts.is_asked(Assignment.person_id))
        .union_all(
            select(Attendance.activity_id, Attendance.person_id, null(), null()).where(
                facts.is_asked(Attendance.person_id), *took_part
            )
        )
        .cte("theirs")
        .prefix_with("MATERIALIZED")
    )
    return union_all(
        select(*timed, theirs.c.person_id, theirs.c.role, theirs.c.state)
        .join(theirs, theirs.c.activity_id == Activity.id)
        .where(counts),
        asked.where(Activity.id.in_(sorted(ids))),
    )
