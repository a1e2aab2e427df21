"""What uvicorn serves, by `api.asgi:application` as its factory: the feeds' own route goes ahead of the rest."""

from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import create_app
from api.feeds import FeedRoute
from clock import serving_clock
from models.database import make_engine
from settings import Settings


def application() -> ASGIApp:
    """The web process over the migrated database that the environment names."""
    settings = Settings()
    engine = make_engine(settings.database_url)
    clock = serving_clock(settings.now, settings.clock_anchor)
    feeds_first = FeedRoute(
        create_app(settings, engine, clock),
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
