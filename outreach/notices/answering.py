"""What people do about notices: they call, they let something be sent once more, they stop it."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Delivery, Notice
from models.base import NoticeId
from models.enums import CALL_LIST, AuditAction, Channel, DeliveryResult, NoticeState
from outreach import audit
from outreach.errors import Conflict, NotFound
from outreach.notices.delivering import next_attempt
from outreach.notices.owing import OPEN
from outreach.permissions import Actor, Deed, expect
from outreach.ties import unit_on


def record_call(
    session: Session,
    notice_id: NoticeId,
    *,
    reached: bool,
    note: str | None,
    by: Actor,
    today: date,
    now: datetime,
) -> None:
    """Somebody was called. Who was reached has been told; who was not stays on the call list.

    Also for what was still to be sent: then it is not sent any more. Raises NotFound, Forbidden, and Conflict for what
    was told already or is not told at all.
    """
    notice = _held(session, notice_id, Deed.RECORD, by=by, today=today)
    if notice.state not in (*CALL_LIST, NoticeState.DUE):
        raise Conflict("notices.not_on_call_list")
    session.add(
        Delivery(
            notice_id=notice.id,
            attempt=next_attempt(session, notice.id),
            channel=Channel.PHONE,
            at=now,
            result=DeliveryResult.REACHED if reached else DeliveryResult.NOT_REACHED,
            by=by.name,
            detail=(note or "").strip() or None,
        )
    )
    if reached:
        _become(session, notice, NoticeState.CALLED, by=by, now=now)
    session.flush()


def retry(
    session: Session, notice_id: NoticeId, *, certain: bool = False, by: Actor, today: date, now: datetime
) -> None:
    """Let what failed be sent once more. What may have arrived only when somebody is certain that it did not.

    Raises NotFound, Forbidden, and Conflict for anything else and for what would come too late.
    """
    notice = _held(session, notice_id, Deed.PLAN, by=by, today=today)
    if notice.state not in (NoticeState.FAILED, NoticeState.UNCERTAIN):
        raise Conflict("notices.not_failed")
    if notice.state is NoticeState.UNCERTAIN and not certain:
        raise Conflict("notices.may_have_arrived")
    if notice.expires_at <= now:
        raise Conflict("notices.too_late")
    notice.attempts, notice.next_try_at = 0, now
    notice.claimed_by = notice.lease_until = None
    _become(session, notice, NoticeState.DUE, by=by, now=now)


def stop(session: Session, notice_id: NoticeId, *, by: Actor, today: date, now: datetime) -> None:
    """Let nobody be told this any more; it is not owed anew either.

    Raises NotFound, Forbidden, and Conflict for what was told already.
    """
    notice = _held(session, notice_id, Deed.PLAN, by=by, today=today)
    if notice.state not in OPEN:
        raise Conflict("notices.not_due")
    _become(session, notice, NoticeState.EXPIRED, by=by, now=now)


def _held(session: Session, notice_id: NoticeId, deed: Deed, *, by: Actor, today: date) -> Notice:
    """The notice, which nobody else changes or sends until the transaction ends."""
    notice = session.scalar(
        select(Notice)
        .where(Notice.id == notice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if notice is None:
        raise NotFound("notices.no_such_notice", id=notice_id)
    expect(session, by, deed, unit_on(session, notice.person_id, today), on=today)
    return notice


def _become(session: Session, notice: Notice, state: NoticeState, *, by: Actor, now: datetime) -> None:
    before, notice.state = notice.state, state
    audit.note(
        session,
        by,
        AuditAction.CHANGED,
        Notice.__tablename__,
        notice.id,
        now=now,
        person_id=notice.person_id,
        before={"state": before.value},
        after={"state": state.value},
    )
    session.flush()
