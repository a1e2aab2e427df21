"""Every night: bring the plan up to twelve months ahead."""

from datetime import datetime

from prefect import flow

from flows.jobs import PLAN_HORIZON
from flows.slots import do_once
from outreach.routines.plan_horizon import plan_horizon as work


@flow(name="Plan the horizon", flow_run_name="Plan the horizon for {slot:%Y-%m-%d %H:%M}")
async def plan_horizon(slot: datetime) -> str | None:
    """Compare what every active campaign asks for in the next twelve months with what is planned, and write the
    difference: new activities are made, moved ones moved, those no longer wanted cancelled. What people touched is
    left alone and reported. Returns what changed, or nothing when this slot was done before.
    """
    return do_once(PLAN_HORIZON, slot, work)
