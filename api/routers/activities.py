"""Activities 活动: what is planned, moved and cancelled, and who comes."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response

from api.dependencies import (
    CurrentActor,
    CurrentSession,
    IfMatch,
    Language,
    Now,
    Today,
    Zone,
    etag,
    require_match,
)
from api.pagination import Listing, Page, Paging, bad_cursor
from api.problems import refusals
from api.schemas.activities import (
    ActivityChange,
    ActivityIn,
    ActivityOut,
    AskedIn,
    AskedToOut,
    CandidatesOut,
    SwapIn,
)
from api.schemas.values import CodeAsked, Day
from api.versions import ActivityAsked, matched_version
from models.base import ActivityId
from models.enums import ActivityStatus
from outreach import activities
from outreach.activities import (
    ActivitiesAsked,
    ActivityColumns,
    ActivityView,
    Circumstances,
    NewActivityColumns,
)
from outreach.activities.views import Stand
from outreach.assignment import ranked, warnings_about
from outreach.fields import BadValue, day
from outreach.permissions import seen

router = APIRouter(prefix="/activities", tags=["activities"])


@dataclass(frozen=True, slots=True)
class Answering:
    """Shows an activity as it stands, with its ETag, to whoever asked."""

    session: CurrentSession
    actor: CurrentActor
    today: Today
    now: Now
    zone: Zone
    language: Language
    response: Response

    def of(self, activity_id: ActivityId) -> ActivityOut:
        return ActivityOut.of(self._view(activity_id), today=self.today, language=self.language)

    def with_warnings(self, activity_id: ActivityId, person_code: str) -> AskedToOut:
        """The same with what is worth a second look about somebody who was asked."""
        warned = warnings_about(
            self.session, activity_id, person_code, today=self.today, zone=self.zone, now=self.now
        )
        shown = self._view(activity_id)
        return AskedToOut.with_warnings(shown, warned, today=self.today, language=self.language)

    def _view(self, activity_id: ActivityId) -> ActivityView:
        within = seen(self.session, self.actor, on=self.today)
        found = activities.activity(self.session, activity_id, within=within, zone=self.zone)
        self.response.headers["ETag"] = etag(found.version)
        return found


Answer = Annotated[Answering, Depends()]


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
    language: Language,
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
    return page.page(
        found,
        lambda each: ActivityOut.of(each, today=today, language=language),
        lambda each: (each.day.isoformat(), each.id),
    )


@router.post("", status_code=201, summary="Add a single activity", responses=refusals(409, 413, 415))
def add_activity(
    answer: Answer, actor: CurrentActor, today: Today, now: Now, zone: Zone, activity: ActivityIn
) -> ActivityOut:
    """Outside its campaign's schedule; the planner leaves it alone."""
    columns = {name: value for name, value in activity.columns().items() if value is not None}
    activity_id = activities.add_activity(
        answer.session, cast(NewActivityColumns, columns), by=actor, today=today, now=now, zone=zone
    )
    return answer.of(activity_id)


@router.get("/{activity_id}", summary="One activity")
def get_activity(answer: Answer, activity_id: ActivityAsked) -> ActivityOut:
    """Its `ETag` is what a change wants as `If-Match`."""
    return answer.of(activity_id)


@router.patch(
    "/{activity_id}",
    summary="Move, cancel or restore an activity",
    responses=refusals(409, 412, 413, 415, 428),
)
def change_activity(
    answer: Answer,
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
        answer.session,
        activity_id,
        cast(ActivityColumns, change.columns()),
        by=actor,
        today=today,
        now=now,
        zone=zone,
        expected_version=matched_version(require_match(if_match)),
    )
    return answer.of(activity_id)


# People. Whoever changes who is on an activity is answered with the activity as it then stands.


def circumstances(
    actor: CurrentActor, today: Today, now: Now, zone: Zone, if_match: IfMatch
) -> Circumstances:
    """Who changes it, when, and from which version."""
    return {
        "by": actor,
        "today": today,
        "now": now,
        "zone": zone,
        "expected_version": matched_version(if_match),
    }


How = Annotated[Circumstances, Depends(circumstances)]
CHANGE_REFUSED = refusals(409, 412, 413, 415)


@router.post(
    "/{activity_id}/people",
    status_code=201,
    summary="Ask somebody to an activity",
    responses={200: {"description": "Is on it already"}, **CHANGE_REFUSED},
)
def assign(answer: Answer, how: How, activity_id: ActivityAsked, asked: AskedIn) -> AskedToOut:
    """They are `proposed` until confirmed or declined; once more for the same role changes nothing.

    What the program would not do a person may: `warnings` says what is worth a second look.
    """
    is_new = activities.assign(answer.session, activity_id, asked.person, role=asked.role, **how)
    if not is_new:
        answer.response.status_code = 200
    return answer.with_warnings(activity_id, asked.person)


@router.delete("/{activity_id}/people/{code}", summary="Withdraw somebody", responses=CHANGE_REFUSED)
def withdraw(answer: Answer, how: How, activity_id: ActivityAsked, code: CodeAsked) -> ActivityOut:
    """Where that opens a place in the days ahead, the next best is proposed."""
    activities.withdraw(answer.session, activity_id, code, **how)
    return answer.of(activity_id)


@router.post("/{activity_id}/people/{code}/confirm", summary="Confirm for somebody", responses=CHANGE_REFUSED)
def confirm(answer: Answer, how: How, activity_id: ActivityAsked, code: CodeAsked) -> ActivityOut:
    activities.confirm(answer.session, activity_id, code, **how)
    return answer.of(activity_id)


@router.post("/{activity_id}/people/{code}/decline", summary="Decline for somebody", responses=CHANGE_REFUSED)
def decline(answer: Answer, how: How, activity_id: ActivityAsked, code: CodeAsked) -> ActivityOut:
    """It never counts against anyone. Where it opens a place in the days ahead, the next best is proposed."""
    activities.decline(answer.session, activity_id, code, **how)
    return answer.of(activity_id)


@router.post(
    "/{activity_id}/people/{code}/swap",
    summary="Let somebody come in another's place",
    responses=CHANGE_REFUSED,
)
def swap(
    answer: Answer, how: How, activity_id: ActivityAsked, code: CodeAsked, swapped: SwapIn
) -> AskedToOut:
    """The one is withdrawn and the other asked, in the same role, at once or not at all."""
    activities.swap(answer.session, activity_id, code, swapped.with_, **how)
    return answer.with_warnings(activity_id, swapped.with_)


@router.get(
    "/{activity_id}/candidates", summary="Who could come, and who was passed over", responses=refusals(409)
)
def list_candidates(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    language: Language,
    activity_id: ActivityAsked,
    role: Annotated[str | None, Query(description="That of the first open place when left out.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many of each list.")] = 20,
) -> CandidatesOut:
    """In the order in which the program would ask them, each with the reason."""
    found = ranked(session, activity_id, role, by=actor, today=today, zone=zone, now=now, limit=limit)
    return CandidatesOut.of(found, today=today, language=language)


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
