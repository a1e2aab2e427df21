"""Every morning: tell coordinators what needs them today."""

from datetime import datetime

from prefect import flow

from flows.jobs import MORNING_DIGEST
from flows.slots import do_once
from outreach.routines.morning_digest import morning_digest as work


@flow(name="Morning digest", flow_run_name="Morning digest at {slot:%Y-%m-%d %H:%M}")
async def morning_digest(slot: datetime) -> str | None:
    """Owe each coordinator a list of what waits in their units: places that nobody fills, outcomes that nobody told,
    suggestions and cases past their day, people to call. Once a day, and nothing when nothing waits. Returns what
    changed, or nothing when this slot was done before.
    """
    return do_once(MORNING_DIGEST, slot, work, is_frequent=True)
