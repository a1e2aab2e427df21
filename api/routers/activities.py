"""Activities 活动: what is planned, moved and cancelled, and who comes."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response

from api.dependencies import (
    CurrentActor,
    CurrentSession,
    IfMatch,
    Now,
    Today,
    Zone,
    etag,
    require_match,
)
from api.pagination import Listing, Page, Paging, bad_cursor
from api.problems import refusals
from api.schemas.activities import ActivityChange, ActivityIn, ActivityOut, AskedIn
from api.schemas.values import CodeAsked, Day
from api.versions import ActivityAsked, matched_version
from models.base import ActivityId
from models.enums import ActivityStatus
from outreach import activities
from outreach.activities import ActivitiesAsked, ActivityColumns, ActivityView, NewActivityColumns
from outreach.activities.views import Stand
from outreach.fields import BadValue, day
from outreach.permissions import seen

router = APIRouter(prefix="/activities", tags=["activities"])


def asked_for(
    from_day: Annotated[Day | None, Query(alias="from", description="The first local day.")] = None,
    to_day: Annotated[Day | None, Query(alias="to", description="The last local day.")] = None,
    unit: Annotated[str | None, Query(description="Those of this unit and below it.")] = None,
    campaign: Annotated[str | None, Query()] = None,
    person: Annotated[
        str | None, Query(description="With this person among their people, in whatever state.")
    ] = None,
    status: Annotated[ActivityStatus | None, Query()] = None,
) -> ActivitiesAsked:
    return ActivitiesAsked(from_day, to_day, unit, campaign, person, status)


@router.get("", summary="Activities within one's rights, by day")
def list_activities(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    zone: Zone,
    page: Page,
    asked: Annotated[ActivitiesAsked, Depends(asked_for)],
) -> Listing[ActivityOut]:
    """What lasts for several days is found on each of them."""
    found = activities.activities(
        session,
        asked,
        within=seen(session, actor, on=today),
        today=today,
        zone=zone,
        after=_stand(page),
        limit=page.one_more,
    )
    return page.page(found, ActivityOut.model_validate, lambda each: (each.day.isoformat(), each.id))


@router.post("", status_code=201, summary="Add a single activity", responses=refusals(409, 413, 415))
def add_activity(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    activity: ActivityIn,
) -> ActivityOut:
    """Outside its campaign's schedule; the planner leaves it alone."""
    columns = {name: value for name, value in activity.columns().items() if value is not None}
    activity_id = activities.add_activity(
        session, cast(NewActivityColumns, columns), by=actor, today=today, now=now, zone=zone
    )
    return _shown(session, actor, today, zone, response, activity_id)


@router.get("/{activity_id}", summary="One activity")
def get_activity(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    zone: Zone,
    activity_id: ActivityAsked,
) -> ActivityOut:
    """Its `ETag` is what a change wants as `If-Match`."""
    return _shown(session, actor, today, zone, response, activity_id)


@router.patch(
    "/{activity_id}",
    summary="Move, cancel or restore an activity",
    responses=refusals(409, 412, 413, 415, 428),
)
def change_activity(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    activity_id: ActivityAsked,
    if_match: IfMatch,
    change: ActivityChange,
) -> ActivityOut:
    """A day without a time of day makes it whole days. What was held is changed by its outcome alone."""
    activities.change_activity(
        session,
        activity_id,
        cast(ActivityColumns, change.columns()),
        by=actor,
        today=today,
        now=now,
        zone=zone,
        expected_version=matched_version(require_match(if_match)),
    )
    return _shown(session, actor, today, zone, response, activity_id)


@router.post(
    "/{activity_id}/people",
    status_code=201,
    summary="Ask somebody to an activity",
    responses={200: {"description": "Is on it already"}, **refusals(409, 412, 413, 415)},
)
def assign(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    activity_id: ActivityAsked,
    if_match: IfMatch,
    asked: AskedIn,
) -> ActivityOut:
    """They are `proposed` until confirmed or declined; once more for the same role changes nothing."""
    is_new = activities.assign(
        session,
        activity_id,
        asked.person,
        role=asked.role,
        by=actor,
        today=today,
        now=now,
        expected_version=matched_version(if_match),
    )
    if not is_new:
        response.status_code = 200
    return _shown(session, actor, today, zone, response, activity_id)


@router.delete(
    "/{activity_id}/people/{code}", summary="Withdraw somebody", responses=refusals(409, 412, 413, 415)
)
def withdraw(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    activity_id: ActivityAsked,
    code: CodeAsked,
    if_match: IfMatch,
) -> ActivityOut:
    version = matched_version(if_match)
    activities.withdraw(session, activity_id, code, by=actor, today=today, now=now, expected_version=version)
    return _shown(session, actor, today, zone, response, activity_id)


@router.post(
    "/{activity_id}/people/{code}/confirm",
    summary="Confirm for somebody",
    responses=refusals(409, 412, 413, 415),
)
def confirm(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    activity_id: ActivityAsked,
    code: CodeAsked,
    if_match: IfMatch,
) -> ActivityOut:
    version = matched_version(if_match)
    activities.confirm(session, activity_id, code, by=actor, today=today, now=now, expected_version=version)
    return _shown(session, actor, today, zone, response, activity_id)


@router.post(
    "/{activity_id}/people/{code}/decline",
    summary="Decline for somebody",
    responses=refusals(409, 412, 413, 415),
)
def decline(
    response: Response,
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    activity_id: ActivityAsked,
    code: CodeAsked,
    if_match: IfMatch,
) -> ActivityOut:
    version = matched_version(if_match)
    activities.decline(session, activity_id, code, by=actor, today=today, now=now, expected_version=version)
    return _shown(session, actor, today, zone, response, activity_id)


def _shown(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    zone: Zone,
    response: Response,
    activity_id: ActivityId,
) -> ActivityOut:
    """The activity as it stands, with its ETag."""
    found: ActivityView = activities.activity(
        session, activity_id, within=seen(session, actor, on=today), zone=zone
    )
    response.headers["ETag"] = etag(found.version)
    return ActivityOut.model_validate(found)


def _stand(page: Paging) -> Stand | None:
    """The place in the list of days that a cursor names."""
    match page.after:
        case None:
            return None
        case (str(on), int(activity_id)):
            try:
                return day(on), ActivityId(activity_id)
            except BadValue:
                raise bad_cursor() from None
        case _:
            raise bad_cursor()
