"""Writing a backup: everything that is kept, as of one moment, into one file, read back before it counts."""

# ruff: noqa: S608 - the names in statements are those of the schema itself, never from outside

import os
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from models.database import make_engine, reading
from models.migrating import present_revision, upgrade
from outreach.backups.file import (
    DATABASE,
    FORMAT,
    MANIFEST,
    UPLOADS,
    Manifest,
    Pulse,
    aside,
    check,
    columns_of,
    copied,
    is_backup,
    manifest_of,
    no_pulse,
    opened,
    revision_of,
    rows_of,
    tables_of,
    unpack,
)
from outreach.errors import Conflict

ROWS_AT_ONCE: Final = 5_000
PICTURES_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was written, or brought back."""

    revision: str
    rows: int
    uploads: int
    octets: int = 0
    """Of the file."""
    differing_figures: int = 0
    """After a restore: figures that do not agree with the records; the backup had them so."""


def backup(engine: Engine, file: Path, *, data: Path, now: datetime, pulse: Pulse = no_pulse) -> BackupReport:
    """Copy the database, as of one moment and while others write, and the uploads into one file.

    It is made aside, read back as a restore would read it, and only then swapped in. A backup that stands there is
    replaced by the new one. Raises Conflict for a database without tables, for a file that cannot be written, and for
    one that stands there and is no backup.
    """
    revision = present_revision(engine)
    if revision is None:
        raise Conflict("cli.not_set_up")
    try:
        if file.exists() and not is_backup(file):
            raise Conflict("backups.in_the_way", file=str(file))
        with aside(file.absolute().parent) as folder:
            copy, whole = folder / DATABASE, folder / "whole.zip"
            if engine.dialect.name == "sqlite":
                _copy_sqlite(engine, copy)
            else:
                _copy_postgresql(engine, copy, revision, pulse)
            pulse()
            report = _pack(copy, data / UPLOADS, whole, now, pulse)
            copy.unlink()
            _read_back(whole, folder / "read", pulse)
            _swap_in(whole, file)
    except OSError as error:
        raise _unwritable(file, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise _unwritable(file, str(error)) from error
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise _unwritable(file, str(error.orig)) from error
    return report


def _unwritable(file: Path, why: str) -> Conflict:
    return Conflict("backups.unwritable", file=str(file), why=why)


def _copy_sqlite(engine: Engine, copy: Path) -> None:
    """In one step: writers go on meanwhile, and none of what they write then is in it."""
    with closing(engine.raw_connection()) as connection, closing(sqlite3.connect(copy)) as target:
        source = connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        source.backup(target)
        # A file of its own, without a log beside it.
        target.execute("PRAGMA journal_mode = DELETE")


def _copy_postgresql(engine: Engine, copy: Path, revision: str, pulse: Pulse) -> None:
    """Every table in one snapshot, into a file of the same schema, each value in the form SQLite keeps it in."""
    empty = make_engine(f"sqlite:///{copy}")
    upgrade(empty, revision)
    empty.dispose()
    with reading(engine) as session, closing(sqlite3.connect(copy, isolation_level=None)) as target:
        source = session.connection()
        target.execute("PRAGMA journal_mode = DELETE")
        target.execute("BEGIN")
        for table in tables_of(target):
            columns = columns_of(source, table)
            names = ", ".join(f'"{name}"' for name in columns)
            places = ", ".join("?" * len(columns))
            chosen = ", ".join(_as_sqlite_has_it(name, kind) for name, kind in columns.items())
            target.execute(f'DELETE FROM "{table}"')
            at_once = PICTURES_AT_ONCE if "bytea" in columns.values() else ROWS_AT_ONCE
            rows = source.execute(
                text(f'SELECT {chosen} FROM "{table}"'), execution_options={"yield_per": at_once}
            )
            for some in rows.partitions():
                target.executemany(
                    f'INSERT INTO "{table}" ({names}) VALUES ({places})', [tuple(row) for row in some]
                )
                pulse()
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
        if ("id" in columns_of(source, table))
        else None
    )
    if sequence is None:
        return
    last = source.scalar(text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"))
    target.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
    target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))


def _pack(copy: Path, uploads: Path, whole: Path, now: datetime, pulse: Pulse) -> BackupReport:
    with closing(sqlite3.connect(copy)) as database:
        rows, revision = rows_of(database), revision_of(database)
    parts: dict[str, str] = {}
    with (
        whole.open("wb") as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped,
    ):
        parts[DATABASE] = _put(zipped, DATABASE, copy, pulse)
        for path in sorted(uploads.rglob("*")) if uploads.is_dir() else ():
            name = f"{UPLOADS}/{path.relative_to(uploads).as_posix()}"
            if path.is_file() and not path.is_symlink():
                parts[name] = _put(zipped, name, path, pulse)
        manifest = Manifest(
            format=FORMAT, made_at=now.astimezone(UTC), revision=revision, rows=rows, parts=parts
        )
        zipped.writestr(MANIFEST, manifest.model_dump_json(indent=1))
        zipped.close()
        stream.flush()
        os.fsync(stream.fileno())
    return BackupReport(revision, sum(rows.values()), len(parts) - 1, whole.stat().st_size)


def _put(zipped: zipfile.ZipFile, name: str, path: Path, pulse: Pulse) -> str:
    with path.open("rb") as source, zipped.open(name, "w", force_zip64=True) as target:
        return copied(source, target, pulse)


def _read_back(whole: Path, folder: Path, pulse: Pulse) -> None:
    """Raise Conflict unless a restore would take it."""
    folder.mkdir()
    with opened(whole) as zipped:
        manifest = manifest_of(zipped, whole)
        unpack(zipped, manifest, folder, whole, pulse=pulse, keep=(DATABASE,))
    check(folder / DATABASE, manifest, whole)


def _swap_in(whole: Path, file: Path) -> None:
    """From one moment to the next, and so that it is still there when the power fails."""
    whole.replace(file)
    folder = os.open(file.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
