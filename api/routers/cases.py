"""Cases 个案."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Response

from api.dependencies import (
    CurrentActor,
    CurrentSession,
    IfMatch,
    Now,
    Recorder,
    TheTrail,
    Today,
    Zone,
    etag,
)
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.cases import CaseChange, CaseIn, CaseOut, CaseRecall, TaskChange, TaskIn
from api.schemas.values import CodeAsked, Words
from api.versions import matched_version
from outreach import cases
from outreach.cases import CaseColumns, CasesAsked

router = APIRouter(prefix="/cases", tags=["cases"])


def asked_for(
    unit: Annotated[str | None, Query(description="Of this unit and those below it.")] = None,
    person: Annotated[str | None, Query()] = None,
    kind: Annotated[Words | None, Query()] = None,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
) -> CasesAsked:
    return CasesAsked(unit_code=unit, person_code=person, kind=kind, is_open=is_open)


@router.get("", summary="Cases that one may know of")
def list_cases(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    zone: Zone,
    page: Page,
    asked: Annotated[CasesAsked, Depends(asked_for)],
) -> Listing[CaseOut]:
    """Who only sees a unit finds none of its cases. `result` is null here; `GET /cases/{code}` shows it and notes who
    looked.
    """
    found = cases.cases(
        session,
        asked,
        by=actor,
        today=today,
        after=page.after_id,
        limit=page.one_more,
    )
    return page.page(found, lambda case: CaseOut.listed(case, zone), lambda case: (case.id,))


@router.post("", status_code=201, summary="Open a case", responses=refusals(409, 413, 415))
def open_case(
    session: CurrentSession,
    actor: Recorder,
    today: Today,
    now: Now,
    zone: Zone,
    case: CaseIn,
    response: Response,
) -> CaseOut:
    columns = cast(CaseColumns, case.columns())
    opened = cases.open_case(session, columns, by=actor, today=today, now=now, zone=zone)
    response.headers["ETag"] = etag(opened.version)
    return CaseOut.of(opened, zone)


@router.get("/{code}", summary="One case")
def get_case(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    zone: Zone,
    trail: TheTrail,
    code: CodeAsked,
    response: Response,
    reason: Annotated[Words | None, Query(description="Why it is opened; kept in the audit trail.")] = None,
) -> CaseOut:
    found = cases.known_case(session, code, by=actor, today=today)
    trail.opened("matters", found.id, person_id=found.person_id, reason=reason)
    response.headers["ETag"] = etag(found.version)
    return CaseOut.of(found, zone)


@router.patch("/{code}", summary="Change, close or reopen a case", responses=refusals(409, 412, 413, 415))
def change_case(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    code: CodeAsked,
    case: CaseChange,
    if_match: IfMatch,
    response: Response,
) -> CaseOut:
    """With `If-Match` the change is refused when somebody else was first. Closed with tasks open, `left_open` names
    them.
    """
    columns = cast(CaseColumns, case.columns())
    changed = cases.change_case(
        session, code, columns, by=actor, today=today, now=now, zone=zone, version=matched_version(if_match)
    )
    response.headers["ETag"] = etag(changed.version)
    return CaseOut.of(changed, zone)


@router.post("/{code}/recall", summary="Take back a case opened in error", responses=refusals(409, 413, 415))
def recall_case(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    code: CodeAsked,
    recall: CaseRecall,
    response: Response,
) -> CaseOut:
    """It is closed for good, with the status `in_error`; what a bereavement had frozen is so no more."""
    recalled = cases.recall_case(session, code, recall.reason, by=actor, today=today, now=now, zone=zone)
    response.headers["ETag"] = etag(recalled.version)
    return CaseOut.of(recalled, zone)


@router.post(
    "/{code}/tasks", status_code=201, summary="Add a task to a case", responses=refusals(409, 412, 413, 415)
)
def ask_for_task(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    code: CodeAsked,
    task: TaskIn,
    if_match: IfMatch,
    response: Response,
) -> CaseOut:
    asking = cases.ask_for_task(
        session,
        code,
        task.task,
        due_at=task.due_at,
        by=actor,
        today=today,
        now=now,
        version=matched_version(if_match),
    )
    response.headers["ETag"] = etag(asking.version)
    return CaseOut.of(asking, zone)


@router.patch("/{code}/tasks/{task}", summary="Say that a task was done", responses=refusals(412, 413, 415))
def settle_task(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    zone: Zone,
    code: CodeAsked,
    task: Annotated[str, Path(examples=["notify"])],
    told: TaskChange,
    if_match: IfMatch,
    response: Response,
) -> CaseOut:
    """By hand; visits and money are done by what is recorded of them."""
    settled = cases.settle_task(
        session,
        code,
        task,
        {"done_on": told.done_on, "note": told.note},
        by=actor,
        today=today,
        now=now,
        version=matched_version(if_match),
    )
    response.headers["ETag"] = etag(settled.version)
    return CaseOut.of(settled, zone)
