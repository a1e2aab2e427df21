"""What a campaign would plan, before it is made or changed. Nothing is stored."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from calendars.occurrences import Occurrence
from calendars.schedules import Birthday, Cadence, CaseVisit, Schedule
from calendars.workdays import Workdays
from models.base import CampaignId, PersonId, TeamId, TieId, UnitId
from models.enums import CampaignStatus, OnHoliday, SplitBy
from outreach.beneficiaries import ListEntry, circle_of_list, pairings_of_team
from outreach.planning import Conflicts, Remark, horizon_end
from outreach.planning.collisions import Booked
from outreach.planning.conflicts import conflicts_of_draft
from outreach.planning.records import subjects_of_draft
from outreach.planning.remarks import remarks_on
from outreach.planning.wanted import (
    Course,
    Subjects,
    birthdays_of,
    case_visits,
    dated_occurrences,
    next_visits,
    times_on,
)

SHOWN_AT_MOST: Final = 1_000
_NO_CAMPAIGN: Final = CampaignId(0)
_NO_UNIT: Final = UnitId(0)


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign that is only being thought of. With `campaign_id` it is a change of one that is there."""

    schedule: Schedule
    starts_on: date
    ends_on: date
    on_holiday: OnHoliday = OnHoliday.KEEP
    kind: str = "other"
    unit_id: UnitId | None = None
    team_id: TeamId | None = None
    start_time: time | None = None
    duration_minutes: int | None = None
    split_by: SplitBy | None = None
    beneficiaries: tuple[ListEntry, ...] = ()
    campaign_id: CampaignId | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class PreviewDate:
    """One day, and for whom where it is for somebody."""

    occurrence: Occurrence
    """`wording.schedules.explain` says of it why the day is that one."""
    person_id: PersonId | None = None
    pairing_id: TieId | None = None
    units: tuple[UnitId, ...] = ()
    """The units that each have an activity of their own that day, where the campaign is split by unit."""

    @property
    def on(self) -> date:
        """The final day."""
        return self.occurrence.day

    @property
    def shifted_from(self) -> date | None:
        """The nominal day when the final one differs."""
        return self.occurrence.shifted_from

    @property
    def forecast(self) -> bool:
        """Whether a year whose calendar is not out yet had a say in it."""
        return self.occurrence.forecast


@dataclass(frozen=True, slots=True)
class Preview:
    """The days, the first thousand of them, and what those of the next twelve months would get in the way of."""

    dates: tuple[PreviewDate, ...]
    more: bool
    """Whether there are more days than are shown."""
    conflicts: Conflicts
    remarks: tuple[Remark, ...]


def preview(
    session: Session,
    draft: Draft,
    *,
    today: date,
    zone: ZoneInfo,
    workdays: Workdays,
    shown: int = SHOWN_AT_MOST,
) -> Preview:
    """The days from a draft's first to its last, past ones too; of cadences and cases each next visit from today."""
    course = _course(draft)
    circle = circle_of_list(
        session, draft.beneficiaries, unit_id=course.unit_id, team_id=draft.team_id, form=course.form
    )
    pairings = (
        pairings_of_team(session, unit_id=course.unit_id, team_id=draft.team_id)
        if course.visits_pairings
        else []
    )
    subjects = subjects_of_draft(session, course, circle, pairings, today=today)
    found = _dates(course, subjects, today=today, workdays=workdays)
    dates = list(islice(found, shown + 1))
    ahead = [each for each in dates[:shown] if today <= each.on <= horizon_end(today)]
    conflicts = conflicts_of_draft(
        session,
        [_booked(draft, course, each, zone) for each in ahead],
        circle=circle,
        replaces=draft.campaign_id,
        workdays=workdays,
    )
    return Preview(
        dates=tuple(dates[:shown]),
        more=len(dates) > shown,
        conflicts=_with_its_name(conflicts, draft.name),
        remarks=remarks_on([course], subjects),
    )


def _dates(course: Course, subjects: Subjects, *, today: date, workdays: Workdays) -> Iterator[PreviewDate]:
    """In the order of days."""
    match course.schedule:
        case Birthday() | Cadence() | CaseVisit():
            found = _dates_of_subjects(course, subjects, today=today, workdays=workdays)
            yield from sorted(found, key=lambda each: (each.on, each.person_id or 0, each.pairing_id or 0))
        case _:
            days = dated_occurrences(
                course, course.schedule, first=course.starts_on, last=course.ends_on, workdays=workdays
            )
            for day in days:
                if not course.split:
                    yield PreviewDate(day)
                elif units := tuple(subjects.circles[course.id].by_unit_on(day.day)):
                    yield PreviewDate(day, units=units)


def _dates_of_subjects(
    course: Course, subjects: Subjects, *, today: date, workdays: Workdays
) -> Iterator[PreviewDate]:
    match course.schedule:
        case Birthday():
            circle = subjects.circles[course.id]
            for person in circle.ever_listed():
                for day in birthdays_of(
                    course,
                    course.schedule,
                    subjects.born[person],
                    first=course.starts_on,
                    last=course.ends_on,
                    workdays=workdays,
                ):
                    if circle.lists(person, day.day):
                        yield PreviewDate(day, person_id=person)
        case Cadence():
            for person, pairing, day in next_visits(
                course, course.schedule, subjects, today=today, workdays=workdays
            ):
                pairing_id = None if pairing is None else pairing.id
                yield PreviewDate(day, person_id=person, pairing_id=pairing_id)
        case CaseVisit():
            for case, day in case_visits(course, course.schedule, subjects, today=today, workdays=workdays):
                yield PreviewDate(day, person_id=case.person_id)


def _with_its_name(conflicts: Conflicts, name: str) -> Conflicts:
    """The draft has a part in each of its conflicts, and is named first; what is only being thought of has no id."""
    if not name:
        return conflicts
    named = tuple(replace(each, campaigns=(name, *each.campaigns)) for each in conflicts.named)
    return replace(conflicts, named=named)


def _course(draft: Draft) -> Course:
    return Course(
        id=draft.campaign_id or _NO_CAMPAIGN,
        code="",
        name="",
        status=CampaignStatus.DRAFT,
        unit_id=draft.unit_id or _NO_UNIT,
        team_id=draft.team_id,
        schedule=draft.schedule,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        start_time=draft.start_time,
        duration_minutes=draft.duration_minutes,
        split=draft.split_by is not None,
        on_holiday=draft.on_holiday,
        has_list=bool(draft.beneficiaries),
    )


def _booked(draft: Draft, course: Course, each: PreviewDate, zone: ZoneInfo) -> Booked:
    starts_at, ends_at, _ = times_on(course, each.on, zone)
    return Booked(
        activity_id=None,
        campaign_id=None,
        kind=draft.kind,
        team_id=draft.team_id,
        on_holiday=draft.on_holiday,
        day=each.on,
        starts_at=starts_at,
        ends_at=ends_at,
        subject_person_id=each.person_id,
        pairing_id=each.pairing_id,
        split=course.split,
        movable=True,
        asked=True,
    )
