"""Cases 个案."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import Field

from api.schemas.values import UNSAID, Body, Code, Day, Instant, NeededKind, Text, View
from models.enums import MatterStatus
from outreach.cases import CaseView


class CaseOut(View):
    code: str = Field(examples=["C-17"])
    kind: str = Field(examples=["hospital"])
    person_code: str | None = Field(examples=["R083"])
    opened_on: date
    due_at: datetime | None
    closed_on: date | None
    result: str | None
    status: MatterStatus

    @classmethod
    def of(cls, case: CaseView, zone: ZoneInfo) -> "CaseOut":
        """A case with its instant in the organisation's zone."""
        shown = cls.model_validate(case)
        due_at = None if case.due_at is None else case.due_at.astimezone(zone)
        return shown.model_copy(update={"due_at": due_at})

    @classmethod
    def listed(cls, case: CaseView, zone: ZoneInfo) -> "CaseOut":
        """A line of a list: the result is shown where opening the case is noted, not here."""
        return cls.of(case, zone).model_copy(update={"result": None})


class CaseIn(Body):
    """Without a code it gets one; without `opened_on` it is today's."""

    code: Code = UNSAID
    kind: NeededKind
    person_code: Code
    opened_on: Day = UNSAID
    due_at: Instant | None = None
    closed_on: Day | None = None
    result: Text | None = None


class CaseChange(Body):
    """`closed_on` closes a case, null opens it again."""

    kind: NeededKind = UNSAID
    person_code: Code = UNSAID
    opened_on: Day = UNSAID
    due_at: Instant | None = None
    closed_on: Day | None = None
    result: Text | None = None
