"""`yinling up` with real processes: what it starts, what it restarts, and that it leaves nothing behind."""

import json
import os
import signal
import sqlite3
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import pytest

from flows.jobs import jobs
from tests.rehearsals.conftest import NIGHT, children, is_running, until

pytestmark = pytest.mark.rehearsal


def _get(url):
    with urlopen(url, timeout=10) as answer:
        return json.load(answer)


def _answers(stage):
    return _get(f"{stage.url}/healthz")["status"] == "ok"


def _named(process, word):
    return [pid for pid, command in children(process.pid).items() if word in command]


def _runs(stage):
    with sqlite3.connect(stage.data / "yinling.db") as database:
        found = database.execute("SELECT job, state FROM clockwork_runs").fetchall()
    database.close()
    return dict(found)


def _prefect_url(process):
    (server,) = [command for command in children(process.pid).values() if "prefect_server" in command]
    return f"http://127.0.0.1:{server.split()[-1]}/api"


def _flow_runs(process):
    asked = Request(
        f"{_prefect_url(process)}/flow_runs/filter",
        data=json.dumps({"sort": "EXPECTED_START_TIME_DESC"}).encode(),
        headers={"content-type": "application/json"},
    )
    with urlopen(asked, timeout=10) as answer:
        return {run["name"]: run["state"]["type"] for run in json.load(answer)}


def test_prefect_makes_it_happen_and_without_the_clockwork_nothing_does(stage):
    init = stage.start("init")
    assert init.wait() == 0, stage.said(init)
    web = stage.start("api", now=NIGHT)
    until(lambda: _answers(stage), what="the web alone")
    assert _get(f"{stage.url}/readyz") == {"database": "ok", "clockwork": "stopped"}
    assert _runs(stage) == {}
    web.send_signal(signal.SIGINT)
    assert web.wait() == 0

    up = stage.start("up", now=NIGHT)
    every_job = {job.name for job in jobs(ZoneInfo("Asia/Shanghai"))}
    until(lambda: set(_runs(stage)) == every_job and set(_runs(stage).values()) == {"done"}, what="every job")
    assert _get(f"{stage.url}/readyz") == {"database": "ok", "clockwork": "ok"}
    names = {"Plan the horizon for 2026-11-01 02:00", "Draft the month before 2026-11-01"}
    until(lambda: names <= set(_flow_runs(up)), what="readable names in Prefect")
    until(lambda: {_flow_runs(up)[name] for name in names} == {"COMPLETED"}, what="Prefect's own word")
    started = list(children(up.pid))
    up.send_signal(signal.SIGTERM)
    assert up.wait() == 0
    assert not any(map(is_running, started))


def test_whatever_dies_comes_back_and_pages_answer_without_prefect(stage):
    up = stage.start("up", "--json")
    until(lambda: _answers(stage) and len(children(up.pid)) == 3, what="everything")
    until(lambda: "sign_in_url" in stage.said(up), what="the greeting")
    for word in ("prefect_server", "cli.main flows"):
        until(lambda word=word: _named(up, word), what=word)
        (pid,) = _named(up, word)
        os.kill(pid, signal.SIGKILL)
        assert _answers(stage)
        until(lambda word=word, pid=pid: _named(up, word) not in ([], [pid]), what=f"{word} again")
        assert _answers(stage)
    (web,) = _named(up, "cli.main api")
    os.kill(web, signal.SIGKILL)
    until(lambda: _named(up, "cli.main api") not in ([], [web]) and _answers(stage), what="the web again")

    other = stage.start("up", "--json")
    assert other.wait() == 2
    assert up.poll() is None


def test_with_its_supervisor_killed_all_end_and_another_begins_at_once(stage):
    up = stage.start("up")
    until(lambda: _answers(stage) and len(children(up.pid)) == 3, what="everything")
    started = list(children(up.pid))
    os.kill(up.pid, signal.SIGKILL)
    up.wait()
    again = stage.start("up")
    until(lambda: not any(map(is_running, started)), what="the end of the old ones")
    until(lambda: again.poll() is None and _answers(stage), what="the new web")
    until(lambda: "127.0.0.1" in stage.said(again), what="the greeting")
    with pytest.raises(HTTPError) as unknown:
        urlopen(f"{stage.url}/feeds/{'x' * 43}.ics", timeout=10)
    unknown.value.close()
    again.send_signal(signal.SIGINT)
    assert again.wait() == 0
    logs = "".join(log.read_text("utf-8") for log in (stage.data / "logs").iterdir())
    (link,) = {word for word in stage.said(again).split() if "/welcome/" in word}
    assert link.rpartition("/")[2] not in logs
