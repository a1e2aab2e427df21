"""The program's clock: real, standing still, or running on from a rehearsal's instant."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clock import ANCHOR_VARIABLE, Anchor, command_clock, real_now, serving_clock

REHEARSED = datetime(2026, 9, 20, 8, tzinfo=ZoneInfo("Asia/Shanghai"))


class Machine:
    """A machine's clock that goes on when the test says so."""

    def __init__(self) -> None:
        self.shows = datetime(2031, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.shows

    def wait(self, **duration: float) -> None:
        self.shows += timedelta(**duration)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_the_machine_is_asked_in_utc() -> None:
    before = datetime.now(UTC)
    shown = real_now()

    assert before <= shown <= datetime.now(UTC)
    assert shown.tzinfo is UTC


def test_without_a_rehearsal_a_serving_process_has_the_machines_time(machine: Machine) -> None:
    clock = serving_clock(None, machine=machine)
    machine.wait(hours=3)

    assert clock.now() == datetime(2031, 1, 1, 3, tzinfo=UTC)
    assert clock.environment == {}


def test_a_command_knows_one_instant_from_beginning_to_end(machine: Machine) -> None:
    real, rehearsed = command_clock(None, machine=machine), command_clock(REHEARSED, machine=machine)
    machine.wait(hours=3)

    assert real.now() == datetime(2031, 1, 1, tzinfo=UTC)
    assert rehearsed.now() == REHEARSED


def test_a_serving_process_begins_at_the_rehearsals_instant_and_runs_on(machine: Machine) -> None:
    clock = serving_clock(REHEARSED, machine=machine)
    assert clock.now() == REHEARSED

    machine.wait(minutes=90)
    assert clock.now() == REHEARSED + timedelta(minutes=90)


def test_instants_are_always_given_in_utc(machine: Machine) -> None:
    assert serving_clock(REHEARSED, machine=machine).now().tzinfo is UTC
    assert command_clock(REHEARSED, machine=machine).now().tzinfo is UTC


def test_a_process_started_or_restarted_later_agrees_with_the_first(machine: Machine) -> None:
    supervisor = serving_clock(REHEARSED, machine=machine)
    machine.wait(seconds=12.345678)
    handed_down = supervisor.environment[ANCHOR_VARIABLE]
    child = serving_clock(REHEARSED, handed_down, machine=machine)
    machine.wait(days=2)
    restarted = serving_clock(REHEARSED, supervisor.environment[ANCHOR_VARIABLE], machine=machine)

    assert supervisor.now() == child.now() == restarted.now()
    assert restarted.now() == REHEARSED + timedelta(days=2, seconds=12.345678)


def test_a_command_within_a_running_rehearsal_stands_at_the_rehearsals_present(machine: Machine) -> None:
    supervisor = serving_clock(REHEARSED, machine=machine)
    machine.wait(hours=1)
    command = command_clock(None, supervisor.environment[ANCHOR_VARIABLE], machine=machine)
    machine.wait(hours=1)

    assert command.now() == REHEARSED + timedelta(hours=1)


def test_a_day_begins_in_the_zone_that_is_asked_about(machine: Machine) -> None:
    machine.shows = datetime(2026, 9, 19, 16, tzinfo=UTC)
    clock = serving_clock(None, machine=machine)

    assert clock.today(ZoneInfo("Asia/Shanghai")) == date(2026, 9, 20)
    assert clock.today(ZoneInfo("UTC")) == date(2026, 9, 19)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-09-20T08:00:00+08:00",
        "2026-09-20T08:00:00|2031-01-01T00:00:00+00:00",
        "2026-09-20T08:00:00+08:00|2031-01-01T00:00:00",
        "a|b",
    ],
)
def test_an_anchor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence is for whoever set the variable
        Anchor.parse(text)
