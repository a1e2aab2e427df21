"""The table of a tally: the same columns and values in every form of file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from outreach.tallies import Line, TallyView
from wording.sentences import say

FIRST_COLUMNS = ("metric", "name", "unit", "value", "qualifier", "sources")
"""The names that programs look for; a column for each unit follows."""

# In East Asian versions of spreadsheets the wide signs begin a formula too.
_BEGINS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as its metric writes it; None where a unit has no part."""

    value: Decimal | None
    decimals: int

    def __str__(self) -> str:
        return "" if self.value is None else f"{self.value:.{self.decimals}f}"


Cell = str | int | Figure


def title(view: TallyView, language: str) -> str:
    """What stands above the table: whose figures of which period."""
    return say("tallies.title", language=language, unit=view.unit_name, period=view.period)


def state(view: TallyView, language: str) -> str:
    """Whether the figures are final, and who signed them."""
    words = [say(f"tallies.{view.status}", language=language)]
    if view.signed_by:
        words.append(say("tallies.signed_by", language=language, name=view.signed_by))
    return " · ".join(words)


def unit_codes(view: TallyView) -> list[str]:
    """The units that have a part in any line, by code: the table's last columns."""
    return sorted(view.unit_names)


def header(view: TallyView) -> list[str]:
    """The names of the columns."""
    return [*FIRST_COLUMNS, *(neutralised(code) for code in unit_codes(view))]


def rows(view: TallyView) -> Iterator[Sequence[Cell]]:
    """A row for each line, in the columns of the header."""
    codes = unit_codes(view)
    for line in view.lines:
        parts = [figure(line, line.by_unit.get(code)) for code in codes]
        yield [
            *(line.metric, neutralised(line.name), neutralised(line.unit)),
            *(figure(line, line.value), line.qualifier.value, line.sources),
            *parts,
        ]


def figure(line: Line, text: str | None) -> Figure:
    """One of a line's values, with the decimals of its metric."""
    decimals = len(line.value.partition(".")[2])
    return Figure(None if text is None else Decimal(text), decimals)


def printable(text: str) -> str:
    """A text without the control characters that XML cannot hold."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")


def neutralised(text: str) -> str:
    """A text of somebody's that no spreadsheet will take for a formula."""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text
