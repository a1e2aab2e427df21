"""Prefect's own server as a child of `yinling up`, on the loopback address only, its database in the data folder."""

import sys

import uvicorn

from cli import lifeline


def serve(port: int) -> None:
    """Serve until SIGTERM, or until the supervisor is gone."""
    lifeline.hold_on()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]))
