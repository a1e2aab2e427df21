"""Outcomes 记录 of activities: the whole, one reporter's part, and every telling before."""

import hashlib
import json
from typing import Annotated

from fastapi import APIRouter, Header, Response
from sqlalchemy.orm import Session

from api.dependencies import CurrentActor, CurrentSession, IfMatch, Language, Now, Today, Zone, etag
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.outcomes import OutcomeIn, OutcomeOut, RevisionOut
from api.versions import ActivityAsked, matched_version
from outreach import activities, outcomes
from outreach.activities.telling import expect_codes_seen
from outreach.activities.views import activity_row
from outreach.errors import NotFound, invalid
from outreach.outcomes import Recorded
from outreach.outcomes.reading import present_outcome, revisions
from outreach.permissions import Deed, reach, seen

router = APIRouter(prefix="/activities/{activity_id}/outcome", tags=["activities"])

LONGEST_KEY = 255

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="The same key and body within 30 days are answered as the first time.",
    ),
]


@router.put("", summary="Tell the whole outcome", responses=refusals(409, 412, 413, 415))
def record_outcome(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    language: Language,
    activity_id: ActivityAsked,
    if_match: IfMatch,
    outcome: OutcomeIn,
    idempotency_key: Key = None,
) -> OutcomeOut:
    """It takes the place of everything told before; earlier revisions stay readable."""
    telling = outcome.telling()
    activity = activities.activity_for(session, activity_id, Deed.RECORD, by=actor, today=today)
    expect_codes_seen(session, activity, telling, by=actor, today=today)
    recorded = outcomes.record_outcome(
        session,
        activity_id,
        telling,
        by=actor,
        now=now,
        zone=zone,
        idempotency_key=_usable(idempotency_key),
        request_hash=_hash(outcome),
        expected_version=matched_version(if_match),
    )
    return _answer(session, response, recorded, language)


@router.post(
    "/reports", status_code=201, summary="Tell one reporter's part", responses=refusals(409, 413, 415)
)
def report_part(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    language: Language,
    activity_id: ActivityAsked,
    outcome: OutcomeIn,
    idempotency_key: Key = None,
) -> OutcomeOut:
    """It joins the parts of the others, and takes the place of the same reporter's part before."""
    telling = outcome.telling()
    activity = activities.activity_for(session, activity_id, Deed.RECORD, by=actor, today=today)
    expect_codes_seen(session, activity, telling, by=actor, today=today)
    recorded = outcomes.report_part(
        session,
        activity_id,
        telling,
        by=actor,
        now=now,
        zone=zone,
        idempotency_key=_usable(idempotency_key),
        request_hash=_hash(outcome),
    )
    return _answer(session, response, recorded, language)


@router.get("", summary="The present outcome")
def get_outcome(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    language: Language,
    activity_id: ActivityAsked,
) -> OutcomeOut:
    activity = activity_row(session, activity_id, within=seen(session, actor, on=today))
    present = present_outcome(session, activity_id)
    if present is None:
        raise NotFound("activities.no_outcome")
    response.headers["ETag"] = etag(activity.version)
    shows_ledger = activity.unit_id in reach(session, actor, Deed.SEE_LEDGER, on=today)
    return OutcomeOut.of(present, shows_ledger=shows_ledger, language=language)


@router.get("/revisions", summary="Every telling, the first one first")
def list_revisions(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    zone: Zone,
    page: Page,
    activity_id: ActivityAsked,
) -> Listing[RevisionOut]:
    activity = activity_row(session, activity_id, within=seen(session, actor, on=today))
    shows_ledger = activity.unit_id in reach(session, actor, Deed.SEE_LEDGER, on=today)
    told = [each for each in revisions(session, activity_id) if each.revision > page.after_id]
    return page.page(
        told[: page.one_more],
        lambda each: RevisionOut.of(each, shows_ledger=shows_ledger, zone=zone),
        lambda each: (each.revision,),
    )


def _answer(session: Session, response: Response, recorded: Recorded, language: str) -> OutcomeOut:
    """The outcome as it stood after this telling: the same for the same request, however often it is sent."""
    present = present_outcome(session, recorded.activity_id, revision=recorded.revision)
    assert present is not None, "it was just recorded"
    response.headers["ETag"] = etag(recorded.version)
    return OutcomeOut.of(present, shows_ledger=True, language=language)


def _usable(key: str | None) -> str | None:
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise invalid("Idempotency-Key", "activities.bad_idempotency_key", limit=LONGEST_KEY)
    return key


def _hash(outcome: OutcomeIn) -> str:
    """What tells whether two bodies say the same, whatever their spacing and the order of their keys."""
    said = outcome.model_dump(mode="json", exclude_unset=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode("ascii")).hexdigest()
