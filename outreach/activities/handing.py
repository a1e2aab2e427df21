"""Money and goods handed over at an activity: entries of the ledger that name it, told with an outcome or before it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models import Campaign, LedgerEntry, Person
from models.base import ActivityId, EntryId
from models.enums import ActivityStatus, AuditAction, LedgerKind, Qualifier
from outreach import handovers, ledger, recording
from outreach.activities.changing import activity_for
from outreach.activities.telling import expect_codes_seen
from outreach.audit import note
from outreach.errors import Conflict, Fault, Invalid, invalid
from outreach.ledger import Brought, Payment
from outreach.outcomes import Telling
from outreach.permissions import Actor, Deed, Reach


@dataclass(frozen=True, slots=True)
class EntryHere:
    """An entry of the ledger as an activity shows it. A counter-entry names the one that it takes back."""

    id: EntryId
    paid_on: date
    kind: LedgerKind
    amount: Decimal
    qualifier: Qualifier
    person_code: str | None
    person_name: str | None
    item: str | None
    handed_by: str | None
    received_by: str | None
    reverses: EntryId | None
    reversed_by: EntryId | None
    reason: str | None
    recorded_at: datetime
    recorded_by: str


def entries_here(
    session: Session, activity_id: ActivityId, *, within: Reach, after: int = 0, limit: int
) -> list[EntryHere]:
    """What was handed over at an activity, in the order in which it was entered, after one entry.

    `within` is the reach of who may see the ledger.
    """
    counter = aliased(LedgerEntry)
    rows = session.execute(
        select(LedgerEntry, Person.code, Person.name, counter.id)
        .outerjoin(Person, Person.id == LedgerEntry.person_id)
        .outerjoin(counter, counter.reverses_id == LedgerEntry.id)
        .where(LedgerEntry.activity_id == activity_id, LedgerEntry.id > after, within.of(LedgerEntry.unit_id))
        .order_by(LedgerEntry.id)
        .limit(limit)
    )
    return [
        EntryHere(
            id=entry.id,
            paid_on=entry.paid_on,
            kind=entry.kind,
            amount=entry.amount,
            qualifier=entry.qualifier,
            person_code=code,
            person_name=name,
            item=entry.item,
            handed_by=entry.handed_by,
            received_by=entry.received_by,
            reverses=entry.reverses_id,
            reversed_by=reversed_by,
            reason=entry.reason,
            recorded_at=entry.recorded_at,
            recorded_by=entry.recorded_by,
        )
        for entry, code, name, reversed_by in rows
    ]


def hand_over_here(
    session: Session,
    activity_id: ActivityId,
    payment: Payment,
    *,
    by: Actor,
    today: date,
    now: datetime,
    reason: str | None = None,
) -> EntryId:
    """Enter money or goods handed over at an activity; it counts for its campaign and its unit (rules 28 and 32).

    Without a day it is that of the activity; the reason says why somebody gets something once more. Raises NotFound,
    Forbidden, Invalid with every fault, and Conflict for an activity that was cancelled.
    """
    activity = activity_for(session, activity_id, Deed.RECORD, by=by, today=today)
    if activity.status is ActivityStatus.CANCELLED:
        raise Conflict("ledger.activity_was_cancelled")
    day = payment.paid_on or activity.held_on or activity.day
    if day > today:
        raise invalid("paid_on", "outcomes.day_to_come", day=day)
    try:
        telling = Telling(ActivityStatus.HELD, ledger=[payment])
        expect_codes_seen(session, activity, telling, by=by, today=today)
    except Invalid as unknown:
        raise Invalid([_in_one(fault) for fault in unknown.faults]) from None
    resolved, faults = ledger.resolved(
        session, [payment], day=day, campaign_id=activity.campaign_id, unit_id=activity.unit_id
    )
    if faults:
        raise Invalid([_in_one(fault) for fault in faults])
    campaign_code = payment.campaign_code or session.get_one(Campaign, activity.campaign_id).code
    given = replace(payment, paid_on=day, campaign_code=campaign_code)
    handovers.expect_may_be_given(session, given, reason=reason)
    (entry_id,), measures = ledger.enter(session, [Brought(resolved[0], activity.id)], by=by, now=now)
    recording.replace_measures(session, measures, by=by, now=now)
    if reason:
        session.get_one(LedgerEntry, entry_id).reason = reason
    after = {"activity_id": activity.id}
    note(session, by, AuditAction.CREATED, LedgerEntry.__tablename__, entry_id, now=now, after=after)
    return entry_id


def _in_one(fault: Fault) -> Fault:
    """`ledger.0.amount`, as a form calls it that has one entry."""
    return replace(fault, field=fault.field.split(".", 2)[2])
