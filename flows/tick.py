"""Every minute: look what is due, and do it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from prefect import flow

from flows.back_up import back_up
from flows.chase_matters import chase_matters
from flows.chase_outcomes import chase_outcomes
from flows.close_month import close_month
from flows.deliver_notices import deliver_notices
from flows.draft_month import draft_month
from flows.forget import forget
from flows.jobs import (
    BACK_UP,
    CHASE_MATTERS,
    CHASE_OUTCOMES,
    CLOSE_MONTH,
    DELIVER_NOTICES,
    DRAFT_MONTH,
    FORGET,
    MORNING_DIGEST,
    OPEN_DUE_VISITS,
    PLAN_HORIZON,
    PROPOSE_PEOPLE,
    REMIND,
    jobs,
)
from flows.morning_digest import morning_digest
from flows.office import office
from flows.open_due_visits import open_due_visits
from flows.plan_horizon import plan_horizon
from flows.propose_people import propose_people
from flows.remind import remind
from flows.slots import JobFailed, due, note_sign_of_life
from outreach.clockwork import cause_of

FLOWS: Mapping[str, Callable[[datetime], Awaitable[str | None]]] = {
    PLAN_HORIZON: plan_horizon,
    PROPOSE_PEOPLE: propose_people,
    OPEN_DUE_VISITS: open_due_visits,
    DRAFT_MONTH: draft_month,
    CLOSE_MONTH: close_month,
    CHASE_OUTCOMES: chase_outcomes,
    CHASE_MATTERS: chase_matters,
    BACK_UP: back_up,
    FORGET: forget,
    REMIND: remind,
    MORNING_DIGEST: morning_digest,
    DELIVER_NOTICES: deliver_notices,
}


@flow(name="Clockwork", flow_run_name="Look what is due")
async def tick() -> int:
    """Look which jobs are due and not yet done, the latest slot of each first, and run each as a flow of its own.

    Due means due in the program's time: what was missed while the machine was off is made good now. A job that fails
    never keeps those behind it waiting; this run then fails too, so that it is seen. Returns how many slots were done.
    """
    zone = office().settings.zone
    every_job = jobs(zone)
    note_sign_of_life(every_job)
    done, failed = 0, []
    for job in every_job:
        for slot in due(job):
            try:
                # In the office's own time, so that the runs' names say when they were due as people know it.
                done += await FLOWS[job.name](slot.astimezone(zone)) is not None
            except Exception as error:  # noqa: BLE001 - the next job must have its turn, whatever became of this
                why = str(error) if isinstance(error, JobFailed) else cause_of(error)
                failed.append(f"{job.name} {slot.isoformat()}: {why}")
    if failed:
        raise RuntimeError("; ".join(failed))
    return done
