"""Bringing the horizon up to a day: what should be planned against what is."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.schedules import months_after
from calendars.workdays import Workdays
from models import Activity
from models.base import ActivityId, CampaignId, PersonId
from models.database import hold
from models.enums import CampaignStatus
from outreach.house_rules import house_rules
from outreach.permissions import Actor
from outreach.planning.collisions import Conflict
from outreach.planning.conflicts import Conflicts, find_conflicts
from outreach.planning.difference import Difference, Why, difference
from outreach.planning.existing import Existing, existing_activities
from outreach.planning.records import Unplanned, courses, subjects_of
from outreach.planning.remarks import Remark, remarks_on
from outreach.planning.wanted import Course, Horizon, Subjects, Wanted, wanted_activities
from outreach.planning.writing import leave_those_in_use, write

log = logging.getLogger(__name__)

MONTHS_AHEAD = 12
_LOOKS_FURTHER = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Move:
    """An activity that the planner moved to another day or time."""

    activity_id: ActivityId
    campaign_id: CampaignId
    before: date
    after: date


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What one run of the planner did. What was withdrawn and came back counts as created, and in `restored`."""

    created: int
    moved: int
    cancelled: int
    unchanged: int
    restored: int = 0
    moves: tuple[Move, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    """The nearest in time; `conflicts_in_all` says how many there are."""
    conflicts_in_all: int = 0
    remarks: tuple[Remark, ...] = ()
    """What the planner could not do, without anything being wrong with the rest."""
    unplanned: tuple[Unplanned, ...] = ()
    """Campaigns that could not be worked out at all."""


def horizon_end(today: date) -> date:
    """The day through which is planned when nothing else is asked: twelve months ahead."""
    return months_after(today, MONTHS_AHEAD)


def plan(
    session: Session,
    *,
    today: date,
    through: date,
    zone: ZoneInfo,
    workdays: Workdays,
    by: Actor,
    now: datetime,
    campaign_ids: Collection[CampaignId] | None = None,
    seek_conflicts: bool = True,
) -> PlanReport:
    """Create, move, withdraw and bring back activities until the plan from today through a day is as it should be.

    Only what nobody touched is changed (`outreach.planning.difference`); what lies before today is left alone, but for
    open visits that nobody was asked to. Run twice, the second run changes nothing. Two runs wait for each other.
    A campaign that cannot be worked out keeps the plan it has, and does not stop the others.
    Conflicts are sought in the whole plan, which takes as long as planning; without them only what is spared is told.
    """
    hold(session, "plan")
    session.flush()
    compared = _compared(
        session, today=today, through=through, zone=zone, workdays=workdays, campaign_ids=campaign_ids
    )
    result = compared.difference
    created = write(session, result, by=by, now=now)
    conflicts = find_conflicts(
        session,
        first=today,
        last=through,
        workdays=workdays,
        campaign_ids=campaign_ids if seek_conflicts else (),
        spared=result.spared,
    )
    return _report(result, created, conflicts, compared.remarks, compared.unplanned)


def plan_next_visits(
    session: Session,
    campaign_ids: Collection[CampaignId],
    people: Collection[PersonId],
    *,
    today: date,
    zone: ZoneInfo,
    workdays: Workdays,
    by: Actor,
    now: datetime,
) -> int:
    """Let the next visits of these people, by campaigns with an interval, stand as they should; how many are new.

    What `plan` does for all, right where a visit was told of (rules 19 and 20): whoever was not seen stays due. It
    waits for no other run: an activity that somebody holds at this moment is left to the next one, and of two new
    visits of one person only the first is made.
    """
    session.flush()
    compared = _compared(
        session,
        today=today,
        through=horizon_end(today),
        zone=zone,
        workdays=workdays,
        campaign_ids=campaign_ids,
        among=people,
    )
    result = compared.difference
    result.create.sort(key=lambda each: (each.campaign_id, each.key))
    leave_those_in_use(session, result)
    return write(session, result, by=by, now=now) if result.changes_anything else 0


def foresee(
    session: Session,
    campaign_id: CampaignId,
    status: CampaignStatus,
    *,
    today: date,
    through: date,
    zone: ZoneInfo,
    workdays: Workdays,
) -> Difference:
    """What the planner would do if the campaign had this status; nothing of it is written."""
    result = _compared(
        session,
        today=today,
        through=through,
        zone=zone,
        workdays=workdays,
        campaign_ids=[campaign_id],
        status=status,
    ).difference
    if result.create:
        released = {each.key for each in result.release}
        taken = set(session.scalars(select(Activity.plan_key).where(Activity.campaign_id == campaign_id)))
        result.create = [each for each in result.create if each.key not in taken - released]
    return result


@dataclass(frozen=True, slots=True)
class _Compared:
    """What should be against what is, and what the planner has to say about it."""

    difference: Difference
    remarks: tuple[Remark, ...]
    unplanned: Sequence[Unplanned]


def _compared(
    session: Session,
    *,
    today: date,
    through: date,
    zone: ZoneInfo,
    workdays: Workdays,
    campaign_ids: Collection[CampaignId] | None,
    status: CampaignStatus | None = None,
    among: Collection[PersonId] | None = None,
) -> _Compared:
    """Of all campaigns, or of these; `status`: as if they had this one; `among`: what is for these people alone."""
    existing = existing_activities(session, today=today, campaign_ids=campaign_ids, among=among)
    readable, unplanned = courses(session, campaign_ids)
    if status is not None:
        readable = [replace(course, status=status) for course in readable]
    active = [course for course in readable if course.status is CampaignStatus.ACTIVE]
    subjects = subjects_of(session, active, today=today, among=among)
    horizon = Horizon(today, _furthest(existing, through), workdays, zone)
    wanted, failed = _wanted(active, subjects, horizon)
    unplanned += failed
    left_alone = {each.campaign_id for each in unplanned}
    campaigns = {course.id: course for course in readable if course.id not in left_alone}
    result = difference(
        wanted,
        [each for each in existing if each.campaign_id in campaigns],
        forms={course.id: course.form for course in campaigns.values()},
        today=today,
        through=through,
        given_up=workdays.shift_workdays(today, -house_rules(session).outcomes.missed_after_workdays),
        why=lambda activity: _why(activity, campaigns[activity.campaign_id], subjects),
    )
    remarks = remarks_on([course for course in active if course.id in campaigns], subjects)
    return _Compared(result, remarks, unplanned)


def _wanted(
    active: Sequence[Course], subjects: Subjects, horizon: Horizon
) -> tuple[list[Wanted], list[Unplanned]]:
    """What all campaigns ask for, and those of which that cannot be said."""
    wanted: list[Wanted] = []
    failed: list[Unplanned] = []
    for course in active:
        try:
            wanted += list(wanted_activities(course, subjects, horizon))
        except Exception as error:
            log.exception("campaign %s cannot be worked out", course.code)
            failed.append(Unplanned(course.id, course.code, type(error).__name__))
    return wanted, failed


def _report(
    result: Difference,
    created: int,
    conflicts: Conflicts,
    remarks: tuple[Remark, ...],
    unplanned: Sequence[Unplanned],
) -> PlanReport:
    return PlanReport(
        created=created + len(result.restore),
        moved=len(result.move),
        cancelled=len(result.cancel),
        unchanged=result.unchanged,
        restored=len(result.restore),
        moves=tuple(
            Move(standing.id, standing.campaign_id, standing.day, wanted.day)
            for standing, wanted in result.move
        ),
        conflicts=conflicts.named,
        conflicts_in_all=conflicts.in_all,
        remarks=remarks,
        unplanned=tuple(unplanned),
    )


def _furthest(existing: Sequence[Existing], through: date) -> date:
    """How far to look: to what an earlier run planned further ahead, and a month beyond, so that what a holiday
    pushes over the edge is moved there and not withdrawn."""
    planned = (each.nominal_on or each.day for each in existing if each.key is not None)
    return max(through, max(planned, default=through)) + _LOOKS_FURTHER


def _why(activity: Existing, course: Course, subjects: Subjects) -> Why:
    """Why an activity of a campaign should be no more."""
    if course.status is CampaignStatus.ENDED or activity.day > course.ends_on:
        return Why.ENDED
    if course.status is not CampaignStatus.ACTIVE:
        return Why.NOT_ACTIVE
    circle = subjects.circles.get(course.id)
    if activity.matter_id is not None:
        return Why.CASE_CLOSED
    if activity.pairing_id is not None:
        return Why.PAIRING_ENDED
    if activity.subject_person_id is not None and circle is not None:
        listed = circle.lists(activity.subject_person_id, activity.day)
        return Why.NOT_SCHEDULED if listed else Why.NOT_SERVED
    if course.split and circle is not None and activity.unit_id not in circle.by_unit_on(activity.day):
        return Why.NOBODY_THERE
    return Why.NOT_SCHEDULED
