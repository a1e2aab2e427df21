"""Who is asked to an activity: proposed, confirmed or declined, withdrawn again, or changed for somebody else.

Those who declined or were withdrawn stay on the list: it is their calendars that have to be told. Who takes part is no
change of the activity's own time, place or state, so it moves stamps of its own. When a place comes free the next best
is proposed in the same transaction, and never who declined it.
"""

from datetime import date, datetime
from typing import NotRequired, TypedDict, Unpack
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Activity, Assignment, Person
from models.base import ActivityId
from models.enums import TAKING_PART, ActivityStatus, AssignmentState, AuditAction
from outreach import assignment, audit, codes, fields, notices
from outreach.activities.changing import activity_for, expect_version
from outreach.assignment.needs import places_needed
from outreach.assignment.places import ANY_ROLE
from outreach.errors import Conflict, NotFound, invalid
from outreach.feed_versions import activities_changed
from outreach.permissions import Actor, Deed, seen


class Circumstances(TypedDict):
    """Who does it, and when: what every function here is told."""

    by: Actor
    today: date
    now: datetime
    zone: ZoneInfo
    expected_version: NotRequired[int | None]
    """The version of the activity that the change was made from; None or absent for any."""


def assign(
    session: Session,
    activity_id: ActivityId,
    person_code: str,
    *,
    role: str = ANY_ROLE,
    **how: Unpack[Circumstances],
) -> bool:
    """Ask somebody to an activity; they are proposed until they, or somebody for them, confirm or decline.

    Whoever declined or was withdrawn is asked anew. Returns False, and changes nothing, for who is on it already in
    that role. What the program would not do a person may: see `assignment.warnings_about`. Raises Invalid for an
    unknown person or role and for somebody who is not there that day, Conflict for an activity that is not planned,
    for who is frozen, and for who is on it in another role.
    """
    activity = _planned(session, activity_id, Deed.PLAN, how)
    return _ask(session, activity, person_code, role, "person", how)


def withdraw(
    session: Session, activity_id: ActivityId, person_code: str, **how: Unpack[Circumstances]
) -> None:
    """Ask somebody no more; once more changes nothing. Raises NotFound for who is not on it, Conflict as `assign`."""
    _leave(session, activity_id, person_code, AssignmentState.WITHDRAWN, Deed.PLAN, how)


def take_back(
    session: Session, activity_id: ActivityId, person_code: str, **how: Unpack[Circumstances]
) -> None:
    """Undo that somebody was asked: as `withdraw`, but nobody is proposed in their place."""
    activity = _planned(session, activity_id, Deed.PLAN, how)
    standing = _on_it(session, activity, person_code)
    if standing.state is AssignmentState.WITHDRAWN:
        return
    _answer(session, activity, standing, person_code, AssignmentState.WITHDRAWN, how)
    notices.people_withdrawn(session, [standing.id], now=how["now"])


def decline(
    session: Session, activity_id: ActivityId, person_code: str, **how: Unpack[Circumstances]
) -> None:
    """Somebody does not come; errors as `confirm`."""
    _leave(session, activity_id, person_code, AssignmentState.DECLINED, Deed.RECORD, how)


def confirm(
    session: Session, activity_id: ActivityId, person_code: str, **how: Unpack[Circumstances]
) -> None:
    """Somebody comes, as they say or somebody says for them; errors as `withdraw`, Conflict for who was withdrawn."""
    activity = _planned(session, activity_id, Deed.RECORD, how)
    standing = _on_it(session, activity, person_code)
    if standing.state is not AssignmentState.CONFIRMED:
        _answer(session, activity, standing, person_code, AssignmentState.CONFIRMED, how)


def swap(
    session: Session,
    activity_id: ActivityId,
    out_code: str,
    in_code: str,
    **how: Unpack[Circumstances],
) -> bool:
    """Let somebody come in another's place and role: the one is withdrawn, the other asked unless they are on it.

    Raises NotFound for who is not counted on there; the rest as `assign`, the field being `with`.
    """
    activity = _planned(session, activity_id, Deed.PLAN, how)
    standing = _on_it(session, activity, out_code)
    if standing.state not in TAKING_PART:
        raise NotFound("activities.not_on_it", person=out_code)
    if out_code == in_code:
        raise invalid("with", "assignment.same_person")
    _answer(session, activity, standing, out_code, AssignmentState.WITHDRAWN, how)
    notices.people_withdrawn(session, [standing.id], now=how["now"])
    return _ask(session, activity, in_code, standing.role, "with", how)


# What they have in common


def _planned(session: Session, activity_id: ActivityId, deed: Deed, how: Circumstances) -> Activity:
    activity = activity_for(session, activity_id, deed, by=how["by"], today=how["today"])
    expect_version(activity, how.get("expected_version"))
    if activity.status is not ActivityStatus.PLANNED:
        raise Conflict("activities.not_planned")
    return activity


def _on_it(session: Session, activity: Activity, person_code: str) -> Assignment:
    if not fields.is_code(person_code):
        raise NotFound("activities.not_on_it", person=fields.shown(person_code))
    standing = session.scalar(
        select(Assignment)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.activity_id == activity.id, Person.code == person_code)
    )
    if standing is None:
        raise NotFound("activities.not_on_it", person=person_code)
    return standing


def _ask(
    session: Session, activity: Activity, person_code: str, role: str, field: str, how: Circumstances
) -> bool:
    person = _person_there(session, person_code, activity, field, how)
    _expect_role(session, activity, role)
    standing = session.scalar(
        select(Assignment).where(Assignment.activity_id == activity.id, Assignment.person_id == person.id)
    )
    if standing is not None and standing.state in TAKING_PART:
        if standing.role != role:
            raise Conflict("activities.assigned_in_another_role", person=person.code, role=standing.role)
        return False
    before = None if standing is None else standing.state
    if standing is None:
        standing = Assignment(activity_id=activity.id, person_id=person.id, sequence=-1)
        session.add(standing)
    # Whom somebody asks was chosen for no reason that the program would know.
    standing.role, standing.reason = role, None
    _set_state(session, activity, standing, before, AssignmentState.PROPOSED, how)
    notices.people_asked(session, [standing.id], now=how["now"])
    return True


def _leave(
    session: Session,
    activity_id: ActivityId,
    person_code: str,
    state: AssignmentState,
    deed: Deed,
    how: Circumstances,
) -> None:
    """Somebody goes, and where that opens a place the next best is proposed."""
    assignment.hold_proposals(session)
    activity = _planned(session, activity_id, deed, how)
    standing = _on_it(session, activity, person_code)
    before = standing.state
    if before is state:
        return
    _answer(session, activity, standing, person_code, state, how)
    if state is AssignmentState.WITHDRAWN:
        notices.people_withdrawn(session, [standing.id], now=how["now"])
    else:
        notices.people_declined(session, [standing.id], now=how["now"])
    if before in TAKING_PART:
        assignment.propose_next(
            session,
            activity.id,
            standing.role,
            today=how["today"],
            zone=how["zone"],
            by=how["by"],
            now=how["now"],
        )


def _answer(
    session: Session,
    activity: Activity,
    standing: Assignment,
    person_code: str,
    state: AssignmentState,
    how: Circumstances,
) -> None:
    if standing.state is AssignmentState.WITHDRAWN:
        raise Conflict("activities.was_withdrawn", person=person_code)
    _set_state(session, activity, standing, standing.state, state, how)


def _person_there(session: Session, code: str, activity: Activity, field: str, how: Circumstances) -> Person:
    within = seen(session, how["by"], on=how["today"])
    if not fields.is_code(code):
        raise invalid(field, "errors.unknown_code", code=fields.shown(code))
    person = session.scalar(
        select(Person).where(
            Person.id.in_(codes.people(session, [code]).values()),
            Person.erased_at.is_(None),
            within.of_person(Person.id, on=how["today"]),
        )
    )
    if person is None:
        raise invalid(field, "errors.unknown_code", code=code)
    is_there = (person.since is None or person.since <= activity.last_day) and (
        person.until is None or activity.day <= person.until
    )
    if not is_there:
        raise invalid(field, "activities.person_not_there_that_day", person=code, day=activity.day)
    if person.frozen_on is not None and person.frozen_on <= activity.last_day:
        raise Conflict("assignment.person_frozen", person=code)
    return person


def _expect_role(session: Session, activity: Activity, role: str) -> None:
    """Where places are kept for roles, a word that is none of them is a slip: its place would never be filled."""
    if not fields.is_code(role):
        raise invalid("role", "activities.not_a_role", role=fields.shown(role))
    needed = places_needed(session, {activity.id: activity.campaign_id})
    named = needed.get(activity.id, {}).keys() - {ANY_ROLE}
    if role != ANY_ROLE and named and role not in named:
        raise invalid("role", "activities.no_place_for_role", role=role, known=", ".join(sorted(named)))


def _set_state(
    session: Session,
    activity: Activity,
    standing: Assignment,
    before: AssignmentState | None,
    state: AssignmentState,
    how: Circumstances,
) -> None:
    """Let somebody stand so from now on, with the stamps, the audit entry and the feeds that follow from it."""
    now = how["now"]
    standing.state, standing.changed_at = state, now
    standing.sequence += 1
    activity.version += 1
    activity.people_sequence += 1
    activity.people_changed_at = now
    session.flush()
    audit.note(
        session,
        how["by"],
        AuditAction.CREATED if before is None else AuditAction.CHANGED,
        Assignment.__tablename__,
        standing.id,
        now=now,
        person_id=standing.person_id,
        before=None if before is None else {"state": before.value},
        after={"activity_id": activity.id, "role": standing.role, "state": state.value},
    )
    activities_changed(session, [activity.id], now=now)
