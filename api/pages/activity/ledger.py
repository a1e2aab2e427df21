"""Money and goods handed out at an activity: what was entered, one more, and taking one back with a reason."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from api.forms.activity import KINDS, read_payment
from api.forms.typed import TheTypedFields, Typed
from api.pages.activity.head import Opened, ledger_reach, open_activity, render_tab
from api.pages.activity.outcome import people_called
from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.presenters.activity.ledger import ledger_page
from api.presenters.forms import FormShown, Option, refused
from api.versions import id_of
from models.base import EntryId
from outreach import handovers, ledger_book
from outreach.activities.handing import hand_over_here
from outreach.activities.served import Served, served_of
from outreach.errors import Conflict, Invalid, NotFound, invalid
from outreach.handovers import EntryView
from wording.sentences import say

ENTRIES_SHOWN = 200
NAMES_OFFERED = 120

router = APIRouter()


@router.get("/a/{activity_id}/ledger")
def show(desk: TheDesk, activity_id: str) -> Response:
    """What was handed out, and the form for one more."""
    opened = open_activity(desk, activity_id)
    return _page(desk, opened, FormShown(_empty(opened)))


@router.post("/a/{activity_id}/ledger")
def hand_over(desk: TheDesk, activity_id: str, form: TheTypedFields) -> Response:
    """Enter money or goods; what is wrong is told beside its field."""
    opened = open_activity(desk, activity_id)
    try:
        read = read_payment(form.last)
        code = _code_of(desk, opened, read.person)
        with desk.attempt():
            entry_id = hand_over_here(
                desk.session,
                opened.id,
                replace(read.payment, person_code=code),
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                reason=read.reason,
            )
    except (Invalid, Conflict) as error:
        return _page(desk, opened, refused(form.last, error, language=desk.language), status=422)
    name = ledger_book.row(desk.session, entry_id).person_name or read.person
    reason = say("activity.entered_in_error", language=desk.language)
    undo = (
        Undo(f"{opened.address}/ledger/{entry_id}/reverse", {"reason": reason}) if opened.may_plan else None
    )
    return desk.done(f"{opened.address}/ledger", "activity.handed_over", undo=undo, name=name)


@router.get("/a/{activity_id}/ledger/{entry_id}/reverse")
def ask_to_reverse(desk: TheDesk, activity_id: str, entry_id: str) -> Response:
    """Which entry is taken back, and why."""
    opened = open_activity(desk, activity_id)
    return _reversal(desk, opened, entry_id, FormShown({}))


@router.post("/a/{activity_id}/ledger/{entry_id}/reverse")
def reverse(desk: TheDesk, activity_id: str, entry_id: str, form: TheTypedFields) -> Response:
    """Take an entry back by a counter-entry of today. Nothing is deleted."""
    opened = open_activity(desk, activity_id)
    reason = form.last.get("reason", "").strip()
    number = EntryId(id_of(entry_id))
    if number not in {each.id for each in _entries(desk, opened)}:
        raise NotFound
    try:
        if not reason or len(reason) > 255:
            raise invalid("reason", "errors.missing" if not reason else "errors.text_too_long", limit=255)
        with desk.attempt():
            handovers.reverse(
                desk.session, number, reason=reason, by=desk.actor, now=desk.now, zone=desk.zone
            )
    except (Invalid, Conflict) as error:
        shown = refused(form.last, error, language=desk.language)
        return _reversal(desk, opened, entry_id, shown, status=422)
    return desk.done(f"{opened.address}/ledger", "activity.taken_back")


def _empty(opened: Opened) -> Typed:
    day = opened.head.held_on or opened.head.item.day
    return {"kind": KINDS[0].value, "paid_on": day.isoformat()}


def _entries(desk: Desk, opened: Opened) -> Sequence[EntryView]:
    return handovers.entries_of(desk.session, opened.id, within=ledger_reach(desk), limit=ENTRIES_SHOWN + 1)


def _served(desk: Desk, opened: Opened) -> Served:
    return served_of(desk.session, opened.head, limit=NAMES_OFFERED)


def _code_of(desk: Desk, opened: Opened, word: str) -> str:
    """Whom a name or a code means: of those whom the activity is for, else of those whom one sees."""
    served = _served(desk, opened).people
    meant = [each.code for each in served if each.code == word] or [
        each.code for each in served if each.name == word
    ]
    if len(meant) == 1:
        return meant[0]
    try:
        return people_called(desk, [word])[0]
    except Invalid as unknown:
        raise Invalid([replace(fault, field="person") for fault in unknown.faults]) from None


def _page(desk: Desk, opened: Opened, form: FormShown, *, status: int = 200) -> Response:
    takes = opened.takes_records and opened.head.item.day <= desk.today
    entries = _entries(desk, opened)
    page = ledger_page(
        entries[:ENTRIES_SHOWN],
        opened.head,
        may_reverse=opened.may_plan,
        has_more=len(entries) > ENTRIES_SHOWN,
        today=desk.today,
        zone=desk.zone,
        language=desk.language,
    )
    return render_tab(
        desk,
        opened,
        "ledger",
        status=status,
        page=page,
        form=form,
        takes=takes,
        asks_why="reason" in form.faults or bool(form.typed.get("reason")),
        kinds=[Option(each.value, say(f"activity.kind_{each}", language=desk.language)) for each in KINDS],
        served_names=_served(desk, opened).people if takes else [],
        givers=sorted({each.name for each in opened.head.item.people}),
    )


def _reversal(desk: Desk, opened: Opened, entry_id: str, form: FormShown, *, status: int = 200) -> Response:
    number = EntryId(id_of(entry_id))
    found = [each for each in _entries(desk, opened) if each.id == number]
    if not found or not opened.may_plan:
        raise NotFound
    page = ledger_page(
        found,
        opened.head,
        may_reverse=False,
        has_more=False,
        today=desk.today,
        zone=desk.zone,
        language=desk.language,
    )
    return desk.render(
        "activity/ledger_reverse.html",
        status=status,
        page=page,
        form=form,
        address=opened.address,
        entry=number,
        title=opened.head.item.title,
    )
