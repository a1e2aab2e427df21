"""Suggestions 建议."""

from datetime import date

from pydantic import Field

from api.schemas.values import UNSAID, Body, Code, Day, NeededText, ShortText, Text, View
from models.enums import MatterStatus


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
    fed_back_on: date | None
    status: MatterStatus


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
    fed_back_on: Day | None = None


class SuggestionChange(Body):
    raised_on: Day = UNSAID
    text: NeededText = UNSAID
    person_code: Code | None = None
    unit_code: Code | None = None
    sent_to: ShortText | None = None
    sent_on: Day | None = None
    due_on: Day | None = None
    answered_on: Day | None = None
    answer: Text | None = None
    fed_back_on: Day | None = None
