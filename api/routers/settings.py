"""Settings 设置: the rules of the house, and its own kinds of campaigns."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends

from api.dependencies import CurrentActor, CurrentSession, Language, Now, get_planner
from api.pagination import Listing, Page, Paging
from api.problems import refusals
from api.schemas.settings import KindIn, KindOut, RuleOut, RulesChange
from outreach import campaign_kinds
from outreach.campaign_kinds import CampaignKind
from outreach.house_rules import HouseRules, change_house_rules, house_rules, listed

router = APIRouter(prefix="/settings", tags=["settings"])

Kinds = Annotated[list[KindIn], Body(max_length=campaign_kinds.MOST)]


@router.get("", summary="Every rule of the house", dependencies=[Depends(get_planner)])
def list_rules(session: CurrentSession, language: Language, page: Page) -> Listing[RuleOut]:
    """Each with its value, what it would be otherwise, and its bounds."""
    return _shown(house_rules(session), page, language)


@router.patch("", summary="Change rules of the house", responses=refusals(413, 415))
def change_rules(
    session: CurrentSession,
    actor: CurrentActor,
    language: Language,
    now: Now,
    page: Page,
    change: RulesChange,
) -> Listing[RuleOut]:
    """All or none; every fault is named by its rule."""
    return _shown(change_house_rules(session, change.values, by=actor, now=now), page, language)


@router.get(
    "/campaign_kinds", summary="The office's own kinds of campaigns", dependencies=[Depends(get_planner)]
)
def list_kinds(session: CurrentSession) -> list[KindOut]:
    """Beside the program's own, in the order the office gave them."""
    return [KindOut.model_validate(kind) for kind in campaign_kinds.own_kinds(session)]


@router.put(
    "/campaign_kinds", summary="Say which kinds of its own the office has", responses=refusals(413, 415)
)
def change_kinds(session: CurrentSession, actor: CurrentActor, now: Now, kinds: Kinds) -> list[KindOut]:
    """The whole list; one that campaigns have cannot be left out."""
    told = [CampaignKind(kind.code, kind.name) for kind in kinds]
    kept = campaign_kinds.change_own_kinds(session, told, by=actor, now=now)
    return [KindOut.model_validate(kind) for kind in kept]


def _shown(rules: HouseRules, page: Paging, language: str) -> Listing[RuleOut]:
    places = list(enumerate(listed(rules), start=1))
    return page.page(
        places[page.after_id :],
        lambda place: RuleOut.of(place[1], language),
        lambda place: (place[0],),
    )
