"""Who goes to an activity: its places, the people on them, the best candidates with reasons, and who is visited.

`/a/{id}` is what calendar entries link to, so it must be quick, and tell nothing to who is not signed in. Candidates
take longer to find: they stand at `/a/{id}/people`, from where a script brings them beside the places.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Query, Request
from starlette.responses import Response

from api.dependencies import Now, TheOffice, Today, Zone, get_actor
from api.pages.activity.head import Opened, open_activity, render_tab
from api.pages.desk import Desk, TheDesk, get_desk
from api.pages.rendering import render
from api.pages.status import Undo
from api.presenters.activity.places import places_page
from api.presenters.marks import marks_come_from
from api.presenters.words import address, moment
from api.security import SESSION_COOKIE
from api.versions import id_of
from models.base import ActivityId, PersonId
from models.database import reading
from models.enums import TAKING_PART, AssignmentState
from outreach import activities, assignment
from outreach.activities.asked import PersonAsked, Taken, people_asked, taken_since
from outreach.activities.served import served_of, whom_it_serves
from outreach.agenda import PersonOn
from outreach.assignment import Ranking
from outreach.assignment.places import ANY_ROLE, open_places
from outreach.errors import Conflict, Invalid, NotFound, NotSignedIn, Stale
from outreach.kind_marks import kind_marks
from outreach.permissions import Deed
from wording.sentences import say

router = APIRouter()

BEST_SHOWN = 8
MOST_SHOWN = 200
SERVED_SHOWN = 30

CodeAsked = Annotated[str | None, Query(max_length=64)]
ServedFrom = Annotated[int, Query(alias="from", ge=0, le=1_000_000)]
Text = Annotated[str, Form(max_length=64)]


@router.get("/a/{activity_id}")
def activity(
    request: Request,
    office: TheOffice,
    now: Now,
    today: Today,
    zone: Zone,
    later: BackgroundTasks,
    activity_id: str,
    start: ServedFrom = 0,
) -> Response:
    """Links stand in calendars that anybody may hold: without a session not even whether there is one is told."""
    try:
        actor = get_actor(request, office, now, later, None, request.cookies.get(SESSION_COOKIE))
    except NotSignedIn:
        return render(request, "personal_link.html")
    with reading(office.engine) as session:
        marks_come_from(partial(kind_marks, session))
        desk = get_desk(request, None, session, office, actor, today, now, zone)
        return _page(desk, *_opened(desk, activity_id), start=start)


@router.get("/a/{activity_id}/people")
def candidates(
    desk: TheDesk,
    activity_id: str,
    role: CodeAsked = None,
    instead_of: CodeAsked = None,
    all: Annotated[bool, Query()] = False,  # noqa: A002 - the word in the address
) -> Response:
    """The places and, for who may plan, the candidates for one of them; `instead_of` looks for a replacement."""
    opened, asked = _opened(desk, activity_id)
    return _with_candidates(desk, opened, asked, role=role, instead_of=instead_of, shows_all=all)


@router.post("/a/{activity_id}/people")
def change(
    desk: TheDesk,
    activity_id: str,
    do: Text,
    person: Text,
    role: Text = ANY_ROLE,
    instead_of: Text = "",
    version: Text = "",
    seen_at: Text = "",
) -> Response:
    """Ask somebody, note their answer, ask them no more, or let somebody go in their place."""
    opened, before = _opened(desk, activity_id)
    if do == "assign" and (taken := _taken(desk, opened.id, person, seen_at)) is not None:
        return _with_candidates(desk, opened, before, role=role, status=412, taken=taken)
    how: activities.Circumstances = {
        "by": desk.actor,
        "today": desk.today,
        "now": desk.now,
        "zone": desk.zone,
        "expected_version": int(version) if version.isascii() and version.isdecimal() else None,
    }
    try:
        with desk.attempt():
            _do(desk, opened.id, do, person, role, instead_of, how)
    except Stale:
        return _with_candidates(desk, opened, before, role=role, status=412, is_stale=True)
    except Invalid as invalid:
        raise Conflict(invalid.faults[0].key, **invalid.faults[0].values) from None
    after = people_asked(desk.session, opened.id, today=desk.today, now=desk.now)
    names = {each.code: each.name for each in (*before, *after)}
    key, words, undo = _said(opened.id, do, person, role, instead_of, names, before, after)
    back = address(f"/a/{opened.id}/people", role=_next_role(opened, role, after))
    return desk.done(back, key, undo=undo, **words)


def _opened(desk: Desk, activity_id: str) -> tuple[Opened, list[PersonAsked]]:
    number = ActivityId(id_of(activity_id))
    asked = people_asked(desk.session, number, today=desk.today, now=desk.now)
    shown = [
        PersonOn(each.code, each.name, each.role, each.state)
        for each in asked
        if each.state is not AssignmentState.WITHDRAWN
    ]
    return open_activity(desk, activity_id, people=shown), asked


def _do(
    desk: Desk,
    number: ActivityId,
    do: str,
    person: str,
    role: str,
    instead_of: str,
    how: activities.Circumstances,
) -> None:
    if do == "assign" and instead_of:
        activities.swap(desk.session, number, instead_of, person, **how)
    elif do == "assign":
        activities.assign(desk.session, number, person, role=role, **how)
    elif do in _ANSWERS:
        _ANSWERS[do](desk.session, number, person, **how)
    else:
        raise NotFound


_ANSWERS = {
    "confirm": activities.confirm,
    "decline": activities.decline,
    "withdraw": activities.withdraw,
}


def _taken(desk: Desk, number: ActivityId, person: str, seen_at: str) -> Taken | None:
    """Who was asked elsewhere since the list was looked at: it is looked at again before anything is done."""
    try:
        since = datetime.fromisoformat(seen_at)
    except ValueError:
        return None
    if since.tzinfo is None:
        return None
    return taken_since(desk.session, number, person, since)


def _next_role(opened: Opened, role: str, after: Sequence[PersonAsked]) -> str | None:
    """The role whose places are filled next: the same while one is open, else whichever is."""
    taken: dict[str, int] = {}
    for each in after:
        if each.state in TAKING_PART:
            taken[each.role] = taken.get(each.role, 0) + 1
    return role if role != ANY_ROLE and open_places(opened.head.needed, taken).get(role) else None


def _said(
    number: ActivityId,
    do: str,
    person: str,
    role: str,
    instead_of: str,
    names: Mapping[str, str],
    before: Sequence[PersonAsked],
    after: Sequence[PersonAsked],
) -> tuple[str, dict[str, str], Undo | None]:
    """What was done, whom the program proposed for the place that came free, and the way back where there is one."""
    words = {"name": names.get(person, person)}
    action = f"/a/{number}/people"
    if do == "assign" and instead_of:
        return "staffing.asked_instead", words | {"other": names.get(instead_of, instead_of)}, None
    if do == "assign":
        return "staffing.asked", words, Undo(action, {"do": "withdraw", "person": person})
    known = {each.code for each in before}
    followed = [each.name for each in after if each.code not in known]
    if do != "confirm" and followed:
        return f"staffing.{do}_followed", words | {"next": followed[0]}, None
    if do == "withdraw":
        back = Undo(action, {"do": "assign", "person": person, "role": role})
        return "staffing.withdraw_done", words, back
    return f"staffing.{do}_done", words, None


def _with_candidates(
    desk: Desk,
    opened: Opened,
    asked: Sequence[PersonAsked],
    *,
    role: str | None = None,
    instead_of: str | None = None,
    shows_all: bool = False,
    status: int = 200,
    is_stale: bool = False,
    taken: Taken | None = None,
) -> Response:
    ranking = None
    wanted = whom_it_serves(desk.session, opened.head)
    if opened.may_plan and opened.head.is_planned:
        if instead_of is not None:
            role = next((each.role for each in asked if each.code == instead_of), None)
        elif role == ANY_ROLE:
            role = None
        ranking = _ranking(desk, opened, role, wanted, shows_all=shows_all)
    return _page(
        desk,
        opened,
        asked,
        ranking=ranking,
        wanted=wanted,
        looks_for_people=True,
        instead_of=instead_of,
        role=role,
        shows_all=shows_all,
        status=status,
        is_stale=is_stale,
        taken=taken,
    )


def _page(
    desk: Desk,
    opened: Opened,
    asked: Sequence[PersonAsked],
    *,
    start: int = 0,
    ranking: Ranking | None = None,
    wanted: Sequence[PersonId] | None = None,
    looks_for_people: bool = False,
    instead_of: str | None = None,
    role: str | None = None,
    shows_all: bool = False,
    status: int = 200,
    is_stale: bool = False,
    taken: Taken | None = None,
) -> Response:
    served = served_of(desk.session, opened.head, start=start, limit=SERVED_SHOWN, wanted=wanted)
    page = places_page(
        opened.head,
        asked,
        served,
        ranking,
        start=start,
        with_care=opened.may_record,
        instead_of=instead_of,
        role=role,
        today=desk.today,
        zone=desk.zone,
        language=desk.language,
    )
    return render_tab(
        desk,
        opened,
        "places",
        status=status,
        served=served,
        page=page,
        narrative=opened.head.narrative or "",
        came=opened.head.came,
        seen_people=opened.head.seen,
        looks_for_people=looks_for_people,
        is_stale=is_stale,
        taken="" if taken is None else _taken_words(desk, taken),
        shows_all=shows_all,
        seen_at=desk.now.isoformat(),
        may_set_weights=desk.may_everywhere(Deed.ADMINISTER),
    )


def _taken_words(desk: Desk, taken: Taken) -> str:
    at = moment(taken.at, today=desk.today, zone=desk.zone, language=desk.language)
    return say(
        "activity.taken_meanwhile", language=desk.language, name=taken.name, title=taken.title, moment=at
    )


def _ranking(
    desk: Desk, opened: Opened, role: str | None, served: Sequence[PersonId], *, shows_all: bool
) -> Ranking | None:
    """None where the program proposes nobody: the activity has begun, or its campaign pauses."""
    try:
        return assignment.ranked(
            desk.session,
            opened.id,
            role,
            by=desk.actor,
            today=desk.today,
            zone=desk.zone,
            now=desk.now,
            limit=MOST_SHOWN if shows_all else BEST_SHOWN,
            needed=opened.head.needed,
            served=served,
        )
    except Conflict:
        return None
