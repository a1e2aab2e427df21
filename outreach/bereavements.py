"""A bereavement case freezes the person it is about, from the day it was opened on, at once and in its transaction.

From that day nothing is planned for them, nothing sent to them, nothing new shown of them; what was before stays as it
was, and no figure moves. The bereavement's own visit is the one thing that is still planned. When the case turns out to
be an error, all of it comes back; that the case is closed changes nothing.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from models import Activity, Assignment, AuditEntry, Campaign, Matter, Person, Tie
from models.base import ActivityId, AssignmentId, PersonId
from models.database import hold, in_batches
from models.enums import (
    TAKING_PART,
    ActivityStatus,
    AssignmentState,
    AuditAction,
    CaseKind,
    MatterFace,
    MatterStatus,
    ScheduleForm,
    TieKind,
)
from outreach import feed_versions, notices
from outreach.assignment import hold_proposals
from outreach.audit import note
from outreach.permissions import Actor
from outreach.planning.difference import Why

REASON: Final = Why.FROZEN.value
"""Stands with everything that was cancelled or withdrawn, so that it can be found again."""


def follow_cases(
    session: Session, person_ids: Collection[PersonId], *, by: Actor, today: date, now: datetime
) -> set[PersonId]:
    """Let these people be frozen exactly as their bereavement cases say; those of whom that is news.

    Called with whomever a case is or was about, whenever one is opened or changed.
    """
    changed: set[PersonId] = set()
    if not any(_is_news(session, person_id) for person_id in person_ids):
        return changed
    hold_proposals(session)
    for person in _locked(session, person_ids):
        since = _bereaved_since(session, person.id)
        if since == person.frozen_on:
            continue
        if person.frozen_on is not None:
            _thaw(session, person, by=by, today=today, now=now)
        if since is not None:
            freeze(session, person, since, by=by, now=now)
        changed.add(person.id)
    return changed


def freeze(session: Session, person: Person, since: date, *, by: Actor, now: datetime) -> None:
    """Cancel what is planned for somebody alone from a day on, take them off the lists of the rest, and let go what
    they were to be told. Activities for several people go on without them.

    Whoever calls holds the proposals first, so that no run puts them on something meanwhile.
    """
    person.frozen_on = since
    _note_person(session, person, by, now)
    hold(session, "plan")
    visits = session.scalars(
        select(Activity.id).where(
            _is_for(person.id),
            or_(Activity.day >= since, _waits_for_somebody()),
            _is_planned(),
            ~_is_somebody_elses(person.id),
        )
    ).all()
    places = session.scalars(
        select(Assignment.activity_id)
        .join(Activity, Activity.id == Assignment.activity_id)
        .where(
            Assignment.person_id == person.id,
            Assignment.state.in_(TAKING_PART),
            Activity.last_day >= since,
            _is_planned(),
        )
    ).all()
    _lock(session, {*visits, *places})
    withdrawn = list(_withdraw(session, person.id, places, by, now))
    for activity in _activities(session, visits, _is_planned()):
        _set_status(session, activity, ActivityStatus.CANCELLED, by, now)
    session.flush()
    notices.people_withdrawn(session, withdrawn, now=now)
    notices.activities_cancelled(session, visits, now=now)
    notices.silence(session, [person.id], now=now)
    _show(session, {*visits, *places}, now)


def _thaw(session: Session, person: Person, *, by: Actor, today: date, now: datetime) -> None:
    """It was an error: what was cancelled and is still to come is planned again, whoever was taken off is on again."""
    person.frozen_on = None
    _note_person(session, person, by, now)
    hold(session, "plan")
    visits = session.scalars(
        select(Activity.id).where(
            _is_for(person.id),
            or_(Activity.day >= today, _waits_for_somebody()),
            _is_cancelled_so(),
        )
    ).all()
    taken_off = _taken_off(session, person.id, today)
    places = [assignment.activity_id for assignment, _ in taken_off]
    _lock(session, {*visits, *places})
    for activity in _activities(session, visits, _is_cancelled_so()):
        _set_status(session, activity, ActivityStatus.PLANNED, by, now)
    for assignment, state in taken_off:
        _set_state(session, assignment, state, by, now)
    session.flush()
    notices.activities_restored(session, visits, now=now)
    asked = [assignment.id for assignment, state in taken_off if state is AssignmentState.PROPOSED]
    notices.people_asked(session, asked, now=now)
    _show(session, {*visits, *places}, now)


# Asking


def _is_news(session: Session, person_id: PersonId) -> bool:
    frozen_on = session.scalar(select(Person.frozen_on).where(Person.id == person_id))
    return _bereaved_since(session, person_id) != frozen_on


def _locked(session: Session, person_ids: Collection[PersonId]) -> Iterator[Person]:
    # Whoever was erased stays out of everything, whatever becomes of a case that was theirs.
    wanted = select(Person).where(Person.id.in_(person_ids), Person.erased_at.is_(None)).order_by(Person.id)
    yield from session.scalars(
        wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).all()


def _bereaved_since(session: Session, person_id: PersonId) -> date | None:
    return session.scalar(
        select(func.min(Matter.opened_on)).where(
            Matter.face == MatterFace.CASE,
            Matter.kind == CaseKind.BEREAVEMENT.value,
            Matter.person_id == person_id,
            Matter.status != MatterStatus.IN_ERROR,
        )
    )


def _is_for(person_id: PersonId) -> ColumnElement[bool]:
    """Activities for this one person, or for a pairing of theirs; those of their bereavement are left out."""
    pairings = select(Tie.id).where(
        Tie.kind == TieKind.PAIRING,
        or_(Tie.subject_person_id == person_id, Tie.object_person_id == person_id),
    )
    bereavements = select(Matter.id).where(
        Matter.person_id == person_id, Matter.kind == CaseKind.BEREAVEMENT.value
    )
    return and_(
        or_(Activity.subject_person_id == person_id, Activity.pairing_id.in_(pairings)),
        or_(Activity.matter_id.is_(None), Activity.matter_id.not_in(bereavements)),
    )


def _is_planned() -> ColumnElement[bool]:
    return and_(Activity.status == ActivityStatus.PLANNED, Activity.revision == 0)


def _waits_for_somebody() -> ColumnElement[bool]:
    """An open visit to which nobody was asked: its day may be over, it is still to be made all the same."""
    open_forms = select(Campaign.id).where(Campaign.form.in_((ScheduleForm.CADENCE, ScheduleForm.CASE)))
    asked = select(Assignment.id).where(
        Assignment.activity_id == Activity.id, Assignment.state.in_(TAKING_PART)
    )
    return and_(Activity.campaign_id.in_(open_forms), ~asked.exists())


def _is_cancelled_so() -> ColumnElement[bool]:
    cancelled = Activity.status == ActivityStatus.CANCELLED
    return and_(cancelled, Activity.reason == REASON, Activity.revision == 0)


def _is_somebody_elses(person_id: PersonId) -> ColumnElement[bool]:
    """Whether others made it theirs: a pairing's visit to somebody living, with people asked to it or moved by hand."""
    others = select(Assignment.id).where(
        Assignment.activity_id == Activity.id,
        Assignment.person_id != person_id,
        Assignment.state.in_(TAKING_PART),
        or_(Assignment.reason.is_(None), Assignment.state == AssignmentState.CONFIRMED),
    )
    return and_(Activity.subject_person_id != person_id, or_(Activity.by_hand, others.exists()))


def _taken_off(
    session: Session, person_id: PersonId, today: date
) -> list[tuple[Assignment, AssignmentState]]:
    """Whom freezing withdrew, with what they were before; what somebody changed since stays as they made it."""
    rows = session.execute(
        select(Assignment, AuditEntry.before)
        .join(AuditEntry, and_(AuditEntry.row_id == Assignment.id, AuditEntry.at == Assignment.changed_at))
        .join(Activity, Activity.id == Assignment.activity_id)
        .where(
            AuditEntry.table_name == Assignment.__tablename__,
            AuditEntry.person_id == person_id,
            AuditEntry.reason == REASON,
            Assignment.person_id == person_id,
            Assignment.state == AssignmentState.WITHDRAWN,
            Activity.day >= today,
            or_(_is_planned(), _is_cancelled_so()),
        )
        .order_by(AuditEntry.id)
    )
    was = {assignment: AssignmentState(before["state"]) for assignment, before in rows if before}
    return [(assignment, state) for assignment, state in was.items() if state in TAKING_PART]


# Changing


def _withdraw(
    session: Session, person_id: PersonId, activity_ids: Collection[ActivityId], by: Actor, now: datetime
) -> Iterator[AssignmentId]:
    for some in in_batches(activity_ids):
        mine = select(Assignment).where(
            Assignment.person_id == person_id,
            Assignment.activity_id.in_(some),
            Assignment.state.in_(TAKING_PART),
        )
        for assignment in session.scalars(mine.order_by(Assignment.id)).all():
            _set_state(session, assignment, AssignmentState.WITHDRAWN, by, now)
            yield assignment.id


def _set_state(
    session: Session, assignment: Assignment, state: AssignmentState, by: Actor, now: datetime
) -> None:
    before, assignment.state = assignment.state, state
    assignment.sequence += 1
    assignment.changed_at = now
    activity = session.get_one(Activity, assignment.activity_id)
    activity.version += 1
    activity.people_sequence += 1
    activity.people_changed_at = now
    note(
        session,
        by,
        AuditAction.CHANGED,
        Assignment.__tablename__,
        assignment.id,
        now=now,
        person_id=assignment.person_id,
        reason=REASON,
        before={"state": before.value},
        after={"state": state.value},
    )


def _set_status(
    session: Session, activity: Activity, status: ActivityStatus, by: Actor, now: datetime
) -> None:
    before, activity.status = activity.status, status
    activity.reason = REASON if status is ActivityStatus.CANCELLED else None
    activity.version += 1
    activity.sequence += 1
    activity.changed_at = now
    note(
        session,
        by,
        AuditAction.CHANGED,
        Activity.__tablename__,
        activity.id,
        now=now,
        reason=REASON,
        before={"status": before.value},
        after={"status": status.value},
    )


def _activities(
    session: Session, activity_ids: Collection[ActivityId], which: ColumnElement[bool]
) -> Iterator[Activity]:
    """Those of these, locked by now, that are still so: somebody may have recorded one meanwhile."""
    for some in in_batches(activity_ids):
        still = select(Activity).where(Activity.id.in_(some), which).order_by(Activity.id)
        yield from session.scalars(still).all()


def _lock(session: Session, activity_ids: Collection[ActivityId]) -> None:
    """In the order of their ids, as the planner does, and read anew."""
    for some in in_batches(sorted(activity_ids)):
        session.scalars(
            select(Activity)
            .where(Activity.id.in_(some))
            .order_by(Activity.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()


def _note_person(session: Session, person: Person, by: Actor, now: datetime) -> None:
    after = {"columns": ["frozen_on"]}
    note(session, by, AuditAction.CHANGED, "people", person.id, now=now, person_id=person.id, after=after)
    session.flush()


def _show(session: Session, activity_ids: Collection[ActivityId], now: datetime) -> None:
    """Calendars show what changed; who is on the list of a visit to several people may stand in any of them."""
    feed_versions.activities_changed(session, activity_ids, now=now)
    feed_versions.everything_changed(session, now=now)
