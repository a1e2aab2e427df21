"""The story of an activity: who changed what, when, by which way; the old beside the new."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.activity.head import ledger_reach, open_activity, render_tab
from api.pages.desk import TheDesk
from api.presenters.activity.history import story_lines
from outreach.activities.story import story

SHOWN: Final = 30
MOST_PAGES: Final = 200

router = APIRouter()


@router.get("/a/{activity_id}/history")
def show(desk: TheDesk, activity_id: str, page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1) -> Response:
    """The latest first, a page at a time."""
    opened = open_activity(desk, activity_id)
    found = story(
        desk.session,
        opened.id,
        ledger_within=ledger_reach(desk),
        skip=(page - 1) * SHOWN,
        limit=SHOWN + 1,
    )
    return render_tab(
        desk,
        opened,
        "history",
        lines=story_lines(found[:SHOWN], today=desk.today, zone=desk.zone, language=desk.language),
        page=page,
        has_more=len(found) > SHOWN and page < MOST_PAGES,
    )
