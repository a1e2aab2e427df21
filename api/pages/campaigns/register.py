"""The list of campaigns of the chosen unit."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.desk import Desk, TheDesk
from api.presenters.campaigns.form import template_options
from api.presenters.campaigns.register import register_page
from models.enums import CampaignStatus
from outreach import campaign_register
from outreach.campaign_kinds import own_kinds
from outreach.campaign_register import RegisterAsked
from outreach.permissions import Deed
from outreach.planning.yearly import campaigns_of_year

ROWS = 30
MOST_PAGES = 10_000

router = APIRouter()


@router.get("/campaigns")
def campaigns(
    desk: TheDesk,
    status: Annotated[str | None, Query(max_length=20)] = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
    page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
) -> Response:
    """A row for each campaign; running ones first."""
    words = (q or "").strip()
    asked = RegisterAsked(
        kind=kind or None,
        status=CampaignStatus(status) if status in list(CampaignStatus) else None,
        words=words or None,
    )
    found = campaign_register.register(
        desk.session,
        asked,
        within=desk.within,
        year=desk.today.year,
        today=desk.today,
        now=desk.now,
        offset=(page - 1) * ROWS,
        limit=ROWS + 1,
    )
    counts = campaign_register.register_counts(desk.session, within=desk.within)
    shown = register_page(
        found[:ROWS],
        counts,
        asked,
        page=page,
        has_more=len(found) > ROWS,
        kind_names={kind.code: kind.name for kind in own_kinds(desk.session)},
        today=desk.today,
        language=desk.language,
    )
    is_empty = not shown.count and not shown.is_filtered
    return desk.render(
        "campaigns/list.html",
        current="campaigns",
        register=shown,
        of_higher_units=_at_work_here(desk) if is_empty else 0,
        asked=asked,
        year=desk.today.year,
        short_days=campaign_register.SHORT_WITHIN_DAYS,
        may_plan=desk.may(Deed.PLAN),
        templates=template_options(desk.language),
    )


def _at_work_here(desk: Desk) -> int:
    """How many campaigns the year's plan shows; where the unit has none of its own, those of units above it."""
    return len(campaigns_of_year(desk.session, desk.within, desk.today.year))
