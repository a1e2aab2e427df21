"""Copying a year's plan into the next: every difference first, then one transaction, and the way back."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.typed import TheTypedFields
from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.pages.year.plan import year_of
from api.presenters.year_copy import copy_page
from api.versions import id_of
from outreach import holidays, plan_copies
from outreach.errors import Conflict, Stale
from outreach.permissions import Deed, expect_somewhere
from outreach.planning.yearly import LAST_YEAR
from wording.sentences import say

router = APIRouter()

PageAsked = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/plan/{year}/copy")
def ask(desk: TheDesk, year: str, page: PageAsked = 1) -> Response:
    """What copying the year would write, campaign by campaign."""
    return _page(desk, year_of(year), page)


@router.post("/plan/{year}/copy")
def copy(desk: TheDesk, year: str, typed: TheTypedFields) -> Response:
    """Write what was listed, for the campaigns ticked; if it would be something else by now, list it anew."""
    number = year_of(year)
    given = typed.last.get("page", "")
    page = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 1
    codes = typed.all("campaign")
    try:
        with desk.attempt():
            copied = plan_copies.copy_year(
                desk.session,
                desk.within,
                number,
                codes,
                facts=typed.last.get("facts", ""),
                page=max(page, 1),
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                zone=desk.zone,
                workdays=holidays.workdays(desk.session),
            )
    except Conflict as refused:
        desk.session.expire_all()
        stale = isinstance(refused, Stale)
        key = "year.copy_changed" if stale else refused.key
        told = say(key, language=desk.language, **({} if stale else refused.values))
        return _page(desk, number, max(page, 1), ticked=codes, refusal=told, status=412 if stale else 409)
    return desk.done(
        f"/plan/{number + 1}",
        "year.copied",
        undo=Undo(f"/plan/copies/{copied.id}/undo"),
        count=str(copied.changed),
        year=str(number + 1),
    )


@router.post("/plan/copies/{copy_id}/undo")
def take_back(desk: TheDesk, copy_id: str) -> Response:
    """Make the campaigns again what they were; those that somebody has touched stay as they are."""
    back = plan_copies.take_back_copy(
        desk.session, id_of(copy_id), by=desk.actor, today=desk.today, now=desk.now, zone=desk.zone
    )
    key = "year.copy_back_some" if back.stay else "year.copy_back"
    return desk.done(f"/plan/{back.year - 1}", key, count=str(back.back), stay=str(back.stay))


def _page(
    desk: Desk,
    year: int,
    page: int,
    *,
    ticked: Collection[str] | None = None,
    refusal: str = "",
    status: int = 200,
) -> Response:
    expect_somewhere(desk.actor, Deed.PLAN)
    year_of(str(min(year + 1, LAST_YEAR + 1)))
    workdays = holidays.workdays(desk.session)
    proposal = plan_copies.copy_proposal(
        desk.session, desk.within, year, by=desk.actor, today=desk.today, workdays=workdays, page=page
    )
    return desk.render(
        "year/copy.html",
        current="plan",
        status=status,
        page=copy_page(
            proposal, page=page, ticked=ticked, workdays=workdays, today=desk.today, language=desk.language
        ),
        refusal=refusal,
        unit=desk.unit,
    )
