"""What is wrong with a file, and what is only worth saying. `wording` has the sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from outreach.errors import Fault, Invalid
from outreach.fields import BadValue
from outreach.imports.columns import TABLES, Table
from wording.sentences import SOURCE_LANGUAGE, is_known, say

HEADER_ROW = 1


class ColumnName(str):
    """A column's English name within the values of a sentence."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RowFault(Fault):
    """One thing wrong in one row of one file. `field` is the column's English name; empty for a whole row or file."""

    file: str = ""
    row: int = HEADER_ROW
    """Counted as records: the header is 1 (rule 23)."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that does not stop an import."""

    file: str
    row: int | None
    """The row it concerns; None for a whole file."""
    key: str
    values: dict[str, object] = field(default_factory=dict)


class ImportFaults(Invalid):
    """Nothing was imported; every fault of every file is named."""

    faults: tuple[RowFault, ...]

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__(faults)


@dataclass(slots=True)
class Findings:
    """What reading and checking found, in the order it was found."""

    faults: list[RowFault] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)

    def fault(self, file: str, row: int, column: str, key: str, /, **values: object) -> None:
        """Note a fault."""
        self.faults.append(RowFault(column, key, values, file, row))

    def bad_value(self, table: Table, row: int, column: str, bad: BadValue) -> None:
        """Note a cell that cannot be read."""
        self.faults.append(RowFault(column, bad.key, bad.values, table.file, row))

    def warn(self, file: str, row: int | None, key: str, /, **values: object) -> None:
        """Note something worth saying."""
        self.warnings.append(Remark(file, row, key, values))

    def in_order(self, tables: Sequence[Table]) -> list[RowFault]:
        """The faults as a user goes through them: file by file, row by row."""
        position = {table.file: number for number, table in enumerate(tables)}
        return sorted(self.faults, key=lambda each: (position.get(each.file, -1), each.file, each.row))


def describe(said: Fault | Remark, *, language: str = SOURCE_LANGUAGE) -> str:
    """The sentence of a fault, without its place; or of a warning, with it."""
    file = said.file if isinstance(said, Remark | RowFault) else ""
    values = {name: _column_in(file, value, language) for name, value in said.values.items()}
    key = said.key if is_known(said.key) else "imports.not_accepted"
    sentence = say(key, language=language, **values)
    if not isinstance(said, Remark):
        return sentence
    if said.row is None:
        return say("imports.of_file", language=language, file=file, sentence=sentence)
    return say("imports.of_row", language=language, file=file, row=said.row, sentence=sentence)


def _column_in(file: str, value: object, language: str) -> object:
    """Columns are called by their English name inside, and to a Chinese reader by their Chinese one."""
    table = next((table for table in TABLES if table.file == file), None)
    if not isinstance(value, ColumnName) or table is None or language == "en":
        return value
    return next(column.header for column in table.columns if column.name == value)
