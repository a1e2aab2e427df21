"""The register: who there is, found by name, filtered by links, a page at a time."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.pages.desk import TheDesk
from api.presenters.people.register import register_page
from models.enums import PersonRole
from outreach.fields import is_code
from outreach.people_register import Order, RegisterAsked, Standing, register
from outreach.permissions import Deed

PEOPLE_SHOWN = 50

router = APIRouter(prefix="/people")


def asked_for(
    q: Annotated[str, Query(max_length=100)] = "",
    role: Annotated[PersonRole | None, Query()] = None,
    team: Annotated[str | None, Query(max_length=64)] = None,
    standing: Annotated[Standing, Query()] = Standing.HERE,
    due: Annotated[str, Query(max_length=3)] = "",
    sort: Annotated[Order, Query()] = Order.NAME,
) -> RegisterAsked:
    """What an address asks for."""
    known_team = team if team and is_code(team) else None
    return RegisterAsked(q.strip(), role, known_team, standing, bool(due), sort)


TheAsked = Annotated[RegisterAsked, Depends(asked_for)]


@router.get("")
def people(
    desk: TheDesk, asked: TheAsked, after: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """A page of the people of the unit that is looked at."""
    found = register(
        desk.session, asked, within=desk.within, today=desk.today, after=after, limit=PEOPLE_SHOWN
    )
    return desk.render(
        "people/register.html",
        current="people",
        shown=register_page(found, asked, today=desk.today, language=desk.language),
        asked=asked,
        unit=desk.unit,
        may_plan=desk.may(Deed.PLAN),
    )
