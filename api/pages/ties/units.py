"""Units: the tree, and beside it one of them; new ones, other names, moves from a day on, and closing."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.pages.ties.refusals import not_done
from api.pages.ties.teams import post_told
from api.presenters.forms import FormShown, Option, refused, stale, unit_options
from api.presenters.ties.teams import post_rows
from api.presenters.ties.units import branches, kind_word, standing_rows, way_to
from models import Unit
from outreach import fields, organisation, posts
from outreach.codes import fresh
from outreach.errors import Conflict, Fault, Invalid, NotFound, invalid
from outreach.organisation import UnitColumns, UnitView
from outreach.permissions import Deed, Reach, expect_everywhere, reach
from outreach.posts import PostsAsked
from outreach.unit_choices import UnitChoice, below
from outreach.unit_register import UnitFacts, unit_facts, unit_tree
from wording import days as day_words
from wording.sentences import say

POSTS_SHOWN: Final = 50
AT: Final = "/units"

router = APIRouter()

Text = Annotated[str, Form(max_length=64)]


@router.get(AT)
def show(desk: TheDesk) -> Response:
    """The tree, and the unit that is looked at; where there is none yet, the form of the first."""
    return _page(desk, desk.unit) if desk.switch.choices else _first_page(desk, FormShown({}))


@router.post("/units/first")
def found_first(desk: TheDesk, sent: TheTypedFields) -> Response:
    """Found the unit that all others will stand below."""
    expect_everywhere(desk.actor, Deed.PLAN)
    try:
        with desk.attempt():
            made = _found(desk, sent.last, parent_code=None)
    except (Invalid, Conflict) as error:
        return _first_page(
            desk, refused(sent.last, _renamed(error, "founding"), language=desk.language), status=422
        )
    return desk.done(f"{AT}/{made.code}", "ties.unit_founded", name=made.name)


@router.get("/units/{code}")
def one(desk: TheDesk, code: str) -> Response:
    """The tree, and one of its units."""
    return _page(desk, _choice(desk, code))


@router.post("/units/{code}/new")
def found(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Found a unit below this one."""
    choice = _choice(desk, code)
    try:
        with desk.attempt():
            made = _found(desk, sent.last, parent_code=code)
    except (Invalid, Conflict) as error:
        return _again(desk, choice, sent.last, error, form="founding")
    return desk.done(f"{AT}/{made.code}", "ties.unit_founded", name=made.name)


@router.post("/units/{code}/name")
def rename(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Give a unit another name or kind."""
    choice, typed = _choice(desk, code), sent.last
    before = _typed_of(_facts(desk, choice))
    if typed.get("stood", before["stood"]) != before["stood"]:
        labels = {
            "name": say("ties.name", language=desk.language),
            "kind": say("ties.kind", language=desk.language),
        }
        shown = stale(typed, before, labels, version=0)
        shown = FormShown({**typed, "stood": before["stood"]}, theirs=shown.theirs)
        return _page(desk, choice, {"naming": shown}, status=412)
    try:
        reading = Reading(typed)
        told: UnitColumns = {
            "name": reading.needed("name", fields.name) or "",
            "kind": reading.said("kind", fields.free_kind),
        }
        reading.expect_none()
        with desk.attempt():
            after = organisation.change_unit(
                desk.session, code, told, by=desk.actor, today=desk.today, now=desk.now
            )
    except (Invalid, Conflict) as error:
        return _again(desk, choice, typed, error, form="naming")
    return desk.done(f"{AT}/{code}", "ties.unit_renamed", name=after.name)


@router.post("/units/{code}/move")
def move(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Let a unit stand below another one from a day on; undone, it stands where it stood on that day."""
    choice, typed = _choice(desk, code), sent.last
    try:
        reading = Reading(typed)
        parent = reading.needed("parent", fields.code)
        as_of = reading.needed("as_of", fields.day)
        reading.expect_none()
        assert as_of is not None, "a day that is missing is a fault"
        former = _facts(desk, choice)
        told: UnitColumns = {"parent_code": parent}
        with desk.attempt():
            organisation.change_unit(
                desk.session,
                code,
                told,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                as_of=as_of,
            )
            if former.parent_code_on(as_of) == parent:
                raise invalid("parent", "ties.unit_stands_there")
    except (Invalid, Conflict) as error:
        return _again(desk, choice, typed, error, form="moving")
    undo = None
    if former.parent_code:
        undo = Undo(f"{AT}/{code}/move", {"parent": former.parent_code, "as_of": as_of.isoformat()})
    day = day_words.day(as_of, today=desk.today, language=desk.language)
    above = next((each.name for each in desk.switch.choices if each.code == parent), parent or "")
    return desk.done(f"{AT}/{code}", "ties.unit_moved", undo=undo, name=choice.name, parent=above, day=day)


@router.post("/units/{code}/close")
def close(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Let a unit be no more after a day, once nothing belongs to it."""
    choice = _choice(desk, code)
    try:
        reading = Reading(sent.last)
        until = reading.needed("close_until", fields.day)
        reason = reading.text("close_reason")
        reading.expect_none()
        assert until is not None, "a day that is missing is a fault"
        with desk.attempt():
            organisation.close_unit(
                desk.session,
                code,
                until=until,
                reason=reason,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
            )
    except (Invalid, Conflict) as error:
        return _again(desk, choice, sent.last, error, form="closing")
    undo = Undo(f"{AT}/{code}/reopen")
    return desk.done(f"{AT}/{code}", "ties.unit_closed", undo=undo, name=choice.name)


@router.post("/units/{code}/reopen")
def reopen(desk: TheDesk, code: str) -> Response:
    """Let a unit that was closed go on."""
    choice = _choice(desk, code)
    try:
        with desk.attempt():
            organisation.reopen_unit(desk.session, code, by=desk.actor, today=desk.today, now=desk.now)
    except (Invalid, Conflict) as error:
        return not_done(desk, f"{AT}/{code}", error)
    return desk.done(f"{AT}/{code}", "ties.unit_reopened", name=choice.name)


@router.post("/units/{code}/posts")
def appoint(desk: TheDesk, code: str, sent: TheTypedFields) -> Response:
    """Give somebody a post in the unit."""
    choice = _choice(desk, code)
    try:
        with desk.attempt():
            told = post_told(desk, sent.last)
            told["unit_code"] = code
            made = posts.appoint(desk.session, told, by=desk.actor, today=desk.today, now=desk.now)
    except (Invalid, Conflict) as error:
        return _again(desk, choice, sent.last, error, form="appointing")
    return desk.done(f"{AT}/{code}", "ties.appointed", name=made.person_name, post=made.post)


_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "founding": {"code": "new_code", "name": "new_name", "kind": "new_kind"},
    "naming": {},
    "moving": {"parent_code": "parent"},
    "closing": {"until": "close_until"},
    "appointing": {"person_code": "holder", "since": "post_since", "until": "post_until"},
}
"""What the forms call the columns."""


def _again(desk: Desk, choice: UnitChoice, typed: Typed, error: Invalid | Conflict, *, form: str) -> Response:
    """The page once more with the form as it was typed."""
    shown = refused(typed, _renamed(error, form), language=desk.language)
    status = 422 if isinstance(error, Invalid) else 409
    return _page(desk, choice, {form: shown}, status=status)


def _renamed(error: Invalid | Conflict, form: str) -> Invalid | Conflict:
    """The same with the names of the form's own fields."""
    if not isinstance(error, Invalid):
        return error
    names = _FIELDS[form]
    return Invalid([Fault(names.get(each.field, each.field), each.key, each.values) for each in error.faults])


def _page(
    desk: Desk,
    choice: UnitChoice,
    typed: Mapping[str, FormShown] = MappingProxyType({}),
    *,
    status: int = 200,
) -> Response:
    """`typed`: the forms that were sent, as they were; the others are as the unit stands."""
    unit = _facts(desk, choice)
    tree = unit_tree(desk.session, within=_everything(desk), on=desk.today)
    held = posts.posts(
        desk.session,
        PostsAsked(own_unit_code=unit.code, active=True),
        within=_everything(desk),
        today=desk.today,
        limit=POSTS_SHOWN,
    )
    today = desk.today.isoformat()
    return desk.render(
        "ties/units.html",
        current="teams",
        status=status,
        unit=unit,
        kind=kind_word(unit.kind, desk.language),
        closed_on=_day(unit.until, desk),
        tree=branches(tree, unit.code, way_to(tree, unit.code)),
        standings=standing_rows(unit, today=desk.today, language=desk.language),
        posts=post_rows(held, today=desk.today, language=desk.language),
        units=_others(desk, choice),
        founding=typed.get("founding", FormShown({})),
        naming=typed.get("naming", FormShown(_typed_of(unit))),
        moving=typed.get("moving", FormShown({"parent": unit.parent_code or "", "as_of": today})),
        closing=typed.get("closing", FormShown({"close_until": today})),
        appointing=typed.get("appointing", FormShown({"post_since": today})),
        opened=typed.keys(),
        may_plan=unit.id in reach(desk.session, desk.actor, Deed.PLAN, on=desk.today),
    )


def _found(desk: Desk, typed: Typed, *, parent_code: str | None) -> UnitView:
    """Raises Invalid with every fault of the form, Conflict for a code that is taken, Forbidden."""
    reading = Reading(typed)
    told: UnitColumns = {
        "name": reading.needed("new_name", fields.name) or "",
        "code": reading.said("new_code", fields.code)
        or fresh(desk.session, Unit.code, Unit.id, prefix="DY-"),
        "kind": reading.said("new_kind", fields.free_kind),
        "parent_code": parent_code,
    }
    reading.expect_none()
    return organisation.found_unit(desk.session, told, by=desk.actor, today=desk.today, now=desk.now)


def _first_page(desk: Desk, form: FormShown, *, status: int = 200) -> Response:
    return desk.render("ties/first_unit.html", current="teams", status=status, form=form)


def _facts(desk: Desk, choice: UnitChoice) -> UnitFacts:
    return unit_facts(
        desk.session,
        choice.code,
        below(desk.switch.choices, choice),
        within=_everything(desk),
        today=desk.today,
    )


def _everything(desk: Desk) -> Reach:
    return reach(desk.session, desk.actor, Deed.SEE, on=desk.today)


def _others(desk: Desk, choice: UnitChoice) -> Sequence[Option]:
    """The units below which this one may come to stand: all but itself and those below it."""
    own = below(desk.switch.choices, choice)
    return unit_options(each for each in desk.switch.choices if each.id not in own)


def _choice(desk: Desk, code: str) -> UnitChoice:
    found = next((each for each in desk.switch.choices if each.code == code), None)
    if found is None:
        raise NotFound
    return found


def _typed_of(unit: UnitFacts) -> dict[str, str]:
    return {"name": unit.name, "kind": unit.kind, "stood": f"{unit.name}|{unit.kind}"}


def _day(day: date | None, desk: Desk) -> str:
    return "" if day is None else day_words.day(day, today=desk.today, language=desk.language)
