"""Real processes of the program, on ports and folders of the test's own, ended by their ids whatever happens."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PATIENCE_SECONDS = 240
"""How long anything is waited for; a slow machine is no failure."""


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

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str, now: str | None = None) -> subprocess.Popen[str]:
        environment = {**self.environment, "YINLING_DATA": str(self.data)}
        environment["YINLING_LISTEN"] = f"127.0.0.1:{self.port}"
        if now is not None:
            environment["YINLING_NOW"] = now
        log = (self.data.parent / f"{len(self.started)}-{arguments[0]}.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *arguments],
            env={**os.environ, **environment},
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
        (log,) = self.data.parent.glob(f"{number}-*.log")
        return log.read_text("utf-8")

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
