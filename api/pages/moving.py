"""Moving one activity: a plain form, what would follow before it is done, and the way back afterwards."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.moving import MoveTyped, back_fields, read_move, typed_time
from api.forms.typed import TheTypedFields, Typed
from api.pages.desk import Desk, RehearsalDesk, TheDesk
from api.pages.rendering import local_path
from api.pages.status import Undo
from api.presenters.forms import FormShown, refused, stale
from api.presenters.moving import lines, said_after, title_of, when_words
from api.versions import id_of
from models import Activity, Campaign, Person
from models.base import ActivityId
from models.enums import ActivityStatus
from outreach import holidays
from outreach.activities.moving import Moved, Standing, move_activity, why_not_movable
from outreach.activities.views import activity_row
from outreach.errors import Conflict, Invalid, Stale
from outreach.permissions import Deed, expect, seen
from wording.sentences import say

router = APIRouter()

DayAsked = Annotated[str, Query(max_length=10)]
NextAsked = Annotated[str, Query(max_length=500, alias="next")]


@dataclass(frozen=True, slots=True)
class ToMove:
    """An activity that somebody who may wants to move or cancel, and what it is called."""

    activity: Activity
    title: str
    when: str


def activity_to_change(desk: Desk, activity_id: str) -> ToMove:
    """The activity with its title; raises NotFound outside of one's units, Forbidden for who may not plan there."""
    within = seen(desk.session, desk.actor, on=desk.today)
    activity = activity_row(desk.session, ActivityId(id_of(activity_id)), within=within)
    expect(desk.session, desk.actor, Deed.PLAN, activity.unit_id, on=desk.today)
    campaign = desk.session.get_one(Campaign, activity.campaign_id)
    subject = (
        None
        if activity.subject_person_id is None
        else desk.session.get_one(Person, activity.subject_person_id).name
    )
    return ToMove(activity, title_of(campaign, subject), when_of(desk, activity))


def when_of(desk: Desk, activity: Activity | Standing) -> str:
    """When it takes place, in words."""
    return when_words(
        activity.day,
        activity.last_day,
        activity.starts_at,
        today=desk.today,
        zone=desk.zone,
        language=desk.language,
    )


@router.get("/a/{activity_id}/move")
def ask(desk: TheDesk, activity_id: str, day: DayAsked = "", back: NextAsked = "") -> Response:
    """The form, filled with how it stands; `day` is where somebody wants it."""
    found = activity_to_change(desk, activity_id)
    standing = Standing.of(found.activity)
    typed = {
        "version": str(found.activity.version),
        "day": day or found.activity.day.isoformat(),
        "starts_at": typed_time(standing, desk.zone),
        "next": back,
    }
    return _page(desk, found, FormShown(typed))


@router.post("/a/{activity_id}/move/preview")
def look_ahead(desk: RehearsalDesk, activity_id: str, form: TheTypedFields) -> Response:
    """The form with what would follow; nothing of it is kept."""
    found = activity_to_change(desk, activity_id)
    typed = form.last
    try:
        moved = _move(desk, found, read_move(typed, desk.zone))
    except (Invalid, Conflict) as error:
        return _not_done(desk, found, typed, error)
    return _page(desk, found, FormShown(typed), moved=moved)


@router.post("/a/{activity_id}/move")
def move(desk: TheDesk, activity_id: str, form: TheTypedFields) -> Response:
    """Move it, and say what follows; a form from an older version comes back with both."""
    found = activity_to_change(desk, activity_id)
    typed = form.last
    try:
        with desk.attempt():
            moved = _move(desk, found, read_move(typed, desk.zone))
    except (Invalid, Conflict) as error:
        desk.session.expire_all()
        return _not_done(desk, activity_to_change(desk, activity_id), typed, error)
    back = local_path(typed.get("next") or f"/a/{found.activity.id}")
    if Standing.of(moved.activity) == moved.was:
        return desk.done(back, "moving.unchanged", title=found.title)
    undo = Undo(
        f"/a/{found.activity.id}/move",
        back_fields(moved.was, version=moved.activity.version, zone=desk.zone, back_to=back),
    )
    told = said_after(moved.follows, language=desk.language)
    key = "moving.moved_back" if typed.get("back") else "moving.moved"
    values = {"title": found.title, "day": when_of(desk, moved.activity), "was": when_of(desk, moved.was)}
    if told:
        return desk.done(back, f"{key}_and", undo=undo, follows=told, **values)
    return desk.done(back, key, undo=undo, **values)


def _move(desk: Desk, found: ToMove, wanted: MoveTyped) -> Moved:
    return move_activity(
        desk.session,
        found.activity.id,
        day=wanted.day,
        starts_at=wanted.starts_at,
        back_to=wanted.back_to,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
        zone=desk.zone,
        workdays=holidays.workdays(desk.session),
        expected_version=wanted.version,
    )


def _not_done(desk: Desk, found: ToMove, typed: Typed, error: Invalid | Conflict) -> Response:
    if not isinstance(error, Stale):
        status = 422 if isinstance(error, Invalid) else 409
        return _page(desk, found, refused(typed, error, language=desk.language), status=status)
    theirs = {
        "day": found.activity.day.isoformat(),
        "starts_at": typed_time(Standing.of(found.activity), desk.zone),
    }
    labels = {
        "day": say("moving.day", language=desk.language),
        "starts_at": say("moving.time", language=desk.language),
    }
    mine = {**typed, "starts_at": typed.get("starts_at") or theirs["starts_at"]}
    return _page(desk, found, stale(mine, theirs, labels, version=found.activity.version), status=412)


def _page(
    desk: Desk, found: ToMove, form: FormShown, *, status: int = 200, moved: Moved | None = None
) -> Response:
    reason = None
    if moved is None:
        reason = why_not_movable(found.activity, today=desk.today, now=desk.now)
    return desk.render(
        "moving/move.html",
        current="month",
        status=status,
        id=found.activity.id,
        title=found.title,
        when=found.when,
        form=form,
        back=local_path(form.typed.get("next") or f"/a/{found.activity.id}"),
        why_not="" if reason is None else say(reason, language=desk.language),
        is_cancelled=found.activity.status is ActivityStatus.CANCELLED,
        to="" if moved is None else when_of(desk, moved.activity),
        follows=None if moved is None else lines(moved.follows, today=desk.today, language=desk.language),
    )
