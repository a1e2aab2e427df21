"""The file of a backup: what is in it, and whether it is whole.

A zip with `manifest.json` (revision, rows of each table, SHA-256 of every part), `yinling.db`, a SQLite database
whatever the data came from, and what stands in `uploads/`. So a backup goes back into either kind of database. Secrets
are in it only as the database has them, as hashes.
"""

# ruff: noqa: S608 - the names in statements are those of the schema itself, never from outside

import hashlib
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, text

from models.migrating import known_revisions
from outreach.errors import Conflict

FORMAT: Final = 1
DATABASE: Final = "yinling.db"
MANIFEST: Final = "manifest.json"
UPLOADS: Final = "uploads"
BACKUPS: Final = "backups"
"""The folder of the nightly ones, within the data folder."""
ASIDE: Final = ".yinling-"
"""How the folders begin in which something is made before it is swapped in."""
LARGEST_MANIFEST: Final = 64 * 1024 * 1024
_VERSION: Final = "alembic_version"

Pulse = Callable[[], None]
"""Called again and again during long work, so that whoever holds a lease for it can renew it."""


def no_pulse() -> None:
    """Nobody waits for a sign."""


class Manifest(BaseModel, frozen=True):
    """What a backup says of itself."""

    format: int
    made_at: datetime
    revision: str
    rows: Mapping[str, int]
    """By table."""
    parts: Mapping[str, str]
    """SHA-256 of every other part of the file, by its path there."""


@contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """A folder beside the target, on the same disk, so that swapping is one step; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=ASIDE, dir=folder) as made:
        yield Path(made)


@contextmanager
def opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """The zip; raises Conflict for a file that is none, or cannot be read."""
    try:
        zipped = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise Conflict("backups.not_a_backup", file=str(file)) from error
    except OSError as error:
        raise Conflict("backups.unreadable", file=str(file), why=error.strerror or str(error)) from error
    with zipped:
        yield zipped


def manifest_of(zipped: zipfile.ZipFile, file: Path) -> Manifest:
    """What it says of itself; raises Conflict for what is no backup, is damaged, or comes from a newer program."""
    manifest = _told_by(zipped, file)
    if manifest.format > FORMAT or manifest.revision not in known_revisions():
        raise Conflict("backups.newer", file=str(file), revision=manifest.revision)
    if DATABASE not in manifest.parts or not all(map(_lies_inside, manifest.parts)):
        raise Conflict("backups.not_a_backup", file=str(file))
    return manifest


def is_backup(file: Path) -> bool:
    """Whether somebody made this file by a backup, be it of another version of the program, or damaged since."""
    try:
        with opened(file) as zipped:
            _told_by(zipped, file)
    except Conflict as error:
        return error.key == "backups.damaged"
    return True


def _told_by(zipped: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        if zipped.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise Conflict("backups.not_a_backup", file=str(file))
        return Manifest.model_validate_json(zipped.read(MANIFEST))
    except (KeyError, ValidationError) as error:
        raise Conflict("backups.not_a_backup", file=str(file)) from error
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
        raise Conflict("backups.damaged", file=str(file), part=MANIFEST) from error


def _lies_inside(name: str) -> bool:
    """Whether a part lies where parts lie: nothing from a backup is ever written outside of the data folder."""
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name
    return name == DATABASE or (inside and path.parts[0] == UPLOADS and len(path.parts) > 1)


def unpack(
    zipped: zipfile.ZipFile,
    manifest: Manifest,
    folder: Path,
    file: Path,
    *,
    pulse: Pulse = no_pulse,
    keep: Collection[str] | None = None,
) -> None:
    """Read every part and put it, or those to `keep` alone, into a folder.

    Raises Conflict when one is missing or not as the manifest says.
    """
    for name, expected in manifest.parts.items():
        path = folder.joinpath(*PurePosixPath(name).parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with zipped.open(name) as source, path.open("wb") as target:
                found = copied(source, target, pulse)
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
        if keep is not None and name not in keep:
            path.unlink()


def check(copy: Path, manifest: Manifest, file: Path) -> None:
    """Raise Conflict unless the database is whole and has as many rows as the manifest says."""
    try:
        with closing(sqlite3.connect(copy)) as database:
            sound = database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            related = database.execute("PRAGMA foreign_key_check").fetchone() is None
            is_the_one = revision_of(database) == manifest.revision
            agrees = rows_of(database) == dict(manifest.rows)
    except (sqlite3.DatabaseError, TypeError) as error:
        raise Conflict("backups.damaged", file=str(file), part=DATABASE) from error
    if not (sound and related and is_the_one and agrees):
        raise Conflict("backups.damaged", file=str(file), part=DATABASE)


def tables_of(database: sqlite3.Connection) -> list[str]:
    """The tables of the copy, but for the one that holds its revision."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
    return [name for (name,) in database.execute(query) if name != _VERSION]


def rows_of(database: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table of the copy has."""
    return {
        table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
        for table in tables_of(database)
    }


def revision_of(database: sqlite3.Connection) -> str:
    """The revision of the copy's schema; TypeError when it has none."""
    (revision,) = database.execute(f"SELECT version_num FROM {_VERSION}").fetchone()
    return str(revision)


def columns_of(connection: Connection, table: str) -> dict[str, str]:
    """The columns of a table of PostgreSQL with their types."""
    query = text(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = :table ORDER BY ordinal_position"
    )
    return {row.column_name: row.data_type for row in connection.execute(query, {"table": table})}


def copied(source: IO[bytes], target: IO[bytes], pulse: Pulse = no_pulse) -> str:
    """Copy octets and say their SHA-256."""
    digest = hashlib.sha256()
    while octets := source.read(1 << 20):
        digest.update(octets)
        target.write(octets)
        pulse()
    return digest.hexdigest()


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
