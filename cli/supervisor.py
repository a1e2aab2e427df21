"""`yinling up`: one web process, Prefect's server and one clockwork, started, watched, restarted, ended together."""

import fcntl
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

from cli import lifeline, prefect_server
from cli.children import Child
from cli.console import DONE, FAILED, Console
from clock import Clock
from outreach.errors import Conflict
from settings import DATA_MODE, Settings

LOOKS_EVERY_SECONDS = 0.2
ENDS_WITHIN_SECONDS = 10.0
READY_WITHIN_SECONDS = 180.0
LETS_GO_WITHIN_SECONDS = 8.0
PREFERRED_PREFECT_PORT = 4200


class AlreadyUp(Conflict):
    """Another `yinling up` holds the data folder."""


class Supervisor:
    """Keeps the three running until it is told to stop."""

    def __init__(self, settings: Settings, console: Console, clock: Clock) -> None:
        self._settings = settings
        self._console = console
        self._clock = clock
        self._told_to_stop = threading.Event()

    def run(self, greet: Callable[[], None]) -> int:
        """Run until SIGINT or SIGTERM; greets once the web process answers. Returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._told_to_stop.set())
        if not wait_until_free(self._settings.host, self._settings.port, within=LETS_GO_WITHIN_SECONDS):
            raise Conflict("cli.port_taken", address=self._settings.listen)
        reading_end, writing_end = os.pipe()
        prefect = listening(PREFERRED_PREFECT_PORT)
        children = list(self._children(reading_end, prefect))
        try:
            return self._watch(children, greet)
        finally:
            self._end(children)
            prefect.close()
            os.close(writing_end)
            os.close(reading_end)

    def _children(self, descriptor: int, prefect: socket.socket) -> Iterator[Child]:
        logs = self._settings.data / "logs"
        api_url = self._settings.prefect_api_url
        shared = {lifeline.VARIABLE: str(descriptor), **self._clock.environment, **self._own_settings()}
        python = sys.executable
        yield Child("web", [python, "-m", "cli.main", "api"], shared, logs / "web.log", [descriptor])
        if api_url is None:
            port = prefect.getsockname()[1]
            api_url = f"http://127.0.0.1:{port}/api"
            yield Child(
                "prefect",
                [python, "-m", "cli.prefect_server", str(port)],
                {**shared, prefect_server.SOCKET_VARIABLE: str(prefect.fileno())},
                logs / "prefect.log",
                [descriptor, prefect.fileno()],
            )
        environment = {**shared, "YINLING_PREFECT_API_URL": api_url}
        yield Child(
            "flows", [python, "-m", "cli.main", "flows"], environment, logs / "flows.log", [descriptor]
        )

    def _own_settings(self) -> Mapping[str, str]:
        """What `--data` and the like have changed, so that the children see the same."""
        return {"YINLING_DATA": str(self._settings.data)}

    def _watch(self, children: Sequence[Child], greet: Callable[[], None]) -> int:
        greeted, give_up_at = False, monotonic() + READY_WITHIN_SECONDS
        while not self._told_to_stop.wait(LOOKS_EVERY_SECONDS):
            for child in children:
                code = child.keep_running()
                if code is not None:
                    self._console.tell(
                        self._console.say("cli.child_died", name=child.name, code=code, log=child.log)
                    )
            if not greeted and self._web_answers():
                greeted = True
                greet()
            elif not greeted and monotonic() > give_up_at:
                self._console.tell(self._console.say("cli.web_does_not_answer", log=children[0].log))
                return FAILED
        return DONE

    def _web_answers(self) -> bool:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - asked, not bound
        try:
            with urlopen(f"http://{host}:{self._settings.port}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def _end(self, children: Sequence[Child]) -> None:
        """The clockwork first, so that nothing new begins; all together within the time that is left."""
        deadline = monotonic() + ENDS_WITHIN_SECONDS
        for child in reversed(children):
            child.ask_to_end()
        for child in reversed(children):
            child.end(within=deadline - monotonic())


@contextmanager
def sole_supervisor(data: Path) -> Iterator[None]:
    """Hold the data folder; raises AlreadyUp when another `yinling up` does. The lock ends with the process."""
    data.mkdir(mode=DATA_MODE, parents=True, exist_ok=True)
    with (data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyUp("cli.already_up", data=data) from None
        yield


def is_free(host: str, port: int) -> bool:
    """Whether this program may listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def listening(preferred: int) -> socket.socket:
    """A socket on the preferred port of the loopback address, or on any free one.

    Whoever is started with it, for the first time or again, finds the address as it was: nobody took it meanwhile.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(("127.0.0.1", preferred))
    except OSError:
        held.bind(("127.0.0.1", 0))
    held.listen()
    return held


def wait_until_free(host: str, port: int, *, within: float) -> bool:
    """Wait for children of a supervisor that was killed a moment ago to let go of the port."""
    deadline = monotonic() + within
    while not is_free(host, port):
        if monotonic() > deadline:
            return False
        sleep(LOOKS_EVERY_SECONDS)
    return True
