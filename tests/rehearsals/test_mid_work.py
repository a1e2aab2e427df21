"""`yinling up` on either database, each of its processes killed in mid-work, while outcomes are recorded."""

import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.rehearsals.clockwork import clockwork_of, expect_all_well
from tests.rehearsals.conftest import (
    NIGHT,
    Caller,
    Stage,
    a_token,
    children,
    is_running,
    set_up_office,
    until,
)
from tests.rehearsals.recorder import Recorder

pytestmark = pytest.mark.rehearsal

CAMPAIGNS = 60
"""So many that a night's plan takes a while: there is time to cut it off."""


@pytest.fixture
def office(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage(tmp_path / "data", {"YINLING_DATABASE_URL": database_url, "YINLING_NOW": NIGHT})
    set_up_office(
        tmp_path,
        campaigns=CAMPAIGNS,
        environment={**stage.environment, "YINLING_DATA": str(stage.data)},
        monkeypatch=monkeypatch,
    )
    yield stage
    stage.end()


def _answers(stage: Stage) -> bool:
    with urlopen(f"{stage.url}/healthz", timeout=10) as answer:
        return bool(answer.status == 200)


def _child(up: subprocess.Popen[str], word: str) -> int | None:
    """The process of that command; None in the moment when it is not running."""
    return next((pid for pid, command in children(up.pid).items() if word in command), None)


def _kill_child(up: subprocess.Popen[str], word: str) -> None:
    until(lambda: _child(up, word), what=word)
    pid = _child(up, word)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def test_whatever_is_killed_nothing_is_lost_and_nothing_done_twice(
    office: Stage, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(20261101)
    recorder = Recorder(Caller(office.url, a_token(capfd)))
    up = office.start("up")
    until(lambda: _answers(office), what="the web")
    recorder.start()
    with clockwork_of(database_url) as clockwork:
        try:
            # All of it told to end, in the middle of the night's plan.
            first = clockwork.wait_for_work()
            up.send_signal(signal.SIGTERM)
            assert up.wait(20) == 0
            assert not is_running(first)
            up = office.start("up")
            # The run of the flow itself, when it is at it again.
            second = clockwork.wait_for_work(other_than=first)
            os.kill(second, signal.SIGKILL)
            # The clockwork that started it.
            clockwork.wait_for_work(other_than=second)
            _kill_child(up, "cli.main flows")
            # Everything at once: all of it ends, and whoever watches over the machine starts it again.
            until(lambda: _child(up, "cli.main flows"), what="the clockwork again")
            up.kill()
            up.wait()
            up = office.start("up")
            until(lambda: _answers(office), what="the web after all were killed")
            for word in ("cli.main api", "prefect_server", "cli.main api"):
                recorder.join(chance.uniform(0.5, 4))
                _kill_child(up, word)
            until(clockwork.night_is_done, what="the night's jobs")
        finally:
            recorder.stop()
        recorder.expect_kept()
        expect_all_well(clockwork, capfd)
        (attempts,) = clockwork.attempts()
        assert attempts >= 3
    up.send_signal(signal.SIGTERM)
    assert up.wait(20) == 0
