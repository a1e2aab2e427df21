"""Commands that run or keep the program: up, api, flows, migrate, backup, restore, doctor."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from cli import examining, lifeline, sample
from cli.console import DONE, FAILED
from cli.offices import sign_in_url
from cli.prefect_server import prefect_environment
from cli.preparing import make_or_upgrade, needs_upgrade
from cli.supervisor import AlreadyUp, Supervisor, sole_supervisor
from cli.workplace import Workplace
from clock import serving_clock
from models.database import transaction
from models.migrating import newest_revision
from outreach import accounts, backups
from outreach.errors import Conflict
from outreach.recount import rebuild_rollups

GRACE_SECONDS = 8


def add_to(commands: typer.Typer) -> None:
    for command in (up, api, flows, migrate, backup, restore, doctor):
        commands.command()(command)


def up(
    context: typer.Context,
    with_sample: Annotated[
        bool, typer.Option("--sample", help="Load the sample county when the database is empty.")
    ] = False,
) -> int:
    """Run everything: the web process, Prefect's server and the clockwork. Ctrl-C ends all of it."""
    place: Workplace = context.obj
    with sole_supervisor(place.settings.data):
        greeting = _make_ready(place, with_sample=with_sample)
        clock = serving_clock(place.settings.now, place.settings.clock_anchor)
        return Supervisor(place.settings, place.console, clock).run(lambda: _greet(place, greeting))


@dataclass(frozen=True, slots=True)
class Greeting:
    """What to tell when the pages answer."""

    url: str
    sign_in_url: str | None
    """As long as nobody has a password."""
    feed_url: str | None
    """Of the sample county."""


def _make_ready(place: Workplace, *, with_sample: bool) -> Greeting:
    """An empty database is made, an older one backed up and upgraded."""
    if needs_upgrade(place.engine):
        kept = place.settings.data / "backups" / f"before-upgrade-{place.now:%Y%m%d-%H%M%S}.zip"
        kept.parent.mkdir(parents=True, exist_ok=True)
        backups.backup(place.engine, kept, data=place.settings.data, now=place.now)
        place.console.tell(place.console.say("cli.backed_up", file=kept))
    make_or_upgrade(place.engine)
    with transaction(place.engine) as session:
        secret = accounts.first_sign_in(session, now=place.now)
    return Greeting(
        url=place.settings.public_url,
        sign_in_url=None if secret is None else sign_in_url(place, secret),
        feed_url=sample.load_when_empty(place) if with_sample and secret is not None else None,
    )


def _greet(place: Workplace, greeting: Greeting) -> None:
    say = place.console.say
    lines = [say("cli.address", url=greeting.url)]
    if greeting.sign_in_url is not None:
        lines.append(say("cli.sign_in", url=greeting.sign_in_url))
    if greeting.feed_url is not None:
        lines.append(say("cli.sample_feed", url=greeting.feed_url))
    place.console.result(asdict(greeting), "\n".join([*lines, say("cli.how_to_stop")]))


def api(
    context: typer.Context,
    workers: Annotated[int, typer.Option(min=1, help="How many processes share the address.")] = 1,
) -> int:
    """Run the web and the API alone."""
    place: Workplace = context.obj
    place.expect_set_up()
    lifeline.hold_on()
    clock = serving_clock(place.settings.now, place.settings.clock_anchor)
    # The workers are processes of their own: they learn of --data and of the running clock by the environment.
    os.environ.update({"YINLING_DATA": str(place.settings.data), **clock.environment})
    _end_quietly()
    uvicorn.run(
        "cli.web:application",
        factory=True,
        host=place.settings.host,
        port=place.settings.port,
        workers=workers,
        # Paths carry tokens, and no log may.
        access_log=False,
        server_header=False,
        # Nobody here asks where a request came from, nor by http or https: `public_url` says that. So what a proxy, or
        # whoever pretends to be one, tells of it is not read.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return DONE


def flows(context: typer.Context) -> int:
    """Run the clockwork alone, against the Prefect server of YINLING_PREFECT_API_URL."""
    place: Workplace = context.obj
    place.expect_set_up()
    if place.settings.prefect_api_url is None:
        raise Conflict("cli.no_prefect")
    lifeline.hold_on()
    clock = serving_clock(place.settings.now, place.settings.clock_anchor)
    # Flow runs are processes of their own: they learn of --data and of the running clock by the environment.
    os.environ.update(
        {
            "YINLING_DATA": str(place.settings.data),
            **clock.environment,
            **prefect_environment(place.settings, place.settings.prefect_api_url),
        }
    )
    # Prefect reads its settings when it is imported, so not before they stand in the environment.
    from flows.serve import serve

    return asyncio.run(_until_told(serve()))


async def _until_told(work: Coroutine[Any, Any, None]) -> int:  # Any: what a coroutine sends itself
    """Run until SIGINT or SIGTERM; 0 when it was told to end, 1 when the work ended by itself."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return DONE
    return FAILED


def _end_quietly() -> None:
    """Being told to end is no failure: the web server raises the signal again once it has shut down in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


def migrate(context: typer.Context) -> None:
    """Bring the database to the schema of this program; makes an empty one."""
    place: Workplace = context.obj
    make_or_upgrade(place.engine)
    revision = newest_revision()
    place.console.result({"revision": revision}, place.console.say("cli.migrated", revision=revision))


def backup(context: typer.Context, file: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write a consistent copy of everything, while the program runs."""
    place: Workplace = context.obj
    place.expect_set_up()
    report = backups.backup(place.engine, file, data=place.settings.data, now=place.now)
    place.console.result(
        {"file": str(file), "rows": report.rows}, place.console.say("cli.backed_up", file=file)
    )


def restore(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="A file written by backup.")]
) -> None:
    """Bring a backup back into an empty data folder, checked before and after."""
    place: Workplace = context.obj
    try:
        with sole_supervisor(place.settings.data):
            report = backups.restore(
                place.engine, file, data=place.settings.data, now=place.now, zone=place.zone
            )
            make_or_upgrade(place.engine)
    except AlreadyUp as error:
        raise Conflict("cli.in_use", data=place.settings.data) from error
    place.console.result(
        {"file": str(file), "rows": report.rows, "differing_figures": report.differing_figures},
        place.console.say("cli.restored", rows=report.rows),
    )
    if report.differing_figures:
        place.console.tell(place.console.say("cli.restored_figures_differ", count=report.differing_figures))


def doctor(
    context: typer.Context,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First make the sums of all figures anew from the records.")
    ] = False,
) -> int:
    """Check configuration, database, figures, disk, clock, Prefect and mail; a line each, with the cure."""
    place: Workplace = context.obj
    if rebuild:
        with place.writing() as session:
            rebuild_rollups(session)
    checks = examining.examine(place)
    ok = all(check.ok for check in checks)
    document = {
        "ok": ok,
        "checks": [{"name": check.name, "ok": check.ok, "message": check.message} for check in checks],
    }
    lines = [f"{'✓' if check.ok else '✗'} {check.name}: {check.message}" for check in checks]
    place.console.result(document, "\n".join(lines))
    return DONE if ok else FAILED
