"""Activities 活动 and the people on them."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.schemas.values import UNSAID, Body, Code, PlacesNeeded, Text, View
from models.enums import ActivityStatus, AssignmentState
from outreach import fields
from outreach.fields import BadValue


def _moment(given: object) -> date | datetime:
    """A day, or an instant with its offset."""
    if not isinstance(given, str):
        raise BadValue("errors.not_text")
    stripped = given.strip()
    if "T" not in stripped.upper():
        return fields.day(stripped)
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        raise BadValue("activities.not_a_moment", text=fields.shown(given)) from None
    if moment.tzinfo is None:
        raise BadValue("activities.moment_without_offset", text=fields.shown(given))
    if not fields.FIRST_YEAR <= moment.year <= fields.LAST_YEAR:
        years = {"first": fields.FIRST_YEAR, "last": fields.LAST_YEAR}
        raise BadValue("errors.day_out_of_range", text=fields.shown(given), **years)
    return moment


Moment = Annotated[
    date | datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "description": "An instant with offset; or a day, for what lasts whole days.",
            "examples": ["2026-10-20T09:00:00+08:00", "2026-10-20"],
        }
    ),
]


class AskedOut(View):
    code: str = Field(examples=["V162"])
    name: str = Field(examples=["王秀英"])
    role: str = Field(examples=["any"])
    state: AssignmentState


class ActivityOut(View):
    id: int
    campaign_code: str = Field(examples=["CJ"])
    campaign_name: str
    kind: str = Field(examples=["festival_visit"])
    unit_code: str = Field(examples=["Z04"])
    starts_at: datetime
    ends_at: datetime = Field(description="Exclusive: of whole days the midnight after the last.")
    all_day: bool
    shifted_from: date | None = Field(description="The schedule's own day, when it is on another.")
    forecast: bool = Field(description="The day may still move when the year's official calendar is out.")
    place: str | None
    status: ActivityStatus
    places_needed: dict[str, int] = Field(examples=[{"any": 4}])
    beneficiaries: list[str] = Field(description="Codes, in visiting order.", examples=[["R101", "R102"]])
    people: list[AskedOut] = Field(description="Declined and withdrawn ones stay, with their state.")
    sequence: int = Field(description="Rises when time, place or state changes.")
    updated_at: datetime


class ActivityIn(Body):
    campaign_code: Code
    starts_at: Moment
    ends_at: Moment | None = Field(
        default=None,
        description="Of days the last one; left out, it lasts as long as the campaign's activities do.",
    )
    all_day: bool = UNSAID
    unit_code: Code | None = Field(default=None, description="The campaign's own when left out.")
    person_code: Code | None = Field(default=None, description="The one whom it is for.")
    place: Text | None = None
    places_needed: PlacesNeeded | None = None


class ActivityChange(Body):
    starts_at: Moment = UNSAID
    ends_at: Moment = UNSAID
    all_day: bool = UNSAID
    place: Text | None = Field(default=None, description="null: the campaign's place again.")
    status: Annotated[
        ActivityStatus,
        Field(
            strict=False,
            description="`cancelled` with a reason, or `planned` to restore; the others come from the outcome.",
        ),
    ] = UNSAID
    reason: Text = UNSAID
    places_needed: PlacesNeeded | None = Field(default=None, description="null: the campaign's own again.")


class AskedIn(Body):
    person: Code
    role: Code = "any"
