"""Kinds of campaigns: the office's own, and the mark of each."""

from fastapi import APIRouter
from starlette.responses import Response

from api.forms.kinds import kinds_told
from api.forms.typed import TheTypedFields
from api.pages.desk import Desk, TheDesk
from api.pages.settings.layout import expect_administrator, expect_reader, render_section
from api.pages.status import Undo
from api.presenters.forms import FormShown, refused, stale
from api.presenters.settings.kinds import kind_labels, kind_rows, tint_options, typed_kinds
from outreach.errors import Invalid, Stale
from outreach.kind_marks import KindMarks, change_kinds, kind_marks

ADDRESS = "/settings/kinds"

router = APIRouter()


@router.get(ADDRESS)
def kinds(desk: TheDesk) -> Response:
    expect_reader(desk)
    marks = kind_marks(desk.session)
    return _page(desk, marks, FormShown(typed_kinds(marks)))


@router.post(ADDRESS)
def change(desk: TheDesk, fields: TheTypedFields) -> Response:
    """Save names, marks and tints; a new kind from the last line, and none that campaigns still have taken away."""
    expect_administrator(desk)
    before, typed = kind_marks(desk.session), fields.last
    try:
        with desk.attempt():
            told = kinds_told(typed, before)
            after = change_kinds(
                desk.session, told.own, told.marks, by=desk.actor, now=desk.now, version=told.version
            )
    except Stale:
        labels = kind_labels(kind_rows(before, desk.language), desk.language)
        form = stale(typed, typed_kinds(before), labels, version=before.version)
        return _page(desk, before, form, status=412)
    except Invalid as error:
        return _page(desk, before, refused(typed, error, language=desk.language), status=422)
    if after == before:
        return desk.done(ADDRESS, "settings_page.nothing_changed")
    if typed.get("undoes"):
        return desk.done(ADDRESS, "settings_page.kinds_undone")
    return desk.done(ADDRESS, "settings_page.kinds_saved", undo=Undo(ADDRESS, _back(before, after)))


def _back(before: KindMarks, after: KindMarks) -> dict[str, str]:
    """The fields that put things back: what differs alone."""
    was, now = typed_kinds(before), typed_kinds(after)
    fields = {name: value for name, value in was.items() if now.get(name) != value}
    fields |= {f"gone.{code}": "yes" for code in after.names if code not in before.names}
    for code in (code for code in before.names if code not in after.names):
        chosen = before.marks.get(code)
        fields[f"back.{code}"] = before.names[code]
        fields |= {f"mark.{code}": chosen.mark if chosen else ""}
        fields |= {f"tint.{code}": str(chosen.tint if chosen else 0)}
    return {**fields, "undoes": "yes", "version": str(after.version)}


def _page(desk: Desk, marks: KindMarks, form: FormShown, *, status: int = 200) -> Response:
    return render_section(
        desk,
        "kinds",
        "kinds.html",
        status=status,
        address=ADDRESS,
        form=form,
        rows=kind_rows(marks, desk.language),
        tints=tint_options(desk.language),
    )
