"""Who is asked to an activity, as those see them who fill its places: since when, by whom, and who has to be called."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models import Account, Activity, Assignment, AuditEntry, Campaign, Notice, Person, Tie, Unit
from models.base import ActivityId
from models.enums import TAKING_PART, ActivityStatus, AssignmentState, PersonRole, TieKind, Via
from outreach.notices.reading import is_to_call


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """Somebody on an activity, in whatever state. `changed_by` is an account's name; None for the program itself."""

    code: str
    name: str
    unit: str | None
    role: str
    state: AssignmentState
    reason: str | None
    """Why the program proposed them, for `assignment.say_reason`; None when somebody asked them."""
    changed_at: datetime
    changed_by: str | None
    via: Via | None
    must_be_called: bool
    """Whether a message about this activity did not reach them, so that somebody has to call."""
    mobile: str | None
    """Whom to call; that of a minor is not shown."""


def people_asked(
    session: Session, activity_id: ActivityId, *, today: date, now: datetime
) -> list[PersonAsked]:
    """Everybody asked to an activity, in the order in which they first were. Whoever asks sees the activity."""
    latest = (
        select(AuditEntry.id)
        .where(AuditEntry.table_name == Assignment.__tablename__, AuditEntry.row_id == Assignment.id)
        .order_by(AuditEntry.id.desc())
        .limit(1)
        .correlate(Assignment)
        .scalar_subquery()
    )
    step, placement = aliased(AuditEntry), aliased(Tie)
    to_call = (
        select(Notice.id)
        .where(Notice.activity_id == activity_id, Notice.person_id == Assignment.person_id, is_to_call(now))
        .correlate(Assignment)
        .exists()
    )
    minor = (
        select(Tie.id)
        .where(
            Tie.kind == TieKind.ROLE,
            Tie.subject_person_id == Assignment.person_id,
            Tie.object_word == PersonRole.MINOR.value,
            Tie.since <= today,
            Tie.until >= today,
        )
        .correlate(Assignment)
        .exists()
    )
    rows = session.execute(
        select(
            Person.code,
            Person.name,
            Unit.name,
            Assignment.role,
            Assignment.state,
            Assignment.reason,
            Assignment.changed_at,
            Account.name,
            step.via,
            to_call,
            minor,
            Person.mobile,
        )
        .join(Person, Person.id == Assignment.person_id)
        .outerjoin(
            placement,
            (placement.kind == TieKind.PLACEMENT)
            & (placement.subject_person_id == Person.id)
            & (placement.since <= today)
            & (placement.until >= today),
        )
        .outerjoin(Unit, Unit.id == placement.object_unit_id)
        .outerjoin(step, step.id == latest)
        .outerjoin(Account, Account.id == step.account_id)
        .where(Assignment.activity_id == activity_id)
        .order_by(Assignment.id)
    )
    return [
        PersonAsked(
            code=code,
            name=name,
            unit=unit,
            role=role,
            state=state,
            reason=reason,
            changed_at=changed_at,
            changed_by=changed_by,
            via=via,
            must_be_called=must_be_called,
            mobile=None if is_minor else mobile,
        )
        for (
            code,
            name,
            unit,
            role,
            state,
            reason,
            changed_at,
            changed_by,
            via,
            must_be_called,
            is_minor,
            mobile,
        ) in rows
    ]


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody was asked to another activity of the same day."""

    name: str
    title: str
    at: datetime


def taken_since(session: Session, activity_id: ActivityId, person_code: str, since: datetime) -> Taken | None:
    """Whether somebody was asked elsewhere for the day of an activity since then, by somebody else at another page."""
    here, other = aliased(Activity), aliased(Activity)
    found = session.execute(
        select(Person.name, Campaign.name, Assignment.changed_at)
        .join(Assignment, Assignment.person_id == Person.id)
        .join(other, other.id == Assignment.activity_id)
        .join(Campaign, Campaign.id == other.campaign_id)
        .join(here, here.id == activity_id)
        .where(
            Person.code == person_code,
            Assignment.activity_id != activity_id,
            Assignment.state.in_(TAKING_PART),
            Assignment.changed_at > since,
            other.day == here.day,
            other.status == ActivityStatus.PLANNED,
        )
        .order_by(Assignment.changed_at.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else Taken(*found)
