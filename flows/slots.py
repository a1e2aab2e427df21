"""One slot of one job: done once or not at all, and written down.

Most jobs are worked and written down in one transaction (`do_once`). Those that send or copy things work in steps of
their own, each of which can be done again without harm (`do_in_steps`); the slot's lease is renewed with each.
"""

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from clock import real_now
from flows.office import Office, office
from models.database import reading, transaction
from outreach.clockwork import (
    Changed,
    Claim,
    Job,
    Moment,
    Work,
    cause_of,
    claim,
    due_slots,
    fail,
    finish,
    give_up_abandoned,
    is_still_ours,
    let_go_of,
    sign_of_life,
    who_is_at_work,
)

Renew = Callable[[], None]
"""Lengthen the lease; raises TakenOver when another runner has the slot now."""
Steps = Callable[[Office, Moment, Renew], Changed]
"""What a job does that opens transactions of its own, one after the other."""

logger = logging.getLogger(__name__)


class JobFailed(Exception):
    """A job's work failed. Says the cause in one line and stands for the error itself, which may name people."""


class TakenOver(Exception):
    """Another runner thought this one dead and has the slot now."""


def note_sign_of_life(jobs: Sequence[Job]) -> None:
    """Let the pages and `/readyz` see that the clockwork runs; what died here is let go of, what was abandoned ends."""
    here = office()
    with transaction(here.engine) as session:
        sign_of_life(session, here.runner.partition(":")[0], machine_now=real_now())
        gone = [runner for runner in who_is_at_work(session) if here.is_gone(runner)]
        let_go_of(session, gone, machine_now=real_now())
        give_up_abandoned(session, jobs, now=here.clock.now(), machine_now=real_now())


def due(job: Job) -> list[datetime]:
    """The slots of a job that are to be done now, the latest first."""
    here = office()
    with reading(here.engine) as session:
        return list(due_slots(session, job, now=here.clock.now()))


def do_once(job: str, slot: datetime, work: Work, *, is_frequent: bool = False) -> str | None:
    """Do the work of a slot in one transaction, unless it is done or being done elsewhere; what it changed, or None."""
    here, told = office(), None
    with _held(job, slot) as held:
        if held is not None:
            with transaction(here.engine) as session:
                _expect_ours(session, held)
                changed = work(session, _moment(slot))
                finish(session, held, changed=changed, now=here.clock.now(), is_frequent=is_frequent)
            told = _told(changed)
    return told


def do_in_steps(job: str, slot: datetime, work: Steps, *, is_frequent: bool = False) -> str | None:
    """The same for work in several transactions: cut off in the middle, it is taken up again from the start."""
    here, told = office(), None
    with _held(job, slot) as held:
        if held is not None:
            changed = work(here, _moment(slot), partial(_renew, here, held))
            with transaction(here.engine) as session:
                _expect_ours(session, held)
                finish(session, held, changed=changed, now=here.clock.now(), is_frequent=is_frequent)
            told = _told(changed)
    return told


def _renew(here: Office, held: Claim) -> None:
    with transaction(here.engine) as session:
        _expect_ours(session, held)


def _expect_ours(session: Session, held: Claim) -> None:
    if not is_still_ours(session, held, machine_now=real_now()):
        raise TakenOver(held.job, held.slot)


@contextmanager
def _held(job: str, slot: datetime) -> Iterator[Claim | None]:
    """The slot, if it is to be had. A failure is written down before it is raised as JobFailed: its cause can be read,
    and a later look tries anew.
    """
    here = office()
    with transaction(here.engine) as session:
        held = claim(session, job, slot, runner=here.runner, now=here.clock.now(), machine_now=real_now())
    try:
        yield held
    except TakenOver:
        logger.warning("slot %s of %s was taken over", slot.isoformat(), job)
    except Exception as error:  # noqa: BLE001 - told without the values that may stand in it
        if held is not None:
            with transaction(here.engine) as session:
                fail(session, held, why=cause_of(error), now=here.clock.now())
        where = "".join(traceback.format_tb(error.__traceback__))
        logger.warning("slot %s of %s failed: %s\n%s", slot.isoformat(), job, cause_of(error), where)
        # Prefect logs and keeps whatever is raised, with all that it came from.
        raise JobFailed(cause_of(error)) from None
    except BaseException:
        # Told to end: whoever looks next need not wait for the lease.
        with transaction(here.engine) as session:
            let_go_of(session, [here.runner], machine_now=real_now())
        raise


def _moment(slot: datetime) -> Moment:
    here = office()
    return Moment(slot, here.clock.now(), here.settings.zone)


def _told(changed: Changed) -> str:
    if changed:
        logger.info("%s", changed)
    for trouble in changed.troubles:
        logger.warning("%s %s", trouble.key, dict(trouble.values))
    return str(changed)
