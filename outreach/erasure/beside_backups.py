"""Who was erased, as a list beside the backups: one that is older than an erasure still holds the name.

A line has the instant and the code, nothing else: `2026-09-15T01:00:00+00:00 R083`. The database knows them all, so the
list is only ever added to; it has to travel with the backups, as it does when their folder is copied.
"""

import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Person
from outreach.fields import is_code

FILE: Final = "erased.txt"


def write_erased(session: Session, folder: Path) -> int:
    """Add to the list whoever was erased and is not on it; how many those were. Raises OSError."""
    known = erased_in(folder)
    erased = session.execute(select(Person.code, Person.erased_at).where(Person.erased_at.is_not(None)))
    new = {code: at for code, at in erased if at is not None and code not in known}
    if not new:
        return 0
    lines = [f"{at.isoformat()} {code}\n" for code, at in sorted({**known, **new}.items(), key=_by_instant)]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=folder, prefix=f".{FILE}.", encoding="utf-8", delete=False
    ) as aside:
        aside.writelines(lines)
        aside.flush()
        os.fsync(aside.fileno())
    Path(aside.name).replace(folder / FILE)
    return len(new)


def erased_in(folder: Path) -> Mapping[str, datetime]:
    """The codes of the list in a folder, with when they were erased; none when there is no list. What is no line of it
    is passed over."""
    try:
        lines = (folder / FILE).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    found: dict[str, datetime] = {}
    for line in lines:
        instant, _, code = line.partition(" ")
        try:
            at = datetime.fromisoformat(instant)
        except ValueError:
            continue
        if at.tzinfo is not None and is_code(code):
            found[code] = at
    return found


def _by_instant(line: tuple[str, datetime]) -> tuple[datetime, str]:
    return line[1], line[0]
