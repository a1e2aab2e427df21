"""What every command works with: settings, clock, engine, console. Opening checks that the database fits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cli.console import Console
from clock import Clock, command_clock
from models.database import make_engine, reading, transaction
from models.migrating import is_empty, newest_revision, present_revision
from outreach.errors import Conflict
from settings import DATA_MODE, Settings


@dataclass(frozen=True)
class Workplace:
    settings: Settings
    console: Console

    @cached_property
    def clock(self) -> Clock:
        """A command knows one instant from its beginning to its end."""
        return command_clock(self.settings.now, self.settings.clock_anchor)

    @cached_property
    def engine(self) -> Engine:
        """Made without looking whether anything is there."""
        if self.settings.is_embedded:
            self.settings.data.mkdir(mode=DATA_MODE, parents=True, exist_ok=True)
        return make_engine(self.settings.database_url)

    def leave(self) -> None:
        """Let go of the database, if it was used."""
        if "engine" in self.__dict__:
            self.engine.dispose()

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def zone(self) -> ZoneInfo:
        return self.settings.zone

    @property
    def today(self) -> date:
        return self.clock.today(self.zone)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction on a database that is set up; raises Conflict on any other."""
        self.expect_set_up()
        with transaction(self.engine) as session:
            yield session

    @contextmanager
    def looking(self) -> Iterator[Session]:
        """A read on a database that is set up; raises Conflict on any other."""
        self.expect_set_up()
        with reading(self.engine) as session:
            yield session

    def expect_set_up(self) -> None:
        """Raise Conflict unless the database has the schema of this program."""
        if self.has_no_database or is_empty(self.engine):
            raise Conflict("cli.not_set_up")
        if present_revision(self.engine) != newest_revision():
            raise Conflict("cli.other_schema")

    @property
    def has_no_database(self) -> bool:
        """Whether there is not even a file; asking must not make one."""
        return self.settings.is_embedded and not self.settings.database_file.exists()
