"""Imports on a page: what one would do or did, and the faults at their cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from api.presenters.words import actor_word, moment
from outreach.imports import ImportReport, describe
from outreach.imports.columns import TABLES, Table
from outreach.imports.faults import HEADER_ROW, RowFault
from outreach.imports.showing import FaultyRow, ImportView
from wording import days as day_words
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row with a fault: its heading, what stands in it, and what is wrong with it, or nothing."""

    heading: str
    text: str
    fault: str


@dataclass(frozen=True, slots=True)
class RowShown:
    """Where the row stands, its cells, and what is wrong with it as a whole."""

    where: str
    cells: Sequence[Cell]
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class TableCount:
    table: str
    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class ImportLine:
    id: int
    when: str
    by: str
    as_of: str
    counts: str
    undone: str


def rows_shown(rows: Sequence[FaultyRow], *, language: str) -> list[RowShown]:
    """Each row with its faults beside their cells; the cells that hold nothing and lack nothing are left out."""
    return [_row(row, language) for row in rows]


def table_counts(report: ImportReport, *, language: str) -> list[TableCount]:
    """How many rows of each table are new, changed and unchanged."""
    return [
        TableCount(_called(name, language), count.created, count.updated, count.unchanged)
        for name, count in report.counts.items()
    ]


def import_lines(
    found: Sequence[ImportView], *, today: date, zone: ZoneInfo, language: str
) -> list[ImportLine]:
    """The imports that were made."""
    return [
        ImportLine(
            id=each.id,
            when=moment(each.at, today=today, zone=zone, language=language),
            by=actor_word(each.by, language),
            as_of=day_words.day(each.as_of, today=today, language=language),
            counts=_counts(each.counts, language),
            undone=""
            if each.undone_at is None
            else moment(each.undone_at, today=today, zone=zone, language=language),
        )
        for each in found
    ]


def _counts(counts: Mapping[str, Mapping[str, int]], language: str) -> str:
    """人员 12（新 3，改 9）；队伍 2（新 2，改 0）."""
    said = [
        say(
            "imports_page.of_table",
            language=language,
            table=_called(name, language),
            created=count["created"],
            updated=count["updated"],
        )
        for name, count in counts.items()
        if count["created"] + count["updated"]
    ]
    separator = say("names.separator", language=language)
    return separator.join(said) or say("imports_page.nothing_new", language=language)


def _row(row: FaultyRow, language: str) -> RowShown:
    by_column: dict[str, list[RowFault]] = {}
    for fault in row.faults:
        by_column.setdefault(fault.field, []).append(fault)
    table = _table_of(row.file)
    cells = [
        Cell(
            heading=_heading(table, column, language),
            text=text,
            fault=" ".join(describe(fault, language=language) for fault in by_column.pop(column, ())),
        )
        for column, text in row.cells.items()
        if text or column in by_column
    ]
    rest = [describe(fault, language=language) for faults in by_column.values() for fault in faults]
    sheet = row.file if table is None else _sheet(table.name, language)
    key = "imports_page.whole_file" if row.row == HEADER_ROW else "imports_page.row"
    return RowShown(say(key, language=language, file=sheet, row=row.row), cells, rest)


def _table_of(file: str) -> Table | None:
    return next((table for table in TABLES if table.file == file), None)


def _called(name: str, language: str) -> str:
    """What a table holds, in the reader's language; a table that there is no longer by its name."""
    is_there = any(table.name == name for table in TABLES)
    return say(f"imports_page.table_{name}", language=language) if is_there else name


def _sheet(name: str, language: str) -> str:
    """What a table is called in the file that was sent."""
    table = next((table for table in TABLES if table.name == name), None)
    return name if table is None or language == "en" else table.sheet


def _heading(table: Table | None, column: str, language: str) -> str:
    known = () if table is None or language == "en" else table.columns
    return next((each.header for each in known if each.name == column), column)
