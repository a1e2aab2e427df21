"""Records that may be one person: the pairs found, both side by side with a choice for each field, and the way back."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Query
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from api.forms.typed import TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.looks import note_look
from api.pages.status import Undo
from api.presenters.people.merging import found_words, merge_page, pairs_page
from api.presenters.people.register import row
from api.versions import id_of
from models import Person
from outreach import merging, people
from outreach.errors import Conflict, Invalid, OutreachError, Stale
from outreach.merging import CHOICES, Choice
from outreach.people import PersonView
from outreach.people_register import lines_of, lines_of_ids
from outreach.people_search import search_people
from outreach.permissions import Deed, expect, expect_somewhere, seen
from outreach.ties import PLACEMENT, in_force
from wording.sentences import say

PAIRS_SHOWN = 50
FOUND_SHOWN = 20
CodeTyped = Annotated[str, Form(max_length=64)]

router = APIRouter(prefix="/people")


@router.get("/duplicates")
def duplicates(desk: TheDesk) -> Response:
    """The pairs of the unit that is looked at, those born in one month first."""
    expect_somewhere(desk.actor, Deed.PLAN)
    found = merging.duplicates(desk.session, within=desk.within, today=desk.today, limit=PAIRS_SHOWN + 1)
    codes = {code for pair in found[:PAIRS_SHOWN] for code in (pair.one, pair.other)}
    lines = lines_of(desk.session, codes, within=desk.within, today=desk.today)
    return desk.render(
        "people/duplicates.html",
        current="people",
        pairs=pairs_page(found[:PAIRS_SHOWN], lines, today=desk.today, language=desk.language),
        has_more=len(found) > PAIRS_SHOWN,
    )


@router.post("/apart")
def keep_apart(desk: TheDesk, one: CodeTyped, other: CodeTyped) -> Response:
    """Two who look alike are two: they are not shown as a pair any more."""
    first, second = _both_mine(desk, one, other)
    merging.keep_apart(desk.session, first.id, second.id, by=desk.actor.name, now=desk.now)
    undo = Undo("/people/alike", {"one": one, "other": other})
    return desk.done(
        "/people/duplicates", "people.kept_apart", undo=undo, one=first.name, code=one, other=other
    )


@router.post("/alike")
def look_alike_again(desk: TheDesk, one: CodeTyped, other: CodeTyped) -> Response:
    """They may be one after all."""
    first, second = _both_mine(desk, one, other)
    merging.look_alike_again(desk.session, first.id, second.id)
    return desk.done("/people/duplicates", "people.alike_again")


@router.post("/merges/{merge_id}/undo")
def take_back(desk: TheDesk, merge_id: str) -> Response:
    """Let the two be two again."""
    number = id_of(merge_id)
    with desk.attempt():
        kept, gone = merging.take_back(desk.session, number, by=desk.actor, today=desk.today, now=desk.now)
    return desk.done(f"/people/{kept}", "people.merge_taken_back", kept=kept, gone=gone)


@router.get("/{code}/merge")
def ask(
    desk: TheDesk,
    code: str,
    other: Annotated[str | None, Query(alias="with", max_length=64)] = None,
    q: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Both side by side; without a second one, a search for whom is meant."""
    if other is None:
        return _choosing(desk, _mine(desk, code), q)
    one, second = _both_mine(desk, code, other)
    if one.code != code or second.code != other:
        return RedirectResponse(f"/people/{one.code}/merge?with={second.code}", status_code=303)
    return _side_by_side(desk, one, second, {})


@router.post("/{code}/merge")
def merge(desk: TheDesk, code: str, fields: TheTypedFields) -> Response:
    """Make one of the two, as chosen; all that hung on the other hangs on this one from now on."""
    typed = fields.last
    one, second = _both_mine(desk, code, typed.get("with", ""))
    stays, goes = (one, second) if typed.get("stays") != second.code else (second, one)
    try:
        choices = {name: _choice(typed.get(name), stays, one) for name in CHOICES if typed.get(name)}
        with desk.attempt():
            done = merging.merge_people(
                desk.session,
                stays.code,
                goes.code,
                choices,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                expected=typed.get("state"),
            )
    except Stale:
        desk.session.expire_all()
        words = say("people.merge_stale", language=desk.language)
        return _side_by_side(desk, *_both_mine(desk, code, second.code), typed, status=412, refusal=words)
    except (Invalid, Conflict) as error:
        return _side_by_side(desk, one, second, typed, status=422, refusal=_sentence(error, desk.language))
    undo = Undo(f"/people/merges/{done.id}/undo", {})
    return desk.done(
        f"/people/{stays.code}", "people.merged", undo=undo, name=stays.name, gone=goes.code, kept=stays.code
    )


def _choice(said: str | None, stays: PersonView, one: PersonView) -> Choice:
    """The form says `one` or `other`, as they stand beside each other, whoever of them stays."""
    if said == Choice.BOTH.value:
        return Choice.BOTH
    is_one = said == "one"
    return Choice.KEPT if is_one == (stays.code == one.code) else Choice.GONE


def _sentence(error: OutreachError, language: str) -> str:
    if isinstance(error, Invalid):
        return say(error.faults[0].key, language=language, **error.faults[0].values)
    return say(error.key, language=language, **error.values)


def _mine(desk: Desk, code: str) -> PersonView:
    """Somebody in whose unit one may plan; an old code stands for the one who stays."""
    return _all_mine(desk, [code])[0]


def _both_mine(desk: Desk, one: str, other: str) -> tuple[PersonView, PersonView]:
    first, second = _all_mine(desk, [one, other])
    return first, second


def _all_mine(desk: Desk, codes: Sequence[str]) -> Sequence[PersonView]:
    within = seen(desk.session, desk.actor, on=desk.today)
    found = people.people_of_codes(desk.session, codes, within=within, today=desk.today)
    units = in_force(desk.session, PLACEMENT, [each.id for each in found], on=desk.today)
    for each in found:
        unit_id = next(iter(units.get(each.id, ())), None)
        expect(desk.session, desk.actor, Deed.PLAN, unit_id, on=desk.today)
    return found


def _choosing(desk: Desk, one: PersonView, words: str) -> Response:
    within = seen(desk.session, desk.actor, on=desk.today)
    found = search_people(desk.session, within, words or one.name, today=desk.today, limit=FOUND_SHOWN + 1)
    lines = lines_of_ids(desk.session, [each.id for each in found if each.id != one.id], today=desk.today)
    return desk.render(
        "people/merge_with.html",
        current="people",
        person=one,
        words=words,
        rows=[row(line, today=desk.today, language=desk.language) for line in lines],
    )


def _side_by_side(
    desk: Desk,
    one: PersonView,
    other: PersonView,
    typed: Typed,
    *,
    status: int = 200,
    refusal: str = "",
) -> Response:
    for each in (one, other):
        note_look(desk, "people", each.id, person_id=each.id)
    rows = desk.session.scalars(select(Person).where(Person.id.in_((one.id, other.id))))
    records = {each.id: each for each in rows}
    first, second = records[one.id], records[other.id]
    against = list(merging.obstacles(desk.session, first, second))
    return desk.render(
        "people/merge.html",
        current="people",
        status=status,
        shown=merge_page(
            one,
            other,
            merging.sides(desk.session, [one.id, other.id]),
            typed,
            units={each.code: each.name for each in desk.switch.choices},
            language=desk.language,
        ),
        state=merging.state_of(first, second),
        refusal=refusal,
        against=[found_words(each, language=desk.language) for each in against],
    )
