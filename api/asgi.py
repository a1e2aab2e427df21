"""What uvicorn serves, by `api.asgi:application` as its factory: the feeds' own route goes ahead of the rest."""

from starlette.types import ASGIApp

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
    return FeedRoute(
        create_app(settings, engine, clock),
        engine=engine,
        zone=settings.zone,
        language=settings.language,
        public_url=settings.public_url,
        now=clock.now,
    )
