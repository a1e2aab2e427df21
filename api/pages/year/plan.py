"""The year at a glance: lanes of campaigns, what the months ask for, and the clashes somebody has to decide about."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.forms.typed import TheTypedFields
from api.forms.year import read_decision
from api.pages.answers import go_on
from api.pages.desk import Desk, TheDesk
from api.pages.status import Undo
from api.presenters.words import address
from api.presenters.year import FOLDED_ABOVE, LANES_SHOWN, clash_list, lane_page, year_page
from calendars.schedules import months_after
from models.enums import CampaignStatus
from outreach import holidays
from outreach.errors import NotFound, Stale
from outreach.fields import is_code
from outreach.permissions import Deed
from outreach.planning.clashes import undecided
from outreach.planning.decisions import keep_clash, reopen_clash
from outreach.planning.horizon import MONTHS_AHEAD, horizon_end
from outreach.planning.yearly import (
    FIRST_YEAR,
    LAST_YEAR,
    LaneCampaign,
    activities_of_month,
    campaigns_of_year,
    year_plan,
)
from wording import days as day_words

CLASHES_SHOWN: Final = 20
ALL_CLASHES: Final = 200
ACTIVITIES_SHOWN: Final = 100

router = APIRouter()

KindAsked = Annotated[str, Query(max_length=64)]
PageAsked = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/plan")
def this_year(desk: TheDesk) -> Response:
    """The year of today."""
    return go_on(address(f"/plan/{desk.today.year}", unit=desk.request.query_params.get("unit")))


@router.get("/plan/{year}")
def show(
    desk: TheDesk,
    year: str,
    open: KindAsked = "",  # noqa: A002 - the word in the address
    page: PageAsked = 1,
    all: Annotated[bool, Query()] = False,  # noqa: A002 - the same
    since: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The plan of a year; `open` unfolds a kind of campaigns, `all` names more of the clashes, `since` later ones."""
    number = year_of(year)
    workdays = holidays.workdays(desk.session)
    running = campaigns_of_year(desk.session, desk.within, number)
    below, more = _below(running, open, page)
    plan = year_plan(desk.session, desk.within, number, campaigns=running, opened=[each.id for each in below])
    last = date(number, 12, 31)
    first = max(date(number, 1, 1), desk.today, min(_day(since), last))
    clashes = undecided(
        desk.session,
        desk.within,
        first=first,
        last=last,
        workdays=workdays,
        limit=ALL_CLASHES if all else CLASHES_SHOWN,
    )
    return desk.render(
        "year/plan.html",
        current="plan",
        page=year_page(
            plan,
            clashes,
            opened=open,
            below=below,
            more_lanes=more,
            workdays=workdays,
            today=desk.today,
            language=desk.language,
        ),
        clashes=clash_list(clashes, today=desk.today, zone=desk.zone, language=desk.language),
        unit=desk.unit,
        opened=open,
        lanes_page=page,
        may_plan=desk.may(Deed.PLAN),
        may_administer=desk.may(Deed.ADMINISTER),
        printed_on=_words(desk, desk.today),
        is_past=last < desk.today,
        looked_since="" if first <= desk.today else _words(desk, first) if since else "",
        looked_until="" if clashes.until >= last else _words(desk, clashes.until),
        look_on="" if clashes.until >= last else (clashes.until + date.resolution).isoformat(),
        planned_from=_planned_from(desk, number, running),
        months_ahead=MONTHS_AHEAD,
        before=number - 1 if number > FIRST_YEAR else None,
        after=number + 1 if number < LAST_YEAR else None,
    )


def _day(text: str) -> date:
    """A day of the address; the first of all days for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _planned_from(desk: Desk, year: int, running: Sequence[LaneCampaign]) -> str:
    """The day from which on a year whose campaigns lie beyond the horizon is planned, in words; else nothing."""
    first = date(year, 1, 1)
    if first <= horizon_end(desk.today) or all(each.status is not CampaignStatus.ACTIVE for each in running):
        return ""
    return _words(desk, months_after(first, -MONTHS_AHEAD))


def _words(desk: Desk, day: date) -> str:
    return day_words.day(day, today=desk.today, language=desk.language)


def _below(running: Sequence[LaneCampaign], kind: str, page: int) -> tuple[Sequence[LaneCampaign], int]:
    """The campaigns that stand as lanes of their own, and how many of the opened kind come after them."""
    if len(running) <= FOLDED_ABOVE:
        return running, 0
    theirs = [each for each in running if each.kind == kind]
    start = (page - 1) * LANES_SHOWN
    shown = theirs[start : start + LANES_SHOWN]
    return shown, max(0, len(theirs) - start - len(shown))


@router.post("/plan/{year}/decide")
def decide(desk: TheDesk, year: str, typed: TheTypedFields) -> Response:
    """Keep a clash as it is, with a note; or take that back."""
    number = year_of(year)
    decision = read_decision(typed.last)
    workdays = holidays.workdays(desk.session)
    here = f"/plan/{number}"
    again = {"facts": decision.facts, "day": decision.day.isoformat()}
    try:
        if not decision.keeps:
            reopen_clash(
                desk.session,
                decision.facts,
                desk.within,
                day=decision.day,
                by=desk.actor,
                today=desk.today,
                now=desk.now,
                workdays=workdays,
            )
            return desk.done(f"{here}#clashes", "year.clash_reopened")
        keep_clash(
            desk.session,
            decision.facts,
            desk.within,
            day=decision.day,
            reason=decision.note,
            by=desk.actor,
            today=desk.today,
            now=desk.now,
            workdays=workdays,
        )
    except (Stale, NotFound):
        return desk.not_done(f"{here}#clashes", Stale())
    return desk.done(
        f"{here}#clashes", "year.clash_kept", undo=Undo(f"{here}/decide", {**again, "do": "reopen"})
    )


@router.get("/plan/{year}/lane/{code}/{month}")
def month_of_lane(desk: TheDesk, year: str, code: str, month: str) -> Response:
    """The activities behind a cell, each with the way to move it."""
    number = year_of(year)
    if not (month.isascii() and month.isdecimal() and 1 <= int(month) <= 12):
        raise NotFound
    first = date(number, int(month), 1)
    lane = _lane(desk, number, code)
    found, count = activities_of_month(
        desk.session, lane.id, desk.within, first=first, last=_last_of(first), limit=ACTIVITIES_SHOWN
    )
    return desk.render(
        "year/lane.html",
        current="plan",
        page=lane_page(
            lane,
            found,
            count,
            first=first,
            workdays=holidays.workdays(desk.session),
            today=desk.today,
            language=desk.language,
        ),
        unit=desk.unit,
        may_plan=desk.may(Deed.PLAN),
    )


def _lane(desk: Desk, year: int, code: str) -> LaneCampaign:
    found = campaigns_of_year(desk.session, desk.within, year, code=code) if is_code(code) else ()
    if not found:
        raise NotFound
    return found[0]


def _last_of(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1) - date.resolution


def year_of(text: str) -> int:
    """The year of an address; raises NotFound for one without a page."""
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise NotFound
    if not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise NotFound
    return int(text)
