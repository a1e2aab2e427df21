"""What is no longer true in a database that comes back from a backup.

Between the moment of the backup and its return the program ran on, and nobody knows what it did meanwhile. What it may
have sent is not sent again: it goes to the call list, where somebody decides.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, delete, or_, update
from sqlalchemy.orm import Session

from models import ClockworkRun, ClockworkRunner, Notice
from models.enums import NoticeState, RunState
from outreach.clockwork import Moment, Work
from outreach.routines.chase_matters import chase_matters
from outreach.routines.chase_outcomes import chase_outcomes
from outreach.routines.morning_digest import morning_digest
from outreach.routines.remind import remind

_OWES_BY_ITSELF: Final[Sequence[Work]] = (remind, chase_outcomes, chase_matters, morning_digest)
"""What the lost program may have owed and sent after the backup, without anybody doing anything."""

log = logging.getLogger(__name__)


def let_go(session: Session, *, made_at: datetime, moment: Moment) -> None:
    """Let go what was under way at the moment of the backup (`made_at`), as of the moment it comes back.

    No runner is there. Slots that were being worked on are free. A notice that was being sent, or that came due before
    now and is still in time, may have arrived: it is uncertain, be it in the backup or owed by the clock since.
    """
    session.execute(delete(ClockworkRunner))
    session.execute(
        update(ClockworkRun).where(ClockworkRun.state == RunState.RUNNING).values(lease_until=made_at)
    )
    for routine in _OWES_BY_ITSELF:
        _owe(session, routine, moment)
    may_have_arrived = or_(
        Notice.state == NoticeState.SENDING,
        and_(
            Notice.state == NoticeState.DUE, Notice.next_try_at <= moment.now, Notice.expires_at > moment.now
        ),
    )
    session.execute(
        update(Notice)
        .where(may_have_arrived)
        .values(state=NoticeState.UNCERTAIN, claimed_by=None, lease_until=None)
    )


def _owe(session: Session, routine: Work, moment: Moment) -> None:
    """A routine that fails is no reason not to have the data back: the clockwork will say that it fails."""
    try:
        with session.begin_nested():
            routine(session, moment)
    except Exception:  # whatever it is
        log.warning("%s failed after the restore", routine.__name__, exc_info=True)
