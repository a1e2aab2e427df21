"""A tally as a document to print and to put on record: every figure in words as offices write them."""

import io
from datetime import datetime
from decimal import Decimal

from docx import Document
from docx.document import Document as Paper
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table

from outreach.documents.table import printable, state, title
from outreach.tallies import Correction, Line, TallyView
from wording.numbers import change, figure, qualified
from wording.sentences import SOURCE_LANGUAGE, say

_FONT = "SimSun"
_MADE_AT = datetime(1980, 1, 1)  # noqa: DTZ001 - the library writes it as it is
_WIDTHS = (Cm(6.5), Cm(4.5), Cm(2), Cm(12.5))
_MARGIN = Cm(2)
_A4 = (Cm(29.7), Cm(21))
_LONGEST_PROPERTY = 255


def as_docx(view: TallyView, *, language: str = SOURCE_LANGUAGE) -> bytes:
    """The lines of a tally as a table, and below it what was corrected."""
    paper = Document()
    name = printable(title(view, language))
    _prepare(paper, name)
    heading = paper.add_heading(name, level=1)
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paper.add_paragraph(printable(state(view, language))).alignment = WD_ALIGN_PARAGRAPH.CENTER
    if view.lines:
        _table(paper, view, language)
    else:
        paper.add_paragraph(say("tallies.no_figures", language=language))
    if view.adjustments:
        paper.add_heading(say("tallies.adjustments", language=language), level=2)
        for each in view.adjustments:
            paper.add_paragraph(printable(_correction(each, language)), style="List Bullet")
    file = io.BytesIO()
    paper.save(file)
    return file.getvalue()


def _prepare(paper: Paper, name: str) -> None:
    properties = paper.core_properties
    properties.title, properties.author, properties.comments = name[:_LONGEST_PROPERTY], "", ""
    properties.created = properties.modified = _MADE_AT
    section = paper.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = _A4
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    for style in ("Normal", "Heading 1", "Heading 2"):
        font = paper.styles[style].font
        font.name = _FONT
        # Chinese has a font of its own beside that of Latin letters.
        font.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    paper.styles["Normal"].font.size = Pt(10.5)


def _table(paper: Paper, view: TallyView, language: str) -> None:
    table = paper.add_table(rows=1, cols=len(_WIDTHS), style="Table Grid")
    for cell, name in zip(table.rows[0].cells, ("name", "value", "sources", "of_which"), strict=True):
        cell.text = ""
        cell.paragraphs[0].add_run(say(f"tallies.{name}", language=language)).bold = True
    _repeat_first_row(table)
    for line in view.lines:
        for cell, text in zip(table.add_row().cells, _row(line, view, language), strict=True):
            cell.text = printable(text)
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        for cell in column.cells:
            cell.width = width


def _repeat_first_row(table: Table) -> None:
    """Let every page begin with the names of the columns."""
    properties = table.rows[0]._tr.get_or_add_trPr()  # noqa: SLF001 - the library has no other way
    properties.append(properties.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))


def _row(line: Line, view: TallyView, language: str) -> tuple[str, str, str, str]:
    decimals = len(line.value.partition(".")[2])
    total = qualified(
        Decimal(line.value), line.unit, qualifier=line.qualifier, decimals=decimals, language=language
    )
    parts = [
        f"{view.unit_names[code]} {figure(Decimal(value), decimals=decimals)}"
        for code, value in line.by_unit.items()
    ]
    parts += [
        f"{name} {figure(Decimal(value), decimals=decimals)}" for name, value in line.by_dimension.items()
    ]
    separator = say("tallies.separator", language=language)
    return line.name, total, figure(line.sources), separator.join(parts)


def _correction(each: Correction, language: str) -> str:
    decimals = len(each.value.partition(".")[2])
    return say(
        "tallies.correction",
        language=language,
        month=each.month,
        unit=each.unit,
        name=each.name,
        value=change(Decimal(each.value), decimals=decimals),
        carried_into=each.carried_into,
        reason=each.reason or "",
    ).strip()
