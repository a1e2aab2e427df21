"""Bringing a database to the schema of this program, by Alembic. A second upgrade waits, then does nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
_LOCK = 1_917_041_202


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply what is missing up to a revision, in one transaction: it is there wholly or not at all."""
    with (
        engine.execution_options(yinling_writes=True).connect() as connection,
        _references_unwatched(connection),
        connection.begin(),
    ):
        upgrade_within(connection, revision)


@contextmanager
def _references_unwatched(connection: Connection) -> Iterator[None]:
    """SQLite changes a constraint by making the table anew. While it watches references, dropping the old table
    would be refused, or take the rows that refer to it along; whether it watches cannot be changed in a transaction.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """The same as part of a transaction that is open already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    command.upgrade(_config(connection), revision)
    if connection.dialect.name == "sqlite":
        dangling = connection.execute(text("PRAGMA foreign_key_check")).all()
        if dangling:
            raise RuntimeError(f"the migration left {len(dangling)} references to nothing")


def present_revision(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The revision that this program works with."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None, "the program has migrations"
    return newest


def known_revisions() -> frozenset[str]:
    """All revisions that this program can start from."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def is_empty(engine: Engine) -> bool:
    """Whether nothing was ever made in this database."""
    return not inspect(engine).get_table_names()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
