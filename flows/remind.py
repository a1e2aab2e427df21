"""Every five minutes: remind those who take part."""

from datetime import datetime

from prefect import flow

from flows.jobs import REMIND
from flows.slots import do_once
from outreach.routines.remind import remind as work


@flow(name="Remind", flow_run_name="Remind at {slot:%Y-%m-%d %H:%M}")
async def remind(slot: datetime) -> str | None:
    """Owe everybody who takes part a reminder a week, a day and two hours before, or as the office has it, once each
    and none that comes too late. Returns what changed, or nothing when this slot was done before.
    """
    return do_once(REMIND, slot, work, is_frequent=True)
