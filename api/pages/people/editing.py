"""Enrolling somebody, and changing what is known of them: one form."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from api.forms.person import CHANNELS_ASKED, changed, read_person, typed_of, version_of
from api.forms.typed import Reading, TheTypedFields, Typed
from api.pages.desk import Desk, TheDesk
from api.pages.looks import note_look
from api.presenters.forms import FormShown, Option, refused, stale, unit_options
from api.presenters.people.availability import week_table
from api.presenters.people.register import row
from models import Person
from models.enums import Channel, Gender, PersonRole
from outreach import codes, people
from outreach.errors import Conflict, Invalid
from outreach.merging import twins
from outreach.people import PersonView
from outreach.people_register import lines_of
from outreach.permissions import Deed, expect, expect_somewhere, reach, seen
from outreach.ties import unit_on
from wording.sentences import say

router = APIRouter(prefix="/people")

_LABELS = (
    "name",
    "gender",
    "birth_date",
    "mobile",
    "email",
    "skills",
    "address",
    "max_per_month",
    "since",
    "until",
    "notes",
)


@router.get("/new")
def ask_new(desk: TheDesk) -> Response:
    """An empty form."""
    expect_somewhere(desk.actor, Deed.PLAN)
    return _page(desk, FormShown({"unit_code": desk.unit.code, "role_volunteer": "yes"}))


@router.post("/new")
def enrol(desk: TheDesk, fields: TheTypedFields) -> Response:
    """Enrol somebody, unless somebody of that name and month of birth is there and nobody said that they are two."""
    expect_somewhere(desk.actor, Deed.PLAN)
    typed = fields.last
    form = read_person(typed, is_new=True, today=desk.today)
    try:
        if form.faults:
            raise Invalid(form.faults)
        columns = form.columns
        if not typed.get("is_another"):
            within = seen(desk.session, desk.actor, on=desk.today)
            alike = twins(
                desk.session, columns["name"], columns["birth_date"], within=within, today=desk.today
            )
            if alike:
                return _page(desk, FormShown(typed), status=422, alike=alike)
        code = columns.get("code") or codes.fresh(desk.session, Person.code, Person.id, prefix="P")
        with desk.attempt():
            person = people.enrol(
                desk.session, {**columns, "code": code}, by=desk.actor, today=desk.today, now=desk.now
            )
    except (Invalid, Conflict) as error:
        return _page(desk, refused(typed, error, language=desk.language), status=422)
    return desk.done(f"/people/{person.code}", "people.enrolled", name=person.name)


@router.get("/{code}/edit")
def ask(desk: TheDesk, code: str) -> Response:
    """The form filled with what is known. That it was opened is noted."""
    person = _person(desk, code)
    if person.code != code:
        return RedirectResponse(f"/people/{person.code}/edit", status_code=303)
    return _page(desk, FormShown({**typed_of(person), "version": str(version_of(person))}), person=person)


@router.post("/{code}/edit")
def change(desk: TheDesk, code: str, fields: TheTypedFields) -> Response:
    """Change what differs. Who was not first sees both versions, and loses nothing."""
    typed = fields.last
    desk.session.get(Person, _person(desk, code).id, with_for_update=True, populate_existing=True)
    before = _person(desk, code)
    form = read_person(typed, is_new=False, today=desk.today)
    try:
        if form.faults:
            raise Invalid(form.faults)
        if Reading(typed).version() != version_of(before):
            return _stale(desk, typed, before)
        with desk.attempt():
            after = people.change_person(
                desk.session,
                before.code,
                changed(form.columns, before),
                by=desk.actor,
                today=desk.today,
                now=desk.now,
            )
    except (Invalid, Conflict) as error:
        return _page(desk, refused(typed, error, language=desk.language), status=422, person=before)
    return desk.done(f"/people/{after.code}", "people.changed", name=after.name)


def _person(desk: Desk, code: str) -> PersonView:
    within = seen(desk.session, desk.actor, on=desk.today)
    found = people.person(desk.session, code, within=within, today=desk.today)
    expect(desk.session, desk.actor, Deed.PLAN, unit_on(desk.session, found.id, desk.today), on=desk.today)
    return found


def _stale(desk: Desk, typed: Typed, theirs: PersonView) -> Response:
    labels = {name: say(f"people.field_{name}", language=desk.language) for name in _LABELS}
    shown = stale(typed, typed_of(theirs), labels, version=version_of(theirs))
    return _page(desk, shown, status=412, person=theirs)


def _page(
    desk: Desk,
    form: FormShown,
    *,
    status: int = 200,
    person: PersonView | None = None,
    alike: Sequence[str] = (),
) -> Response:
    if person is not None:
        note_look(desk, "people", person.id, person_id=person.id)
    planned = reach(desk.session, desk.actor, Deed.PLAN, on=desk.today)
    within = seen(desk.session, desk.actor, on=desk.today)
    same = lines_of(desk.session, alike, within=within, today=desk.today) if alike else ()
    return desk.render(
        "people/edit.html",
        current="people",
        status=status,
        form=form,
        person=person,
        same=[row(line, today=desk.today, language=desk.language) for line in same],
        week=week_table(form.typed, language=desk.language),
        units=unit_options(each for each in desk.switch.choices if each.id in planned),
        roles=_options(desk, "role", PersonRole),
        genders=_options(desk, "gender", Gender),
        channels=_options(desk, "channel", Channel),
        channels_asked=CHANNELS_ASKED,
        months=[Option(str(number), str(number)) for number in range(1, 13)],
        days=[Option(str(number), str(number)) for number in range(1, 31)],
    )


def _options(desk: Desk, what: str, words: type[PersonRole] | type[Gender] | type[Channel]) -> list[Option]:
    return [Option(each.value, say(f"people.{what}_{each.value}", language=desk.language)) for each in words]
