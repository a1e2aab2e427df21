"""Suggestions heard at an activity: what was said there, and taking one down."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from api.forms.activity import NAMED, UNNAMED, read_suggestion
from api.forms.typed import TheTypedFields
from api.pages.activity.head import Opened, open_activity, render_tab
from api.pages.activity.outcome import people_called
from api.pages.desk import Desk, TheDesk
from api.presenters.activity.suggestions import suggestion_rows
from api.presenters.forms import FormShown, Option, refused
from outreach.activities.hearing import hear, heard_here
from outreach.activities.served import served_of
from outreach.errors import Conflict, Invalid
from wording.sentences import say

SHOWN = 100
NAMES_OFFERED = 120

router = APIRouter()


@router.get("/a/{activity_id}/suggestions")
def show(desk: TheDesk, activity_id: str) -> Response:
    """What was heard, and the form for one more."""
    return _page(desk, open_activity(desk, activity_id), FormShown({}))


@router.post("/a/{activity_id}/suggestions")
def take_down(desk: TheDesk, activity_id: str, form: TheTypedFields) -> Response:
    """Take a suggestion down; from then on it goes its way like any other."""
    opened = open_activity(desk, activity_id)
    try:
        read = read_suggestion(form.last)
        code = None
        if read.person is not None:
            code = _code_of(desk, opened, read.person)
        with desk.attempt():
            raised = hear(
                desk.session,
                opened.id,
                read.text,
                person_code=code,
                may_be_named=read.may_be_named,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
            )
    except (Invalid, Conflict) as error:
        shown = refused(form.last, _at_fields(error), language=desk.language)
        return _page(desk, opened, shown, status=422)
    return desk.done(f"{opened.address}/suggestions", "activity.heard", code=raised.code)


def _code_of(desk: Desk, opened: Opened, word: str) -> str:
    served = served_of(desk.session, opened.head, limit=NAMES_OFFERED).people
    meant = [each.code for each in served if word in (each.code, each.name)]
    return meant[0] if len(meant) == 1 else people_called(desk, [word])[0]


def _at_fields(error: Invalid | Conflict) -> Invalid | Conflict:
    """Whose name is not found stands in the form's own field."""
    if not isinstance(error, Invalid):
        return error
    names = {"others": "person", "person_code": "person"}
    return Invalid([replace(fault, field=names.get(fault.field, fault.field)) for fault in error.faults])


def _page(desk: Desk, opened: Opened, form: FormShown, *, status: int = 200) -> Response:
    takes = opened.takes_records and opened.head.item.day <= desk.today
    found = heard_here(desk.session, opened.id, within=opened.within, limit=SHOWN)
    served = served_of(desk.session, opened.head, limit=NAMES_OFFERED).people if takes else []
    return render_tab(
        desk,
        opened,
        "suggestions",
        status=status,
        rows=suggestion_rows(found, today=desk.today, language=desk.language),
        form=form,
        takes=takes,
        served_names=served,
        named=[
            Option(value, say(f"activity.named_{value}", language=desk.language))
            for value in (NAMED, UNNAMED)
        ],
    )
