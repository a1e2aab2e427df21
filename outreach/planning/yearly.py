"""A year of the plan as lanes: how many activities lie on which day, of each kind of campaign or of each campaign.

Everything is counted in the database; what is read is one row a day and lane, however many activities there are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from calendars.schedules import ScheduleFault, ShiftUnit, parse_schedule
from models import Activity, Campaign, Person, Place, Tie, Unit
from models.base import ActivityId, CampaignId
from models.enums import ActivityStatus, CampaignStatus, PersonRole, ScheduleForm, TieKind
from outreach.house_rules import house_rules
from outreach.permissions import Reach

Rows = Select[*tuple[Any, ...]]
"""Statements whose columns are of too many types to tell apart."""
FIRST_YEAR: Final = 1901
LAST_YEAR: Final = 2099
WHOLE_DAY_MINUTES: Final = 480
"""What a whole day counts in the hours of a month; other activities count as long as their campaign says."""
_USUAL_MINUTES: Final = 60
_DONE = (ActivityStatus.HELD, ActivityStatus.PARTLY)
_BY_RULE = (
    ScheduleForm.RRULE,
    ScheduleForm.DATES,
    ScheduleForm.FESTIVAL,
    ScheduleForm.LUNAR,
    ScheduleForm.TERM,
    ScheduleForm.BIRTHDAY,
)
"""Forms whose days only a rule moves; an open visit also moves because it is overdue."""


@dataclass(frozen=True, slots=True)
class LaneCampaign:
    """A campaign of the year."""

    id: CampaignId
    code: str
    name: str
    kind: str
    unit: str
    status: CampaignStatus
    ends_on: date


@dataclass(frozen=True, slots=True)
class LaneDay:
    """What begins on a day: how much of it there is and was done, until when the longest lasts, and one of them."""

    day: date
    last_day: date
    count: int
    done: int
    activity_id: ActivityId


@dataclass(frozen=True, slots=True)
class MovedDay:
    """A day that a campaign has because a holiday or weekend moved it from another."""

    campaign_id: CampaignId
    kind: str
    day: date
    moved_from: date


@dataclass(frozen=True, slots=True)
class DayLoad:
    """What a day asks for: activities, minutes, and people to be found for them."""

    activities: int
    done: int
    minutes: int
    places: int


@dataclass(frozen=True, slots=True)
class YearPlan:
    """The year in numbers. `by_kind` has a lane for each kind, `by_campaign` one for each campaign of `opened`."""

    year: int
    campaigns: Sequence[LaneCampaign]
    by_kind: Mapping[str, Sequence[LaneDay]]
    by_campaign: Mapping[CampaignId, Sequence[LaneDay]]
    moved: Sequence[MovedDay]
    load: Mapping[date, DayLoad]
    capacity: int
    """How many places a month the volunteers usually fill: each so many as the house rules call usual."""

    @property
    def activities(self) -> int:
        return sum(each.activities for each in self.load.values())

    @property
    def done(self) -> int:
        return sum(each.done for each in self.load.values())


def year_plan(
    session: Session,
    within: Reach,
    year: int,
    *,
    campaigns: Sequence[LaneCampaign],
    opened: Sequence[CampaignId] = (),
    today: date,
) -> YearPlan:
    """The plan of a year in the units of a reach; what is cancelled is not in it. Six statements.

    `campaigns` are those of `campaigns_of_year`; of `opened` each has a lane of its own.
    """
    return YearPlan(
        year=year,
        campaigns=campaigns,
        by_kind=_days_by(session, Campaign.kind, within, year),
        by_campaign=_days_by(session, Activity.campaign_id, within, year, opened) if opened else {},
        moved=_moved(session, within, year),
        load=_load(session, within, year),
        capacity=_capacity(session, within, today=today),
    )


def campaigns_of_year(
    session: Session, within: Reach, year: int, *, code: str | None = None
) -> Sequence[LaneCampaign]:
    """The campaigns that run in a year, of a unit of the reach or with activities in one, by kind and name; with
    `code` the one of that code, or none."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    has_some = select(Activity.campaign_id).where(
        Activity.day.between(first, last), within.of(Activity.unit_id), _counted()
    )
    runs = (Campaign.starts_on <= last) & (Campaign.ends_on >= first)
    query = (
        select(
            Campaign.id,
            Campaign.code,
            Campaign.name,
            Campaign.kind,
            Unit.name,
            Campaign.status,
            Campaign.ends_on,
        )
        .join(Unit, Unit.id == Campaign.unit_id)
        .where(or_(within.of(Campaign.unit_id) & runs, Campaign.id.in_(has_some)))
        .order_by(Campaign.kind, Campaign.name, Campaign.id)
    )
    if code is not None:
        query = query.where(Campaign.code == code)
    return [LaneCampaign(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """One activity of a campaign in a month, as the list behind a cell shows it."""

    id: ActivityId
    day: date
    subject: str | None
    unit: str
    status: ActivityStatus
    nominal_on: date | None
    by_hand: bool


def activities_of_month(
    session: Session, campaign_id: CampaignId, within: Reach, *, first: date, last: date, limit: int
) -> tuple[Sequence[PlannedDay], int]:
    """The first activities of a campaign between two days, and how many there are; cancelled ones are left out."""
    which = (
        Activity.campaign_id == campaign_id,
        Activity.day.between(first, last),
        within.of(Activity.unit_id),
        _counted(),
    )
    count = session.scalar(select(func.count()).select_from(Activity).where(*which))
    rows = session.execute(
        select(
            Activity.id,
            Activity.day,
            Person.name,
            Unit.name,
            Activity.status,
            Activity.nominal_on,
            Activity.by_hand,
        )
        .join(Unit, Unit.id == Activity.unit_id)
        .outerjoin(Person, Person.id == Activity.subject_person_id)
        .where(*which)
        .order_by(Activity.day, Activity.starts_at, Activity.id)
        .limit(limit)
    )
    return [PlannedDay(*row) for row in rows], count or 0


def _counted() -> ColumnElement[bool]:
    return Activity.status != ActivityStatus.CANCELLED


def _of_year(statement: Rows, within: Reach, year: int) -> Rows:
    return statement.where(
        Activity.day.between(date(year, 1, 1), date(year, 12, 31)), within.of(Activity.unit_id), _counted()
    )


def _days_by(
    session: Session,
    lane: InstrumentedAttribute[Any],  # Any: the kind or the id
    within: Reach,
    year: int,
    campaign_ids: Sequence[CampaignId] | None = None,
) -> dict[Any, list[LaneDay]]:
    query: Rows = (
        select(
            lane,
            Activity.day,
            func.max(Activity.last_day),
            func.count(),
            func.sum(case((Activity.status.in_(_DONE), 1), else_=0)),
            func.min(Activity.id),
        )
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .group_by(lane, Activity.day)
        .order_by(lane, Activity.day)
    )
    if campaign_ids is not None:
        query = query.where(Activity.campaign_id.in_(campaign_ids))
    lanes: dict[Any, list[LaneDay]] = defaultdict(list)
    for key, day, last_day, count, done, number in session.execute(_of_year(query, within, year)):
        lanes[key].append(LaneDay(day, last_day, count, int(done), number))
    return dict(lanes)


def _moved(session: Session, within: Reach, year: int) -> list[MovedDay]:
    """The days that a rule moved. A day that a schedule places beside its festival was not moved by that."""
    query: Rows = (
        select(Activity.campaign_id, Campaign.kind, Campaign.schedule, Activity.day, Activity.nominal_on)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Activity.nominal_on != Activity.day, Activity.by_hand.is_(False))
        .where(Campaign.form.in_(_BY_RULE), Campaign.schedule.not_ilike("%shift=%WD%"))
        .distinct()
        .order_by(Activity.day)
    )
    offsets: dict[str, timedelta] = {}
    moved: list[MovedDay] = []
    for campaign_id, kind, schedule, day, nominal in session.execute(_of_year(query, within, year)):
        if schedule not in offsets:
            offsets[schedule] = _offset(schedule)
        if nominal + offsets[schedule] != day:
            moved.append(MovedDay(campaign_id, kind, day, nominal + offsets[schedule]))
    return moved


def _offset(schedule: str) -> timedelta:
    """How many days a schedule lies beside its nominal day."""
    try:
        shift = parse_schedule(schedule).shift
    except ScheduleFault:
        return timedelta()
    return timedelta(days=shift.amount) if shift and shift.unit is ShiftUnit.DAYS else timedelta()


def _load(session: Session, within: Reach, year: int) -> dict[date, DayLoad]:
    own = (
        select(Place.activity_id, func.sum(Place.needed).label("needed"))
        .where(Place.activity_id.is_not(None))
        .group_by(Place.activity_id)
        .subquery()
    )
    usual = (
        select(Place.campaign_id, func.sum(Place.needed).label("needed"))
        .where(Place.campaign_id.is_not(None))
        .group_by(Place.campaign_id)
        .subquery()
    )
    minutes = case(
        (Activity.starts_at.is_(None), WHOLE_DAY_MINUTES),
        else_=func.coalesce(Campaign.duration_minutes, _USUAL_MINUTES),
    )
    query: Rows = (
        select(
            Activity.day,
            func.count(),
            func.sum(case((Activity.status.in_(_DONE), 1), else_=0)),
            func.sum(minutes),
            func.sum(func.coalesce(own.c.needed, usual.c.needed, 0)),
        )
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(own, own.c.activity_id == Activity.id)
        .outerjoin(usual, usual.c.campaign_id == Activity.campaign_id)
        .group_by(Activity.day)
    )
    return {
        day: DayLoad(count, int(done), int(spent), int(places))
        for day, count, done, spent, places in session.execute(_of_year(query, within, year))
    }


def _capacity(session: Session, within: Reach, *, today: date) -> int:
    volunteers = session.scalar(
        select(func.count(Tie.subject_person_id.distinct())).where(
            Tie.kind == TieKind.ROLE,
            Tie.object_word == PersonRole.VOLUNTEER,
            Tie.since <= today,
            Tie.until >= today,
            within.of_person(Tie.subject_person_id, on=today),
        )
    )
    return (volunteers or 0) * house_rules(session).assignment.usual_per_month
