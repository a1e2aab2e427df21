"""Outcomes brought by an import: many rows at once, made into activities where none stands (rules 22a, 27 and 45)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from calendars.schedules import Birthday
from calendars.workdays import Workdays
from models import Activity, Attendance, Outcome, Person
from models.base import ActivityId, CampaignId, ImportId, MetricId, PersonId, UnitId
from models.database import in_batches
from models.enums import ActivityStatus, Additivity, OutcomeScope, Qualifier, ScheduleForm
from outreach import feed_versions, recording
from outreach.beneficiaries import Circle, circles
from outreach.metrics import definitions, metric_ids
from outreach.outcomes.counting import Remark
from outreach.outcomes.record import note_visits
from outreach.outcomes.settling import SUBJECT_FORMS, Change, NewTelling, settle
from outreach.outcomes.tellings import Attendee, Told, Value
from outreach.permissions import Actor
from outreach.planning.records import courses
from outreach.planning.wanted import Born, Course, birthdays_of, times_on
from outreach.recording import Part


@dataclass(frozen=True, slots=True)
class EnteredValue:
    """A figure of a row, as `materials.issued{kind=card}=101~at_least`; see `metrics.combination_of`."""

    metric: str
    value: Decimal
    qualifier: Qualifier = Qualifier.EXACT
    combination: str = ""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row of an import, in ids, checked by whoever brings it. Remarks call it by its number."""

    number: int
    campaign_id: CampaignId
    held_on: date
    fingerprint: str
    status: ActivityStatus = ActivityStatus.HELD
    unit_id: UnitId | None = None
    attendees: tuple[PersonId, ...] = ()
    minutes: int | None = None
    measures: tuple[EnteredValue, ...] = ()
    narrative: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryRemark:
    """Something worth telling of an activity; `number` is that of the first row which told of it."""

    number: int
    remark: Remark


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What was made of the rows."""

    created: tuple[ActivityId, ...]
    """Activities that did not stand before."""
    recorded: tuple[ActivityId, ...]
    """All of which something was told now, the new ones among them."""
    remarks: tuple[HistoryRemark, ...]


def record_history(
    session: Session,
    rows: Iterable[HistoryRow],
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    workdays: Workdays,
    import_id: ImportId | None = None,
) -> HistoryReport:
    """Record rows that are not recorded yet. Each is a part of its activity, and adds to what is known of it.

    No other record is taken while this runs, so that thousands of figures can be changed in any order.
    """
    recording.alone(session)
    ids = metric_ids(session)
    created: list[ActivityId] = []
    recorded: list[ActivityId] = []
    remarks: list[HistoryRemark] = []
    shown: set[ActivityId] = set()
    for some in in_batches(list(rows)):
        told = _told_of(session, some, now=now, zone=zone, workdays=workdays)
        changes = [each.change for each in told]
        companions = settle(session, changes, by=by, now=now, import_id=import_id)
        measures = {recording.activity(each.change.activity.id): _in_turn(each, ids) for each in told}
        recording.replace_measures(session, measures, by=by, now=now)
        note_visits(session, [*(change.activity for change in changes), *companions], by=by)
        shown |= {change.activity.id for change in changes if change.shown_otherwise}
        shown |= {companion.id for companion in companions}
        created += [change.activity.id for change in changes if change.is_new]
        recorded += [change.activity.id for change in changes]
        remarks += [HistoryRemark(each.number, remark) for each in told for remark in each.change.remarks]
    feed_versions.activities_changed(session, shown, now=now)
    return HistoryReport(tuple(created), tuple(dict.fromkeys(recorded)), tuple(remarks))


# --- which row belongs to which activity ------------------------------------------------------------------------------


Reading = tuple[str, UnitId, str]
"""The metric, unit and combination of a stock that was read."""


@dataclass(slots=True)
class _ToldOf:
    """An activity with what rows tell of it."""

    change: Change
    number: int
    """Of the first of these rows."""
    readings: dict[Reading, int] = field(default_factory=dict)
    """The number of the last row with each: of two readings of one day the last row wins (rule 53)."""


def _told_of(
    session: Session, rows: Sequence[HistoryRow], *, now: datetime, zone: ZoneInfo, workdays: Workdays
) -> list[_ToldOf]:
    """The activities of these rows, in the order of the rows."""
    readable, _ = courses(session, {row.campaign_id for row in rows})
    found = {course.id: course for course in readable}
    birthdays = _Birthdays(session, found, rows, workdays)
    standing = _standing(session, rows)
    told: dict[int, _ToldOf] = {}
    for row in rows:
        course, on_day = found[row.campaign_id], standing[row.campaign_id, row.held_on]
        activity = _belongs_to(row, course, on_day)
        is_new = activity is None
        if activity is None:
            activity = _new_activity(row, course, birthdays.subject_of(row), now=now, zone=zone)
            on_day.append(activity)
        if id(activity) not in told:
            told[id(activity)] = _ToldOf(Change(activity, [], is_new), row.number)
        telling = NewTelling(OutcomeScope.PART, _told(row, course, activity), fingerprint=row.fingerprint)
        told[id(activity)].change.tellings.append(telling)
        for value in telling.told.measures:
            if definitions()[value.metric].additivity is Additivity.STOCK:
                told[id(activity)].readings[value.metric, value.unit_id, value.combination] = row.number
    return list(told.values())


def _in_turn(told: _ToldOf, ids: Mapping[str, MetricId]) -> list[Part]:
    """What an activity adds, its readings with the turn of the rows that told them."""
    turns = {
        (ids[metric], unit_id, combination): number
        for (metric, unit_id, combination), number in told.readings.items()
    }
    return [
        replace(part, turn=turns.get((part.metric_id, part.unit_id, part.combination), 0))
        for part in told.change.account.parts
    ]


def _standing(session: Session, rows: Iterable[HistoryRow]) -> dict[tuple[CampaignId, date], list[Activity]]:
    """The activities of these campaigns and days, locked; the planned ones before those made by hand."""
    occasions = {(row.campaign_id, row.held_on) for row in rows}
    days = {day for _, day in occasions}
    found: dict[tuple[CampaignId, date], list[Activity]] = defaultdict(list)
    activities = session.scalars(
        select(Activity)
        .where(
            Activity.campaign_id.in_({campaign_id for campaign_id, _ in occasions}),
            or_(Activity.day.in_(days), and_(Activity.held_on.in_(days), Activity.held_on != Activity.day)),
        )
        .order_by(Activity.plan_key.is_(None), Activity.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for activity in activities:
        found[activity.campaign_id, activity.held_on or activity.day].append(activity)
    return found


def _belongs_to(row: HistoryRow, course: Course, on_day: Sequence[Activity]) -> Activity | None:
    """The activity of its day that a row tells of; None when there is none yet."""
    if course.form in SUBJECT_FORMS:
        return _of_subject(row, on_day)
    if course.splits_days:
        unit_id = row.unit_id or course.unit_id
        return next((activity for activity in on_day if activity.unit_id == unit_id), None)
    return on_day[0] if on_day else None


def _of_subject(row: HistoryRow, on_day: Sequence[Activity]) -> Activity | None:
    """That of the first attendee whom an activity is for; else, rows of one day being one, the one nobody planned."""
    standing = [activity for activity in on_day if not _was_withdrawn(activity)]
    for person_id in row.attendees:
        for activity in standing:
            if activity.subject_person_id == person_id:
                return activity
    if not row.attendees and len(standing) == 1:
        return standing[0]
    return next((activity for activity in standing if _was_unplanned(activity)), None)


def _was_withdrawn(activity: Activity) -> bool:
    """Whether the planner cancelled an activity, say because its subject is served no more."""
    return activity.status is ActivityStatus.CANCELLED and not activity.by_hand and activity.revision == 0


def _was_unplanned(activity: Activity) -> bool:
    """Whether an activity is for nobody in particular, or was made by an earlier row."""
    return activity.subject_person_id is None or (activity.plan_key is None and not activity.by_hand)


def _new_activity(
    row: HistoryRow, course: Course, subject: PersonId | None, *, now: datetime, zone: ZoneInfo
) -> Activity:
    starts_at, ends_at, last_day = times_on(course, row.held_on, zone)
    return Activity(
        campaign_id=course.id,
        unit_id=(row.unit_id if course.splits_days else None) or course.unit_id,
        subject_person_id=subject,
        day=row.held_on,
        last_day=last_day,
        starts_at=starts_at,
        ends_at=ends_at,
        status=ActivityStatus.PLANNED,
        version=1,
        revision=0,
        sequence=0,
        changed_at=now,
        people_sequence=0,
        people_changed_at=now,
    )


def _told(row: HistoryRow, course: Course, activity: Activity) -> Told:
    """What a row says; it counts for its own unit, else for its activity's (rules 28 and 45)."""
    unit_id = row.unit_id or activity.unit_id
    minutes = course.duration_minutes if row.minutes is None else row.minutes
    return Told(
        status=row.status,
        held_on=row.held_on,
        units=(unit_id,),
        attendance=tuple(Attendee(person_id, unit_id, minutes) for person_id in dict.fromkeys(row.attendees)),
        measures=tuple(
            Value(each.metric, unit_id, each.value, each.qualifier, each.combination) for each in row.measures
        ),
        narrative=row.narrative,
    )


class _Birthdays:
    """Whose birthday activity a day is: so that the planner knows it again."""

    def __init__(
        self,
        session: Session,
        found: Mapping[CampaignId, Course],
        rows: Sequence[HistoryRow],
        workdays: Workdays,
    ) -> None:
        self._courses = {each.id: each for each in found.values() if each.form is ScheduleForm.BIRTHDAY}
        self._workdays = workdays
        people = {person for row in rows if row.campaign_id in self._courses for person in row.attendees}
        self._circles: Mapping[CampaignId, Circle] = (
            circles(session, self._courses.keys(), among=people, with_frozen=True) if people else {}
        )
        self._born = dict(_born(session, people))

    def subject_of(self, row: HistoryRow) -> PersonId | None:
        """The first attendee whose birthday is kept on the row's day; None for other campaigns too."""
        course = self._courses.get(row.campaign_id)
        if course is None or not isinstance(course.schedule, Birthday):
            return None
        for person_id in row.attendees:
            if self._circles[course.id].lists(person_id, row.held_on) and any(
                birthdays_of(
                    course,
                    course.schedule,
                    self._born[person_id],
                    first=row.held_on,
                    last=row.held_on,
                    workdays=self._workdays,
                )
            ):
                return person_id
        return None


def _born(session: Session, people: Collection[PersonId]) -> Iterator[tuple[PersonId, Born]]:
    for some in in_batches(people):
        rows = session.execute(
            select(Person.id, Person.code, Person.birth_date, Person.lunar_birthday).where(
                Person.id.in_(some)
            )
        )
        for person_id, code, birth_date, lunar_birthday in rows:
            yield person_id, Born(code, birth_date, lunar_birthday)


# --- undoing ----------------------------------------------------------------------------------------------------------


def remove_history(
    session: Session, import_id: ImportId, created: Collection[ActivityId], *, by: Actor, now: datetime
) -> None:
    """Undo what an import told: the activities that it made go, and of the others only what was told before stands.

    Nothing may have been told or built on any of them since; whoever undoes the import has seen to that.
    """
    recording.alone(session)
    told = session.scalars(select(Outcome.activity_id).where(Outcome.import_id == import_id).distinct()).all()
    for some in in_batches(told):
        session.execute(
            select(Activity.id).where(Activity.id.in_(some)).order_by(Activity.id).with_for_update()
        )
    feed_versions.activities_changed(session, told, now=now)
    session.execute(delete(Outcome).where(Outcome.import_id == import_id))
    made = set(created)
    gone = {recording.activity(activity_id): () for activity_id in made}
    recording.replace_measures(session, gone, by=by, now=now)
    for some in in_batches(made):
        session.execute(delete(Attendance).where(Attendance.activity_id.in_(some)))
        session.execute(delete(Activity).where(Activity.id.in_(some)))
    remaining = [activity_id for activity_id in told if activity_id not in made]
    for some in in_batches(remaining):
        _tell_again(session, some, by=by, now=now)


def _tell_again(session: Session, activity_ids: Sequence[ActivityId], *, by: Actor, now: datetime) -> None:
    activities = session.scalars(select(Activity).where(Activity.id.in_(activity_ids))).all()
    untold = set(activity_ids) - set(
        session.scalars(select(Outcome.activity_id).where(Outcome.activity_id.in_(activity_ids)))
    )
    for activity in activities:
        if activity.id in untold:
            activity.status, activity.held_on, activity.reason = ActivityStatus.PLANNED, None, None
            activity.narrative, activity.recorded_at, activity.revision = None, None, 0
            activity.version += 1
            activity.sequence += 1
            activity.changed_at = now
    changes = [Change(activity, []) for activity in activities if activity.id not in untold]
    settle(session, changes, by=by, now=now)
    parts = {recording.activity(activity_id): () for activity_id in untold}
    told = {recording.activity(change.activity.id): change.account.parts for change in changes}
    session.execute(delete(Attendance).where(Attendance.activity_id.in_(untold)))
    recording.replace_measures(session, {**parts, **told}, by=by, now=now)
