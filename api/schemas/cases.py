"""Cases 个案."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import Field

from api.schemas.steps import StepOut
from api.schemas.values import UNSAID, Body, Code, Day, Instant, NeededKind, NeededText, Text, View
from models.enums import MatterStatus
from outreach.cases import CaseView


class TaskOut(View):
    task: str = Field(examples=["visit"])
    due_at: datetime | None
    done_on: date | None
    by: str | None
    note: str | None


class CaseOut(View):
    code: str = Field(examples=["C-17"])
    kind: str = Field(examples=["hospital"])
    person_code: str | None = Field(examples=["R083"])
    opened_on: date
    due_at: datetime | None = Field(description="As told, else that of the first open task.")
    closed_on: date | None
    result: str | None
    status: MatterStatus
    frozen_on: date | None = Field(
        description="From this day on nothing is planned for the person, sent to them or shown of them."
    )
    tasks: list[TaskOut] = Field(description="What its kind asks for, in order.")
    left_open: list[str] = Field(description="The tasks that were not done when it was closed.")
    steps: list[StepOut] = Field(description="Its story; empty in lists.")

    @classmethod
    def of(cls, case: CaseView, zone: ZoneInfo) -> "CaseOut":
        """A case with its instants in the organisation's zone."""
        shown = cls.model_validate(case)
        tasks = [
            task.model_copy(update={"due_at": None if task.due_at is None else task.due_at.astimezone(zone)})
            for task in shown.tasks
        ]
        due_at = None if case.due_at is None else case.due_at.astimezone(zone)
        return shown.model_copy(update={"due_at": due_at, "tasks": tasks})

    @classmethod
    def listed(cls, case: CaseView, zone: ZoneInfo) -> "CaseOut":
        """A line of a list: the result and what was noted are shown where opening the case is noted, not here."""
        shown = cls.of(case, zone)
        tasks = [task.model_copy(update={"note": None}) for task in shown.tasks]
        return shown.model_copy(update={"result": None, "tasks": tasks})


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


class CaseRecall(Body):
    reason: NeededText


class TaskIn(Body):
    """One thing more to do for a case, by a word of the office's own."""

    task: NeededKind
    due_at: Instant | None = None


class TaskChange(Body):
    """Done on a day, or null: not done after all. What records show to be done stays done."""

    done_on: Day | None
    note: Text | None = None
