"""The search: a page of its own, and a list that drops from the frame while somebody types."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.desk import Desk, TheDesk
from api.presenters.search import Group, groups
from outreach.finding import find
from outreach.permissions import seen

ON_THE_PAGE: Final = 20
IN_THE_LIST: Final = 6

router = APIRouter()

Words = Annotated[str, Query(max_length=200)]


@router.get("/search")
def search(desk: TheDesk, q: Words = "") -> Response:
    """All that the words name, in everything that somebody sees, whatever unit is looked at."""
    return desk.render("search/search.html", words=q, groups=_found(desk, q, ON_THE_PAGE))


@router.get("/search/list")
def drop(desk: TheDesk, q: Words = "") -> Response:
    """The first of each sort, as a piece of a page."""
    return desk.piece("search/list.html", groups=_found(desk, q, IN_THE_LIST), words=q)


def _found(desk: Desk, words: str, limit: int) -> list[Group]:
    within = seen(desk.session, desk.actor, on=desk.today)
    found = find(desk.session, within, words, today=desk.today, limit=limit)
    return groups(found, today=desk.today, language=desk.language)
