"""`yinling up` on one machine when its disk is full, its database is locked, its clock is set back, or Prefect is away.

Pages and feeds answer all along, what cannot be kept is refused and not half kept, and afterwards all is made good.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from cli.main import run
from tests.rehearsals.clockwork import Clockwork, clockwork_of, expect_all_well
from tests.rehearsals.conftest import NIGHT, Caller, Stage, a_token, children, set_up_office, until

pytestmark = pytest.mark.rehearsal

DISK_MB = 64


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    yield from _office(tmp_path, tmp_path / "data", monkeypatch)


@pytest.fixture
def office_on_a_small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Its data folder is a file system of its own; skipped where none may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "yinling-rehearsal", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no small disk may be mounted here")
    try:
        yield from _office(tmp_path, disk / "data", monkeypatch)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _office(folder: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage(data, {"YINLING_NOW": NIGHT}, logs=folder)
    environment = {**stage.environment, "YINLING_DATA": str(stage.data)}
    set_up_office(folder, campaigns=3, environment=environment, monkeypatch=monkeypatch)
    yield stage
    stage.end()


@pytest.fixture
def clockwork(request: pytest.FixtureRequest) -> Iterator[Clockwork]:
    name = next(name for name in request.fixturenames if name.startswith("office"))
    with clockwork_of(f"sqlite:///{request.getfixturevalue(name).data / 'yinling.db'}") as the_clockwork:
        yield the_clockwork


def _answers(stage: Stage) -> bool:
    with urlopen(f"{stage.url}/healthz", timeout=10) as answer:
        return bool(answer.status == 200)


def _feed(caller: Caller) -> str:
    issued = caller.insist("feeds", {"scope": "unit:BJ", "privacy": "full"}, method="POST")
    return caller.url + "/feeds/" + issued["url"].partition("/feeds/")[2]


def _last_modified(feed: str) -> datetime:
    with urlopen(feed, timeout=30) as answer:
        return parsedate_to_datetime(answer.headers["last-modified"])


def _reads_go_on(caller: Caller, feed: str) -> None:
    """Pages, the API and feeds."""
    assert caller.ask("activities?campaign=TV&from=2026-10-01&to=2026-10-31")["items"]
    week = Request(f"{caller.url}/", headers={"authorization": f"Bearer {caller.token}"})
    with urlopen(week, timeout=30) as page:
        assert page.status == 200
        assert page.url.rstrip("/") == caller.url, "the page itself, not the one for signing in"
    assert _last_modified(feed)


def _outcome_of(caller: Caller, day: str) -> tuple[str, dict[str, object]]:
    (activity,) = caller.insist(f"activities?campaign=TV&from={day}&to={day}")["items"]
    body: dict[str, object] = {"status": "held", "measures": [{"metric": "needs.solved", "value": "7"}]}
    return f"activities/{activity['id']}/outcome", body


def _is_refused_for_now(caller: Caller, path: str, body: object) -> None:
    with pytest.raises(HTTPError) as refused:
        caller.ask(path, body, **{"idempotency-key": "only-once"})
    assert refused.value.code == 503
    assert int(refused.value.headers["retry-after"]) > 0
    with pytest.raises(HTTPError) as missing:
        caller.ask(path)
    assert missing.value.code == 404, "nothing is half recorded"


def _is_taken_once(caller: Caller, path: str, body: object) -> None:
    for _ in range(2):
        caller.ask(path, body, **{"idempotency-key": "only-once"})
    assert len(caller.ask(f"{path}/revisions")["items"]) == 1


def _log(stage: Stage, name: str) -> str:
    file = stage.data / "logs" / f"{name}.log"
    return file.read_text("utf-8") if file.exists() else ""


def test_while_another_program_locks_the_database_reading_goes_on_and_writing_waits_or_is_refused(
    office: Stage, clockwork: Clockwork, capfd: pytest.CaptureFixture[str]
) -> None:
    caller = Caller(office.url, a_token(capfd))
    office.start("up")
    until(lambda: _answers(office), what="the web")
    feed, (path, body) = _feed(caller), _outcome_of(caller, "2026-10-20")
    with closing(sqlite3.connect(office.data / "yinling.db", isolation_level=None)) as other:
        until(lambda: _locks(other), what="a moment in which nobody writes")
        assert not clockwork.night_is_done(), "the night's work is still to be done"
        _reads_go_on(caller, feed)
        _is_refused_for_now(caller, path, body)
        until(lambda: "database is locked" in _log(office, "flows"), what="the clockwork failing visibly")
        _reads_go_on(caller, feed)
        other.execute("ROLLBACK")
    _is_taken_once(caller, path, body)
    until(clockwork.night_is_done, what="the night's jobs")
    expect_all_well(clockwork, capfd)


def _locks(other: sqlite3.Connection) -> bool:
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


def test_on_a_full_disk_reading_goes_on_writing_is_refused_and_with_room_again_all_is_made_good(
    office_on_a_small_disk: Stage, clockwork: Clockwork, capfd: pytest.CaptureFixture[str]
) -> None:
    office = office_on_a_small_disk
    caller = Caller(office.url, a_token(capfd))
    up = office.start("up")
    until(lambda: _answers(office), what="the web")
    feed, (path, body) = _feed(caller), _outcome_of(caller, "2026-10-20")
    until(clockwork.night_is_done, what="the night's jobs")
    ballast = office.data / "ballast"
    _fill(ballast)
    _reads_go_on(caller, feed)
    _is_refused_for_now(caller, path, body)
    assert run(["backup", str(office.data / "copy.zip")]) == 2
    assert not [file.name for file in office.data.iterdir() if "copy" in file.name], "no half of a copy stays"
    before = clockwork.seen_at()
    until(lambda: "full" in _log(office, "web") or clockwork.seen_at() == before, what="a while without room")
    _reads_go_on(caller, feed)
    ballast.unlink()
    _is_taken_once(caller, path, body)
    until(lambda: clockwork.seen_at() != before, what="the clockwork's next look")
    assert up.poll() is None
    capfd.readouterr()
    run(["doctor", "--json"])
    checks = json.loads(capfd.readouterr().out)["checks"]
    # So small a disk is never roomy enough for the doctor.
    assert [check["name"] for check in checks if not check["ok"]] == ["disk"]


def _fill(ballast: Path) -> None:
    """To the last octet."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    assert file.write(b"\0" * size) == size
            except (OSError, AssertionError):
                continue


def test_with_the_clock_set_back_nothing_is_done_twice_and_feeds_do_not_grow_younger(
    office: Stage, clockwork: Clockwork, capfd: pytest.CaptureFixture[str]
) -> None:
    caller = Caller(office.url, a_token(capfd))
    up = office.start("up")
    until(lambda: _answers(office), what="the web")
    feed = _feed(caller)
    until(clockwork.night_is_done, what="the night's jobs")
    before, slots = _last_modified(feed), clockwork.attempts()
    seen = clockwork.seen_at()
    up.send_signal(signal.SIGTERM)
    assert up.wait(20) == 0

    earlier = (datetime.fromisoformat(NIGHT) - timedelta(hours=1)).isoformat()
    office.start("up", now=earlier)
    until(lambda: _answers(office), what="the web an hour earlier")
    assert _last_modified(feed) >= before
    until(lambda: clockwork.seen_at() != seen, what="the clockwork's look an hour earlier")
    time.sleep(5)
    assert clockwork.attempts() == slots
    assert clockwork.planned_twice() == []
    assert _last_modified(feed) >= before
    path, body = _outcome_of(caller, "2026-10-20")
    _is_taken_once(caller, path, body)
    expect_all_well(clockwork, capfd)


def test_without_prefect_all_answers_and_what_is_due_is_done_once_it_is_back(
    office: Stage, clockwork: Clockwork, capfd: pytest.CaptureFixture[str]
) -> None:
    caller = Caller(office.url, a_token(capfd))
    up = office.start("up")
    until(lambda: _answers(office) and _server(up), what="the web and Prefect's server")
    server = _server(up)
    assert server is not None
    os.kill(server, signal.SIGSTOP)
    try:
        feed, (path, body) = _feed(caller), _outcome_of(caller, "2026-10-20")
        _reads_go_on(caller, feed)
        _is_taken_once(caller, path, body)
        time.sleep(10)
        assert not clockwork.night_is_done()
        _reads_go_on(caller, feed)
    finally:
        os.kill(server, signal.SIGCONT)
    until(clockwork.night_is_done, what="the night's jobs")
    expect_all_well(clockwork, capfd)


def _server(up: subprocess.Popen[str]) -> int | None:
    return next((pid for pid, command in children(up.pid).items() if "prefect_server" in command), None)
