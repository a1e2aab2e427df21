"""Every night: a backup of everything."""

import time
from collections.abc import Callable
from datetime import datetime

from prefect import flow

from flows.jobs import BACK_UP
from flows.office import Office
from flows.slots import Renew, do_in_steps
from models.database import reading
from outreach.clockwork import Changed, Moment
from outreach.house_rules import house_rules
from outreach.routines import back_up as routine

RENEW_EVERY_SECONDS = 20


@flow(name="Back up", flow_run_name="Back up for {slot:%Y-%m-%d}")
async def back_up(slot: datetime) -> str | None:
    """Copy the database, as of one moment and while everybody works on, and what was uploaded into the day's file,
    read it back, and only then let it take its place. Of older backups one a week and one a month stay. When it cannot
    be written, the old ones stay all. Returns what changed, or nothing when this slot was done before.
    """
    return do_in_steps(BACK_UP, slot, _work)


def _work(here: Office, moment: Moment, renew: Renew) -> Changed:
    with reading(here.engine) as session:
        rules = house_rules(session).retention
    return routine.back_up(here.engine, here.settings.data, moment, rules=rules, pulse=now_and_then(renew))


def now_and_then(renew: Renew) -> Callable[[], None]:
    """A pulse may beat a thousand times a second; a lease is renewed often enough that it never ends."""
    last = time.monotonic()

    def pulse() -> None:
        nonlocal last
        if time.monotonic() - last >= RENEW_EVERY_SECONDS:
            renew()
            last = time.monotonic()

    return pulse
