"""Teams 志愿服务队."""

from typing import Annotated, cast

from fastapi import APIRouter, Query

from api.dependencies import CurrentActor, CurrentSession, Now, Planner, Today
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.teams import TeamChange, TeamIn, TeamOut
from api.schemas.values import CodeAsked, Words
from outreach import teams
from outreach.permissions import seen
from outreach.teams import TeamColumns

router = APIRouter(prefix="/teams", tags=["teams"])


@router.get("", summary="Teams within one's rights")
def list_teams(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    unit: Annotated[str | None, Query(description="Of this unit and those below it.")] = None,
    kind: Annotated[Words | None, Query()] = None,
    q: Annotated[Words | None, Query(description="A part of the name, or the code.")] = None,
) -> Listing[TeamOut]:
    found = teams.teams(
        session,
        within=seen(session, actor, on=today),
        today=today,
        after=page.after_id,
        limit=page.one_more,
        words=q,
        unit_code=unit,
        kind=kind,
    )
    return page.page(found, TeamOut.model_validate, lambda team: (team.id,))


@router.post("", status_code=201, summary="Form a team", responses=refusals(409, 413, 415))
def form_team(session: CurrentSession, actor: Planner, today: Today, now: Now, team: TeamIn) -> TeamOut:
    columns = cast(TeamColumns, team.columns())
    return TeamOut.model_validate(teams.form_team(session, columns, by=actor, today=today, now=now))


@router.get("/{code}", summary="One team")
def get_team(session: CurrentSession, actor: CurrentActor, today: Today, code: CodeAsked) -> TeamOut:
    within = seen(session, actor, on=today)
    return TeamOut.model_validate(teams.team(session, code, within=within, today=today))


@router.patch("/{code}", summary="Change a team", responses=refusals(409, 413, 415))
def change_team(
    session: CurrentSession, actor: CurrentActor, today: Today, now: Now, code: CodeAsked, team: TeamChange
) -> TeamOut:
    columns = cast(TeamColumns, team.columns())
    changed = teams.change_team(session, code, columns, by=actor, today=today, now=now)
    return TeamOut.model_validate(changed)
