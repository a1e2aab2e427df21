"""What is typed into the small forms on the pages of an activity: money handed over, a suggestion heard. Pure."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from api.forms.typed import Reading, Typed
from models.enums import LedgerKind
from outreach import fields
from outreach.ledger import Payment

KINDS: Final = (
    LedgerKind.CASH,
    LedgerKind.GOODS,
    LedgerKind.SUBSIDY,
    LedgerKind.REIMBURSEMENT,
    LedgerKind.DONATION,
)
NAMED: Final = "yes"
UNNAMED: Final = "no"


@dataclass(frozen=True, slots=True)
class PaymentTyped:
    """Money or goods, and the name or code of whom they were for, which has yet to be looked up."""

    payment: Payment
    person: str
    reason: str | None
    """Why once more."""


def read_payment(typed: Typed) -> PaymentTyped:
    """Raises Invalid with every fault."""
    reading = Reading(typed)
    kind = reading.needed("kind", partial(fields.one_of, LedgerKind))
    amount = reading.needed("amount", fields.amount)
    person = reading.needed("person", fields.short_text)
    paid_on = reading.day("paid_on")
    item, handed_by, received_by, reason = (
        reading.said(name, fields.short_text) for name in ("item", "handed_by", "received_by", "reason")
    )
    reading.expect_none()
    assert kind is not None
    assert amount is not None
    assert person is not None
    payment = Payment(
        kind=kind,
        amount=amount,
        paid_on=paid_on,
        item=item,
        handed_by=handed_by,
        received_by=received_by,
    )
    return PaymentTyped(payment, person, reason)


@dataclass(frozen=True, slots=True)
class SuggestionTyped:
    """What somebody said; `person` is a name or code that has yet to be looked up, None for nobody in particular."""

    text: str
    person: str | None
    may_be_named: bool | None


def read_suggestion(typed: Typed) -> SuggestionTyped:
    """Raises Invalid with every fault."""
    reading = Reading(typed)
    text = reading.needed("text", fields.text)
    person = reading.said("person", fields.short_text)
    reading.expect_none()
    assert text is not None, "else it were a fault"
    named = {NAMED: True, UNNAMED: False}.get(typed.get("named", ""))
    return SuggestionTyped(text, person, named)
