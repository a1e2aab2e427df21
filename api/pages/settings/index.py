"""The first page of the settings: every section with what it is about; and the two that only tell."""

from fastapi import APIRouter
from starlette.responses import Response

from api.pages.desk import TheDesk
from api.pages.settings.layout import expect_reader, render_section
from api.presenters.settings.roles import role_table
from wording.sentences import languages

router = APIRouter()


@router.get("/settings")
def index(desk: TheDesk) -> Response:
    expect_reader(desk)
    return render_section(desk, "", "index.html")


@router.get("/settings/language")
def language(desk: TheDesk) -> Response:
    """Which language notices are written in, and where that is said."""
    expect_reader(desk)
    office = desk.office.settings.language
    return render_section(desk, "language", "language.html", office=office, all=languages())


@router.get("/settings/roles")
def roles(desk: TheDesk) -> Response:
    """What each role may do, from the table that every question of rights is answered by."""
    expect_reader(desk)
    return render_section(desk, "roles", "roles.html", table=role_table(desk.language))
