"""Who is asked to an activity, as those see them who fill its places: since when, by whom, and who has to be called."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Exists, ScalarSelect, Select, select
from sqlalchemy.orm import Session, aliased

from models import Account, Activity, Assignment, AuditEntry, Campaign, Notice, Person, Tie, Unit
from models.base import ActivityId
from models.enums import TAKING_PART, ActivityStatus, AssignmentState, TieKind, Via
from outreach.minors import is_minor
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
    rows = session.execute(_asked_to(activity_id, today, now))
    return [_person_asked(*row) for row in rows]


def _asked_to(
    activity_id: ActivityId, today: date, now: datetime
) -> Select[*tuple[Any, ...]]:  # Any: a dozen columns
    """The question: one row for each assignment, as `_person_asked` takes it."""
    step, placement = aliased(AuditEntry), aliased(Tie)
    return (
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
            _has_to_be_called(activity_id, now),
            is_minor(Assignment.person_id, on=today),
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
        .outerjoin(step, step.id == _last_step())
        .outerjoin(Account, Account.id == step.account_id)
        .where(Assignment.activity_id == activity_id)
        .order_by(Assignment.id)
    )


def _last_step() -> ScalarSelect[int]:
    """What was noted last of an assignment in the audit trail."""
    return (
        select(AuditEntry.id)
        .where(AuditEntry.table_name == Assignment.__tablename__, AuditEntry.row_id == Assignment.id)
        .order_by(AuditEntry.id.desc())
        .limit(1)
        .correlate(Assignment)
        .scalar_subquery()
    )


def _has_to_be_called(activity_id: ActivityId, now: datetime) -> Exists:
    """Whether a message about the activity did not reach whoever is assigned."""
    return (
        select(Notice.id)
        .where(Notice.activity_id == activity_id, Notice.person_id == Assignment.person_id, is_to_call(now))
        .correlate(Assignment)
        .exists()
    )


def _person_asked(*columns: Any) -> PersonAsked:  # Any: the columns of `_asked_to`, in their order
    *told, is_minor, mobile = columns
    return PersonAsked(*[*told, None if is_minor else mobile])


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
