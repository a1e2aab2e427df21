"""What somebody typed about money: an entry of the ledger, or what was drawn. Pure."""

from datetime import date, timedelta
from decimal import Decimal

from api.forms.typed import Reading, Typed
from models.enums import LedgerKind
from outreach import fields
from outreach.drawings import Drawn
from outreach.errors import Fault
from outreach.ledger import Payment
from outreach.ledger_book import Asked


def entry_opened(*, today: date, person: str = "", campaign: str = "") -> Typed:
    """How the form of an entry stands when it is opened."""
    return {
        "kind": LedgerKind.CASH.value,
        "paid_on": today.isoformat(),
        "person_code": person,
        "campaign_code": campaign,
    }


def read_entry(reading: Reading, *, today: date) -> Payment:
    """An entry as typed, with whom it means as typed too; faults stay with the reading."""
    kind = reading.word("kind", LedgerKind)
    if kind is None and not reading.typed.get("kind"):
        reading.faults.append(Fault("kind", "errors.missing"))
    amount = reading.needed("amount", _amount)
    paid_on = reading.needed("paid_on", fields.day)
    if paid_on is not None and paid_on > today:
        reading.faults.append(Fault("paid_on", "ledger.not_yet"))
    return Payment(
        kind=kind or LedgerKind.CASH,
        amount=amount or Decimal(0),
        paid_on=paid_on,
        campaign_code=reading.said("campaign_code", fields.code),
        unit_code=reading.said("unit_code", fields.code),
        item=reading.said("item", fields.short_text),
        handed_by=reading.said("handed_by", fields.short_text),
        received_by=reading.said("received_by", fields.short_text),
    )


def read_drawn(reading: Reading) -> Drawn:
    """What was drawn, as typed; raises Invalid with every fault."""
    amount = reading.needed("amount", _amount)
    drawn_on = reading.needed("drawn_on", fields.day)
    unit_code = reading.needed("unit_code", fields.code)
    drawn_by = reading.needed("drawn_by", fields.name)
    reason = reading.said("reason", fields.short_text)
    campaign_code = reading.said("campaign_code", fields.code)
    reading.expect_none()
    return Drawn(
        amount=amount or Decimal(0),
        drawn_on=drawn_on or date.min,
        unit_code=unit_code or "",
        drawn_by=drawn_by or "",
        campaign_code=campaign_code,
        reason=reason,
    )


def read_period(month: str, *, campaign: str, today: date) -> tuple[date, date, str]:
    """The first and last day asked for, and the period as the form says it.

    A month as `2026-09`, a year as `2026`; without either this month, for a campaign this year. What cannot be read
    asks for nothing.
    """
    year, _, rest = month.strip().partition("-")
    if _is_number(year, 4) and 1800 <= int(year) <= 2999:
        if _is_number(rest, 2) and 1 <= int(rest) <= 12:
            return (*_month(date(int(year), int(rest), 1)), f"{year}-{rest}")
        return date(int(year), 1, 1), date(int(year), 12, 31), year
    if campaign:
        return date(today.year, 1, 1), date(today.year, 12, 31), str(today.year)
    return (*_month(today), f"{today:%Y-%m}")


def read_asked(
    *, month: str, campaign: str, person: str, kind: str, unsigned: str, today: date
) -> tuple[Asked, str]:
    """The part of the book that an address asks for, and its period."""
    first, last, period = read_period(month, campaign=campaign, today=today)
    asked = Asked(
        first=first,
        last=last,
        campaign_code=campaign.strip() or None,
        person_code=person.strip() or None,
        kind=LedgerKind(kind) if kind in list(LedgerKind) else None,
        is_unsigned=bool(unsigned),
    )
    return asked, period


def _amount(text: str) -> Decimal:
    """An amount as people write it: with or without signs between the thousands."""
    return fields.amount(text.replace(",", "").replace("，", ""))


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(31)).replace(day=1) - timedelta(1)


def _is_number(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdecimal()
