"""Bringing a backup back: all of it, checked and made true aside, or nothing."""

# ruff: noqa: S608 - the names in statements are those of the schema itself, never from outside

import shutil
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from models import Base
from models.database import make_engine, reading, transaction
from models.migrating import is_empty, upgrade, upgrade_within
from outreach.backups.afterwards import let_go
from outreach.backups.file import (
    BACKUPS,
    DATABASE,
    UPLOADS,
    Manifest,
    aside,
    check,
    columns_of,
    hash_of,
    manifest_of,
    opened,
    rows_of,
    tables_of,
    unpack,
)
from outreach.backups.writing import BackupReport
from outreach.clockwork import Moment
from outreach.erasure import erase_again, erased_in
from outreach.errors import Conflict
from outreach.permissions import CONSOLE
from outreach.recount import recount


def restore(engine: Engine, file: Path, *, data: Path, now: datetime, zone: ZoneInfo) -> BackupReport:
    """Bring a backup into an empty database and data folder, and up to the schema of this program.

    Everything is checked and made aside first; the last step puts the database in its place. What was under way when
    the backup was made is let go (`afterwards`), and whoever was erased since, by the list beside the backup or in this
    data folder, is erased again before anybody sees them. Raises Conflict when there is data already, and for a file
    that is no backup, is damaged, or comes from a newer program; nothing changes then.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        with aside(data) as folder, opened(file) as zipped:
            manifest = manifest_of(zipped, file)
            _expect_empty(engine, data, manifest)
            unpack(zipped, manifest, folder, file)
            check(folder / DATABASE, manifest, file)
            erased = _erased_since(manifest.made_at, file.parent, data / BACKUPS)
            moment = Moment(now, now, zone)
            differing = _bring_up(folder / DATABASE, manifest.made_at, erased, moment)
            _put_uploads(folder / UPLOADS, data / UPLOADS)
            if engine.dialect.name == "sqlite":
                _swap_in(engine, folder / DATABASE)
            else:
                _load(engine, folder / DATABASE, differing)
    except OSError as error:
        raise Conflict("backups.unwritable", file=str(data), why=error.strerror or str(error)) from error
    uploads = sum(1 for part in manifest.parts if part != DATABASE)
    return BackupReport(
        manifest.revision, sum(manifest.rows.values()), uploads, file.stat().st_size, differing
    )


def _expect_empty(engine: Engine, data: Path, manifest: Manifest) -> None:
    """Uploads that are those of this backup do not count: they came with a restore that was cut short."""
    file = engine.url.database
    there_is_none = engine.dialect.name == "sqlite" and file is not None and not Path(file).exists()
    if not (there_is_none or is_empty(engine)):
        raise Conflict("backups.not_empty")
    uploads = data / UPLOADS
    for path in uploads.rglob("*") if uploads.is_dir() else ():
        name = f"{UPLOADS}/{path.relative_to(uploads).as_posix()}"
        if path.is_file() and manifest.parts.get(name) != hash_of(path):
            raise Conflict("backups.not_empty")


def _erased_since(made_at: datetime, *folders: Path) -> list[str]:
    return [code for folder in folders for code, at in erased_in(folder).items() if at > made_at]


def _bring_up(copy: Path, made_at: datetime, erased: Collection[str], moment: Moment) -> int:
    """Migrate the copy, still aside, and put right what is no longer true; how many figures do not agree with the
    records."""
    engine = make_engine(f"sqlite:///{copy}")
    try:
        upgrade(engine)
        with transaction(engine) as session:
            for code in erased:
                erase_again(session, code, by=CONSOLE, today=moment.today, now=moment.now)
            let_go(session, made_at=made_at, moment=moment)
        with reading(engine) as session:
            return len(recount(session).differences)
    finally:
        engine.dispose()


def _put_uploads(made: Path, uploads: Path) -> None:
    if made.is_dir():
        if uploads.is_dir():
            shutil.rmtree(uploads)
        made.replace(uploads)


def _swap_in(engine: Engine, copy: Path) -> None:
    engine.dispose()
    assert engine.url.database is not None
    file = Path(engine.url.database)
    file.parent.mkdir(parents=True, exist_ok=True)
    for leftover in ("-wal", "-shm"):
        file.with_name(file.name + leftover).unlink(missing_ok=True)
    shutil.move(copy, aside := file.with_name(f".{file.name}.restored"))
    aside.replace(file)


def _load(engine: Engine, copy: Path, differing: int) -> None:
    """Schema, rows and sequences in one transaction: all of it is there afterwards, or nothing."""
    with closing(sqlite3.connect(copy)) as source, engine.begin() as target:
        upgrade_within(target)
        driver = target.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        with driver.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
            for table in _in_order(tables_of(source)):
                _copy_in(source, cursor, table, columns_of(target, table))
        _expect_rows(target, rows_of(source))
        with Session(target) as session:
            if len(recount(session).differences) != differing:
                raise RuntimeError("the figures are not those of the backup")


def _copy_in(
    source: sqlite3.Connection,
    cursor: psycopg.Cursor[tuple[object, ...]],
    table: str,
    columns: Collection[str],
) -> None:
    """The values as SQLite has them, as text: PostgreSQL reads each as its column's own type."""
    names = ", ".join(f'"{name}"' for name in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    with cursor.copy(statement) as copying:
        for row in source.execute(f'SELECT {names} FROM "{table}"'):
            copying.write_row([_as_text(value) for value in row])
    last = source.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    if last is not None and last[0]:
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (table, last[0]))


def _as_text(value: object) -> str | None:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return None if value is None else str(value)


def _expect_rows(target: Connection, rows: Mapping[str, int]) -> None:
    for table, expected in rows.items():
        found = target.scalar(text(f'SELECT count(*) FROM "{table}"'))
        if found != expected:
            raise RuntimeError(f"{table}: {expected} rows in the backup, {found} brought back")


def _in_order(tables: Collection[str]) -> list[str]:
    """Each table after those it points at."""
    return [table.name for table in Base.metadata.sorted_tables if table.name in tables]
