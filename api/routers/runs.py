"""Runs 运行: what the clockwork did and failed to do, trying a job without keeping anything, and asking for one."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.dependencies import (
    CurrentActor,
    CurrentSession,
    Language,
    Now,
    RehearsalSession,
    TheOffice,
    Zone,
)
from api.pagination import Listing, Page
from api.problems import refusals
from api.schemas.runs import AskedOut, JobOut, JobsOut, RehearsalOut, RunOut
from clock import real_now
from models.base import RunId
from outreach import runs
from outreach.clockwork import Moment

router = APIRouter(prefix="/runs", tags=["runs"])

JobAsked = Annotated[str, Path(description="The job's own name.", examples=["plan_horizon"])]


@router.get("", summary="Every job: its last run, its next slot, how it stands")
def list_jobs(
    session: CurrentSession,
    actor: CurrentActor,
    office: TheOffice,
    now: Now,
    zone: Zone,
    language: Language,
    page: Page,
) -> JobsOut:
    """What failed says why, since when, and what follows from it."""
    runs.expect_reader(actor)
    found = runs.overview(session, office.jobs, by=actor, now=now, machine_now=real_now())
    by_name = {view.job: view for view in found.jobs}
    ordered = list(enumerate((by_name[job.name] for job in office.jobs), start=1))
    listed = page.page(
        ordered[page.after_id :],
        lambda place: JobOut.of(place[1], zone, language),
        lambda place: (place[0],),
    )
    return JobsOut(items=listed.items, next=listed.next, clockwork=found.clockwork)


@router.get("/{job}", summary="The runs of a job, the latest first")
def list_runs(
    session: CurrentSession,
    actor: CurrentActor,
    office: TheOffice,
    zone: Zone,
    language: Language,
    page: Page,
    job: JobAsked,
) -> Listing[RunOut]:
    runs.expect_reader(actor)
    asked = runs.job_of(office.jobs, job)
    before = RunId(page.after_id) if page.after_id else None
    found = runs.runs(session, asked, by=actor, before=before, limit=page.one_more)
    return page.page(found, lambda run: RunOut.of(run, zone, language), lambda run: (run.id,))


@router.post("/{job}/rehearse", summary="What a job would do now", responses=refusals(409, 413, 415))
def rehearse(
    session: RehearsalSession,
    actor: CurrentActor,
    office: TheOffice,
    now: Now,
    zone: Zone,
    language: Language,
    job: JobAsked,
) -> RehearsalOut:
    """Nothing is kept, nothing is sent, no file is written."""
    runs.expect_runner(actor)
    asked = runs.job_of(office.jobs, job)
    foreseen = runs.rehearse(session, asked, by=actor, moment=Moment(now, now, zone))
    return RehearsalOut.of(asked.name, foreseen, language)


@router.post("/{job}", status_code=202, summary="Let a job be done now", responses=refusals(409, 413, 415))
def run_now(
    session: CurrentSession,
    actor: CurrentActor,
    office: TheOffice,
    now: Now,
    zone: Zone,
    language: Language,
    job: JobAsked,
) -> AskedOut:
    """The clockwork takes it up within a minute; while that is stopped, it waits, and the answer says so."""
    runs.expect_runner(actor)
    asked = runs.run_now(session, runs.job_of(office.jobs, job), by=actor, now=now)
    state = runs.clockwork_state(session, machine_now=real_now())
    return AskedOut(
        run=RunOut.of(asked, zone, language),
        clockwork=state,
        said=runs.say_asked(state, language=language),
    )
