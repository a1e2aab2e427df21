"""The form of a single activity."""

from datetime import date

from api.forms.typed import Reading, Typed
from outreach import fields
from outreach.activities.single import Single
from outreach.assignment.places import ANY_ROLE
from outreach.errors import invalid


def typed_single(*, day: date, unit_code: str, campaign: str = "") -> Typed:
    """The form as it opens."""
    return {"day": day.isoformat(), "unit_code": unit_code, "campaign": campaign, "kind": "other"}


def read_single(typed: Typed) -> Single:
    """What the form says; raises Invalid with every fault."""
    reading = Reading(typed)
    day = reading.needed("day", fields.day)
    campaign = reading.said("campaign", fields.code)
    starts_at, ends_at = reading.clock_time("starts_at"), reading.clock_time("ends_at")
    if ends_at is not None and not typed.get("starts_at", "").strip():
        reading.needed("starts_at", fields.clock_time)
    needed = reading.whole("needed", least=0, most=fields.MOST_PLACES)
    if campaign is None:
        reading.needed("unit_code", fields.code)
    name = reading.said("name", fields.text) if campaign else reading.needed("name", fields.text)
    single = Single(
        day=day or date.min,
        starts_at=starts_at,
        ends_at=ends_at,
        campaign_code=campaign,
        name=name,
        kind=reading.said("kind", fields.code) or "other",
        unit_code=None if campaign else reading.said("unit_code", fields.code),
        team_code=None if campaign else reading.said("team_code", fields.code),
        place=reading.text("place"),
        places_needed={ANY_ROLE: needed} if needed else None,
    )
    reading.expect_none()
    if day is None:
        raise invalid("day", "errors.missing")
    return single
