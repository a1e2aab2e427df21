"""What is done to many: whom, with what; what would become of each; then to all of them at once, with a way back."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import Response

from api.forms.typed import TheTypedFields, TypedFields
from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.presenters.forms import FormShown, Option, refused, unit_options
from api.presenters.people.bulk import foreseen_page
from api.versions import id_of
from models.enums import PersonRole
from outreach import people_deeds
from outreach.errors import Conflict, Invalid, NotFound
from outreach.people_deeds import MOST_AT_ONCE, ManyDeed
from outreach.people_register import Line, Order, RegisterAsked, Standing, ids_found, lines_of, lines_of_ids
from outreach.permissions import Deed, expect_somewhere, reach, seen
from outreach.teams import teams
from wording.sentences import say

router = APIRouter(prefix="/people")

TEAMS_SHOWN = 200


@router.post("/bulk")
def look(desk: TheDesk, fields: TheTypedFields) -> Response:
    """Whom it is about, what with, and what would become of each. Nothing is done."""
    expect_somewhere(desk.actor, Deed.PLAN)
    return _page(desk, _deed(fields), _lines(desk, fields), FormShown(fields.last))


@router.post("/bulk/do")
def do(desk: TheDesk, fields: TheTypedFields) -> Response:
    """Do it to all of them, or to nobody."""
    expect_somewhere(desk.actor, Deed.PLAN)
    deed, lines = _deed(fields), _lines(desk, fields)
    try:
        with desk.attempt():
            done = people_deeds.do_to_many(
                desk.session,
                deed,
                fields.last.get("value", ""),
                lines,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
            )
    except (Invalid, Conflict) as error:
        return _page(desk, deed, lines, refused(fields.last, error, language=desk.language), status=422)
    undo = Undo(f"/people/bulk/{done.id}/undo")
    words = say(f"people.deed_{deed.value}", language=desk.language)
    return desk.done("/people", "people.done_to_many", undo=undo, deed=words, count=str(done.count))


@router.post("/bulk/{deed_id}/undo")
def undo(desk: TheDesk, deed_id: str) -> Response:
    """Let it be as it was."""
    number = id_of(deed_id)
    with desk.attempt():
        count = people_deeds.take_back(desk.session, number, by=desk.actor, today=desk.today, now=desk.now)
    return desk.done("/people", "people.many_taken_back", count=str(count))


def _deed(fields: TypedFields) -> ManyDeed:
    try:
        return ManyDeed(fields.last.get("deed", ""))
    except ValueError:
        raise NotFound from None


def _lines(desk: Desk, fields: TypedFields) -> Sequence[Line]:
    """Those ticked, or all that the list was asked for."""
    within = seen(desk.session, desk.actor, on=desk.today)
    if fields.last.get("all"):
        ids = ids_found(
            desk.session, _asked(fields), within=desk.within, today=desk.today, limit=MOST_AT_ONCE + 1
        )
        return lines_of_ids(desk.session, ids, today=desk.today)
    codes = fields.all("who")[: MOST_AT_ONCE + 1]
    return lines_of(desk.session, codes, within=within, today=desk.today)


def _asked(fields: TypedFields) -> RegisterAsked:
    """The list as its form hands it on; raises NotFound for what no list of ours asks."""
    said = {name[6:]: value for name, value in fields.last.items() if name.startswith("asked_")}
    try:
        return RegisterAsked(
            said.get("q", ""),
            PersonRole(said["role"]) if said.get("role") else None,
            said.get("team") or None,
            Standing(said.get("standing", Standing.HERE)),
            bool(said.get("due")),
            Order(said.get("sort", Order.NAME)),
        )
    except ValueError:
        raise NotFound from None


def _page(
    desk: Desk, deed: ManyDeed, lines: Sequence[Line], form: FormShown, *, status: int = 200
) -> Response:
    too_many = len(lines) > MOST_AT_ONCE
    foreseen: Sequence[people_deeds.Foreseen] = ()
    value = form.typed.get("value", "")
    if lines and value and not too_many:
        try:
            foreseen = people_deeds.foresee(desk.session, deed, value, lines, by=desk.actor, today=desk.today)
        except Invalid as error:
            form, status = refused(form.typed, error, language=desk.language), 422
    return desk.render(
        "people/bulk.html",
        current="people",
        status=status,
        deed=deed.value,
        form=form,
        too_many=MOST_AT_ONCE if too_many else 0,
        shown=foreseen_page(() if too_many else lines, foreseen, today=desk.today, language=desk.language),
        options=_options(desk, deed),
    )


def _options(desk: Desk, deed: ManyDeed) -> Sequence[Option]:
    """What there is to choose from, for deeds with a choice."""
    if deed is ManyDeed.ADD_ROLE:
        return [
            Option(role.value, say(f"people.role_{role.value}", language=desk.language))
            for role in PersonRole
        ]
    planned = reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)
    if deed is ManyDeed.MOVE:
        return unit_options(each for each in desk.switch.choices if each.id in planned)
    if deed is ManyDeed.JOIN_TEAM:
        found = teams(desk.session, within=planned, today=desk.today, limit=TEAMS_SHOWN)
        return [Option(each.code, each.name) for each in found]
    return ()
