"""Pairings 结对."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query

from api.dependencies import CurrentActor, CurrentSession, Now, Planner, Today
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.pairings import LiaisonLoadOut, PairingChange, PairingIn, PairingOut
from api.schemas.values import CodeAsked, Words
from outreach import pairings
from outreach.pairings import PairingColumns, PairingsAsked
from outreach.permissions import seen

router = APIRouter(prefix="/pairings", tags=["pairings"])


def asked_for(
    unit: Annotated[str | None, Query(description="Of supporters of this unit and below.")] = None,
    kind: Annotated[Words | None, Query()] = None,
    person: Annotated[str | None, Query(description="With this person on either side.")] = None,
    active: Annotated[bool | None, Query(description="Whether today lies within since and until.")] = None,
) -> PairingsAsked:
    return PairingsAsked(unit_code=unit, kind=kind, person_code=person, active=active)


@router.get("", summary="Pairings whose supporter is within one's rights")
def list_pairings(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    asked: Annotated[PairingsAsked, Depends(asked_for)],
) -> Listing[PairingOut]:
    found = pairings.pairings(
        session,
        asked,
        within=seen(session, actor, on=today),
        today=today,
        after=page.after_id,
        limit=page.one_more,
    )
    return page.page(found, PairingOut.model_validate, lambda pairing: (pairing.id,))


@router.post("", status_code=201, summary="Pair two people", responses=refusals(409, 413, 415))
def pair(session: CurrentSession, actor: Planner, today: Today, now: Now, pairing: PairingIn) -> PairingOut:
    columns = cast(PairingColumns, pairing.columns())
    return PairingOut.model_validate(pairings.pair(session, columns, by=actor, today=today, now=now))


@router.get("/load", summary="How many each liaison looks after")
def list_loads(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    unit: Annotated[str | None, Query(description="Of liaisons of this unit and below.")] = None,
) -> Listing[LiaisonLoadOut]:
    """Below, within or above what the house rules say; whoever had somebody once and has nobody now is below."""
    found = pairings.liaison_loads(
        session,
        within=seen(session, actor, on=today),
        today=today,
        unit_code=unit,
        after=page.after_id,
        limit=page.one_more,
    )
    return page.page(found, LiaisonLoadOut.model_validate, lambda load: (load.person_id,))


@router.get("/{code}", summary="One pairing")
def get_pairing(session: CurrentSession, actor: CurrentActor, today: Today, code: CodeAsked) -> PairingOut:
    within = seen(session, actor, on=today)
    return PairingOut.model_validate(pairings.pairing(session, code, within=within, today=today))


@router.patch("/{code}", summary="Change or end a pairing", responses=refusals(409, 413, 415))
def change_pairing(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    code: CodeAsked,
    pairing: PairingChange,
) -> PairingOut:
    told = pairing.columns()
    reason = told.pop("reason", None)
    changed = pairings.change_pairing(
        session, code, cast(PairingColumns, told), by=actor, today=today, now=now, reason=reason
    )
    return PairingOut.model_validate(changed)
