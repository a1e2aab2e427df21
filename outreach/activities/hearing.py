"""Suggestions heard at an activity: raised like any other, and remembered as heard there."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import HeardSuggestion, Matter, Person, Unit
from models.base import ActivityId
from models.enums import ActivityStatus, MatterStatus
from outreach import matters, suggestions
from outreach.activities.changing import activity_for
from outreach.errors import Conflict
from outreach.permissions import Actor, Deed, Reach
from outreach.suggestions import SuggestionView


@dataclass(frozen=True, slots=True)
class SuggestionHere:
    """A suggestion as the activity shows it at which it was heard."""

    code: str
    raised_on: date
    text: str
    person_code: str | None
    person_name: str | None
    may_be_named: bool | None
    status: MatterStatus


def heard_here(
    session: Session, activity_id: ActivityId, *, within: Reach, limit: int
) -> list[SuggestionHere]:
    """The suggestions heard at an activity, the latest first; those recorded in error left out."""
    rows = session.execute(
        select(
            Matter.code,
            Matter.opened_on,
            Matter.text,
            Person.code,
            Person.name,
            Matter.may_be_named,
            Matter.status,
        )
        .join(HeardSuggestion, HeardSuggestion.matter_id == Matter.id)
        .outerjoin(Person, Person.id == Matter.person_id)
        .where(
            HeardSuggestion.activity_id == activity_id,
            Matter.status != MatterStatus.IN_ERROR,
            within.of(Matter.unit_id),
        )
        .order_by(Matter.id.desc())
        .limit(limit)
    )
    return [
        SuggestionHere(code, raised_on, text or "", person_code, person_name, may_be_named, status)
        for code, raised_on, text, person_code, person_name, may_be_named, status in rows
    ]


def hear(
    session: Session,
    activity_id: ActivityId,
    text: str,
    *,
    person_code: str | None = None,
    may_be_named: bool | None = None,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> SuggestionView:
    """Take down what somebody said at an activity, on its day and for its unit.

    Raises as `suggestions.raise_suggestion`, and Conflict for an activity that was cancelled.
    """
    activity = activity_for(session, activity_id, Deed.RECORD, by=by, today=today)
    if activity.status is ActivityStatus.CANCELLED:
        raise Conflict("matters.activity_was_cancelled")
    raised = suggestions.raise_suggestion(
        session,
        {
            "text": text,
            "raised_on": min(activity.held_on or activity.day, today),
            "person_code": person_code,
            "unit_code": session.get_one(Unit, activity.unit_id).code,
            "may_be_named": may_be_named,
        },
        by=by,
        today=today,
        now=now,
        zone=zone,
    )
    matters.keep_heard(session, activity_id, [raised.id])
    return raised
