"""Pairings: who looks after whom, new ones, hand-overs, and who has nobody."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from api.forms.ties import (
    MOST_AT_ONCE,
    ended_of,
    ended_text,
    expect_chosen,
    handed_of,
    handed_text,
    person_meant,
)
from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.pages.ties.refusals import not_done
from api.presenters.forms import FormShown, Option, refused, stale
from api.presenters.ties.pairings import (
    interval_options,
    kind_options,
    kind_word,
    pairing_row,
    pairing_rows,
    room_rows,
)
from api.presenters.words import address
from outreach import fields, pairing_changes, pairing_register, pairings
from outreach.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from outreach.pairing_register import WITHOUT_PARTNER, Asked, Line, Standing
from outreach.pairings import PairingColumns, PairingView
from outreach.permissions import Deed, reach, seen
from wording.names import joined_up_to
from wording.sentences import say

SHOWN: Final = 50
ALONE_SHOWN: Final = 30
AT: Final = "/pairings"
LONGEST_UNDO: Final = 1_500

router = APIRouter()

Word = Annotated[str, Query(max_length=64)]
Codes = Annotated[list[str] | None, Query()]
Text = Annotated[str, Form(max_length=20_000)]


@router.get(AT)
def show(
    desk: TheDesk,
    q: Word = "",
    kind: Word = "",
    person: Word = "",
    standing: Word = Standing.ACTIVE.value,
    after: Word = "",
) -> Response:
    """Who looks after whom, in the order of those who do."""
    asked = Asked(q, kind, person, _standing(standing))
    found = pairing_register.register(
        desk.session, asked, within=desk.within, today=desk.today, after=after or None, limit=SHOWN
    )
    plans = reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)
    rows = pairing_rows(found.lines, plans, today=desk.today, language=desk.language)
    query = {"q": q, "kind": kind, "person": person}
    return desk.render(
        "ties/pairings.html",
        current="pairings",
        rows=rows,
        count=found.count,
        most_counted=pairing_register.MOST_COUNTED,
        unit=desk.unit,
        asked=asked,
        kinds=[Option(each, kind_word(each, desk.language)) for each in found.kinds],
        standings=[(each.value, address(AT, standing=each.value, **query)) for each in Standing],
        next=found.next and address(AT, standing=standing, after=found.next, **query),
        is_first=not after,
        first=address(AT, standing=standing, **query),
        may_plan=desk.may(Deed.PLAN),
        may_choose=any(row.may_change for row in rows),
        of_person=_person_of(found.lines, person),
    )


@router.get("/pairings/missing")
def missing(desk: TheDesk, role: Word = WITHOUT_PARTNER[0].value, after: Word = "") -> Response:
    """Those whom nobody looks after, and those who could."""
    wanted = next((each for each in WITHOUT_PARTNER if each == role), None)
    if wanted is None:
        raise NotFound
    alone = pairing_register.without_partner(
        desk.session,
        wanted,
        within=desk.within,
        today=desk.today,
        after=after or None,
        limit=ALONE_SHOWN + 1,
    )
    room = pairing_register.with_room(desk.session, within=desk.within, today=desk.today, limit=ALONE_SHOWN)
    return desk.render(
        "ties/missing.html",
        current="pairings",
        role=wanted,
        roles=[(each, address("/pairings/missing", role=each.value)) for each in WITHOUT_PARTNER],
        alone=alone[:ALONE_SHOWN],
        next=address("/pairings/missing", role=role, after=alone[ALONE_SHOWN - 1].person_code)
        if len(alone) > ALONE_SHOWN
        else "",
        is_first=not after,
        room=room_rows(room, desk.language),
        may_plan=desk.may(Deed.PLAN),
        unit=desk.unit,
    )


@router.get("/pairings/new")
def new(desk: TheDesk, beneficiary: Word = "", supporter: Word = "") -> Response:
    """The form of a new pairing."""
    _expect_planner(desk)
    typed = {"beneficiary": beneficiary, "supporter": supporter, "since": desk.today.isoformat()}
    return _new_form(desk, FormShown(typed))


@router.post("/pairings/new")
def pair(desk: TheDesk, sent: TheTypedFields) -> Response:
    """Pair the two."""
    _expect_planner(desk)
    typed = sent.last
    try:
        told = _told(desk, typed)
        with desk.attempt():
            made = pairings.pair(desk.session, told, by=desk.actor, today=desk.today, now=desk.now)
    except (Invalid, Conflict) as error:
        form = refused(typed, _renamed(error), language=desk.language)
        return _new_form(desk, form, status=422 if isinstance(error, Invalid) else 409)
    line = _line(desk, made.code)
    back = address(AT, person=line.supporter_code)
    return desk.done(back, "ties.paired", supporter=line.supporter_name, beneficiary=line.beneficiary_name)


@router.get("/pairings/change")
def choose(desk: TheDesk, pairing: Codes = None, supporter: Word = "") -> Response:
    """Several pairings, or all of one supporter, before they are handed over or ended."""
    _expect_planner(desk)
    lines = _chosen(desk, pairing or [], supporter)
    typed = {"since": desk.today.isoformat(), "until": desk.today.isoformat()}
    form = FormShown(typed)
    try:
        ticked = [each.code for each in lines] if supporter else pairing or []
        expect_chosen("pairing", ticked, found=len(lines), none="ties.no_pairing_chosen")
    except Invalid as error:
        form = refused(typed, error, language=desk.language)
    return _change_page(desk, lines, form)


@router.post("/pairings/change")
def change_many(desk: TheDesk, sent: TheTypedFields) -> Response:
    """Hand the pairings over, or end them: all of them, or none."""
    _expect_planner(desk)
    codes = sent.all("pairing")
    lines = _chosen(desk, codes, "")
    try:
        expect_chosen("pairing", codes, found=len(lines), none="ties.no_pairing_chosen")
        with desk.attempt():
            if sent.last.get("do") == "end":
                return _end(desk, lines, sent.last)
            return _hand_over(desk, lines, sent.last)
    except (Invalid, Conflict) as error:
        form = refused(sent.last, _renamed(error), language=desk.language)
        return _change_page(desk, lines, form, status=422 if isinstance(error, Invalid) else 409)


@router.post("/pairings/undo")
def undo(desk: TheDesk, ended: Text = "", handed: Text = "") -> Response:
    """Take a hand-over or an end back."""
    try:
        with desk.attempt():
            if handed:
                pairing_changes.take_back(
                    desk.session, handed_of(handed), by=desk.actor, today=desk.today, now=desk.now
                )
            else:
                pairing_changes.reopen(
                    desk.session, ended_of(ended), by=desk.actor, today=desk.today, now=desk.now
                )
    except (Invalid, Conflict) as error:
        return not_done(desk, AT, error)
    return desk.done(AT, "ties.pairings_undone")


@router.get("/pairings/{code}")
def one(desk: TheDesk, code: str) -> Response:
    """One pairing, and the form that changes it."""
    return _form(desk, code, FormShown(_typed_of(_view(desk, code))))


@router.post("/pairings/{code}")
def change(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Change its kind, days or interval, or end it with a reason."""
    typed, before = sent.last, _typed_of(_view(desk, code))
    if typed.get("stood", before["stood"]) != before["stood"]:
        labels = {name: say(f"ties.{name}", language=desk.language) for name in ("since", "until", "every")}
        form = stale(typed, before, labels, version=0)
        form = FormShown({**typed, "stood": before["stood"]}, theirs=form.theirs)
        return _form(desk, code, form, status=412)
    try:
        reading = Reading(typed)
        told: PairingColumns = {
            "until": reading.day("until"),
            "visit_every": reading.said("every", fields.visit_every),
        }
        if (kind := reading.said("kind", fields.free_kind)) is not None:
            told["kind"] = kind
        if (since := reading.day("since")) is not None:
            told["since"] = since
        reason = reading.text("reason")
        reading.expect_none()
        with desk.attempt():
            pairings.change_pairing(
                desk.session, code, told, by=desk.actor, today=desk.today, now=desk.now, reason=reason
            )
    except (Invalid, Conflict) as error:
        form = refused(typed, _renamed(error), language=desk.language)
        return _form(desk, code, form, status=422 if isinstance(error, Invalid) else 409)
    line = _line(desk, code)
    return desk.done(
        f"/pairings/{code}",
        "ties.pairing_changed",
        supporter=line.supporter_name,
        beneficiary=line.beneficiary_name,
    )


# What they have in common


def _hand_over(desk: Desk, lines: Sequence[Line], typed: Typed) -> Response:
    reading = Reading(typed)
    since = reading.needed("since", fields.day)
    to = reading.needed("to", fields.text)
    reason = reading.text("reason")
    reading.expect_none()
    assert since is not None, "a day that is missing is a fault"
    within = seen(desk.session, desk.actor, on=desk.today)
    to_code = person_meant(desk.session, to or "", "to", within=within, today=desk.today)
    handed = pairing_changes.hand_over(
        desk.session,
        [each.code for each in lines],
        to_code,
        since=since,
        reason=reason,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
    )
    undo_it = _undo("handed", handed_text(handed))
    name = _line(desk, handed[0].new_code).supporter_name
    return desk.done(
        address(AT, person=to_code), "ties.handed_over", undo=undo_it, name=name, names=_names(desk, lines)
    )


def _end(desk: Desk, lines: Sequence[Line], typed: Typed) -> Response:
    reading = Reading(typed)
    until = reading.needed("until", fields.day)
    reason = reading.needed("reason", fields.text)
    reading.expect_none()
    assert until is not None, "a day that is missing is a fault"
    ended = pairing_changes.end(
        desk.session,
        [each.code for each in lines],
        until=until,
        reason=reason,
        by=desk.actor,
        today=desk.today,
        now=desk.now,
    )
    undo_it = _undo("ended", ended_text(ended))
    return desk.done(AT, "ties.ended", undo=undo_it, names=_names(desk, lines))


def _undo(name: str, text: str) -> Undo | None:
    """The way back, as long as the cookie that it travels in can carry it."""
    return Undo("/pairings/undo", {name: text}) if len(text) <= LONGEST_UNDO else None


def _told(desk: Desk, typed: Typed) -> PairingColumns:
    """What the form of a new pairing says; raises Invalid with every fault."""
    reading = Reading(typed)
    words = {side: reading.needed(side, fields.text) for side in ("supporter", "beneficiary")}
    since = reading.needed("since", fields.day)
    kind = reading.needed("kind", fields.free_kind)
    every = reading.said("every", fields.visit_every)
    within = seen(desk.session, desk.actor, on=desk.today)
    codes: dict[str, str] = {}
    for side, word in words.items():
        try:
            codes[side] = person_meant(desk.session, word or "", side, within=within, today=desk.today)
        except Invalid as wrong:
            reading.faults += wrong.faults if word else ()
    reading.expect_none()
    assert since is not None, "a day that is missing is a fault"
    return {
        "code": pairing_changes.new_pairing_code(desk.session),
        "kind": kind or "",
        "supporter_code": codes["supporter"],
        "beneficiary_code": codes["beneficiary"],
        "since": since,
        "visit_every": every,
    }


def _renamed(error: Invalid | Conflict) -> Invalid | Conflict:
    """Faults by the names of the form's own fields."""
    if not isinstance(error, Invalid):
        return error
    names = {"supporter_code": "supporter", "beneficiary_code": "beneficiary", "visit_every": "every"}
    return Invalid([Fault(names.get(each.field, each.field), each.key, each.values) for each in error.faults])


def _new_form(desk: Desk, form: FormShown, *, status: int = 200) -> Response:
    return desk.render(
        "ties/pairing_new.html",
        current="pairings",
        status=status,
        form=form,
        kinds=kind_options((), desk.language),
        intervals=interval_options("", desk.language),
    )


def _change_page(desk: Desk, lines: Sequence[Line], form: FormShown, *, status: int = 200) -> Response:
    plans = reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)
    return desk.render(
        "ties/pairings_change.html",
        current="pairings",
        status=status,
        rows=pairing_rows(lines, plans, today=desk.today, language=desk.language),
        form=form,
    )


def _form(desk: Desk, code: str, form: FormShown, *, status: int = 200) -> Response:
    line = _line(desk, code)
    plans = reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)
    return desk.render(
        "ties/pairing.html",
        current="pairings",
        status=status,
        row=pairing_row(line, plans, today=desk.today, language=desk.language),
        form=form,
        kinds=kind_options((line.kind,), desk.language),
        intervals=interval_options(line.visit_every or "", desk.language),
    )


def _chosen(desk: Desk, codes: list[str], supporter: str) -> Sequence[Line]:
    """The pairings chosen; of a supporter all that are in force."""
    within = seen(desk.session, desk.actor, on=desk.today)
    if supporter:
        asked = Asked(person_code=supporter)
        found = pairing_register.register(
            desk.session, asked, within=within, today=desk.today, limit=MOST_AT_ONCE
        )
        return [each for each in found.lines if each.supporter_code == supporter]
    named = list(dict.fromkeys(codes))[:MOST_AT_ONCE]
    return pairing_register.lines_of(desk.session, named, within=within, today=desk.today)


def _view(desk: Desk, code: str) -> PairingView:
    within = seen(desk.session, desk.actor, on=desk.today)
    return pairings.pairing(desk.session, code, within=within, today=desk.today)


def _line(desk: Desk, code: str) -> Line:
    within = seen(desk.session, desk.actor, on=desk.today)
    found = pairing_register.lines_of(desk.session, [code], within=within, today=desk.today)
    if not found:
        raise NotFound
    return found[0]


def _typed_of(view: PairingView) -> dict[str, str]:
    """The form of a pairing as it stands; `stood` says so, so that a change from an older one is noticed."""
    typed = {
        "kind": view.kind,
        "since": _iso(view.since),
        "until": _iso(view.until),
        "every": view.visit_every or "",
    }
    return {**typed, "stood": "|".join(typed.values())}


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _names(desk: Desk, lines: Sequence[Line]) -> str:
    names = [each.beneficiary_name for each in lines]
    return joined_up_to(names, shown=3, unit="people", language=desk.language)


def _person_of(lines: Sequence[Line], code: str) -> str:
    """The name of the one whom the list is about."""
    names = {each.supporter_code: each.supporter_name for each in lines}
    names |= {each.beneficiary_code: each.beneficiary_name for each in lines}
    return names.get(code, "")


def _standing(text: str) -> Standing:
    try:
        return Standing(text)
    except ValueError:
        raise NotFound from None


def _expect_planner(desk: Desk) -> None:
    if not desk.may(Deed.PLAN):
        raise Forbidden
