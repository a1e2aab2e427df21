"""What should be planned: of each active campaign, the activities that its schedule yields in a span of days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calendars.occurrences import (
    Occurrence,
    birthday_occurrences,
    cadence_occurrence,
    case_occurrence,
    occurrences,
)
from calendars.schedules import Birthday, Cadence, CaseVisit, DatedSchedule, Schedule, parse_interval
from calendars.timezones import at, local_day
from calendars.workdays import Workdays
from models.base import CampaignId, MatterId, PersonId, TeamId, TieId, UnitId
from models.enums import CampaignStatus, CaseKind, OnHoliday, ScheduleForm
from outreach.beneficiaries import Circle, Pairing
from outreach.planning.keys import birthday_key, case_key, dated_key, visit_key

DEFAULT_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Course:
    """A campaign as the planner sees it."""

    id: CampaignId
    code: str
    name: str
    status: CampaignStatus
    unit_id: UnitId
    team_id: TeamId | None
    schedule: Schedule
    starts_on: date
    ends_on: date
    start_time: time | None
    duration_minutes: int | None
    split: bool
    on_holiday: OnHoliday
    has_list: bool
    """Whether it says whom it serves."""

    @property
    def form(self) -> ScheduleForm:
        """The schedule's form; any dated one stands for all of them."""
        match self.schedule:
            case Birthday():
                return ScheduleForm.BIRTHDAY
            case Cadence():
                return ScheduleForm.CADENCE
            case CaseVisit():
                return ScheduleForm.CASE
            case _:
                return ScheduleForm.DATES

    @property
    def splits_days(self) -> bool:
        """Whether each unit has an activity of its own; activities for one person ignore that (rule 22a)."""
        return self.split and self.form is ScheduleForm.DATES

    @property
    def visits_pairings(self) -> bool:
        """Whether its subjects are pairings (rule 19)."""
        return self.form is ScheduleForm.CADENCE and not self.has_list


@dataclass(frozen=True, slots=True)
class Born:
    """What is known of somebody's birthday."""

    code: str
    birth_date: date | None
    lunar_birthday: str | None


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that is not closed yet."""

    id: MatterId
    kind: str
    person_id: PersonId | None
    unit_id: UnitId | None
    opened_on: date
    frozen_on: date | None = None
    """From this day on nothing is planned for the one it is about, but for what their bereavement asks for."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """What the database knows of those whom the campaigns are for; see `outreach.planning.records`."""

    circles: Mapping[CampaignId, Circle] = field(default_factory=dict)
    pairings: Mapping[CampaignId, Sequence[Pairing]] = field(default_factory=dict)
    born: Mapping[PersonId, Born] = field(default_factory=dict)
    since: Mapping[PersonId, date | None] = field(default_factory=dict)
    visited: Mapping[tuple[CampaignId, PersonId], date] = field(default_factory=dict)
    """When the campaign last visited a person."""
    pairs_visited: Mapping[tuple[CampaignId, TieId], date] = field(default_factory=dict)
    """When both of a pairing last were at one activity of the campaign."""
    cases: Sequence[OpenCase] = ()
    units_below: Mapping[CampaignId, frozenset[UnitId]] = field(default_factory=dict)
    """The units of the campaigns that visit cases, and all below them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One activity that should be there."""

    campaign_id: CampaignId
    key: str
    unit_id: UnitId
    nominal_on: date
    day: date
    last_day: date
    starts_at: datetime | None
    ends_at: datetime | None
    forecast: bool
    subject_person_id: PersonId | None = None
    pairing_id: TieId | None = None
    matter_id: MatterId | None = None


@dataclass(frozen=True, slots=True)
class Horizon:
    """The days planned for, both inclusive, and the calendar and zone they are in."""

    today: date
    last: date
    workdays: Workdays
    zone: ZoneInfo


def wanted_activities(course: Course, subjects: Subjects, horizon: Horizon) -> Iterator[Wanted]:
    """The activities of an active campaign whose day lies in the horizon; of an open visit whenever it is due."""
    match course.schedule:
        case Birthday():
            yield from _birthdays(course, course.schedule, subjects, horizon)
        case Cadence():
            yield from _visits(course, course.schedule, subjects, horizon)
        case CaseVisit():
            yield from _case_visits(course, course.schedule, subjects, horizon)
        case _:
            yield from _dated(course, course.schedule, subjects, horizon)


def dated_occurrences(
    course: Course, schedule: DatedSchedule, *, first: date, last: date, workdays: Workdays
) -> Iterator[Occurrence]:
    """The occurrences of a campaign with a dated form in a span of days."""
    return occurrences(
        schedule,
        starts_on=course.starts_on,
        ends_on=course.ends_on,
        first=first,
        last=last,
        on_holiday=course.on_holiday,
        workdays=workdays,
    )


def birthdays_of(
    course: Course, schedule: Birthday, born: Born, *, first: date, last: date, workdays: Workdays
) -> Iterator[Occurrence]:
    """One person's birthdays in a span of days."""
    return birthday_occurrences(
        schedule,
        birth_date=born.birth_date,
        lunar_birthday=born.lunar_birthday,
        starts_on=course.starts_on,
        ends_on=course.ends_on,
        first=first,
        last=last,
        on_holiday=course.on_holiday,
        workdays=workdays,
    )


def next_visits(
    course: Course, schedule: Cadence, subjects: Subjects, *, today: date, workdays: Workdays
) -> Iterator[tuple[PersonId, Pairing | None, Occurrence]]:
    """The next visit of each subject of a cadence: the people of its list, without one its pairings (rule 19)."""

    def due(due_from: date, visit_every: str | None = None) -> Occurrence | None:
        return cadence_occurrence(
            schedule,
            due_from=due_from,
            interval=None if visit_every is None else parse_interval(visit_every),
            not_before=today,
            starts_on=course.starts_on,
            ends_on=course.ends_on,
            last=course.ends_on,
            on_holiday=course.on_holiday,
            workdays=workdays,
        )

    if course.visits_pairings:
        for pairing in subjects.pairings.get(course.id, ()):
            last_visit = subjects.pairs_visited.get((course.id, pairing.id))
            visit = due(last_visit or pairing.since or course.starts_on, pairing.visit_every)
            if visit is not None and pairing.on(visit.day):
                yield pairing.beneficiary_id, pairing, visit
        return
    circle = subjects.circles[course.id]
    for person in circle.ever_listed():
        last_visit = subjects.visited.get((course.id, person))
        visit = due(last_visit or subjects.since.get(person) or course.starts_on)
        if visit is not None and circle.lists(person, visit.day):
            yield person, None, visit


def case_visits(
    course: Course, schedule: CaseVisit, subjects: Subjects, *, today: date, workdays: Workdays
) -> Iterator[tuple[OpenCase, Occurrence]]:
    """The visit of each open case of the kind that the campaign is for, due so long after the opening."""
    for case in subjects.cases:
        if case.kind != schedule.kind:
            continue
        visit = case_occurrence(
            schedule,
            opened_on=case.opened_on,
            not_before=today,
            starts_on=course.starts_on,
            ends_on=course.ends_on,
            last=course.ends_on,
            on_holiday=course.on_holiday,
            workdays=workdays,
        )
        if visit is not None and _in_scope(course, case, subjects, visit.day):
            yield case, visit


def _in_scope(course: Course, case: OpenCase, subjects: Subjects, day: date) -> bool:
    """Whether a case is one of those the campaign visits on a day.

    By the campaign's list; without one, by its unit. The one whom a bereavement is about is no longer there on the day
    of the visit: then it is enough to have been on the list. Their other cases are not visited any more.
    """
    is_frozen = case.frozen_on is not None and case.frozen_on <= day
    if is_frozen and case.kind != CaseKind.BEREAVEMENT:
        return False
    if not course.has_list:
        return case.unit_id in subjects.units_below.get(course.id, ())
    if case.person_id is None:
        return False
    circle = subjects.circles[course.id]
    if case.kind == CaseKind.BEREAVEMENT:
        return circle.has_listed(case.person_id, day)
    return circle.lists(case.person_id, day)


def _dated(course: Course, schedule: DatedSchedule, subjects: Subjects, horizon: Horizon) -> Iterator[Wanted]:
    found = dated_occurrences(
        course, schedule, first=horizon.today, last=horizon.last, workdays=horizon.workdays
    )
    for occurrence in found:
        if not course.split:
            yield _wanted(course, occurrence, horizon.zone, key=dated_key(occurrence.nominal))
            continue
        for unit_id in subjects.circles[course.id].by_unit_on(occurrence.day):
            key = dated_key(occurrence.nominal, unit_id=unit_id)
            yield _wanted(course, occurrence, horizon.zone, key=key, unit_id=unit_id)


def _birthdays(course: Course, schedule: Birthday, subjects: Subjects, horizon: Horizon) -> Iterator[Wanted]:
    circle = subjects.circles[course.id]
    for person in circle.ever_listed():
        found = birthdays_of(
            course,
            schedule,
            subjects.born[person],
            first=horizon.today,
            last=horizon.last,
            workdays=horizon.workdays,
        )
        for birthday in found:
            if circle.lists(person, birthday.day):
                key = birthday_key(birthday.nominal, person)
                yield _wanted(course, birthday, horizon.zone, key=key, subject=person)


def _visits(course: Course, schedule: Cadence, subjects: Subjects, horizon: Horizon) -> Iterator[Wanted]:
    visits = next_visits(course, schedule, subjects, today=horizon.today, workdays=horizon.workdays)
    for person, pairing, visit in visits:
        pairing_id = None if pairing is None else pairing.id
        key = visit_key(person, pairing_id)
        yield _wanted(course, visit, horizon.zone, key=key, subject=person, pairing=pairing_id)


def _case_visits(
    course: Course, schedule: CaseVisit, subjects: Subjects, horizon: Horizon
) -> Iterator[Wanted]:
    visits = case_visits(course, schedule, subjects, today=horizon.today, workdays=horizon.workdays)
    for case, visit in visits:
        key = case_key(case.id)
        yield _wanted(course, visit, horizon.zone, key=key, subject=case.person_id, matter=case.id)


def _wanted(
    course: Course,
    occurrence: Occurrence,
    zone: ZoneInfo,
    *,
    key: str,
    unit_id: UnitId | None = None,
    subject: PersonId | None = None,
    pairing: TieId | None = None,
    matter: MatterId | None = None,
) -> Wanted:
    starts_at, ends_at, last_day = times_on(course, occurrence.day, zone)
    return Wanted(
        campaign_id=course.id,
        key=key,
        unit_id=unit_id or course.unit_id,
        nominal_on=occurrence.nominal,
        day=occurrence.day,
        last_day=last_day,
        starts_at=starts_at,
        ends_at=ends_at,
        forecast=occurrence.forecast,
        subject_person_id=subject,
        pairing_id=pairing,
        matter_id=matter,
    )


def times_on(course: Course, day: date, zone: ZoneInfo) -> tuple[datetime | None, datetime | None, date]:
    """Start and end (UTC) of an activity on a local day, and the local day it ends on; a whole day has no times."""
    if course.start_time is None:
        return None, None, day
    starts_at = at(day, course.start_time, zone)
    ends_at = starts_at + timedelta(minutes=course.duration_minutes or DEFAULT_MINUTES)
    return starts_at, ends_at, local_day(ends_at - timedelta(microseconds=1), zone)
