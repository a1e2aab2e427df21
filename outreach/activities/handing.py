"""Money and goods handed over at an activity: entries of the ledger that name it, told with an outcome or before it."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import Campaign, LedgerEntry
from models.base import ActivityId, EntryId
from models.enums import ActivityStatus, AuditAction
from outreach import handovers, ledger, recording
from outreach.activities.changing import activity_for
from outreach.activities.telling import expect_codes_seen
from outreach.audit import note
from outreach.errors import Conflict, Fault, Invalid, invalid
from outreach.ledger import Brought, Payment
from outreach.outcomes import Telling
from outreach.permissions import Actor, Deed


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
