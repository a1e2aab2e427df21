"""All that is kept of a person, for that person to have: the law gives them a right to it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from models import (
    Account,
    Activity,
    Assignment,
    Attendance,
    AuditEntry,
    Campaign,
    Delivery,
    LedgerEntry,
    Matter,
    MatterStep,
    Notice,
    Person,
    Photo,
    Subscription,
    Team,
    Tie,
    Unit,
)
from models.base import MatterId, NoticeId, PersonId
from models.database import in_batches
from models.enums import (
    AssignmentState,
    AttendanceState,
    AuditAction,
    Channel,
    Condition,
    DeliveryResult,
    LedgerKind,
    MatterFace,
    MatterStatus,
    MatterStepKind,
    NoticeKind,
    NoticeState,
    Privacy,
    TieKind,
    VisitResult,
)
from outreach import people, ties
from outreach.people import PersonView
from outreach.permissions import Actor, Deed, expect, seen


@dataclass(frozen=True, slots=True)
class TieKept:
    """A dated fact; `of` and `to` are codes of people, units and teams, or a word."""

    kind: TieKind
    sort: str
    of: str | None
    to: str | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class AttendanceKept:
    activity_id: int
    campaign: str
    day: date
    role: str
    state: AttendanceState | None
    minutes: int | None
    visit: VisitResult | None
    condition: Condition | None
    note: str | None


@dataclass(frozen=True, slots=True)
class AssignmentKept:
    activity_id: int
    campaign: str
    day: date
    role: str
    state: AssignmentState
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class EntryKept:
    id: int
    paid_on: date
    kind: LedgerKind
    amount: Decimal
    item: str | None
    handed_by: str | None
    received_by: str | None


@dataclass(frozen=True, slots=True)
class StepKept:
    on_day: date
    step: MatterStepKind
    note: str | None


@dataclass(frozen=True, slots=True)
class MatterKept:
    face: MatterFace
    code: str
    kind: str
    status: MatterStatus
    opened_on: date
    closed_on: date | None
    text: str | None
    answer: str | None
    result: str | None
    steps: Sequence[StepKept]


@dataclass(frozen=True, slots=True)
class DeliveryKept:
    at: datetime
    channel: Channel
    result: DeliveryResult
    subject: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class NoticeKept:
    kind: NoticeKind
    due_at: datetime
    state: NoticeState
    deliveries: Sequence[DeliveryKept]


@dataclass(frozen=True, slots=True)
class PhotoKept:
    """A photo of a visit to this person alone; who is on those of other activities nobody noted."""

    id: int
    activity_id: int
    campaign: str
    day: date
    caption: str | None
    consent: str | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionKept:
    id: int
    privacy: Privacy
    label: str | None
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class TraceKept:
    """Who changed or opened something of theirs."""

    at: datetime
    action: AuditAction
    table_name: str
    by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything, the latest first."""

    person: PersonView
    ties: Sequence[TieKept]
    attendances: Sequence[AttendanceKept]
    assignments: Sequence[AssignmentKept]
    ledger: Sequence[EntryKept]
    matters: Sequence[MatterKept]
    notices: Sequence[NoticeKept]
    photos: Sequence[PhotoKept]
    subscriptions: Sequence[SubscriptionKept]
    accounts: Sequence[str]
    trail: Sequence[TraceKept]


def everything_kept(session: Session, code: str, *, by: Actor, today: date) -> Kept:
    """All that is kept of somebody; what others wrote in their records is in it word for word.

    Raises NotFound, and Forbidden for whoever may not change their record.
    """
    person_id = people.person_id_of(session, code, within=seen(session, by, on=today), today=today)
    expect(session, by, Deed.PLAN, ties.unit_on(session, person_id, today), on=today)
    return Kept(
        person=people.person(session, code, within=seen(session, by, on=today), today=today),
        ties=_ties(session, person_id),
        attendances=_attendances(session, person_id),
        assignments=_assignments(session, person_id),
        ledger=_entries(session, person_id),
        matters=_matters(session, person_id),
        notices=_notices(session, person_id),
        photos=_photos(session, person_id),
        subscriptions=_subscriptions(session, person_id),
        accounts=session.scalars(
            select(Account.name).where(Account.person_id == person_id).order_by(Account.id)
        ).all(),
        trail=_trail(session, person_id),
    )


def _ties(session: Session, person_id: PersonId) -> list[TieKept]:
    subject, object_ = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Tie, subject.code, object_.code, Unit.code, Team.code)
        .outerjoin(subject, subject.id == Tie.subject_person_id)
        .outerjoin(object_, object_.id == Tie.object_person_id)
        .outerjoin(Unit, Unit.id == Tie.object_unit_id)
        .outerjoin(Team, Team.id == Tie.object_team_id)
        .where(or_(Tie.subject_person_id == person_id, Tie.object_person_id == person_id))
        .order_by(Tie.since.desc(), Tie.id)
    )
    return [
        TieKept(tie.kind, tie.sort, of, person or unit or team or tie.object_word, tie.since, tie.until)
        for tie, of, person, unit, team in rows
    ]


def _attendances(session: Session, person_id: PersonId) -> list[AttendanceKept]:
    rows = session.execute(
        select(Attendance, Campaign.name)
        .join(Activity, Activity.id == Attendance.activity_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Attendance.person_id == person_id)
        .order_by(Attendance.day.desc(), Attendance.activity_id)
    )
    return [
        AttendanceKept(
            activity_id=each.activity_id,
            campaign=campaign,
            day=each.day,
            role=each.role,
            state=each.state,
            minutes=each.minutes,
            visit=each.visit,
            condition=each.condition,
            note=each.note,
        )
        for each, campaign in rows
    ]


def _assignments(session: Session, person_id: PersonId) -> list[AssignmentKept]:
    rows = session.execute(
        select(
            Activity.id,
            Campaign.name,
            Activity.day,
            Assignment.role,
            Assignment.state,
            Assignment.changed_at,
        )
        .join(Activity, Activity.id == Assignment.activity_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Assignment.person_id == person_id)
        .order_by(Activity.day.desc(), Activity.id)
    )
    return [AssignmentKept(*row) for row in rows]


def _entries(session: Session, person_id: PersonId) -> list[EntryKept]:
    entries = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.person_id == person_id)
        .order_by(LedgerEntry.paid_on.desc(), LedgerEntry.id)
    )
    return [
        EntryKept(
            id=entry.id,
            paid_on=entry.paid_on,
            kind=entry.kind,
            amount=entry.amount,
            item=entry.item,
            handed_by=entry.handed_by,
            received_by=entry.received_by,
        )
        for entry in entries
    ]


def _matters(session: Session, person_id: PersonId) -> list[MatterKept]:
    found = session.scalars(
        select(Matter).where(Matter.person_id == person_id).order_by(Matter.opened_on.desc(), Matter.id)
    ).all()
    steps: Mapping[MatterId, list[StepKept]] = defaultdict(list)
    for some in in_batches([matter.id for matter in found]):
        for step in session.scalars(
            select(MatterStep)
            .where(MatterStep.matter_id.in_(some))
            .order_by(MatterStep.on_day, MatterStep.id)
        ):
            steps[step.matter_id].append(StepKept(step.on_day, step.step, step.note))
    return [
        MatterKept(
            face=matter.face,
            code=matter.code,
            kind=matter.kind,
            status=matter.status,
            opened_on=matter.opened_on,
            closed_on=matter.closed_on,
            text=matter.text,
            answer=matter.answer,
            result=matter.result,
            steps=steps[matter.id],
        )
        for matter in found
    ]


def _notices(session: Session, person_id: PersonId) -> list[NoticeKept]:
    found = session.scalars(
        select(Notice).where(Notice.person_id == person_id).order_by(Notice.due_at.desc(), Notice.id)
    ).all()
    told: Mapping[NoticeId, list[DeliveryKept]] = defaultdict(list)
    for some in in_batches([notice.id for notice in found]):
        for each in session.scalars(
            select(Delivery).where(Delivery.notice_id.in_(some)).order_by(Delivery.attempt)
        ):
            told[each.notice_id].append(
                DeliveryKept(each.at, each.channel, each.result, each.subject, each.text)
            )
    return [NoticeKept(notice.kind, notice.due_at, notice.state, told[notice.id]) for notice in found]


def _photos(session: Session, person_id: PersonId) -> list[PhotoKept]:
    rows = session.execute(
        select(
            Photo.id,
            Activity.id,
            Campaign.name,
            Activity.day,
            Photo.caption,
            Photo.consent,
            Photo.added_at,
        )
        .join(Activity, Activity.id == Photo.activity_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Activity.subject_person_id == person_id, Photo.removed_at.is_(None))
        .order_by(Photo.id.desc())
    )
    return [PhotoKept(*row) for row in rows]


def _subscriptions(session: Session, person_id: PersonId) -> list[SubscriptionKept]:
    """Their links, as far as anybody knows them: of a secret only its hash is kept."""
    return [
        SubscriptionKept(each.id, each.privacy, each.label, each.created_at, each.revoked_at)
        for each in session.scalars(
            select(Subscription).where(Subscription.person_id == person_id).order_by(Subscription.id)
        )
    ]


def _trail(session: Session, person_id: PersonId) -> list[TraceKept]:
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.action, AuditEntry.table_name, Account.name, AuditEntry.reason)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(AuditEntry.person_id == person_id)
        .order_by(AuditEntry.at.desc(), AuditEntry.id)
    )
    return [TraceKept(*row) for row in rows]
