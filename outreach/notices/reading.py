"""Notices as they are listed: what was told to whom, and whom somebody has to call."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from models import Account, Activity, Delivery, Matter, Notice, Person
from models.base import ActivityId, NoticeId, PersonId, UnitId
from models.database import in_batches
from models.enums import CALL_LIST, Channel, DeliveryResult, NoticeKind, NoticeState
from outreach import organisation
from outreach.errors import NotFound
from outreach.minors import is_minor
from outreach.notices.composing import FOR_STAFF, Letter, Letterhead, Owing, compose, owing, still_true
from outreach.notices.owing import OPEN
from outreach.people import person_id_of
from outreach.permissions import EVERYWHERE, Actor, Deed, Reach, common, reach, seen
from outreach.units import subtree


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One attempt, or one call."""

    attempt: int
    channel: Channel
    at: datetime
    result: DeliveryResult
    by: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice with the words as they were sent, else as they are now, and None when there is nothing to say any
    more or they are not for the reader. `mobile` is who has to be called; that of a minor is not shown."""

    id: NoticeId
    kind: NoticeKind
    state: NoticeState
    person_code: str
    person_name: str
    mobile: str | None
    activity_id: ActivityId | None
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    last_error: str | None
    subject: str | None
    text: str | None
    deliveries: Sequence[DeliveryView]


@dataclass(frozen=True, slots=True)
class NoticesAsked:
    """Which notices a list is about; None leaves the choice open."""

    state: NoticeState | None = None
    states: Sequence[NoticeState] = ()
    """One of these, when any are named."""
    person_code: str | None = None
    unit_code: str | None = None
    """To people of this unit and those below it, as they are today."""
    call_list: bool = False
    """Only what somebody has to call about, as long as that is of use."""
    latest_first: bool = False
    """What was written last stands first, and the list goes on with what is older."""


WAITING: Final = (NoticeState.DUE, NoticeState.SENDING)
"""What is still to be sent."""
DONE: Final = (NoticeState.SENT, NoticeState.CALLED, NoticeState.EXPIRED)
"""What was told, or is not told any more."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """How much stands in the outbox: what is still to be sent, the calls to make, what was told since a day."""

    waiting: int
    calls: int
    told: int


def outbox(session: Session, *, within: Reach, since: date, today: date, now: datetime) -> Outbox:
    """The counts of the outbox, of people within the reach. `told` is of what was written since that day, in UTC."""
    written = Notice.created_at >= datetime.combine(since, time(), UTC)
    asked = (
        func.count().filter(Notice.state.in_(WAITING)),
        func.count().filter(is_to_call(now)),
        func.count().filter(Notice.state.in_((NoticeState.SENT, NoticeState.CALLED)), written),
    )
    of_them = (written | Notice.state.in_((*WAITING, *CALL_LIST))) & within.of_each_person(
        Notice.person_id, on=today
    )
    return Outbox(*session.execute(select(*asked).where(of_them)).one())


def notices(
    session: Session,
    asked: NoticesAsked,
    letterhead: Letterhead,
    *,
    by: Actor,
    today: date,
    now: datetime,
    after: int = 0,
    limit: int,
    among: Reach = EVERYWHERE,
) -> list[NoticeView]:
    """Notices to people whom the reader sees, after one of them (0: from the first): in the order in which they were
    written or the other way round, the call list the most urgent first. `among`: to people of these units alone.
    Raises NotFound for unknown codes."""
    within = common(seen(session, by, on=today), among)
    wanted = [within.of_each_person(Notice.person_id, on=today)]
    if asked.state is not None:
        wanted.append(Notice.state == asked.state)
    if asked.states:
        wanted.append(Notice.state.in_(asked.states))
    if asked.person_code is not None:
        person_id = person_id_of(session, asked.person_code, within=within, today=today)
        wanted.append(Notice.person_id == person_id)
    if asked.unit_code is not None:
        unit_id = organisation.unit_id_of(session, asked.unit_code, within=within)
        below = Reach(frozenset(subtree(session, unit_id, on=today)))
        wanted.append(below.of_each_person(Notice.person_id, on=today))
    if asked.call_list:
        wanted.append(is_to_call(now))
    if after:
        wanted.append(_stands_behind(asked, after))
    rows = select(Notice).where(*wanted).order_by(*_order(asked)).limit(limit)
    return _views(session, session.scalars(rows).all(), letterhead, by=by, today=today, now=now)


def notice(
    session: Session,
    notice_id: NoticeId,
    letterhead: Letterhead,
    *,
    by: Actor,
    today: date,
    now: datetime,
) -> NoticeView:
    """One notice; raises NotFound."""
    within = seen(session, by, on=today)
    row = session.scalar(
        select(Notice).where(Notice.id == notice_id, within.of_person(Notice.person_id, on=today))
    )
    if row is None:
        raise NotFound("notices.no_such_notice", id=notice_id)
    return _views(session, [row], letterhead, by=by, today=today, now=now)[0]


def calls_to_make(session: Session, *, within: Reach, today: date, now: datetime) -> int:
    """How many calls wait."""
    return session.scalar(calls(within, today=today, now=now)) or 0


def calls(within: Reach, *, today: date, now: datetime) -> Select[int]:
    """How many `calls_to_make` counts, as a question for the menu."""
    wanted = and_(is_to_call(now), within.of_each_person(Notice.person_id, on=today))
    return select(func.count()).select_from(Notice).where(wanted)


def is_to_call(now: datetime) -> ColumnElement[bool]:
    """What stands on the call list: told by telephone alone, failed or doubtful, and not too late."""
    return and_(Notice.state.in_(CALL_LIST), Notice.expires_at > now)


def _order(asked: NoticesAsked) -> tuple[ColumnElement[Any], ...]:  # Any: instants and ids
    if asked.call_list:
        return Notice.expires_at.asc(), Notice.id.asc()
    return (Notice.id.desc(),) if asked.latest_first else (Notice.id.asc(),)


def _stands_behind(asked: NoticesAsked, notice_id: int) -> ColumnElement[bool]:
    if asked.call_list:
        return _is_less_urgent_than(notice_id)
    return Notice.id < notice_id if asked.latest_first else Notice.id > notice_id


def _is_less_urgent_than(notice_id: int) -> ColumnElement[bool]:
    """What stands behind a notice on the call list, where it need not stand any more itself."""
    until = select(Notice.expires_at).where(Notice.id == notice_id).scalar_subquery()
    return or_(Notice.expires_at > until, and_(Notice.expires_at == until, Notice.id > notice_id))


def _views(
    session: Session, rows: Sequence[Notice], letterhead: Letterhead, *, by: Actor, today: date, now: datetime
) -> list[NoticeView]:
    ids = [row.id for row in rows]
    people = {
        person.id: person
        for some in in_batches({row.person_id for row in rows})
        for person in session.scalars(select(Person).where(Person.id.in_(some)))
    }
    minors = _minors(session, people.keys(), today)
    deliveries = _deliveries(session, ids)
    present = owing(session, [row.id for row in rows if row.state in OPEN])
    kept_back = _kept_back(session, rows, by=by, today=today)
    views = []
    for row in rows:
        person, tried = people[row.person_id], deliveries.get(row.id, [])
        sent = next((each for each in reversed(tried) if each.text is not None), None)
        subject, text = (sent.subject, sent.text) if sent else (None, None)
        if row.state in OPEN and (letter := _letter(present[row.id], letterhead, now=now)) is not None:
            subject, text = letter.subject, letter.text
        if row.id in kept_back:
            subject, text = None, None
        views.append(
            NoticeView(
                id=row.id,
                kind=row.kind,
                state=row.state,
                person_code=person.code,
                person_name=person.name,
                mobile=None if person.id in minors else person.mobile,
                activity_id=row.activity_id,
                created_at=row.created_at,
                due_at=row.due_at,
                expires_at=row.expires_at,
                sent_at=row.sent_at,
                last_error=row.last_error,
                subject=subject,
                text=text,
                deliveries=[
                    DeliveryView(each.attempt, each.channel, each.at, each.result, each.by, each.detail)
                    for each in tried
                ],
            )
        )
    return views


def _kept_back(session: Session, rows: Sequence[Notice], *, by: Actor, today: date) -> set[NoticeId]:
    """Those whose words are not for this reader: what staff are told is about other units than the one that they are
    of themselves. A digest is of everything where its recipient plans, the others of one activity or matter."""
    for_staff = [row for row in rows if row.kind in FOR_STAFF]
    if not for_staff:
        return set()
    reader = session.scalar(select(Account.person_id).where(Account.id == by.account_id))
    sees, plans = seen(session, by, on=today), reach(session, by, Deed.PLAN, on=today)
    told_of = _told_of(session, [row.id for row in for_staff])
    return {
        row.id
        for row in for_staff
        if row.person_id != reader
        and not (plans.is_everywhere if row.kind is NoticeKind.DIGEST else told_of[row.id] in sees)
    }


def _told_of(session: Session, notice_ids: Collection[NoticeId]) -> Mapping[NoticeId, UnitId | None]:
    """The units of the activities and matters that notices are about; None where it is neither."""
    return {
        notice_id: unit_id
        for some in in_batches(notice_ids)
        for notice_id, unit_id in session.execute(
            select(Notice.id, func.coalesce(Activity.unit_id, Matter.unit_id))
            .outerjoin(Activity, Activity.id == Notice.activity_id)
            .outerjoin(Matter, Matter.id == Notice.matter_id)
            .where(Notice.id.in_(some))
        )
    }


def _letter(notice: Owing, letterhead: Letterhead, *, now: datetime) -> Letter | None:
    """The words as they are now; None where there is nothing to tell any more, or where they cannot be made: one such
    notice must not hide all the others."""
    if not still_true(notice, now=now, zone=letterhead.zone):
        return None
    try:
        return compose(notice, letterhead, now=now)
    except (LookupError, TypeError, ValueError):
        # What a notice remembers was blanked, or is not what its kind needs.
        return None


def _deliveries(session: Session, notice_ids: Collection[NoticeId]) -> Mapping[NoticeId, list[Delivery]]:
    found: defaultdict[NoticeId, list[Delivery]] = defaultdict(list)
    for some in in_batches(notice_ids):
        rows = select(Delivery).where(Delivery.notice_id.in_(some)).order_by(Delivery.attempt)
        for delivery in session.scalars(rows):
            found[delivery.notice_id].append(delivery)
    return found


def _minors(session: Session, people: Collection[PersonId], today: date) -> set[PersonId]:
    found: set[PersonId] = set()
    for some in in_batches(people):
        found.update(
            session.scalars(select(Person.id).where(Person.id.in_(some), is_minor(Person.id, on=today)))
        )
    return found
