"""Moving, cancelling and restoring activities, and adding a single one outside its campaign's schedule."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calendars.timezones import at, local_day
from models import Activity, Campaign, Matter, Person, Place
from models.base import ActivityId, PersonId, UnitId
from models.enums import ActivityStatus, AuditAction, CaseKind
from outreach import audit, fields, organisation, people
from outreach.activities.views import find_campaign
from outreach.errors import Conflict, NotFound, Stale, invalid
from outreach.feed_versions import activities_changed
from outreach.notices import activities_cancelled, activities_moved, activities_restored
from outreach.permissions import Actor, Deed, Reach, expect, seen

USUAL_MINUTES = 60
"""How long an activity lasts when nobody says (rule 22)."""
LONGEST = timedelta(minutes=fields.LONGEST_DURATION)
_RECORDED = (ActivityStatus.HELD, ActivityStatus.PARTLY)

Moment = date | datetime
"""A whole local day, or an aware instant."""


class ActivityColumns(TypedDict, total=False):
    """What a change of an activity says; what is absent stays as it was."""

    starts_at: Moment
    ends_at: Moment
    """A whole day is the last one, an instant the end."""
    all_day: bool
    place: str | None
    """None: the campaign's place again."""
    status: ActivityStatus
    reason: str
    places_needed: Mapping[str, int] | None
    """None: the campaign's numbers again."""


class NewActivityColumns(TypedDict, total=False):
    """What a single activity is made of; the first two are needed."""

    campaign_code: str
    starts_at: Moment
    ends_at: Moment
    all_day: bool
    unit_code: str
    """The campaign's own when absent."""
    person_code: str
    """The one whom it is for; absent, it is for all whom the campaign serves that day."""
    place: str | None
    places_needed: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Times:
    """When an activity is: whole days from the first to the last, or from instant to instant on these days."""

    day: date
    last_day: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def is_all_day(self) -> bool:
        return self.starts_at is None

    def first_instant(self, zone: ZoneInfo) -> datetime:
        return self.starts_at or at(self.day, time.min, zone)


def activity_for(
    session: Session, activity_id: ActivityId, deed: Deed, *, by: Actor, today: date
) -> Activity:
    """The activity, which nobody else changes until the transaction ends; raises NotFound and Forbidden."""
    found = session.scalar(
        select(Activity)
        .where(Activity.id == activity_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("activities.no_such_activity", id=activity_id)
    expect(session, by, deed, found.unit_id, on=today)
    return found


def expect_version(activity: Activity, expected_version: int | None) -> None:
    """Let a change pass that was made from the present version, or from any (None); raises Stale."""
    if expected_version is not None and activity.version != expected_version:
        raise Stale


def change_activity(
    session: Session,
    activity_id: ActivityId,
    columns: ActivityColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    expected_version: int | None = None,
) -> Activity:
    """Move an activity, give it a place, cancel or restore it. From then on the planner leaves its day and state alone.

    Raises NotFound, Forbidden, Stale; Conflict for what was recorded or, when moved, is cancelled; Invalid with the
    faults. A change that changes nothing leaves everything as it was, stamps included.
    """
    activity = activity_for(session, activity_id, Deed.PLAN, by=by, today=today)
    expect_version(activity, expected_version)
    campaign = session.get_one(Campaign, activity.campaign_id)
    status = _next_status(activity, columns)
    was = _shown(activity, campaign)
    stood = _Stood(activity.status, _times_of(activity), _place(activity, campaign))
    if _tells_times(columns):
        _move(activity, _times_of(activity), columns, campaign, zone=zone)
    if "place" in columns:
        activity.place = (columns["place"] or "").strip() or None
    if status is not activity.status:
        activity.status, activity.by_hand = status, True
    if status is ActivityStatus.PLANNED and (stood.status, stood.times) != (status, _times_of(activity)):
        _expect_not_frozen(session, activity)
    if status is ActivityStatus.CANCELLED:
        activity.reason = columns.get("reason", activity.reason)
    else:
        activity.reason = None
    shown = _shown(activity, campaign)
    has_new_numbers = "places_needed" in columns and _set_places(session, activity, columns["places_needed"])
    if shown == was and not has_new_numbers:
        return activity
    activity.version += 1
    if {name: shown[name] for name in _IN_CALENDARS} != {name: was[name] for name in _IN_CALENDARS}:
        activity.sequence += 1
        activity.changed_at = now
        activities_changed(session, [activity.id], now=now)
    changed = [name for name in shown if shown[name] != was[name]]
    audit.note(
        session,
        by,
        AuditAction.CHANGED,
        Activity.__tablename__,
        activity.id,
        now=now,
        before={name: was[name] for name in changed},
        after={name: shown[name] for name in changed},
    )
    _tell(session, activity, stood, place=_place(activity, campaign), now=now)
    return activity


def add_activity(
    session: Session,
    columns: NewActivityColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> ActivityId:
    """Make a single activity of a campaign, outside its schedule; the planner never touches it.

    Raises Invalid for codes that are unknown or not seen and for times that will not do, Forbidden, and Conflict for a
    person for whom nothing is planned any more.
    """
    within = seen(session, by, on=today)
    campaign = find_campaign(session, columns["campaign_code"], within=within)
    if campaign is None:
        raise invalid("campaign_code", "errors.unknown_code", code=columns["campaign_code"])
    unit_id = _unit(session, columns.get("unit_code"), within) or campaign.unit_id
    expect(session, by, Deed.PLAN, unit_id, on=today)
    times = _told_times(columns, None, campaign, zone=zone)
    activity = Activity(
        campaign_id=campaign.id,
        unit_id=unit_id,
        subject_person_id=_person(session, columns.get("person_code"), within, today),
        day=times.day,
        last_day=times.last_day,
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        place=(columns.get("place") or "").strip() or None,
        by_hand=True,
        changed_at=now,
        people_changed_at=now,
    )
    _expect_not_frozen(session, activity)
    session.add(activity)
    session.flush()
    _set_places(session, activity, columns.get("places_needed"))
    audit.note(
        session,
        by,
        AuditAction.CREATED,
        Activity.__tablename__,
        activity.id,
        now=now,
        after=_shown(activity, campaign),
    )
    activities_changed(session, [activity.id], now=now)
    return activity.id


# --- who is told ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stood:
    """How an activity stood before a change, as far as those who take part were told."""

    status: ActivityStatus
    times: Times
    place: str | None


def _tell(session: Session, activity: Activity, stood: _Stood, *, place: str | None, now: datetime) -> None:
    """Let those who take part know what has become of it."""
    session.flush()
    if activity.status is ActivityStatus.CANCELLED:
        if stood.status is not ActivityStatus.CANCELLED:
            activities_cancelled(session, [activity.id], now=now)
        return
    if stood.status is ActivityStatus.CANCELLED:
        activities_restored(session, [activity.id], now=now)
    was, times = {}, _times_of(activity)
    if (times.day, times.starts_at) != (stood.times.day, stood.times.starts_at):
        was[activity.id] = (stood.times.day, stood.times.starts_at)
    places = {activity.id: stood.place} if place != stood.place else {}
    if was or places:
        activities_moved(session, was, places=places, now=now)


# --- states -----------------------------------------------------------------------------------------------------------


def _next_status(activity: Activity, columns: ActivityColumns) -> ActivityStatus:
    """The state that the change leads to. What was recorded is changed by a new record alone."""
    told = columns.get("status")
    if told not in (None, ActivityStatus.PLANNED, ActivityStatus.CANCELLED):
        raise invalid("status", "activities.status_comes_from_the_record")
    moves = _tells_times(columns)
    if told is ActivityStatus.CANCELLED and moves:
        raise invalid("status", "activities.cancelled_or_moved")
    is_recorded = activity.revision > 0 or activity.status in _RECORDED
    if is_recorded and (moves or told not in (None, activity.status)):
        raise Conflict("activities.recorded")
    if moves and told is None and activity.status is ActivityStatus.CANCELLED:
        raise Conflict("activities.cancelled_is_not_moved")
    if told is None:
        # Somebody who gives a missed activity another day wants it to take place.
        told = ActivityStatus.PLANNED if moves and not is_recorded else activity.status
    reason = (columns.get("reason") or "").strip()
    if told is ActivityStatus.CANCELLED:
        if not reason and ("reason" in columns or activity.status is not ActivityStatus.CANCELLED):
            raise invalid("reason", "activities.reason_needed")
    elif "reason" in columns:
        raise invalid("reason", "activities.reason_of_cancelling_only")
    return told


def _expect_not_frozen(session: Session, activity: Activity) -> None:
    """Raise Conflict for a visit to somebody for whom nothing is planned any more; their bereavement's own is."""
    person = None if activity.subject_person_id is None else session.get(Person, activity.subject_person_id)
    if person is None or person.frozen_on is None or activity.last_day < person.frozen_on:
        return
    matter = None if activity.matter_id is None else session.get(Matter, activity.matter_id)
    if matter is None or matter.kind != CaseKind.BEREAVEMENT:
        raise Conflict("activities.subject_is_frozen")


# --- times ------------------------------------------------------------------------------------------------------------


def _tells_times(columns: ActivityColumns | NewActivityColumns) -> bool:
    return not {"starts_at", "ends_at", "all_day"}.isdisjoint(columns)


def _times_of(activity: Activity) -> Times:
    return Times(activity.day, activity.last_day, activity.starts_at, activity.ends_at)


def _move(
    activity: Activity, standing: Times, columns: ActivityColumns, campaign: Campaign, *, zone: ZoneInfo
) -> None:
    times = _told_times(columns, standing, campaign, zone=zone)
    if times == standing:
        return
    if times.day != standing.day:
        # The day is no longer what a schedule makes of a calendar that is not out yet.
        activity.forecast = False
    activity.day, activity.last_day = times.day, times.last_day
    activity.starts_at, activity.ends_at = times.starts_at, times.ends_at
    activity.by_hand = True


def _told_times(
    columns: ActivityColumns | NewActivityColumns,
    standing: Times | None,
    campaign: Campaign,
    *,
    zone: ZoneInfo,
) -> Times:
    """The times that are told, with what is not told taken from how it stands, else from the campaign.

    A day without a time of day, or `all_day`, makes whole days; so does a midnight told of what lasts whole days. When
    only the start is told the length stays.
    """
    start, end = columns.get("starts_at"), columns.get("ends_at")
    if _is_all_day(columns, standing, zone):
        return _whole_days(_first_day(start, standing, zone), start, end, standing, zone)
    first = _instant(start, zone) or (standing.first_instant(zone) if standing else None)
    if first is None:
        raise invalid("starts_at", "errors.missing")
    last = _instant(end, zone)
    if last is None:
        keeps_its_end = standing is not None and start is None
        last = (standing.ends_at if standing and keeps_its_end else None) or first + _length(
            standing, campaign
        )
    return _timed(first, last, zone)


def _is_all_day(
    columns: ActivityColumns | NewActivityColumns, standing: Times | None, zone: ZoneInfo
) -> bool:
    told = [moment for moment in (columns.get("starts_at"), columns.get("ends_at")) if moment is not None]
    days = [moment for moment in told if not isinstance(moment, datetime)]
    if "all_day" in columns:
        if days and not columns["all_day"]:
            raise invalid("starts_at", "activities.time_of_day_needed")
        return columns["all_day"]
    if days:
        if len(days) < len(told):
            raise invalid("ends_at", "activities.day_and_time_mixed")
        return True
    return standing is not None and standing.is_all_day and all(_is_midnight(each, zone) for each in told)


def _is_midnight(moment: Moment, zone: ZoneInfo) -> bool:
    return not isinstance(moment, datetime) or moment.astimezone(zone).time() == time.min


def _first_day(start: Moment | None, standing: Times | None, zone: ZoneInfo) -> date:
    if start is None:
        if standing is None:
            raise invalid("starts_at", "errors.missing")
        return standing.day
    return local_day(start, zone) if isinstance(start, datetime) else start


def _whole_days(
    first: date, start: Moment | None, end: Moment | None, standing: Times | None, zone: ZoneInfo
) -> Times:
    if isinstance(end, datetime):
        last = local_day(end - timedelta(microseconds=1), zone)
    elif end is not None:
        last = end
    elif standing is None:
        last = first
    elif start is None:
        last = standing.last_day
    else:
        last = first + (standing.last_day - standing.day if standing.is_all_day else timedelta())
    if last < first:
        raise invalid("ends_at", "activities.ends_before_it_starts")
    if last - first >= LONGEST:
        raise invalid("ends_at", "activities.too_long", days=LONGEST.days)
    _expect_in_calendar(first, last)
    return Times(first, last)


def _timed(first: datetime, last: datetime, zone: ZoneInfo) -> Times:
    if last <= first:
        raise invalid("ends_at", "activities.ends_before_it_starts")
    if last - first > LONGEST:
        raise invalid("ends_at", "activities.too_long", days=LONGEST.days)
    day, last_day = local_day(first, zone), local_day(last - timedelta(microseconds=1), zone)
    _expect_in_calendar(day, last_day)
    return Times(day, last_day, first.astimezone(UTC), last.astimezone(UTC))


def _expect_in_calendar(first: date, last: date) -> None:
    for field, day in (("starts_at", first), ("ends_at", last)):
        if not fields.FIRST_YEAR <= day.year <= fields.LAST_YEAR:
            values = {"text": day.isoformat(), "first": fields.FIRST_YEAR, "last": fields.LAST_YEAR}
            raise invalid(field, "errors.day_out_of_range", **values)


def _instant(moment: Moment | None, zone: ZoneInfo) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return at(moment, time.min, zone)


def _length(standing: Times | None, campaign: Campaign) -> timedelta:
    if standing is not None and standing.starts_at is not None and standing.ends_at is not None:
        return standing.ends_at - standing.starts_at
    return timedelta(minutes=campaign.duration_minutes or USUAL_MINUTES)


# --- what it is made of -----------------------------------------------------------------------------------------------

_IN_CALENDARS = ("day", "last_day", "starts_at", "ends_at", "place", "status")
"""A change of these raises SEQUENCE: time, place and state."""


def _shown(activity: Activity, campaign: Campaign) -> dict[str, str | bool | None]:
    """What a change can touch, as the audit trail keeps it; the place is the one that is shown."""
    return {
        "day": activity.day.isoformat(),
        "last_day": activity.last_day.isoformat(),
        "starts_at": activity.starts_at.isoformat() if activity.starts_at else None,
        "ends_at": activity.ends_at.isoformat() if activity.ends_at else None,
        "place": _place(activity, campaign),
        "status": activity.status.value if activity.status else ActivityStatus.PLANNED.value,
        "reason": activity.reason,
        "forecast": activity.forecast,
    }


def _place(activity: Activity, campaign: Campaign) -> str | None:
    return activity.place or campaign.place or None


def _set_places(session: Session, activity: Activity, needed: Mapping[str, int] | None) -> bool:
    """Give an activity numbers of its own, or none; whether they are others than before."""
    rows = select(Place).where(Place.activity_id == activity.id).order_by(Place.position)
    standing = {place.role: place.needed for place in session.scalars(rows)}
    if list(standing.items()) == list((needed or {}).items()):
        return False
    session.execute(delete(Place).where(Place.activity_id == activity.id))
    session.add_all(
        Place(activity_id=activity.id, role=role, needed=number, position=position)
        for position, (role, number) in enumerate((needed or {}).items())
    )
    return True


def _unit(session: Session, code: str | None, within: Reach) -> UnitId | None:
    if code is None:
        return None
    known = organisation.find_units(session, [code], within=within)
    if code not in known:
        raise invalid("unit_code", "errors.unknown_code", code=code)
    return known[code]


def _person(session: Session, code: str | None, within: Reach, today: date) -> PersonId | None:
    if code is None:
        return None
    known = people.find_people(session, [code], within=within, today=today)
    if code not in known:
        raise invalid("person_code", "errors.unknown_code", code=code)
    return known[code]
