"""What the clockwork did, what failed, and letting a job run now after seeing what it would do."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.dependencies import (
    CurrentActor,
    CurrentSession,
    Now,
    RehearsalSession,
    TheOffice,
    Today,
    Zone,
)
from api.pages.rendering import Frame, frame, render
from api.pages.status import Status, done
from api.presenters.runs import Teller
from api.problems import language_of
from clock import real_now
from models.base import RunId
from outreach import runs
from outreach.clockwork import ClockworkState, Moment
from outreach.permissions import Actor, Deed, may_everywhere, seen
from outreach.unit_choices import unit_choices

RUNS_SHOWN = 50

router = APIRouter()


@router.get("/runs")
def jobs(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    office: TheOffice,
    today: Today,
    now: Now,
    zone: Zone,
) -> Response:
    """A row for each job, what failed first."""
    runs.expect_reader(actor)
    found = runs.overview(session, office.jobs, by=actor, now=now, machine_now=real_now())
    return render(
        request,
        "runs.html",
        frame=_frame(session, actor, today),
        runs=Teller(today, zone, language_of(request)).overview(found),
        may_run=may_everywhere(actor, Deed.ADMINISTER),
    )


@router.get("/runs/{job}")
def history(
    request: Request,
    session: CurrentSession,
    actor: CurrentActor,
    office: TheOffice,
    today: Today,
    zone: Zone,
    job: str,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """The runs of a job, the latest first."""
    runs.expect_reader(actor)
    asked, language = runs.job_of(office.jobs, job), language_of(request)
    start = None if before is None else RunId(before)
    found = runs.runs(session, asked, by=actor, before=start, limit=RUNS_SHOWN + 1)
    more = found[RUNS_SHOWN - 1].id if len(found) > RUNS_SHOWN else None
    return render(
        request,
        "runs_job.html",
        frame=_frame(session, actor, today),
        job=asked.name,
        name=runs.say_job(asked.name, language=language),
        rows=Teller(today, zone, language).history(found[:RUNS_SHOWN]),
        more=more,
        may_run=may_everywhere(actor, Deed.ADMINISTER),
    )


@router.post("/runs/{job}/rehearse")
def rehearse(
    request: Request,
    session: RehearsalSession,
    actor: CurrentActor,
    office: TheOffice,
    today: Today,
    now: Now,
    zone: Zone,
    job: str,
) -> Response:
    """What the job would do now, before it is asked for. Nothing of it is kept."""
    runs.expect_runner(actor)
    asked, language = runs.job_of(office.jobs, job), language_of(request)
    shown = _frame(session, actor, today)
    foreseen = runs.rehearse(session, asked, by=actor, moment=Moment(now, now, zone))
    said, troubles = Teller(today, zone, language).foreseen(foreseen)
    return render(
        request,
        "runs_ask.html",
        frame=shown,
        job=asked.name,
        name=runs.say_job(asked.name, language=language),
        said=said,
        troubles=troubles,
        is_stopped=runs.clockwork_state(session, machine_now=real_now()) is ClockworkState.STOPPED,
    )


@router.post("/runs/{job}")
def run_now(
    request: Request, session: CurrentSession, actor: CurrentActor, office: TheOffice, now: Now, job: str
) -> Response:
    """Leave it to the clockwork, which takes it up at its next look."""
    runs.expect_runner(actor)
    runs.run_now(session, runs.job_of(office.jobs, job), by=actor, now=now)
    state = runs.clockwork_state(session, machine_now=real_now())
    return done(request, "/runs", Status(runs.asked_key(state)))


def _frame(session: Session, actor: Actor, today: date) -> Frame:
    choices = unit_choices(session, seen(session, actor, on=today), on=today)
    return frame(actor, choices, "runs")
