"""Outcomes 记录: what is told of an activity, and what stands after it."""

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.schemas.ledger import EntryIn
from api.schemas.suggestions import SuggestionIn
from api.schemas.values import MOST_ITEMS, UNSAID, Body, Code, Day, QualifierWord, Text, View
from models.enums import (
    ActivityStatus,
    AttendanceState,
    Condition,
    LedgerKind,
    OutcomeScope,
    Qualifier,
    VisitResult,
)
from outreach import fields
from outreach.fields import BadValue
from outreach.matters import Opinion
from outreach.outcomes import Attended, Entered, Remark, Telling, Visited
from outreach.outcomes.reading import OutcomeView, PresentView, RevisionView
from wording.sentences import say

_VALUE = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?", re.ASCII)


def _value(given: object) -> Decimal:
    """A decimal as a string, or as a JSON number."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise BadValue("errors.not_an_amount", text=fields.shown(str(given)))
    text = given.strip() if isinstance(given, str) else format(Decimal(str(given)), "f")
    if not _VALUE.fullmatch(text):
        raise BadValue("errors.not_an_amount", text=fields.shown(str(given)))
    return Decimal(text)


Value = Annotated[
    Decimal,
    BeforeValidator(_value),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "number"}], "examples": ["126"]}, mode="validation"
    ),
    WithJsonSchema({"type": "string", "examples": ["126"]}, mode="serialization"),
]
StatusTold = Annotated[ActivityStatus, Field(strict=False, description="held, partly or cancelled.")]


class AttendedIn(Body):
    person: Code
    minutes: int | None = Field(default=None, description="The activity's duration when left out.")
    role: Code = "any"
    state: Annotated[AttendanceState, Field(strict=False)] = AttendanceState.AS_PLANNED


class VisitedIn(Body):
    person: Code
    result: Annotated[VisitResult, Field(strict=False)] = VisitResult.SEEN
    condition: Annotated[Condition | None, Field(strict=False)] = None
    note: Text | None = None


class EnteredIn(Body):
    metric: Code
    value: Value
    qualifier: QualifierWord = Qualifier.EXACT
    dimensions: dict[str, str] = Field(default_factory=dict, examples=[{"kind": "leaflet"}])


class PaidIn(EntryIn):
    """A ledger entry; `paid_on` is the day it was held when left out."""

    paid_on: Day = UNSAID


class OutcomeIn(Body):
    """What happened; every key but `status` may be left out."""

    status: StatusTold
    held_on: Day | None = Field(default=None, description="The activity's own day when left out.")
    attendance: list[AttendedIn] = Field(default_factory=list, max_length=MOST_ITEMS)
    visits: list[VisitedIn] = Field(default_factory=list, max_length=MOST_ITEMS)
    measures: list[EnteredIn] = Field(default_factory=list, max_length=MOST_ITEMS)
    ledger: list[PaidIn] = Field(default_factory=list, max_length=MOST_ITEMS)
    suggestions: list[SuggestionIn] = Field(default_factory=list, max_length=MOST_ITEMS)
    narrative: Text | None = None

    def telling(self) -> Telling:
        """What it says, as it is recorded."""
        return Telling(
            status=self.status,
            held_on=self.held_on,
            attendance=[Attended(**each.columns()) for each in self.attendance],
            visits=[Visited(**each.columns()) for each in self.visits],
            measures=[Entered(**each.columns()) for each in self.measures],
            ledger=[each.payment() for each in self.ledger],
            suggestions=[Opinion(**each.columns()) for each in self.suggestions],
            narrative=self.narrative,
        )


class AttendanceOut(View):
    person: str
    minutes: int | None
    role: str
    state: AttendanceState


class VisitOut(View):
    person: str
    result: VisitResult
    condition: Condition | None
    note: str | None


class MeasureOut(View):
    metric: str
    value: Decimal
    qualifier: Qualifier
    dimensions: dict[str, str]
    unit_code: str


class PaidOut(View):
    paid_on: date
    kind: LedgerKind
    amount: Decimal
    qualifier: Qualifier
    person_code: str | None
    campaign_code: str | None
    unit_code: str | None
    item: str | None
    handed_by: str | None
    received_by: str | None


class HeardOut(View):
    code: str | None
    raised_on: date
    text: str
    person_code: str | None
    unit_code: str | None
    sent_to: str | None
    sent_on: date | None
    due_on: date | None
    answered_on: date | None
    answer: str | None
    fed_back_on: date | None


class OutcomeTold(View):
    """What is told, whole or in part."""

    status: ActivityStatus
    held_on: date | None
    attendance: list[AttendanceOut]
    visits: list[VisitOut]
    measures: list[MeasureOut]
    ledger: list[PaidOut]
    suggestions: list[HeardOut]
    narrative: str | None


class OutcomeOut(OutcomeTold):
    """The outcome as it stands after a revision."""

    activity_id: int
    revision: int
    warnings: list[str] = Field(description="What is worth a second look; it was recorded all the same.")

    @classmethod
    def of(cls, present: PresentView, *, shows_ledger: bool, language: str) -> Self:
        told = OutcomeTold.model_validate(_without_ledger(present.outcome, shows_ledger))
        return cls(
            **{name: getattr(told, name) for name in OutcomeTold.model_fields},
            activity_id=present.activity_id,
            revision=present.revision,
            warnings=[_said(remark, language) for remark in present.remarks],
        )


class RevisionOut(View):
    """One telling, word for word, and what stood after it."""

    revision: int
    scope: OutcomeScope = Field(description="whole: it replaced all before it; part: one reporter's.")
    teller: str
    told_at: datetime
    told: OutcomeTold
    present: OutcomeTold

    @classmethod
    def of(cls, revision: RevisionView, *, shows_ledger: bool, zone: ZoneInfo) -> Self:
        return cls(
            revision=revision.revision,
            scope=revision.scope,
            teller=revision.teller,
            told_at=revision.told_at.astimezone(zone),
            told=OutcomeTold.model_validate(_without_ledger(revision.told, shows_ledger)),
            present=OutcomeTold.model_validate(_without_ledger(revision.present, shows_ledger)),
        )


def _without_ledger(told: OutcomeView, shows_ledger: bool) -> OutcomeView:
    return told if shows_ledger else replace(told, ledger=())


def _said(remark: Remark, language: str) -> str:
    return say(remark.key, language=language, **remark.values)
