"""Everything that is over and was not told of: what a list elsewhere shows the first of."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.desk import TheDesk
from api.presenters.cards import owed_card
from api.presenters.words import address
from outreach import agenda
from outreach.errors import NotFound

SHOWN: Final = 100

router = APIRouter()

DayAsked = Annotated[str | None, Query(max_length=10)]


@router.get("/owed")
def owed(desk: TheDesk, since: DayAsked = None, through: DayAsked = None) -> Response:
    """The oldest first; each leads to its form. Those told drop out, so the next ones come up by themselves."""
    found = agenda.owed_outcomes(
        desk.session,
        desk.within,
        today=desk.today,
        now=desk.now,
        since=_day(since),
        through=_day(through),
        limit=SHOWN,
    )
    return desk.render(
        "owed.html",
        current="today",
        owed=owed_card(found, today=desk.today, zone=desk.zone, language=desk.language),
        unit=desk.unit,
    )


def owed_address(unit: str, *, since: date | None = None, through: date | None = None) -> str:
    """Where all that is owed stands, of a unit and of a span of days when one is given."""
    return address(
        "/owed",
        unit=unit,
        since=None if since is None else since.isoformat(),
        through=None if through is None else through.isoformat(),
    )


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
