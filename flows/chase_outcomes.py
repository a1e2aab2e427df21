"""Every morning: ask for outcomes that nobody has told."""

from datetime import datetime

from prefect import flow

from flows.jobs import CHASE_OUTCOMES
from flows.slots import do_once
from outreach.routines.chase_outcomes import chase_outcomes as work


@flow(name="Chase outcomes", flow_run_name="Chase outcomes on {slot:%Y-%m-%d}")
async def chase_outcomes(slot: datetime) -> str | None:
    """Ask whoever led an activity that is over and of which nothing was told: the next day, and once more on the third.
    Ten working days later it is missed, and the coordinators hear of it. After a silence of the machine only the latest
    question is asked. Returns what changed, or nothing when this slot was done before.
    """
    return do_once(CHASE_OUTCOMES, slot, work)
