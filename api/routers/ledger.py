"""The ledger 慰问台账: append-only; a mistake is taken back by a counter-entry."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.dependencies import CurrentActor, CurrentSession, Now, Recorder, Today, Zone
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.ledger import EntryOut, GivenIn, Reversal
from api.schemas.values import Day
from api.versions import id_of
from models.base import EntryId
from models.enums import LedgerKind
from outreach import handovers
from outreach.handovers import EntriesAsked

router = APIRouter(prefix="/ledger", tags=["ledger"])


def _entry_id(entry_id: Annotated[str, Path(description="The entry's id.")]) -> EntryId:
    return EntryId(id_of(entry_id))


EntryAsked = Annotated[EntryId, Depends(_entry_id)]


def asked_for(
    unit: Annotated[str | None, Query(description="Of this unit and those below it.")] = None,
    person: Annotated[str | None, Query()] = None,
    campaign: Annotated[str | None, Query()] = None,
    kind: Annotated[LedgerKind | None, Query()] = None,
    first: Annotated[Day | None, Query(alias="from", description="Paid on this day or later.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Paid on this day or before.")] = None,
) -> EntriesAsked:
    return EntriesAsked(
        unit_code=unit, person_code=person, campaign_code=campaign, kind=kind, first=first, last=last
    )


@router.get("", summary="Entries within one's rights")
def list_entries(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    asked: Annotated[EntriesAsked, Depends(asked_for)],
) -> Listing[EntryOut]:
    found = handovers.entries(session, asked, by=actor, today=today, after=page.after_id, limit=page.one_more)
    return page.page(found, EntryOut.model_validate, lambda entry: (entry.id,))


@router.post("", status_code=201, summary="Enter money or goods", responses=refusals(409, 413, 415))
def hand_over(session: CurrentSession, actor: Recorder, today: Today, now: Now, entry: GivenIn) -> EntryOut:
    made = handovers.hand_over(session, entry.payment(), by=actor, today=today, now=now, reason=entry.reason)
    return EntryOut.model_validate(made)


@router.get("/{entry_id}", summary="One entry")
def get_entry(session: CurrentSession, actor: CurrentActor, today: Today, entry_id: EntryAsked) -> EntryOut:
    return EntryOut.model_validate(handovers.entry(session, entry_id, by=actor, today=today))


@router.post(
    "/{entry_id}/reverse",
    status_code=201,
    summary="Take an entry back by a counter-entry of today",
    responses=refusals(409, 413, 415),
)
def reverse(
    session: CurrentSession,
    actor: CurrentActor,
    now: Now,
    zone: Zone,
    entry_id: EntryAsked,
    reversal: Reversal | None = None,
) -> EntryOut:
    reason = None if reversal is None else reversal.reason
    counter = handovers.reverse(session, entry_id, reason=reason, by=actor, now=now, zone=zone)
    return EntryOut.model_validate(counter)
