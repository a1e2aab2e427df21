"""Telling an activity again: what stands is told once more with something changed, or as it stood before.

Money and suggestions have records of their own, which live on: an entry is taken back, a suggestion answered. So
what is told again names them as they stand now, and nothing of them is taken back or turned back by the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Campaign, Person, Unit
from models.base import ActivityId
from models.enums import ActivityStatus, MatterStatus
from outreach import ledger, matters
from outreach.errors import Conflict, NotFound
from outreach.ledger import Payment
from outreach.matters import Opinion
from outreach.outcomes.reading import OutcomeView, present_outcome
from outreach.outcomes.record import Recorded, record_outcome
from outreach.outcomes.tellings import Attended, Entered, Telling, Visited
from outreach.permissions import Actor


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside an outcome in records of its own."""

    ledger: Sequence[Payment]
    suggestions: Sequence[Opinion]


def standing_beside(session: Session, activity_id: ActivityId, *, zone: ZoneInfo) -> Beside:
    """The money and goods handed over at an activity and not taken back, and the suggestions heard there."""
    entries = ledger.standing_of_activity(session, activity_id).values()
    people = dict(
        session.execute(
            select(Person.id, Person.code).where(Person.id.in_({each.person_id for each in entries}))
        ).all()
    )
    campaigns = dict(
        session.execute(
            select(Campaign.id, Campaign.code).where(Campaign.id.in_({each.campaign_id for each in entries}))
        ).all()
    )
    units = dict(
        session.execute(
            select(Unit.id, Unit.code).where(Unit.id.in_({each.unit_id for each in entries}))
        ).all()
    )
    heard = [
        each for each in matters.heard_at(session, activity_id) if each.status is not MatterStatus.IN_ERROR
    ]
    return Beside(
        ledger=[
            Payment(
                kind=each.kind,
                amount=each.amount,
                paid_on=each.paid_on,
                qualifier=each.qualifier,
                person_code=None if each.person_id is None else people[each.person_id],
                campaign_code=None if each.campaign_id is None else campaigns[each.campaign_id],
                unit_code=None if each.unit_id is None else units[each.unit_id],
                item=each.item,
                handed_by=each.handed_by,
                received_by=each.received_by,
            )
            for each in entries
        ],
        suggestions=[matters.opinion_of(session, each, zone=zone) for each in heard],
    )


def telling_of(view: OutcomeView, beside: Beside) -> Telling:
    """What was told, as one whole that can be told again; raises Conflict where it was told for several units."""
    if len({each.unit_code for each in view.measures}) > 1:
        raise Conflict("recording.several_units")
    return Telling(
        status=view.status,
        held_on=view.held_on,
        attendance=[Attended(each.person, each.minutes, each.role, each.state) for each in view.attendance],
        visits=[Visited(each.person, each.result, each.condition, each.note) for each in view.visits],
        measures=[
            Entered(each.metric, each.value, each.qualifier, each.dimensions) for each in view.measures
        ],
        ledger=beside.ledger,
        suggestions=beside.suggestions,
        narrative=view.narrative,
    )


def tell_attendance(
    session: Session,
    activity_id: ActivityId,
    attendance: Sequence[Attended],
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    expected_version: int | None = None,
) -> Recorded:
    """Tell who was there, and all else as it was told before; nothing told yet means that the activity was held.

    Raises as `record_outcome`, and Conflict as `telling_of`.
    """
    beside, present = (
        standing_beside(session, activity_id, zone=zone),
        present_outcome(session, activity_id),
    )
    if present is None:
        telling = Telling(ActivityStatus.HELD, ledger=beside.ledger, suggestions=beside.suggestions)
    else:
        telling = telling_of(present.outcome, beside)
    return record_outcome(
        session,
        activity_id,
        replace(telling, attendance=attendance),
        by=by,
        now=now,
        zone=zone,
        expected_version=expected_version,
    )


def tell_as_before(
    session: Session,
    activity_id: ActivityId,
    revision: int,
    *,
    by: Actor,
    now: datetime,
    zone: ZoneInfo,
    expected_version: int | None = None,
) -> Recorded:
    """Let an activity be as it was told up to a revision; a telling of its own, so that nothing is lost.

    Raises NotFound for a revision that there is not, Stale, and Conflict as `telling_of`.
    """
    before = present_outcome(session, activity_id, revision=revision)
    if before is None or before.revision != revision:
        raise NotFound
    telling = telling_of(before.outcome, standing_beside(session, activity_id, zone=zone))
    return record_outcome(
        session, activity_id, telling, by=by, now=now, zone=zone, expected_version=expected_version
    )
