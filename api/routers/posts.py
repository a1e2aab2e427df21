"""Posts 职务."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query

from api.dependencies import CurrentActor, CurrentSession, Now, Planner, Today
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.posts import PostChange, PostIn, PostOut
from api.schemas.values import CodeAsked, Day, Words
from outreach import posts
from outreach.permissions import seen
from outreach.posts import PostColumns, PostsAsked

router = APIRouter(prefix="/posts", tags=["posts"])


def asked_for(
    unit: Annotated[str | None, Query(description="In this unit and below, and in their teams.")] = None,
    person: Annotated[str | None, Query()] = None,
    post: Annotated[Words | None, Query(description="The post's name.")] = None,
    active: Annotated[bool | None, Query(description="Whether today lies within since and until.")] = None,
    ends_before: Annotated[
        Day | None, Query(description="Held today, with a term that ends before this day.")
    ] = None,
) -> PostsAsked:
    return PostsAsked(unit_code=unit, person_code=person, post=post, active=active, ends_before=ends_before)


@router.get("", summary="Posts within one's rights")
def list_posts(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    asked: Annotated[PostsAsked, Depends(asked_for)],
) -> Listing[PostOut]:
    within = seen(session, actor, on=today)
    found = posts.posts(session, asked, within=within, today=today, after=page.after_id, limit=page.one_more)
    return page.page(found, PostOut.model_validate, lambda post: (post.id,))


@router.post("", status_code=201, summary="Give somebody a post", responses=refusals(409, 413, 415))
def appoint(session: CurrentSession, actor: Planner, today: Today, now: Now, post: PostIn) -> PostOut:
    columns = cast(PostColumns, post.columns())
    return PostOut.model_validate(posts.appoint(session, columns, by=actor, today=today, now=now))


@router.get("/{code}", summary="One post")
def get_post(session: CurrentSession, actor: CurrentActor, today: Today, code: CodeAsked) -> PostOut:
    return PostOut.model_validate(posts.post(session, code, within=seen(session, actor, on=today)))


@router.patch("/{code}", summary="Change or end a post", responses=refusals(409, 413, 415))
def change_post(
    session: CurrentSession, actor: CurrentActor, today: Today, now: Now, code: CodeAsked, post: PostChange
) -> PostOut:
    told = post.columns()
    reason = told.pop("reason", None)
    changed = posts.change_post(
        session, code, cast(PostColumns, told), by=actor, today=today, now=now, reason=reason
    )
    return PostOut.model_validate(changed)
