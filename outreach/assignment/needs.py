"""How many people activities need in which role."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import Place
from models.base import ActivityId, CampaignId
from models.database import in_batches


def places_needed(
    session: Session, activities: Mapping[ActivityId, CampaignId]
) -> dict[ActivityId, dict[str, int]]:
    """The places of each activity by role, in the order told: its own numbers, else its campaign's.

    An activity that needs nobody has no entry.
    """
    own: dict[ActivityId, dict[str, int]] = defaultdict(dict)
    of_campaign: dict[CampaignId, dict[str, int]] = defaultdict(dict)
    for some in in_batches(activities.items()):
        theirs = or_(
            Place.activity_id.in_([activity for activity, _ in some]),
            Place.campaign_id.in_({campaign for _, campaign in some}),
        )
        for place in session.scalars(select(Place).where(theirs).order_by(Place.position, Place.id)):
            if place.activity_id is not None:
                own[place.activity_id][place.role] = place.needed
            elif place.campaign_id is not None:
                of_campaign[place.campaign_id][place.role] = place.needed
    found = {
        activity: own.get(activity) or of_campaign.get(campaign) for activity, campaign in activities.items()
    }
    return {activity: dict(needed) for activity, needed in found.items() if needed}
