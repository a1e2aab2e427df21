"""What the planner reads of campaigns and of those they are for, for all campaigns at once."""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from calendars.schedules import ScheduleFault, parse_schedule
from models import Activity, Attendance, Beneficiary, Campaign, Matter, Person, Tie
from models.base import CampaignId, PersonId, TieId, UnitId
from models.enums import ActivityStatus, AttendanceState, MatterFace, ScheduleForm, TieKind, VisitResult
from outreach.beneficiaries import Circle, Pairing, circles, pairings_of
from outreach.planning.wanted import Born, Course, OpenCase, Subjects
from outreach.units import parents

log = logging.getLogger(__name__)

_NAMED_AT_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A campaign that could not be worked out: its plan stays as it is, and the others are planned."""

    campaign_id: CampaignId
    campaign_code: str
    why: str
    """For those who look after the program: the fault's own name."""


def courses(
    session: Session, campaign_ids: Collection[CampaignId] | None = None
) -> tuple[list[Course], list[Unplanned]]:
    """The campaigns, as the planner sees them, and those whose schedule cannot be read."""
    rows = select(Campaign, exists().where(Beneficiary.campaign_id == Campaign.id)).order_by(Campaign.id)
    if campaign_ids is not None:
        rows = rows.where(Campaign.id.in_(campaign_ids))
    found, unreadable = [], []
    for campaign, has_list in session.execute(rows):
        try:
            found.append(course_of(campaign, has_list=has_list))
        except ScheduleFault as fault:
            log.error("the schedule of campaign %s cannot be read: %s", campaign.code, fault.code)
            unreadable.append(Unplanned(campaign.id, campaign.code, fault.code))
    return found, unreadable


def course_of(campaign: Campaign, *, has_list: bool) -> Course:
    """One campaign as the planner sees it. Raises ScheduleFault."""
    return Course(
        id=campaign.id,
        code=campaign.code,
        name=campaign.name,
        status=campaign.status,
        unit_id=campaign.unit_id,
        team_id=campaign.team_id,
        schedule=parse_schedule(campaign.schedule),
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        start_time=campaign.start_time,
        duration_minutes=campaign.duration_minutes,
        split=campaign.split_by is not None,
        on_holiday=campaign.on_holiday,
        has_list=has_list,
    )


def subjects_of(
    session: Session, planned: Sequence[Course], *, today: date, among: Collection[PersonId] | None = None
) -> Subjects:
    """All that these campaigns' schedules ask about people, pairings and cases; `among`: about these people alone."""
    asked = {
        course.id
        for course in planned
        if course.split
        or course.form is ScheduleForm.BIRTHDAY
        or (course.has_list and course.form in (ScheduleForm.CADENCE, ScheduleForm.CASE))
    }
    by_pairing = [course.id for course in planned if course.visits_pairings]
    of_campaigns = circles(session, asked, among=among)
    pairings = pairings_of(session, by_pairing, among=among)
    return _subjects(session, planned, of_campaigns, pairings, today=today, among=among)


def subjects_of_draft(
    session: Session, draft: Course, circle: Circle, pairings: Sequence[Pairing], *, today: date
) -> Subjects:
    """The same for one campaign that is only being thought of."""
    return _subjects(session, [draft], {draft.id: circle}, {draft.id: pairings}, today=today)


def _subjects(
    session: Session,
    planned: Sequence[Course],
    of_campaigns: Mapping[CampaignId, Circle],
    pairings: Mapping[CampaignId, Sequence[Pairing]],
    *,
    today: date,
    among: Collection[PersonId] | None = None,
) -> Subjects:
    birthdays = [course.id for course in planned if course.form is ScheduleForm.BIRTHDAY]
    visits = [course for course in planned if course.form is ScheduleForm.CADENCE]
    cases = [course for course in planned if course.form is ScheduleForm.CASE]
    by_person = [course.id for course in visits if course.has_list]
    people = {person for each in birthdays + by_person for person in of_campaigns[each].ever_listed()}
    born, since = _people(session, people)
    return Subjects(
        circles=of_campaigns,
        pairings=pairings,
        born=born,
        since=since,
        visited=last_visits(session, by_person, among=among),
        pairs_visited=last_visits_of_pairs(
            session,
            [course.id for course in visits if course.visits_pairings],
            among=None if among is None else {each.id for found in pairings.values() for each in found},
        ),
        cases=_open_cases(session) if cases else (),
        units_below=_units_below(session, [course for course in cases if not course.has_list], today),
    )


def _people(
    session: Session, people: Collection[PersonId]
) -> tuple[dict[PersonId, Born], dict[PersonId, date | None]]:
    born: dict[PersonId, Born] = {}
    since: dict[PersonId, date | None] = {}
    if people:
        rows = select(Person.id, Person.code, Person.birth_date, Person.lunar_birthday, Person.since)
        if len(people) <= _NAMED_AT_MOST:
            rows = rows.where(Person.id.in_(people))
        for person, code, birth_date, lunar_birthday, first in session.execute(rows):
            born[person] = Born(code, birth_date, lunar_birthday)
            since[person] = first
    return born, since


def _attended(listed: type[Attendance]) -> ColumnElement[bool]:
    """Whether somebody was there: seen, when the visit was told; else on the list and not absent (rule 42)."""
    return or_(
        listed.visit == VisitResult.SEEN,
        and_(
            listed.visit.is_(None),
            listed.state.not_in((AttendanceState.ABSENT, AttendanceState.EXCUSED)),
        ),
    )


def last_visits(
    session: Session, campaign_ids: Collection[CampaignId], *, among: Collection[PersonId] | None = None
) -> dict[tuple[CampaignId, PersonId], date]:
    """When each campaign last held an activity with a person among its attendees (rule 20); `among`: these people."""
    if not campaign_ids:
        return {}
    rows = (
        select(Activity.campaign_id, Attendance.person_id, func.max(Attendance.day))
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(Activity.campaign_id.in_(campaign_ids), _was_held(), _attended(Attendance))
        .group_by(Activity.campaign_id, Attendance.person_id)
    )
    if among is not None:
        rows = rows.where(Attendance.person_id.in_(among))
    return {(campaign, person): day for campaign, person, day in session.execute(rows)}


_SUPPORTER: Final = aliased(Attendance)
_BENEFICIARY: Final = aliased(Attendance)


def last_visits_of_pairs(
    session: Session,
    campaign_ids: Collection[CampaignId] | None,
    *,
    among: Collection[TieId] | None = None,
) -> dict[tuple[CampaignId, TieId], date]:
    """When each campaign last held an activity with both persons of a pairing among its attendees (rule 20).

    Of these campaigns, None for all of them; `among`: of these pairings alone.
    """
    if campaign_ids is not None and not campaign_ids:
        return {}
    rows = (
        select(Activity.campaign_id, Tie.id, func.max(_BENEFICIARY.day))
        .join(_SUPPORTER, _SUPPORTER.activity_id == Activity.id)
        .join(_BENEFICIARY, _BENEFICIARY.activity_id == Activity.id)
        .join(
            Tie,
            and_(
                Tie.kind == TieKind.PAIRING,
                Tie.subject_person_id == _SUPPORTER.person_id,
                Tie.object_person_id == _BENEFICIARY.person_id,
            ),
        )
        .where(_was_held(), _attended(_SUPPORTER), _attended(_BENEFICIARY))
        .group_by(Activity.campaign_id, Tie.id)
    )
    if campaign_ids is not None:
        rows = rows.where(Activity.campaign_id.in_(campaign_ids))
    if among is not None:
        rows = rows.where(Tie.id.in_(among))
    return {(campaign, tie): day for campaign, tie, day in session.execute(rows)}


def _was_held() -> ColumnElement[bool]:
    return Activity.status.in_((ActivityStatus.HELD, ActivityStatus.PARTLY))


def _open_cases(session: Session) -> list[OpenCase]:
    rows = session.execute(
        select(Matter.id, Matter.kind, Matter.person_id, Matter.unit_id, Matter.opened_on, Person.frozen_on)
        .outerjoin(Person, Person.id == Matter.person_id)
        .where(Matter.face == MatterFace.CASE, Matter.closed_on.is_(None))
        .order_by(Matter.id)
    )
    return [OpenCase(*row) for row in rows]


def _units_below(
    session: Session, planned: Sequence[Course], today: date
) -> dict[CampaignId, frozenset[UnitId]]:
    if not planned:
        return {}
    children: dict[UnitId, list[UnitId]] = defaultdict(list)
    for unit, parent in parents(session, on=today).items():
        if parent is not None:
            children[parent].append(unit)
    return {course.id: frozenset(_with_all_below(course.unit_id, children)) for course in planned}


def _with_all_below(unit: UnitId, children: dict[UnitId, list[UnitId]]) -> list[UnitId]:
    found = [unit]
    for each in found:
        found.extend(children[each])
    return found
