"""The outbox: what is still to be sent, whom somebody has to call, what was told; and what people do about it."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from api.pages.desk import Desk, TheDesk
from api.pages.rendering import local_path
from api.pages.status import Status, done
from api.presenters.outbox import Teller
from api.presenters.words import address
from api.versions import id_of
from models.base import NoticeId
from outreach.errors import Conflict, NotFound
from outreach.notices import answering, reading
from outreach.notices.composing import Letterhead
from outreach.notices.reading import DONE, WAITING, NoticesAsked
from outreach.permissions import Deed
from wording.sentences import say

SHOWN: Final = 30
TOLD_FOR_DAYS: Final = 30

router = APIRouter()

Words = Annotated[str, Form(max_length=2000)]


class Part(StrEnum):
    """The three lists."""

    WAITING = "waiting"
    CALLS = "calls"
    TOLD = "told"


@router.get("/outbox")
def waiting(desk: TheDesk, after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0) -> Response:
    """What is still to be sent, the next first."""
    return _list(desk, Part.WAITING, NoticesAsked(states=WAITING), after)


@router.get("/outbox/calls")
def calls(desk: TheDesk, after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0) -> Response:
    """Whom somebody has to call, the most urgent first."""
    return _list(desk, Part.CALLS, NoticesAsked(call_list=True), after)


@router.get("/outbox/told")
def told(desk: TheDesk, after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0) -> Response:
    """What was told, the latest first."""
    return _list(desk, Part.TOLD, NoticesAsked(states=DONE, latest_first=True), after)


@router.post("/outbox/{notice_id}/{deed}")
def act(
    desk: TheDesk,
    notice_id: str,
    deed: str,
    note: Words = "",
    certain: Words = "",
    next: Words = "/outbox",  # noqa: A002 - the field's name
) -> Response:
    """Note a call, let it be sent once more, or stop it. What cannot be done is said on the list."""
    try:
        with desk.attempt():
            _act(desk, NoticeId(id_of(notice_id)), deed, note=note, is_certain=bool(certain))
    except Conflict as conflict:
        why = say(conflict.key, language=desk.language, **conflict.values)
        return done(desk.request, local_path(next), Status("outbox.not_done", {"why": why}))
    return desk.done(local_path(next), f"outbox.{deed}_done")


def _act(desk: Desk, notice: NoticeId, deed: str, *, note: str, is_certain: bool) -> None:
    match deed:
        case "reached" | "not_reached":
            answering.record_call(
                desk.session,
                notice,
                reached=deed == "reached",
                note=note,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
            )
        case "retry":
            answering.retry(
                desk.session, notice, certain=is_certain, by=desk.actor, today=desk.today, now=desk.now
            )
        case "stop":
            answering.stop(desk.session, notice, by=desk.actor, today=desk.today, now=desk.now)
        case _:
            raise NotFound


def _list(desk: Desk, part: Part, asked: NoticesAsked, after: int) -> Response:
    settings = desk.office.settings
    letterhead = Letterhead(settings.language, settings.zone, settings.public_url)
    found = reading.notices(
        desk.session,
        asked,
        letterhead,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
        after=after,
        limit=SHOWN + 1,
        among=desk.within,
    )
    path = "/outbox" if part is Part.WAITING else f"/outbox/{part.value}"
    more = address(path, after=str(found[SHOWN - 1].id)) if len(found) > SHOWN else ""
    return desk.render(
        "outbox/outbox.html",
        current="outbox",
        part=part.value,
        lines=Teller(desk.today, desk.zone, desk.language).lines(found[:SHOWN]),
        counts=reading.outbox(
            desk.session,
            within=desk.within,
            since=desk.today - timedelta(days=TOLD_FOR_DAYS),
            today=desk.today,
            now=desk.now,
        ),
        days=TOLD_FOR_DAYS,
        path=path,
        more=more,
        may_record=desk.may(Deed.RECORD),
        may_plan=desk.may(Deed.PLAN),
        may_run=desk.may_everywhere(Deed.ADMINISTER),
    )
