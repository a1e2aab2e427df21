"""Every night, after the plan: propose people for the places that are open."""

from datetime import datetime

from prefect import flow

from flows.jobs import PROPOSE_PEOPLE
from flows.slots import do_once
from outreach.routines.propose_people import propose_people as work


@flow(name="Propose people", flow_run_name="Propose people for {slot:%Y-%m-%d %H:%M}")
async def propose_people(slot: datetime) -> str | None:
    """Find people for every open place of the days ahead, all at once: who can, has time, is near and has room left,
    those first who know the ones visited, and everybody in turn. Whoever is asked already stays; who declined is not
    asked again. Returns what changed, or nothing when this slot was done before.
    """
    return do_once(PROPOSE_PEOPLE, slot, work)
