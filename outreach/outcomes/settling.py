"""Tellings into rows, for any number of activities at once: what was told, who was there, and what it adds."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table, and_, delete, insert, or_, select
from sqlalchemy.orm import Session

from models import Activity, Attendance, Campaign, CampaignMetric, Matter, Metric, Outcome, Tie
from models.base import ActivityId, CampaignId, ImportId, MetricId, PersonId, UnitId
from models.database import in_batches
from models.enums import (
    ActivityStatus,
    OutcomeScope,
    PersonRole,
    ScheduleForm,
    TieKind,
    VisitResult,
)
from outreach.beneficiaries import Circle, circles
from outreach.metrics import PRESENT_STATES, metric_ids
from outreach.outcomes.counting import Account, Remark, Scene, count
from outreach.outcomes.tellings import Spoken, Told, fold, from_document, to_document
from outreach.permissions import Actor
from outreach.planning.keys import held_key

# Plain tables: thousands of rows go through them at a time.
_OUTCOMES = cast(Table, Outcome.__table__)
_ATTENDANCES = cast(Table, Attendance.__table__)

TOOK_PLACE = (ActivityStatus.HELD, ActivityStatus.PARTLY)
SUBJECT_FORMS = (ScheduleForm.BIRTHDAY, ScheduleForm.CADENCE, ScheduleForm.CASE)
"""The forms whose activities are each for one person."""


@dataclass(frozen=True, slots=True)
class NewTelling:
    """What somebody tells now of an activity."""

    scope: OutcomeScope
    told: Told
    idempotency_key: str | None = None
    request_hash: str | None = None
    fingerprint: str | None = None


@dataclass(slots=True)
class Change:
    """An activity, locked or new, with what is told of it; settling fills in the rest."""

    activity: Activity
    tellings: list[NewTelling]
    is_new: bool = False
    """Whether the activity itself is only now made."""
    present: Told = field(init=False)
    account: Account = field(init=False)
    form: ScheduleForm = field(init=False)
    """Its campaign's."""
    remarks: list[Remark] = field(default_factory=list)
    """What is worth telling whoever recorded it."""
    shown_otherwise: bool = field(init=False, default=False)
    """Whether its state or day is another than before."""

    @property
    def day(self) -> date:
        """The day that its figures belong to."""
        return self.present.held_on or self.activity.day

    @property
    def is_first(self) -> bool:
        """Whether nothing had been told before; once the activity is up to date."""
        return self.activity.revision == len(self.tellings)

    def people(self) -> set[PersonId]:
        """Everybody on its lists."""
        attendance, visits = self.present.attendance, self.present.visits
        return {each.person_id for each in attendance} | {each.person_id for each in visits}


@dataclass(frozen=True, slots=True)
class Course:
    """What counting asks of a campaign."""

    unit_id: UnitId
    form: ScheduleForm
    feeds: Mapping[str, MetricId]


def settle(
    session: Session,
    changes: Sequence[Change],
    *,
    by: Actor,
    now: datetime,
    import_id: ImportId | None = None,
) -> list[Activity]:
    """Write tellings, lists and the activities themselves; the measures are left to the caller, see `Change.account`.

    Returns further activities that were held by these, or no longer are (rule 27).
    """
    earlier = _earlier_tellings(session, [change.activity for change in changes])
    for change in changes:
        change.present = _present(change, earlier.get(change.activity.id, ()), by)
    found = courses(session, {change.activity.campaign_id for change in changes})
    _count(session, changes, found)
    for change in changes:
        _apply(change, now)
    session.add_all(change.activity for change in changes)
    session.flush()
    for change in changes:
        _free_key(change.activity, change.day)
    _write_tellings(session, changes, by=by, now=now, import_id=import_id)
    _write_lists(session, changes)
    return _settle_companions(session, changes, found, now)


def courses(session: Session, campaign_ids: Collection[CampaignId]) -> dict[CampaignId, Course]:
    """What counting asks of these campaigns."""
    feeds: dict[CampaignId, dict[str, MetricId]] = defaultdict(dict)
    listed = (
        select(CampaignMetric.campaign_id, Metric.code, Metric.id)
        .join(Metric, Metric.id == CampaignMetric.metric_id)
        .where(CampaignMetric.campaign_id.in_(campaign_ids))
        .order_by(CampaignMetric.campaign_id, CampaignMetric.position)
    )
    for campaign_id, code, metric_id in session.execute(listed):
        feeds[campaign_id][code] = metric_id
    rows = select(Campaign.id, Campaign.unit_id, Campaign.form).where(Campaign.id.in_(campaign_ids))
    return {
        campaign_id: Course(unit_id, form, feeds[campaign_id])
        for campaign_id, unit_id, form in session.execute(rows)
    }


# --- the present ------------------------------------------------------------------------------------------------------


def _earlier_tellings(session: Session, activities: Iterable[Activity]) -> dict[ActivityId, list[Spoken]]:
    told_of = [activity.id for activity in activities if activity.revision]
    earlier: dict[ActivityId, list[Spoken]] = defaultdict(list)
    for some in in_batches(told_of):
        rows = session.execute(
            select(
                Outcome.activity_id,
                Outcome.revision,
                Outcome.scope,
                Outcome.teller,
                Outcome.fingerprint,
                Outcome.told,
            )
            .where(Outcome.activity_id.in_(some))
            .order_by(Outcome.activity_id, Outcome.revision)
        )
        for activity_id, revision, scope, teller, fingerprint, document in rows:
            speaker = _speaker(teller, revision, imported=fingerprint is not None)
            earlier[activity_id].append(Spoken(scope, speaker, from_document(document)))
    return earlier


def _speaker(teller: str, revision: int, *, imported: bool) -> str:
    """Who says a part. Each row of an import speaks for itself, for rows of one activity add up (rule 27)."""
    return f"row {revision}" if imported else f"teller {teller}"


def _present(change: Change, earlier: Sequence[Spoken], by: Actor) -> Told:
    spoken = list(earlier)
    for revision, telling in enumerate(change.tellings, start=change.activity.revision + 1):
        speaker = _speaker(by.name, revision, imported=telling.fingerprint is not None)
        spoken.append(Spoken(telling.scope, speaker, telling.told))
    return fold(spoken)


# --- counting ---------------------------------------------------------------------------------------------------------


def _count(session: Session, changes: Sequence[Change], found: Mapping[CampaignId, Course]) -> None:
    people = {person for change in changes for person in change.people()}
    served = circles(session, found.keys(), among=people, with_frozen=True)
    volunteers = _Volunteers(session, people)
    ids = metric_ids(session)
    for change in changes:
        activity = change.activity
        listed = change.people()
        told_for = change.present.units
        scene = Scene(
            unit_id=told_for[0] if len(told_for) == 1 else activity.unit_id,
            day=change.day,
            feeds=found[activity.campaign_id].feeds,
            metric_ids=ids,
            served=_served(served[activity.campaign_id], change, listed),
            volunteers={person for person in listed if volunteers.on(person, change.day)},
        )
        change.account = count(change.present, scene)
        change.form = found[activity.campaign_id].form
        change.remarks += change.account.remarks
        if change.present.status is ActivityStatus.CANCELLED and any(
            telling.told.status is not ActivityStatus.CANCELLED for telling in change.tellings
        ):
            change.remarks.append(Remark("outcomes.still_cancelled"))


def _served(circle: Circle, change: Change, listed: Collection[PersonId]) -> set[PersonId]:
    """Those of the list whom the campaign serves; whom the activity is for, even a member of the team (rule 52)."""
    served = {person for person in listed if circle.serves(person, change.day)}
    subject = change.activity.subject_person_id
    return served | {subject} if subject in listed and subject is not None else served


class _Volunteers:
    """Who has the role volunteer, and when."""

    def __init__(self, session: Session, people: Collection[PersonId]) -> None:
        self._spans: dict[PersonId, list[tuple[date | None, date | None]]] = defaultdict(list)
        for some in in_batches(people):
            # By the person alone: the database would else walk through all volunteers there are.
            rows = session.execute(
                select(Tie.subject_person_id, Tie.object_word, Tie.since, Tie.until).where(
                    Tie.kind == TieKind.ROLE, Tie.subject_person_id.in_(some)
                )
            )
            for person_id, word, since, until in rows:
                if person_id is not None and word == PersonRole.VOLUNTEER:
                    self._spans[person_id].append((since, until))

    def on(self, person_id: PersonId, day: date) -> bool:
        return any(
            (since is None or since <= day) and (until is None or day <= until)
            for since, until in self._spans.get(person_id, ())
        )


# --- writing ----------------------------------------------------------------------------------------------------------


def _apply(change: Change, now: datetime) -> None:
    """Let the activity say what is now true of it."""
    activity, present = change.activity, change.present
    held_on = None if present.status is ActivityStatus.CANCELLED and present.held_on is None else change.day
    change.shown_otherwise = change.is_new or (activity.status, activity.held_on or activity.day) != (
        present.status,
        held_on or activity.day,
    )
    activity.status, activity.held_on, activity.narrative = present.status, held_on, present.narrative
    activity.reason = (present.narrative or "") if present.status is ActivityStatus.CANCELLED else None
    activity.revision += len(change.tellings)
    activity.recorded_at = now
    if change.is_new:
        return
    activity.version += 1
    if change.shown_otherwise:
        activity.sequence += 1
        activity.changed_at = now


def _free_key(activity: Activity, day: date) -> None:
    """An open visit that took place gives its key to the next one (rule 19)."""
    if activity.plan_key is not None and activity.status in TOOK_PLACE:
        activity.plan_key = held_key(activity.plan_key, day, activity.id)


def _write_tellings(
    session: Session, changes: Sequence[Change], *, by: Actor, now: datetime, import_id: ImportId | None
) -> None:
    rows = [row for change in changes for row in _rows_of_tellings(change)]
    common = {"teller": by.name, "told_at": now, "import_id": import_id}
    for some in in_batches(rows):
        session.execute(insert(_OUTCOMES), [row | common for row in some])


def _rows_of_tellings(change: Change) -> Iterable[dict[str, Any]]:  # Any: JSON among them
    """One row a telling. What is told at once has one present, which stands with the last of it."""
    first = change.activity.revision - len(change.tellings) + 1
    for revision, telling in enumerate(change.tellings, start=first):
        is_last = revision == change.activity.revision
        yield {
            "activity_id": change.activity.id,
            "revision": revision,
            "scope": telling.scope,
            "told": to_document(telling.told),
            "present": present_document(change) if is_last else {},
            "idempotency_key": telling.idempotency_key,
            "request_hash": telling.request_hash,
            "fingerprint": telling.fingerprint,
        }


def present_document(change: Change) -> dict[str, Any]:  # Any: JSON
    """The present truth with what the teller is answered, so that the same answer can be given again."""
    present = replace(change.present, held_on=change.day)
    return to_document(present) | {
        "version": change.activity.version,
        "remarks": [
            {"key": remark.key, "values": {name: str(value) for name, value in remark.values.items()}}
            for remark in change.remarks
        ],
    }


def _write_lists(session: Session, changes: Sequence[Change]) -> None:
    for some in in_batches([change.activity.id for change in changes if not change.is_first]):
        session.execute(
            delete(Attendance)
            .where(Attendance.activity_id.in_(some))
            .execution_options(synchronize_session=False)
        )
    rows = [
        {
            "activity_id": change.activity.id,
            "person_id": listed.person_id,
            "unit_id": listed.unit_id,
            "day": change.day,
            "role": listed.role,
            "state": listed.state,
            "minutes": listed.minutes,
            "visit": listed.visit,
            "condition": listed.condition,
            "note": listed.note,
            "counted_as": listed.counted_as,
        }
        for change in changes
        for listed in change.account.listed
    ]
    for batch in in_batches(rows):
        session.execute(insert(_ATTENDANCES), batch)


# --- those held along with others -------------------------------------------------------------------------------------


def _settle_companions(
    session: Session, changes: Sequence[Change], found: Mapping[CampaignId, Course], now: datetime
) -> list[Activity]:
    """Activities for other people of the same campaign and day: whoever is on the list of one that took place was
    visited there, and figures count once (rule 27). When the list is corrected, the visit is owed again."""
    occasions = {
        (change.activity.campaign_id, day)
        for change in changes
        if found[change.activity.campaign_id].form in SUBJECT_FORMS
        for day in {change.day, change.activity.day}
    }
    if not occasions:
        return []
    met = _met_on(session, occasions)
    companions = []
    for activity, supporter_id in _unrecorded(session, occasions):
        who = {activity.subject_person_id} | ({supporter_id} if supporter_id is not None else set())
        was_met = who <= met[activity.campaign_id, activity.day]
        if was_met is (activity.status in TOOK_PLACE):
            continue
        activity.status = ActivityStatus.HELD if was_met else ActivityStatus.PLANNED
        activity.held_on = activity.day if was_met else None
        activity.version += 1
        activity.sequence += 1
        activity.changed_at = now
        _free_key(activity, activity.day)
        companions.append(activity)
    session.flush()
    return companions


Occasion = tuple[CampaignId, date]


def _met_on(session: Session, occasions: Collection[Occasion]) -> dict[Occasion, set[PersonId]]:
    """Whom the recorded activities of a campaign and day met."""
    met: dict[Occasion, set[PersonId]] = defaultdict(set)
    rows = session.execute(
        select(Activity.campaign_id, Attendance.day, Attendance.person_id)
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(
            Activity.campaign_id.in_({campaign_id for campaign_id, _ in occasions}),
            Attendance.day.in_({day for _, day in occasions}),
            Activity.status.in_(TOOK_PLACE),
            or_(
                Attendance.visit == VisitResult.SEEN,
                and_(Attendance.visit.is_(None), Attendance.state.in_(PRESENT_STATES)),
            ),
        )
    )
    for campaign_id, day, person_id in rows:
        met[campaign_id, day].add(person_id)
    return met


def _unrecorded(session: Session, occasions: Collection[Occasion]) -> list[tuple[Activity, PersonId | None]]:
    """The activities for one person on these days of which nothing was told, with the supporter of a pairing's.

    One that is locked is being told of by somebody else at this moment, and is left to that; so is one whose case is,
    which somebody closes: who waited for it here, holding visits, would wait in a circle with them.
    """
    candidates = and_(
        Activity.campaign_id.in_({campaign_id for campaign_id, _ in occasions}),
        Activity.day.in_({day for _, day in occasions}),
        and_(Activity.revision == 0, Activity.subject_person_id.is_not(None)),
        Activity.status.in_((ActivityStatus.PLANNED, ActivityStatus.MISSED, *TOOK_PLACE)),
    )
    ours = session.scalars(
        select(Matter.id)
        .where(Matter.id.in_(select(Activity.matter_id).where(candidates, Activity.matter_id.is_not(None))))
        .order_by(Matter.id)
        .with_for_update(key_share=True, skip_locked=True)
    )
    rows = session.execute(
        select(Activity, Tie.subject_person_id)
        .outerjoin(Tie, Tie.id == Activity.pairing_id)
        .where(candidates, or_(Activity.matter_id.is_(None), Activity.matter_id.in_(ours.all())))
        .order_by(Activity.id)
        .with_for_update(of=Activity, skip_locked=True)
    )
    return [
        (activity, supporter_id)
        for activity, supporter_id in rows
        if (activity.campaign_id, activity.day) in occasions
    ]


def remarks_of(document: Mapping[str, Any]) -> tuple[Remark, ...]:  # Any: JSON
    """The remarks that a present document keeps."""
    return tuple(Remark(remark["key"], remark["values"]) for remark in document.get("remarks", ()))
