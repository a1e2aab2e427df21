"""Every deployment and its schedule on one page."""

import asyncio
from datetime import timedelta

from prefect import aserve, get_client
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.types.entrypoint import EntrypointType

from flows.tick import tick

TICKS_EVERY = timedelta(minutes=1)
ASKS_EVERY_SECONDS = 0.5


async def serve() -> None:
    """Register the clockwork with Prefect's server and run what it starts, until the process is told to stop.

    Prefect ticks in real time and says nothing about what is due: that follows from the program's own time and from
    `clockwork_runs`. So one deployment is enough, any number of these processes may run, and a tick that comes late,
    twice or not at all does no harm.
    """
    await until_prefect_answers()
    deployment = tick.to_deployment(
        name="every minute",
        interval=TICKS_EVERY,
        # A tick that finds another at work has nothing to add.
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
        ),
        # By module: a path would load every module here a second time, under another name.
        entrypoint_type=EntrypointType.MODULE_PATH,
        description=tick.description,
    )
    await aserve(await deployment, pause_on_shutdown=False, print_starting_message=False)  # type: ignore[misc]


async def until_prefect_answers() -> None:
    """Wait for Prefect's server: both may be started at the same moment."""
    async with get_client() as client:
        while await client.api_healthcheck() is not None:
            await asyncio.sleep(ASKS_EVERY_SECONDS)
