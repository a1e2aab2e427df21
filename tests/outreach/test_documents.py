"""The same figures stand in every form of file, and no text of anybody's becomes a formula."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from docx import Document
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from models.enums import Additivity, MonthState, Qualifier
from outreach.documents import as_csv, as_docx, as_xlsx, neutralised
from outreach.tallies import Line, TallyView
from tests.outreach.books import Books

FIRST = ["metric", "name", "unit", "value", "qualifier", "sources"]


@pytest.fixture
def view(session: Session) -> TallyView:
    """September with flows of two units, an amount, and a correction of August carried in."""
    books = Books(session)
    books.unit("=EVIL()", "BJ")
    august = books.activity(books.part("8", day=date(2026, 8, 3)), day=date(2026, 8, 3))
    books.close("2026-08")
    books.record(august, books.part("6", day=date(2026, 8, 3)))
    books.activity(books.part("1042", "A"), books.part("60", "=EVIL()"))
    books.entry("1234.5", "A")
    return books.tally("2026-09")


def _figures(view: TallyView) -> list[list[str | None]]:
    """What every form has to say: the columns as texts, None where a unit has no part."""
    codes = sorted(view.unit_names)
    return [
        [line.metric, line.name, line.unit, line.value, line.qualifier.value, str(line.sources)]
        + [line.by_unit.get(code) for code in codes]
        for line in view.lines
    ]


def test_csv_has_the_columns_programs_look_for_and_one_for_each_unit_with_a_part(view: TallyView) -> None:
    octets = as_csv(view)
    assert octets.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline=""))
    assert head == [*FIRST, "'=EVIL()", "A", "BJ"]
    assert [[cell or None for cell in row] for row in rows] == _figures(view)
    assert rows[0] == ["materials.issued", "资料发放", "份", "1100", "exact", "2", "60", "1042", "-2"]


def test_a_workbook_has_the_same_columns_and_numbers_that_are_numbers(view: TallyView) -> None:
    book = load_workbook(io.BytesIO(as_xlsx(view)))
    sheet = book.worksheets[0]
    head, *rows = sheet.iter_rows()
    assert [cell.value for cell in head] == [*FIRST, "'=EVIL()", "A", "BJ"]
    for row, wanted in zip(rows, _figures(view), strict=True):
        for index, (cell, text) in enumerate(zip(row, wanted, strict=True)):
            if text is None:
                assert cell.value is None
            elif index in (3, 5) or index > 5:
                assert cell.data_type == "n"
                assert Decimal(str(cell.value)) == Decimal(text)
            else:
                assert cell.value == text
    donations = next(row for row in rows if row[0].value == "finance.donations")
    assert donations[3].number_format == "#,##0.00"
    assert sheet.freeze_panes == "C2"
    assert sheet.print_title_rows == "$1:$1"


def test_no_cell_of_a_workbook_is_a_formula(view: TallyView) -> None:
    book = load_workbook(io.BytesIO(as_xlsx(view)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [
        cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(tuple("=+-@"))
    ]


def test_a_workbook_names_its_units_and_lists_its_corrections_on_sheets_of_their_own(view: TallyView) -> None:
    book = load_workbook(io.BytesIO(as_xlsx(view)))
    assert book.sheetnames == ["统计", "更正", "单位"]
    corrections = list(book["更正"].iter_rows(values_only=True))
    assert corrections[1][:7] == ("2026-08", "2026-09", "BJ", "materials.issued", "资料发放", -2, "exact")
    assert ("A", "A局") in list(book["单位"].iter_rows(values_only=True))


def test_equal_tallies_are_equal_files(view: TallyView) -> None:
    assert as_csv(view) == as_csv(view)
    assert as_xlsx(view) == as_xlsx(view)


def test_a_document_says_the_figures_in_the_words_of_offices(view: TallyView) -> None:
    paper = Document(io.BytesIO(as_docx(view)))
    (table,) = paper.tables
    head, leaflets, donations = ([cell.text for cell in row.cells] for row in table.rows)
    assert head == ["指标", "数值", "记录数", "其中"]
    assert leaflets == ["资料发放", "1,100份", "2", "=EVIL()局 60、A局 1,042、BJ局 −2"]
    assert donations[:2] == ["捐款", "1,234.50元"]
    texts = [paragraph.text for paragraph in paper.paragraphs]
    assert texts[0] == "BJ局 2026-09 工作统计"
    assert "未结账" in texts[1]
    assert any("−2" in text and "2026-08" in text for text in texts)


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_every_form_speaks_every_language(view: TallyView, language: str) -> None:
    assert as_xlsx(view, language=language)
    assert as_docx(view, language=language)


def test_a_tally_without_lines_is_a_table_without_rows(session: Session) -> None:
    books = Books(session)
    empty = books.tally("2026-09", "B")
    assert as_csv(empty).decode("utf-8-sig") == ",".join(FIRST) + "\r\n"
    assert load_workbook(io.BytesIO(as_xlsx(empty))).worksheets[0].max_row == 1
    assert "本期没有记录。" in [p.text for p in Document(io.BytesIO(as_docx(empty))).paragraphs]


def test_long_and_strange_names_do_not_break_a_file() -> None:
    name = "&" * 300 + "<b>\v"
    line = Line(
        "m", name, "份", "1.50", Qualifier.ABOUT, Additivity.FLOW, 1, {"U" * 64: "1.50"}, {"a=b": "1.50"}
    )
    view = TallyView("2026", "U" * 64, name, MonthState.OPEN, None, [line], [], {"U" * 64: name})
    for write in (as_csv, as_xlsx, as_docx):
        assert write(view)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"])
def test_what_could_be_a_formula_is_neutralised(text: str) -> None:
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "A", "何=1", "1+1", "'=1", "资料"])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert neutralised(text) == text
