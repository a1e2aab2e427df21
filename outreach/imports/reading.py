"""From a folder of CSV files or a workbook to rows of texts, one at a time: however long a file is, memory stays small.

What cannot be read at all is a fault of its file; the rest of the files is read all the same.
"""

import codecs
import csv
import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from outreach.fields import shown
from outreach.imports.columns import TABLES, Column, Table, spelled
from outreach.imports.faults import HEADER_ROW, ColumnName, Findings

_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_PIECE: Final = 1 << 20
LARGEST_WORKBOOK: Final = 2 << 30
"""What a workbook may unpack to; more is no county's sheet but an attack on the machine."""
_MOST_COLUMNS: Final = 1_000
# Beyond this the reader of CSV itself gives up; a cell's own limit is far below.
_LONGEST_FIELD: Final = 1 << 30
_UNREADABLE = (
    BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    OSError,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    NotImplementedError,
)
"""What openpyxl and zipfile raise over a broken workbook."""
_ROUND_NUMBER = re.compile(r"(-?\d+)\.0+", re.ASCII)


class Unreadable(Exception):
    """A file breaks off, or is broken, in the middle."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it stands in the file: its number (rule 23) and the texts of the known columns, stripped."""

    row: int
    cells: tuple[str, ...]
    """In the order of the file's own columns; empty for what the row lacks."""
    surplus: str = ""
    """What stands to the right of the last header."""


class Rows(Protocol):
    """Where the rows of a table come from; asked twice, it begins again."""

    def __call__(self) -> Iterator[Sequence[object]]: ...


@dataclass(frozen=True, slots=True)
class TableFile:
    """One table of the import: which column stands where, and its rows."""

    table: Table
    columns: tuple[Column | None, ...]
    """By position; None where the file has a column that nobody knows."""
    rows: Rows

    @property
    def given(self) -> frozenset[str]:
        """The names of the columns that are there: a column left out stays as it was (rule 24)."""
        return frozenset(column.name for column in self.columns if column)

    def records(self) -> Iterator[Record]:
        """Every row that holds anything, in the file's order. Raises Unreadable where the file is broken."""
        width = len(self.columns)
        rows = _until_it_breaks(self.rows())
        next(rows)
        for number, row in enumerate(rows, start=HEADER_ROW + 1):
            texts = tuple(
                text_of(value, self.columns[at] if at < width else None) for at, value in enumerate(row)
            )
            if any(texts):
                surplus = next(filter(None, texts[width:]), "")
                yield Record(number, (*texts[:width], *("",) * (width - len(texts))), surplus)


@dataclass(frozen=True, slots=True)
class Source:
    """All that was found at the path."""

    tables: tuple[TableFile, ...]
    """In the order of `columns.TABLES`."""
    sha256: str


@contextmanager
def opened(path: Path, findings: Findings) -> Iterator[Source]:
    """The tables at a path: a folder of CSV files, or one workbook. What cannot be read is noted in `findings`."""
    if path.is_dir():
        yield _folder(path, findings)
    elif not path.is_file():
        findings.fault(path.name or str(path), HEADER_ROW, "", "imports.no_such_path")
        yield Source((), "")
    elif path.suffix.lower() == ".csv":
        findings.fault(path.name, HEADER_ROW, "", "imports.folder_wanted")
        yield Source((), "")
    else:
        with _workbook(path, findings) as source:
            yield source


def text_of(value: object, column: Column | None = None) -> str:
    """A cell as text. A spreadsheet's own numbers, days and times are written as a person would type them."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        if value.time() != time():
            return value.isoformat(sep=" ")
        value = value.date()
    if isinstance(value, date):
        return column.of_day(value) if column else value.isoformat()
    if isinstance(value, time):
        return value.isoformat(timespec="minutes" if not value.second else "seconds")
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02d}"
    return str(value)


def _until_it_breaks(rows: Iterator[Sequence[object]]) -> Iterator[Sequence[object]]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except (*_UNREADABLE, csv.Error) as broken:
            raise Unreadable from broken
        yield row


def _number(value: float) -> str:
    # Excel shows fifteen digits, and keeps noise behind them.
    plain = f"{Decimal(f'{value:.15g}'):f}" if value == value and abs(value) < 1e30 else str(value)
    return match[1] if (match := _ROUND_NUMBER.fullmatch(plain)) else plain


def _folder(path: Path, findings: Findings) -> Source:
    by_table: dict[str, Path] = {}
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()):
        if not file.is_file() or file.name.startswith((".", "~$")):
            continue
        table = _table_called(file.stem) if file.suffix.lower() == ".csv" else None
        if table is None:
            if file.suffix.lower() in {".csv", ".xlsx", ".xls", ".txt"}:
                findings.warn(shown(file.name), None, "imports.unknown_file")
        elif table.name in by_table:
            findings.fault(table.file, HEADER_ROW, "", "imports.table_twice", table=table.sheet)
        else:
            by_table[table.name] = file
    if not by_table:
        findings.fault(path.name, HEADER_ROW, "", "imports.no_table", known=_all_files())
    found = []
    for table in TABLES:
        if file_of_table := by_table.get(table.name):
            digest.update(table.name.encode())
            encoding = _encoding(file_of_table, digest)
            if encoding is None:
                findings.fault(table.file, HEADER_ROW, "", "imports.unknown_encoding")
            elif ready := _with_header(table, _CsvRows(file_of_table, encoding), findings):
                found.append(ready)
    return Source(tuple(found), digest.hexdigest())


@dataclass(frozen=True, slots=True)
class _CsvRows:
    path: Path
    encoding: str

    def __call__(self) -> Iterator[Sequence[object]]:
        csv.field_size_limit(_LONGEST_FIELD)
        with self.path.open(encoding=self.encoding, newline="") as lines:
            yield from csv.reader(lines)


def _encoding(path: Path, digest: "hashlib._Hash") -> str | None:
    """UTF-8 (with or without BOM) when all of the file is, else GB18030, else None; `digest` takes the file in."""
    decoders = {name: codecs.getincrementaldecoder(name)() for name in _ENCODINGS}
    with path.open("rb") as file:
        while True:
            piece = file.read(_PIECE)
            digest.update(piece)
            for name, decoder in list(decoders.items()):
                try:
                    decoder.decode(piece, final=not piece)
                except UnicodeDecodeError:
                    del decoders[name]
            if not piece:
                return next(iter(decoders), None)


@contextmanager
def _workbook(path: Path, findings: Findings) -> Iterator[Source]:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > LARGEST_WORKBOOK:
            findings.fault(path.name, HEADER_ROW, "", "imports.workbook_too_large")
            yield Source((), digest)
            return
        book = load_workbook(path, read_only=True, data_only=True)
    except _UNREADABLE:
        findings.fault(path.name, HEADER_ROW, "", "imports.not_a_workbook")
        yield Source((), "")
        return
    try:
        yield Source(tuple(_sheets(book, path, findings)), digest)
    finally:
        book.close()


def _sheets(book: Workbook, path: Path, findings: Findings) -> list[TableFile]:
    by_table: dict[str, str] = {}
    for sheet in book.worksheets:
        table = _table_called(sheet.title)
        if table is None:
            findings.warn(path.name, None, "imports.unknown_sheet", sheet=shown(sheet.title))
        elif table.name in by_table:
            findings.fault(table.file, HEADER_ROW, "", "imports.table_twice", table=table.sheet)
        else:
            by_table[table.name] = sheet.title
    if not by_table:
        findings.fault(path.name, HEADER_ROW, "", "imports.no_sheet", known=_all_sheets())
    found = (
        _with_header(table, _SheetRows(book, by_table[table.name]), findings)
        for table in TABLES
        if table.name in by_table
    )
    return [ready for ready in found if ready]


@dataclass(frozen=True, slots=True)
class _SheetRows:
    book: Workbook
    title: str

    def __call__(self) -> Iterator[Sequence[object]]:
        sheet = self.book[self.title]
        # Some programs write wrong dimensions: read what is there.
        sheet.reset_dimensions()
        yield from sheet.iter_rows(values_only=True)


def _with_header(table: Table, rows: Rows, findings: Findings) -> TableFile | None:
    """The table with its header understood, or None when it cannot be read for want of one."""
    try:
        header = [text_of(value) for value in next(_until_it_breaks(rows()), ())]
    except Unreadable:
        findings.fault(table.file, HEADER_ROW, "", "imports.unreadable")
        return None
    while header and not header[-1]:
        header.pop()
    if not header:
        findings.fault(table.file, HEADER_ROW, "", "imports.empty_file")
        return None
    if len(header) > _MOST_COLUMNS:
        findings.fault(table.file, HEADER_ROW, "", "imports.too_many_columns", limit=_MOST_COLUMNS)
        return None
    columns: list[Column | None] = []
    for text in header:
        column = table.column_called(text)
        if column is None and text:
            findings.warn(table.file, None, "imports.unknown_column", column=shown(text))
        if column is not None and column in columns:
            findings.fault(
                table.file, HEADER_ROW, column.name, "imports.column_twice", column=ColumnName(column.name)
            )
        columns.append(column)
    missing = [column for column in table.columns if column.required and column not in columns]
    for column in missing:
        findings.fault(
            table.file, HEADER_ROW, column.name, "imports.column_missing", column=ColumnName(column.name)
        )
    return TableFile(table, tuple(columns), rows)


def _table_called(name: str) -> Table | None:
    wanted = spelled(name)
    return next((table for table in TABLES if wanted in (table.name, table.sheet)), None)


def _all_files() -> str:
    return "、".join(table.file for table in TABLES)


def _all_sheets() -> str:
    return "、".join(table.sheet for table in TABLES)
