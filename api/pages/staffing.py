"""Who goes to an activity: its places, the people on them, and the best candidates with the reason for each."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.dependencies import CurrentActor, CurrentSession, Now, Today, Zone
from api.pages.rendering import frame, render
from api.pages.status import Status, Undo, done
from api.pages.unit_switch import UNIT_COOKIE, unit_switch
from api.presenters.staffing import staffing_page
from api.presenters.words import address
from api.problems import language_of
from api.versions import id_of
from models.base import ActivityId
from models.enums import ActivityStatus
from outreach import activities, assignment
from outreach.activities import ActivityView
from outreach.activities.views import activity_row
from outreach.assignment import Ranking
from outreach.errors import Conflict, Invalid, NotFound, Stale
from outreach.permissions import Actor, Deed, reach, seen

router = APIRouter()

BEST_SHOWN = 8
MOST_SHOWN = 200

CodeAsked = Annotated[str | None, Query(max_length=64)]
Text = Annotated[str, Form(max_length=64)]


@router.get("/a/{activity_id}/people")
def show(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    activity_id: str,
    role: CodeAsked = None,
    instead_of: CodeAsked = None,
    all: Annotated[bool, Query()] = False,  # noqa: A002 - the word in the address
) -> Response:
    """The places and, for who may plan, the candidates for one of them; `instead_of` looks for a replacement."""
    number = ActivityId(id_of(activity_id))
    view = activities.activity(session, number, within=seen(session, actor, on=today), zone=zone)
    return _page(
        request, session, actor, view, today, now, zone, role=role, instead_of=instead_of, shows_all=all
    )


@router.post("/a/{activity_id}/people")
def change(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    activity_id: str,
    do: Text,
    person: Text,
    role: Text = "any",
    instead_of: Text = "",
    version: Text = "",
) -> Response:
    """Ask somebody, note their answer, ask them no more, or let somebody go in their place."""
    number = ActivityId(id_of(activity_id))
    expected = int(version) if version.isascii() and version.isdecimal() else None
    how: activities.Circumstances = {
        "by": actor,
        "today": today,
        "now": now,
        "zone": zone,
        "expected_version": expected,
    }
    before = activities.activity(session, number, within=seen(session, actor, on=today), zone=zone)
    names = {each.code: each.name for each in before.people}
    try:
        with session.begin_nested():
            _do(session, number, do, person, role, instead_of, how)
    except Stale:
        return _page(request, session, actor, before, today, now, zone, status=412, is_stale=True)
    except Invalid as invalid:
        raise Conflict(invalid.faults[0].key, **invalid.faults[0].values) from None
    after = activities.activity(session, number, within=seen(session, actor, on=today), zone=zone)
    names |= {each.code: each.name for each in after.people}
    back = address(f"/a/{number}/people", role=None if role == "any" else role)
    return done(request, back, _status(number, do, person, role, instead_of, names, before, after))


def _do(
    session: Session,
    number: ActivityId,
    do: str,
    person: str,
    role: str,
    instead_of: str,
    how: activities.Circumstances,
) -> None:
    if do == "assign" and instead_of:
        activities.swap(session, number, instead_of, person, **how)
    elif do == "assign":
        activities.assign(session, number, person, role=role, **how)
    elif do in _ANSWERS:
        _ANSWERS[do](session, number, person, **how)
    else:
        raise NotFound


_ANSWERS = {
    "confirm": activities.confirm,
    "decline": activities.decline,
    "withdraw": activities.withdraw,
}


def _status(
    number: ActivityId,
    do: str,
    person: str,
    role: str,
    instead_of: str,
    names: Mapping[str, str],
    before: ActivityView,
    after: ActivityView,
) -> Status:
    """What was done, whom the program proposed for the place that came free, and the way back where there is one."""
    words = {"name": names.get(person, person)}
    action = f"/a/{number}/people"
    if do == "assign" and instead_of:
        return Status("staffing.asked_instead", words | {"other": names.get(instead_of, instead_of)})
    if do == "assign":
        return Status("staffing.asked", words, Undo(action, {"do": "withdraw", "person": person}))
    known = {each.code for each in before.people}
    followed = [each.name for each in after.people if each.code not in known]
    if do != "confirm" and followed:
        return Status(f"staffing.{do}_followed", words | {"next": followed[0]})
    if do == "withdraw":
        back = Undo(action, {"do": "assign", "person": person, "role": role})
        return Status("staffing.withdraw_done", words, back)
    return Status(f"staffing.{do}_done", words)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    view: ActivityView,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    *,
    role: str | None = None,
    instead_of: str | None = None,
    shows_all: bool = False,
    status: int = 200,
    is_stale: bool = False,
) -> Response:
    may_plan = _reaches(session, actor, Deed.PLAN, view, today)
    ranking = None
    if may_plan and view.status is ActivityStatus.PLANNED:
        if instead_of is not None:
            role = next((each.role for each in view.people if each.code == instead_of), None)
        ranking = _ranking(session, view, role, actor, today, zone, now, shows_all=shows_all)
    shown = staffing_page(view, ranking, instead_of=instead_of, today=today, language=language_of(request))
    switch = unit_switch(session, actor, None, today=today, last=request.cookies.get(UNIT_COOKIE))
    return render(
        request,
        "staffing.html",
        status=status,
        frame=frame(actor, switch, ""),
        page=shown,
        may_plan=may_plan,
        may_record=_reaches(session, actor, Deed.RECORD, view, today),
        is_stale=is_stale,
        shows_all=shows_all,
    )


def _ranking(
    session: Session,
    view: ActivityView,
    role: str | None,
    actor: Actor,
    today: date,
    zone: ZoneInfo,
    now: datetime,
    *,
    shows_all: bool,
) -> Ranking | None:
    """None where the program proposes nobody: the activity has begun, or its campaign pauses."""
    try:
        return assignment.ranked(
            session,
            view.id,
            role,
            by=actor,
            today=today,
            zone=zone,
            now=now,
            limit=MOST_SHOWN if shows_all else BEST_SHOWN,
        )
    except Conflict:
        return None


def _reaches(session: Session, actor: Actor, deed: Deed, view: ActivityView, today: date) -> bool:
    try:
        activity_row(session, view.id, within=reach(session, actor, deed, on=today))
    except NotFound:
        return False
    return True
