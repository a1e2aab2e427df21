"""Units 单位: the tree."""

from typing import Annotated, cast

from fastapi import APIRouter, Query

from api.dependencies import CurrentActor, CurrentSession, Now, Planner, Today
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.units import UnitChange, UnitIn, UnitOut
from api.schemas.values import CodeAsked, Words
from outreach import organisation
from outreach.organisation import UnitColumns
from outreach.permissions import seen

router = APIRouter(prefix="/units", tags=["units"])


@router.get("", summary="Units within one's rights")
def list_units(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    q: Annotated[Words | None, Query(description="A part of the name, or the code.")] = None,
    kind: Annotated[Words | None, Query()] = None,
) -> Listing[UnitOut]:
    found = organisation.units(
        session,
        within=seen(session, actor, on=today),
        today=today,
        after=page.after_id,
        limit=page.one_more,
        words=q,
        kind=kind,
    )
    return page.page(found, UnitOut.model_validate, lambda unit: (unit.id,))


@router.post("", status_code=201, summary="Add a unit", responses=refusals(409, 413, 415))
def add_unit(session: CurrentSession, actor: Planner, today: Today, now: Now, unit: UnitIn) -> UnitOut:
    columns = cast(UnitColumns, unit.columns())
    return UnitOut.model_validate(organisation.found_unit(session, columns, by=actor, today=today, now=now))


@router.get("/{code}", summary="One unit")
def get_unit(session: CurrentSession, actor: CurrentActor, today: Today, code: CodeAsked) -> UnitOut:
    within = seen(session, actor, on=today)
    return UnitOut.model_validate(organisation.unit(session, code, within=within, today=today))


@router.patch("/{code}", summary="Rename or move a unit", responses=refusals(409, 413, 415))
def change_unit(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    code: CodeAsked,
    unit: UnitChange,
) -> UnitOut:
    columns = cast(UnitColumns, unit.columns())
    return UnitOut.model_validate(
        organisation.change_unit(session, code, columns, by=actor, today=today, now=now)
    )
