"""Every deployment and its schedule on one page."""

import asyncio
import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from prefect import get_client
from prefect.runner import Runner
from prefect.types.entrypoint import EntrypointType

from clock import real_now
from flows.office import office
from flows.tick import tick

TICKS_EVERY = timedelta(minutes=1)
ASKS_EVERY_SECONDS = 0.5
LOOKS_EVERY_SECONDS = 10
ASKED_WITHIN = timedelta(minutes=1)
ASKED = Path("prefect", "asked")
"""In the data folder: touched as long as this process asks Prefect for work, for whoever watches over it."""
TICKS_AT_ONCE = 3
"""A tick that hangs must not stop those after it; two that find the same slot share it out by its row."""


async def serve() -> None:
    """Register the clockwork with Prefect's server and run what it starts, until this is cancelled.

    Prefect ticks in real time and says nothing about what is due: that follows from the program's own time and from
    `clockwork_runs`. So one deployment is enough, any number of these processes may run, and a tick that comes late,
    twice or not at all does no harm. A tick that is cut off leaves its slot to the lease.
    """
    await until_prefect_answers()
    deployment = await tick.ato_deployment(
        name="every minute",
        interval=TICKS_EVERY,
        # By module: a path would load every module here a second time, under another name.
        entrypoint_type=EntrypointType.MODULE_PATH,
        description=tick.description,
    )
    # Prefect's own limits are leases of its server: a process killed would leave one behind, and nothing would tick.
    runner = _Runner(name="clockwork", pause_on_shutdown=False, webserver=False, limit=TICKS_AT_ONCE)
    await _look_at_once(await runner.aadd_deployment(deployment))
    showing = asyncio.create_task(_show_that_it_asks(runner, office().settings.data / ASKED))
    try:
        await runner.start()
    finally:
        showing.cancel()


async def _look_at_once(deployment: UUID) -> None:
    """Whoever was away may have missed something, and the next minute is long for those who wait."""
    async with get_client() as client:
        await client.create_flow_run_from_deployment(deployment)


async def until_prefect_answers() -> None:
    """Wait for Prefect's server: both may be started at the same moment."""
    async with get_client() as client:
        while await client.api_healthcheck() is not None:  # noqa: ASYNC110 - nobody tells us when it does
            await asyncio.sleep(ASKS_EVERY_SECONDS)


async def _show_that_it_asks(runner: Runner, file: Path) -> None:
    while True:
        if runner.last_polled is not None and real_now() - runner.last_polled < ASKED_WITHIN:
            # Without room on the disk it looks as if nothing were asked, which is worth looking at as well.
            with suppress(OSError):
                file.touch()  # noqa: ASYNC240 - a name in a folder is changed, nothing is waited for
        await asyncio.sleep(LOOKS_EVERY_SECONDS)


class _Runner(Runner):
    """Prefect's runner puts its own answer to SIGTERM in place of ours, one that leaves its work unawaited."""

    def handle_sigterm(self, *_args: object, **_more: object) -> None:
        """End as by SIGINT, which whoever runs this loop answers."""
        signal.raise_signal(signal.SIGINT)
