"""The holidays of each year: by pasted notice or marked by hand, and what moves before it is saved."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.forms.holidays import days_told, readable_days
from api.forms.typed import TheTypedFields, TypedFields
from api.pages.answers import go_on
from api.pages.desk import Desk, RehearsalDesk, TheDesk
from api.pages.settings.layout import expect_administrator, expect_reader, render_section
from api.pages.status import Undo
from api.presenters.forms import FormShown, fault_words
from api.presenters.settings.holidays import (
    Follows,
    announced_or_forecast,
    doubt_words,
    follows,
    outside,
    understood_rows,
    unread_lines,
    year_of_days,
    year_rows,
)
from calendars.holiday_notices import NoticeRead, read_notice
from calendars.workdays import Workdays, YearCalendar
from outreach.errors import Invalid, NotFound, Stale
from outreach.holidays import (
    FIRST_YEAR,
    LAST_YEAR,
    campaigns_moved,
    expect_notice,
    forget_notice,
    notices_entered,
    take_notice,
    version_of_notice,
    workdays,
)
from outreach.planning import PlanReport, horizon_end, plan
from wording.sentences import say

ADDRESS: Final = "/settings/holidays"
YEARS_BEFORE: Final = 2

router = APIRouter()
Year = Annotated[int, Path(ge=1, le=9999)]


@router.get(ADDRESS)
def years(desk: TheDesk, year: Annotated[str | None, Query(max_length=10)] = None) -> Response:
    """The years near today and those that were entered; `?year=` leads on to one."""
    expect_reader(desk)
    if year and year.strip().isdecimal() and FIRST_YEAR <= int(year) <= LAST_YEAR:
        return go_on(f"{ADDRESS}/{int(year)}")
    entered, known = notices_entered(desk.session), workdays(desk.session)
    this = desk.today.year
    shown = sorted({*range(this - YEARS_BEFORE, this + 2), *entered}, reverse=True)
    return render_section(
        desk,
        "holidays",
        "holidays.html",
        address=ADDRESS,
        rows=year_rows(shown, entered, known, desk.language),
        missing="" if known.is_official(this + 1) else str(this + 1),
        first=FIRST_YEAR,
        last=LAST_YEAR,
        next_year=this + 1,
    )


@router.get(ADDRESS + "/{year}")
def one_year(desk: TheDesk, year: Year) -> Response:
    """The calendar of a year with its days marked as they stand."""
    expect_reader(desk)
    standing = _standing(desk, year)
    return _page(desk, standing, standing.calendar, FormShown({}))


@router.post(ADDRESS + "/{year}/read")
def read_pasted(desk: RehearsalDesk, year: Year, fields: TheTypedFields) -> Response:
    """What a pasted notice says: the days marked in the calendar, what was not understood, and what would move."""
    expect_administrator(desk)
    standing, text = _standing(desk, year), fields.last.get("text", "")
    if not text.strip():
        missing = {"text": say("holidays.paste_missing", language=desk.language)}
        return _page(desk, standing, standing.calendar, FormShown(fields.last, missing), status=422)
    read = read_notice(text, year)
    is_empty = not read.calendar.free and not read.calendar.work
    foreseen = None if is_empty else _foreseen(desk, standing, read.calendar)
    marked = standing.calendar if is_empty else read.calendar
    if not read.understood and not read.doubts:
        read = replace(read, doubts=tuple(unread_lines(text)))
    return _page(desk, standing, marked, FormShown(fields.last), read=read, foreseen=foreseen)


@router.post(ADDRESS + "/{year}/check")
def check(desk: RehearsalDesk, year: Year, fields: TheTypedFields) -> Response:
    """Which activities would move if the marked days counted. Nothing of it is kept."""
    expect_administrator(desk)
    standing = _standing(desk, year)
    try:
        told = days_told(fields, year)
    except Invalid as error:
        return _refused(desk, standing, fields, error)
    foreseen = _foreseen(desk, standing, told.calendar)
    return _page(desk, standing, told.calendar, FormShown(fields.last), foreseen=foreseen)


@router.post(ADDRESS + "/{year}")
def save(desk: TheDesk, year: Year, fields: TheTypedFields) -> Response:
    """Keep the marked days and plan anew; `do=forget` goes back to what is known without them."""
    expect_administrator(desk)
    standing = _standing(desk, year)
    try:
        told = days_told(fields, year)
    except Invalid as error:
        return _refused(desk, standing, fields, error)
    forgets = fields.last.get("do") == "forget"
    try:
        with desk.attempt():
            expect_notice(desk.session, year, told.version)
            report = _kept(desk, year, None if forgets else told.calendar)
    except Stale:
        refusal = say("holidays.somebody_was_first", language=desk.language)
        form = FormShown({}, refusal=refusal)
        return _page(desk, standing, told.calendar, form, status=412)
    if report is None:
        return desk.done(f"{ADDRESS}/{year}", "settings_page.nothing_changed")
    undo = _back(standing, version_of_notice(None if forgets else told.calendar))
    key = "holidays.forgotten" if forgets else "holidays.saved"
    return desk.done(f"{ADDRESS}/{year}", key, undo=undo, year=str(year), moved=str(report.moved))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a year before anything is tried; `entered` is None where nobody entered it."""

    year: int
    entered: YearCalendar | None
    workdays: Workdays

    @property
    def calendar(self) -> YearCalendar:
        return self.entered or announced_or_forecast(self.year, self.workdays)


def _standing(desk: Desk, year: int) -> Standing:
    """Raises NotFound for a year that nobody plans in."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound
    entered = notices_entered(desk.session)
    return Standing(year, entered.get(year), Workdays.of(entered))


def _kept(desk: Desk, year: int, calendar: YearCalendar | None) -> PlanReport | None:
    """What the planner then did; None when it was so already."""
    if calendar is None:
        has_changed = forget_notice(desk.session, year, by=desk.actor, now=desk.now)
    else:
        has_changed = take_notice(desk.session, year, calendar, by=desk.actor, now=desk.now)
    return _planned(desk) if has_changed else None


def _back(standing: Standing, version: int) -> Undo:
    """The form that puts back what was entered before, or that nothing was."""
    address, fields = f"{ADDRESS}/{standing.year}", {"version": str(version)}
    if standing.entered is None:
        return Undo(address, {**fields, "do": "forget"})
    days = {"free": standing.entered.free, "work": standing.entered.work}
    return Undo(address, fields | {name: _written(each) for name, each in days.items()})


def _written(days: Iterable[date]) -> str:
    return " ".join(day.isoformat() for day in sorted(days))


def _foreseen(desk: Desk, standing: Standing, calendar: YearCalendar) -> Follows:
    """Take it and plan, in a transaction that keeps nothing. What the planner owes anyway is planned first."""
    _planned(desk)
    take_notice(desk.session, standing.year, calendar, by=desk.actor, now=desk.now)
    report = _planned(desk)
    return follows(
        standing.workdays,
        workdays(desk.session),
        standing.year,
        report,
        campaigns_moved(desk.session, report.moves),
        today=desk.today,
        language=desk.language,
    )


def _planned(desk: Desk) -> PlanReport:
    return plan(
        desk.session,
        today=desk.today,
        through=horizon_end(desk.today),
        zone=desk.zone,
        workdays=workdays(desk.session),
        by=desk.actor,
        now=desk.now,
        seek_conflicts=False,
    )


def _refused(desk: Desk, standing: Standing, fields: TypedFields, error: Invalid) -> Response:
    """The calendar again with the days that could be read."""
    marked = YearCalendar(*(readable_days(fields.all(name)) for name in ("free", "work")))
    form = FormShown(fields.last, fault_words(error.faults, language=desk.language))
    return _page(desk, standing, marked, form, status=422)


def _page(
    desk: Desk,
    standing: Standing,
    marked: YearCalendar,
    form: FormShown,
    *,
    status: int = 200,
    read: NoticeRead | None = None,
    foreseen: Follows | None = None,
) -> Response:
    year, today, language = standing.year, desk.today, desk.language
    entered = () if standing.entered is None else (year,)
    return render_section(
        desk,
        "holidays",
        "holidays_year.html",
        status=status,
        address=f"{ADDRESS}/{year}",
        year=year,
        row=year_rows([year], entered, standing.workdays, language)[0],
        version=form.typed.get("version") or version_of_notice(standing.entered),
        is_entered=standing.entered is not None,
        months=year_of_days(year, marked, language),
        outside=outside(year, marked),
        form=form,
        understood=None if read is None else understood_rows(read, today=today, language=language),
        doubts=() if read is None else doubt_words(read.doubts, today=today, language=language),
        foreseen=foreseen,
    )
