"""The ledger as a book: a period's sums of what was drawn and given, and its rows, those not signed for first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from models import Campaign, Drawing, LedgerEntry, Person, Unit
from models.base import ActivityId, EntryId
from models.enums import LedgerKind, Qualifier
from outreach.drawings import MONEY, DrawingView, drawings, stands, view
from outreach.ledger import Payment
from outreach.permissions import Reach

HANDED_OVER: Final = (LedgerKind.CASH, LedgerKind.GOODS, LedgerKind.SUBSIDY)
"""What somebody receives, and signs for."""
FESTIVAL: Final = "festival_visit"
SAME_FESTIVAL: Final = timedelta(days=30)
"""Two gifts of one campaign this near to each other are for the same festival."""
MOST_CAMPAIGNS: Final = 200
MOST_DRAWINGS: Final = 50
_COUNTER: Final = aliased(LedgerEntry)
"""The entry that takes another one back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the book; days are inclusive, None asks for all."""

    first: date
    last: date
    campaign_code: str | None = None
    person_code: str | None = None
    kind: LedgerKind | None = None
    is_unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Sums:
    """Yuan. `given` is money, goods by their value and subsidies. `left` is what remains at the period's end of all
    that was drawn until then; None where none was drawn, and for one person or one kind: nothing is drawn for these.
    `besides` are the entries that nobody received: reimbursements and donations."""

    drawn: Decimal
    given: Decimal
    goods: Decimal
    left: Decimal | None
    entries: int
    unsigned: int
    besides: int


@dataclass(frozen=True, slots=True)
class Row:
    """An entry with the names that go with it."""

    id: EntryId
    paid_on: date
    kind: LedgerKind
    amount: Decimal
    qualifier: Qualifier
    person_code: str | None
    person_name: str | None
    campaign_code: str | None
    campaign_name: str | None
    unit_name: str | None
    activity_id: ActivityId | None
    item: str | None
    handed_by: str | None
    received_by: str | None
    reverses: EntryId | None
    reversed_by: EntryId | None
    reason: str | None
    recorded_by: str

    @property
    def is_unsigned(self) -> bool:
        """Whether somebody should still sign for it."""
        is_standing = self.reverses is None and self.reversed_by is None
        return is_standing and self.received_by is None and self.kind in HANDED_OVER


def sums(session: Session, asked: Asked, *, within: Reach) -> Sums:
    """The sums of a part of the book, by three statements. What was taken back counts with its minus."""
    given, goods, entries, unsigned, besides = session.execute(
        select(
            _sum_where(LedgerEntry.kind.in_(HANDED_OVER)),
            _sum_where(LedgerEntry.kind == LedgerKind.GOODS),
            func.count(),
            func.sum(case((_is_unsigned(), 1), else_=0)),
            func.sum(case((LedgerEntry.kind.not_in(HANDED_OVER), 1), else_=0)),
        )
        .select_from(LedgerEntry)
        .join(_COUNTER, _COUNTER.reverses_id == LedgerEntry.id, isouter=True)
        .where(*_conditions(asked, within))
    ).one()
    drawn = session.scalar(select(func.sum(Drawing.amount)).where(*_drawn(asked, within)))
    return Sums(
        drawn=drawn or Decimal(0),
        given=given or Decimal(0),
        goods=goods or Decimal(0),
        left=_left(session, asked, within),
        entries=entries,
        unsigned=unsigned or 0,
        besides=besides or 0,
    )


def rows(session: Session, asked: Asked, *, within: Reach, after: int = 0, limit: int) -> Sequence[Row]:
    """Entries: those not signed for first, then the latest; those after so many."""
    unsigned_first = case((_is_unsigned(), 0), else_=1)
    found = session.execute(
        select(LedgerEntry, Person.code, Person.name, Campaign.code, Campaign.name, Unit.name, _COUNTER.id)
        .join(Person, Person.id == LedgerEntry.person_id, isouter=True)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id, isouter=True)
        .join(Unit, Unit.id == LedgerEntry.unit_id, isouter=True)
        .join(_COUNTER, _COUNTER.reverses_id == LedgerEntry.id, isouter=True)
        .where(*_conditions(asked, within))
        .order_by(unsigned_first, LedgerEntry.paid_on.desc(), LedgerEntry.id.desc())
        .offset(after)
        .limit(limit)
    )
    return [_row(*each) for each in found]


def row(session: Session, entry_id: EntryId) -> Row:
    """One entry, whose right to be seen was looked at before."""
    found = session.execute(
        select(LedgerEntry, Person.code, Person.name, Campaign.code, Campaign.name, Unit.name, _COUNTER.id)
        .join(Person, Person.id == LedgerEntry.person_id, isouter=True)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id, isouter=True)
        .join(Unit, Unit.id == LedgerEntry.unit_id, isouter=True)
        .join(_COUNTER, _COUNTER.reverses_id == LedgerEntry.id, isouter=True)
        .where(LedgerEntry.id == entry_id)
    ).one()
    return _row(*found)


def drawn_in(session: Session, asked: Asked, *, within: Reach) -> Sequence[DrawingView]:
    """What was drawn in the period, the latest first."""
    found = session.execute(
        drawings(within, *_drawn(asked, within))
        .order_by(Drawing.drawn_on.desc(), Drawing.id.desc())
        .limit(MOST_DRAWINGS)
    )
    return [view(*each) for each in found]


def campaigns_of(session: Session, *, within: Reach) -> Sequence[tuple[str, str]]:
    """The campaigns that money and goods were given for, by code and name, for choosing one."""
    paid = select(LedgerEntry.id).where(
        LedgerEntry.campaign_id == Campaign.id, within.of(LedgerEntry.unit_id)
    )
    drawn = select(Drawing.id).where(Drawing.campaign_id == Campaign.id, within.of(Drawing.unit_id))
    return [
        (code, name)
        for code, name in session.execute(
            select(Campaign.code, Campaign.name)
            .where(paid.exists() | drawn.exists())
            .order_by(Campaign.name, Campaign.code)
            .limit(MOST_CAMPAIGNS)
        )
    ]


def campaigns_to_give_for(session: Session, *, within: Reach) -> Sequence[tuple[str, str]]:
    """The campaigns of these units that an entry may be for, by code and name."""
    return [
        (code, name)
        for code, name in session.execute(
            select(Campaign.code, Campaign.name)
            .where(within.of(Campaign.unit_id))
            .order_by(Campaign.name, Campaign.code)
            .limit(MOST_CAMPAIGNS)
        )
    ]


def given_before(session: Session, payment: Payment) -> LedgerEntry | None:
    """What the person got already of the same sort at the same festival, and still has; None for any other gift."""
    if payment.person_code is None or payment.campaign_code is None or payment.paid_on is None:
        return None
    return session.scalar(
        select(LedgerEntry)
        .join(Person, Person.id == LedgerEntry.person_id)
        .join(Campaign, Campaign.id == LedgerEntry.campaign_id)
        .join(_COUNTER, _COUNTER.reverses_id == LedgerEntry.id, isouter=True)
        .where(
            Person.code == payment.person_code,
            Campaign.code == payment.campaign_code,
            Campaign.kind == FESTIVAL,
            LedgerEntry.kind == payment.kind,
            LedgerEntry.reverses_id.is_(None),
            _COUNTER.id.is_(None),
            LedgerEntry.paid_on >= payment.paid_on - SAME_FESTIVAL,
            LedgerEntry.paid_on <= payment.paid_on + SAME_FESTIVAL,
        )
        .order_by(LedgerEntry.paid_on.desc(), LedgerEntry.id.desc())
        .limit(1)
    )


def _conditions(asked: Asked, within: Reach) -> list[ColumnElement[bool]]:
    which = [
        LedgerEntry.paid_on >= asked.first,
        LedgerEntry.paid_on <= asked.last,
        within.of(LedgerEntry.unit_id),
    ]
    if asked.campaign_code is not None:
        which.append(
            LedgerEntry.campaign_id.in_(select(Campaign.id).where(Campaign.code == asked.campaign_code))
        )
    if asked.person_code is not None:
        which.append(LedgerEntry.person_id.in_(select(Person.id).where(Person.code == asked.person_code)))
    if asked.kind is not None:
        which.append(LedgerEntry.kind == asked.kind)
    if asked.is_unsigned:
        which.append(_is_unsigned())
    return which


def _left(session: Session, asked: Asked, within: Reach) -> Decimal | None:
    """What is left at the period's end: of each campaign that drew, and of what was drawn for none, all that was drawn
    until then without what was given from its first drawing on."""
    if asked.person_code is not None or asked.kind is not None:
        return None
    until = replace(asked, first=date.min)
    pots = (
        select(
            Drawing.campaign_id,
            func.min(Drawing.drawn_on).label("first"),
            func.sum(Drawing.amount).label("drawn"),
        )
        .where(*_drawn(until, within), stands())
        .group_by(Drawing.campaign_id)
        .cte()
    )
    given = (
        select(func.sum(LedgerEntry.amount))
        .join(pots, LedgerEntry.campaign_id.is_not_distinct_from(pots.c.campaign_id))
        .where(
            LedgerEntry.kind.in_(MONEY),
            LedgerEntry.paid_on >= pots.c.first,
            LedgerEntry.paid_on <= asked.last,
            within.of(LedgerEntry.unit_id),
        )
    )
    drawn, money = session.execute(select(func.sum(pots.c.drawn), given.scalar_subquery())).one()
    return None if drawn is None else drawn - (money or Decimal(0))


def _drawn(asked: Asked, within: Reach) -> list[ColumnElement[bool]]:
    which = [Drawing.drawn_on >= asked.first, Drawing.drawn_on <= asked.last, within.of(Drawing.unit_id)]
    if asked.campaign_code is not None:
        which.append(Drawing.campaign_id.in_(select(Campaign.id).where(Campaign.code == asked.campaign_code)))
    return which


@cache
def _is_unsigned() -> ColumnElement[bool]:
    return and_(
        LedgerEntry.kind.in_(HANDED_OVER),
        LedgerEntry.received_by.is_(None),
        LedgerEntry.reverses_id.is_(None),
        _COUNTER.id.is_(None),
    )


def _sum_where(condition: ColumnElement[bool]) -> ColumnElement[Any]:  # Any: None over no row
    return func.sum(case((condition, LedgerEntry.amount), else_=0), type_=LedgerEntry.amount.type)


def _row(
    entry: LedgerEntry,
    person_code: str | None,
    person_name: str | None,
    campaign_code: str | None,
    campaign_name: str | None,
    unit_name: str | None,
    reversed_by: EntryId | None,
) -> Row:
    return Row(
        id=entry.id,
        paid_on=entry.paid_on,
        kind=entry.kind,
        amount=entry.amount,
        qualifier=entry.qualifier,
        person_code=person_code,
        person_name=person_name,
        campaign_code=campaign_code,
        campaign_name=campaign_name,
        unit_name=unit_name,
        activity_id=entry.activity_id,
        item=entry.item,
        handed_by=entry.handed_by,
        received_by=entry.received_by,
        reverses=entry.reverses_id,
        reversed_by=reversed_by,
        reason=entry.reason,
        recorded_by=entry.recorded_by,
    )
