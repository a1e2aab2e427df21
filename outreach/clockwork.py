"""Each job once for each slot, whoever runs it: claimed by a unique row with a lease, taken over after a crash.

A slot is the instant a job was due for, in program time; what to do follows from the slot, never from when somebody
came round to it. Leases and signs of life are in the machine's own time, which every runner shares.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from calendars.timezones import local_day
from models import ClockworkRun, ClockworkRunner
from models.base import RunId
from models.database import hold
from models.enums import RunState
from outreach.errors import Conflict
from outreach.permissions import Actor

LEASE = timedelta(minutes=2)
"""How long a silent runner is waited for before its slot is taken over. One whose transaction is still open holds the
row itself, however long that takes; one that works in steps renews its lease with each."""
SEEN_WITHIN = timedelta(minutes=5)
"""A runner that gave no sign of life for longer counts as stopped."""
BEHIND_AFTER = timedelta(hours=1)
"""How late a slot may be before the clockwork counts as behind."""
MOST_ATTEMPTS = 5
"""After so many attempts that failed or fell silent, a slot is left as failed for somebody to look at."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""How long a slot rests that failed once, twice and so on: what it lacked may be back by then."""
MOST_MISSED = 24
"""How many missed slots of a job are made good after a long silence."""
LONGEST_CAUSE = 200
DIED = "the process ended in the middle of the work"
"""What stands as the cause where runners died until nobody tries any more."""
CUT_OFF = "cut_off"
"""What stands as the cause where a runner died and nobody took over; `clockwork.cut_off` says it."""


HAS_ENDED: Final = or_(
    ClockworkRun.state == RunState.DONE,
    (ClockworkRun.state == RunState.FAILED) & (ClockworkRun.attempts >= MOST_ATTEMPTS),
)
"""Nothing is to be done for the slot any more."""


class ClockworkState(StrEnum):
    OK = "ok"
    BEHIND = "behind"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a job works from: the instant it was due for, the present one, and the organisation's zone."""

    slot: datetime
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The present local day: the slot's may be past when the machine was off."""
        return local_day(max(self.slot, self.now), self.zone)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that failed although the job went on: a sentence's key in the catalogues, and its values."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a job did: how many of what, by words that `clockwork.count_…` in the catalogues says."""

    counts: Mapping[str, int | str]
    troubles: Sequence[Trouble] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.troubles) or any(isinstance(n, int) and n > 0 for n in self.counts.values())

    def __str__(self) -> str:
        return " ".join(f"{word}={count}" for word, count in self.counts.items())


Work = Callable[[Session, Moment], Changed]
"""What a job does, in one transaction."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work that comes due by the clock."""

    name: str
    slots_before: Callable[[datetime], Iterable[datetime]]
    """The slots up to and including an instant, the latest first, without end."""
    foresee: Work
    """What it would do now. May write: whoever asks throws that away."""
    makes_good: bool = False
    """Whether each missed slot is still worth doing; otherwise the latest one covers those before it."""
    is_frequent: bool = False
    """Comes due so often that of runs which changed nothing only the last is kept."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A slot that is ours until the lease ends."""

    run_id: RunId
    job: str
    slot: datetime
    attempt: int


def due_slots(session: Session, job: Job, *, now: datetime) -> Sequence[datetime]:
    """The slots of a job that are due and not done, the latest first: nothing is asked by "equal to now".

    Those that somebody asked for come before those of the clock. One that failed a moment ago rests first.

    Slots before the first one ever done are not owed: before that there was no clockwork. Nor do slots that were done
    while the clock was ahead tell anything.
    """
    ended = select(ClockworkRun.slot).where(ClockworkRun.job == job.name, HAS_ENDED, ClockworkRun.slot <= now)
    done = set(session.scalars(ended.order_by(ClockworkRun.slot.desc()).limit(MOST_MISSED * 2)))
    asked = select(ClockworkRun.slot).where(
        ClockworkRun.job == job.name,
        ClockworkRun.asked_by.is_not(None),
        ClockworkRun.slot <= now,
        ~HAS_ENDED,
    )
    resting = set(
        session.scalars(select(ClockworkRun.slot).where(ClockworkRun.job == job.name, _is_resting(now)))
    )
    wanted = [*session.scalars(asked.order_by(ClockworkRun.slot.desc())), *owed_slots(job, done, now=now)]
    return [slot for slot in wanted if slot not in resting]


def owed_slots(job: Job, done: Collection[datetime], *, now: datetime) -> list[datetime]:
    """The slots of the clock that are due and not among those done, the latest first."""
    first = min(done, default=None)
    due: list[datetime] = []
    for _, slot in zip(range(MOST_MISSED), job.slots_before(now), strict=False):
        if first is not None and slot < first:
            break
        if slot not in done:
            due.append(slot)
        if first is None or not job.makes_good:
            break
    return due


def claim(
    session: Session, job: str, slot: datetime, *, runner: str, now: datetime, machine_now: datetime
) -> Claim | None:
    """Take a slot; None when it is done, rests or another runner holds it. One row is the lock, on either database."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(ClockworkRun).values(
        job=job,
        slot=slot,
        state=RunState.RUNNING,
        runner=runner,
        lease_until=machine_now + LEASE,
        attempts=1,
        started_at=now,
    )
    may_try_again = (ClockworkRun.attempts < MOST_ATTEMPTS) & (
        (ClockworkRun.state == RunState.ASKED)
        | ((ClockworkRun.state == RunState.FAILED) & ~_is_resting(now))
        | ((ClockworkRun.state == RunState.RUNNING) & _is_let_go(machine_now))
    )
    row = session.execute(
        insert.on_conflict_do_update(
            index_elements=[ClockworkRun.job, ClockworkRun.slot],
            set_={
                "state": RunState.RUNNING,
                "runner": runner,
                "lease_until": machine_now + LEASE,
                "attempts": ClockworkRun.attempts + 1,
                "started_at": now,
                "finished_at": None,
                "changed": None,
                "troubles": None,
            },
            where=may_try_again,
        ).returning(ClockworkRun.id, ClockworkRun.attempts)
    ).one_or_none()
    return None if row is None else Claim(row.id, job, slot, row.attempts)


def is_still_ours(session: Session, held: Claim, *, machine_now: datetime) -> bool:
    """Lengthen the lease; False when another runner has taken the slot over, and the work must be dropped.

    Called in the transaction of the work itself, so that a runner thought dead cannot write after its successor.
    """
    renewed = session.execute(
        update(ClockworkRun)
        .where(
            ClockworkRun.id == held.run_id,
            ClockworkRun.attempts == held.attempt,
            ClockworkRun.state == RunState.RUNNING,
        )
        .values(lease_until=machine_now + LEASE)
        .returning(ClockworkRun.id)
    )
    return renewed.one_or_none() is not None


def finish(
    session: Session, held: Claim, *, changed: Changed, now: datetime, is_frequent: bool = False
) -> None:
    """Write down what was done. In the transaction of the work: done and written down are one."""
    told = "" if is_frequent and not changed else str(changed)
    _end(session, held, RunState.DONE, told, now, troubles=changed.troubles)
    if is_frequent:
        _forget_quiet_runs(session, held)


def fail(session: Session, held: Claim, *, why: str, now: datetime) -> None:
    """Write down why it was not done, in one line; a later look tries again."""
    _end(session, held, RunState.FAILED, _first_line(why), now)


def cause_of(error: BaseException) -> str:
    """What went wrong, in one line that may be kept and shown."""
    return _first_line(f"{type(error).__name__}: {error}")


def let_go_of(session: Session, runners: Collection[str], *, machine_now: datetime) -> None:
    """End the leases of runners that are known to be gone: their slots need not wait for it."""
    session.execute(
        update(ClockworkRun)
        .where(ClockworkRun.state == RunState.RUNNING, ClockworkRun.runner.in_(runners))
        .values(lease_until=machine_now - LEASE)
    )


def who_is_at_work(session: Session) -> Collection[str]:
    """The runners that hold a slot, dead or alive."""
    return set(session.scalars(select(ClockworkRun.runner).where(ClockworkRun.state == RunState.RUNNING)))


def give_up_abandoned(session: Session, jobs: Sequence[Job], *, now: datetime, machine_now: datetime) -> int:
    """Runs of runners that died and that nobody takes over end as failed; how many.

    Some a later slot covers, others were tried too often: those are for somebody to look at.
    """
    ended = 0
    for job in jobs:
        if job.makes_good:
            continue
        latest = next(iter(job.slots_before(now)))
        abandoned = session.scalars(
            update(ClockworkRun)
            .where(
                ClockworkRun.job == job.name,
                ClockworkRun.slot < latest,
                ClockworkRun.state == RunState.RUNNING,
                ClockworkRun.asked_by.is_(None),
                _is_let_go(machine_now),
            )
            .values(state=RunState.FAILED, finished_at=now, changed=CUT_OFF, attempts=MOST_ATTEMPTS)
            .returning(ClockworkRun.id)
        )
        ended += len(abandoned.all())
    died_each_time = session.scalars(
        update(ClockworkRun)
        .where(
            ClockworkRun.state == RunState.RUNNING,
            ClockworkRun.attempts >= MOST_ATTEMPTS,
            _is_let_go(machine_now),
        )
        .values(state=RunState.FAILED, finished_at=now, changed=DIED)
        .returning(ClockworkRun.id)
    )
    return ended + len(died_each_time.all())


def ask_for_run(session: Session, job: Job, *, by: Actor, now: datetime) -> RunId:
    """Let a job be done now: the next look of the clockwork takes it up. Raises Conflict while one waits already."""
    hold(session, f"run {job.name}")
    waiting = select(ClockworkRun.id).where(
        ClockworkRun.job == job.name, ClockworkRun.state == RunState.ASKED
    )
    if session.scalar(waiting) is not None:
        raise Conflict("clockwork.asked_already")
    run = ClockworkRun(
        job=job.name,
        slot=now,
        state=RunState.ASKED,
        runner="",
        lease_until=now,
        attempts=0,
        started_at=now,
        asked_by=by.name,
    )
    session.add(run)
    session.flush()
    return run.id


def sign_of_life(session: Session, runner: str, *, machine_now: datetime) -> None:
    """Note that a runner is there, and forget those that have not been for a day."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(ClockworkRunner).values(name=runner, seen_at=machine_now)
    session.execute(
        insert.on_conflict_do_update(index_elements=[ClockworkRunner.name], set_={"seen_at": machine_now})
    )
    gone = machine_now - timedelta(days=1)
    session.execute(delete(ClockworkRunner).where(ClockworkRunner.seen_at < gone))


def _is_let_go(machine_now: datetime) -> ColumnElement[bool]:
    """Whether a lease is over.

    One that ends later than any lease could was written before the machine's clock was set back: it is no lease.
    """
    return or_(ClockworkRun.lease_until < machine_now, ClockworkRun.lease_until > machine_now + 2 * LEASE)


def _is_resting(now: datetime) -> ColumnElement[bool]:
    """Whether the last attempt ended too short a while ago, by the program's time, for another.

    One that ended in the future did so before the clock was set back, or in another rehearsal: it does not rest.
    """
    too_soon = [
        (ClockworkRun.attempts == attempts) & (ClockworkRun.finished_at > now - pause)
        for attempts, pause in enumerate(PAUSES, start=1)
    ]
    has_ended = ClockworkRun.finished_at.is_not(None) & (ClockworkRun.finished_at <= now)
    return (ClockworkRun.state == RunState.FAILED) & has_ended & or_(*too_soon)


def _end(
    session: Session,
    held: Claim,
    ended: RunState,
    changed: str,
    now: datetime,
    *,
    troubles: Sequence[Trouble] = (),
) -> None:
    told = [{"key": trouble.key, "values": dict(trouble.values)} for trouble in troubles]
    session.execute(
        update(ClockworkRun)
        .where(ClockworkRun.id == held.run_id, ClockworkRun.attempts == held.attempt)
        .values(state=ended, finished_at=now, changed=changed, troubles=told or None)
    )


def _first_line(why: str) -> str:
    """A database's error goes on with the row and its values, which are nobody's business here."""
    return why.partition("\n")[0][:LONGEST_CAUSE]


def _forget_quiet_runs(session: Session, held: Claim) -> None:
    """Of a frequent job's runs that changed nothing, those before this one: a day has over a thousand."""
    session.execute(
        delete(ClockworkRun).where(
            ClockworkRun.job == held.job,
            ClockworkRun.slot < held.slot,
            ClockworkRun.state == RunState.DONE,
            ClockworkRun.changed == "",
            ClockworkRun.troubles.is_(None),
            ClockworkRun.asked_by.is_(None),
        )
    )
