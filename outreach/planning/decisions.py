"""Deciding about a clash: that it stays as it is, with a note why, and taking that back."""

from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays
from models import KeptClash
from models.enums import AuditAction
from outreach.audit import note
from outreach.errors import Forbidden, NotFound, Stale
from outreach.permissions import Actor, Deed, Reach, reach
from outreach.planning.clashes import Clash, undecided


def keep_clash(
    session: Session,
    facts: str,
    within: Reach,
    *,
    day: date,
    reason: str | None,
    by: Actor,
    today: date,
    now: datetime,
    workdays: Workdays,
) -> Clash:
    """Let a clash stay as it is, until its facts change. Who may plan in a unit that it touches may decide.

    Raises Stale when it is no longer there as it was seen, and Forbidden.
    """
    clash = _clash(session, facts, within, day=day, workdays=workdays)
    _expect_planner(session, clash, by=by, today=today)
    kept = session.scalar(select(KeptClash).where(KeptClash.facts == facts))
    if kept is None:
        kept = KeptClash(facts=facts, day=clash.conflict.day, note=reason, by=by.name, decided_at=now)
        session.add(kept)
        action = AuditAction.CREATED
    else:
        kept.note, kept.by, kept.decided_at = reason, by.name, now
        action = AuditAction.CHANGED
    session.flush()
    note(session, by, action, KeptClash.__tablename__, kept.id, now=now, after=_told(clash))
    return clash


def reopen_clash(
    session: Session,
    facts: str,
    within: Reach,
    *,
    day: date,
    by: Actor,
    today: date,
    now: datetime,
    workdays: Workdays,
) -> Clash:
    """Take back that a clash stays as it is, so that somebody decides again. Raises Stale, NotFound, Forbidden."""
    clash = _clash(session, facts, within, day=day, workdays=workdays)
    _expect_planner(session, clash, by=by, today=today)
    kept = session.scalar(select(KeptClash).where(KeptClash.facts == facts))
    if kept is None:
        raise NotFound
    note(session, by, AuditAction.REMOVED, KeptClash.__tablename__, kept.id, now=now, before=_told(clash))
    session.execute(delete(KeptClash).where(KeptClash.id == kept.id))
    return clash


def _clash(session: Session, facts: str, within: Reach, *, day: date, workdays: Workdays) -> Clash:
    # All of one day: a list that ends after some would hide the one that is meant.
    found = undecided(session, within, first=day, last=day, workdays=workdays, limit=10**6)
    for each in (*found.undecided, *found.kept):
        if each.facts == facts:
            return each
    raise Stale


def _expect_planner(session: Session, clash: Clash, *, by: Actor, today: date) -> None:
    planned = reach(session, by, Deed.PLAN, on=today)
    if not any(each.unit_id in planned for each in clash.activities):
        raise Forbidden


def _told(clash: Clash) -> dict[str, object]:
    return {
        "kind": clash.conflict.kind.value,
        "day": clash.conflict.day.isoformat(),
        "activities": [each.id for each in clash.activities],
    }
