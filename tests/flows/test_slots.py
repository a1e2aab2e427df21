"""A slot is done once, by whoever has it, or not at all."""

import os
import socket
import subprocess
import threading
import traceback
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from clock import real_now
from flows.slots import JobFailed, do_in_steps, do_once, due, note_sign_of_life
from models import ClockworkRun
from models.database import reading, transaction
from models.enums import RunState
from outreach.clockwork import (
    DIED,
    LEASE,
    MOST_ATTEMPTS,
    PAUSES,
    Changed,
    ClockworkState,
    Job,
    ask_for_run,
    claim,
)
from outreach.errors import Conflict
from outreach.permissions import CONSOLE
from outreach.runs import clockwork_in_time

NOW = "2026-11-01T02:00:30+08:00"
LATER = "2026-11-01T02:02:00+08:00"
SLOT = datetime(2026, 10, 31, 18, tzinfo=UTC)
MARK = text("INSERT INTO settings (name, value) VALUES (:name, '1')")


def _marks(engine):
    with reading(engine) as session:
        return session.scalars(text("SELECT name FROM settings ORDER BY name")).all()


def _mark(name="done"):
    def work(session, moment):
        session.execute(MARK, {"name": name})
        return Changed({"mark": name})

    return work


def test_a_slot_is_done_once_and_what_it_changed_is_kept(office_at):
    here = office_at(NOW)
    assert do_once("job", SLOT, _mark()) == "mark=done"
    assert do_once("job", SLOT, _mark("again")) is None
    assert _marks(here.engine) == ["done"]
    with reading(here.engine) as session:
        run = session.scalars(select(ClockworkRun)).one()
    assert (run.state, run.changed, run.slot, run.attempts) == (RunState.DONE, "mark=done", SLOT, 1)


def test_many_at_once_do_a_slot_once(office_at):
    here = office_at(NOW)
    barrier, done = threading.Barrier(6), []

    def race():
        barrier.wait()
        done.append(do_once("job", SLOT, _mark()))

    racers = [threading.Thread(target=race) for _ in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(map(str, done)) == ["None"] * 5 + ["mark=done"]
    assert _marks(here.engine) == ["done"]


def test_work_that_fails_leaves_nothing_but_why_and_is_tried_again(office_at):
    here = office_at(NOW)

    def fails(session, moment):
        session.execute(MARK, {"name": "half"})
        raise ValueError("no such day")

    with pytest.raises(JobFailed, match="ValueError: no such day"):
        do_once("job", SLOT, fails)
    assert _marks(here.engine) == []
    with reading(here.engine) as session:
        run = session.scalars(select(ClockworkRun)).one()
    assert (run.state, run.changed) == (RunState.FAILED, "ValueError: no such day")
    assert do_once("job", SLOT, _mark()) is None, "it rests a while"
    office_at(LATER)
    assert do_once("job", SLOT, _mark()) == "mark=done"


def test_whom_a_failure_was_about_stands_neither_in_its_cause_nor_in_what_is_raised_and_logged(
    office_at, caplog
):
    here, whom = office_at(NOW), "何玉兰"

    def fails(session, moment):
        for _ in range(2):
            session.execute(MARK, {"name": whom})

    with pytest.raises(JobFailed) as raised:
        do_once("job", SLOT, fails)
    with reading(here.engine) as session:
        kept = session.scalars(select(ClockworkRun.changed)).one()
    assert kept.startswith("IntegrityError: ")
    assert "in fails" in caplog.text, "where it failed can still be found"
    shown = "".join(traceback.format_exception(raised.value))
    assert whom not in kept + shown + caplog.text


def test_after_five_failures_a_slot_is_left_for_somebody_to_look_at(office_at):
    here = office_at(NOW)
    job = Job("job", lambda until: iter([SLOT]), _mark())

    def fails(session, moment):
        raise ValueError("again")

    for attempt in range(MOST_ATTEMPTS):
        office_at((here.clock.now() + attempt * PAUSES[-1]).isoformat())
        assert due(job) == [SLOT]
        with pytest.raises(JobFailed, match="again"):
            do_once("job", SLOT, fails)
    office_at((here.clock.now() + timedelta(days=1)).isoformat())
    assert due(job) == []
    assert do_once("job", SLOT, _mark()) is None


@pytest.mark.parametrize("lease_off_by", [-timedelta(seconds=1), 3 * LEASE], ids=["over", "clock set back"])
def test_the_slot_of_a_runner_that_died_is_taken_over(office_at, lease_off_by):
    here = office_at(NOW)
    with transaction(here.engine) as session:
        assert claim(session, "job", SLOT, runner="dead", now=here.clock.now(), machine_now=real_now())
    assert do_once("job", SLOT, _mark()) is None, "its lease still stands"
    with transaction(here.engine) as session:
        session.execute(update(ClockworkRun).values(lease_until=real_now() + lease_off_by))
    assert do_once("job", SLOT, _mark()) == "mark=done"


def test_a_runner_of_this_machine_that_is_gone_is_not_waited_for(office_at):
    here = office_at(NOW)
    with subprocess.Popen(["true"]) as ended:
        pass
    with transaction(here.engine) as session:
        for job, runner in {
            "gone": f"{socket.gethostname()}:{ended.pid}",
            "alive": f"{socket.gethostname()}:{os.getpid()}",
            "elsewhere": f"another.machine:{ended.pid}",
        }.items():
            assert claim(session, job, SLOT, runner=runner, now=here.clock.now(), machine_now=real_now())
    note_sign_of_life([])
    assert do_once("gone", SLOT, _mark()) == "mark=done"
    assert do_once("alive", SLOT, _mark()) is None
    assert do_once("elsewhere", SLOT, _mark()) is None


def test_who_is_told_to_end_in_mid_work_lets_go_of_its_slot(office_at):
    here = office_at(NOW)

    def is_told_to_end(session, moment):
        session.execute(MARK, {"name": "half"})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do_once("job", SLOT, is_told_to_end)
    assert _marks(here.engine) == []
    assert do_once("job", SLOT, _mark()) == "mark=done"


def test_a_runner_thought_dead_cannot_write_after_its_successor(office_at):
    here = office_at(NOW)

    def overtaken(session, moment):
        raise AssertionError("its slot was taken over before it began")

    with transaction(here.engine) as session:
        held = claim(session, "job", SLOT, runner="slow", now=here.clock.now(), machine_now=real_now())
        session.execute(update(ClockworkRun).values(lease_until=real_now() - timedelta(seconds=1)))
    assert do_once("job", SLOT, _mark()) == "mark=done"
    from outreach.clockwork import is_still_ours

    with transaction(here.engine) as session:
        assert not is_still_ours(session, held, machine_now=real_now())
    assert do_once("job", SLOT, overtaken) is None


def test_what_was_missed_is_due_the_latest_first_and_nothing_before_the_first_ever(office_at):
    here = office_at(NOW)
    months = [datetime(2026, month, 1, tzinfo=UTC) for month in (10, 9, 8, 7, 6)]
    job = Job("months", lambda until: iter(months), _mark(), makes_good=True)
    assert due(job) == months[:1], "before the first run nothing is owed"
    do_once("months", months[3], _mark("july"))
    assert due(job) == months[:3]
    with transaction(here.engine) as session:
        assert (
            clockwork_in_time(session, [job], now=here.clock.now(), machine_now=real_now())
            is ClockworkState.STOPPED
        )
    note_sign_of_life([job])
    with transaction(here.engine) as session:
        assert (
            clockwork_in_time(session, [job], now=here.clock.now(), machine_now=real_now())
            is ClockworkState.BEHIND
        )
    for month in due(job):
        do_once("months", month, _mark(f"{month:%B}"))
    with transaction(here.engine) as session:
        assert (
            clockwork_in_time(session, [job], now=here.clock.now(), machine_now=real_now())
            is ClockworkState.OK
        )


def test_work_in_steps_keeps_what_each_step_did_and_is_taken_up_again(office_at):
    here = office_at(NOW)
    tries = []

    def steps(office, moment, renew):
        tries.append(moment.slot)
        renew()
        with transaction(office.engine) as session:
            session.execute(MARK, {"name": f"step {len(tries)}"})
        if len(tries) == 1:
            raise ConnectionError("in the middle")
        return Changed({"steps": len(tries)})

    with pytest.raises(JobFailed, match="ConnectionError"):
        do_in_steps("job", SLOT, steps)
    assert _marks(here.engine) == ["step 1"]
    office_at(LATER)
    assert do_in_steps("job", SLOT, steps) == "steps=2"
    assert do_in_steps("job", SLOT, steps) is None
    assert tries == [SLOT, SLOT]


def test_work_in_steps_stops_when_its_slot_was_taken_over(office_at):
    here = office_at(NOW)

    def steps(office, moment, renew):
        with transaction(office.engine) as session:
            session.execute(update(ClockworkRun).values(attempts=ClockworkRun.attempts + 1))
        renew()
        raise AssertionError("it is not ours any more")

    assert do_in_steps("job", SLOT, steps) is None
    with reading(here.engine) as session:
        assert session.scalars(select(ClockworkRun.state)).one() is RunState.RUNNING


def test_of_a_frequent_job_only_the_last_run_that_changed_nothing_is_kept(office_at):
    here = office_at(NOW)
    nothing = Changed({"sent": 0})
    for minute, changed in enumerate([nothing, nothing, Changed({"sent": 2}), nothing, nothing]):
        do_once("job", SLOT + timedelta(minutes=minute), lambda *_, c=changed: c, is_frequent=True)
    with reading(here.engine) as session:
        kept = session.execute(select(ClockworkRun.slot, ClockworkRun.changed).order_by(ClockworkRun.slot))
        assert [(slot.minute, changed) for slot, changed in kept] == [(2, "sent=2"), (4, "")]


def test_a_run_that_somebody_asks_for_is_done_at_the_next_look_once(office_at):
    here = office_at(NOW)
    job = Job("job", lambda until: iter([SLOT]), _mark())
    do_once("job", SLOT, _mark("by the clock"))
    assert due(job) == []
    with transaction(here.engine) as session:
        ask_for_run(session, job, by=CONSOLE, now=here.clock.now())
    with pytest.raises(Conflict), transaction(here.engine) as session:
        ask_for_run(session, job, by=CONSOLE, now=here.clock.now())
    (asked,) = due(job)
    assert do_once("job", asked, _mark("by hand")) == "mark=by hand"
    assert due(job) == []
    with reading(here.engine) as session:
        assert session.scalars(select(ClockworkRun.asked_by).order_by(ClockworkRun.slot)).all() == [
            None,
            "console",
        ]


def test_a_run_whose_runners_all_died_ends_as_failed_also_when_somebody_asked_for_it(office_at):
    here = office_at(NOW)
    owed = Job("owed", lambda until: iter([SLOT]), _mark(), makes_good=True)
    with transaction(here.engine) as session:
        ask_for_run(session, owed, by=CONSOLE, now=SLOT)
        ask_for_run(session, Job("of before", owed.slots_before, _mark()), by=CONSOLE, now=SLOT)
    for _ in range(MOST_ATTEMPTS):
        with transaction(here.engine) as session:
            session.execute(update(ClockworkRun).values(lease_until=real_now() - timedelta(seconds=1)))
            for job in ("owed", "of before"):
                now = here.clock.now()
                assert claim(session, job, SLOT, runner="dead", now=now, machine_now=real_now())
        note_sign_of_life([owed])
        with reading(here.engine) as session:
            assert set(session.scalars(select(ClockworkRun.state))) == {RunState.RUNNING}, "its lease stands"
    with transaction(here.engine) as session:
        session.execute(update(ClockworkRun).values(lease_until=real_now() - timedelta(seconds=1)))
    note_sign_of_life([owed])
    with reading(here.engine) as session:
        ended = session.scalars(select(ClockworkRun)).all()
    assert [(run.state, run.changed) for run in ended] == [(RunState.FAILED, DIED)] * 2
    assert due(owed) == []


def test_a_run_cut_off_that_a_later_slot_covers_ends_as_failed(office_at):
    here = office_at(NOW)
    later = SLOT + timedelta(minutes=1)
    covered = Job("covered", lambda until: iter([later, SLOT]), _mark())
    owed = Job("owed", lambda until: iter([later, SLOT]), _mark(), makes_good=True)
    with transaction(here.engine) as session:
        for job in (covered, owed):
            claim(session, job.name, SLOT, runner="dead", now=here.clock.now(), machine_now=real_now())
        session.execute(update(ClockworkRun).values(lease_until=real_now() - timedelta(seconds=1)))
    note_sign_of_life([covered, owed])
    with reading(here.engine) as session:
        states = dict(session.execute(select(ClockworkRun.job, ClockworkRun.state)).all())
    assert states == {"covered": RunState.FAILED, "owed": RunState.RUNNING}
    assert do_once("owed", SLOT, _mark()) == "mark=done"
