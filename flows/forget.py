"""Every night: what has been kept long enough goes."""

from collections.abc import Iterator
from datetime import datetime

from prefect import flow
from sqlalchemy.exc import SQLAlchemyError

from flows.jobs import FORGET
from flows.office import Office
from flows.slots import Renew, do_in_steps
from models.database import reading, transaction
from outreach.clockwork import Changed, Moment
from outreach.retention import KINDS, Batch
from outreach.routines.forget import forget_messages, forget_some, refused, summed


@flow(name="Forget", flow_run_name="Forget for {slot:%Y-%m-%d}")
async def forget(slot: datetime) -> str | None:
    """Remove what has been kept long enough: words on health and hardship in closed cases, notices, the oldest months
    of the audit trail, answers kept for repeated requests, spent sessions and links, old runs. Figures, records and
    dates stay, and how much was removed. Returns what changed, or nothing when this slot was done before.
    """
    return do_in_steps(FORGET, slot, _work)


def _work(here: Office, moment: Moment, renew: Renew) -> Changed:
    done = [(what, batch) for what in KINDS for batch in _in_steps(here, what, moment, renew)]
    with reading(here.engine) as session:
        files = forget_messages(session, here.outbox, moment)
    return summed([*done, ("messages", files)])


def _in_steps(here: Office, what: str, moment: Moment, renew: Renew) -> Iterator[Batch]:
    """Each batch in a transaction of its own, so that nobody waits long for it and a failure ends one kind only."""
    after: int | None = 0
    while after is not None:
        try:
            with transaction(here.engine) as session:
                batch = forget_some(session, what, after, moment)
        except SQLAlchemyError as error:
            batch = refused(what, error)
        yield batch
        after = batch.last
        renew()
