"""Tallies 月报: a period's figures in four forms, the records behind each, closing a month and correcting it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.orm import Session

from api.dependencies import CurrentActor, CurrentSession, Language, Now, Today, Zone
from api.pagination import Listing, Page, Paging, bad_cursor
from api.problems import refusals
from api.schemas.tallies import AdjustmentIn, ClosingIn, CorrectionOut, SourceOut, TallyOut
from calendars.periods import Period
from models.base import UnitId
from outreach import closing, documents, organisation
from outreach import sources as records
from outreach.errors import Invalid, NotFound, invalid
from outreach.fields import FIRST_YEAR, LAST_YEAR
from outreach.permissions import Actor, Deed, expect, seen
from outreach.sources import Place
from outreach.tallies import TallyView, read_period, tally
from outreach.unit_choices import unit_choices

router = APIRouter(prefix="/tallies", tags=["tallies"])

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FORMS: Mapping[str, tuple[str, Callable[[TallyView, str], bytes]]] = MappingProxyType(
    {
        "csv": ("text/csv; charset=utf-8", lambda view, _language: documents.as_csv(view)),
        "xlsx": (XLSX, lambda view, language: documents.as_xlsx(view, language=language)),
        "docx": (DOCX, lambda view, language: documents.as_docx(view, language=language)),
    }
)

UnitAsked = Annotated[
    str | None, Query(description="A unit, with all below it; the root of one's rights when left out.")
]
PeriodAsked = Annotated[
    str,
    Path(
        description="2026-09, 2026-Q3 or 2026; for a file with .csv, .xlsx or .docx behind it.",
        examples=["2026-09", "2026-Q3.xlsx"],
    ),
]
MonthAsked = Annotated[str, Path(description="A month.", examples=["2026-09"])]


@router.get(
    "/{period}",
    summary="The tally of a period",
    response_model=TallyOut,
    responses={
        200: {
            "content": {
                kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                for kind, _ in _FORMS.values()
            }
        }
    },
)
def get_tally(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    zone: Zone,
    language: Language,
    period: PeriodAsked,
    unit: UnitAsked = None,
) -> TallyOut | Response:
    """`flow` adds over months and units, `distinct` counts people again, `stock` is the last value."""
    name, ending = _parted(period)
    asked = _period(name)
    view = tally(session, asked, _unit(session, actor, today, unit), language=language)
    if ending is None:
        return _shown(view, zone)
    media_type, written = _FORMS[ending]
    file = quote(f"{view.unit}-{view.period}.{ending}")
    disposition = f"attachment; filename=\"tally-{view.period}.{ending}\"; filename*=UTF-8''{file}"
    return Response(
        written(view, language), media_type=media_type, headers={"Content-Disposition": disposition}
    )


@router.get("/{period}/lines/{metric}/sources", summary="Every record behind a figure")
def list_sources(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    period: PeriodAsked,
    metric: Annotated[str, Path(examples=["visits.person_times"])],
    unit: UnitAsked = None,
) -> Listing[SourceOut]:
    """As many as the line's `sources` says."""
    found = records.sources(
        session,
        _period(period),
        _unit(session, actor, today, unit),
        metric,
        limit=page.one_more,
        after=_place(page),
    )
    return page.page(found, SourceOut.model_validate, lambda source: source.place)


@router.post("/{month}/sign", summary="Sign a month for a unit", responses=refusals(409, 413, 415))
def sign(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    language: Language,
    month: MonthAsked,
    asked: ClosingIn | None = None,
    unit: UnitAsked = None,
) -> TallyOut:
    """Put one's name under it; it stays open until it is closed, and whoever signs later replaces the name."""
    period = _period(month)
    unit_id = _unit_told(session, actor, today, unit, asked.unit if asked else None)
    expect(session, actor, Deed.SIGN, unit_id, on=today)
    closing.sign_month(session, period, unit_id, by=actor, today=today, now=now)
    return _shown(tally(session, period, unit_id, language=language), zone)


@router.post("/{month}/close", summary="Freeze a month for a unit", responses=refusals(409, 413, 415))
def close(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    language: Language,
    month: MonthAsked,
    asked: ClosingIn | None = None,
    unit: UnitAsked = None,
) -> TallyOut:
    """Every unit below it that is still open is closed with it. There is no way back, only corrections."""
    period = _period(month)
    unit_id = _unit_told(session, actor, today, unit, asked.unit if asked else None)
    expect(session, actor, Deed.SIGN, unit_id, on=today)
    closing.close_month(session, period, unit_id, by=actor, today=today, now=now)
    return _shown(tally(session, period, unit_id, language=language), zone)


@router.post(
    "/{month}/adjustments",
    status_code=201,
    summary="Correct a closed month",
    responses=refusals(409, 413, 415),
)
def adjust(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    language: Language,
    month: MonthAsked,
    adjustment: AdjustmentIn,
    unit: UnitAsked = None,
) -> CorrectionOut:
    """The closed figures stay; the signed correction counts in the unit's first open month."""
    period = _period(month)
    unit_id = _unit_told(session, actor, today, unit, adjustment.unit)
    expect(session, actor, Deed.SIGN, unit_id, on=today)
    closing.adjust(
        session,
        period,
        unit_id,
        metric=adjustment.metric,
        value=adjustment.value,
        reason=adjustment.reason,
        qualifier=adjustment.qualifier,
        dimensions=adjustment.dimensions,
        by=actor,
        now=now,
    )
    # The corrections are in the order in which they were made, and nobody else makes one meanwhile.
    return _shown(tally(session, period, unit_id, language=language), zone).adjustments[-1]


def _shown(view: TallyView, zone: ZoneInfo) -> TallyOut:
    corrections = [replace(each, at=each.at and each.at.astimezone(zone)) for each in view.adjustments]
    return TallyOut.model_validate(replace(view, adjustments=corrections))


def _parted(period: str) -> tuple[str, str | None]:
    """A period and the form that its ending asks for; raises NotFound for an ending that is none."""
    name, dot, ending = period.partition(".")
    if dot and ending not in _FORMS:
        raise NotFound
    return name, ending or None


def _period(text: str) -> Period:
    """The period in a path; what is none is not found rather than refused."""
    try:
        period = read_period(text)
    except Invalid:
        raise NotFound from None
    if not FIRST_YEAR <= period.first.year <= LAST_YEAR:
        raise NotFound
    return period


def _unit(session: Session, actor: Actor, today: date, code: str | None) -> UnitId:
    """The unit of a code; without one the first, in the order of the tree, of those that one sees."""
    within = seen(session, actor, on=today)
    if code is not None:
        return organisation.unit_id_of(session, code, within=within)
    for choice in unit_choices(session, within, on=today):
        return choice.id
    raise NotFound


def _unit_told(session: Session, actor: Actor, today: date, asked: str | None, told: str | None) -> UnitId:
    """The unit that a query asks for or a body tells; a foreign or unknown code in a body is a fault of the body."""
    if told is None or asked is not None:
        return _unit(session, actor, today, asked)
    known = organisation.find_units(session, [told], within=seen(session, actor, on=today))
    if told not in known:
        raise invalid("unit", "errors.unknown_code", code=told)
    return known[told]


def _place(page: Paging) -> Place | None:
    """The place in the list of sources that a cursor names."""
    match page.after:
        case None:
            return None
        case (int(figure), str(day), str(kind), int(record_id)):
            return figure, day, kind, record_id
        case _:
            raise bad_cursor()
