"""On the first of the month: draft the month before."""

from datetime import datetime

from prefect import flow

from flows.jobs import DRAFT_MONTH
from flows.slots import do_once
from outreach.routines.draft_month import draft_month as work


@flow(name="Draft last month", flow_run_name="Draft the month before {slot:%Y-%m-%d}")
async def draft_month(slot: datetime) -> str | None:
    """Open the month before the slot for checking in every unit: from now on its figures wait to be signed and closed.

    Returns what changed, or nothing when this slot was done before.
    """
    return do_once(DRAFT_MONTH, slot, work)
