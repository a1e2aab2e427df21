"""People 人员."""

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from api.schemas.values import (
    UNSAID,
    AvailableText,
    Body,
    Channels,
    Code,
    Day,
    Email,
    GenderWord,
    LunarDay,
    Name,
    NeededText,
    PerMonth,
    Roles,
    ShortText,
    Skills,
    Text,
    View,
)
from models.enums import (
    AssignmentState,
    AttendanceState,
    AuditAction,
    Channel,
    Condition,
    DeliveryResult,
    Gender,
    LedgerKind,
    MatterFace,
    MatterStatus,
    MatterStepKind,
    NoticeKind,
    NoticeState,
    PersonRole,
    Privacy,
    TieKind,
    VisitResult,
)
from outreach.people import PersonView


class PersonOut(View):
    code: str = Field(examples=["V162"])
    name: str = Field(examples=["王秀英"])
    unit_code: str | None = Field(examples=["Z04"])
    roles: list[PersonRole]
    gender: Gender | None
    birth_date: date | None
    lunar_birthday: str | None = Field(examples=["8-15"])
    mobile: str | None
    email: str | None
    contact_by: list[Channel]
    address: str | None
    skills: list[str] = Field(examples=[["农技", "书法"]])
    available: str | None = Field(examples=["Mon-Fri 09:00-12:00;Sat 14:00-17:00"])
    max_per_month: int | None
    since: date | None
    until: date | None
    notes: str | None

    @classmethod
    def listed(cls, person: PersonView) -> "PersonOut":
        """A line of a list: what opening a minor's record is noted for is not shown here."""
        line = cls.model_validate(person)
        return line.model_copy(update=_WITHHELD) if person.is_minor else line


_WITHHELD: dict[str, None] = dict.fromkeys(
    ("birth_date", "lunar_birthday", "mobile", "email", "address", "notes")
)


class PersonIn(Body):
    code: Code
    name: Name
    unit_code: Code
    roles: Roles
    gender: GenderWord | None = None
    birth_date: Day | None = None
    lunar_birthday: LunarDay | None = None
    mobile: ShortText | None = None
    email: Email | None = None
    contact_by: Channels = Field(default=())
    address: Text | None = None
    skills: Skills = Field(default=())
    available: AvailableText | None = None
    max_per_month: PerMonth | None = None
    since: Day | None = None
    until: Day | None = None
    notes: Text | None = None


class PersonChange(Body):
    """A new unit, roles or skills count from today on. Nobody is deleted: give `until`, the last day."""

    name: Name = UNSAID
    unit_code: Code = UNSAID
    roles: Roles = UNSAID
    gender: GenderWord | None = None
    birth_date: Day | None = None
    lunar_birthday: LunarDay | None = None
    mobile: ShortText | None = None
    email: Email | None = None
    contact_by: Channels = UNSAID
    address: Text | None = None
    skills: Skills = UNSAID
    available: AvailableText | None = None
    max_per_month: PerMonth | None = None
    since: Day | None = None
    until: Day | None = None
    notes: Text | None = None


class Erasure(Body):
    """It cannot be taken back: `confirm` repeats the code."""

    confirm: Code
    reason: NeededText


class TieKeptOut(View):
    """A dated fact. `of` and `to` are codes of people, units and teams, or a word."""

    kind: TieKind
    sort: str
    of: str | None
    to: str | None
    since: date | None
    until: date | None


class AttendanceKeptOut(View):
    activity_id: int
    campaign: str
    day: date
    role: str
    state: AttendanceState | None
    minutes: int | None
    visit: VisitResult | None
    condition: Condition | None
    note: str | None


class AssignmentKeptOut(View):
    activity_id: int
    campaign: str
    day: date
    role: str
    state: AssignmentState
    changed_at: datetime


class EntryKeptOut(View):
    id: int
    paid_on: date
    kind: LedgerKind
    amount: Decimal
    item: str | None
    handed_by: str | None
    received_by: str | None


class StepKeptOut(View):
    on_day: date
    step: MatterStepKind
    note: str | None


class MatterKeptOut(View):
    face: MatterFace
    code: str
    kind: str
    status: MatterStatus
    opened_on: date
    closed_on: date | None
    text: str | None
    answer: str | None
    result: str | None
    steps: list[StepKeptOut]


class DeliveryKeptOut(View):
    at: datetime
    channel: Channel
    result: DeliveryResult
    subject: str | None
    text: str | None


class NoticeKeptOut(View):
    kind: NoticeKind
    due_at: datetime
    state: NoticeState
    deliveries: list[DeliveryKeptOut]


class PhotoKeptOut(View):
    """A photo of a visit to this person alone; the picture itself is seen on the activity's page."""

    id: int
    activity_id: int
    campaign: str
    day: date
    caption: str | None
    consent: str | None
    added_at: datetime


class SubscriptionKeptOut(View):
    id: int
    privacy: Privacy
    label: str | None
    created_at: datetime
    revoked_at: datetime | None


class TraceKeptOut(View):
    """Who changed or opened something of theirs; nobody's account: the clockwork or the server's own console."""

    at: datetime
    action: AuditAction
    table_name: str
    by: str | None
    reason: str | None


class KeptOut(View):
    """All that is kept of a person, the latest first."""

    person: PersonOut
    ties: list[TieKeptOut]
    attendances: list[AttendanceKeptOut]
    assignments: list[AssignmentKeptOut]
    ledger: list[EntryKeptOut]
    matters: list[MatterKeptOut]
    notices: list[NoticeKeptOut]
    photos: list[PhotoKeptOut]
    subscriptions: list[SubscriptionKeptOut]
    accounts: list[str]
    trail: list[TraceKeptOut]
