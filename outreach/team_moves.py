"""People who join a team, change to another or leave it, several at once, and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Unpack

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Person, Team, Tie
from models.base import ActivityId, TieId
from models.enums import AuditAction, TieKind
from outreach import activities, assignment, feed_versions, memberships, organisation
from outreach.activities import Circumstances
from outreach.audit import note
from outreach.errors import Conflict, Fault, Invalid, NotFound, OutreachError, invalid
from outreach.memberships import MembershipColumns
from outreach.permissions import Actor, Deed, expect, seen
from outreach.undoing import expect_just_begun, expect_just_ended

ONE_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody's membership that was ended, with the last day it had before; None while it had none."""

    team_code: str
    person_code: str
    former_until: date | None


@dataclass(frozen=True, slots=True)
class Moved:
    """What joining and leaving came to: the memberships that began, and those that ended."""

    joined: Sequence[TieId]
    left: Sequence[Left]


def join(
    session: Session,
    team_code: str,
    people: Sequence[str],
    *,
    since: date,
    until: date | None = None,
    by: Actor,
    today: date,
    now: datetime,
) -> Moved:
    """Let several people be in a team from a day on, or for a term; all of them, or none.

    Raises Invalid with a fault for each who cannot, named by `people`; else as `memberships.join`.
    """
    joined: list[TieId] = []
    faults: list[Fault] = []
    for person in dict.fromkeys(people):
        told: MembershipColumns = {"person_code": person, "since": since, "until": until}
        try:
            view = memberships.join(session, team_code, told, by=by, today=today, now=now)
        except NotFound:
            raise
        except Invalid as wrong:
            faults += [
                Fault("until" if each.field == "until" else "people", each.key, each.values)
                for each in wrong.faults
            ]
        except OutreachError as refused:
            if refused.key != "posts.member_already":
                raise
            faults.append(Fault("people", "ties.member_already", {"code": person}))
        else:
            joined.append(view.id)
    if faults:
        raise Invalid(faults)
    return Moved(joined, ())


def leave(
    session: Session,
    team_code: str,
    people: Sequence[str],
    *,
    last_day: date,
    by: Actor,
    today: date,
    now: datetime,
) -> Moved:
    """Let several people be in a team no longer than a day; raises as `memberships.change_membership`."""
    left = []
    for person in dict.fromkeys(people):
        former = _latest(session, team_code, person, by=by, today=today).until
        told: MembershipColumns = {"until": last_day}
        memberships.change_membership(session, team_code, person, told, by=by, today=today, now=now)
        left.append(Left(team_code, person, former))
    return Moved((), left)


def move(
    session: Session,
    team_code: str,
    people: Sequence[str],
    to_code: str,
    *,
    since: date,
    by: Actor,
    today: date,
    now: datetime,
) -> Moved:
    """Let several people change to another team on a day; whoever is in it already only leaves."""
    if team_code == to_code:
        raise invalid("to", "ties.same_team")
    left = leave(session, team_code, people, last_day=since - ONE_DAY, by=by, today=today, now=now)
    within = seen(session, by, on=today)
    there = set(
        session.scalars(
            select(Person.code)
            .join(Tie, Tie.subject_person_id == Person.id)
            .where(
                Tie.kind == TieKind.MEMBERSHIP,
                Tie.object_team_id == organisation.team_id_of(session, to_code, within=within),
                Tie.until >= since,
            )
        )
    )
    coming = [person for person in people if person not in there]
    joined = join(session, to_code, coming, since=since, by=by, today=today, now=now)
    return Moved(joined.joined, left.left)


def undo(session: Session, moved: Moved, *, by: Actor, today: date, now: datetime) -> None:
    """Take it back: what began never was, and what ended goes on.

    Raises NotFound and Forbidden, and Conflict for what the actor did not do within the last day, or what has changed
    since.
    """
    for tie_id in moved.joined:
        tie = session.get(Tie, tie_id)
        if tie is None:
            raise Conflict("ties.undo_too_late")
        if tie.kind is not TieKind.MEMBERSHIP or tie.object_team_id is None:
            raise NotFound
        unit_id = session.scalar(select(Team.unit_id).where(Team.id == tie.object_team_id))
        expect(session, by, Deed.PLAN, unit_id, on=today)
        expect_just_begun(session, tie, by=by, now=now)
        session.execute(delete(Tie).where(Tie.id == tie_id))
        note(session, by, AuditAction.REMOVED, "ties", tie_id, now=now)
    for each in moved.left:
        membership = _latest(session, each.team_code, each.person_code, by=by, today=today)
        if membership.until == each.former_until:
            continue
        unit_id = session.scalar(select(Team.unit_id).where(Team.id == membership.object_team_id))
        expect(session, by, Deed.PLAN, unit_id, on=today)
        expect_just_ended(session, membership, each.former_until, by=by, now=now)
        told: MembershipColumns = {"until": each.former_until}
        memberships.change_membership(
            session, each.team_code, each.person_code, told, by=by, today=today, now=now
        )
    feed_versions.everything_changed(session, now=now)


def give_places_up(
    session: Session, person_code: str, activity_ids: Sequence[ActivityId], **how: Unpack[Circumstances]
) -> None:
    """Ask somebody no more to things to come; for each place the next best is proposed. Raises as `withdraw`."""
    assignment.hold_proposals(session)
    for activity_id in sorted(set(activity_ids)):
        activities.withdraw(session, activity_id, person_code, **how)


def _latest(session: Session, team_code: str, person_code: str, *, by: Actor, today: date) -> Tie:
    """Somebody's latest membership of a team; raises NotFound for who never was in it."""
    team_id = organisation.team_id_of(session, team_code, within=seen(session, by, on=today))
    latest = session.scalar(
        select(Tie)
        .join(Person, Person.id == Tie.subject_person_id)
        .where(Tie.kind == TieKind.MEMBERSHIP, Tie.object_team_id == team_id, Person.code == person_code)
        .order_by(Tie.since.desc())
        .limit(1)
    )
    if latest is None:
        raise NotFound
    return latest
