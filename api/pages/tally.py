"""The tally of a month, a quarter or a year: its figures, the records behind each, and closing the month."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import Response

from api.dependencies import Today, get_actor
from api.pages.answers import go_on
from api.pages.desk import Desk, TheDesk
from api.pages.owed import owed_address
from api.presenters.cards import OwedCard, owed_card
from api.presenters.figure import figure_page
from api.presenters.periods import period_links
from api.presenters.tally import tally_page
from api.presenters.words import address, moment
from calendars.periods import Period, month_of
from models.enums import MonthState
from outreach import agenda, closing
from outreach.errors import Invalid, NotFound
from outreach.permissions import Deed, expect
from outreach.sources import Place, sources
from outreach.tallies import TallyView, figure, read_period, tally, totals

SOURCES_SHOWN = 200
OWED_SHOWN = 5

router = APIRouter()


@router.get("/tally", dependencies=[Depends(get_actor)])
def present_month(today: Today) -> Response:
    """The month of today, so that the menu's entry needs no date."""
    return go_on(f"/tally/{month_of(today)}")


@router.get("/tally/{period}")
def figures(desk: TheDesk, period: str) -> Response:
    """The figures of a unit and all below it, beside those of the period before and of the year before."""
    asked = _period(period)
    links = period_links(asked, today=desk.today)
    earlier = [links.before, None if links.is_year else links.year_before]
    periods = list(dict.fromkeys(period for period in (asked, *earlier) if period is not None))
    views = dict(
        zip(
            periods,
            totals(desk.session, periods, desk.unit.id, language=desk.language),
            strict=True,
        )
    )
    before, year_before = (None if period is None else views[period] for period in earlier)
    view = views[asked]
    shown = tally_page(view, asked, before=before, year_before=year_before, language=desk.language)
    return desk.render(
        "tally.html",
        current="tally",
        tally=shown,
        links=links,
        owed=_owed(desk, asked),
        owed_at=owed_address(desk.unit.code, since=asked.first, through=asked.last),
        unit=desk.unit,
        may_close=_may_close(desk, asked, view),
        counted_at=moment(desk.now, today=desk.today, zone=desk.zone, language=desk.language),
    )


@router.get("/tally/{period}/close")
def ask_to_close(desk: TheDesk, period: str) -> Response:
    """What closing freezes, and what is still missing: it cannot be undone, so it is asked first."""
    asked = _period(period)
    _expect_signer(desk)
    view = tally(desk.session, asked, desk.unit.id, language=desk.language)
    return desk.render(
        "tally_close.html",
        current="tally",
        tally=tally_page(view, asked, before=None, year_before=None, language=desk.language),
        owed=_owed(desk, asked),
        owed_at=owed_address(desk.unit.code, since=asked.first, through=asked.last),
        unit=desk.unit,
        may_close=_may_close(desk, asked, view),
    )


@router.post("/tally/{period}/sign")
def sign(desk: TheDesk, period: str, unit: Annotated[str, Form(max_length=64)]) -> Response:
    """Put one's name under the month of the unit; it is closed by hand or by the clock afterwards."""
    asked, desk = _period(period), desk.looking_at(unit)
    _expect_signer(desk)
    closing.sign_month(desk.session, asked, desk.unit.id, by=desk.actor, today=desk.today, now=desk.now)
    return desk.done(address(f"/tally/{asked}", unit=desk.unit.code), "pages.signed_now", month=str(asked))


@router.post("/tally/{period}/close")
def close(desk: TheDesk, period: str, unit: Annotated[str, Form(max_length=64)]) -> Response:
    """Freeze the month for the unit and all below it that is still open."""
    asked, desk = _period(period), desk.looking_at(unit)
    _expect_signer(desk)
    closing.close_month(desk.session, asked, desk.unit.id, by=desk.actor, today=desk.today, now=desk.now)
    return go_on(address(f"/tally/{asked}", unit=desk.unit.code))


@router.get("/tally/{period}/{metric}")
def records(
    desk: TheDesk, period: str, metric: str, after: Annotated[str | None, Query(max_length=400)] = None
) -> Response:
    """A figure with its parts and the records that make it, as many as it says."""
    asked = _period(period)
    place = None if after is None else _read_place(after)
    found = sources(desk.session, asked, desk.unit.id, metric, limit=SOURCES_SHOWN + 1, after=place)
    view = figure(desk.session, asked, desk.unit.id, metric, language=desk.language)
    shown = figure_page(
        view,
        asked,
        metric,
        found[:SOURCES_SHOWN],
        choices=desk.switch.choices,
        is_all=after is None and len(found) <= SOURCES_SHOWN,
        today=desk.today,
        language=desk.language,
    )
    if shown is None:
        raise NotFound("tallies.no_line", period=str(asked), metric=metric)
    more = None
    if len(found) > SOURCES_SHOWN:
        last = _write_place(found[SOURCES_SHOWN - 1].place)
        more = address(f"/tally/{asked}/{metric}", unit=desk.unit.code, after=last)
    return desk.render("figure.html", current="tally", figure=shown, unit=desk.unit, more=more)


def _period(text: str) -> Period:
    """The period of an address; one that cannot be read is an address of nothing."""
    try:
        return read_period(text)
    except Invalid as invalid:
        fault = invalid.faults[0]
        raise NotFound(fault.key, **fault.values) from None


def _owed(desk: Desk, period: Period) -> OwedCard:
    """What is still missing in the figures of the period."""
    found = agenda.owed_outcomes(
        desk.session,
        desk.within,
        today=desk.today,
        now=desk.now,
        since=period.first,
        through=period.last,
        limit=OWED_SHOWN,
    )
    return owed_card(found, today=desk.today, zone=desk.zone, language=desk.language)


def _expect_signer(desk: Desk) -> None:
    expect(desk.session, desk.actor, Deed.SIGN, desk.unit.id, on=desk.today)


def _may_close(desk: Desk, period: Period, view: TallyView) -> bool:
    """Whether to offer it: a month that is over and open, to somebody who may sign for the unit."""
    is_due = period.is_month and period.last < desk.today and view.state is not MonthState.CLOSED
    return is_due and desk.reaches(Deed.SIGN, desk.unit.id)


def _write_place(place: Place) -> str:
    return "~".join(map(str, place))


def _read_place(text: str) -> Place:
    match text.split("~"):
        case [figure, day, kind, number] if figure.isdecimal() and number.isdecimal():
            return int(figure), day, kind, int(number)
        case _:
            raise NotFound
