"""The program as processes: started as a user starts it, asked over the network, killed as a machine kills."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 240
"""How long anything is waited for; machines are shared, so it says nothing about speed."""

Json = Any  # whatever an answer holds


class Program:
    """One installation: a data folder, a database, an address."""

    def __init__(self, data: Path, database_url: str, *, now: str | None = None) -> None:
        self.data = data
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("YINLING_", "PREFECT_"))
            },
            "YINLING_DATA": str(data),
            "YINLING_DATABASE_URL": database_url,
            "YINLING_LISTEN": f"127.0.0.1:{self.port}",
            "YINLING_LANGUAGE": "en",
            "HOME": str(data),
            **({} if now is None else {"YINLING_NOW": now}),
        }
        self.token = ""

    def command(self, *arguments: str, expect: int | None = 0) -> Json:
        """Run a command to its end and read its JSON."""
        ran = subprocess.run(
            [sys.executable, "-m", "cli.main", "--json", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert expect is None or ran.returncode == expect, ran.stdout + ran.stderr
        return json.loads(ran.stdout)

    @contextmanager
    def running(self, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A serving process in a session of its own; whatever is left of it is ended afterwards."""
        log = (self.data / f"{arguments[0]}.out").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *arguments],
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill(process)
            log.close()

    def wait_until_answering(self) -> None:
        """Until the web process serves."""
        wait_for(lambda: self.ask("GET", "/healthz") is not None)

    def ask(
        self, method: str, path: str, body: Json = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Json] | None:
        """Status and JSON of an answer; None when there was none, because nobody serves or somebody died."""
        request = urllib.request.Request(
            f"{self.address}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.token}",
                **(headers or {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, None
        except (OSError, ValueError):
            # Refused, reset, or cut off in the middle of the answer.
            return None


def kill(process: subprocess.Popen[bytes]) -> None:
    """As power does: the process and whatever it started in its session."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(holds: Any) -> None:  # Any: a question without arguments
    """Wait until it holds; fail when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
