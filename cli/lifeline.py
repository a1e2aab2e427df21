"""A process that was started by `yinling up` ends when its supervisor is gone, even one killed without a word.

The supervisor holds the writing end of a pipe and its children the reading end: when the last holder of the writing
end has gone, reading returns. That works on Linux and macOS alike.
"""

import os
import signal
import threading

VARIABLE = "YINLING_LIFELINE"


def hold_on() -> None:
    """End this process as by SIGTERM when the supervisor has gone; without a supervisor nothing happens."""
    descriptor = os.environ.pop(VARIABLE, None)
    if descriptor is not None:
        threading.Thread(target=_wait, args=(int(descriptor),), name="lifeline", daemon=True).start()


def _wait(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
