"""Every quarter of an hour: close the months whose time has come."""

from datetime import datetime

from prefect import flow

from flows.jobs import CLOSE_MONTH
from flows.slots import do_once
from outreach.routines.close_month import close_month as work


@flow(name="Close the month", flow_run_name="Close what is due at {slot:%Y-%m-%d %H:%M}")
async def close_month(slot: datetime) -> str | None:
    """Close every drafted month on its working day, the earliest first, signed or not; one working day before, remind
    those who have not signed. Returns what changed, or nothing when this slot was done before.
    """
    return do_once(CLOSE_MONTH, slot, work, is_frequent=True)
