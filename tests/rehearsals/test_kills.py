"""The web process killed at any moment while outcomes are recorded: what was acknowledged is there, once."""

import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from cli.main import run
from tests.rehearsals.conftest import NIGHT, Caller, Stage, a_token, set_up_office, until
from tests.rehearsals.recorder import Recorder

pytestmark = pytest.mark.rehearsal

RECORDS = 100
KILLS = 5


@pytest.fixture
def office(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage(tmp_path / "data", {"YINLING_DATABASE_URL": database_url, "YINLING_NOW": NIGHT})
    environment = {**stage.environment, "YINLING_DATA": str(stage.data)}
    set_up_office(tmp_path, campaigns=0, environment=environment, monkeypatch=monkeypatch)
    yield stage
    stage.end()


class _Killer(threading.Thread):
    """Keeps a web process running, and kills it at random moments."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage, self.enough, self.kills = stage, threading.Event(), 0
        self.chance = random.Random(7)

    def run(self) -> None:
        while not self.enough.is_set():
            web = self.stage.start("api")
            try:
                until(lambda: self.enough.is_set() or self._answers(), what="the web")
                if self.kills < KILLS:
                    self.enough.wait(self.chance.uniform(0.05, 1.5))
                    self.kills += not self.enough.is_set()
                else:
                    self.enough.wait()
            finally:
                web.send_signal(signal.SIGKILL)
                web.wait()

    def stop(self) -> None:
        self.enough.set()
        self.join()

    def _answers(self) -> bool:
        with urlopen(f"{self.stage.url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)


def test_no_acknowledged_outcome_is_lost_and_none_counts_twice(
    office: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    recorder = Recorder(Caller(office.url, a_token(capfd)), days=RECORDS)
    killer = _Killer(office)
    killer.start()
    try:
        recorder.start()
        recorder.join()
        kills_meanwhile = killer.kills
        assert len(recorder.recorded) == RECORDS
        recorder.expect_kept()
    finally:
        killer.stop()
    assert kills_meanwhile >= 2
    capfd.readouterr()
    assert run(["doctor", "--json"]) == 0, capfd.readouterr().out
