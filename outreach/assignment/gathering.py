"""What choosing works from, read for a whole window in a fixed number of questions, however much there is in it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, union_all
from sqlalchemy.orm import Session

from calendars.periods import month_of
from models import Activity, Assignment, Attendance, Campaign, Team
from models.base import ActivityId, PersonId, TeamId
from models.database import in_batches
from models.enums import TAKING_PART, ActivityStatus, AssignmentState, CampaignStatus, CountedAs
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
from outreach.assignment.memory import LastThere, Memory
from outreach.assignment.needs import places_needed
from outreach.assignment.places import ANY_ROLE, LEADER_ROLE, open_places
from outreach.beneficiaries import circles, served_at
from outreach.house_rules import AssignmentRules

_LONGEST = timedelta(days=32)
"""Nothing lasts longer than this."""
_COUNTED = (ActivityStatus.PLANNED, ActivityStatus.HELD, ActivityStatus.PARTLY, ActivityStatus.MISSED)

_Row = tuple[Activity, Campaign]


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
    even_full: bool = False,
    people: Collection[PersonId] = (),
    apart_from: ActivityId | None = None,
) -> Scene:
    """The open places of planned activities from one local day to another, and who could fill them.

    With `activity_ids` of these alone, and only people near them, and `people`, are read; `only_one` leaves one place
    of that role open, else one for anybody. With `even_full` activities stand there too of which no place is open.
    What has begun is left out. Being on `apart_from` counts for no limit and no overlap.
    """
    found = _activities(session, first, last, now, activity_ids)
    rows = [(activity, campaign) for activity, campaign, _ in found]
    confirming = frozenset(campaign.team_id for _, campaign, confirms in found if confirms)
    needed = places_needed(session, {activity.id: activity.campaign_id for activity, _ in rows})
    rows = [row for row in rows if even_full or row[0].id in needed]
    if not rows:
        return Scene(Crowd(()), {}, (), {})
    near = Near(
        teams=frozenset(campaign.team_id for _, campaign in rows if campaign.team_id is not None),
        units=frozenset(unit for activity, campaign in rows for unit in (activity.unit_id, campaign.unit_id)),
        people=frozenset(people),
        only=activity_ids is not None,
    )
    reader = _Reader(session, rows, needed, near, confirming, today=today, zone=zone, rules=rules)
    sites = {activity.id: reader.site(activity, campaign, only_one) for activity, campaign in rows}
    return Scene(
        crowd=reader.facts.crowd,
        sites={each: site for each, site in sites.items() if site.work.open or even_full},
        bookings=_bookings(session, reader.facts, [activity.day for activity, _ in rows], apart_from),
        skills_of=reader.facts.skills_of,
    )


def _activities(
    session: Session,
    first: date,
    last: date,
    now: datetime,
    activity_ids: Collection[ActivityId] | None,
) -> list[tuple[Activity, Campaign, bool | None]]:
    """With whether members of the campaign's team come without being asked."""
    query = (
        select(Activity, Campaign, Team.confirms_members)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(Team, Team.id == Campaign.team_id)
        .where(
            Activity.status == ActivityStatus.PLANNED,
            Campaign.status == CampaignStatus.ACTIVE,
            Activity.day.between(first, last),
            or_(Activity.starts_at.is_(None), Activity.starts_at > now),
        )
        .order_by(Activity.day, Activity.id)
    )
    if activity_ids is None:
        return [(*row,) for row in session.execute(query)]
    found: list[tuple[Activity, Campaign, bool | None]] = []
    for some in in_batches(sorted(activity_ids)):
        found += [(*row,) for row in session.execute(query.where(Activity.id.in_(some)))]
    return found


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
        rows: Sequence[_Row],
        needed: Mapping[ActivityId, Mapping[str, int]],
        near: Near,
        confirming: frozenset[TeamId | None],
        *,
        today: date,
        zone: ZoneInfo,
        rules: AssignmentRules,
    ) -> None:
        self._needed, self._zone, self._rules = needed, zone, rules
        days = [activity.day for activity, _ in rows]
        roles = {role for places in needed.values() for role in places} - {ANY_ROLE}
        skills = {skill for _, campaign in rows for skill in fields.parts(campaign.skills)}
        self.facts = Facts(session, near, skills | roles, first=min(days), last=max(days))
        self._memory = Memory(session, rows, roles, self.facts, today=today)
        self._circles = circles(
            session,
            {activity.campaign_id for activity, _ in rows if activity.subject_person_id is None},
            among=self.facts.bit.keys() | set(self.facts.ever_minor()),
        )
        self._asked = _asked(session, [activity.id for activity, _ in rows])
        self._confirming = confirming

    def site(self, activity: Activity, campaign: Campaign, only_one: str | None) -> Site:
        """What holds for one activity."""
        facts, day = self.facts, activity.day
        skills = fields.parts(campaign.skills)
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
            confirms=campaign.team_id in self._confirming,
            supporters=self._memory.supporters(activity),
            last_there=self._memory.last_there(activity),
        )

    def _conditions(
        self,
        activity: Activity,
        campaign: Campaign,
        skills: Sequence[str],
        served: Sequence[PersonId],
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
        self, activity: Activity, counted: Sequence[_Asked], served: Sequence[PersonId]
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


def _asked(session: Session, ids: Collection[ActivityId]) -> Mapping[ActivityId, list[_Asked]]:
    found: dict[ActivityId, list[_Asked]] = defaultdict(list)
    for some in in_batches(ids):
        rows = session.execute(
            select(Assignment.activity_id, Assignment.person_id, Assignment.role, Assignment.state).where(
                Assignment.activity_id.in_(some)
            )
        )
        for activity_id, person_id, role, state in rows:
            found[activity_id].append(_Asked(person_id, role, state))
    return found


def _bookings(
    session: Session, facts: Facts, days: Sequence[date], apart_from: ActivityId | None
) -> Sequence[Booking]:
    """What people are counted on for, or were at, in the months of these days."""
    first = month_of(min(days)).first - _LONGEST
    last = month_of(max(days)).last
    counted = Activity.day.between(first, last) & Activity.status.in_(_COUNTED)
    timed = (Activity.id, Activity.day, Activity.starts_at, Activity.ends_at)
    asked = (
        select(*timed, Assignment.person_id)
        .join(Assignment, Assignment.activity_id == Activity.id)
        .where(counted, Assignment.state.in_(TAKING_PART))
    )
    there = (
        select(*timed, Attendance.person_id)
        .join(Attendance, Attendance.activity_id == Activity.id)
        .where(
            counted,
            Attendance.state.in_(PRESENT),
            or_(Attendance.counted_as.is_(None), Attendance.counted_as != CountedAs.SERVED),
        )
    )
    people: dict[ActivityId, People] = defaultdict(int)
    when: dict[ActivityId, tuple[date, datetime | None, datetime | None]] = {}
    for activity_id, day, starts_at, ends_at, person_id in session.execute(union_all(asked, there)):
        people[activity_id] |= facts.mask([person_id])
        when[activity_id] = (day, starts_at, ends_at)
    return [
        Booking(people[activity_id], *times)
        for activity_id, times in when.items()
        if people[activity_id] and activity_id != apart_from
    ]
