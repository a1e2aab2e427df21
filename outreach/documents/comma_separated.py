"""A tally as CSV (RFC 4180), in UTF-8 with the mark that spreadsheets know it by."""

import csv
import io

from outreach.documents.table import header, rows
from outreach.tallies import TallyView


def as_csv(view: TallyView) -> bytes:
    """The lines of a tally; the same view gives the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header(view))
    writer.writerows([str(cell) for cell in row] for row in rows(view))
    return text.getvalue().encode("utf-8-sig")
