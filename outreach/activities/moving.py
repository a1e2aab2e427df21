"""Giving an activity another day by hand, taking it back to where it was, and what follows from either."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calendars.timezones import at
from calendars.workdays import DayKind, Workdays
from models import Activity, Notice
from models.base import ActivityId
from models.enums import ActivityStatus, NoticeKind, NoticeState
from outreach.activities.changing import (
    ActivityColumns,
    activity_for,
    change_activity,
    expect_version,
)
from outreach.errors import Conflict, invalid
from outreach.permissions import Actor, Deed
from outreach.planning.collisions import WITHIN, ConflictKind
from outreach.planning.collisions import Conflict as Collision
from outreach.planning.conflicts import find_conflicts

_SAID_BY_THE_DAY: Final = (ConflictKind.ON_HOLIDAY, ConflictKind.ON_MAKE_UP_DAY)
_TO_BE_TOLD: Final = (NoticeState.DUE, NoticeState.TO_CALL)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an activity stands, so that it can be put back: the last day of whole days, and whose decision it was."""

    day: date
    starts_at: datetime | None
    last_day: date
    is_planned: bool
    """Nobody had touched it: the planner may move it."""
    forecast: bool

    @classmethod
    def of(cls, activity: Activity) -> "Standing":
        return cls(
            activity.day,
            activity.starts_at,
            activity.last_day,
            not activity.by_hand,
            activity.forecast,
        )


@dataclass(frozen=True, slots=True)
class Follows:
    """What a change brings with it: what sort of day it is now, what collides there, who clashes, how many are told."""

    day_kind: DayKind
    conflicts: tuple[Collision, ...] = ()
    clashing: int = 0
    told: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """An activity on its new day."""

    activity: Activity
    was: Standing
    follows: Follows


def why_not_movable(activity: Activity, *, today: date, now: datetime) -> str | None:
    """The key of the sentence that says why an activity keeps its day; None for one that may move."""
    if activity.status is ActivityStatus.CANCELLED:
        return "activities.cancelled_is_not_moved"
    if activity.revision > 0 or activity.status in (ActivityStatus.HELD, ActivityStatus.PARTLY):
        return "activities.recorded"
    if activity.status is ActivityStatus.MISSED or _is_over(activity, today=today, now=now):
        return "moving.is_over"
    return None


def move_activity(
    session: Session,
    activity_id: ActivityId,
    *,
    day: date,
    starts_at: time | None = None,
    back_to: Standing | None = None,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    workdays: Workdays,
    expected_version: int | None = None,
) -> Moved:
    """Give an activity another local day, and another local time when one is told; its length stays.

    `back_to` takes a move back: whole days become whole days again, and what nobody had touched is the planner's again.
    Raises as `change_activity` does; besides Conflict for what is over, Invalid for a day that has passed.
    """
    activity = activity_for(session, activity_id, Deed.PLAN, by=by, today=today)
    expect_version(activity, expected_version)
    reason = why_not_movable(activity, today=today, now=now)
    if reason is not None:
        raise Conflict(reason)
    if day < today:
        raise invalid("day", "moving.day_has_passed")
    was = Standing.of(activity)
    changed = change_activity(
        session,
        activity_id,
        _columns(activity, day, starts_at, back_to, zone),
        by=by,
        today=today,
        now=now,
        zone=zone,
        expected_version=expected_version,
    )
    if back_to is not None and changed.plan_key is not None:
        changed.by_hand, changed.forecast = not back_to.is_planned, back_to.forecast
    session.flush()
    return Moved(changed, was, what_follows(session, changed, workdays=workdays))


def cancel_activity(
    session: Session,
    activity_id: ActivityId,
    *,
    reason: str,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    expected_version: int | None = None,
) -> int:
    """Cancel an activity with a reason; how many people are told. Raises as `change_activity` does."""
    columns = ActivityColumns(status=ActivityStatus.CANCELLED, reason=reason)
    change_activity(
        session,
        activity_id,
        columns,
        by=by,
        today=today,
        now=now,
        zone=zone,
        expected_version=expected_version,
    )
    return _told(session, activity_id, NoticeKind.CANCELLED)


def restore_activity(
    session: Session,
    activity_id: ActivityId,
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    workdays: Workdays,
    expected_version: int | None = None,
) -> Follows:
    """Let a cancelled activity take place after all; what follows. Raises as `change_activity` does."""
    columns = ActivityColumns(status=ActivityStatus.PLANNED)
    activity = change_activity(
        session,
        activity_id,
        columns,
        by=by,
        today=today,
        now=now,
        zone=zone,
        expected_version=expected_version,
    )
    session.flush()
    return what_follows(session, activity, workdays=workdays)


def what_follows(session: Session, activity: Activity, *, workdays: Workdays) -> Follows:
    """What an activity, where it stands now, collides with, and how many people have yet to be told that it moved."""
    found = find_conflicts(
        session,
        first=activity.day,
        # Of two visits too near to each other the later one's day is the conflict's.
        last=activity.day + WITHIN - timedelta(days=1),
        workdays=workdays,
        campaign_ids={activity.campaign_id},
    )
    conflicts = tuple(
        each for each in found.named if activity.id in each.activity_ids and each.kind not in _SAID_BY_THE_DAY
    )
    clashing = {
        person for each in conflicts if each.kind is ConflictKind.PERSON_OVERLAP for person in each.person_ids
    }
    return Follows(
        day_kind=workdays.day_kind(activity.day),
        conflicts=conflicts,
        clashing=len(clashing),
        told=_told(session, activity.id, NoticeKind.MOVED),
    )


def _columns(
    activity: Activity, day: date, starts_at: time | None, back_to: Standing | None, zone: ZoneInfo
) -> ActivityColumns:
    if back_to is not None and back_to.starts_at is None:
        return ActivityColumns(starts_at=day, ends_at=back_to.last_day, all_day=True)
    if starts_at is not None:
        return ActivityColumns(starts_at=at(day, starts_at, zone))
    if activity.starts_at is None:
        return ActivityColumns(starts_at=day)
    return ActivityColumns(starts_at=at(day, activity.starts_at.astimezone(zone).time(), zone))


def _is_over(activity: Activity, *, today: date, now: datetime) -> bool:
    """With a time, once it has ended; whole days, once the last has passed."""
    return activity.last_day < today if activity.ends_at is None else activity.ends_at <= now


def _told(session: Session, activity_id: ActivityId, kind: NoticeKind) -> int:
    """How many people are still to hear of it."""
    asked = select(func.count()).where(
        Notice.activity_id == activity_id, Notice.kind == kind, Notice.state.in_(_TO_BE_TOLD)
    )
    return session.scalar(asked) or 0
