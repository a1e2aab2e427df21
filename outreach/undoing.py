"""Whether a deed on a tie can still be undone: who did it asks for it, soon after, and the tie stands as it was left.

The form of an undo carries what was before, and whoever sends it could write anything into it: so nothing is believed
that the audit trail does not say.
"""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Tie
from models.enums import AuditAction
from outreach.errors import Conflict
from outreach.permissions import Actor

UNDONE_WITHIN: Final = timedelta(1)


def expect_just_begun(session: Session, tie: Tie, *, by: Actor, now: datetime) -> None:
    """Raise Conflict unless the actor let the tie begin within the last day, and nothing of it has changed since."""
    entry = _last_deed(session, tie, AuditAction.CREATED, by=by, now=now)
    after = entry.after or {}
    if (after.get("since"), after.get("until")) != (_iso(tie.since), _iso(tie.until)):
        raise Conflict("ties.undo_too_late")


def expect_just_ended(
    session: Session, tie: Tie, former_until: date | None, *, by: Actor, now: datetime
) -> None:
    """Raise Conflict unless the actor changed the last day of the tie, and that alone, from this one within a day."""
    entry = _last_deed(session, tie, AuditAction.CHANGED, by=by, now=now)
    is_from_there = entry.before == {"until": _iso(former_until)}
    if not is_from_there or (entry.after or {}).get("until") != _iso(tie.until):
        raise Conflict("ties.undo_too_late")


def _last_deed(session: Session, tie: Tie, action: AuditAction, *, by: Actor, now: datetime) -> AuditEntry:
    entry = session.scalar(
        select(AuditEntry)
        .where(AuditEntry.table_name == "ties", AuditEntry.row_id == tie.id)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    if (
        entry is None
        or entry.action is not action
        or entry.account_id != by.account_id
        or now - entry.at > UNDONE_WITHIN
    ):
        raise Conflict("ties.undo_too_late")
    return entry


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
