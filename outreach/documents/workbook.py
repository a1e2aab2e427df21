"""A tally as a workbook: values are numbers, the first row stays in sight, and it prints on whole pages."""

import io
from datetime import datetime
from decimal import Decimal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from outreach.documents.table import (
    FIRST_COLUMNS,
    Cell,
    Figure,
    header,
    neutralised,
    rows,
    state,
    title,
    unit_codes,
)
from outreach.tallies import TallyView
from wording.sentences import SOURCE_LANGUAGE, say

_WIDTHS = {"metric": 28, "name": 24, "unit": 8, "value": 14, "qualifier": 10, "sources": 9}
_UNIT_WIDTH = 10
_CORRECTION_WIDTH = 16
_A4 = 9
# A workbook says when it was made: always the same, so that equal tallies are equal files.
_MADE_AT = datetime(1980, 1, 1)  # noqa: DTZ001 - the library writes it as it is
_LONGEST_HEADER = 240


def as_xlsx(view: TallyView, *, language: str = SOURCE_LANGUAGE) -> bytes:
    """The lines of a tally, and on sheets of their own its corrections and the names of its units.

    The same view gives the same bytes.
    """
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        book.set_properties({"title": title(view, language), "created": _MADE_AT})
        formats = _Formats(book)
        _lines(book.add_worksheet(say("tallies.sheet", language=language)), view, formats, language)
        if view.adjustments:
            sheet = book.add_worksheet(say("tallies.adjustments", language=language))
            _corrections(sheet, view, formats)
        if view.unit_names:
            _units(book.add_worksheet(say("tallies.units", language=language)), view, formats)
    return file.getvalue()


class _Formats:
    """The looks of cells, made once for a book."""

    def __init__(self, book: Workbook) -> None:
        self.head = book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#EEF2F5", "text_wrap": True, "valign": "top"}
        )
        self.text = book.add_format({"valign": "top"})
        self.count = book.add_format({"num_format": "#,##0", "valign": "top"})
        self._figures = {
            decimals: book.add_format(
                {"num_format": "#,##0" + ("." + "0" * decimals if decimals else ""), "valign": "top"}
            )
            for decimals in (0, 1, 2)
        }

    def figure(self, decimals: int) -> Format:
        return self._figures[decimals]


def _lines(sheet: Worksheet, view: TallyView, formats: _Formats, language: str) -> None:
    names = header(view)
    sheet.write_row(0, 0, names, formats.head)
    for number, row in enumerate(rows(view), start=1):
        for column, cell in enumerate(row):
            _write(sheet, number, column, cell, formats)
    for column, name in enumerate(names):
        width = _WIDTHS[name] if column < len(FIRST_COLUMNS) else max(_UNIT_WIDTH, len(name) + 2)
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    # An ampersand begins a code in page headers.
    heading = f"{title(view, language)} ({state(view, language)})".replace("&", "&&")
    sheet.set_header(f"&C&B{heading[:_LONGEST_HEADER]}")
    sheet.set_footer(f"&C{say('tallies.page', language=language)}")


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, formats: _Formats) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, cell, formats.text)
    elif isinstance(cell, int):
        sheet.write_number(row, column, cell, formats.count)
    elif cell.value is not None:
        sheet.write_number(row, column, cell.value, formats.figure(cell.decimals))


def _corrections(sheet: Worksheet, view: TallyView, formats: _Formats) -> None:
    names = ("month", "carried_into", "unit", "metric", "name", "value", "qualifier", "reason", "by")
    sheet.write_row(0, 0, names, formats.head)
    for number, each in enumerate(view.adjustments, start=1):
        cells: list[Cell] = [
            *(each.month, each.carried_into, neutralised(each.unit), each.metric, each.name),
            Figure(Decimal(each.value), len(each.value.partition(".")[2])),
            *(each.qualifier.value, neutralised(each.reason or ""), neutralised(each.by or "")),
        ]
        for column, cell in enumerate(cells):
            _write(sheet, number, column, cell, formats)
    sheet.set_column(0, len(names) - 1, _CORRECTION_WIDTH)
    sheet.freeze_panes(1, 0)


def _units(sheet: Worksheet, view: TallyView, formats: _Formats) -> None:
    sheet.write_row(0, 0, ("unit", "name"), formats.head)
    for number, code in enumerate(unit_codes(view), start=1):
        sheet.write_string(number, 0, neutralised(code), formats.text)
        sheet.write_string(number, 1, neutralised(view.unit_names[code]), formats.text)
    sheet.set_column(0, 1, _CORRECTION_WIDTH)
    sheet.freeze_panes(1, 0)
