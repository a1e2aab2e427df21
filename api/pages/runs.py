"""What the clockwork did, what failed, and letting a job run now after seeing what it would do."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.pages.desk import Desk, RehearsalDesk, TheDesk
from api.presenters.runs import Teller
from clock import real_now
from models.base import RunId
from outreach import runs
from outreach.clockwork import ClockworkState, Moment
from outreach.permissions import Deed

RUNS_SHOWN = 50

router = APIRouter()


@router.get("/runs")
def jobs(desk: TheDesk) -> Response:
    """A row for each job, what failed first."""
    runs.expect_reader(desk.actor)
    found = runs.overview(desk.session, desk.office.jobs, by=desk.actor, now=desk.now, machine_now=real_now())
    return desk.render(
        "runs.html",
        current="runs",
        runs=_teller(desk).overview(found),
        may_run=desk.may_everywhere(Deed.ADMINISTER),
    )


@router.get("/runs/{job}")
def history(
    desk: TheDesk, job: str, before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None
) -> Response:
    """The runs of a job, the latest first."""
    runs.expect_reader(desk.actor)
    asked = runs.job_of(desk.office.jobs, job)
    start = None if before is None else RunId(before)
    found = runs.runs(desk.session, asked, by=desk.actor, before=start, limit=RUNS_SHOWN + 1)
    return desk.render(
        "runs_job.html",
        current="runs",
        job=asked.name,
        name=runs.say_job(asked.name, language=desk.language),
        rows=_teller(desk).history(found[:RUNS_SHOWN]),
        more=found[RUNS_SHOWN - 1].id if len(found) > RUNS_SHOWN else None,
        may_run=desk.may_everywhere(Deed.ADMINISTER),
    )


@router.post("/runs/{job}/rehearse")
def rehearse(desk: RehearsalDesk, job: str) -> Response:
    """What the job would do now, before it is asked for. Nothing of it is kept."""
    runs.expect_runner(desk.actor)
    asked = runs.job_of(desk.office.jobs, job)
    moment = Moment(desk.now, desk.now, desk.zone)
    foreseen = runs.rehearse(desk.session, asked, by=desk.actor, moment=moment)
    said, troubles = _teller(desk).foreseen(foreseen)
    state = runs.clockwork_state(desk.session, machine_now=real_now())
    return desk.render(
        "runs_ask.html",
        current="runs",
        job=asked.name,
        name=runs.say_job(asked.name, language=desk.language),
        said=said,
        troubles=troubles,
        is_stopped=state is ClockworkState.STOPPED,
    )


@router.post("/runs/{job}")
def run_now(desk: TheDesk, job: str) -> Response:
    """Leave it to the clockwork, which takes it up at its next look."""
    runs.expect_runner(desk.actor)
    runs.run_now(desk.session, runs.job_of(desk.office.jobs, job), by=desk.actor, now=desk.now)
    state = runs.clockwork_state(desk.session, machine_now=real_now())
    return desk.done("/runs", runs.asked_key(state))


def _teller(desk: Desk) -> Teller:
    return Teller(desk.today, desk.zone, desk.language)
