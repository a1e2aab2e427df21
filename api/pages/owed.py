"""Everything that is over and was not told of: what a list elsewhere shows the first of."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dependencies import CurrentActor, CurrentSession, Now, Today, Zone
from api.pages.rendering import frame, render
from api.pages.unit_switch import UnitAsked, unit_switch
from api.presenters.cards import owed_card
from api.presenters.words import address
from api.problems import language_of
from outreach import agenda
from outreach.errors import NotFound

SHOWN: Final = 100

router = APIRouter()

DayAsked = Annotated[str | None, Query(max_length=10)]


@router.get("/owed")
def owed(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    unit: UnitAsked = None,
    since: DayAsked = None,
    through: DayAsked = None,
) -> Response:
    """The oldest first; each leads to its form. Those told drop out, so the next ones come up by themselves."""
    switch = unit_switch(session, actor, unit, today=today)
    found = agenda.owed_outcomes(
        session,
        switch.within,
        today=today,
        now=now,
        since=_day(since),
        through=_day(through),
        limit=SHOWN,
    )
    return render(
        request,
        "owed.html",
        frame=frame(actor, switch.choices, "week"),
        owed=owed_card(found, today=today, zone=zone, language=language_of(request)),
        choices=switch.choices,
        unit=switch.chosen,
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
