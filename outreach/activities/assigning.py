"""Who is asked to an activity: proposed, confirmed or declined, and withdrawn again.

Those who declined or were withdrawn stay on the list: it is their calendars that have to be told. Who takes part is no
change of the activity's own time, place or state, so it moves stamps of its own.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Activity, Assignment, Person, Place
from models.base import ActivityId
from models.enums import TAKING_PART, ActivityStatus, AssignmentState, AuditAction
from outreach import audit, fields
from outreach.activities.changing import activity_for, expect_version
from outreach.errors import Conflict, NotFound, invalid
from outreach.feed_versions import activities_changed
from outreach.permissions import Actor, Deed, seen

ANY = "any"


def assign(
    session: Session,
    activity_id: ActivityId,
    person_code: str,
    *,
    role: str = ANY,
    by: Actor,
    today: date,
    now: datetime,
    expected_version: int | None = None,
) -> bool:
    """Ask somebody to an activity; they are proposed until they, or somebody for them, confirm or decline.

    Whoever declined or was withdrawn is asked anew. Returns False, and changes nothing, for who is on it already in
    that role. Raises Invalid for an unknown person or role and for somebody who is not there that day, Conflict for an
    activity that is not planned, and for who is on it in another role.
    """
    activity = _planned(session, activity_id, Deed.PLAN, by, today, expected_version)
    person = _person_there(session, person_code, activity, by=by, today=today)
    _expect_role(session, activity, role)
    standing = session.scalar(
        select(Assignment).where(Assignment.activity_id == activity.id, Assignment.person_id == person.id)
    )
    if standing is None:
        standing = Assignment(activity_id=activity.id, person_id=person.id, sequence=-1)
        session.add(standing)
    elif standing.state in TAKING_PART:
        if standing.role != role:
            raise Conflict("activities.assigned_in_another_role", person=person.code, role=standing.role)
        return False
    before = standing.state
    # Whom somebody asks was chosen for no reason that the program would know.
    standing.role, standing.reason = role, None
    _set_state(standing, AssignmentState.PROPOSED, now)
    _changed(session, activity, standing, before, by, now)
    return True


def withdraw(
    session: Session,
    activity_id: ActivityId,
    person_code: str,
    *,
    by: Actor,
    today: date,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Ask somebody no more; once more changes nothing. Raises NotFound for who is not on it, Conflict as `assign`."""
    to = AssignmentState.WITHDRAWN
    _answer(session, activity_id, person_code, to, Deed.PLAN, by, today, now, expected_version)


def confirm(
    session: Session,
    activity_id: ActivityId,
    person_code: str,
    *,
    by: Actor,
    today: date,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Somebody comes, as they say or somebody says for them; errors as `withdraw`, Conflict for who was withdrawn."""
    to = AssignmentState.CONFIRMED
    _answer(session, activity_id, person_code, to, Deed.RECORD, by, today, now, expected_version)


def decline(
    session: Session,
    activity_id: ActivityId,
    person_code: str,
    *,
    by: Actor,
    today: date,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Somebody does not come; errors as `confirm`."""
    to = AssignmentState.DECLINED
    _answer(session, activity_id, person_code, to, Deed.RECORD, by, today, now, expected_version)


def _answer(
    session: Session,
    activity_id: ActivityId,
    person_code: str,
    state: AssignmentState,
    deed: Deed,
    by: Actor,
    today: date,
    now: datetime,
    expected_version: int | None,
) -> None:
    activity = _planned(session, activity_id, deed, by, today, expected_version)
    if not fields.is_code(person_code):
        raise NotFound("activities.not_on_it", person=fields.shown(person_code))
    assignment = session.scalar(
        select(Assignment)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.activity_id == activity.id, Person.code == person_code)
    )
    if assignment is None:
        raise NotFound("activities.not_on_it", person=person_code)
    before = assignment.state
    if before is state:
        return
    if before is AssignmentState.WITHDRAWN:
        raise Conflict("activities.was_withdrawn", person=person_code)
    _set_state(assignment, state, now)
    _changed(session, activity, assignment, before, by, now)


def _planned(
    session: Session,
    activity_id: ActivityId,
    deed: Deed,
    by: Actor,
    today: date,
    expected_version: int | None,
) -> Activity:
    activity = activity_for(session, activity_id, deed, by=by, today=today)
    expect_version(activity, expected_version)
    if activity.status is not ActivityStatus.PLANNED:
        raise Conflict("activities.not_planned")
    return activity


def _person_there(session: Session, code: str, activity: Activity, *, by: Actor, today: date) -> Person:
    within = seen(session, by, on=today)
    if not fields.is_code(code):
        raise invalid("person", "errors.unknown_code", code=fields.shown(code))
    person = session.scalar(
        select(Person).where(
            Person.code == code, Person.erased_at.is_(None), within.of_person(Person.id, on=today)
        )
    )
    if person is None:
        raise invalid("person", "errors.unknown_code", code=code)
    is_there = (person.since is None or person.since <= activity.last_day) and (
        person.until is None or activity.day <= person.until
    )
    if not is_there:
        raise invalid("person", "activities.person_not_there_that_day", person=code, day=activity.day)
    return person


def _expect_role(session: Session, activity: Activity, role: str) -> None:
    """Where places are kept for roles, a word that is none of them is a slip: its place would never be filled."""
    if not fields.is_code(role):
        raise invalid("role", "activities.not_a_role", role=fields.shown(role))
    named = _roles_needed(session, activity).keys() - {ANY}
    if role != ANY and named and role not in named:
        raise invalid("role", "activities.no_place_for_role", role=role, known=", ".join(sorted(named)))


def _roles_needed(session: Session, activity: Activity) -> Mapping[str, int]:
    own = select(Place.role, Place.needed).where(Place.activity_id == activity.id)
    of_campaign = select(Place.role, Place.needed).where(Place.campaign_id == activity.campaign_id)
    rows = session.execute(own).all() or session.execute(of_campaign).all()
    return dict(rows)


def _set_state(assignment: Assignment, state: AssignmentState, now: datetime) -> None:
    assignment.state = state
    assignment.sequence += 1
    assignment.changed_at = now


def _changed(
    session: Session,
    activity: Activity,
    assignment: Assignment,
    before: AssignmentState | None,
    by: Actor,
    now: datetime,
) -> None:
    activity.version += 1
    activity.people_sequence += 1
    activity.people_changed_at = now
    session.flush()
    audit.note(
        session,
        by,
        AuditAction.CREATED if before is None else AuditAction.CHANGED,
        Assignment.__tablename__,
        assignment.id,
        now=now,
        person_id=assignment.person_id,
        before=None if before is None else {"state": before.value},
        after={"activity_id": activity.id, "role": assignment.role, "state": assignment.state.value},
    )
    activities_changed(session, [activity.id], now=now)
