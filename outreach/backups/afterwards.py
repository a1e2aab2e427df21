"""What is no longer true in a database that comes back from a backup.

Between the moment of the backup and its return the program ran on, and nobody knows what it did meanwhile. What it may
have sent is not sent again: it goes to the call list, where somebody decides.
"""

from datetime import datetime

from sqlalchemy import and_, delete, or_, update
from sqlalchemy.orm import Session

from models import ClockworkRun, ClockworkRunner, Notice
from models.enums import NoticeState, RunState


def let_go(session: Session, *, made_at: datetime, now: datetime) -> None:
    """Let go what was under way at the moment of the backup (`made_at`), as of the moment it comes back.

    No runner is there. Slots that were being worked on are free. A notice that was being sent, or that came due before
    now and is still in time, may have arrived: it is uncertain.
    """
    session.execute(delete(ClockworkRunner))
    session.execute(
        update(ClockworkRun).where(ClockworkRun.state == RunState.RUNNING).values(lease_until=made_at)
    )
    may_have_arrived = or_(
        Notice.state == NoticeState.SENDING,
        and_(Notice.state == NoticeState.DUE, Notice.next_try_at <= now, Notice.expires_at > now),
    )
    session.execute(
        update(Notice)
        .where(may_have_arrived)
        .values(state=NoticeState.UNCERTAIN, claimed_by=None, lease_until=None)
    )
