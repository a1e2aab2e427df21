"""A slot is done once, by whoever has it, or not at all."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from clock import real_now
from flows.slots import do_once, due, note_sign_of_life
from models import ClockworkRun
from models.database import reading, transaction
from models.enums import RunState
from outreach.clockwork import LEASE, MOST_ATTEMPTS, ClockworkState, Job, claim, state

NOW = "2026-11-01T02:00:30+08:00"
SLOT = datetime(2026, 10, 31, 18, tzinfo=UTC)
MARK = text("INSERT INTO settings (name, value) VALUES (:name, '1')")


def _marks(engine):
    with reading(engine) as session:
        return session.scalars(text("SELECT name FROM settings ORDER BY name")).all()


def _mark(name="done"):
    def work(session, slot, now):
        session.execute(MARK, {"name": name})
        return f"mark={name}"

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

    def fails(session, slot, now):
        session.execute(MARK, {"name": "half"})
        raise ValueError("no such day")

    with pytest.raises(ValueError, match="no such day"):
        do_once("job", SLOT, fails)
    assert _marks(here.engine) == []
    with reading(here.engine) as session:
        run = session.scalars(select(ClockworkRun)).one()
    assert (run.state, run.changed) == (RunState.FAILED, "ValueError: no such day")
    assert do_once("job", SLOT, _mark()) == "mark=done"


def test_after_five_failures_a_slot_is_left_for_somebody_to_look_at(office_at):
    office_at(NOW)
    job = Job("job", lambda until: iter([SLOT]))

    def fails(session, slot, now):
        raise ValueError("again")

    for _ in range(MOST_ATTEMPTS):
        assert due(job) == [SLOT]
        with pytest.raises(ValueError, match="again"):
            do_once("job", SLOT, fails)
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


def test_a_runner_thought_dead_cannot_write_after_its_successor(office_at):
    here = office_at(NOW)

    def overtaken(session, slot, now):
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
    job = Job("months", lambda until: iter(months), makes_good=True)
    assert due(job) == months[:1], "before the first run nothing is owed"
    do_once("months", months[3], lambda *_: "july")
    assert due(job) == months[:3]
    with transaction(here.engine) as session:
        assert state(session, [job], now=here.clock.now(), machine_now=real_now()) is ClockworkState.STOPPED
    note_sign_of_life()
    with transaction(here.engine) as session:
        assert state(session, [job], now=here.clock.now(), machine_now=real_now()) is ClockworkState.BEHIND
    for month in due(job):
        do_once("months", month, lambda *_: "made good")
    with transaction(here.engine) as session:
        assert state(session, [job], now=here.clock.now(), machine_now=real_now()) is ClockworkState.OK
