"""Taking in a folder of CSV files, or a workbook: all of it or nothing, and back again.

`columns` is the file format, `cells` what a cell may hold; `reading` gives rows, `checking` finds every fault,
`writing` and `history` bring the rows into the database, `journal` and `undo` take them back.
"""

from outreach.imports.faults import ImportFaults, Remark, RowFault, describe
from outreach.imports.importing import ImportReport, import_path
from outreach.imports.undo import undo_import

__all__ = [
    "ImportFaults",
    "ImportReport",
    "Remark",
    "RowFault",
    "describe",
    "import_path",
    "undo_import",
]
