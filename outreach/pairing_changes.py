"""Many pairings at once: handed over from one supporter to another, or ended, and the way back from both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Activity, Tie
from models.base import TieId
from models.enums import AuditAction
from outreach import feed_versions, pairings, ties
from outreach.audit import note
from outreach.codes import fresh
from outreach.errors import Conflict, invalid
from outreach.pairings import PairingColumns
from outreach.permissions import Actor, Deed, expect, seen
from outreach.undoing import expect_just_begun, expect_just_ended

ONE_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class Ended:
    """A pairing that was ended, with the last day it had before; None while it had none."""

    code: str
    former_until: date | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A pairing that ended, and the one that goes on in its place."""

    ended: Ended
    new_code: str


def new_pairing_code(session: Session) -> str:
    """A code for a pairing that nobody gave one."""
    return fresh(session, Tie.code, Tie.id, prefix="JD-")


def hand_over(
    session: Session,
    codes: Sequence[str],
    to_code: str,
    *,
    since: date,
    reason: str | None,
    by: Actor,
    today: date,
    now: datetime,
) -> Sequence[HandedOver]:
    """Let somebody else look after these people from a day on: all of them, or none when one cannot be.

    Each pairing ends the day before, and one of its kind and interval begins; its next visit is due from then on
    (rule 20). Raises as `pairings.pair` and `pairings.change_pairing`; Invalid for a pairing that begins later, and
    Conflict for one that has ended by then.
    """
    handed = []
    for code in dict.fromkeys(codes):
        before = pairings.pairing(session, code, within=seen(session, by, on=today), today=today)
        if before.supporter_code == to_code:
            raise invalid("to", "ties.same_supporter")
        if before.since is not None and before.since >= since:
            raise invalid("since", "ties.begins_later", code=code)
        if before.until is not None and before.until < since:
            raise Conflict("ties.ended_already", code=code)
        told: PairingColumns = {"until": since - ONE_DAY}
        pairings.change_pairing(session, code, told, by=by, today=today, now=now, reason=reason)
        new = pairings.pair(
            session,
            {
                "code": new_pairing_code(session),
                "kind": before.kind,
                "supporter_code": to_code,
                "beneficiary_code": before.beneficiary_code,
                "since": since,
                "until": before.until,
                "visit_every": before.visit_every,
            },
            by=by,
            today=today,
            now=now,
        )
        handed.append(HandedOver(Ended(code, before.until), new.code))
    return handed


def take_back(
    session: Session, handed: Sequence[HandedOver], *, by: Actor, today: date, now: datetime
) -> None:
    """Undo a hand-over: the new pairings never were, the old ones go on.

    Raises NotFound and Forbidden, and Conflict once a visit was planned for a new one (then hand it over once more),
    for what the actor did not hand over within the last day, and for what has changed since.
    """
    for each in handed:
        old = _mine(session, each.ended.code, by=by, today=today)
        new = _mine(session, each.new_code, by=by, today=today)
        if (new.object_person_id, new.sort) != (old.object_person_id, old.sort) or not _goes_on(old, new):
            raise Conflict("ties.undo_too_late")
        expect_just_ended(session, old, each.ended.former_until, by=by, now=now)
        expect_just_begun(session, new, by=by, now=now)
        _forget(session, new.id, by=by, now=now)
    reopen(session, [each.ended for each in handed], by=by, today=today, now=now)
    feed_versions.everything_changed(session, now=now)


def end(
    session: Session,
    codes: Sequence[str],
    *,
    until: date,
    reason: str | None,
    by: Actor,
    today: date,
    now: datetime,
) -> Sequence[Ended]:
    """Let pairings end with a day, their last one; raises as `pairings.change_pairing`."""
    ended = []
    for code in dict.fromkeys(codes):
        before = pairings.pairing(session, code, within=seen(session, by, on=today), today=today)
        told: PairingColumns = {"until": until}
        pairings.change_pairing(session, code, told, by=by, today=today, now=now, reason=reason)
        ended.append(Ended(code, before.until))
    return ended


def reopen(session: Session, ended: Sequence[Ended], *, by: Actor, today: date, now: datetime) -> None:
    """Undo an end: the pairings last as long as they did; raises as `take_back`."""
    for each in ended:
        pairing = _mine(session, each.code, by=by, today=today)
        if pairing.until == each.former_until:
            continue
        expect_just_ended(session, pairing, each.former_until, by=by, now=now)
        told: PairingColumns = {"until": each.former_until}
        pairings.change_pairing(session, each.code, told, by=by, today=today, now=now)


def _mine(session: Session, code: str, *, by: Actor, today: date) -> Tie:
    """A pairing that the actor may change; raises NotFound and Forbidden."""
    within = seen(session, by, on=today)
    found = session.get_one(Tie, pairings.pairing(session, code, within=within, today=today).id)
    assert found.subject_person_id is not None, "a pairing has a supporter"
    expect(session, by, Deed.PLAN, ties.unit_on(session, found.subject_person_id, today), on=today)
    return found


def _goes_on(old: Tie, new: Tie) -> bool:
    """Whether the one begins on the day after the other's last."""
    return old.until is not None and new.since == old.until + ONE_DAY


def _forget(session: Session, tie_id: TieId, *, by: Actor, now: datetime) -> None:
    if session.scalar(select(Activity.id).where(Activity.pairing_id == tie_id).limit(1)) is not None:
        raise Conflict("ties.visits_planned_already")
    session.execute(delete(Tie).where(Tie.id == tie_id))
    note(session, by, AuditAction.REMOVED, "ties", tie_id, now=now)
