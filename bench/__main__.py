"""`python -m bench`, or `make bench`: all measurements as a table; `BENCH=full` takes the largest sizes."""

import os
import sys

from rich.console import Console
from rich.table import Table

from bench import assignment, feeds, imports, notices, pages, planning, recording, schedules, tallies

BENCHES = (schedules, imports, planning, assignment, recording, tallies, notices, feeds, pages)


def main(names: list[str]) -> None:
    """Run the benches of these names, or all."""
    full = os.environ.get("BENCH") == "full"
    table = Table(title=f"Yinling, {'full' if full else 'short'} sizes; only the ratios last")
    for heading in ("measured", "figure", "limit", "unit", "ratio"):
        table.add_column(heading, justify="left" if heading in ("measured", "unit") else "right")
    table.add_column("note")
    for bench in BENCHES:
        if names and bench.__name__.rpartition(".")[2] not in names:
            continue
        for measured in bench.measure(full=full):
            figures = (
                f"{measured.figure:,.1f}",
                f"{measured.limit:,.1f}",
                measured.unit,
                f"{measured.ratio:.3f}",
            )
            table.add_row(measured.name, *figures, measured.note)
    Console(width=180).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
