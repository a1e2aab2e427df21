"""The tally of a month, a quarter or a year: its figures, the records behind each, and closing the month."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.dependencies import CurrentActor, CurrentSession, Now, Today, Zone, get_actor
from api.pages.answers import go_on
from api.pages.owed import owed_address
from api.pages.rendering import frame, render
from api.pages.status import Status, done
from api.pages.unit_switch import UnitAsked, UnitSwitch, unit_switch
from api.presenters.cards import owed_card
from api.presenters.figure import figure_page
from api.presenters.periods import period_links
from api.presenters.tally import tally_page
from api.presenters.words import address, moment
from api.problems import language_of
from calendars.periods import Period, month_of
from models.enums import MonthState
from outreach import agenda, closing
from outreach.errors import Invalid, NotFound
from outreach.permissions import Actor, Deed, expect, reach
from outreach.sources import Place, sources
from outreach.tallies import TallyView, read_period, tally

SOURCES_SHOWN = 200
OWED_SHOWN = 5

router = APIRouter()


@router.get("/tally", dependencies=[Depends(get_actor)])
def present_month(today: Today) -> Response:
    """The month of today, so that the menu's entry needs no date."""
    return go_on(f"/tally/{month_of(today)}")


@router.get("/tally/{period}")
def figures(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    period: str,
    unit: UnitAsked = None,
) -> Response:
    """The figures of a unit and all below it, beside those of the period before and of the year before."""
    asked, language = _period(period), language_of(request)
    links = period_links(asked, today=today)
    switch = unit_switch(session, actor, unit, today=today)
    view = tally(session, asked, switch.chosen.id, language=language)
    shown = tally_page(
        view,
        asked,
        before=_other_tally(session, links.before, switch),
        year_before=None if links.is_year else _other_tally(session, links.year_before, switch),
        language=language,
    )
    owed = agenda.owed_outcomes(
        session,
        switch.within,
        today=today,
        now=now,
        since=asked.first,
        through=asked.last,
        limit=OWED_SHOWN,
    )
    return render(
        request,
        "tally.html",
        frame=frame(actor, switch, "tally"),
        tally=shown,
        links=links,
        owed=owed_card(owed, today=today, zone=zone, language=language),
        owed_at=owed_address(switch.chosen.code, since=asked.first, through=asked.last),
        choices=switch.choices,
        unit=switch.chosen,
        may_close=_may_close(session, actor, asked, switch, view, today=today),
        counted_at=moment(now, today=today, zone=zone, language=language),
    )


@router.get("/tally/{period}/close")
def ask_to_close(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    period: str,
    unit: UnitAsked = None,
) -> Response:
    """What closing freezes, and what is still missing: it cannot be undone, so it is asked first."""
    asked, language = _period(period), language_of(request)
    switch = unit_switch(session, actor, unit, today=today)
    expect(session, actor, Deed.SIGN, switch.chosen.id, on=today)
    view = tally(session, asked, switch.chosen.id, language=language)
    owed = agenda.owed_outcomes(
        session,
        switch.within,
        today=today,
        now=now,
        since=asked.first,
        through=asked.last,
        limit=OWED_SHOWN,
    )
    return render(
        request,
        "tally_close.html",
        frame=frame(actor, switch, "tally"),
        tally=tally_page(view, asked, before=None, year_before=None, language=language),
        owed=owed_card(owed, today=today, zone=zone, language=language),
        owed_at=owed_address(switch.chosen.code, since=asked.first, through=asked.last),
        unit=switch.chosen,
        may_close=_may_close(session, actor, asked, switch, view, today=today),
    )


@router.post("/tally/{period}/sign")
def sign(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    period: str,
    unit: Annotated[str, Form(max_length=64)],
) -> Response:
    """Put one's name under the month of the unit; it is closed by hand or by the clock afterwards."""
    asked = _period(period)
    switch = unit_switch(session, actor, unit, today=today)
    expect(session, actor, Deed.SIGN, switch.chosen.id, on=today)
    closing.sign_month(session, asked, switch.chosen.id, by=actor, today=today, now=now)
    return done(
        request,
        address(f"/tally/{asked}", unit=switch.chosen.code),
        Status("pages.signed_now", {"month": str(asked)}),
    )


@router.post("/tally/{period}/close")
def close(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    period: str,
    unit: Annotated[str, Form(max_length=64)],
) -> Response:
    """Freeze the month for the unit and all below it that is still open."""
    asked = _period(period)
    switch = unit_switch(session, actor, unit, today=today)
    expect(session, actor, Deed.SIGN, switch.chosen.id, on=today)
    closing.close_month(session, asked, switch.chosen.id, by=actor, today=today, now=now)
    back = address(f"/tally/{asked}", unit=switch.chosen.code)
    return go_on(back)


@router.get("/tally/{period}/{metric}")
def records(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    period: str,
    metric: str,
    unit: UnitAsked = None,
    after: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """A figure with its parts and the records that make it, as many as it says."""
    asked, language = _period(period), language_of(request)
    switch = unit_switch(session, actor, unit, today=today)
    place = None if after is None else _read_place(after)
    found = sources(session, asked, switch.chosen.id, metric, limit=SOURCES_SHOWN + 1, after=place)
    view = tally(session, asked, switch.chosen.id, language=language)
    shown = figure_page(
        view,
        asked,
        metric,
        found[:SOURCES_SHOWN],
        choices=switch.choices,
        is_all=after is None and len(found) <= SOURCES_SHOWN,
        today=today,
        language=language,
    )
    if shown is None:
        raise NotFound("tallies.no_line", period=str(asked), metric=metric)
    more = None
    if len(found) > SOURCES_SHOWN:
        last = _write_place(found[SOURCES_SHOWN - 1].place)
        more = address(f"/tally/{asked}/{metric}", unit=switch.chosen.code, after=last)
    return render(
        request,
        "figure.html",
        frame=frame(actor, switch, "tally"),
        figure=shown,
        unit=switch.chosen,
        more=more,
    )


def _period(text: str) -> Period:
    """The period of an address; one that cannot be read is an address of nothing."""
    try:
        return read_period(text)
    except Invalid as invalid:
        fault = invalid.faults[0]
        raise NotFound(fault.key, **fault.values) from None


def _other_tally(session: Session, period: Period | None, switch: UnitSwitch) -> TallyView | None:
    return None if period is None else tally(session, period, switch.chosen.id)


def _may_close(
    session: Session, actor: Actor, period: Period, switch: UnitSwitch, view: TallyView, *, today: date
) -> bool:
    """Whether to offer it: a month that is over and open, to somebody who may sign for the unit."""
    is_due = period.is_month and period.last < today and view.state is not MonthState.CLOSED
    return is_due and switch.chosen.id in reach(session, actor, Deed.SIGN, on=today)


def _write_place(place: Place) -> str:
    return "~".join(map(str, place))


def _read_place(text: str) -> Place:
    match text.split("~"):
        case [figure, day, kind, number] if figure.isdecimal() and number.isdecimal():
            return int(figure), day, kind, int(number)
        case _:
            raise NotFound
