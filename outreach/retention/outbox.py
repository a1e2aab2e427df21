"""Messages that were written to files, for want of a mail server: they go with the notices they were of."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Notice, Person
from outreach.notices.delivering import notice_of
from outreach.retention.batches import Periods

_LOOKED_BACK_DAYS: Final = 7
"""So long after an erasure the files are still searched every night, whatever nights were missed."""


def messages(session: Session, folder: Path, periods: Periods) -> int:
    """Remove the days (folders `2026-09-15`) that are older than notices are kept, and whatever was written to people
    erased lately; how many files those were. Other files stay. Raises OSError."""
    if not folder.is_dir():
        return 0
    oldest = periods.today - timedelta(days=periods.rules.notices_days)
    return _old_days(folder, oldest) + _of_erased(session, folder, periods)


def _old_days(folder: Path, oldest: date) -> int:
    removed = 0
    for day in folder.iterdir():
        if day.is_dir() and (named := _day(day.name)) is not None and named < oldest:
            removed += sum(1 for _ in day.glob("*.eml"))
            shutil.rmtree(day)
    return removed


def _of_erased(session: Session, folder: Path, periods: Periods) -> int:
    lately = periods.before(_LOOKED_BACK_DAYS)
    theirs = select(Notice.id).join(Person, Person.id == Notice.person_id).where(Person.erased_at >= lately)
    notice_ids = set(session.scalars(theirs))
    found = [file for file in folder.glob("*/*.eml") if notice_ids and notice_of(file.stem) in notice_ids]
    for file in found:
        file.unlink(missing_ok=True)
    return len(found)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
