"""Any table as a file: the rows of a list for a spreadsheet, whose texts no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from xlsxwriter import Workbook

from outreach.documents.table import neutralised, printable

SheetCell = str | int | Decimal | date | None

_MADE_AT = datetime(1980, 1, 1)  # noqa: DTZ001 - always the same, so that equal lists are equal files
_WIDTH = 16
_LONGEST_NAME = 31


@dataclass(frozen=True, slots=True)
class Sheet:
    """A title, the names of the columns, and rows of as many cells."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[SheetCell]]


def sheet_as_csv(sheet: Sheet) -> bytes:
    """CSV (RFC 4180) in UTF-8 with the mark that spreadsheets know it by; days as 2026-09-20, numbers plain."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([neutralised(name) for name in sheet.header])
    writer.writerows([_written(cell) for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def sheet_as_xlsx(sheet: Sheet) -> bytes:
    """A workbook of one sheet: numbers are numbers, days are days, the first row stays in sight."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        book.set_properties({"title": sheet.title, "created": _MADE_AT})
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF2F5", "text_wrap": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        number = book.add_format({"num_format": "#,##0.00"})
        page = book.add_worksheet(_sheet_name(sheet.title))
        page.freeze_panes(1, 0)
        page.repeat_rows(0)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_column(0, max(len(sheet.header) - 1, 0), _WIDTH)
        for column, name in enumerate(sheet.header):
            page.write_string(0, column, neutralised(name), head)
        for line, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    page.write_number(line, column, float(cell), number)
                elif isinstance(cell, int):
                    page.write_number(line, column, cell)
                elif isinstance(cell, date):
                    page.write_datetime(line, column, cell, day)
                elif cell:
                    page.write_string(line, column, neutralised(printable(cell)))
    return file.getvalue()


def _written(cell: SheetCell) -> str:
    if isinstance(cell, str):
        return neutralised(cell)
    return "" if cell is None else str(cell)


def _sheet_name(title: str) -> str:
    """What a workbook takes for the name of a sheet."""
    kept = "".join(sign for sign in title if sign not in "[]:*?/\\'")
    return kept[:_LONGEST_NAME] or "1"
