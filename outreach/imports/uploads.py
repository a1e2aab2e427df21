"""Files sent in by a page: checked at once, taken in when somebody says so, forgotten within a day."""

import hashlib
import io
import secrets
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from models import Upload
from outreach.errors import NotFound, invalid
from outreach.imports.reading import LARGEST_WORKBOOK
from outreach.permissions import Actor

KEPT_FOR: Final = timedelta(days=1)
LONGEST_NAME: Final = 200
MOST_FILES: Final = 30
_WORKBOOK: Final = ".xlsx"
_PACKED: Final = ".zip"


@dataclass(frozen=True, slots=True)
class SentFile:
    """One file as it was sent."""

    name: str
    content: bytes


def keep_upload(session: Session, files: Sequence[SentFile], *, by: Actor, now: datetime) -> str:
    """Keep a workbook, a packed folder or CSV files, and return the token that leads to it.

    What was sent in more than a day ago goes. Raises Invalid in the field `files` for none and for a mixture.
    """
    session.execute(delete(Upload).where(Upload.at < now - KEPT_FOR))
    name, content = _together([file for file in files if file.name and file.content])
    token = secrets.token_urlsafe(24)
    session.add(
        Upload(
            token_hash=_hash(token),
            account_id=by.account_id,
            at=now,
            name=name,
            content=content,
        )
    )
    session.flush()
    return token


def upload_of(session: Session, token: str, *, by: Actor, now: datetime) -> Upload:
    """What one has sent in; raises NotFound for a token that leads nowhere, to another's, or to what is too old."""
    found = session.scalar(
        select(Upload)
        .where(Upload.token_hash == _hash(token), Upload.at >= now - KEPT_FOR)
        .options(undefer(Upload.content))
    )
    if found is None or found.account_id != by.account_id:
        raise NotFound("imports.upload_gone")
    return found


@contextmanager
def laid_out(upload: Upload) -> Iterator[Path]:
    """The upload as the importer reads it: a workbook, or a folder of files. Gone again afterwards."""
    with tempfile.TemporaryDirectory(prefix="yinling-upload-") as folder:
        if not upload.name.endswith(_PACKED):
            path = Path(folder) / f"upload{_WORKBOOK}"
            path.write_bytes(upload.content)
            yield path
            return
        _unpack(upload.content, Path(folder))
        yield Path(folder)


def _together(files: Sequence[SentFile]) -> tuple[str, bytes]:
    if not files:
        raise invalid("files", "imports.nothing_sent")
    if len(files) == 1 and files[0].name.lower().endswith((_WORKBOOK, _PACKED)):
        suffix = _PACKED if files[0].name.lower().endswith(_PACKED) else _WORKBOOK
        return f"{_short(files[0].name)}{suffix}", files[0].content
    if len(files) > MOST_FILES or not all(file.name.lower().endswith(".csv") for file in files):
        raise invalid("files", "imports.one_workbook_or_csv")
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as folder:
        for file in files:
            folder.writestr(_plain(file.name), file.content)
    return f"csv{_PACKED}", packed.getvalue()


def _unpack(content: bytes, folder: Path) -> None:
    """The files of a packed folder, side by side, whatever folders they stood in."""
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            parts = [part for part in packed.infolist() if not part.is_dir()]
            if len(parts) > MOST_FILES * 10 or sum(part.file_size for part in parts) > LARGEST_WORKBOOK:
                raise invalid("files", "imports.workbook_too_large")
            for part in parts:
                name = _plain(part.filename)
                if name.lower().endswith(".csv"):
                    (folder / name).write_bytes(packed.read(part))
    except (BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError) as broken:
        raise invalid("files", "imports.not_a_workbook") from broken


def _plain(name: str) -> str:
    """The last part of a name that may hold folders of any machine."""
    return PurePosixPath(name.replace("\\", "/")).name


def _short(name: str) -> str:
    """What a file is called, for people; nothing is stored under it."""
    stem = PurePosixPath(_plain(name)).stem
    return "".join(sign for sign in stem if sign.isprintable())[:LONGEST_NAME]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
