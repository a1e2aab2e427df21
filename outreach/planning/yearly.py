"""A year of the plan as lanes: how many activities lie on which day, of each kind of campaign or of each campaign.

Everything is counted in the database; what is read is one row a day and lane, however many activities there are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Activity, Campaign, Person, Place, Unit
from models.base import ActivityId, CampaignId
from models.enums import ActivityStatus, CampaignStatus, ScheduleForm
from outreach.permissions import Reach
from outreach.remembered import remembered

Rows = Select[*tuple[Any, ...]]
"""Statements whose columns are of too many types to tell apart."""
MADE_OF: Final = frozenset({"activities", "campaigns", "places"})
CAMPAIGNS_ARE_MADE_OF: Final = frozenset({"activities", "campaigns", "units"})
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
    """What begins on a day: how much of it there is and was done, what it asks for, until when the longest lasts."""

    day: date
    last_day: date
    count: int
    done: int
    minutes: int
    places: int
    """How many people are to be found for it."""
    activity_id: ActivityId
    """One of them."""
    moved_from: date | None = None
    """The earliest day that a holiday or weekend moved one of them from."""


@dataclass(frozen=True, slots=True)
class YearPlan:
    """The year in numbers. `by_kind` has a lane for each kind, `by_campaign` one for each campaign of `opened`."""

    year: int
    campaigns: Sequence[LaneCampaign]
    by_kind: Mapping[str, Sequence[LaneDay]]
    by_campaign: Mapping[CampaignId, Sequence[LaneDay]]
    load: Sequence[LaneDay]
    """The days of all lanes together."""


def year_plan(
    session: Session,
    within: Reach,
    year: int,
    *,
    campaigns: Sequence[LaneCampaign],
    opened: Collection[CampaignId] = (),
) -> YearPlan:
    """The plan of a year in the units of a reach, in one statement; what is cancelled is not in it.

    `campaigns` are those of `campaigns_of_year`; of `opened` each has a lane of its own.
    """
    question = ("year", within.unit_ids, year, frozenset(opened))
    found = remembered(session, question, lambda: _year_plan(session, within, year, opened), made_of=MADE_OF)
    return replace(found, campaigns=campaigns)


def _year_plan(
    session: Session,
    within: Reach,
    year: int,
    opened: Collection[CampaignId],
) -> YearPlan:
    lanes: dict[tuple[str, CampaignId | None], list[LaneDay]] = defaultdict(list)
    for kind, campaign_id, *day in session.execute(_days(within, year, opened)):
        lanes[kind, campaign_id].append(LaneDay(*day))
    by_kind: dict[str, list[LaneDay]] = defaultdict(list)
    for (kind, _), days in lanes.items():
        by_kind[kind] += days
    return YearPlan(
        year=year,
        campaigns=(),
        by_kind={kind: _together(days) for kind, days in by_kind.items()},
        by_campaign={number: days for (_, number), days in lanes.items() if number is not None},
        load=_together(day for days in lanes.values() for day in days),
    )


def campaigns_of_year(
    session: Session, within: Reach, year: int, *, code: str | None = None
) -> Sequence[LaneCampaign]:
    """The campaigns that run in a year, of a unit of the reach or with activities in one, by kind and name; with
    `code` the one of that code, or none."""
    return remembered(
        session,
        ("campaigns", within.unit_ids, year, code),
        lambda: _campaigns_of_year(session, within, year, code),
        made_of=CAMPAIGNS_ARE_MADE_OF,
    )


def _campaigns_of_year(
    session: Session, within: Reach, year: int, code: str | None
) -> Sequence[LaneCampaign]:
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


def _days(within: Reach, year: int, opened: Collection[CampaignId]) -> Rows:
    """A row for each kind, opened campaign and day of the year."""
    of_opened = case((Activity.campaign_id.in_(opened), Activity.campaign_id)) if opened else null()
    lane = cast(of_opened, Integer).label("lane")
    minutes = case(
        (Activity.starts_at.is_(None), WHOLE_DAY_MINUTES),
        else_=func.coalesce(Campaign.duration_minutes, _USUAL_MINUTES),
    )
    # A schedule that places its days beside a festival has not moved them.
    moved = and_(
        Activity.nominal_on != Activity.day,
        Activity.by_hand.is_(False),
        Campaign.form.in_(_BY_RULE),
        Campaign.schedule.not_ilike("%shift%"),
    )
    own, usual = _needed(Place.activity_id), _needed(Place.campaign_id)
    return (
        select(
            Campaign.kind,
            lane,
            Activity.day,
            func.max(Activity.last_day),
            func.count(),
            cast(func.sum(case((Activity.status.in_(_DONE), 1), else_=0)), Integer),
            cast(func.sum(minutes), Integer),
            cast(func.sum(func.coalesce(own.c.needed, usual.c.needed, 0)), Integer),
            func.min(Activity.id),
            func.min(case((moved, Activity.nominal_on))),
        )
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(own, own.c.owner == Activity.id)
        .outerjoin(usual, usual.c.owner == Activity.campaign_id)
        .where(Activity.day.between(date(year, 1, 1), date(year, 12, 31)))
        .where(within.of(Activity.unit_id), _counted())
        .group_by(Campaign.kind, "lane", Activity.day)
        .order_by(Campaign.kind, Activity.day)
    )


def _needed(owner: InstrumentedAttribute[Any]) -> Subquery:  # Any: the campaign or the activity
    """How many people each of these owners of places needs."""
    return (
        select(owner.label("owner"), func.sum(Place.needed).label("needed"))
        .where(owner.is_not(None))
        .group_by(owner)
        .subquery()
    )


def _together(days: Iterable[LaneDay]) -> list[LaneDay]:
    """Days of several lanes as one lane."""
    found: dict[date, LaneDay] = {}
    for each in days:
        known = found.get(each.day)
        if known is None:
            found[each.day] = each
            continue
        moved = [day for day in (known.moved_from, each.moved_from) if day is not None]
        found[each.day] = LaneDay(
            day=each.day,
            last_day=max(known.last_day, each.last_day),
            count=known.count + each.count,
            done=known.done + each.done,
            minutes=known.minutes + each.minutes,
            places=known.places + each.places,
            activity_id=min(known.activity_id, each.activity_id),
            moved_from=min(moved, default=None),
        )
    return [found[day] for day in sorted(found)]
