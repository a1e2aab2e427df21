"""The list of campaigns of the chosen unit."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.desk import TheDesk
from api.presenters.campaigns.form import template_options
from api.presenters.campaigns.register import register_page
from models.enums import CampaignStatus
from outreach import campaign_register
from outreach.campaign_kinds import own_kinds
from outreach.campaign_register import RegisterAsked
from outreach.permissions import Deed

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
    return desk.render(
        "campaigns/list.html",
        current="campaigns",
        register=shown,
        asked=asked,
        year=desk.today.year,
        short_days=campaign_register.SHORT_WITHIN_DAYS,
        may_plan=desk.may(Deed.PLAN),
        templates=template_options(desk.language),
    )
