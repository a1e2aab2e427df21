"""Pairings 结对."""

from datetime import date

from pydantic import Field

from api.schemas.values import UNSAID, Body, Code, Day, Interval, NeededKind, ShortText, View
from outreach.pairings import Load


class PairingOut(View):
    code: str = Field(examples=["J001"])
    kind: str = Field(examples=["acting_parent"])
    supporter_code: str = Field(examples=["V162"])
    beneficiary_code: str = Field(examples=["M048"])
    since: date | None
    until: date | None
    visit_every: str | None = Field(examples=["P30D"])


class LiaisonLoadOut(View):
    person_code: str = Field(examples=["S012"])
    name: str
    pairings: int = Field(description="How many this person looks after today.")
    least: int
    most: int
    load: Load


class PairingIn(Body):
    code: Code
    kind: NeededKind
    supporter_code: Code
    beneficiary_code: Code
    since: Day
    until: Day | None = None
    visit_every: Interval | None = None


class PairingChange(Body):
    """Who is paired never changes: let one end by `until`, its last day, and pair anew."""

    kind: NeededKind = UNSAID
    since: Day = UNSAID
    until: Day | None = None
    visit_every: Interval | None = None
    reason: ShortText | None = Field(None, description="Why it ends or changes; kept in the audit trail.")
