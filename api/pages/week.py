"""The week: what happens from Monday to Sunday, with whom, and what is still owed."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.dependencies import CurrentActor, CurrentSession, Now, Today, Zone, get_office
from api.pages.owed import owed_address
from api.pages.rendering import frame, render
from api.pages.unit_switch import UnitAsked, unit_switch
from api.presenters.week import week_page
from api.problems import language_of
from outreach import agenda, holidays, runs
from outreach.errors import NotFound
from outreach.permissions import Actor, Deed, may
from wording.names import joined

SHOWN_A_DAY = 30
OWED_SHOWN = 7
FIRST_YEAR = 1901
LAST_YEAR = 2099
A_WEEK = timedelta(days=7)

router = APIRouter()

DayAsked = Annotated[str | None, Query(max_length=10)]


@router.get("/")
def this_week(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    unit: UnitAsked = None,
    day: DayAsked = None,
) -> Response:
    """The week of today."""
    monday = today - timedelta(days=today.weekday())
    return week(request, session, actor, today, now, zone, monday.isoformat(), unit, day)


@router.get("/week/{monday}")
def week(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    monday: str,
    unit: UnitAsked = None,
    day: DayAsked = None,
) -> Response:
    """The week that holds a day; `day` shows all of one of its days, however many there are."""
    asked = _day(monday)
    first = asked - timedelta(days=asked.weekday())
    switch = unit_switch(session, actor, unit, today=today)
    whole = None if day is None else _day(day)
    span = (first, first + timedelta(days=6)) if whole is None else (whole, whole)
    found = agenda.agenda(
        session,
        switch.within,
        first=span[0],
        last=span[1],
        today=today,
        now=now,
        per_day=SHOWN_A_DAY if whole is None else None,
    )
    shown = week_page(
        found,
        agenda.owed_outcomes(session, switch.within, today=today, now=now, limit=OWED_SHOWN),
        workdays=holidays.workdays(session),
        today=today,
        zone=zone,
        language=language_of(request),
    )
    is_this_week = first <= today < first + A_WEEK
    return render(
        request,
        "week.html",
        frame=frame(actor, switch.choices, "week"),
        week=shown,
        owed_at=owed_address(switch.chosen.code),
        choices=switch.choices,
        unit=switch.chosen,
        before=_other(first, -A_WEEK),
        after=_other(first, A_WEEK),
        monday=first,
        is_this_week=is_this_week,
        failing=_failing(request, session, actor) if is_this_week else "",
        is_one_day=whole is not None,
    )


def _failing(request: Request, session: Session, actor: Actor) -> str:
    """What should have happened by itself and did not, by name, for those who have to know."""
    if not may(actor, Deed.PLAN):
        return ""
    language = language_of(request)
    failing = runs.failing(session, get_office(request).jobs)
    return joined([runs.say_job(job, language=language) for job in failing], language=language)


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
