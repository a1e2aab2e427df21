"""Money drawn to be given 领款: who may enter it and take it back, and how much of it is left for a campaign."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from models import Campaign, Drawing, LedgerEntry, Unit
from models.base import CampaignId, DrawingId, UnitId
from models.database import hold
from models.enums import AuditAction, LedgerKind
from outreach import campaigns, codes, fields, registers
from outreach.audit import note
from outreach.errors import Conflict, Fault, Invalid, NotFound, invalid
from outreach.ledger import Payment
from outreach.metrics import GREATEST_VALUE
from outreach.permissions import Actor, Deed, Reach, expect, reach, seen

MONEY: Final = (LedgerKind.CASH, LedgerKind.SUBSIDY)
"""What is given out of drawn money; goods are bought."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Money as somebody draws it, in codes. Yuan."""

    amount: Decimal
    drawn_on: date
    unit_code: str
    drawn_by: str
    campaign_code: str | None = None
    reason: str | None = None
    """What it is for, where no campaign says it."""


@dataclass(frozen=True, slots=True)
class DrawingView:
    """Money that was drawn. One that takes another back names it, and that one names it."""

    id: DrawingId
    drawn_on: date
    amount: Decimal
    unit_id: UnitId
    unit_name: str
    campaign_code: str | None
    campaign_name: str | None
    drawn_by: str
    reason: str | None
    reverses: DrawingId | None
    reversed_by: DrawingId | None


def draw(session: Session, drawn: Drawn, *, by: Actor, today: date, now: datetime) -> DrawingView:
    """Enter money that was drawn. Raises Invalid with every fault, Forbidden for a unit one only sees."""
    within = seen(session, by, on=today)
    faults = list(_faults(drawn, today))
    told = {"unit_code": drawn.unit_code, "campaign_code": drawn.campaign_code}
    try:
        registers.expect_seen(session, told, within=within, today=today)
    except Invalid as unseen:
        faults += unseen.faults
    if faults:
        raise Invalid(faults)
    unit_id = codes.units(session, [drawn.unit_code])[drawn.unit_code]
    registers.expect_to_record(session, unit_id, by=by, today=today)
    campaign_id = None
    if drawn.campaign_code is not None:
        campaign_id = campaigns.campaign_id_of(session, drawn.campaign_code, within=within)
    row = Drawing(
        drawn_on=drawn.drawn_on,
        amount=drawn.amount,
        unit_id=unit_id,
        campaign_id=campaign_id,
        drawn_by=drawn.drawn_by,
        reason=drawn.reason or None,
        recorded_at=now,
        recorded_by=by.name,
    )
    session.add(row)
    session.flush()
    note(session, by, AuditAction.CREATED, Drawing.__tablename__, row.id, now=now)
    return drawing(session, row.id, by=by, today=today)


def take_back(
    session: Session, drawing_id: DrawingId, *, reason: str, by: Actor, today: date, now: datetime
) -> DrawingView:
    """Take back what was drawn by a counter-entry of today.

    Raises NotFound, Forbidden; Conflict for one that was taken back, that takes one back, or of which too much was
    given already.
    """
    drawing(session, drawing_id, by=by, today=today)
    hold(session, "drawings")
    row = session.get_one(Drawing, drawing_id)
    expect(session, by, Deed.PLAN, row.unit_id, on=today)
    if row.reverses_id is not None:
        raise Conflict("ledger.is_a_counter_entry", id=drawing_id)
    if session.scalar(select(Drawing.id).where(Drawing.reverses_id == drawing_id)) is not None:
        raise Conflict("ledger.reversed_already", id=drawing_id)
    left = None if row.campaign_id is None else left_of(session, row.campaign_id)
    if left is not None and left < row.amount:
        raise Conflict("ledger.given_already_of_it", left=f"{max(left, Decimal(0)):.2f}")
    counter = Drawing(
        drawn_on=today,
        amount=-row.amount,
        unit_id=row.unit_id,
        campaign_id=row.campaign_id,
        drawn_by=row.drawn_by,
        reverses_id=row.id,
        reason=reason,
        recorded_at=now,
        recorded_by=by.name,
    )
    session.add(counter)
    session.flush()
    note(session, by, AuditAction.CREATED, Drawing.__tablename__, counter.id, now=now, reason=reason)
    return drawing(session, counter.id, by=by, today=today)


def drawing(session: Session, drawing_id: DrawingId, *, by: Actor, today: date) -> DrawingView:
    """One drawing; raises NotFound for one that is unknown or out of reach."""
    within = reach(session, by, Deed.SEE_LEDGER, on=today)
    row = session.execute(drawings(within).where(Drawing.id == drawing_id)).one_or_none()
    if row is None:
        raise NotFound
    return view(*row)


def left_of(session: Session, campaign_id: CampaignId) -> Decimal | None:
    """What is left of the money drawn for a campaign after what was given from the first drawing on; None where none
    was drawn, or all of it taken back: then nobody counts it here."""
    of_it = select(func.count(), func.min(Drawing.drawn_on), func.sum(Drawing.amount))
    count, first, drawn = session.execute(of_it.where(Drawing.campaign_id == campaign_id, stands())).one()
    if not count:
        return None
    given = session.scalar(
        select(func.sum(LedgerEntry.amount)).where(
            LedgerEntry.campaign_id == campaign_id,
            LedgerEntry.kind.in_(MONEY),
            LedgerEntry.paid_on >= first,
        )
    )
    return (drawn or Decimal(0)) - (given or Decimal(0))


def stands() -> ColumnElement[bool]:
    """Of a drawing: it was not taken back, and takes none back."""
    taken_back = select(Drawing.reverses_id).where(Drawing.reverses_id.is_not(None))
    return and_(Drawing.reverses_id.is_(None), Drawing.id.not_in(taken_back))


def expect_drawn(session: Session, payment: Payment) -> None:
    """Let money be given for a campaign as far as it was drawn, where any was; raises Invalid beside the amount."""
    if payment.kind not in MONEY or payment.campaign_code is None:
        return
    campaign_id = codes.campaigns(session, [payment.campaign_code]).get(payment.campaign_code)
    if campaign_id is None:
        return
    hold(session, "drawings")
    left = left_of(session, campaign_id)
    if left is not None and payment.amount > left:
        raise invalid("amount", "ledger.more_than_drawn", left=f"{max(left, Decimal(0)):.2f}")


def drawings(
    within: Reach, *which: ColumnElement[bool]
) -> Select[Drawing, str, str | None, str | None, DrawingId | None]:
    """What was drawn in these units, for `view`."""
    counter = aliased(Drawing)
    return (
        select(Drawing, Unit.name, Campaign.code, Campaign.name, counter.id)
        .join(Unit, Unit.id == Drawing.unit_id)
        .join(Campaign, Campaign.id == Drawing.campaign_id, isouter=True)
        .join(counter, counter.reverses_id == Drawing.id, isouter=True)
        .where(within.of(Drawing.unit_id), *which)
    )


def view(
    row: Drawing,
    unit_name: str,
    campaign_code: str | None,
    campaign_name: str | None,
    reversed_by: DrawingId | None,
) -> DrawingView:
    """A row of `drawings`."""
    return DrawingView(
        id=row.id,
        drawn_on=row.drawn_on,
        amount=row.amount,
        unit_id=row.unit_id,
        unit_name=unit_name,
        campaign_code=campaign_code,
        campaign_name=campaign_name,
        drawn_by=row.drawn_by,
        reason=row.reason,
        reverses=row.reverses_id,
        reversed_by=reversed_by,
    )


def _faults(drawn: Drawn, today: date) -> list[Fault]:
    faults: list[Fault] = []
    if not drawn.amount.is_finite() or not 0 < drawn.amount < GREATEST_VALUE:
        faults.append(Fault("amount", "ledger.nothing_drawn"))
    elif drawn.amount != drawn.amount.quantize(Decimal("0.01")):
        faults.append(Fault("amount", "ledger.too_many_decimals"))
    if drawn.drawn_on > today:
        faults.append(Fault("drawn_on", "ledger.not_yet"))
    fields.collect(faults, "drawn_by", lambda: fields.name(drawn.drawn_by))
    if drawn.reason:
        fields.collect(faults, "reason", lambda: fields.short_text(drawn.reason or ""))
    return faults
