"""Settings 设置: how the office works."""

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from api.schemas.values import Body, Code, Name, View
from outreach.house_rules import HouseRule, Value
from wording.sentences import say

Told = int | bool | str
"""A time of day is told as `HH:MM`."""


class RuleOut(BaseModel):
    """One rule of the house."""

    name: str = Field(examples=["outcomes.missed_after_workdays"])
    said: str = Field(description="What it says, in words.")
    kind: Literal["number", "yes_or_no", "time"]
    value: Told
    default: Told
    least: int | None = Field(description="Of a number; inclusive, as `most`.")
    most: int | None
    unit: str | None = Field(description="What a number counts.", examples=["days"])

    @classmethod
    def of(cls, rule: HouseRule, language: str) -> "RuleOut":
        """In the language of the request."""
        bounds = rule.bounds
        return cls(
            name=rule.name,
            said=say(f"settings.{rule.name}", language=language),
            kind=_kind(rule.default),
            value=_told(rule.value),
            default=_told(rule.default),
            least=None if bounds is None else bounds.least,
            most=None if bounds is None else bounds.most,
            unit=None if bounds is None else bounds.unit,
        )


def _kind(value: Value) -> Literal["number", "yes_or_no", "time"]:
    if isinstance(value, time):
        return "time"
    return "yes_or_no" if isinstance(value, bool) else "number"


def _told(value: Value) -> Told:
    return value.strftime("%H:%M") if isinstance(value, time) else value


RuleValue = Annotated[
    Any,  # Any: what a value may be says the rule, and `outreach.house_rules` checks it
    WithJsonSchema(
        {"anyOf": [{"type": "integer"}, {"type": "boolean"}, {"type": "string"}, {"type": "null"}]}
    ),
]


class RulesChange(Body):
    values: dict[str, RuleValue] = Field(
        description="By name; null gives a rule its default back.",
        examples=[{"outcomes.missed_after_workdays": 15, "notices.remind_at": "08:30"}],
    )


class KindOut(View):
    code: str = Field(examples=["choir"])
    name: str = Field(examples=["合唱"])


class KindIn(Body):
    code: Code
    name: Name
