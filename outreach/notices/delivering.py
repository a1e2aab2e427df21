"""Sending what is due, step by step: never late, never twice, and nothing lost without somebody hearing of it.

A runner claims some notices with a lease; each it marks as `sending`, and commits that, before the first octet leaves.
So one that died in the middle leaves a notice of which nobody knows whether it arrived: it becomes `uncertain`, goes
to the call list and is not sent again. What was claimed and not begun is free again when the lease is over. Leases
are in the machine's own time, everything else in the program's.
"""

import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, insert, literal, or_, select, true, update
from sqlalchemy.orm import Session

from calendars.timezones import at, local_day
from models import Delivery, Notice
from models.base import NoticeId
from models.database import in_batches
from models.enums import CALL_LIST, Channel, DeliveryResult, NoticeState
from outreach.channels import Message
from outreach.house_rules import NoticeRules
from outreach.notices.composing import Letterhead, compose, owing, still_true
from outreach.notices.recipients import WORTH_A_CALL

LEASE: Final = timedelta(minutes=5)
"""How long a runner may be silent over one message before it counts as dead; longer than any server is waited for."""
BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""How long after each attempt that failed the next one is made; the last holds for all that follow."""
_SPREAD_SECONDS: Final = 60
_SWEPT_AT_ONCE: Final = 1_000
_TRACE: Final = 10
_MESSAGE_ID: Final = re.compile(rf"notice-([0-9]+)-[0-9a-f]{{{_TRACE}}}")
_UNDER_WAY: Final = (NoticeState.SENDING, NoticeState.UNCERTAIN)
_GIVES_WAY_AFTER: Final = timedelta(hours=1)
_CALLED_BEFORE: Final = timedelta(days=1)

# What each single message asks of the database, made once.
_NEXT_ATTEMPT: Final = (
    select(func.coalesce(func.max(Delivery.attempt), 0) + 1)
    .where(Delivery.notice_id == bindparam("notice"))
    .scalar_subquery()
)
_BEGIN_DELIVERY: Final = (
    insert(cast(Table, Delivery.__table__))
    .values(
        notice_id=bindparam("notice"),
        attempt=_NEXT_ATTEMPT,
        channel=Channel.EMAIL,
        at=bindparam("began"),
        result=DeliveryResult.UNCERTAIN,
        subject=bindparam("mail_subject"),
        text=bindparam("mail_text"),
    )
    .returning(Delivery.id)
)
_END_DELIVERY: Final = (
    update(cast(Table, Delivery.__table__))
    .where(Delivery.id == bindparam("delivery"))
    .values(result=bindparam("ended_as"), detail=bindparam("told"))
)
_MARK_AS_SENDING: Final = (
    update(cast(Table, Notice.__table__))
    .where(Notice.id == bindparam("notice"))
    .values(state=NoticeState.SENDING, attempts=Notice.attempts + 1, lease_until=bindparam("lease"))
)
_MARK_AS_SENT: Final = (
    update(cast(Table, Notice.__table__))
    .where(Notice.id == bindparam("notice"), Notice.state.in_(_UNDER_WAY))
    .values(
        state=NoticeState.SENT,
        sent_at=bindparam("at"),
        claimed_by=None,
        lease_until=None,
        last_error=None,
    )
    .returning(Notice.id)
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was set right before anything is sent."""

    uncertain: int
    expired: int


@dataclass(frozen=True, slots=True)
class Sorted:
    """What became of the notices that a runner claimed."""

    claimed: int
    to_send: Sequence[NoticeId]
    to_call: int
    expired: int


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that is marked as being sent."""

    notice_id: NoticeId
    delivery_id: int
    message: Message


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message. `counts` is False where it was the whole channel that failed, not this message."""

    sending: Sending
    result: DeliveryResult
    detail: str | None = None
    counts: bool = True


def message_id(notice_id: NoticeId, key: str) -> str:
    """What the message of a notice is called: its number, and a few letters made from its key, because two offices
    that share a domain number their notices alike."""
    return f"notice-{notice_id}-{sha256(key.encode()).hexdigest()[:_TRACE]}"


def notice_of(message: str) -> NoticeId | None:
    """The notice that a message of this id was of, None for what is no such id."""
    named = _MESSAGE_ID.fullmatch(message)
    return None if named is None else NoticeId(int(named[1]))


def due_count(session: Session, *, now: datetime) -> int:
    """How many notices wait to be sent or called about now."""
    due = _is_due(now)
    return session.scalar(select(func.count()).select_from(Notice).where(due)) or 0


def tidy(
    session: Session, rules: NoticeRules, *, now: datetime, machine_now: datetime, zone: ZoneInfo
) -> Tidied:
    """Set right what time has changed: what was cut off, what is too late or not so any more, what has to wait."""
    uncertain = _sweep(
        session,
        and_(Notice.state == NoticeState.SENDING, _lease_is_over(machine_now)),
        state=NoticeState.UNCERTAIN,
        lease_until=None,
        claimed_by=None,
    )
    over = and_(Notice.state.in_((NoticeState.DUE, NoticeState.TO_CALL)), Notice.expires_at <= now)
    expired = _sweep(session, over, state=NoticeState.EXPIRED)
    expired += _let_go_of_calls(session, now=now, zone=zone)
    until = quiet_until(rules, now=now, zone=zone)
    if until is not None:
        waits = and_(_is_due(now), Notice.expires_at > until)
        _sweep(session, waits, next_try_at=until)
    return Tidied(uncertain, expired)


def quiet_until(rules: NoticeRules, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end in which it is, None outside of them. They may go over midnight."""
    local = now.astimezone(zone)
    clock_time = local.time().replace(tzinfo=None)
    if not _is_quiet(clock_time, rules.quiet_from, rules.quiet_until):
        return None
    ends_tomorrow = clock_time >= rules.quiet_until
    return at(local.date() + timedelta(days=ends_tomorrow), rules.quiet_until, zone)


def claim(
    session: Session,
    rules: NoticeRules,
    *,
    runner: str,
    now: datetime,
    machine_now: datetime,
    zone: ZoneInfo,
    at_most: int,
) -> Sorted:
    """Take some of what is due, the longest due first, and sort it: what is to be sent, and what goes another way.

    In the quiet hours, which may begin in the middle of a round, only what would be too late after them.
    """
    free = or_(Notice.lease_until.is_(None), _lease_is_over(machine_now))
    until = quiet_until(rules, now=now, zone=zone)
    cannot_wait = true() if until is None else Notice.expires_at <= until
    ids = session.scalars(
        select(Notice.id)
        .where(_is_due(now), Notice.expires_at > now, free, cannot_wait)
        .order_by(Notice.next_try_at, Notice.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    ).all()
    found = owing(session, ids)
    by_mail, by_telephone, over = [], [], []
    for notice in found.values():
        how = notice.recipient
        if how is None or not how.wants_to_hear(notice.kind) or not still_true(notice, now=now, zone=zone):
            over.append(notice.id)
        elif how.address is None:
            by_telephone.append(notice.id)
        else:
            by_mail.append(notice.id)
    _move(session, Notice.id.in_(by_mail), claimed_by=runner, lease_until=machine_now + LEASE)
    _move(session, Notice.id.in_(by_telephone), state=NoticeState.TO_CALL)
    _move(session, Notice.id.in_(over), state=NoticeState.EXPIRED)
    in_order = [notice_id for notice_id in ids if notice_id in set(by_mail)]
    return Sorted(len(ids), in_order, len(by_telephone), len(over))


def begin(
    session: Session,
    notice_id: NoticeId,
    letterhead: Letterhead,
    *,
    runner: str,
    now: datetime,
    machine_now: datetime,
) -> Sending | None:
    """Mark a notice as being sent and give its message, with what is true now. The caller commits, and then sends.

    None when it is not ours any more, or not to be sent any more. Until its result is known the attempt counts as
    uncertain: if nobody comes back to it, that is what it is.
    """
    notice = owing(session, [notice_id], for_update=True).get(notice_id)
    if notice is None or notice.state is not NoticeState.DUE or notice.claimed_by != runner:
        return None
    how = notice.recipient
    if how is None or not still_true(notice, now=now, zone=letterhead.zone):
        _move(session, Notice.id == notice_id, state=NoticeState.EXPIRED, claimed_by=None, lease_until=None)
        return None
    if how.address is None:
        _move(session, Notice.id == notice_id, state=NoticeState.TO_CALL, claimed_by=None, lease_until=None)
        return None
    try:
        letter = compose(notice, letterhead, now=now)
    except Exception as error:
        # One whose words cannot be made must not keep those behind it waiting.
        log.exception("notice %s cannot be put into words", notice_id)
        _move(
            session,
            Notice.id == notice_id,
            state=NoticeState.FAILED,
            last_error=type(error).__name__,
            claimed_by=None,
            lease_until=None,
        )
        return None
    delivery_id = session.scalars(
        _BEGIN_DELIVERY,
        {"notice": notice_id, "began": now, "mail_subject": letter.subject, "mail_text": letter.text},
    ).one()
    session.execute(_MARK_AS_SENDING, {"notice": notice_id, "lease": machine_now + LEASE})
    message = Message(
        id=message_id(notice_id, notice.key),
        to=how.address,
        name=notice.name,
        subject=letter.subject,
        text=letter.text,
        at=now,
        day=local_day(notice.due_at, letterhead.zone),
    )
    return Sending(notice_id, delivery_id, message)


def settle(session: Session, result: Result, rules: NoticeRules, *, now: datetime) -> NoticeState:
    """Write down what became of a message, and say in which state that leaves its notice.

    Also of one that was given up as uncertain meanwhile: now it is known.
    """
    ids = {"notice": result.sending.notice_id, "delivery": result.sending.delivery_id}
    session.execute(_END_DELIVERY, {**ids, "ended_as": result.result, "told": result.detail})
    if result.result is DeliveryResult.SENT:
        arrived = session.scalars(_MARK_AS_SENT, {**ids, "at": now}).one_or_none()
        return NoticeState.SENT if arrived is not None else _state(session, result.sending.notice_id)
    notice = session.scalar(
        select(Notice)
        .where(Notice.id == result.sending.notice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if notice is None or notice.state not in _UNDER_WAY:
        return _state(session, result.sending.notice_id)
    notice.lease_until = notice.claimed_by = None
    notice.last_error = result.detail
    match result.result:
        case DeliveryResult.UNCERTAIN:
            notice.state = NoticeState.UNCERTAIN
        case DeliveryResult.REFUSED:
            notice.state = NoticeState.FAILED
        case _:
            _try_later(notice, rules, now, counts=result.counts)
    session.flush()
    return notice.state


def release(session: Session, notice_ids: Collection[NoticeId], *, runner: str) -> None:
    """Give back what was claimed and not begun."""
    ours = and_(Notice.claimed_by == runner, Notice.state == NoticeState.DUE)
    for some in in_batches(sorted(notice_ids)):
        _move(session, and_(Notice.id.in_(some), ours), claimed_by=None, lease_until=None)


def call_instead(session: Session, *, now: datetime, why: str) -> int:
    """The mail has been away for a while: what would soon be too late goes to the call list, if it is worth a call."""
    urgent = and_(
        _is_due(now - _GIVES_WAY_AFTER),
        Notice.expires_at <= now + _CALLED_BEFORE,
        Notice.kind.in_(WORTH_A_CALL),
    )
    return _move(
        session, urgent, state=NoticeState.TO_CALL, last_error=why, claimed_by=None, lease_until=None
    )


def next_attempt(session: Session, notice_id: NoticeId) -> int:
    """The number of the next delivery of a notice, calls included."""
    last = session.scalar(select(func.max(Delivery.attempt)).where(Delivery.notice_id == notice_id))
    return (last or 0) + 1


def _try_later(notice: Notice, rules: NoticeRules, now: datetime, *, counts: bool) -> None:
    if not counts:
        notice.attempts -= 1
    pause = BACK_OFF[min(max(notice.attempts, 1), len(BACK_OFF)) - 1]
    # Spread by their numbers, so that those which failed together do not all come back together.
    again_at = now + pause + timedelta(seconds=notice.id % _SPREAD_SECONDS)
    if notice.attempts >= rules.attempts or again_at >= notice.expires_at:
        notice.state = NoticeState.FAILED
    else:
        notice.state, notice.next_try_at = NoticeState.DUE, again_at


def _is_quiet(clock_time: time, begins: time, ends: time) -> bool:
    if begins <= ends:
        return begins <= clock_time < ends
    return clock_time >= begins or clock_time < ends


def _is_due(now: datetime) -> ColumnElement[bool]:
    # Written out, so that the index of what is due serves.
    return and_(
        Notice.state == literal(NoticeState.DUE.value, literal_execute=True), Notice.next_try_at <= now
    )


def _lease_is_over(machine_now: datetime) -> ColumnElement[bool]:
    """Also when it ends later than any lease could: then the machine's clock was set back."""
    return or_(Notice.lease_until < machine_now, Notice.lease_until > machine_now + 2 * LEASE)


def _let_go_of_calls(session: Session, *, now: datetime, zone: ZoneInfo) -> int:
    """Take off the call list what is not so any more: nobody is called about it. What is too late as well stays as it
    ended, for whoever looks at what went wrong."""
    gone, after = 0, 0
    while True:
        ids = session.scalars(
            select(Notice.id)
            .where(Notice.state.in_(CALL_LIST), Notice.expires_at > now, Notice.id > after)
            .order_by(Notice.id)
            .limit(_SWEPT_AT_ONCE)
        ).all()
        if not ids:
            return gone
        untrue = [
            each.id for each in owing(session, ids).values() if not still_true(each, now=now, zone=zone)
        ]
        gone += _sweep(
            session, and_(Notice.id.in_(untrue), Notice.state.in_(CALL_LIST)), state=NoticeState.EXPIRED
        )
        after = ids[-1]


def _state(session: Session, notice_id: NoticeId) -> NoticeState:
    """As it stands; of one that was forgotten meanwhile, expired."""
    return session.scalar(select(Notice.state).where(Notice.id == notice_id)) or NoticeState.EXPIRED


def _sweep(session: Session, which: ColumnElement[bool], **values: object) -> int:
    """Change all of these but those that somebody holds just now: a sweep waits for nobody, and is made again soon."""
    free = select(Notice.id).where(which).with_for_update(skip_locked=True)
    return _move(session, Notice.id.in_(free), **values)


def _move(session: Session, which: ColumnElement[bool], **values: object) -> int:
    moved = session.execute(
        update(Notice)
        .where(which)
        .values(**values)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())
