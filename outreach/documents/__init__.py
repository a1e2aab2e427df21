"""Tallies as files: one table, as CSV, as a workbook and as a document to print and sign.

`table` says what stands in the columns; each form only writes it.
"""

from outreach.documents.comma_separated import as_csv
from outreach.documents.paper import as_docx
from outreach.documents.table import neutralised
from outreach.documents.workbook import as_xlsx

__all__ = ["as_csv", "as_docx", "as_xlsx", "neutralised"]
