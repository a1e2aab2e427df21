"""Posts 职务."""

from datetime import date

from pydantic import Field

from api.schemas.values import UNSAID, Body, Code, Day, NeededKind, ShortText, View


class PostOut(View):
    code: str = Field(examples=["B001"])
    post: str = Field(examples=["支部书记"])
    person_code: str = Field(examples=["V162"])
    person_name: str
    unit_code: str | None = Field(examples=["B03"])
    team_code: str | None
    since: date | None
    until: date | None


class PostIn(Body):
    """In a unit or in a team, one of the two."""

    code: Code
    post: NeededKind
    person_code: Code
    unit_code: Code | None = None
    team_code: Code | None = None
    since: Day
    until: Day | None = None


class PostChange(Body):
    """Who holds it where never changes: let it end by `until`, its last day, and appoint anew."""

    post: NeededKind = UNSAID
    since: Day = UNSAID
    until: Day | None = None
    reason: ShortText | None = Field(None, description="Why it ends or changes; kept in the audit trail.")
