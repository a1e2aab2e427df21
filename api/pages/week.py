"""The week: what happens from Monday to Sunday, with whom, and what is still owed."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.desk import Desk, TheDesk
from api.pages.owed import owed_address
from api.presenters.week import week_page
from outreach import agenda, holidays, runs
from outreach.errors import NotFound
from outreach.permissions import Deed
from wording.names import joined

SHOWN_A_DAY = 30
OWED_SHOWN = 7
FIRST_YEAR = 1901
LAST_YEAR = 2099
A_WEEK = timedelta(days=7)

router = APIRouter()

DayAsked = Annotated[str | None, Query(max_length=10)]


@router.get("/")
def this_week(desk: TheDesk, day: DayAsked = None) -> Response:
    """The week of today."""
    monday = desk.today - timedelta(days=desk.today.weekday())
    return week(desk, monday.isoformat(), day)


@router.get("/week/{monday}")
def week(desk: TheDesk, monday: str, day: DayAsked = None) -> Response:
    """The week that holds a day; `day` shows all of one of its days, however many there are."""
    asked = _day(monday)
    first = asked - timedelta(days=asked.weekday())
    whole = None if day is None else _day(day)
    span = (first, first + timedelta(days=6)) if whole is None else (whole, whole)
    found = agenda.agenda(
        desk.session,
        desk.within,
        first=span[0],
        last=span[1],
        today=desk.today,
        now=desk.now,
        per_day=SHOWN_A_DAY if whole is None else None,
    )
    owed = agenda.owed_outcomes(desk.session, desk.within, today=desk.today, now=desk.now, limit=OWED_SHOWN)
    shown = week_page(
        found,
        owed,
        workdays=holidays.workdays(desk.session),
        today=desk.today,
        zone=desk.zone,
        language=desk.language,
    )
    is_this_week = first <= desk.today < first + A_WEEK
    return desk.render(
        "week.html",
        current="week",
        week=shown,
        owed_at=owed_address(desk.unit.code),
        choices=desk.switch.choices,
        unit=desk.unit,
        before=_other(first, -A_WEEK),
        after=_other(first, A_WEEK),
        monday=first,
        is_this_week=is_this_week,
        failing=_failing(desk) if is_this_week else "",
        is_one_day=whole is not None,
    )


def _failing(desk: Desk) -> str:
    """What should have happened by itself and did not, by name, for those who have to know."""
    if not desk.may(Deed.PLAN):
        return ""
    failing = runs.failing(desk.session, desk.office.jobs)
    return joined([runs.say_job(job, language=desk.language) for job in failing], language=desk.language)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NotFound
    return day


def _other(monday: date, apart: timedelta) -> date | None:
    """Another week's Monday; none outside the years that have pages."""
    other = monday + apart
    return other if FIRST_YEAR <= other.year <= LAST_YEAR else None
