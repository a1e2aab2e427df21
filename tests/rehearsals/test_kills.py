"""The web process killed at any moment while outcomes are recorded: what was acknowledged is there, once."""

import json
import random
import signal
import threading
import time
from datetime import date, timedelta
from decimal import Decimal
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from cli.main import run
from tests.rehearsals.conftest import Stage, until

pytestmark = pytest.mark.rehearsal

NOW = "2026-11-01T08:00:00+08:00"
RECORDS = 120
KILLS = 5
FIRST = date(2026, 7, 1)


@pytest.fixture
def office(database_url, tmp_path, monkeypatch, capfd):
    """A unit with an activity on each of many days past, on a real database; and a token for it."""
    stage = Stage(tmp_path / "data", {"YINLING_DATABASE_URL": database_url, "YINLING_NOW": NOW})
    for name, value in {**stage.environment, "YINLING_DATA": str(stage.data)}.items():
        monkeypatch.setenv(name, value)
    files = tmp_path / "files"
    files.mkdir()
    (files / "units.csv").write_text("code,name\nBJ,局\n", "utf-8")
    (files / "campaigns.csv").write_text(
        "code,name,kind,unit_code,schedule,starts_on,ends_on,metrics\n"
        f"TV,走访,hardship,BJ,RRULE:FREQ=DAILY,{FIRST},2026-12-31,needs.solved\n",
        "utf-8",
    )
    assert run(["migrate"]) == 0
    assert run(["import", str(files)]) == 0
    monkeypatch.setenv("YINLING_NOW", f"{FIRST}T08:00:00+08:00")
    assert run(["plan", "--through", "2026-10-31"]) == 0
    monkeypatch.setenv("YINLING_NOW", NOW)
    capfd.readouterr()
    assert run(["token", "--account", "app", "--role", "administrator"]) == 0
    yield stage, capfd.readouterr().out.strip()
    stage.end()


def _call(stage, token, path, body=None, key=None):
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    if key is not None:
        headers["idempotency-key"] = key
    asked = Request(
        f"{stage.url}/api/v1/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers=headers,
        method="GET" if body is None else "PUT",
    )
    with urlopen(asked, timeout=30) as answer:
        return json.load(answer)


class _Killer(threading.Thread):
    """Keeps a web process running, and kills it at random moments."""

    def __init__(self, stage, enough):
        super().__init__()
        self.stage, self.enough, self.kills = stage, enough, 0
        self.chance = random.Random(7)

    def run(self):
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

    def _answers(self):
        with urlopen(f"{self.stage.url}/healthz", timeout=5) as answer:
            return answer.status == 200


def _acknowledged(call):
    """Ask until there is an answer, as a program does that keeps its records until they are taken."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        try:
            return call()
        except HTTPError as error:
            if error.code < 500:
                raise
        except (OSError, HTTPException, ValueError):
            pass
        time.sleep(0.05)
    raise AssertionError("never acknowledged")


def test_no_acknowledged_outcome_is_lost_and_none_counts_twice(office, capfd):
    stage, token = office
    enough = threading.Event()
    killer = _Killer(stage, enough)
    killer.start()
    try:
        days = [FIRST + timedelta(days=number) for number in range(RECORDS)]
        found = {}
        for day in days[::60]:
            path = f"activities?from={day}&to={day + timedelta(days=59)}&limit=200"
            for item in _acknowledged(lambda path=path: _call(stage, token, path))["items"]:
                found[date.fromisoformat(item["starts_at"][:10])] = item["id"]
        answers = {}
        for number, day in enumerate(days):
            body = {"status": "held", "measures": [{"metric": "needs.solved", "value": str(number + 1)}]}
            path, key = f"activities/{found[day]}/outcome", f"key-{number}"
            answers[day] = _acknowledged(
                lambda path=path, body=body, key=key: _call(stage, token, path, body, key)
            )
        killer_was_at_work = killer.kills
        figures = {}
        for month in ("2026-07", "2026-08", "2026-09", "2026-10"):
            lines = _acknowledged(lambda month=month: _call(stage, token, f"tallies/{month}"))["lines"]
            figures[month] = {line["metric"]: line for line in lines}["needs.solved"]
        revisions = []
        for day in days:
            path = f"activities/{found[day]}/outcome/revisions"
            revisions.append(len(_acknowledged(lambda path=path: _call(stage, token, path))["items"]))
    finally:
        enough.set()
        killer.join()
    assert killer_was_at_work >= 2
    assert revisions == [1] * RECORDS
    for month, line in figures.items():
        told = [Decimal(number + 1) for number, day in enumerate(days) if f"{day}"[:7] == month]
        assert Decimal(line["value"]) == sum(told), month
        assert line["sources"] == len(told), month
    capfd.readouterr()
    assert run(["doctor", "--json"]) == 0, capfd.readouterr().out
