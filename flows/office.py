"""What a flow run works with: settings, engine and clock of its process. Flow runs are processes of their own."""

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from clock import Clock, serving_clock
from models.database import make_engine
from settings import Settings


@dataclass(frozen=True, slots=True)
class Office:
    settings: Settings
    engine: Engine
    clock: Clock
    runner: str
    """Who holds a lease: this process on this machine."""

    @property
    def outbox(self) -> Path:
        """Where notices become files when there is no mail server."""
        return self.settings.data / "outbox"

    def is_gone(self, runner: str) -> bool:
        """Whether a runner was a process of this machine and is there no more; of other machines nothing is known."""
        machine, _, process = runner.rpartition(":")
        if machine != self.runner.rpartition(":")[0] or not process.isdigit():
            return False
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False


@cache
def office() -> Office:
    """The one of this process, made when first asked for."""
    settings = Settings()
    return Office(
        settings=settings,
        engine=make_engine(settings.database_url),
        clock=serving_clock(settings.now, settings.clock_anchor),
        runner=f"{socket.gethostname()}:{os.getpid()}",
    )
