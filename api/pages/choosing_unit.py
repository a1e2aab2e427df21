"""Choosing the unit that all pages look at from now on."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.pages.answers import go_on
from api.pages.desk import TheDesk
from api.pages.rendering import local_path, without
from api.pages.unit_switch import UNIT_COOKIE

YEAR_SECONDS = 365 * 24 * 3600

router = APIRouter()


@router.post("/unit")
def choose(
    desk: TheDesk,
    unit: Annotated[str, Form(max_length=64)],
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - the field's name
) -> Response:
    """Remember the unit in this browser and go back; an address that names another unit names it no more."""
    chosen = desk.looking_at(unit).unit
    response = go_on(without("unit", local_path(next)))
    response.set_cookie(
        UNIT_COOKIE,
        quote(chosen.code),
        max_age=YEAR_SECONDS,
        httponly=True,
        samesite="lax",
        secure=desk.request.url.scheme == "https",
    )
    return response
