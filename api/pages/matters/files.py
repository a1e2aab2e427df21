"""A list as a file to take along."""

from typing import Final, Literal

from fastapi.responses import Response

from api.pages.answers import HEADERS
from outreach.documents.sheet import Sheet, sheet_as_csv, sheet_as_xlsx

Ending = Literal["csv", "xlsx"]

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_of(sheet: Sheet, ending: Ending, *, name: str) -> Response:
    """The file of a sheet, which a browser keeps under this name."""
    content, kind = (
        (sheet_as_csv(sheet), "text/csv; charset=utf-8") if ending == "csv" else (sheet_as_xlsx(sheet), _XLSX)
    )
    told = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(content, media_type=kind, headers={**HEADERS, **told})
