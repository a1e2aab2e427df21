"""Cancelling one activity with a reason, and letting it take place after all."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.moving import ToMove, activity_to_change
from api.pages.rendering import local_path
from api.pages.status import Undo
from api.presenters.forms import FormShown, refused, stale
from api.presenters.moving import said_after, told_words
from models.enums import TAKING_PART, ActivityStatus
from outreach import activities, holidays
from outreach.activities.moving import cancel_activity, restore_activity
from outreach.errors import Conflict, Invalid, Stale, invalid
from outreach.permissions import seen
from wording.sentences import say

router = APIRouter()

NextAsked = Annotated[str, Query(max_length=500, alias="next")]


@router.get("/a/{activity_id}/cancel")
def ask(desk: TheDesk, activity_id: str, back: NextAsked = "") -> Response:
    """The form that asks for the reason; for a cancelled activity the one that takes it back."""
    found = activity_to_change(desk, activity_id)
    typed = {"version": str(found.activity.version), "reason": found.activity.reason or "", "next": back}
    return _page(desk, found, FormShown(typed))


@router.post("/a/{activity_id}/cancel")
def cancel(desk: TheDesk, activity_id: str, form: TheTypedFields) -> Response:
    """Cancel it; who takes part is told."""
    found = activity_to_change(desk, activity_id)
    typed = form.last
    try:
        reading = Reading(typed)
        version, reason = reading.version(), reading.text("reason")
        reading.expect_none()
        if reason is None:
            raise invalid("reason", "activities.reason_needed")
        with desk.attempt():
            told = cancel_activity(
                desk.session,
                found.activity.id,
                reason=reason,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
                expected_version=version,
            )
    except (Invalid, Conflict) as error:
        desk.session.expire_all()
        return _not_done(desk, activity_to_change(desk, activity_id), typed, error)
    back = _back(found, typed)
    fields = {"version": str(found.activity.version), "next": back}
    undo = Undo(f"/a/{found.activity.id}/restore", fields)
    values = {"title": found.title, "day": found.when}
    words = told_words(told, language=desk.language)
    if words:
        return desk.done(back, "moving.cancelled_and", undo=undo, follows=words, **values)
    return desk.done(back, "moving.cancelled", undo=undo, **values)


@router.post("/a/{activity_id}/restore")
def restore(desk: TheDesk, activity_id: str, form: TheTypedFields) -> Response:
    """Let a cancelled activity take place after all; who was told is told again."""
    found = activity_to_change(desk, activity_id)
    typed = form.last
    reason = found.activity.reason or ""
    try:
        reading = Reading(typed)
        version = reading.version()
        reading.expect_none()
        with desk.attempt():
            follows = restore_activity(
                desk.session,
                found.activity.id,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
                workdays=holidays.workdays(desk.session),
                expected_version=version,
            )
    except (Invalid, Conflict) as error:
        desk.session.expire_all()
        return _not_done(desk, activity_to_change(desk, activity_id), typed, error)
    back = _back(found, typed)
    undo = None
    if reason:
        fields = {"version": str(found.activity.version), "reason": reason, "next": back}
        undo = Undo(f"/a/{found.activity.id}/cancel", fields)
    values = {"title": found.title, "day": found.when}
    words = said_after(follows, language=desk.language)
    if words:
        return desk.done(back, "moving.restored_and", undo=undo, follows=words, **values)
    return desk.done(back, "moving.restored", undo=undo, **values)


def _back(found: ToMove, typed: Typed) -> str:
    return local_path(typed.get("next") or f"/a/{found.activity.id}")


def _not_done(desk: Desk, found: ToMove, typed: Typed, error: Invalid | Conflict) -> Response:
    if not isinstance(error, Stale):
        status = 422 if isinstance(error, Invalid) else 409
        return _page(desk, found, refused(typed, error, language=desk.language), status=status)
    state = found.activity.status.value
    theirs = {
        "day": found.when,
        "state": say(f"moving.state_{state}", language=desk.language),
        "reason": found.activity.reason or "",
    }
    labels = {name: say(f"moving.{name}", language=desk.language) for name in theirs}
    return _page(desk, found, stale(typed, theirs, labels, version=found.activity.version), status=412)


def _page(desk: Desk, found: ToMove, form: FormShown, *, status: int = 200) -> Response:
    activity = found.activity
    within = seen(desk.session, desk.actor, on=desk.today)
    view = activities.activity(desk.session, activity.id, within=within, zone=desk.zone)
    is_recorded = activity.revision > 0 or activity.status in (ActivityStatus.HELD, ActivityStatus.PARTLY)
    return desk.render(
        "moving/cancel.html",
        current="month",
        status=status,
        id=activity.id,
        title=found.title,
        when=found.when,
        form=form,
        back=_back(found, form.typed),
        is_cancelled=activity.status is ActivityStatus.CANCELLED,
        reason=activity.reason or "",
        why_not=say("activities.recorded", language=desk.language) if is_recorded else "",
        names=[each.name for each in view.people if each.state in TAKING_PART],
    )
