"""A fresh database with a made-up county in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from bench.county import write_county
from models.database import make_engine, transaction
from models.migrating import upgrade
from outreach.imports import import_path
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2027, 1, 4, 1, tzinfo=UTC)
TODAY = date(2027, 1, 4)


@contextmanager
def empty_office() -> Iterator[Engine]:
    """A migrated database in a temporary folder."""
    with TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/yinling.db")
        upgrade(engine)
        with transaction(engine) as session:
            keep_dictionary(session)
        yield engine
        engine.dispose()


@contextmanager
def county_office(*, people: int, units: int = 50, campaigns: int = 0, outcomes: int = 0) -> Iterator[Engine]:
    """The same, with a county imported."""
    with empty_office() as engine, TemporaryDirectory() as folder:
        write_county(Path(folder), people=people, units=units, campaigns=campaigns, outcomes=outcomes)
        take_in(engine, Path(folder))
        yield engine


def take_in(engine: Engine, folder: Path) -> None:
    """Import a folder as the command does."""
    with transaction(engine) as session:
        import_path(session, folder, by=CONSOLE, now=NOW, today=TODAY, zone=ZONE)
