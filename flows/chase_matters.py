"""Every morning: tell coordinators which answers and which tasks of cases are overdue."""

from datetime import datetime

from prefect import flow

from flows.jobs import CHASE_MATTERS
from flows.slots import do_once
from outreach.routines.chase_matters import chase_matters as work


@flow(
    name="Chase suggestions and cases", flow_run_name="Chase suggestions and cases at {slot:%Y-%m-%d %H:%M}"
)
async def chase_matters(slot: datetime) -> str | None:
    """Look which suggestions have no answer in time and which tasks of cases are not done in time, and owe the
    coordinators of their units word of it: of a suggestion again every few working days, of a task once. Returns what
    changed, or nothing when this slot was done before.
    """
    return do_once(CHASE_MATTERS, slot, work)
