"""The kinds of values in bodies: each read by the rule that reads the same column of a file (`outreach.fields`)."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from models.enums import (
    CampaignStatus,
    Channel,
    Gender,
    LedgerKind,
    OnHoliday,
    PersonRole,
    Qualifier,
    SplitBy,
)
from outreach import fields
from outreach.fields import BadValue

MOST_ITEMS = 20_000
MOST_ROLES = 50


def _read(rule: Callable[[str], object]) -> Callable[[object], object]:
    """The rule for a value that must be text."""

    def read(given: object) -> object:
        if not isinstance(given, str):
            raise BadValue("errors.not_text")
        return rule(given)

    return read


def _text(
    rule: Callable[[str], object], **schema: Any
) -> tuple[BeforeValidator, WithJsonSchema]:  # Any: JSON schema
    return BeforeValidator(_read(rule)), WithJsonSchema({"type": "string", **schema})


def _needed(rule: Callable[[str], str]) -> Callable[[str], str]:
    """The rule for text that must say something."""

    def read(given: str) -> str:
        said = rule(given)
        if not said:
            raise BadValue("errors.empty")
        return said

    return read


def _list(
    rule: Callable[[Iterable[str]], object], item: dict[str, Any], **schema: Any
) -> tuple[BeforeValidator, WithJsonSchema]:  # Any: JSON schema
    """A list of texts, or one text with `;` between them as in a file."""

    def read(given: object) -> object:
        if isinstance(given, str):
            return rule(fields.parts(given))
        if not isinstance(given, list):
            raise BadValue("errors.not_a_list")
        if len(given) > MOST_ITEMS:
            raise BadValue("errors.too_many")
        if not all(isinstance(each, str) for each in given):
            raise BadValue("errors.not_text")
        return rule(given)

    items = {"type": "string", **item}
    return BeforeValidator(read), WithJsonSchema(
        {"anyOf": [{"type": "array", "items": items, "maxItems": MOST_ITEMS, **schema}, {"type": "string"}]}
    )


def _as_told(rule: Callable[[Iterable[str]], Iterable[object]]) -> Callable[[Iterable[str]], object]:
    """The rule for a list whose entries are kept in the spelling that the rule gives them."""
    return lambda given: tuple(map(str, rule(given)))


def _places(given: object) -> object:
    """Numbers by role, one number for any role, or the text of a file."""
    if isinstance(given, str):
        return fields.places_needed(given)
    if not isinstance(given, dict):
        return fields.places_by_role({"any": _whole(given)})
    if len(given) > MOST_ROLES:
        raise BadValue("errors.too_many")
    return fields.places_by_role({role: _whole(number) for role, number in given.items()})


def _whole(given: object) -> int:
    """A whole number as JSON knows it: 4 and 4.0 are one and the same."""
    if isinstance(given, bool) or not isinstance(given, int | float) or given != given // 1:
        raise BadValue("errors.not_a_whole_number_value")
    return int(given)


def _yes_no(given: object) -> object:
    """true and false, or yes and no as in a file."""
    return fields.yes_no(given) if isinstance(given, str) else given


def _instant(given: str) -> datetime:
    """An instant of ISO 8601 with its offset."""
    try:
        instant = datetime.fromisoformat(given.strip())
    except ValueError:
        raise BadValue("errors.not_an_instant", text=fields.shown(given)) from None
    if instant.tzinfo is None:
        raise BadValue("errors.not_an_instant", text=fields.shown(given))
    fields.day_of(instant.year, instant.month, instant.day, shown_as=given)
    return instant


def _amount(given: object) -> Decimal:
    """A decimal as a string, or as a JSON number."""
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        raise BadValue("errors.not_an_amount", text=fields.shown(str(given)))
    return fields.amount(given if isinstance(given, str) else format(Decimal(str(given)), "f"))


_CODE = {"minLength": 1, "maxLength": fields.LONGEST_CODE, "pattern": fields.CODE_PATTERN}
_NAME = {"minLength": 1, "maxLength": fields.LONGEST_NAME}

Code = Annotated[str, *_text(fields.code, **_CODE, examples=["V162"])]
Name = Annotated[str, *_text(fields.name, **_NAME)]
ShortText = Annotated[str, *_text(fields.short_text, maxLength=fields.LONGEST_NAME)]
Text = Annotated[str, *_text(fields.text, maxLength=fields.LONGEST_TEXT)]
Kind = Annotated[str, *_text(fields.free_kind, maxLength=fields.LONGEST_CODE)]
NeededKind = Annotated[str, *_text(_needed(fields.free_kind), **_CODE, examples=["study"])]
NeededText = Annotated[str, *_text(_needed(fields.text), minLength=1, maxLength=fields.LONGEST_TEXT)]
Email = Annotated[str, *_text(fields.email, format="email", maxLength=fields.LONGEST_NAME)]
Day = Annotated[date, *_text(fields.day, format="date", examples=["2026-09-20"])]
ClockTime = Annotated[
    time,
    *_text(fields.clock_time, examples=["09:00"]),
    PlainSerializer(lambda moment: moment.strftime("%H:%M"), return_type=str),
]
LunarDay = Annotated[str, *_text(fields.lunar_birthday, examples=["8-15"])]
Interval = Annotated[str, *_text(fields.visit_every, examples=["P30D"])]
ScheduleText = Annotated[
    str,
    *_text(
        fields.schedule_text, examples=["RRULE:FREQ=MONTHLY;BYMONTHDAY=20"], maxLength=fields.LONGEST_TEXT
    ),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": fields.AMOUNT_PATTERN},
                {"type": "number", "minimum": 0, "multipleOf": 0.01, "maximum": float(fields.HIGHEST_AMOUNT)},
            ],
            "examples": ["500.00"],
        },
        mode="validation",
    ),
    WithJsonSchema({"type": "string", "examples": ["500.00"]}, mode="serialization"),
]

GenderWord = Annotated[
    Gender,
    BeforeValidator(_read(fields.gender)),
    WithJsonSchema({"enum": ["男", "女", "male", "female"], "type": "string"}, mode="validation"),
]
QualifierWord = Annotated[Qualifier, Field(strict=False)]
OnHolidayWord = Annotated[OnHoliday, Field(strict=False)]
SplitByWord = Annotated[SplitBy, Field(strict=False)]

Roles = Annotated[
    tuple[PersonRole, ...],
    *_list(fields.roles, {"enum": [*PersonRole]}, minItems=1, examples=[["volunteer", "retiree"]]),
]
Channels = Annotated[
    tuple[Channel, ...], *_list(fields.contact_by, {"enum": [*Channel]}, examples=[["email", "sms"]])
]
Skills = Annotated[tuple[str, ...], *_list(fields.skills, _NAME, examples=[["农技"]])]
Codes = Annotated[tuple[str, ...], *_list(fields.codes, _CODE, examples=[["V162", "V163"]])]
AvailableText = Annotated[
    str, *_text(fields.available_text, examples=["Mon-Fri 09:00-12:00"], maxLength=fields.LONGEST_TEXT)
]
PerMonth = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=fields.MOST_PER_MONTH)]
Minutes = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=fields.LONGEST_DURATION)]

Beneficiaries = Annotated[
    tuple[str, ...],
    *_list(_as_told(fields.beneficiaries), {}, examples=[["V162", "role:retiree", "unit:Z04", "team:T-GZ"]]),
]
PlacesNeeded = Annotated[
    dict[str, int],
    BeforeValidator(_places),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "object",
                    "additionalProperties": {"type": "integer", "minimum": 0, "maximum": fields.MOST_PLACES},
                },
                {"type": "integer", "minimum": 0, "maximum": fields.MOST_PLACES},
                {"type": "string"},
            ],
            "examples": [{"any": 4}, {"leader": 1, "visitor": 4}],
        }
    ),
]
YesNo = Annotated[
    bool,
    BeforeValidator(_yes_no),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["yes", "no"]}]}),
]
Instant = Annotated[datetime, *_text(_instant, format="date-time", examples=["2026-09-20T18:00:00+08:00"])]
StatusWord = Annotated[CampaignStatus, Field(strict=False)]
LedgerWord = Annotated[LedgerKind, Field(strict=False)]

UNSAID: Any = Field(default_factory=lambda: None)  # Any: it stands for a field of any type that was left out
"""The default of a field that may be left out of a PATCH but never be null."""


class Body(BaseModel):
    """What comes in: exactly the fields it names, each of exactly its type."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def columns(
        self,
    ) -> dict[str, Any]:  # Any: each column has its own type, see the function that takes them
        """The columns that were told, those left out absent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class View(BaseModel):
    """What goes out."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


CodeAsked = Annotated[str, Path(description="The code.", examples=["V162"])]
"""A code in a path. Whatever it is, what cannot be a code is not found rather than refused."""

Words = Annotated[
    str,
    AfterValidator(fields.short_text),
    WithJsonSchema({"type": "string", "maxLength": fields.LONGEST_NAME}),
]
"""Words to look for, in a query."""
