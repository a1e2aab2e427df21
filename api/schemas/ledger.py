"""The ledger 慰问台账."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import Field, model_validator

from api.schemas.values import (
    UNSAID,
    Amount,
    Body,
    Code,
    Day,
    LedgerWord,
    QualifierWord,
    ShortText,
    Text,
    View,
)
from models.enums import LedgerKind, Qualifier
from outreach.ledger import Payment


class EntryOut(View):
    id: int
    paid_on: date
    kind: LedgerKind
    amount: Decimal = Field(examples=["500.00"], description="Yuan; of a counter-entry with a minus.")
    qualifier: Qualifier
    person_code: str | None = Field(examples=["R083"])
    campaign_code: str | None = Field(examples=["MX"])
    unit_code: str | None
    item: str | None = Field(examples=["节日慰问金"])
    handed_by: str | None
    received_by: str | None
    reverses: int | None = Field(description="The entry that this counter-entry takes back.")
    reversed_by: int | None = Field(description="The counter-entry that takes this one back.")
    reason: str | None
    recorded_at: datetime
    recorded_by: str


class EntryIn(Body):
    """Money or goods handed over. The amount may carry its qualifier as in a file: `150000~at_least`."""

    paid_on: Day
    kind: LedgerWord
    amount: Amount
    qualifier: QualifierWord = Qualifier.EXACT
    person_code: Code | None = None
    campaign_code: Code | None = None
    unit_code: Code | None = None
    item: ShortText | None = None
    handed_by: ShortText | None = None
    received_by: ShortText | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_qualifier(cls, given: Any) -> Any:  # Any: whatever was sent
        """Part an amount from the qualifier behind it."""
        if isinstance(given, dict) and isinstance(given.get("amount"), str) and "~" in given["amount"]:
            amount, _, qualifier = given["amount"].partition("~")
            return {"qualifier": qualifier.strip(), **given, "amount": amount}
        return given

    def payment(self) -> Payment:
        """What it says, as the ledger takes it."""
        return Payment(**{name: getattr(self, name) for name in EntryIn.model_fields})


class GivenIn(EntryIn):
    """An entry by itself, which may say why somebody gets something once more."""

    reason: ShortText | None = Field(
        default=None, description="Needed for the same sort of gift to the same person at the same festival."
    )


class Reversal(Body):
    reason: Text | None = UNSAID
