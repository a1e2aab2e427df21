"""What goes row by row: notices, photos, audit entries, kept answers, ways to sign in, uploads, and runs."""

from collections.abc import Sequence
from datetime import time
from typing import Any, Final

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from calendars.timezones import at
from models import AuditEntry, ClockworkRun, Delivery, Notice, Outcome, Photo, Token, Upload
from models.enums import NoticeState, RunState, TokenKind
from outreach.clockwork import MOST_MISSED
from outreach.imports.uploads import KEPT_FOR
from outreach.retention.batches import AT_ONCE, Batch, Periods, remember
from outreach.sent_forms import KEPT_FOR as FORMS_KEPT_FOR
from outreach.sent_forms import forget_answers

RUNS_THAT_TELL: Final = 2 * MOST_MISSED
"""So many of a job's last runs say what is due of it: they stay, however old."""


def notices(session: Session, periods: Periods, after: int) -> Batch:
    """Notices with what was delivered of them; how many there were of each kind in each month stays."""
    over = (
        select(Notice.id, Notice.kind, Notice.due_at)
        .where(
            Notice.due_at < periods.before(periods.rules.notices_days),
            Notice.expires_at <= periods.now,
            Notice.state != NoticeState.SENDING,
        )
        .where(Notice.id > after)
    )
    rows = _some(session, over, Notice.id)
    ids = [row.id for row in rows]
    told = session.scalars(select(Delivery.at).where(Delivery.notice_id.in_(ids))).all() if ids else []
    remember(session, (("deliveries", periods.month_of(told_at)) for told_at in told))
    remember(session, ((f"notices.{row.kind.value}", periods.month_of(row.due_at)) for row in rows))
    session.execute(delete(Delivery).where(Delivery.notice_id.in_(ids)))
    session.execute(delete(Notice).where(Notice.id.in_(ids)))
    return _batch(rows)


def photos(session: Session, periods: Periods, after: int) -> Batch:
    """Photos with what was written below them; how many there were in each month stays."""
    over = select(Photo.id, Photo.added_at).where(
        Photo.added_at < periods.before(periods.rules.photos_days), Photo.id > after
    )
    rows = _some(session, over, Photo.id)
    remember(session, (("photos", periods.month_of(row.added_at)) for row in rows))
    session.execute(delete(Photo).where(Photo.id.in_([row.id for row in rows])))
    return _batch(rows)


def audit_entries(session: Session, periods: Periods, after: int) -> Batch:
    """Whole months of the trail, with the number of entries kept."""
    first_kept = periods.month_of(periods.before(periods.rules.audit_days))
    over = select(AuditEntry.id, AuditEntry.at).where(
        AuditEntry.at < at(first_kept, time.min, periods.zone), AuditEntry.id > after
    )
    rows = _some(session, over, AuditEntry.id)
    remember(session, (("audit_entries", periods.month_of(row.at)) for row in rows))
    session.execute(delete(AuditEntry).where(AuditEntry.id.in_([row.id for row in rows])))
    return _batch(rows)


def answers(session: Session, periods: Periods, after: int) -> Batch:
    """The keys by which a repeated request is known, and how forms of pages were answered; what was told stays."""
    forget_answers(session, before=periods.now - FORMS_KEPT_FOR)
    over = select(Outcome.id).where(
        Outcome.idempotency_key.is_not(None),
        Outcome.told_at < periods.before(periods.rules.idempotency_days),
        Outcome.id > after,
    )
    rows = _some(session, over, Outcome.id)
    session.execute(
        update(Outcome)
        .where(Outcome.id.in_([row.id for row in rows]))
        .values(idempotency_key=None, request_hash=None)
    )
    return _batch(rows)


def sign_ins(session: Session, periods: Periods, after: int) -> Batch:
    """Sessions that nobody used for long, links and tokens that open nothing any more."""
    idle_since = func.coalesce(Token.last_seen_at, Token.created_at)
    over = select(Token.id).where(
        or_(
            Token.revoked_at.is_not(None),
            Token.used_at.is_not(None),
            Token.expires_at <= periods.now,
            (Token.kind == TokenKind.SESSION) & (idle_since < periods.before(periods.rules.sessions_days)),
        ),
        Token.id > after,
    )
    rows = _some(session, over, Token.id)
    session.execute(delete(Token).where(Token.id.in_([row.id for row in rows])))
    return _batch(rows)


def uploads(session: Session, periods: Periods, after: int) -> Batch:
    """Files that somebody sent in and did not decide about within a day."""
    over = select(Upload.id).where(Upload.at < periods.now - KEPT_FOR, Upload.id > after)
    rows = _some(session, over, Upload.id)
    session.execute(delete(Upload).where(Upload.id.in_([row.id for row in rows])))
    return _batch(rows)


def runs(session: Session, periods: Periods, after: int) -> Batch:
    """What the clockwork did long ago, but for the runs that say what is due."""
    number = func.row_number().over(partition_by=ClockworkRun.job, order_by=ClockworkRun.slot.desc())
    ended = (
        select(ClockworkRun.id, number.label("number"))
        .where(ClockworkRun.state.in_((RunState.DONE, RunState.FAILED)))
        .subquery()
    )
    over = (
        select(ClockworkRun.id)
        .join(ended, ended.c.id == ClockworkRun.id)
        .where(
            ended.c.number > RUNS_THAT_TELL,
            ClockworkRun.started_at < periods.before(periods.rules.runs_days),
            ClockworkRun.id > after,
        )
    )
    rows = _some(session, over, ClockworkRun.id)
    session.execute(delete(ClockworkRun).where(ClockworkRun.id.in_([row.id for row in rows])))
    return _batch(rows)


def _some(
    session: Session, over: Select[*tuple[Any, ...]], id_: Any
) -> Sequence[Any]:  # Any: rows of several columns
    return session.execute(over.order_by(id_).limit(AT_ONCE)).all()


def _batch(rows: Sequence[Any]) -> Batch:  # Any: rows that begin with an id
    return Batch(len(rows), rows[-1].id if len(rows) == AT_ONCE else None)
