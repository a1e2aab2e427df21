"""Suggestions 建议."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response

from api.dependencies import (
    CurrentActor,
    CurrentSession,
    IfMatch,
    Now,
    Recorder,
    Today,
    Zone,
    etag,
)
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.suggestions import Chase, SuggestionChange, SuggestionIn, SuggestionOut
from api.schemas.values import CodeAsked, Day
from api.versions import matched_version
from models.enums import MatterStatus
from outreach import suggestions
from outreach.permissions import seen
from outreach.suggestions import SuggestionColumns, SuggestionsAsked

router = APIRouter(prefix="/suggestions", tags=["suggestions"])


def asked_for(
    unit: Annotated[str | None, Query(description="Of this unit and those below it.")] = None,
    person: Annotated[str | None, Query()] = None,
    status: Annotated[MatterStatus | None, Query()] = None,
    first: Annotated[Day | None, Query(alias="from", description="Raised on this day or later.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Raised on this day or before.")] = None,
) -> SuggestionsAsked:
    return SuggestionsAsked(unit_code=unit, person_code=person, status=status, first=first, last=last)


@router.get("", summary="Suggestions within one's rights")
def list_suggestions(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    page: Page,
    asked: Annotated[SuggestionsAsked, Depends(asked_for)],
) -> Listing[SuggestionOut]:
    found = suggestions.suggestions(
        session,
        asked,
        within=seen(session, actor, on=today),
        today=today,
        now=now,
        zone=zone,
        after=page.after_id,
        limit=page.one_more,
    )
    return page.page(found, SuggestionOut.model_validate, lambda suggestion: (suggestion.id,))


@router.post("", status_code=201, summary="Take a suggestion down", responses=refusals(409, 413, 415))
def raise_suggestion(
    session: CurrentSession,
    actor: Recorder,
    today: Today,
    now: Now,
    zone: Zone,
    suggestion: SuggestionIn,
    response: Response,
) -> SuggestionOut:
    columns = cast(SuggestionColumns, suggestion.columns())
    raised = suggestions.raise_suggestion(session, columns, by=actor, today=today, now=now, zone=zone)
    response.headers["ETag"] = etag(raised.version)
    return SuggestionOut.model_validate(raised)


@router.get("/{code}", summary="One suggestion")
def get_suggestion(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    code: CodeAsked,
    response: Response,
) -> SuggestionOut:
    found = suggestions.suggestion(session, code, within=seen(session, actor, on=today), now=now, zone=zone)
    response.headers["ETag"] = etag(found.version)
    return SuggestionOut.model_validate(found)


@router.patch("/{code}", summary="Bring a suggestion on", responses=refusals(409, 412, 413, 415))
def change_suggestion(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    code: CodeAsked,
    suggestion: SuggestionChange,
    if_match: IfMatch,
    response: Response,
) -> SuggestionOut:
    """Sent, answered, fed back: its days say how far it is; back a step needs a `note`. With `If-Match` refused when
    somebody else was first.
    """
    told = suggestion.columns()
    note = told.pop("note", None)
    changed = suggestions.change_suggestion(
        session,
        code,
        cast(SuggestionColumns, told),
        by=actor,
        today=today,
        now=now,
        zone=zone,
        note=note,
        version=matched_version(if_match),
    )
    response.headers["ETag"] = etag(changed.version)
    return SuggestionOut.model_validate(changed)


@router.post("/{code}/chase", summary="Ask the department again", responses=refusals(409, 412, 413, 415))
def chase(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    code: CodeAsked,
    chasing: Chase,
    if_match: IfMatch,
    response: Response,
) -> SuggestionOut:
    """Note that somebody asked for the answer, as often as it takes; 409 when none is owed."""
    chased = suggestions.chase(
        session,
        code,
        chasing.note,
        by=actor,
        today=today,
        now=now,
        zone=zone,
        version=matched_version(if_match),
    )
    response.headers["ETag"] = etag(chased.version)
    return SuggestionOut.model_validate(chased)
