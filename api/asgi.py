"""The web process as a whole: the feeds' own route goes ahead of the rest. `cli.web` is what uvicorn serves."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import create_app
from api.feeds import FeedRoute
from clock import serving_clock
from models.database import make_engine
from outreach.clockwork import Job
from settings import Settings


def application(jobs: Callable[[ZoneInfo], Sequence[Job]] = lambda _zone: ()) -> ASGIApp:
    """The web process over the migrated database that the environment names.

    `jobs` are those of the clockwork, which the web itself does not know: with them it can tell whether they are done.
    """
    settings = Settings()
    engine = make_engine(settings.database_url)
    clock = serving_clock(settings.now, settings.clock_anchor)
    feeds_first = FeedRoute(
        create_app(settings, engine, clock, jobs=jobs(settings.zone)),
        engine=engine,
        zone=settings.zone,
        language=settings.language,
        public_url=settings.public_url,
        now=clock.now,
    )
    return _Closing(feeds_first, engine)


class _Closing:
    """Lets go of the database when the process has answered its last request."""

    def __init__(self, app: ASGIApp, engine: Engine) -> None:
        self._app = app
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "lifespan":
                self._engine.dispose()
