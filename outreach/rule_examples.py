"""Activities ahead that want people: to try other weights on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from models import Activity, Campaign, Place
from models.base import ActivityId
from models.enums import ActivityStatus, CampaignStatus
from outreach.house_rules import AssignmentRules
from outreach.permissions import Reach


@dataclass(frozen=True, slots=True)
class Ahead:
    """An activity that people are proposed for."""

    id: ActivityId
    name: str
    day: date


def wanting_people(
    session: Session, within: Reach, *, today: date, rules: AssignmentRules, limit: int
) -> Sequence[Ahead]:
    """The next activities after today with places, within the days that people are proposed for."""
    last = today + timedelta(days=rules.window_days)
    has_places = exists().where(
        or_(Place.activity_id == Activity.id, Place.campaign_id == Activity.campaign_id)
    )
    rows = session.execute(
        select(Activity.id, Campaign.name, Activity.day)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(
            Activity.day > today,
            Activity.day <= last,
            Activity.status == ActivityStatus.PLANNED,
            Campaign.status == CampaignStatus.ACTIVE,
            within.of(Activity.unit_id),
            has_places,
        )
        .order_by(Activity.day, Activity.id)
        .limit(limit)
    )
    return [Ahead(*row) for row in rows]
