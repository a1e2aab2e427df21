"""Activities as they are shown: with their campaign, their people, and whom they are for."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from calendars.timezones import at
from models import Activity, Assignment, Campaign, Person, Unit
from models.base import ActivityId, CampaignId, PersonId
from models.database import in_batches
from models.enums import ActivityStatus, AssignmentState
from outreach import organisation
from outreach.assignment.needs import places_needed
from outreach.beneficiaries import circles, served_at
from outreach.errors import NotFound, invalid
from outreach.fields import is_code
from outreach.people import person_id_of
from outreach.permissions import Reach
from outreach.units import subtree

MOST_DAYS_LATER = 32
"""No activity ends more days after its first day than this, see `changing`."""

Id = TypeVar("Id", ActivityId, CampaignId)

Stand = tuple[date, ActivityId]
"""Where an activity stands in the list: by its day, then in the order in which they were made."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody on an activity, in whatever state."""

    code: str
    name: str
    role: str
    state: AssignmentState
    reason: str | None = None
    """Why the program proposed them, for `assignment.say_reason`; None when somebody asked them."""


@dataclass(frozen=True, slots=True)
class ActivityView:
    """One activity. Instants are in the organisation's zone; of whole days the end is the midnight after the last."""

    id: ActivityId
    campaign_code: str
    campaign_name: str
    kind: str
    unit_code: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    shifted_from: date | None
    """The schedule's own day, when the activity is on another."""
    forecast: bool
    place: str | None
    """Its own, else the campaign's."""
    status: ActivityStatus
    places_needed: Mapping[str, int]
    """Its own numbers, else the campaign's; empty when nobody is needed."""
    beneficiaries: Sequence[str]
    """The codes of those it is for on its day, in the order in which they are visited (rules 18, 42 and 52)."""
    people: Sequence[Asked]
    """In the order in which they were first asked."""
    sequence: int
    updated_at: datetime
    version: int
    """Rises with every change of what stands here; the ETag."""
    day: date

    @property
    def stand(self) -> Stand:
        return (self.day, self.id)


@dataclass(frozen=True, slots=True)
class ActivitiesAsked:
    """Which activities a list is about; None leaves the choice open. Days are local, both inclusive."""

    from_day: date | None = None
    to_day: date | None = None
    unit_code: str | None = None
    """Those of this unit and below it."""
    campaign_code: str | None = None
    person_code: str | None = None
    """Those with this person among their people, in whatever state."""
    status: ActivityStatus | None = None


def activities(
    session: Session,
    asked: ActivitiesAsked,
    *,
    within: Reach,
    today: date,
    zone: ZoneInfo,
    after: Stand | None = None,
    limit: int,
) -> list[ActivityView]:
    """Activities in the order of their days, from a place in the list on. One that lasts for days is on each of them.

    Raises NotFound for a code that is unknown or not within reach, Invalid for days in the wrong order.
    """
    if asked.from_day is not None and asked.to_day is not None and asked.to_day < asked.from_day:
        raise invalid("to", "errors.ends_before_it_starts")
    wanted = [within.of(Activity.unit_id), *_asked_for(session, asked, within=within, today=today)]
    if after is not None:
        wanted.append(tuple_(Activity.day, Activity.id) > tuple_(*after))
    return _views(session, and_(*wanted), zone=zone, limit=limit)


def activity(session: Session, activity_id: ActivityId, *, within: Reach, zone: ZoneInfo) -> ActivityView:
    """One activity; raises NotFound."""
    wanted = and_(Activity.id == activity_id, within.of(Activity.unit_id))
    found = _views(session, wanted, zone=zone, limit=1)
    if not found:
        raise NotFound("activities.no_such_activity", id=activity_id)
    return found[0]


def activity_row(session: Session, activity_id: ActivityId, *, within: Reach) -> Activity:
    """The bare row of an activity, for reading alone; raises NotFound."""
    row = session.scalar(select(Activity).where(Activity.id == activity_id, within.of(Activity.unit_id)))
    if row is None:
        raise NotFound("activities.no_such_activity", id=activity_id)
    return row


def find_campaign(session: Session, code: str, *, within: Reach) -> Campaign | None:
    """The campaign of a code, when its unit, or one of its activities, is within reach."""
    if not is_code(code):
        return None
    shown = exists().where(Activity.campaign_id == Campaign.id, within.of(Activity.unit_id))
    return session.scalar(
        select(Campaign).where(Campaign.code == code, or_(within.of(Campaign.unit_id), shown))
    )


def _asked_for(
    session: Session, asked: ActivitiesAsked, *, within: Reach, today: date
) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.from_day is not None:
        wanted.append(Activity.last_day >= asked.from_day)
        # The same once more, in a form for which the index on the first day serves.
        wanted.append(Activity.day >= asked.from_day - timedelta(MOST_DAYS_LATER))
    if asked.to_day is not None:
        wanted.append(Activity.day <= asked.to_day)
    if asked.status is not None:
        wanted.append(Activity.status == asked.status)
    if asked.unit_code is not None:
        unit_id = organisation.unit_id_of(session, asked.unit_code, within=within)
        wanted.append(Activity.unit_id.in_(subtree(session, unit_id, on=today)))
    if asked.campaign_code is not None:
        campaign = find_campaign(session, asked.campaign_code, within=within)
        if campaign is None:
            raise NotFound("errors.no_such_campaign", code=asked.campaign_code)
        wanted.append(Activity.campaign_id == campaign.id)
    if asked.person_code is not None:
        person_id = person_id_of(session, asked.person_code, within=within, today=today)
        wanted.append(
            Activity.id.in_(select(Assignment.activity_id).where(Assignment.person_id == person_id))
        )
    return wanted


def _views(
    session: Session, wanted: ColumnElement[bool], *, zone: ZoneInfo, limit: int
) -> list[ActivityView]:
    """The activities with all that is shown of them: a fixed number of statements, however many there are."""
    rows = session.execute(
        select(Activity, Campaign, Unit.code)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .join(Unit, Unit.id == Activity.unit_id)
        .where(wanted)
        .order_by(Activity.day, Activity.id)
        .limit(limit)
    ).all()
    found = [(activity, campaign) for activity, campaign, _ in rows]
    ids = [activity.id for activity, _ in found]
    needed = places_needed(session, {activity.id: campaign.id for activity, campaign in found})
    people = _people(session, ids)
    served = _beneficiaries(session, found)
    return [
        _view(
            activity,
            campaign,
            unit_code,
            needed=needed.get(activity.id, {}),
            beneficiaries=served.get(activity.id, ()),
            people=people.get(activity.id, ()),
            zone=zone,
        )
        for activity, campaign, unit_code in rows
    ]


def _view(
    activity: Activity,
    campaign: Campaign,
    unit_code: str,
    *,
    needed: Mapping[str, int],
    beneficiaries: Sequence[str],
    people: Sequence[Asked],
    zone: ZoneInfo,
) -> ActivityView:
    starts_at = activity.starts_at or at(activity.day, time.min, zone)
    ends_at = activity.ends_at or at(activity.last_day + timedelta(days=1), time.min, zone)
    stamps = (activity.changed_at, activity.people_changed_at, activity.recorded_at)
    return ActivityView(
        id=activity.id,
        campaign_code=campaign.code,
        campaign_name=campaign.name,
        kind=campaign.kind,
        unit_code=unit_code,
        starts_at=starts_at.astimezone(zone),
        ends_at=ends_at.astimezone(zone),
        all_day=activity.starts_at is None,
        shifted_from=activity.nominal_on if activity.nominal_on != activity.day else None,
        forecast=activity.forecast,
        place=activity.place or campaign.place or None,
        status=activity.status,
        places_needed=needed,
        beneficiaries=beneficiaries,
        people=people,
        sequence=activity.sequence,
        updated_at=max(stamp for stamp in stamps if stamp is not None).astimezone(zone),
        version=activity.version,
        day=activity.day,
    )


def _people(session: Session, activity_ids: Sequence[ActivityId]) -> Mapping[ActivityId, list[Asked]]:
    people: dict[ActivityId, list[Asked]] = defaultdict(list)
    rows = session.execute(
        select(
            Assignment.activity_id,
            Person.code,
            Person.name,
            Assignment.role,
            Assignment.state,
            Assignment.reason,
        )
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.activity_id.in_(activity_ids))
        .order_by(Assignment.id)
    )
    for activity_id, code, name, role, state, reason in rows:
        people[activity_id].append(Asked(code, name, role, state, reason))
    return people


def _beneficiaries(
    session: Session, found: Sequence[tuple[Activity, Campaign]]
) -> Mapping[ActivityId, list[str]]:
    """The codes of those whom each activity is for; each campaign's list is opened up once."""
    of_campaign = circles(
        session, {campaign.id for activity, campaign in found if activity.subject_person_id is None}
    )
    lists = {
        activity.id: served_at(activity, campaign, of_campaign.get(campaign.id))
        for activity, campaign in found
    }
    codes = _codes(session, {person for people in lists.values() for person in people})
    return {activity_id: [codes[person] for person in people] for activity_id, people in lists.items()}


def _codes(session: Session, people: Collection[PersonId]) -> Mapping[PersonId, str]:
    codes: dict[PersonId, str] = {}
    for some in in_batches(people):
        rows: Sequence[Any] = session.execute(  # Any: a pair
            select(Person.id, Person.code).where(Person.id.in_(some))
        ).all()
        codes.update((person, code) for person, code in rows)
    return codes
