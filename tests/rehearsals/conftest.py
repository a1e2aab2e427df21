"""Real processes of the program, on ports and folders of the test's own, ended by their ids whatever happens."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from cli.main import run

PATIENCE_SECONDS = 600
"""How long anything is waited for; a slow machine is no failure."""
NIGHT = "2026-11-01T04:00:00+08:00"
"""When the night's jobs are all due."""
FIRST = date(2026, 7, 1)


def until(condition: Callable[[], object], *, what: str) -> None:
    """Wait until something holds; errors of a server that is not there yet do not count."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with suppress(OSError):
            if condition():
                return
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z" if _has_proc() else True


def children(pid: int) -> dict[int, str]:
    """The processes that this one started, with their command lines."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return {int(row[0]): row[2] for row in rows if len(row) == 3 and int(row[1]) == pid}


def _has_proc() -> bool:
    return Path("/proc/self/stat").exists()


@dataclass
class Stage:
    """Starts processes on one data folder and remembers them."""

    data: Path
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    logs: Path | None = None
    """Where the processes' words go; beside the data folder otherwise."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(
        self, *arguments: str, now: str | None = None, port: int | None = None
    ) -> subprocess.Popen[str]:
        """A command of the program."""
        environment = {"YINLING_LISTEN": f"127.0.0.1:{port or self.port}"}
        if now is not None:
            environment["YINLING_NOW"] = now
        return self.start_program([sys.executable, "-m", "cli.main", *arguments], arguments[0], environment)

    def start_program(
        self, command: Sequence[str], name: str, environment: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        """Anything else that takes part."""
        log = (self._logs / f"{len(self.started)}-{name}.log").open("w")
        process = subprocess.Popen(
            command,
            env={**os.environ, **self.environment, "YINLING_DATA": str(self.data), **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        log.close()
        self.started.append(process)
        return process

    def said(self, process: subprocess.Popen[str]) -> str:
        """What a process has written so far."""
        number = self.started.index(process)
        (log,) = self._logs.glob(f"{number}-*.log")
        return log.read_text("utf-8")

    @property
    def _logs(self) -> Path:
        return self.logs or self.data.parent

    def end(self) -> None:
        """SIGTERM first, so that a supervisor ends its own; what is left then is killed."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    the_stage = Stage(tmp_path / "data", {})
    yield the_stage
    the_stage.end()


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that uses the API with a token."""

    url: str
    token: str

    def ask(self, path: str, body: object = None, *, method: str = "", **headers: str) -> Any:
        """One request; raises what goes wrong."""
        asked = Request(
            f"{self.url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {self.token}", "content-type": "application/json", **headers},
            method=method or ("GET" if body is None else "PUT"),
        )
        try:
            with urlopen(asked, timeout=60) as answer:
                return json.load(answer)
        except HTTPError as error:
            error.close()
            raise

    def insist(self, path: str, body: object = None, *, method: str = "", **headers: str) -> Any:
        """Ask until there is an answer, as a program does that keeps its records until they are taken."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                return self.ask(path, body, method=method, **headers)
            except HTTPError as error:
                if error.code < 500:
                    raise
            except (OSError, HTTPException, ValueError):
                pass
            time.sleep(0.1)
        raise AssertionError(f"never acknowledged: {path}")


def set_up_office(
    folder: Path, *, campaigns: int, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit with the campaign `TV`, which had an activity on every day from July to October, and as many more as are
    named, whose activities of the next twelve months the coming night has to plan.

    The commands run in this process, which shares the environment from then on.
    """
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert run(["migrate"]) == 0
    monkeypatch.setenv("YINLING_NOW", f"{FIRST}T08:00:00+08:00")
    assert run(["import", str(_files(folder / "first", {"TV": FIRST}))]) == 0
    assert run(["plan", "--through", "2026-10-31"]) == 0
    monkeypatch.setenv("YINLING_NOW", NIGHT)
    more = {f"C{number}": date(2026, 11, 1) for number in range(campaigns)}
    assert run(["import", str(_files(folder / "more", more))]) == 0


def _files(folder: Path, campaigns: Mapping[str, date]) -> Path:
    folder.mkdir()
    (folder / "units.csv").write_text("code,name\nBJ,局\n", "utf-8")
    rows = [
        f"{code},走访{code},hardship,BJ,RRULE:FREQ=DAILY,{starts_on},2028-12-31,needs.solved"
        for code, starts_on in campaigns.items()
    ]
    head = "code,name,kind,unit_code,schedule,starts_on,ends_on,metrics"
    (folder / "campaigns.csv").write_text("\n".join([head, *rows]), "utf-8")
    return folder


def a_token(capfd: pytest.CaptureFixture[str]) -> str:
    """Of an administrator, from the command line."""
    capfd.readouterr()
    assert run(["token", "--account", "app", "--role", "administrator"]) == 0
    return capfd.readouterr().out.strip()
