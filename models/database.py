"""The engine of either database, and the one place where transactions begin and end."""

from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from zlib import crc32

from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from models.stamps import give_stamps

_WRITES = "yinling_writes"
_ANSWERS = "yinling_answers"
SQLITE_WAITS_MS = 30_000
ROWS_LOOKED_AT = 1_000
"""Of each index, on SQLite; PostgreSQL has a limit of its own."""
AT_ONCE = 5_000
_WITHOUT_JIT = {"options": "-c jit=off"}
"""Compiling a statement of many conditions takes PostgreSQL longer than answering it: 40 to 140 ms."""
T = TypeVar("T")


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`, with everything set that the tables rely on.

    The values of a statement that fails are people's names and words: they stand in no error and no log.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": SQLITE_WAITS_MS / 1000}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            hide_parameters=True,
            connect_args=_WITHOUT_JIT,
        )
    give_stamps(engine)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session whose work is committed at the end, or wholly undone by any exception. For what may write.

    On SQLite the write lock is taken at once, so that a transaction which read first never fails half-way.
    """
    writing = engine.execution_options(**{_WRITES: True})
    with Session(writing, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that sees one moment of the database, whatever others write. Nothing that it writes is kept."""
    options = (
        {}
        if engine.dialect.name == "sqlite"
        else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    )
    with Session(engine.execution_options(**options), expire_on_commit=False) as session:
        yield session


@contextmanager
def rehearsal(engine: Engine) -> Iterator[Session]:
    """A transaction that does everything and keeps nothing."""
    writing = engine.execution_options(**{_WRITES: True})
    with Session(writing, expire_on_commit=False) as session:
        yield session
        session.rollback()


def only_reads(session: Session) -> bool:
    """Whether the session sees what was committed and nothing else, so that what it finds out may be remembered."""
    return not session.get_bind().get_execution_options().get(_WRITES, False)


def asked_once(session: Session, question: Hashable, answer: Callable[[], T]) -> T:
    """The answer to a question, found out once in a session that only reads: it sees one moment of the database.

    Nobody may change the answer, and it holds nothing that could become another's.
    """
    if not only_reads(session):
        return answer()
    known: dict[Hashable, T] = session.info.setdefault(_ANSWERS, {})
    if question not in known:
        known[question] = answer()
    return known[question]


def hold(session: Session, name: str) -> None:
    """Let one transaction at a time pass, among all that hold the same name, until it ends.

    On SQLite a writing transaction holds the whole database already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(crc32(name.encode()))))


def look_at_tables(session: Session) -> None:
    """Let the database look at how full its tables are, after many rows came at once.

    Until it has, it answers questions as if they were empty: each row of one against each row of another.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"PRAGMA analysis_limit = {ROWS_LOOKED_AT}"))
    session.execute(text("ANALYZE"))


def in_batches(things: Collection[T]) -> Iterator[list[T]]:
    """A few thousand at a time, in their order: no database takes any number of values in one statement."""
    listed = list(things)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # Transactions are begun by `_begin_sqlite`: the driver's own would begin late and commit behind our back.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        f"busy_timeout = {SQLITE_WAITS_MS}",
        "foreign_keys = ON",
        "cache_size = -65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
