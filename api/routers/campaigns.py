"""Campaigns 活动计划, and what one would plan."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.orm import Session

from api.dependencies import (
    CurrentActor,
    CurrentSession,
    IfMatch,
    Language,
    Now,
    Planner,
    Today,
    Zone,
    etag,
)
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.campaigns import (
    CampaignChange,
    CampaignIn,
    CampaignOut,
    ConflictOut,
    PreviewDateOut,
    PreviewIn,
    PreviewOut,
)
from api.schemas.values import CodeAsked, Words
from api.versions import matched_version
from models.base import CampaignId
from models.enums import CampaignStatus
from outreach import campaigns, organisation, pairings, people
from outreach.campaigns import CampaignColumns, CampaignsAsked
from outreach.permissions import Reach, seen
from outreach.planning import Conflict, say_conflict, say_proposal, say_remark
from outreach.previews import Preview
from wording.schedules import explain

router = APIRouter(prefix="/campaigns", tags=["campaigns"])


def asked_for(
    unit: Annotated[str | None, Query(description="Of this unit and those below it.")] = None,
    team: Annotated[str | None, Query()] = None,
    kind: Annotated[Words | None, Query()] = None,
    status: Annotated[CampaignStatus | None, Query()] = None,
    q: Annotated[Words | None, Query(description="A part of the name, or the code.")] = None,
) -> CampaignsAsked:
    return CampaignsAsked(unit_code=unit, team_code=team, kind=kind, status=status, words=q)


@router.get("", summary="Campaigns within one's rights")
def list_campaigns(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    asked: Annotated[CampaignsAsked, Depends(asked_for)],
) -> Listing[CampaignOut]:
    found = campaigns.campaigns(
        session,
        asked,
        within=seen(session, actor, on=today),
        today=today,
        after=page.after_id,
        limit=page.one_more,
    )
    return page.page(found, CampaignOut.model_validate, lambda campaign: (campaign.id,))


@router.post("", status_code=201, summary="Draft or activate a campaign", responses=refusals(409, 413, 415))
def draft_campaign(
    session: CurrentSession,
    actor: Planner,
    today: Today,
    now: Now,
    zone: Zone,
    campaign: CampaignIn,
    response: Response,
) -> CampaignOut:
    columns = cast(CampaignColumns, campaign.columns())
    drafted = campaigns.draft_campaign(session, columns, by=actor, today=today, now=now, zone=zone)
    response.headers["ETag"] = etag(drafted.version)
    return CampaignOut.model_validate(drafted)


@router.post(
    "/preview", summary="The dates and conflicts a campaign would have", responses=refusals(413, 415)
)
def preview(
    session: CurrentSession,
    actor: Planner,
    today: Today,
    zone: Zone,
    language: Language,
    campaign: PreviewIn,
) -> PreviewOut:
    """Nothing is stored. With the code of a campaign that is there it is seen as a change of that one."""
    columns = cast(CampaignColumns, campaign.columns())
    found = campaigns.preview(session, columns, by=actor, today=today, zone=zone)
    within = seen(session, actor, on=today)
    return PreviewOut(
        dates=_dates(session, found, language),
        more=found.more,
        conflicts=_conflicts(session, found, within, today, language),
        conflicts_in_all=found.conflicts.in_all,
        remarks=[say_remark(remark, language=language) for remark in found.remarks],
    )


@router.get("/{code}", summary="One campaign")
def get_campaign(
    session: CurrentSession, actor: CurrentActor, today: Today, code: CodeAsked, response: Response
) -> CampaignOut:
    found = campaigns.campaign(session, code, within=seen(session, actor, on=today))
    response.headers["ETag"] = etag(found.version)
    return CampaignOut.model_validate(found)


@router.patch(
    "/{code}", summary="Change, activate, pause or end a campaign", responses=refusals(409, 412, 413, 415)
)
def change_campaign(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    code: CodeAsked,
    campaign: CampaignChange,
    if_match: IfMatch,
    response: Response,
) -> CampaignOut:
    """With `If-Match` the change is refused when somebody else was first."""
    columns = cast(CampaignColumns, campaign.columns())
    changed = campaigns.change_campaign(
        session, code, columns, by=actor, today=today, now=now, zone=zone, version=matched_version(if_match)
    )
    response.headers["ETag"] = etag(changed.version)
    return CampaignOut.model_validate(changed)


def _dates(session: Session, found: Preview, language: str) -> list[PreviewDateOut]:
    persons = people.codes_of(session, {each.person_id for each in found.dates})
    paired = pairings.codes_of(session, {each.pairing_id for each in found.dates})
    units = organisation.codes_of(session, {unit for each in found.dates for unit in each.units})
    return [
        PreviewDateOut(
            on=each.on,
            shifted_from=each.shifted_from,
            forecast=each.forecast,
            reason=explain(each.occurrence, language=language),
            person_code=None if each.person_id is None else persons.get(each.person_id),
            pairing_code=None if each.pairing_id is None else paired.get(each.pairing_id),
            unit_codes=[units[unit] for unit in each.units],
        )
        for each in found.dates
    ]


def _conflicts(
    session: Session, found: Preview, within: Reach, today: date, language: str
) -> list[ConflictOut]:
    """The conflicts in words; one with a campaign that is not seen is told by its day and kind alone."""
    named = found.conflicts.named
    codes = campaigns.codes_of(session, {each for conflict in named for each in conflict.campaign_ids})
    visible = campaigns.find_campaigns(session, codes.values(), within=within)
    return [_conflict(conflict, codes, visible, today, language) for conflict in named]


def _conflict(
    conflict: Conflict,
    codes: Mapping[CampaignId, str],
    visible: Mapping[str, CampaignId],
    today: date,
    language: str,
) -> ConflictOut:
    concerned = [codes[each] for each in conflict.campaign_ids if each in codes]
    is_seen = all(code in visible for code in concerned)
    return ConflictOut(
        kind=conflict.kind.value,
        on=conflict.day,
        message=say_conflict(conflict, today=today, language=language) if is_seen else conflict.kind.value,
        proposal=say_proposal(conflict.proposal, today=today, language=language),
        campaign_codes=[code for code in concerned if code in visible],
    )
