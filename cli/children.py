"""A child process of `yinling up`: started, watched, started again when it dies, ended in order."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from logging import Formatter, Logger, getLogger
from logging.handlers import RotatingFileHandler
from pathlib import Path
from time import monotonic
from typing import IO

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_AFTER_SECONDS = 60.0
"""A child that lived this long is taken for well again: its next death is answered at once."""
LOG_OCTETS, LOG_FILES = 5_000_000, 3


@dataclass(slots=True)
class Child:
    """One program that has to run. Its output goes to a rotated file; of the console it sees nothing."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    descriptors: Sequence[int]
    """Of the supervisor's, which it inherits: the lifeline, and what it is to listen on."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _started_at: float = field(default=0.0, init=False)
    _pause: float = field(default=FIRST_PAUSE_SECONDS, init=False)
    _next_start: float = field(default=0.0, init=False)

    def keep_running(self) -> int | None:
        """Start it when it is not running and its pause is over; the exit code when it was just found dead."""
        if self.process is None:
            if monotonic() >= self._next_start:
                self._start()
            return None
        code = self.process.poll()
        if code is not None:
            _end_group(self.process.pid)
            self.process = None
            if monotonic() - self._started_at > STEADY_AFTER_SECONDS:
                self._pause = FIRST_PAUSE_SECONDS
            self._next_start = monotonic() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        return code

    def ask_to_end(self) -> None:
        """SIGTERM, so that it finishes what it holds."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def end(self, *, within: float) -> None:
        """Wait for it, at most so many seconds, then end it and whatever it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(within, 0.0))
        except subprocess.TimeoutExpired:
            self.process.kill()
        _end_group(self.process.pid)
        self.process.wait()

    def _start(self) -> None:
        self._started_at = monotonic()
        # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, who ends all in order.
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self.descriptors,
        )
        assert self.process.stdout is not None
        threading.Thread(target=_copy, args=(self.process.stdout, self._logger()), daemon=True).start()

    def _logger(self) -> Logger:
        logger = getLogger(f"yinling.child.{self.name}")
        if not logger.handlers:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            handler = RotatingFileHandler(
                self.log, maxBytes=LOG_OCTETS, backupCount=LOG_FILES, encoding="utf-8"
            )
            handler.setFormatter(Formatter("%(asctime)s %(message)s"))
            logger.addHandler(handler)
            logger.propagate = False
            logger.setLevel("INFO")
        return logger


def _end_group(leader: int) -> None:
    """End what a child has started and left behind."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _copy(output: IO[bytes], logger: Logger) -> None:
    """A full disk must not stop the child: what cannot be written is lost, the reading goes on."""
    for line in output:
        logger.info("%s", line.decode("utf-8", "replace").rstrip())
