"""Imports as they are shown: those that were made, and the cells of a file in which faults were found."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Import
from models.base import ImportId
from outreach.imports.faults import Findings, RowFault
from outreach.imports.reading import Unreadable, opened


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import that was made. `counts`: by table how many rows were created, updated and unchanged."""

    id: ImportId
    at: datetime
    by: str
    as_of: date
    counts: Mapping[str, Mapping[str, int]]
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """A row with what stands in its known columns, by their English names, and its faults by column."""

    file: str
    row: int
    cells: Mapping[str, str]
    faults: Sequence[RowFault]


def imports_made(session: Session, *, before: int | None = None, limit: int) -> list[ImportView]:
    """The imports, the latest first, from one of them on."""
    query = select(Import.id, Import.at, Import.by, Import.as_of, Import.counts, Import.undone_at)
    if before is not None:
        query = query.where(Import.id < before)
    rows = session.execute(query.order_by(Import.id.desc()).limit(limit))
    return [ImportView(*row) for row in rows]


def faulty_rows(path: Path, faults: Sequence[RowFault]) -> list[FaultyRow]:
    """The faults of a file beside the cells they were found in, in the order in which they were told."""
    by_row: dict[tuple[str, int], list[RowFault]] = defaultdict(list)
    for fault in faults:
        by_row[fault.file, fault.row].append(fault)
    cells = _cells(path, set(by_row))
    return [FaultyRow(file, row, cells.get((file, row), {}), found) for (file, row), found in by_row.items()]


def _cells(path: Path, wanted: set[tuple[str, int]]) -> dict[tuple[str, int], Mapping[str, str]]:
    """What stands in these rows; of a file that breaks off, as far as it can be read."""
    found: dict[tuple[str, int], Mapping[str, str]] = {}
    with opened(path, Findings()) as source:
        for table in source.tables:
            rows = {row for file, row in wanted if file == table.table.file}
            try:
                for record in table.records() if rows else ():
                    if record.row in rows:
                        found[table.table.file, record.row] = _known(table.columns, record.cells)
            except Unreadable:
                continue
    return found


def _known(columns: Sequence[Any], cells: Sequence[str]) -> Mapping[str, str]:  # Any: a column or None
    return {column.name: text for column, text in zip(columns, cells, strict=True) if column is not None}
