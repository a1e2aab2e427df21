"""The ledger on pages: what was drawn, given and signed for; entering, signing, taking back. Nothing is deleted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.ledger import entry_opened, read_asked, read_drawn, read_entry
from api.forms.ties import person_meant
from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.matters.files import Ending, file_of
from api.pages.status import Undo
from api.presenters.forms import FormShown, Option, refused
from api.presenters.ledger import Teller, yuan
from api.presenters.words import address
from api.versions import id_of
from models.base import DrawingId, EntryId
from models.enums import LedgerKind
from outreach import drawings, fields, handovers, ledger_book
from outreach.errors import Conflict, Invalid, invalid
from outreach.ledger import Payment
from outreach.permissions import Deed, Reach, expect_somewhere, reach, seen
from wording.sentences import say

SHOWN: Final = 60
IN_FILE: Final = 20_000

router = APIRouter(prefix="/ledger")

Text = Annotated[str, Query(max_length=255)]
PageAsked = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("")
def book(
    desk: TheDesk,
    month: Text = "",
    campaign: Text = "",
    person: Text = "",
    kind: Text = "",
    unsigned: Text = "",
    page: PageAsked = 1,
) -> Response:
    """A month of the book: three sums, then the entries, those not signed for first."""
    asked, period = read_asked(
        month=month, campaign=campaign, person=person, kind=kind, unsigned=unsigned, today=desk.today
    )
    within, teller = _within(desk), _teller(desk)
    plain = {"month": period, "campaign": campaign, "person": person, "kind": kind, "unit": desk.unit.code}
    told = {**plain, "unsigned": unsigned}
    sums = ledger_book.sums(desk.session, replace(asked, is_unsigned=False), within=within)
    found = ledger_book.rows(desk.session, asked, within=within, after=(page - 1) * SHOWN, limit=SHOWN + 1)
    may_plan = reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)
    return desk.render(
        "ledger/book.html",
        current="ledger",
        sums=teller.sums(sums, address("/ledger", **plain)),
        tells_left=sums.left is not None,
        rows=[teller.row(row) for row in found[:SHOWN]],
        drawings=[
            teller.drawing(each, may_reverse=each.unit_id in may_plan)
            for each in ledger_book.drawn_in(desk.session, asked, within=within)
        ],
        period=period,
        sought={"campaign": campaign, "person": person, "kind": kind, "unsigned": unsigned},
        campaigns=[
            Option(code, name) for code, name in ledger_book.campaigns_of(desk.session, within=within)
        ],
        kinds=_kinds(desk),
        before=address("/ledger", **told, page=str(page - 1)) if page > 1 else "",
        more=address("/ledger", **told, page=str(page + 1)) if len(found) > SHOWN else "",
        sheet={ending: address(f"/ledger/book.{ending}", **told) for ending in ("xlsx", "csv")},
        may_record=desk.may(Deed.RECORD),
        made_on=teller.day(desk.today),
    )


@router.get("/book.{ending}")
def sheet(
    desk: TheDesk,
    ending: Ending,
    month: Text = "",
    campaign: Text = "",
    person: Text = "",
    kind: Text = "",
    unsigned: Text = "",
) -> Response:
    """The same part of the book as a file."""
    asked, period = read_asked(
        month=month, campaign=campaign, person=person, kind=kind, unsigned=unsigned, today=desk.today
    )
    found = ledger_book.rows(desk.session, asked, within=_within(desk), limit=IN_FILE)
    title = say("ledger_page.sheet_title", language=desk.language, period=period)
    return file_of(_teller(desk).sheet(found, title), ending, name=f"ledger-{period}")


@router.get("/new")
def ask(desk: TheDesk, person: Text = "", campaign: Text = "") -> Response:
    """An empty form."""
    expect_somewhere(desk.actor, Deed.RECORD)
    return _entry_form(desk, FormShown(entry_opened(today=desk.today, person=person, campaign=campaign)))


@router.post("/new")
def enter(desk: TheDesk, form: TheTypedFields) -> Response:
    """Enter what was handed over; the same festival twice needs a reason."""
    expect_somewhere(desk.actor, Deed.RECORD)
    try:
        with desk.attempt():
            payment, reason = _payment(desk, form.last)
            made = handovers.hand_over(
                desk.session, payment, by=desk.actor, today=desk.today, now=desk.now, reason=reason
            )
    except (Invalid, Conflict) as error:
        return _entry_form(desk, refused(form.last, error, language=desk.language), status=422)
    undo = None
    if desk.reaches(Deed.PLAN, handovers.unit_of(desk.session, made.id)):
        why = say("ledger_page.undo_reason", language=desk.language)
        undo = Undo(f"/ledger/{made.id}/reverse", {"reason": why})
    return desk.done(
        address("/ledger", month=f"{made.paid_on:%Y-%m}"),
        "ledger_page.entered",
        undo=undo,
        amount=yuan(made.amount),
    )


@router.get("/draw")
def ask_for_drawing(desk: TheDesk, campaign: Text = "") -> Response:
    """The form of money that was drawn."""
    expect_somewhere(desk.actor, Deed.RECORD)
    typed = {
        "drawn_on": desk.today.isoformat(),
        "unit_code": desk.unit.code,
        "campaign_code": campaign,
        "drawn_by": desk.actor.name,
    }
    return _drawing_form(desk, FormShown(typed))


@router.post("/draw")
def draw(desk: TheDesk, form: TheTypedFields) -> Response:
    """Enter money that was drawn."""
    expect_somewhere(desk.actor, Deed.RECORD)
    try:
        with desk.attempt():
            drawn = read_drawn(Reading(form.last))
            made = drawings.draw(desk.session, drawn, by=desk.actor, today=desk.today, now=desk.now)
    except (Invalid, Conflict) as error:
        return _drawing_form(desk, refused(form.last, error, language=desk.language), status=422)
    undo = None
    if desk.reaches(Deed.PLAN, made.unit_id):
        why = say("ledger_page.undo_reason", language=desk.language)
        undo = Undo(f"/ledger/draw/{made.id}/reverse", {"reason": why})
    back = address("/ledger", month=f"{made.drawn_on:%Y-%m}")
    return desk.done(back, "ledger_page.drawn_entered", undo=undo, amount=yuan(made.amount))


@router.get("/draw/{drawing_id}")
def one_drawing(desk: TheDesk, drawing_id: str) -> Response:
    """Money that was drawn, with the form that takes it back."""
    number = DrawingId(id_of(drawing_id))
    return _drawing_page(desk, number, FormShown({}))


@router.post("/draw/{drawing_id}/reverse")
def take_drawing_back(desk: TheDesk, drawing_id: str, form: TheTypedFields) -> Response:
    """Take it back by a counter-entry with its reason."""
    number = DrawingId(id_of(drawing_id))

    def take_back(reason: str) -> str:
        made = drawings.take_back(
            desk.session, number, reason=reason, by=desk.actor, today=desk.today, now=desk.now
        )
        return address("/ledger", month=f"{made.drawn_on:%Y-%m}")

    return _taken_back(desk, form.last, take_back, lambda shown: _drawing_page(desk, number, shown, 422))


@router.get("/{entry_id}")
def one(desk: TheDesk, entry_id: str) -> Response:
    """One entry, with who signed for it, and the form that takes it back."""
    return _entry_page(desk, EntryId(id_of(entry_id)), FormShown({}))


@router.post("/{entry_id}/sign")
def sign(desk: TheDesk, entry_id: str, form: TheTypedFields) -> Response:
    """Note who signed for it, or that nobody has."""
    number, typed = EntryId(id_of(entry_id)), form.last
    name = typed.get("received_by", "").strip() or None
    try:
        with desk.attempt():
            if name is None and not typed.get("take_back"):
                raise invalid("received_by", "errors.missing")
            signed = handovers.note_receipt(
                desk.session,
                number,
                name,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                instead_of=typed.get("take_back"),
            )
    except (Invalid, Conflict) as error:
        shown = refused(typed, error, language=desk.language)
        return _entry_page(desk, number, shown, status=422)
    if signed.received_by is None:
        return desk.done(f"/ledger/{number}", "ledger_page.unsigned_again")
    undo = Undo(f"/ledger/{number}/sign", {"received_by": "", "take_back": signed.received_by})
    return desk.done(f"/ledger/{number}", "ledger_page.signed_now", undo=undo, name=signed.received_by)


@router.post("/{entry_id}/reverse")
def reverse(desk: TheDesk, entry_id: str, form: TheTypedFields) -> Response:
    """Take it back by a counter-entry of today with its reason."""
    number = EntryId(id_of(entry_id))

    def take_back(reason: str) -> str:
        handovers.reverse(desk.session, number, reason=reason, by=desk.actor, now=desk.now, zone=desk.zone)
        return f"/ledger/{number}"

    return _taken_back(desk, form.last, take_back, lambda shown: _entry_page(desk, number, shown, 422))


def _taken_back(
    desk: Desk, typed: Typed, take_back: Callable[[str], str], again: Callable[[FormShown], Response]
) -> Response:
    reading = Reading(typed)
    reason = reading.needed("reason", fields.short_text)
    try:
        with desk.attempt():
            reading.expect_none()
            back = take_back(reason or "")
    except (Invalid, Conflict) as error:
        return again(refused(typed, error, language=desk.language))
    return desk.done(back, "ledger_page.reversed_now")


def _payment(desk: Desk, typed: Typed) -> tuple[Payment, str | None]:
    """The entry of the form with whom it means, and why once more; raises Invalid with every fault."""
    reading = Reading(typed)
    payment = read_entry(reading, today=desk.today)
    reason = reading.said("reason", fields.short_text)
    if meant := typed.get("person_code", "").strip():
        within = seen(desk.session, desk.actor, on=desk.today)
        try:
            code = person_meant(desk.session, meant, "person_code", within=within, today=desk.today)
            payment = replace(payment, person_code=code)
        except Invalid as wrong:
            reading.faults += wrong.faults
    reading.expect_none()
    return payment, reason


def _within(desk: Desk) -> Reach:
    """The units looked at, as far as one may see who received what."""
    return desk.within_for(Deed.SEE_LEDGER)


def _kinds(desk: Desk) -> list[Option]:
    return [
        Option(kind.value, say(f"ledger_page.kind_{kind}", language=desk.language)) for kind in LedgerKind
    ]


def _units(desk: Desk) -> list[Option]:
    record = reach(desk.session, desk.actor, Deed.RECORD, on=desk.today)
    return [
        Option(each.code, "\u3000" * each.depth + each.name)
        for each in desk.switch.choices
        if each.id in record
    ]


def _campaigns(desk: Desk) -> list[Option]:
    within = seen(desk.session, desk.actor, on=desk.today)
    return [
        Option(code, name) for code, name in ledger_book.campaigns_to_give_for(desk.session, within=within)
    ]


def _entry_form(desk: Desk, form: FormShown, *, status: int = 200) -> Response:
    return desk.render(
        "ledger/new.html",
        current="ledger",
        status=status,
        form=form,
        kinds=_kinds(desk),
        campaigns=_campaigns(desk),
        units=_units(desk),
        asks_why="reason" in form.faults or bool(form.typed.get("reason")),
    )


def _drawing_form(desk: Desk, form: FormShown, *, status: int = 200) -> Response:
    return desk.render(
        "ledger/draw.html",
        current="ledger",
        status=status,
        form=form,
        campaigns=_campaigns(desk),
        units=_units(desk),
    )


def _entry_page(desk: Desk, number: EntryId, form: FormShown, status: int = 200) -> Response:
    view = handovers.entry(desk.session, number, by=desk.actor, today=desk.today)
    row, teller = ledger_book.row(desk.session, number), _teller(desk)
    unit_id = handovers.unit_of(desk.session, number)
    return desk.render(
        "ledger/entry.html",
        current="ledger",
        status=status,
        row=teller.row(row),
        view=view,
        unit=row.unit_name or "",
        day=teller.day(row.paid_on),
        recorded_by=teller.by(view.recorded_by),
        form=form,
        may_record=desk.reaches(Deed.RECORD, unit_id),
        may_reverse=desk.reaches(Deed.PLAN, unit_id) and teller.state(row) not in ("counter", "reversed"),
    )


def _drawing_page(desk: Desk, number: DrawingId, form: FormShown, status: int = 200) -> Response:
    found = drawings.drawing(desk.session, number, by=desk.actor, today=desk.today)
    return desk.render(
        "ledger/drawing.html",
        current="ledger",
        status=status,
        drawing=_teller(desk).drawing(found, may_reverse=desk.reaches(Deed.PLAN, found.unit_id)),
        form=form,
    )


def _teller(desk: Desk) -> Teller:
    return Teller(desk.today, desk.language)
