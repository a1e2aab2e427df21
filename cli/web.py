"""What uvicorn serves, in each of its worker processes: the web, told what the clockwork's jobs are."""

from starlette.types import ASGIApp

from api import asgi
from flows.jobs import jobs


def application() -> ASGIApp:
    """The web process that the environment describes."""
    return asgi.application(jobs)
