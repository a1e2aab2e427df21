"""一人一档: who somebody is, what to mind, what comes, what happened; and what ends with a word.

Opening it is noted in the audit trail, as through the API, and so is asking for a phone number.
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Query
from starlette.responses import RedirectResponse, Response

from api.forms.typed import Reading, TheTypedFields
from api.pages.desk import Desk, TheDesk
from api.pages.looks import note_look
from api.pages.status import Undo
from api.presenters.forms import FormShown, refused
from api.presenters.people.dossier import dossier_page
from api.routers.people import write_erased_list
from models.enums import AuditAction, CaseKind
from outreach import audit, cases, dossiers, fields, people
from outreach.dossiers import Dossier
from outreach.erasure import erase_person
from outreach.errors import Conflict, Invalid, NotFound, Stale
from outreach.fields import BadValue
from outreach.permissions import Deed, expect, reach, seen
from wording.sentences import say

router = APIRouter(prefix="/people")

LONGEST_REASON = 500


@router.get("/{code}")
def dossier(
    desk: TheDesk,
    code: str,
    before: Annotated[date | None, Query()] = None,
) -> Response:
    """The dossier; an old code of somebody merged leads on to the one that stays."""
    found = _found(desk, code)
    if found.person.code != code:
        return RedirectResponse(f"/people/{found.person.code}", status_code=303)
    return _page(desk, found, before=before)


@router.post("/{code}/phone")
def phone(desk: TheDesk, code: str) -> Response:
    """Show the number; that it was asked for is noted first."""
    found = _found(desk, code)
    person_id = found.person.id
    audit.note(
        desk.session,
        desk.actor,
        AuditAction.READ,
        "people",
        person_id,
        now=desk.now,
        person_id=person_id,
        after={"columns": ["mobile"]},
    )
    return _page(desk, found, shows_phone=True)


@router.post("/{code}/leave")
def leave(desk: TheDesk, code: str, typed: TheTypedFields) -> Response:
    """Set somebody's last day, or take it back (an empty day)."""
    found = _found(desk, code)
    expect(desk.session, desk.actor, Deed.PLAN, found.unit_id, on=desk.today)
    reading = Reading(typed.last)
    before = found.person.until
    try:
        until = reading.day("until")
        reading.expect_none()
        with desk.attempt():
            person = people.change_person(
                desk.session, code, {"until": until}, by=desk.actor, today=desk.today, now=desk.now
            )
    except (Invalid, Conflict) as error:
        return _page(
            desk, _found(desk, code), status=422, leaving=refused(typed.last, error, language=desk.language)
        )
    undo = Undo(f"/people/{code}/leave", {"until": before.isoformat() if before else ""})
    key = "people.left" if until else "people.stays"
    return desk.done(f"/people/{code}", key, undo=undo, name=person.name)


@router.post("/{code}/bereaved")
def bereaved(desk: TheDesk, code: str, typed: TheTypedFields) -> Response:
    """Open a bereavement case: from that day on nothing is planned for them, sent to them or shown of them."""
    found = _found(desk, code)
    expect(desk.session, desk.actor, Deed.RECORD, found.unit_id, on=desk.today)
    reading = Reading(typed.last)
    try:
        opened_on = reading.needed("opened_on", _a_day_until(desk.today))
        reading.expect_none()
        with desk.attempt():
            case = cases.open_case(
                desk.session,
                {"kind": CaseKind.BEREAVEMENT.value, "person_code": code, "opened_on": opened_on},
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
            )
    except (Invalid, Conflict) as error:
        return _page(
            desk, _found(desk, code), status=422, grieving=refused(typed.last, error, language=desk.language)
        )
    undo = Undo(f"/people/{code}/not-bereaved", {"case": case.code, "version": str(case.version)})
    return desk.done(f"/people/{code}", "people.bereaved", undo=undo, case=case.code)


@router.post("/{code}/not-bereaved")
def not_bereaved(
    desk: TheDesk,
    code: str,
    case: Annotated[str, Form(max_length=64)],
    version: Annotated[int, Form(ge=0, le=2**31 - 1)],
) -> Response:
    """It was an error: this person's case is recalled, if nobody changed it since, and what it stopped comes back."""
    person_id = _found(desk, code).person.id
    within = reach(desk.session, desk.actor, Deed.RECORD, on=desk.today)
    opened = cases.case(desk.session, case, within=within)
    if opened.person_id != person_id or opened.kind != CaseKind.BEREAVEMENT:
        raise NotFound
    reason = say("people.bereaved_in_error", language=desk.language)
    try:
        if opened.version != version:
            raise Stale
        with desk.attempt():
            cases.recall_case(
                desk.session, case, reason, by=desk.actor, today=desk.today, now=desk.now, zone=desk.zone
            )
    except Conflict as error:
        return desk.not_done(f"/people/{code}", error)
    return desk.done(f"/people/{code}", "people.bereavement_taken_back")


@router.get("/{code}/erase")
def ask_to_erase(desk: TheDesk, code: str) -> Response:
    """What goes and what stays, before it is done for good."""
    return _erasing(desk, _found(desk, code), FormShown({}))


@router.post("/{code}/erase")
def erase(desk: TheDesk, later: BackgroundTasks, code: str, typed: TheTypedFields) -> Response:
    """Put a number in the place of somebody, once their name was typed in full."""
    found = _found(desk, code)
    try:
        reading = Reading(typed.last)
        reason = reading.needed("reason", _short)
        reading.needed("confirm", _exactly(found.person.name))
        reading.expect_none()
        with desk.attempt():
            erase_person(
                desk.session,
                code,
                confirm=code,
                reason=reason or "",
                by=desk.actor,
                today=desk.today,
                now=desk.now,
            )
    except (Invalid, Conflict) as error:
        return _erasing(desk, found, refused(typed.last, error, language=desk.language), status=422)
    later.add_task(write_erased_list, desk.office)
    return desk.done(f"/people/{code}", "people.erased")


def _found(desk: Desk, code: str) -> Dossier:
    within = seen(desk.session, desk.actor, on=desk.today)
    return dossiers.dossier(desk.session, code, within=within, today=desk.today)


def _page(
    desk: Desk,
    found: Dossier,
    *,
    status: int = 200,
    before: date | None = None,
    shows_phone: bool = False,
    leaving: FormShown | None = None,
    grieving: FormShown | None = None,
) -> Response:
    note_look(desk, "people", found.person.id, person_id=found.person.id)
    within = seen(desk.session, desk.actor, on=desk.today)
    purse = reach(desk.session, desk.actor, Deed.SEE_LEDGER, on=desk.today)
    person_id = found.person.id
    comes = dossiers.coming(desk.session, person_id, within=within, today=desk.today)
    known = reach(desk.session, desk.actor, Deed.SEE_CASES, on=desk.today)
    told = dossiers.story(desk.session, person_id, within=within, purse=purse, known=known, before=before)
    return desk.render(
        "people/dossier.html",
        current="people",
        status=status,
        shown=dossier_page(found, comes, told, today=desk.today, language=desk.language),
        phone=found.person.mobile if shows_phone else None,
        today=desk.today.isoformat(),
        leaving=leaving or FormShown({"until": desk.today.isoformat()}),
        grieving=grieving or FormShown({"opened_on": desk.today.isoformat()}),
        may_plan=desk.reaches(Deed.PLAN, found.unit_id),
        may_record=desk.reaches(Deed.RECORD, found.unit_id),
        may_erase=desk.reaches(Deed.ADMINISTER, found.unit_id),
    )


def _erasing(desk: Desk, found: Dossier, form: FormShown, *, status: int = 200) -> Response:
    expect(desk.session, desk.actor, Deed.ADMINISTER, found.unit_id, on=desk.today)
    return desk.render(
        "people/erase.html",
        current="people",
        status=status,
        code=found.person.code,
        name=found.person.name,
        form=form,
    )


def _short(given: str) -> str:
    return fields.short_text(given, longest=LONGEST_REASON)


def _exactly(name: str) -> Callable[[str], str]:
    """Reads the very name, so that nobody is erased by a slip of the hand."""

    def read(given: str) -> str:
        if given != name:
            raise BadValue("people.not_the_name", name=name)
        return given

    return read


def _a_day_until(today: date) -> Callable[[str], date]:
    """Reads a day that is not to come."""

    def read(given: str) -> date:
        day = fields.day(given)
        if day > today:
            raise BadValue("people.day_to_come")
        return day

    return read
