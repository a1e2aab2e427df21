"""The page that a calendar entry links to: for staff the activity, for everyone else how to come to their own page."""

from fastapi import APIRouter, BackgroundTasks, Request
from starlette.responses import Response

from api.dependencies import Now, TheOffice, Today, Zone, get_actor
from api.pages.desk import get_desk
from api.pages.rendering import render
from api.presenters.activity import activity_page
from api.security import SESSION_COOKIE
from api.versions import id_of
from models.base import ActivityId
from models.database import reading
from models.enums import ActivityStatus
from outreach import agenda
from outreach.errors import NotSignedIn
from outreach.permissions import Deed, seen

NAMES_SHOWN = 24

router = APIRouter()


@router.get("/a/{activity_id}")
def activity(
    request: Request,
    office: TheOffice,
    now: Now,
    today: Today,
    zone: Zone,
    later: BackgroundTasks,
    activity_id: str,
) -> Response:
    """Links stand in calendars that anybody may hold: without a session not even whether there is one is told."""
    try:
        actor = get_actor(request, office, now, later, None, request.cookies.get(SESSION_COOKIE))
    except NotSignedIn:
        return render(request, "personal_link.html")
    with reading(office.engine) as session:
        desk = get_desk(request, session, office, actor, today, now, zone)
        found = agenda.activity_on_page(
            session,
            ActivityId(id_of(activity_id)),
            seen(session, actor, on=today),
            today=today,
            now=now,
            names_shown=NAMES_SHOWN,
        )
        may_record = desk.reaches(Deed.RECORD, found.item.unit_id)
        return desk.render(
            "activity.html",
            activity=activity_page(found, today=today, zone=zone, language=desk.language),
            may_staff=may_record and found.item.status is ActivityStatus.PLANNED,
            may_record=may_record and (found.item.day <= today or found.outcome is not None),
        )
