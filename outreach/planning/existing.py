"""What is planned: the activities from today on, and the open visits of before."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from models import Activity, Assignment, Campaign, Matter
from models.base import ActivityId, CampaignId, MatterId, PersonId, TieId, UnitId
from models.enums import TAKING_PART, ActivityStatus, AssignmentState, ScheduleForm


@dataclass(frozen=True, slots=True)
class Existing:
    """One activity as it stands."""

    id: ActivityId
    campaign_id: CampaignId
    key: str | None
    unit_id: UnitId
    nominal_on: date | None
    day: date
    last_day: date
    starts_at: datetime | None
    ends_at: datetime | None
    forecast: bool
    subject_person_id: PersonId | None
    pairing_id: TieId | None
    matter_id: MatterId | None
    status: ActivityStatus
    by_hand: bool
    revision: int
    version: int
    people: int
    """How many are proposed or confirmed."""
    people_by_hand: int
    """How many of these somebody assigned, or have said yes: no mere proposals of the program's."""

    @property
    def touched(self) -> bool:
        """Whether people have made it theirs: the planner then leaves it as it is."""
        return self.by_hand or self.revision > 0 or self.people_by_hand > 0

    @property
    def withdrawn(self) -> bool:
        """Whether the planner cancelled it: then it may come back."""
        return self.status is ActivityStatus.CANCELLED and not self.by_hand and self.revision == 0


def existing_activities(
    session: Session,
    *,
    today: date,
    campaign_ids: Collection[CampaignId] | None,
    among: Collection[PersonId] | None = None,
) -> list[Existing]:
    """The activities from today on, and what is left of open visits (cadences, cases) of the days before.

    `among`: those for one of these people alone.
    """
    open_visit = and_(
        Campaign.form.in_((ScheduleForm.CADENCE, ScheduleForm.CASE)),
        Activity.plan_key.is_not(None),
        Activity.plan_key.not_like("%@%"),
        or_(Activity.matter_id.is_(None), Matter.closed_on.is_(None)),
    )
    # Which of the many assignments stand: counted once for all activities, on the index of (activity, person).
    people = (
        select(
            Assignment.activity_id,
            func.count().label("all"),
            func.count()
            .filter(or_(Assignment.reason.is_(None), Assignment.state == AssignmentState.CONFIRMED))
            .label("by_hand"),
        )
        .where(Assignment.state.in_(TAKING_PART))
        .group_by(Assignment.activity_id)
        .subquery()
    )
    rows: Select[*tuple[Any, ...]] = (  # more columns than their types can be told apart
        select(
            Activity.id,
            Activity.campaign_id,
            Activity.plan_key,
            Activity.unit_id,
            Activity.nominal_on,
            Activity.day,
            Activity.last_day,
            Activity.starts_at,
            Activity.ends_at,
            Activity.forecast,
            Activity.subject_person_id,
            Activity.pairing_id,
            Activity.matter_id,
            Activity.status,
            Activity.by_hand,
            Activity.revision,
            Activity.version,
            func.coalesce(people.c.all, 0),
            func.coalesce(people.c.by_hand, 0),
        )
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(Matter, Matter.id == Activity.matter_id)
        .outerjoin(people, people.c.activity_id == Activity.id)
        .where(or_(Activity.day >= today, open_visit))
        .order_by(Activity.day, Activity.id)
    )
    if campaign_ids is not None:
        rows = rows.where(Activity.campaign_id.in_(campaign_ids))
    if among is not None:
        rows = rows.where(Activity.subject_person_id.in_(among))
    return [Existing(*row) for row in session.execute(rows)]
