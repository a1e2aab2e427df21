"""Tallies 月报, their sources, closing and corrections."""

from datetime import date, datetime

from pydantic import Field

from api.schemas.outcomes import Value
from api.schemas.values import Body, Code, NeededText, QualifierWord, View
from models.enums import Additivity, Qualifier


class LineOut(View):
    metric: str = Field(examples=["visits.person_times"])
    name: str
    unit: str = Field(description="What is counted.", examples=["人次"])
    value: str = Field(examples=["126"])
    qualifier: Qualifier
    additivity: Additivity
    sources: int = Field(description="How many records stand behind it.")
    by_unit: dict[str, str] = Field(description="Each unit's own part, not that of its subtree.")
    by_dimension: dict[str, str] = Field(examples=[{"kind=leaflet": "300"}])


class CorrectionOut(View):
    """A signed correction of a closed month; it names the record that was corrected, or none when made by hand."""

    month: str = Field(examples=["2026-08"])
    carried_into: str = Field(description="The open month in which it counts.", examples=["2026-09"])
    unit: str
    metric: str
    name: str
    value: str
    qualifier: Qualifier
    dimensions: dict[str, str]
    activity: int | None
    entry: int | None
    suggestion: str | None
    reason: str | None
    by: str | None
    at: datetime | None


class TallyOut(View):
    period: str = Field(examples=["2026-09"])
    unit: str = Field(examples=["BJ"])
    status: str = Field(description="open or closed.", json_schema_extra={"enum": ["open", "closed"]})
    signed_by: str | None
    lines: list[LineOut]
    adjustments: list[CorrectionOut]


class SourceOut(View):
    """A record behind a figure."""

    metric: str
    kind: str = Field(
        description="activity, entry, suggestion, pairing, team, unit, person, or adjustment when made by hand."
    )
    id: int
    code: str | None = Field(description="Of an activity its campaign's.")
    name: str | None
    day: date | None
    units: list[str]
    value: str = Field(description="What it adds.")


class ClosingIn(Body):
    unit: Code | None = Field(
        default=None, description="As in the query; the root of one's rights when left out."
    )


class AdjustmentIn(Body):
    metric: Code
    value: Value = Field(description="Signed: what has to be added to the closed month.", examples=["-3"])
    reason: NeededText
    qualifier: QualifierWord = Qualifier.EXACT
    dimensions: dict[str, str] = Field(default_factory=dict)
    unit: Code | None = Field(
        default=None, description="As in the query; the root of one's rights when left out."
    )
