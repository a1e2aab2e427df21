"""Prefect's own server as a child of `yinling up`, on the loopback address only, its database in the data folder.

The scaled-out form runs the same module, with an address of its own: `python -m cli.prefect_server 4200 0.0.0.0`.
"""

import sys
from collections.abc import MutableMapping

import uvicorn
from starlette.types import ASGIApp

from cli import lifeline


def serve(port: int, host: str = "127.0.0.1") -> None:
    """Serve until SIGTERM, or until the supervisor is gone."""
    lifeline.hold_on()
    uvicorn.run(
        application, factory=True, host=host, port=port, log_level="warning", timeout_graceful_shutdown=3
    )


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
