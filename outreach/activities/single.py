"""A single activity: of a campaign that goes on, outside its schedule, or by itself as a campaign of one day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.timezones import at
from models import Activity, Campaign
from models.base import ActivityId
from models.enums import CampaignStatus
from outreach import campaign_register
from outreach.activities.changing import USUAL_MINUTES, Moment, NewActivityColumns, add_activity
from outreach.campaigns import CampaignColumns, draft_campaign
from outreach.errors import invalid
from outreach.permissions import Actor, Reach


@dataclass(frozen=True, slots=True)
class Single:
    """What a single activity is made of, in local times; without a start it lasts the whole day.

    With a campaign's code it is one of that campaign's, else a campaign of its own with this name, kind and team.
    """

    day: date
    starts_at: time | None = None
    ends_at: time | None = None
    """Without one it is as long as the campaign says, else an hour (rule 22)."""
    campaign_code: str | None = None
    name: str | None = None
    kind: str = "other"
    unit_code: str | None = None
    """The campaign's, else the one that it is made for."""
    team_code: str | None = None
    place: str | None = None
    places_needed: Mapping[str, int] | None = None


def add_single(
    session: Session, single: Single, *, by: Actor, today: date, now: datetime, zone: ZoneInfo
) -> ActivityId:
    """Add it; raises Invalid with the fields of `Single`, Forbidden, and Conflict as `add_activity` does."""
    if single.starts_at is not None and single.ends_at is not None and single.ends_at <= single.starts_at:
        raise invalid("ends_at", "activities.ends_before_it_starts")
    code, planned = single.campaign_code, None
    if code is None:
        code, planned = _campaign_of_one_day(session, single, by=by, today=today, now=now, zone=zone)
    if planned is not None:
        return planned
    columns = NewActivityColumns(campaign_code=code, starts_at=_moment(single, zone))
    if single.starts_at is not None and single.ends_at is not None:
        columns["ends_at"] = at(single.day, single.ends_at, zone)
    if single.unit_code:
        columns["unit_code"] = single.unit_code
    if single.campaign_code is not None:
        columns["place"], columns["places_needed"] = single.place, single.places_needed
    return add_activity(session, columns, by=by, today=today, now=now, zone=zone)


def campaigns_to_add_to(session: Session, within: Reach, *, limit: int) -> Sequence[tuple[str, str]]:
    """The campaigns that go on, code and name, those that began last first."""
    rows = session.execute(
        select(Campaign.code, Campaign.name)
        .where(Campaign.status == CampaignStatus.ACTIVE, within.of(Campaign.unit_id))
        .order_by(Campaign.starts_on.desc(), Campaign.name, Campaign.id)
        .limit(limit)
    )
    return [(code, name) for code, name in rows]


def _campaign_of_one_day(
    session: Session, single: Single, *, by: Actor, today: date, now: datetime, zone: ZoneInfo
) -> tuple[str, ActivityId | None]:
    """A campaign with this one date, and its activity where the planner made one: of a past day it makes none."""
    if not single.name:
        raise invalid("name", "moving.name_or_campaign")
    if not single.unit_code:
        raise invalid("unit_code", "errors.missing")
    columns = CampaignColumns(
        code=campaign_register.next_code(session, today=today),
        name=single.name,
        kind=single.kind,
        unit_code=single.unit_code,
        status=CampaignStatus.ACTIVE,
        schedule=f"DATES:{single.day.isoformat()}",
        starts_on=single.day,
        ends_on=single.day,
        team_code=single.team_code,
        start_time=single.starts_at,
        duration_minutes=_minutes(single),
        place=single.place,
        places_needed=single.places_needed,
    )
    made = draft_campaign(session, columns, by=by, today=today, now=now, zone=zone)
    planned = session.scalar(select(Activity.id).where(Activity.campaign_id == made.id))
    return made.code, planned


def _moment(single: Single, zone: ZoneInfo) -> Moment:
    return single.day if single.starts_at is None else at(single.day, single.starts_at, zone)


def _minutes(single: Single) -> int | None:
    if single.starts_at is None:
        return None
    if single.ends_at is None:
        return USUAL_MINUTES
    day = date(2000, 1, 1)
    lasts = datetime.combine(day, single.ends_at) - datetime.combine(day, single.starts_at)
    return int(lasts / timedelta(minutes=1))
