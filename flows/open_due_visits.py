"""Every hour of the day: open the visits that are due next."""

from datetime import datetime

from prefect import flow

from flows.jobs import OPEN_DUE_VISITS
from flows.slots import do_once
from outreach.routines.open_due_visits import open_due_visits as work


@flow(name="Open due visits", flow_run_name="Open due visits at {slot:%Y-%m-%d %H:%M}")
async def open_due_visits(slot: datetime) -> str | None:
    """Plan the campaigns whose visits follow from what happens: after a recorded visit, a new pairing or a new case the
    next visit stands within the hour. Returns what changed, or nothing when this slot was done before.
    """
    return do_once(OPEN_DUE_VISITS, slot, work, is_frequent=True)
