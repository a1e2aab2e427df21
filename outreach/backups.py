"""Backups: everything that is kept, as of one moment, in one file; and back again.

The file is a zip with `manifest.json` (revision, rows of each table, SHA-256 of every part), `yinling.db`, a SQLite
database whatever the data came from, and what stands in `uploads/`. So a backup goes back into either kind of database.
Secrets are in it only as the database has them, as hashes.
"""

# ruff: noqa: S608 - the names in statements are those of the schema itself, never from outside

import hashlib
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final

import psycopg
from psycopg import sql
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from models import Base
from models.database import make_engine, reading
from models.migrating import is_empty, known_revisions, present_revision, upgrade, upgrade_within
from outreach.errors import Conflict
from outreach.recount import recount

FORMAT: Final = 1
DATABASE: Final = "yinling.db"
MANIFEST: Final = "manifest.json"
UPLOADS: Final = "uploads"
ROWS_AT_ONCE: Final = 5_000
LARGEST_MANIFEST: Final = 64 * 1024 * 1024
_VERSION: Final = "alembic_version"


class Manifest(BaseModel, frozen=True):
    """What a backup says of itself."""

    format: int
    made_at: datetime
    revision: str
    rows: Mapping[str, int]
    """By table."""
    parts: Mapping[str, str]
    """SHA-256 of every other part of the file, by its path there."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was written, or brought back."""

    revision: str
    rows: int
    uploads: int
    differing_figures: int = 0
    """After a restore: figures that do not agree with the records; the backup had them so."""


# --- writing ----------------------------------------------------------------------------------------------------------


def backup(engine: Engine, file: Path, *, data: Path, now: datetime) -> BackupReport:
    """Copy the database, as of one moment and while others write, and the uploads into one file, swapped in when whole.

    Raises Conflict for a database without tables and for a file that cannot be written.
    """
    revision = present_revision(engine)
    if revision is None:
        raise Conflict("cli.not_set_up")
    try:
        with _aside(file.absolute().parent) as folder:
            copy = folder / DATABASE
            if engine.dialect.name == "sqlite":
                _copy_sqlite(engine, copy)
            else:
                _copy_postgresql(engine, copy, revision)
            report = _pack(copy, data / UPLOADS, folder / "whole.zip", now)
            (folder / "whole.zip").replace(file)
    except OSError as error:
        raise Conflict("backups.unwritable", file=str(file), why=error.strerror or str(error)) from error
    return report


def _copy_sqlite(engine: Engine, copy: Path) -> None:
    """In one step: writers go on meanwhile, and none of what they write then is in it."""
    with closing(engine.raw_connection()) as connection, closing(sqlite3.connect(copy)) as target:
        source = connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        source.backup(target)
        # A file of its own, without a log beside it.
        target.execute("PRAGMA journal_mode = DELETE")


def _copy_postgresql(engine: Engine, copy: Path, revision: str) -> None:
    """Every table in one snapshot, into a file of the same schema, each value in the form SQLite keeps it in."""
    empty = make_engine(f"sqlite:///{copy}")
    upgrade(empty, revision)
    empty.dispose()
    with reading(engine) as session, closing(sqlite3.connect(copy, isolation_level=None)) as target:
        source = session.connection(execution_options={"yield_per": ROWS_AT_ONCE})
        target.execute("PRAGMA journal_mode = DELETE")
        target.execute("BEGIN")
        for table in _tables(target):
            columns = _columns(source, table)
            names = ", ".join(f'"{name}"' for name in columns)
            places = ", ".join("?" * len(columns))
            chosen = ", ".join(_as_sqlite_has_it(name, kind) for name, kind in columns.items())
            target.execute(f'DELETE FROM "{table}"')
            for some in source.execute(text(f'SELECT {chosen} FROM "{table}"')).partitions():
                target.executemany(
                    f'INSERT INTO "{table}" ({names}) VALUES ({places})', [tuple(row) for row in some]
                )
            _keep_sequence(source, target, table)
        target.execute("COMMIT")


def _as_sqlite_has_it(name: str, kind: str) -> str:
    column = f'"{name}"'
    return {
        "boolean": f"{column}::int",
        "uuid": f"replace({column}::text, '-', '')",
        "timestamp with time zone": f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24\\:MI\\:SS.US')",
        "time without time zone": f"to_char({column}::interval, 'HH24\\:MI\\:SS.US')",
        "date": f"to_char({column}, 'YYYY-MM-DD')",
        "json": f"{column}::text",
    }.get(kind, column).replace("::", "\\:\\:")


def _keep_sequence(source: Connection, target: sqlite3.Connection, table: str) -> None:
    """An id that was given once is never given again, not even after its row has gone."""
    sequence = (
        source.scalar(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table})
        if ("id" in _columns(source, table))
        else None
    )
    if sequence is None:
        return
    last = source.scalar(text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"))
    target.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
    target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))


def _pack(copy: Path, uploads: Path, whole: Path, now: datetime) -> BackupReport:
    with closing(sqlite3.connect(copy)) as database:
        rows = _rows(database)
        (revision,) = database.execute(f"SELECT version_num FROM {_VERSION}").fetchone()
    parts: dict[str, str] = {}
    with (
        whole.open("wb") as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped,
    ):
        parts[DATABASE] = _put(zipped, DATABASE, copy)
        for path in sorted(uploads.rglob("*")) if uploads.is_dir() else ():
            name = f"{UPLOADS}/{path.relative_to(uploads).as_posix()}"
            if path.is_file() and not path.is_symlink():
                parts[name] = _put(zipped, name, path)
        manifest = Manifest(
            format=FORMAT, made_at=now.astimezone(UTC), revision=revision, rows=rows, parts=parts
        )
        zipped.writestr(MANIFEST, manifest.model_dump_json(indent=1))
        zipped.close()
        stream.flush()
        os.fsync(stream.fileno())
    return BackupReport(revision, sum(rows.values()), len(parts) - 1)


def _put(zipped: zipfile.ZipFile, name: str, path: Path) -> str:
    with path.open("rb") as source, zipped.open(name, "w", force_zip64=True) as target:
        return _copied(source, target)


# --- bringing back ----------------------------------------------------------------------------------------------------


def restore(engine: Engine, file: Path, *, data: Path) -> BackupReport:
    """Bring a backup into an empty database and data folder, and up to the schema of this program.

    Everything is checked and made aside first; the last step puts the database in its place. Raises Conflict when there
    is data already, and for a file that is no backup, is damaged, or comes from a newer program; nothing changes then.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        with _aside(data) as folder, _opened(file) as zipped:
            manifest = _manifest(zipped, file)
            _expect_empty(engine, data, manifest)
            _unpack(zipped, manifest, folder, file)
            _check(folder / DATABASE, manifest, file)
            differing = _bring_up(folder / DATABASE)
            _put_uploads(folder / UPLOADS, data / UPLOADS)
            if engine.dialect.name == "sqlite":
                _swap_in(engine, folder / DATABASE)
            else:
                _load(engine, folder / DATABASE, differing)
    except OSError as error:
        raise Conflict("backups.unwritable", file=str(data), why=error.strerror or str(error)) from error
    uploads = sum(1 for part in manifest.parts if part != DATABASE)
    return BackupReport(manifest.revision, sum(manifest.rows.values()), uploads, differing)


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        zipped = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise Conflict("backups.not_a_backup", file=str(file)) from error
    except OSError as error:
        raise Conflict("backups.unreadable", file=str(file), why=error.strerror or str(error)) from error
    with zipped:
        yield zipped


def _manifest(zipped: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        if zipped.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise Conflict("backups.not_a_backup", file=str(file))
        manifest = Manifest.model_validate_json(zipped.read(MANIFEST))
    except (KeyError, ValidationError) as error:
        raise Conflict("backups.not_a_backup", file=str(file)) from error
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise Conflict("backups.damaged", file=str(file), part=MANIFEST) from error
    if manifest.format > FORMAT or manifest.revision not in known_revisions():
        raise Conflict("backups.newer", file=str(file), revision=manifest.revision)
    if DATABASE not in manifest.parts or not all(map(_is_ours, manifest.parts)):
        raise Conflict("backups.not_a_backup", file=str(file))
    return manifest


def _is_ours(name: str) -> bool:
    """Whether a part lies where parts lie: nothing from a backup is ever written outside of the data folder."""
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name
    return name == DATABASE or (inside and path.parts[0] == UPLOADS and len(path.parts) > 1)


def _expect_empty(engine: Engine, data: Path, manifest: Manifest) -> None:
    """Uploads that are those of this backup do not count: they came with a restore that was cut short."""
    file = engine.url.database
    there_is_none = engine.dialect.name == "sqlite" and file is not None and not Path(file).exists()
    if not (there_is_none or is_empty(engine)):
        raise Conflict("backups.not_empty")
    uploads = data / UPLOADS
    for path in uploads.rglob("*") if uploads.is_dir() else ():
        name = f"{UPLOADS}/{path.relative_to(uploads).as_posix()}"
        if path.is_file() and manifest.parts.get(name) != _hash(path):
            raise Conflict("backups.not_empty")


def _unpack(zipped: zipfile.ZipFile, manifest: Manifest, folder: Path, file: Path) -> None:
    for name, expected in manifest.parts.items():
        path = folder.joinpath(*PurePosixPath(name).parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with zipped.open(name) as source, path.open("wb") as target:
                found = _copied(source, target)
        except (
            KeyError,
            EOFError,
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise Conflict("backups.damaged", file=str(file), part=name) from error
        if found != expected:
            raise Conflict("backups.damaged", file=str(file), part=name)


def _check(copy: Path, manifest: Manifest, file: Path) -> None:
    """The database is whole, and has as many rows as the manifest says."""
    try:
        with closing(sqlite3.connect(copy)) as database:
            sound = database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            related = database.execute("PRAGMA foreign_key_check").fetchone() is None
            (revision,) = database.execute(f"SELECT version_num FROM {_VERSION}").fetchone()
            agrees = _rows(database) == dict(manifest.rows) and revision == manifest.revision
    except (sqlite3.DatabaseError, TypeError) as error:
        raise Conflict("backups.damaged", file=str(file), part=DATABASE) from error
    if not (sound and related and agrees):
        raise Conflict("backups.damaged", file=str(file), part=DATABASE)


def _bring_up(copy: Path) -> int:
    """Migrate the copy, still aside, count its figures again, and say how many do not agree with the records."""
    engine = make_engine(f"sqlite:///{copy}")
    try:
        upgrade(engine)
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
            for table in _in_order(_tables(source)):
                _copy_in(source, cursor, table, _columns(target, table))
        _expect_rows(target, _rows(source))
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
            copying.write_row([None if value is None else str(value) for value in row])
    last = source.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    if last is not None and last[0]:
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (table, last[0]))


def _expect_rows(target: Connection, rows: Mapping[str, int]) -> None:
    for table, expected in rows.items():
        found = target.scalar(text(f'SELECT count(*) FROM "{table}"'))
        if found != expected:
            raise RuntimeError(f"{table}: {expected} rows in the backup, {found} brought back")


# --- both -------------------------------------------------------------------------------------------------------------


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder beside the target, on the same disk, so that swapping is one step; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=".yinling-", dir=folder) as made:
        yield Path(made)


def _tables(database: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
    return [name for (name,) in database.execute(query) if name != _VERSION]


def _in_order(tables: Collection[str]) -> list[str]:
    """Each table after those it points at."""
    return [table.name for table in Base.metadata.sorted_tables if table.name in tables]


def _columns(connection: Connection, table: str) -> dict[str, str]:
    """The columns of a table of PostgreSQL with their types."""
    query = text(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = :table ORDER BY ordinal_position"
    )
    return {row.column_name: row.data_type for row in connection.execute(query, {"table": table})}


def _rows(database: sqlite3.Connection) -> dict[str, int]:
    return {
        table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
        for table in _tables(database)
    }


def _copied(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while octets := source.read(1 << 20):
        digest.update(octets)
        target.write(octets)
    return digest.hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
