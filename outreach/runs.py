"""What the clockwork did: of each job its last run, its next slot, what failed and what follows from that."""

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from models import Activity, ClockworkRun, ClockworkRunner, Notice
from models.base import RunId
from models.enums import ActivityStatus, NoticeState, RunState
from outreach.clockwork import (
    BEHIND_AFTER,
    CUT_OFF,
    HAS_ENDED,
    MOST_ATTEMPTS,
    MOST_MISSED,
    SEEN_WITHIN,
    Changed,
    ClockworkState,
    Job,
    Moment,
    Trouble,
    ask_for_run,
    cause_of,
    owed_slots,
)
from outreach.errors import NotFound
from outreach.permissions import Actor, Deed, expect_everywhere, expect_somewhere, may_everywhere
from wording.names import joined
from wording.sentences import SOURCE_LANGUAGE, is_known, say

log = logging.getLogger(__name__)

_COUNTS: Final = re.compile(r"(\w+)=(\S*)")
_LOOKS_AHEAD: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=366))


class JobState(StrEnum):
    """How a job stands; `clockwork.state_…` in the catalogues says it."""

    FAILED = "failed"
    LATE = "late"
    """A slot is due for long and nobody has taken it up."""
    RUNNING = "running"
    ASKED = "asked"
    DONE = "done"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Run:
    """One slot of one job, and what became of it."""

    id: RunId
    job: str
    slot: datetime
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    attempts: int
    asked_by: str | None
    counts: Mapping[str, str]
    """What it changed, by words that `clockwork.count_…` says; empty when it changed nothing."""
    why: str | None
    """Why it failed, in the program's own words; None for one that did not, and for whom it is none of theirs."""
    is_cut_off: bool
    """Its runner died, and a later slot covers what it had to do: no fault any more."""
    troubles: tuple[Trouble, ...]

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None while it runs."""
        return None if self.finished_at is None else max(timedelta(), self.finished_at - self.started_at)

    @property
    def has_failed(self) -> bool:
        return self.state is RunState.FAILED and not self.is_cut_off


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows while a job does not run: a sentence's key and its values."""

    key: str
    values: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as it stands."""

    job: str
    state: JobState
    last: Run | None
    """The run begun last; one that only waits to be taken up is none."""
    next_slot: datetime
    is_asked: bool
    """Somebody wants it now, and the clockwork has not taken it up yet."""
    late_since: datetime | None
    """The earliest slot that is due and not done, when that is for longer than an hour."""
    failing_since: datetime | None
    effect: Effect | None
    """Of a job that failed or is late."""


@dataclass(frozen=True, slots=True)
class Overview:
    """All jobs, what failed first, and whether somebody runs them at all."""

    clockwork: ClockworkState
    jobs: Sequence[JobView]


def overview(
    session: Session, jobs: Sequence[Job], *, by: Actor, now: datetime, machine_now: datetime
) -> Overview:
    """Every job as it stands, in a handful of statements however many there are; to whom see `_as_told_to`."""
    names = [job.name for job in jobs]
    last, asked = _last_runs(session, names), _asked(session, names)
    ended, failing = _ended_slots(session, names, now), _failing_since(session, names)
    clockwork = clockwork_state(session, machine_now=machine_now)
    views = []
    for job in jobs:
        late_since = _late_since(job, ended[job.name], now)
        run = last.get(job.name)
        if run is None and clockwork is ClockworkState.STOPPED:
            # Before there was a clockwork nothing was owed.
            late_since = None
        state = _state(run, is_late=late_since is not None, is_asked=job.name in asked)
        needs_care = state in (JobState.FAILED, JobState.LATE)
        views.append(
            JobView(
                job=job.name,
                state=state,
                last=None if run is None else _as_told_to(by, run),
                next_slot=next_slot(job, now=now),
                is_asked=job.name in asked,
                late_since=late_since,
                failing_since=failing.get(job.name) if state is JobState.FAILED else None,
                effect=_effect(session, job.name, now=now) if needs_care else None,
            )
        )
    clockwork = _in_time(clockwork, (view.late_since for view in views))
    urgent = [JobState.FAILED, JobState.LATE]
    views.sort(key=lambda view: urgent.index(view.state) if view.state in urgent else len(urgent))
    return Overview(clockwork, views)


def failing(session: Session, jobs: Sequence[Job]) -> Sequence[str]:
    """The names of the jobs whose last run failed, for a page about something else; one statement."""
    last = _last_runs(session, [job.name for job in jobs])
    return [job.name for job in jobs if job.name in last and last[job.name].has_failed]


def clockwork_state(session: Session, *, machine_now: datetime) -> ClockworkState:
    """Whether anybody runs the jobs at all; `machine_now` is the machine's own time, not that of a rehearsal."""
    seen_at = session.scalar(select(func.max(ClockworkRunner.seen_at)))
    is_there = seen_at is not None and machine_now - seen_at <= SEEN_WITHIN
    return ClockworkState.OK if is_there else ClockworkState.STOPPED


def clockwork_in_time(
    session: Session, jobs: Sequence[Job], *, now: datetime, machine_now: datetime
) -> ClockworkState:
    """Whether anybody runs the jobs, and whether they are done in time: the overview's word, in two statements."""
    ended = _ended_slots(session, [job.name for job in jobs], now)
    late = (_late_since(job, ended[job.name], now) for job in jobs)
    return _in_time(clockwork_state(session, machine_now=machine_now), late)


def runs(session: Session, job: Job, *, by: Actor, before: RunId | None = None, limit: int) -> Sequence[Run]:
    """The runs of a job, the latest first, those before one when it is given; to whom see `_as_told_to`."""
    query = select(ClockworkRun).where(ClockworkRun.job == job.name)
    if before is not None:
        query = query.where(ClockworkRun.id < before)
    rows = session.scalars(query.order_by(ClockworkRun.id.desc()).limit(limit))
    return [_as_told_to(by, _run(row)) for row in rows]


def run(session: Session, run_id: RunId) -> Run:
    """One run; raises NotFound."""
    found = session.get(ClockworkRun, run_id)
    if found is None:
        raise NotFound("clockwork.no_such_run", id=run_id)
    return _run(found)


def job_of(jobs: Sequence[Job], name: str) -> Job:
    """The job of a name; raises NotFound."""
    for job in jobs:
        if job.name == name:
            return job
    raise NotFound("clockwork.no_such_job", job=name)


def expect_reader(by: Actor) -> None:
    """Let those pass who may plan somewhere: they have to know what did not happen by itself. Raises Forbidden."""
    expect_somewhere(by, Deed.PLAN)


def expect_runner(by: Actor) -> None:
    """Let administrators of everything pass. Raises Forbidden."""
    expect_everywhere(by, Deed.ADMINISTER)


def rehearse(session: Session, job: Job, *, by: Actor, moment: Moment) -> Changed:
    """What a job would do now. It may write: whoever asks gives a transaction that keeps nothing.

    What would fail is told as a trouble. Raises Forbidden.
    """
    expect_runner(by)
    try:
        with session.begin_nested():
            return job.foresee(session, moment)
    except Exception as error:
        log.exception("the rehearsal of %s failed", job.name)
        return Changed({}, [Trouble("clockwork.would_fail", {"why": cause_of(error)})])


def run_now(session: Session, job: Job, *, by: Actor, now: datetime) -> Run:
    """Let the clockwork do a job at its next look. Raises Forbidden, and Conflict while that waits already."""
    expect_runner(by)
    return run(session, ask_for_run(session, job, by=by, now=now))


def next_slot(job: Job, *, now: datetime) -> datetime:
    """When a job comes due next."""
    found = now
    for span in _LOOKS_AHEAD:
        for slot in job.slots_before(now + span):
            if slot <= now:
                break
            found = slot
        if found > now:
            break
    return found


# --- in words ---------------------------------------------------------------------------------------------------------


def say_job(job: str, *, language: str = SOURCE_LANGUAGE) -> str:
    """What a job is called."""
    return say(f"clockwork.job_{job}", language=language) if is_known(f"clockwork.job_{job}") else job


def say_counts(counts: Mapping[str, int | str], *, language: str = SOURCE_LANGUAGE) -> str:
    """What was, or would be, changed; nothing is a result too."""
    told = [
        say(f"clockwork.count_{word}", language=language, count=count)
        for word, count in counts.items()
        if str(count) not in ("0", "") and is_known(f"clockwork.count_{word}")
    ]
    return joined(told, language=language) if told else say("clockwork.nothing_changed", language=language)


def say_foreseen(foreseen: Changed, *, language: str = SOURCE_LANGUAGE) -> str:
    """What a run would do, in a sentence."""
    return say("clockwork.would", language=language, changes=say_counts(foreseen.counts, language=language))


def say_asked(state: ClockworkState, *, language: str = SOURCE_LANGUAGE) -> str:
    """When a run that was asked for begins."""
    return say(asked_key(state), language=language)


def asked_key(state: ClockworkState) -> str:
    """The sentence that says when a run that was asked for begins."""
    return f"clockwork.asked_and_{'stopped' if state is ClockworkState.STOPPED else 'taken_up'}"


def say_run(found: Run, *, language: str = SOURCE_LANGUAGE) -> str:
    """What became of a run, in a sentence."""
    match found.state:
        case RunState.DONE:
            return say_counts(found.counts, language=language)
        case RunState.FAILED if found.is_cut_off:
            return say("clockwork.cut_off", language=language)
        case RunState.FAILED:
            key = "clockwork.failed" if found.attempts < MOST_ATTEMPTS else "clockwork.given_up"
            if found.why is None:
                return say(f"{key}_somehow", language=language)
            return say(key, language=language, why=found.why)
        case RunState.ASKED:
            return say("clockwork.asked", language=language, name=found.asked_by or "")
        case RunState.RUNNING:
            return say("clockwork.running", language=language)


def say_trouble(trouble: Trouble, *, language: str = SOURCE_LANGUAGE) -> str:
    """What went wrong although the job went on."""
    if not is_known(trouble.key):
        return trouble.key
    return say(trouble.key, language=language, **trouble.values)


def say_effect(effect: Effect, *, language: str = SOURCE_LANGUAGE) -> str:
    """What follows while a job does not run."""
    return say(effect.key, language=language, **effect.values)


# --- how they stand ---------------------------------------------------------------------------------------------------


def _late_since(job: Job, ended: Collection[datetime], now: datetime) -> datetime | None:
    """The earliest slot that is due and not done, when that is for longer than an hour."""
    owed = owed_slots(job, ended, now=now)
    return min((slot for slot in owed if slot < now - BEHIND_AFTER), default=None)


def _in_time(state: ClockworkState, late: Iterable[datetime | None]) -> ClockworkState:
    return ClockworkState.BEHIND if state is ClockworkState.OK and any(late) else state


def _state(last: Run | None, *, is_late: bool, is_asked: bool) -> JobState:
    if last is not None and last.has_failed:
        return JobState.FAILED
    if is_late:
        return JobState.LATE
    if last is not None and last.state is RunState.RUNNING:
        return JobState.RUNNING
    if is_asked:
        return JobState.ASKED
    return JobState.NEVER if last is None else JobState.DONE


def _of(names: Sequence[str]) -> ColumnElement[bool]:
    return ClockworkRun.job.in_(names)


def _last_runs(session: Session, names: Sequence[str]) -> dict[str, Run]:
    place = func.row_number().over(
        partition_by=ClockworkRun.job, order_by=(ClockworkRun.started_at.desc(), ClockworkRun.id.desc())
    )
    begun = (
        select(ClockworkRun.id, place.label("place"))
        .where(_of(names), ClockworkRun.state != RunState.ASKED)
        .subquery()
    )
    rows = session.scalars(
        select(ClockworkRun).join(begun, begun.c.id == ClockworkRun.id).where(begun.c.place == 1)
    )
    return {row.job: _run(row) for row in rows}


def _asked(session: Session, names: Sequence[str]) -> set[str]:
    asked = select(ClockworkRun.job).where(_of(names), ClockworkRun.state == RunState.ASKED)
    return set(session.scalars(asked))


def _ended_slots(session: Session, names: Sequence[str], now: datetime) -> Mapping[str, set[datetime]]:
    """As many of the latest slots that are done as may still be asked about."""
    place = func.row_number().over(partition_by=ClockworkRun.job, order_by=ClockworkRun.slot.desc())
    ended = (
        select(ClockworkRun.job, ClockworkRun.slot, place.label("place"))
        .where(_of(names), HAS_ENDED, ClockworkRun.slot <= now)
        .subquery()
    )
    found: dict[str, set[datetime]] = defaultdict(set)
    for job, slot in session.execute(
        select(ended.c.job, ended.c.slot).where(ended.c.place <= MOST_MISSED * 2)
    ):
        found[job].add(slot)
    return found


def _failing_since(session: Session, names: Sequence[str]) -> dict[str, datetime]:
    """What the first of the failures was due for that no success has followed."""
    done = (
        select(ClockworkRun.job, func.max(ClockworkRun.started_at).label("at"))
        .where(_of(names), ClockworkRun.state == RunState.DONE)
        .group_by(ClockworkRun.job)
        .subquery()
    )
    rows = session.execute(
        select(ClockworkRun.job, func.min(ClockworkRun.slot))
        .outerjoin(done, done.c.job == ClockworkRun.job)
        .where(
            _of(names),
            ClockworkRun.state == RunState.FAILED,
            ClockworkRun.changed != CUT_OFF,
            or_(done.c.at.is_(None), ClockworkRun.started_at > done.c.at),
        )
        .group_by(ClockworkRun.job)
    )
    return dict(rows.all())


def _as_told_to(by: Actor, run: Run) -> Run:
    """A run without cause and troubles for those who plan in some units only: both may name what is others'.

    That it failed, what it changed and what follows concerns everybody who plans.
    """
    return run if may_everywhere(by, Deed.PLAN) else replace(run, why=None, troubles=())


def _run(row: ClockworkRun) -> Run:
    failed = row.state is RunState.FAILED
    return Run(
        id=row.id,
        job=row.job,
        slot=row.slot,
        state=row.state,
        started_at=row.started_at,
        finished_at=row.finished_at,
        attempts=row.attempts,
        asked_by=row.asked_by,
        counts={} if failed else dict(_COUNTS.findall(row.changed or "")),
        why=row.changed if failed and row.changed != CUT_OFF else None,
        is_cut_off=failed and row.changed == CUT_OFF,
        troubles=tuple(Trouble(each["key"], each["values"]) for each in row.troubles or ()),
    )


# --- what follows -----------------------------------------------------------------------------------------------------


def _effect(session: Session, job: str, *, now: datetime) -> Effect:
    count = _EFFECTS.get(job)
    values = {} if count is None else count(session, now)
    key = f"clockwork.effect_{job}"
    return Effect(key if is_known(key) else "clockwork.effect_other", values)


def _notices_waiting(session: Session, now: datetime) -> Mapping[str, int | str]:
    waiting = (
        select(func.count())
        .select_from(Notice)
        .where(Notice.state == NoticeState.DUE, Notice.next_try_at <= now)
    )
    return {"count": session.scalar(waiting) or 0}


def _planned_until(session: Session, _now: datetime) -> Mapping[str, int | str]:
    planned = select(Activity.day).where(Activity.status == ActivityStatus.PLANNED)
    last = session.scalar(planned.order_by(Activity.day.desc()).limit(1))
    return {"day": "–" if last is None else last.isoformat()}


_EFFECTS: Final[Mapping[str, Callable[[Session, datetime], Mapping[str, int | str]]]] = {
    "deliver_notices": _notices_waiting,
    "plan_horizon": _planned_until,
}
