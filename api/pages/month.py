"""The month: what happens when, where people are missing, and one of its days in full."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.answers import go_on
from api.pages.desk import TheDesk
from api.presenters.month import SHOWN_A_DAY, MonthWords, Wanted, grid_of
from api.versions import id_of
from calendars.periods import Period, PeriodFault, month_of, parse_period
from models.base import ActivityId, TeamId
from outreach import assignment, holidays
from outreach.day_notes import notes_of_day
from outreach.errors import Conflict, NotFound
from outreach.permissions import Deed
from outreach.spans import SpanAsked, span, teams_of_span
from outreach.standings import Standing

FIRST_YEAR: Final = 1901
LAST_YEAR: Final = 2099
VIEWS: Final = ("grid", "list")

router = APIRouter()

Text = Annotated[str | None, Query(max_length=64)]


@router.get("/calendar")
def this_month(desk: TheDesk) -> Response:
    """The month of today."""
    return go_on(f"/calendar/{month_of(desk.today)}")


@router.get("/calendar/{month}")
def month(
    desk: TheDesk,
    month: str,
    day: Text = None,
    kind: Text = None,
    team: Text = None,
    state: Text = None,
    view: Text = None,
) -> Response:
    """One month; `day` is looked at in full, `kind`, `team` and `state` narrow it down, `view` is grid or list."""
    wanted = Wanted(
        _month(month), kind or None, team or None, _standing(state), view if view in VIEWS else None
    )
    first, last = grid_of(wanted.month)
    looked_at = _day(day, first, last) or _usual_day(wanted.month, desk.today)
    teams = teams_of_span(desk.session, desk.within, first=first, last=last, and_code=wanted.team)
    found = span(
        desk.session,
        desk.within,
        first=first,
        last=last,
        today=desk.today,
        now=desk.now,
        per_day=SHOWN_A_DAY,
        asked=SpanAsked(wanted.kind, _team(teams, wanted.team), wanted.standing),
        counted=(wanted.month.first, wanted.month.last),
        look_at=looked_at,
    )
    words = MonthWords(desk.today, desk.zone, desk.language, holidays.workdays(desk.session))
    notes = notes_of_day(desk.session, desk.within, looked_at)
    return desk.render(
        "month/month.html",
        current="month",
        page=words.page(found, wanted, looked_at, notes),
        wanted=wanted,
        teams=teams,
        is_asked_day=day is not None,
        is_this_month=wanted.month == month_of(desk.today),
        before=_other(wanted.month, -1),
        after=_other(wanted.month, 1),
        may_plan=desk.may(Deed.PLAN),
        may_staff=desk.may(Deed.RECORD),
    )


@router.get("/a/{activity_id}/first-choice")
def first_choice(desk: TheDesk, activity_id: str) -> Response:
    """Who would be asked first, with the reason, as a piece of a page; empty where nobody can be proposed."""
    try:
        ranking = assignment.ranked(
            desk.session,
            ActivityId(id_of(activity_id)),
            None,
            by=desk.actor,
            today=desk.today,
            zone=desk.zone,
            now=desk.now,
            limit=1,
        )
    except Conflict:
        return desk.piece("month/first_choice.html", name="", reason="")
    best = next(iter(ranking.candidates), None)
    reason = (
        None if best is None else assignment.say_reason(best.reason, today=desk.today, language=desk.language)
    )
    return desk.piece("month/first_choice.html", name="" if best is None else best.name, reason=reason or "")


def _month(text: str) -> Period:
    try:
        found = parse_period(text)
    except PeriodFault:
        raise NotFound from None
    if not found.is_month or not FIRST_YEAR <= found.first.year <= LAST_YEAR:
        raise NotFound
    return found


def _day(text: str | None, first: date, last: date) -> date | None:
    """The day that is looked at; one that the grid does not show is none."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if first <= found <= last else None


def _usual_day(month: Period, today: date) -> date:
    return today if month.first <= today <= month.last else month.first


def _standing(text: str | None) -> Standing | None:
    return Standing(text) if text in set(Standing) else None


def _team(teams: Sequence[tuple[TeamId, str, str]], code: str | None) -> TeamId | None:
    if code is None:
        return None
    found = next((team_id for team_id, known, _ in teams if known == code), None)
    if found is None:
        raise NotFound
    return found


def _other(month: Period, apart: int) -> Period | None:
    """Another month; none outside the years that have pages."""
    passed = month.first.year * 12 + month.first.month - 1 + apart
    year = passed // 12
    return month_of(date(year, passed % 12 + 1, 1)) if FIRST_YEAR <= year <= LAST_YEAR else None
