"""One slot of one job, worked and written down in one transaction: it is done once or not at all."""

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from clock import real_now
from flows.office import office
from models.database import reading, transaction
from outreach.clockwork import Job, claim, due_slots, fail, finish, is_still_ours, sign_of_life

Work = Callable[[Session, datetime, datetime], str]
"""What a job does: given a session, its slot and the present instant, it returns in words what it changed."""

logger = logging.getLogger(__name__)


class TakenOver(Exception):
    """Another runner thought this one dead and has the slot now."""


def note_sign_of_life() -> None:
    """Let the pages and `/readyz` see that the clockwork runs."""
    here = office()
    with transaction(here.engine) as session:
        sign_of_life(session, here.runner.partition(":")[0], machine_now=real_now())


def due(job: Job) -> list[datetime]:
    """The slots of a job that are to be done now, the latest first."""
    here = office()
    with reading(here.engine) as session:
        return list(due_slots(session, job, now=here.clock.now()))


def do_once(job: str, slot: datetime, work: Work) -> str | None:
    """Do the work of a slot unless it is done or being done elsewhere; what it changed, or None.

    A failure is written down before it is raised again, so that the slot is tried anew and its cause can be read.
    """
    here = office()
    now = here.clock.now()
    with transaction(here.engine) as session:
        held = claim(session, job, slot, runner=here.runner, now=now, machine_now=real_now())
    if held is None:
        return None
    try:
        with transaction(here.engine) as session:
            if not is_still_ours(session, held, machine_now=real_now()):
                raise TakenOver(job, slot)
            changed = work(session, slot, now)
            finish(session, held, changed=changed, now=here.clock.now())
    except TakenOver:
        logger.warning("slot %s of %s was taken over", slot.isoformat(), job)
        return None
    except Exception as error:
        with transaction(here.engine) as session:
            fail(session, held, why=f"{type(error).__name__}: {error}"[:2000], now=here.clock.now())
        raise
    return changed
