"""The import itself: check everything, then write everything, in one transaction that the edge opened."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models import Import
from models.base import ImportId
from models.database import hold, look_at_tables
from outreach import feed_versions
from outreach.imports import history, writing
from outreach.imports.checking import CheckedRow, check, in_chunks, rows_of
from outreach.imports.columns import (
    CAMPAIGNS,
    LEDGER,
    OUTCOMES,
    PAIRINGS,
    PEOPLE,
    SUGGESTIONS,
    TABLES,
    TEAMS,
    UNITS,
    Table,
)
from outreach.imports.faults import Findings, ImportFaults, Remark
from outreach.imports.known import known
from outreach.imports.reading import Source, opened
from outreach.imports.writing import Count, Writing
from outreach.permissions import Actor

Progress = Callable[[str, int, int], None]
"""Told now and then: the table, how many of its rows are done, and of how many (0 while they are being counted)."""

HELD_NAME: Final = "import"
MANY_ROWS: Final = 500
"""So many new rows change how the database should look for them."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did."""

    id: ImportId
    counts: Mapping[str, Count]
    """By table, for the tables that were there."""
    warnings: tuple[Remark, ...]

    def as_document(self, warnings: list[str]) -> dict[str, Any]:  # Any: JSON
        """The report for programs: of each table how many rows were new or changed, and the same told apart.

        `warnings` are the sentences of this report's warnings.
        """
        document: dict[str, Any] = {"id": str(self.id)}
        for table in TABLES:
            count = self.counts.get(table.name, Count())
            document[table.name] = count.created + count.updated
        for name in ("created", "updated", "unchanged"):
            document[name] = {table: getattr(count, name) for table, count in self.counts.items()}
        return document | {"warnings": warnings}


def import_path(
    session: Session,
    path: Path,
    *,
    by: Actor,
    now: datetime,
    today: date,
    zone: ZoneInfo,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Take in a folder of CSV files or a workbook: all of it, or nothing.

    Changes of dated facts count from `as_of`, by default today (rule 38). Raises ImportFaults with every fault of every
    file; nothing was written then. For a dry run the edge rolls the transaction back, and the report is the same.
    """
    hold(session, HELD_NAME)
    tell = progress or _say_nothing
    findings = Findings()
    with opened(path, findings) as source:
        there = known(session)
        totals = check(
            session,
            source.tables,
            there,
            findings,
            as_of=as_of or today,
            progress=lambda table, done: tell(table, done, 0),
        )
        if findings.faults:
            raise ImportFaults(findings.in_order(TABLES))
        record = Import(
            at=now, by=by.name, as_of=as_of or today, sha256=source.sha256, counts={}, undo={}, undone_at=None
        )
        session.add(record)
        session.flush()
        deed = Writing(session, there, by, now, as_of or today, zone, record.id, findings)
        _write(deed, source, lambda table, done: tell(table, done, totals[table]))
    if not deed.journal.is_empty:
        feed_versions.everything_changed(session, now=now)
    record.counts = {
        table: {"created": count.created, "updated": count.updated, "unchanged": count.unchanged}
        for table, count in deed.counts.items()
    }
    record.undo = deed.journal.as_document(session)
    session.flush()
    if sum(count.created for count in deed.counts.values()) >= MANY_ROWS:
        look_at_tables(session)
    return ImportReport(record.id, dict(deed.counts), tuple(findings.warnings))


def _write(deed: Writing, source: Source, progress: Callable[[str, int], None]) -> None:
    for file in source.tables:
        deed.counts[file.table.name] = Count()
        if file.table in _WHOLE:
            rows = list(rows_of(file, deed.findings))
            _WHOLE[file.table](deed, rows, file.given)
            progress(file.table.name, len(rows))
            continue
        done = 0
        for chunk in in_chunks(file, deed.findings):
            _BY_CHUNKS[file.table](deed, chunk, file.given)
            done += len(chunk)
            progress(file.table.name, done)


_Write = Callable[[Writing, Sequence[CheckedRow], Collection[str]], None]

_WHOLE: Final[Mapping[Table, _Write]] = {
    # Their rows refer to each other, or exchange what only one of them may have.
    UNITS: writing.write_units,
    PAIRINGS: writing.write_pairings,
    CAMPAIGNS: writing.write_campaigns,
    OUTCOMES: history.write_outcomes,
}
_BY_CHUNKS: Final[Mapping[Table, _Write]] = {
    PEOPLE: writing.write_people,
    TEAMS: writing.write_teams,
    SUGGESTIONS: history.write_suggestions,
    LEDGER: history.write_ledger,
}


def _say_nothing(_table: str, _done: int, _total: int) -> None:
    """Nobody listens."""
