"""What the clockwork of an office has done so far, read from its database; and the checks after a rehearsal."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select

from cli.main import run
from flows.jobs import PLAN_HORIZON, jobs
from models import Activity, ClockworkRun, ClockworkRunner
from models.database import make_engine, reading
from models.enums import RunState
from outreach.clockwork import CUT_OFF, due_slots
from tests.rehearsals.conftest import NIGHT, until


@dataclass(frozen=True, slots=True)
class Clockwork:
    engine: Engine

    def at_work(self, job: str = PLAN_HORIZON) -> int | None:
        """The process that does a job at this moment; None when nobody does."""
        with reading(self.engine) as session:
            held = select(ClockworkRun.runner).where(
                ClockworkRun.job == job, ClockworkRun.state == RunState.RUNNING
            )
            runner = session.scalars(held).first()
        return None if runner is None else int(runner.rpartition(":")[2])

    def wait_for_work(self, *, other_than: int | None = None) -> int:
        """The process that does the night's plan, once another one does than the one that did."""
        until(lambda: self.at_work() not in (None, other_than), what="the night's plan")
        pid = self.at_work()
        assert pid is not None, "so long a plan is not over in a moment"
        return pid

    def left(self) -> list[tuple[str, datetime, RunState, str | None]]:
        """Runs that are neither done nor cut off with a later slot to cover them."""
        is_covered = (ClockworkRun.state == RunState.FAILED) & (ClockworkRun.changed == CUT_OFF)
        told = select(ClockworkRun.job, ClockworkRun.slot, ClockworkRun.state, ClockworkRun.changed)
        with reading(self.engine) as session:
            rows = session.execute(told.where(ClockworkRun.state != RunState.DONE, ~is_covered))
            return [(job, slot, state, changed) for job, slot, state, changed in rows]

    def night_is_done(self) -> bool:
        """Whether every job has done what was due when the rehearsal began, and none is at work.

        Of what comes due every few minutes only the latest run that changed nothing is kept: it stands for the others.
        """
        now, zone = datetime.fromisoformat(NIGHT), ZoneInfo("Asia/Shanghai")
        with reading(self.engine) as session:
            done = set(session.scalars(select(ClockworkRun.job).where(ClockworkRun.state == RunState.DONE)))
            left = [
                job.name
                for job in jobs(zone)
                if (job.name not in done if job.is_frequent else due_slots(session, job, now=now))
            ]
            at_work = select(func.count()).where(ClockworkRun.state == RunState.RUNNING)
            return not left and not session.scalar(at_work)

    def seen_at(self) -> datetime | None:
        """When a runner last gave a sign of life, in the machine's time."""
        with reading(self.engine) as session:
            return session.scalar(select(func.max(ClockworkRunner.seen_at)))

    def planned_twice(self) -> list[object]:
        """Days of a campaign that have more than one activity: every campaign here has one."""
        each = (Activity.campaign_id, Activity.nominal_on)
        with reading(self.engine) as session:
            return list(session.execute(select(*each).group_by(*each).having(func.count() > 1)))

    def attempts(self, job: str = PLAN_HORIZON) -> Counter[int]:
        """How often each slot of a job was begun."""
        with reading(self.engine) as session:
            return Counter(session.scalars(select(ClockworkRun.attempts).where(ClockworkRun.job == job)))


@contextmanager
def clockwork_of(url: str) -> Iterator[Clockwork]:
    engine = make_engine(url)
    yield Clockwork(engine)
    engine.dispose()


def expect_all_well(clockwork: Clockwork, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing twice, nothing left, nothing that the doctor finds, and nothing more to plan."""
    until(lambda: not clockwork.left(), what=f"what stood there at first: {clockwork.left()}")
    assert clockwork.planned_twice() == []
    capfd.readouterr()
    assert run(["doctor", "--json"]) == 0, capfd.readouterr().out
    capfd.readouterr()
    assert run(["plan", "--json"]) == 0
    plan = json.loads(capfd.readouterr().out)
    assert {plan[word] for word in ("created", "moved", "cancelled")} == {0}
    assert plan["unchanged"] > 0
