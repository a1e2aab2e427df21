"""Each job once for each slot, whoever runs it and whoever dies meanwhile."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models import ClockworkRun, ClockworkRunner
from models.database import transaction
from models.enums import RunState
from outreach.clockwork import (
    BEHIND_AFTER,
    LEASE,
    MOST_ATTEMPTS,
    MOST_MISSED,
    PAUSES,
    SEEN_WITHIN,
    Changed,
    Claim,
    ClockworkState,
    Job,
    Moment,
    claim,
    due_slots,
    fail,
    finish,
    is_still_ours,
    sign_of_life,
)
from outreach.runs import clockwork_in_time

NOW = datetime(2026, 9, 15, 1, 30, tzinfo=UTC)
REAL = datetime(2030, 1, 1, tzinfo=UTC)
"""The machine's own time: a rehearsal's program time is another."""


def hourly(until: datetime) -> Iterator[datetime]:
    last = until.replace(minute=0, second=0, microsecond=0)
    return (last - timedelta(hours=back) for back in count())


def nothing(session: Session, moment: Moment) -> Changed:
    return Changed({})


LATEST = Job("remind", hourly, nothing)
ONCE = Job("found", lambda until: iter([slot(1)]), nothing)
EACH = Job("draft", hourly, nothing, makes_good=True)


def slot(hour: int) -> datetime:
    return NOW.replace(hour=hour, minute=0)


def taken(
    session: Session,
    hour: int,
    job: Job = LATEST,
    runner: str = "a",
    after: timedelta = timedelta(),
    now: datetime = NOW,
) -> Claim | None:
    return claim(session, job.name, slot(hour), runner=runner, now=now, machine_now=REAL + after)


def do(session: Session, hour: int, job: Job = LATEST) -> None:
    held = taken(session, hour, job)
    assert held is not None
    finish(session, held, changed=Changed({"moved": 1}), now=NOW)


def due(session: Session, job: Job = LATEST, now: datetime = NOW) -> list[datetime]:
    return list(due_slots(session, job, now=now))


def run_of(session: Session, held: Claim) -> ClockworkRun:
    return session.get_one(ClockworkRun, held.run_id, populate_existing=True)


# What is due


def test_a_job_never_done_is_due_for_its_latest_slot_alone(session: Session) -> None:
    assert due(session, LATEST) == due(session, EACH) == [slot(1)]


def test_a_slot_is_due_from_its_instant_on_until_it_is_done(session: Session) -> None:
    do(session, 1)

    assert due(session) == []
    assert due(session, now=slot(2) - timedelta(microseconds=1)) == []
    assert due(session, now=slot(2)) == [slot(2)]


def test_after_a_long_silence_only_the_latest_slot_is_due_unless_each_one_counts(session: Session) -> None:
    do(session, 1, LATEST)
    do(session, 1, EACH)
    later = slot(5)

    assert due(session, LATEST, later) == [slot(5)]
    assert due(session, EACH, later) == [slot(5), slot(4), slot(3), slot(2)]


def test_a_silence_of_months_is_made_good_for_a_while_back_only(session: Session) -> None:
    do(session, 1, EACH)

    assert len(due(session, EACH, NOW + timedelta(days=90))) == MOST_MISSED


def test_a_slot_that_failed_is_due_again_until_it_was_tried_often_enough(session: Session) -> None:
    for attempt in range(1, MOST_ATTEMPTS + 1):
        now = NOW + attempt * PAUSES[-1]
        assert slot(1) in due(session, ONCE, now)
        held = taken(session, 1, ONCE, now=now)
        assert held is not None
        assert held.attempt == attempt
        fail(session, held, why="no mail", now=now)

    later = NOW + timedelta(days=1)
    assert due(session, ONCE, later) == []
    assert taken(session, 1, ONCE, now=later) is None


def test_a_slot_that_failed_rests_longer_each_time_before_it_is_tried_again(session: Session) -> None:
    now = NOW
    for pause in PAUSES:
        held = taken(session, 1, ONCE, now=now)
        assert held is not None
        fail(session, held, why="no mail", now=now)
        just_before = now + pause - timedelta(microseconds=1)
        assert due(session, ONCE, just_before) == []
        assert taken(session, 1, ONCE, now=just_before) is None
        now += pause
        assert due(session, ONCE, now) == [slot(1)]


def test_a_slot_that_failed_later_than_it_is_now_does_not_rest(session: Session) -> None:
    held = taken(session, 1)
    assert held is not None
    fail(session, held, why="no mail", now=NOW + timedelta(days=1))

    assert due(session) == [slot(1)]
    assert taken(session, 1) is not None


def test_slots_done_while_the_clock_was_ahead_stop_no_job_when_it_is_set_back(session: Session) -> None:
    do(session, 1)
    for job in (LATEST, EACH):
        for day in range(2 * MOST_MISSED):
            held = claim(
                session, job.name, slot(1) + timedelta(days=1 + day), runner="a", now=NOW, machine_now=REAL
            )
            assert held is not None
            finish(session, held, changed=Changed({}), now=NOW)

    assert due(session, LATEST, slot(2)) == [slot(2)]
    assert due(session, EACH, slot(2)) == [slot(2)], "as if it had never been done"


# Who has it


def test_a_slot_is_taken_by_one_runner_and_not_by_another(session: Session) -> None:
    assert taken(session, 1, runner="a") is not None
    assert taken(session, 1, runner="b") is None
    assert taken(session, 2, runner="b") is not None
    assert taken(session, 1, EACH, runner="b") is not None


def test_what_is_done_is_taken_by_nobody(session: Session) -> None:
    do(session, 1)

    assert taken(session, 1, after=10 * LEASE) is None


def test_a_silent_runner_is_waited_for_until_its_lease_ends(session: Session) -> None:
    first = taken(session, 1, runner="a")
    assert first is not None
    assert taken(session, 1, runner="b", after=LEASE) is None
    second = taken(session, 1, runner="b", after=LEASE + timedelta(seconds=1))
    assert second is not None
    assert second.attempt == 2

    assert not is_still_ours(session, first, machine_now=REAL)
    assert is_still_ours(session, second, machine_now=REAL)


def test_a_runner_that_gives_signs_keeps_its_slot(session: Session) -> None:
    held = taken(session, 1, runner="a")
    assert held is not None
    assert is_still_ours(session, held, machine_now=REAL + LEASE)

    assert taken(session, 1, runner="b", after=LEASE + timedelta(seconds=1)) is None


def test_a_runner_thought_dead_cannot_end_what_its_successor_does(session: Session) -> None:
    first = taken(session, 1, runner="a")
    second = taken(session, 1, runner="b", after=2 * LEASE)
    assert first is not None
    assert second is not None
    finish(session, first, changed=Changed({"from": "the dead"}), now=NOW)
    fail(session, first, why="from the dead", now=NOW)

    run = run_of(session, second)
    assert (run.state, run.runner, run.changed) == (RunState.RUNNING, "b", None)


def test_a_lease_from_a_time_that_the_machine_has_not_reached_is_none(session: Session) -> None:
    assert taken(session, 1, runner="a", after=timedelta(days=400)) is not None
    assert taken(session, 1, runner="b") is not None


def test_what_was_done_is_written_down(session: Session) -> None:
    held = taken(session, 1)
    assert held is not None
    finish(session, held, changed=Changed({"moved": 3}), now=NOW + timedelta(minutes=1))

    run = run_of(session, held)
    assert (run.state, run.changed, run.finished_at) == (RunState.DONE, "moved=3", NOW + timedelta(minutes=1))
    assert not is_still_ours(session, held, machine_now=REAL)


@pytest.mark.parametrize("wins", range(3))
def test_of_many_that_reach_for_a_slot_at_once_one_gets_it(fresh_database: Engine, wins: int) -> None:
    ready, held = Barrier(4), []

    def reach(name: str) -> None:
        ready.wait()
        with transaction(fresh_database) as session:
            held.append(taken(session, wins, runner=name))

    runners = [Thread(target=reach, args=(f"runner {number}",)) for number in range(4)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()

    assert len(held) == 4
    assert len([each for each in held if each is not None]) == 1


# How it is


def how(session: Session, after: timedelta = timedelta(), now: datetime = NOW) -> ClockworkState:
    return clockwork_in_time(session, [LATEST], now=now, machine_now=REAL + after)


def test_without_a_sign_of_life_it_has_stopped(session: Session) -> None:
    assert how(session) is ClockworkState.STOPPED
    sign_of_life(session, "a", machine_now=REAL)
    do(session, 1)

    assert how(session) is ClockworkState.OK
    assert how(session, SEEN_WITHIN) is ClockworkState.OK
    assert how(session, SEEN_WITHIN + timedelta(seconds=1)) is ClockworkState.STOPPED


def test_a_slot_left_for_more_than_an_hour_means_behind(session: Session) -> None:
    sign_of_life(session, "a", machine_now=REAL)
    do(session, 1)
    twice_a_day = Job(
        "remind", lambda until: (each for each in hourly(until) if each.hour % 12 == 1), nothing
    )

    def at(now: datetime) -> ClockworkState:
        return clockwork_in_time(session, [twice_a_day], now=now, machine_now=REAL)

    assert at(slot(13) + BEHIND_AFTER) is ClockworkState.OK
    assert at(slot(13) + BEHIND_AFTER + timedelta(seconds=1)) is ClockworkState.BEHIND


def test_a_runner_not_seen_for_a_day_is_forgotten(session: Session) -> None:
    sign_of_life(session, "a", machine_now=REAL)
    sign_of_life(session, "b", machine_now=REAL + timedelta(days=1, seconds=1))
    sign_of_life(session, "b", machine_now=REAL + timedelta(days=1, seconds=2))

    assert list(session.scalars(select(ClockworkRunner.name))) == ["b"]
    assert session.scalar(select(func.count()).select_from(ClockworkRunner)) == 1
