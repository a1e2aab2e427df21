"""The week: what happens from Monday to Sunday, with whom, and what is still owed."""

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.desk import TheDesk
from api.pages.owed import owed_address
from api.presenters.week import week_page
from calendars.periods import month_of
from outreach import agenda, holidays
from outreach.errors import NotFound
from outreach.permissions import Deed
from outreach.spans import span

SHOWN_A_DAY: Final = 20
SHOWN_OF_ONE_DAY: Final = 500
OWED_SHOWN: Final = 7
FIRST_YEAR: Final = 1901
LAST_YEAR: Final = 2099
A_WEEK: Final = timedelta(days=7)

router = APIRouter()

DayAsked = Annotated[str | None, Query(max_length=10)]


@router.get("/week")
def this_week(desk: TheDesk, day: DayAsked = None) -> Response:
    """The week of today, or of the day that is asked for."""
    return week(desk, desk.today.isoformat() if day is None else day, day)


@router.get("/week/{monday}")
def week(desk: TheDesk, monday: str, day: DayAsked = None) -> Response:
    """The week that holds a day; `day` shows all of one of its days."""
    asked = _day(monday)
    first = asked - timedelta(days=asked.weekday())
    whole = None if day is None else _day(day)
    days = (first, first + timedelta(days=6)) if whole is None else (whole, whole)
    shown = week_page(
        span(
            desk.session,
            desk.within,
            first=days[0],
            last=days[1],
            today=desk.today,
            now=desk.now,
            per_day=SHOWN_A_DAY if whole is None else SHOWN_OF_ONE_DAY,
        ),
        agenda.owed_outcomes(
            desk.session,
            desk.within,
            today=desk.today,
            now=desk.now,
            limit=OWED_SHOWN,
        ),
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
        before=_other(first, -A_WEEK),
        after=_other(first, A_WEEK),
        monday=first,
        month=month_of(desk.today if is_this_week else first),
        is_this_week=is_this_week,
        is_one_day=whole is not None,
        may_plan=desk.may(Deed.PLAN),
    )


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
