"""Activities 活动 and the people on them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.schemas.values import UNSAID, Body, Code, PlacesNeeded, Text, View
from models.enums import ActivityStatus, AssignmentState
from outreach import fields
from outreach.activities import ActivityView, Asked
from outreach.assignment import Ranking, Warned, say_passed_over, say_reason, say_warning
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
    reason: str | None = Field(
        description="Why the program proposed them; null when somebody asked them.",
        examples=["有农技特长，本队队员，本月 1/4"],
    )

    @classmethod
    def of(cls, asked: Asked, *, today: date, language: str) -> Self:
        said = say_reason(asked.reason, today=today, language=language)
        return cls(code=asked.code, name=asked.name, role=asked.role, state=asked.state, reason=said)


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

    @classmethod
    def of(cls, view: ActivityView, *, today: date, language: str) -> Self:
        """The activity, its people's reasons said in a language."""
        return cls.model_validate(cls._shown(view, today, language))

    @classmethod
    def _shown(cls, view: ActivityView, today: date, language: str) -> dict[str, object]:
        shown = {name: getattr(view, name) for name in ActivityOut.model_fields}
        people = [AskedOut.of(asked, today=today, language=language) for asked in view.people]
        return shown | {"people": people}


class AskedToOut(ActivityOut):
    """The activity after somebody was asked."""

    warnings: list[str] = Field(description="What is worth a second look; they were asked all the same.")

    @classmethod
    def with_warnings(
        cls, view: ActivityView, warned: Sequence[Warned], *, today: date, language: str
    ) -> Self:
        said = [say_warning(each.cause, count=each.count, language=language) for each in warned]
        return cls.model_validate(cls._shown(view, today, language) | {"warnings": said})


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


class SwapIn(Body):
    with_: Code = Field(alias="with", description="The one who comes instead.")


class CandidateOut(View):
    code: str = Field(examples=["V162"])
    name: str = Field(examples=["王秀英"])
    reason: str


class CandidatesOut(View):
    """Who could take a place of a role, the best first, and who of the team and the unit was passed over."""

    role: str = Field(examples=["any"])
    candidates: list[CandidateOut]
    passed_over: list[CandidateOut]

    @classmethod
    def of(cls, ranking: Ranking, *, today: date, language: str) -> Self:
        return cls(
            role=ranking.role,
            candidates=[
                CandidateOut(
                    code=each.code,
                    name=each.name,
                    reason=say_reason(each.reason, today=today, language=language) or "",
                )
                for each in ranking.candidates
            ],
            passed_over=[
                CandidateOut(
                    code=each.code, name=each.name, reason=say_passed_over(each.cause, language=language)
                )
                for each in ranking.passed_over
            ],
        )
