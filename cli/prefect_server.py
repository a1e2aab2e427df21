"""Prefect's own server: a child of `yinling up`, on the loopback address only, its database in the data folder.

The scaled-out form runs the same module, with an address of its own: `python -m cli.prefect_server 4200 0.0.0.0`. What
is set then says where its database is, and through which Redis it passes its events on.
"""

import os
import socket
import sys
from collections.abc import Mapping, MutableMapping

import uvicorn
from starlette.types import ASGIApp

from cli import lifeline
from cli.console import FAILED
from settings import Settings

LOOPBACK = "127.0.0.1"
SOCKET_VARIABLE = "YINLING_PREFECT_SOCKET"
"""The descriptor of the socket on which the supervisor had it listen before, and will again after its death."""


def serve(port: int, host: str = LOOPBACK) -> None:
    """Serve until SIGTERM, or until the supervisor is gone."""
    lifeline.hold_on()
    os.environ.update(server_environment(Settings(), port, host))
    config = uvicorn.Config(
        application, factory=True, host=host, port=port, log_level="warning", timeout_graceful_shutdown=3
    )
    inherited = os.environ.pop(SOCKET_VARIABLE, None)
    server = uvicorn.Server(config)
    server.run(None if inherited is None else [socket.socket(fileno=int(inherited))])
    if not server.started:
        sys.exit(FAILED)


def prefect_environment(settings: Settings, api_url: str) -> dict[str, str]:
    """How Prefect runs beside the program: at home in the data folder, without calls to anybody, cleaned up.

    Prefect reads this when it is imported, so it has to stand in the environment before.
    """
    home = settings.data / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_API_URL": api_url,
        "PREFECT_UI_API_URL": api_url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "P14D",
        # A tick that nobody ran is worth nothing: few are made ahead.
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "5",
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME": "PT2M",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "flows",
        "PREFECT_RUNNER_SERVER_ENABLE": "false",
    }


def server_environment(settings: Settings, port: int, host: str) -> dict[str, str]:
    """The same for the server itself: where its database is, and through what it passes its events on."""
    return {
        **prefect_environment(settings, f"http://{LOOPBACK}:{port}/api"),
        **_database(settings),
        **_messaging(settings),
        # Its pages ask nobody who he is: they are for whoever sits at this machine alone.
        "PREFECT_SERVER_UI_ENABLED": str(host == LOOPBACK).lower(),
    }


def _database(settings: Settings) -> Mapping[str, str]:
    url = settings.prefect_database_url
    return {"PREFECT_API_DATABASE_CONNECTION_URL": url} if url else {}


def _messaging(settings: Settings) -> Mapping[str, str]:
    """What several of Prefect's servers would share: events, their order, leases, and who does which chore."""
    if settings.redis_url is None:
        return {}
    return {
        "PREFECT_MESSAGING_BROKER": "prefect_redis.messaging",
        "PREFECT_MESSAGING_CACHE": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
        "PREFECT_REDIS_MESSAGING_URL": settings.redis_url,
        "PREFECT_SERVER_DOCKET_URL": settings.redis_url,
    }


def application() -> ASGIApp:
    """Prefect's application, made to work with the SQLAlchemy of this program."""
    from prefect.server.api.server import create_app

    _pass_over_hybrids()
    return create_app()


def _pass_over_hybrids() -> None:
    """Prefect 3.8.8's scheduler hands whole flow runs to a bulk insert, `state` among them, which is no column.

    SQLAlchemy 2.0 passed such keys over, 2.1 refuses them ("please supply a bulk_dml decorated function"), and nothing
    is ever scheduled. This can go once Prefect supports SQLAlchemy 2.1.
    """
    from prefect.server.database.orm_models import Base
    from sqlalchemy.ext.hybrid import hybrid_property

    for mapper in Base.registry.mappers:
        for descriptor in mapper.all_orm_descriptors:
            if isinstance(descriptor, hybrid_property) and descriptor.bulk_dml_setter is None:
                descriptor.bulk_dml_setter = _pass_over  # type: ignore[assignment]  # a protocol that names arguments


def _pass_over(_table: object, _row: MutableMapping[str, object], _value: object) -> None:
    """Nothing: the row's columns stand in it already."""


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:3])
