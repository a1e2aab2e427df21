"""People 人员."""

import logging
from typing import Annotated, cast

from fastapi import APIRouter, BackgroundTasks, Depends, Query
from sqlalchemy.exc import SQLAlchemyError

from api.dependencies import CurrentActor, CurrentSession, Now, Office, Planner, TheOffice, TheTrail, Today
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.people import Erasure, KeptOut, PersonChange, PersonIn, PersonOut
from api.schemas.values import CodeAsked, Words
from models.database import reading
from models.enums import PersonRole
from outreach import disclosure, people
from outreach.backups import BACKUPS
from outreach.erasure import erase_person, write_erased
from outreach.people import PeopleAsked, PersonColumns
from outreach.permissions import seen

log = logging.getLogger(__name__)
router = APIRouter(prefix="/people", tags=["people"])


def asked_for(
    unit: Annotated[str | None, Query(description="Those of this unit and below it.")] = None,
    role: Annotated[PersonRole | None, Query()] = None,
    team: Annotated[str | None, Query(description="Members of this team today.")] = None,
    q: Annotated[
        Words | None, Query(description="A part of the name, its pinyin's beginning, or the code.")
    ] = None,
    active: Annotated[bool | None, Query(description="Whether today lies within since and until.")] = None,
) -> PeopleAsked:
    return PeopleAsked(unit_code=unit, role=role, team_code=team, words=q, active=active)


@router.get("", summary="People within one's rights")
def list_people(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    page: Page,
    asked: Annotated[PeopleAsked, Depends(asked_for)],
) -> Listing[PersonOut]:
    """A minor's birth, contact and notes are null here; `GET /people/{code}` shows them and notes who looked."""
    found = people.people(
        session,
        asked,
        within=seen(session, actor, on=today),
        today=today,
        after=page.after_id,
        limit=page.one_more,
    )
    return page.page(found, PersonOut.listed, lambda person: (person.id,))


@router.post("", status_code=201, summary="Enrol somebody", responses=refusals(409, 413, 415))
def enrol(session: CurrentSession, actor: Planner, today: Today, now: Now, person: PersonIn) -> PersonOut:
    columns = cast(PersonColumns, person.columns())
    return PersonOut.model_validate(people.enrol(session, columns, by=actor, today=today, now=now))


@router.get("/{code}", summary="One person")
def get_person(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    trail: TheTrail,
    code: CodeAsked,
    reason: Annotated[
        Words | None, Query(description="Why the record is opened; kept in the audit trail.")
    ] = None,
) -> PersonOut:
    person = people.person(session, code, within=seen(session, actor, on=today), today=today)
    trail.opened("people", person.id, person_id=person.id, reason=reason)
    return PersonOut.model_validate(person)


@router.patch("/{code}", summary="Change what is known of somebody", responses=refusals(409, 413, 415))
def change_person(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    code: CodeAsked,
    person: PersonChange,
) -> PersonOut:
    columns = cast(PersonColumns, person.columns())
    return PersonOut.model_validate(
        people.change_person(session, code, columns, by=actor, today=today, now=now)
    )


@router.get("/{code}/export", summary="All that is kept of somebody, for them to have")
def export_person(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    trail: TheTrail,
    code: CodeAsked,
    reason: Annotated[
        Words | None, Query(description="Why it is given out; kept in the audit trail.")
    ] = None,
) -> KeptOut:
    """For whoever may change their record. That it was given out is itself noted in the trail."""
    kept = disclosure.everything_kept(session, code, by=actor, today=today)
    trail.opened("people", kept.person.id, person_id=kept.person.id, reason=reason)
    return KeptOut.model_validate(kept)


@router.post("/{code}/erase", summary="Put a number in the place of somebody", responses=refusals(413, 415))
def erase(
    session: CurrentSession,
    actor: CurrentActor,
    today: Today,
    now: Now,
    office: TheOffice,
    later: BackgroundTasks,
    code: CodeAsked,
    erasure: Erasure,
) -> PersonOut:
    """Name, contact and what was said of their health go at once and for good, from every revision; records and figures
    stay. For administrators; once more changes nothing."""
    erased = erase_person(
        session, code, confirm=erasure.confirm, reason=erasure.reason, by=actor, today=today, now=now
    )
    later.add_task(write_erased_list, office)
    return PersonOut.model_validate(erased)


def write_erased_list(office: Office) -> None:
    """After the answer: an older backup still holds the name. Should it fail, the next backup writes the list."""
    try:
        with reading(office.engine) as session:
            write_erased(session, office.settings.data / BACKUPS)
    except (OSError, SQLAlchemyError) as error:
        log.warning("the list of those erased was not written: %s", type(error).__name__)
