"""Memberships 队员: the members of a team with their days."""

from typing import Annotated, cast

from fastapi import APIRouter, Path, Query

from api.dependencies import CurrentActor, CurrentSession, Now, Today
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.memberships import MembershipChange, MembershipIn, MembershipOut
from api.schemas.values import CodeAsked
from outreach import memberships
from outreach.memberships import MembershipColumns
from outreach.permissions import seen

router = APIRouter(prefix="/teams/{code}/members", tags=["teams"])


@router.get("", summary="The members of a team, with their days")
def list_members(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    code: CodeAsked,
    all_times: Annotated[
        bool, Query(alias="all", description="Those who were and who will be members too.")
    ] = False,
) -> Listing[MembershipOut]:
    found = memberships.members(
        session,
        code,
        within=seen(session, actor, on=today),
        today=today,
        all_times=all_times,
        after=page.after_id,
        limit=page.one_more,
    )
    return page.page(found, MembershipOut.model_validate, lambda membership: (membership.id,))


@router.post("", status_code=201, summary="Let somebody join a team", responses=refusals(409, 413, 415))
def join(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    code: CodeAsked,
    membership: MembershipIn,
) -> MembershipOut:
    columns = cast(MembershipColumns, membership.columns())
    joined = memberships.join(session, code, columns, by=actor, today=today, now=now)
    return MembershipOut.model_validate(joined)


@router.patch("/{person}", summary="Let a membership end or go on", responses=refusals(409, 413, 415))
def change_membership(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    code: CodeAsked,
    person: Annotated[str, Path(description="The person's code.", examples=["V162"])],
    membership: MembershipChange,
) -> MembershipOut:
    """Whoever leaves on a day is a member up to the day before."""
    columns: MembershipColumns = {"until": membership.until}
    changed = memberships.change_membership(session, code, person, columns, by=actor, today=today, now=now)
    return MembershipOut.model_validate(changed)
