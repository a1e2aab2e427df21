"""Suggestions 建议."""

from datetime import date
from typing import Annotated

from pydantic import Field

from api.schemas.steps import StepOut
from api.schemas.values import UNSAID, Body, Code, Day, NeededText, ShortText, Text, View
from models.enums import AnswerKind, MatterStatus

AnswerWord = Annotated[AnswerKind, Field(strict=False)]


class SuggestionOut(View):
    code: str = Field(examples=["Y001"])
    raised_on: date
    text: str
    person_code: str | None = Field(examples=["V064"])
    unit_code: str | None = Field(examples=["Z04"])
    sent_to: str | None = Field(examples=["住房城乡建设局"])
    sent_on: date | None
    due_on: date | None
    answered_on: date | None
    answer: str | None
    answer_kind: AnswerKind | None = Field(examples=["adopted"])
    fed_back_on: date | None
    status: MatterStatus
    overdue: bool = Field(description="Whether its answer should have come by now.")
    chased: int = Field(description="How often the department was asked again.")
    chased_on: date | None = Field(description="When it last was.")
    steps: list[StepOut] = Field(description="Its story; empty in lists.")


class SuggestionIn(Body):
    """Without a code it gets one; without `raised_on` it was raised today."""

    code: Code = UNSAID
    raised_on: Day = UNSAID
    text: NeededText
    person_code: Code | None = None
    unit_code: Code | None = None
    sent_to: ShortText | None = None
    sent_on: Day | None = None
    due_on: Day | None = None
    answered_on: Day | None = None
    answer: Text | None = None
    answer_kind: AnswerWord | None = None
    fed_back_on: Day | None = None


class SuggestionChange(Body):
    """Its days say how far it is. Going back a step needs a note; a note also says how its author was told."""

    raised_on: Day = UNSAID
    text: NeededText = UNSAID
    person_code: Code | None = None
    unit_code: Code | None = None
    sent_to: ShortText | None = None
    sent_on: Day | None = None
    due_on: Day | None = None
    answered_on: Day | None = None
    answer: Text | None = None
    answer_kind: AnswerWord | None = None
    fed_back_on: Day | None = None
    note: Text | None = None


class Chase(Body):
    note: Text | None = None
