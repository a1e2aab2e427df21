"""Money and goods handed over: who may see, enter and take back which. The figures are the business of `ledger`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from calendars.timezones import local_day
from models import Campaign, LedgerEntry, Person, Unit
from models.base import ActivityId, EntryId, UnitId
from models.enums import (
    AuditAction,
    LedgerKind,
    Qualifier,
)
from outreach import campaigns, drawings, fields, ledger, ledger_book, organisation, people, registers
from outreach.audit import note
from outreach.errors import Conflict, Fault, Invalid, NotFound
from outreach.ledger import Payment
from outreach.permissions import Actor, Deed, Reach, expect, reach, seen


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry of the ledger. A counter-entry names the one that it takes back, and that one names it."""

    id: EntryId
    paid_on: date
    kind: LedgerKind
    amount: Decimal
    qualifier: Qualifier
    person_code: str | None
    person_name: str | None
    campaign_code: str | None
    unit_code: str | None
    item: str | None
    handed_by: str | None
    received_by: str | None
    reverses: EntryId | None
    reversed_by: EntryId | None
    reason: str | None
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class EntriesAsked:
    """Which entries a list is about; None asks for all."""

    unit_code: str | None = None
    """Of this unit and those below it."""
    person_code: str | None = None
    campaign_code: str | None = None
    kind: LedgerKind | None = None
    first: date | None = None
    """Paid on this day or later."""
    last: date | None = None


def entries(
    session: Session, asked: EntriesAsked, *, by: Actor, today: date, after: int = 0, limit: int
) -> Sequence[EntryView]:
    """Entries in the order of their ids, after one; raises NotFound for a code that is not seen."""
    within = reach(session, by, Deed.SEE_LEDGER, on=today)
    query = _entries(within).where(LedgerEntry.id > after).order_by(LedgerEntry.id).limit(limit)
    if asked.unit_code is not None:
        units = organisation.reach_of_unit(session, asked.unit_code, within=within, today=today)
        query = query.where(units.of(LedgerEntry.unit_id))
    if asked.person_code is not None:
        person_id = people.person_id_of(session, asked.person_code, within=within, today=today)
        query = query.where(LedgerEntry.person_id == person_id)
    if asked.campaign_code is not None:
        campaign_id = campaigns.campaign_id_of(session, asked.campaign_code, within=within)
        query = query.where(LedgerEntry.campaign_id == campaign_id)
    if asked.kind is not None:
        query = query.where(LedgerEntry.kind == asked.kind)
    if asked.first is not None:
        query = query.where(LedgerEntry.paid_on >= asked.first)
    if asked.last is not None:
        query = query.where(LedgerEntry.paid_on <= asked.last)
    return [_entry_view(*row) for row in session.execute(query)]


def entries_of(
    session: Session, activity_id: ActivityId, *, within: Reach, after: int = 0, limit: int
) -> Sequence[EntryView]:
    """What was handed over at an activity, in the order in which it was entered, after one entry.

    `within` is the reach of who may see the ledger.
    """
    query = _entries(within).where(LedgerEntry.activity_id == activity_id, LedgerEntry.id > after)
    return [_entry_view(*row) for row in session.execute(query.order_by(LedgerEntry.id).limit(limit))]


def entry(session: Session, entry_id: EntryId, *, by: Actor, today: date) -> EntryView:
    """One entry; raises NotFound for one that is unknown or out of reach."""
    within = reach(session, by, Deed.SEE_LEDGER, on=today)
    row = session.execute(_entries(within).where(LedgerEntry.id == entry_id)).one_or_none()
    if row is None:
        raise NotFound
    return _entry_view(*row)


def unit_of(session: Session, entry_id: EntryId) -> UnitId | None:
    """Where an entry counts, whose right to be seen was looked at before."""
    return session.scalar(select(LedgerEntry.unit_id).where(LedgerEntry.id == entry_id))


def hand_over(
    session: Session,
    payment: Payment,
    *,
    by: Actor,
    today: date,
    now: datetime,
    reason: str | None = None,
) -> EntryView:
    """Enter money or goods handed over; the reason says why somebody gets something once more.

    Raises Invalid with every fault, those of `expect_may_be_given` too, and Forbidden for a unit one only sees.
    """
    within = seen(session, by, on=today)
    told = {
        "person_code": payment.person_code,
        "campaign_code": payment.campaign_code,
        "unit_code": payment.unit_code,
    }
    registers.expect_seen(session, told, within=within, today=today)
    expect_may_be_given(session, payment, reason=reason)
    entry_id = ledger.hand_over(session, payment, by=by, now=now)
    if reason:
        session.get_one(LedgerEntry, entry_id).reason = reason
    registers.expect_to_record(session, session.get_one(LedgerEntry, entry_id).unit_id, by=by, today=today)
    note(session, by, AuditAction.CREATED, "ledger_entries", entry_id, now=now)
    return entry(session, entry_id, by=by, today=today)


def expect_may_be_given(session: Session, payment: Payment, *, reason: str | None) -> None:
    """Let be given what was drawn for its campaign, and once at a festival, or with a reason why once more.

    Raises Invalid beside the amount and the reason. Whoever enters one gift asks this, wherever it is entered; what an
    outcome tells happened already and is written as it was.
    """
    faults: list[Fault] = []
    try:
        drawings.expect_drawn(session, payment)
    except Invalid as more:
        faults += more.faults
    before = None if reason else ledger_book.given_before(session, payment)
    if before is not None:
        when_and_what: dict[str, object] = {
            "day": before.paid_on.isoformat(),
            "amount": f"{before.amount:.2f}",
        }
        faults.append(Fault("reason", "ledger.given_before", when_and_what))
    if faults:
        raise Invalid(faults)


def reverse(
    session: Session,
    entry_id: EntryId,
    *,
    reason: str | None,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
) -> EntryView:
    """Take an entry back by a counter-entry of today, and return that one. Raises NotFound, Forbidden, Conflict."""
    today = local_day(now, zone)
    entry(session, entry_id, by=by, today=today)
    expect(session, by, Deed.PLAN, session.get_one(LedgerEntry, entry_id).unit_id, on=today)
    counter_id = ledger.reverse(session, entry_id, by=by, now=now, zone=zone, reason=reason)
    after = {"reverses": entry_id}
    note(session, by, AuditAction.CREATED, "ledger_entries", counter_id, now=now, reason=reason, after=after)
    return entry(session, counter_id, by=by, today=today)


def note_receipt(
    session: Session,
    entry_id: EntryId,
    received_by: str | None,
    *,
    by: Actor,
    today: date,
    now: datetime,
    instead_of: str | None = None,
) -> EntryView:
    """Note who signed for what was handed over, or (None) that nobody has; what was paid stays as it is.

    `instead_of` is the name that whoever takes it back has seen. Raises NotFound, Forbidden, Invalid, and Conflict
    where there is nothing to sign for or another name stands.
    """
    before = entry(session, entry_id, by=by, today=today)
    row = session.get_one(LedgerEntry, entry_id)
    expect(session, by, Deed.RECORD, row.unit_id, on=today)
    if before.reverses is not None or before.reversed_by is not None:
        raise Conflict("ledger.nothing_to_sign", id=entry_id)
    if before.received_by and (received_by or instead_of not in (None, before.received_by)):
        raise Conflict("ledger.signed_already", id=entry_id, name=before.received_by)
    faults: list[Fault] = []
    name = fields.collect(faults, "received_by", lambda: fields.short_text(received_by or ""))
    if faults:
        raise Invalid(faults)
    row.received_by = name or None
    after = {"columns": ["received_by"]}
    note(session, by, AuditAction.CHANGED, "ledger_entries", entry_id, now=now, after=after)
    session.flush()
    return entry(session, entry_id, by=by, today=today)


def _entries(
    within: Reach,
) -> Select[LedgerEntry, str | None, str | None, str | None, str | None, EntryId | None]:
    counter = aliased(LedgerEntry)
    return (
        select(LedgerEntry, Person.code, Person.name, Campaign.code, Unit.code, counter.id)
        .join(Person, Person.id == LedgerEntry.person_id, isouter=True)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id, isouter=True)
        .join(Unit, Unit.id == LedgerEntry.unit_id, isouter=True)
        .join(counter, counter.reverses_id == LedgerEntry.id, isouter=True)
        .where(within.of(LedgerEntry.unit_id))
    )


def _entry_view(
    told: LedgerEntry,
    person_code: str | None,
    person_name: str | None,
    campaign_code: str | None,
    unit_code: str | None,
    reversed_by: EntryId | None,
) -> EntryView:
    return EntryView(
        id=told.id,
        paid_on=told.paid_on,
        kind=told.kind,
        amount=told.amount,
        qualifier=told.qualifier,
        person_code=person_code,
        person_name=person_name,
        campaign_code=campaign_code,
        unit_code=unit_code,
        item=told.item,
        handed_by=told.handed_by,
        received_by=told.received_by,
        reverses=told.reverses_id,
        reversed_by=reversed_by,
        reason=told.reason,
        recorded_at=told.recorded_at,
        recorded_by=told.recorded_by,
    )
