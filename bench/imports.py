"""Taking in people, beside bare inserts of the same rows; and the memory that it takes."""

import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert

from bench.county import write_county
from bench.measuring import Measurement, peak_megabytes, seconds
from bench.office import empty_office, take_in
from models import Person
from models.database import in_batches, transaction


def measure(*, full: bool) -> Iterator[Measurement]:
    people = 100_000 if full else 20_000
    with TemporaryDirectory() as folder:
        write_county(Path(folder), people=people)
        with empty_office() as engine:
            before = peak_megabytes()
            took = seconds(lambda: take_in(engine, Path(folder)))
            memory = peak_megabytes() - before
        with (Path(folder) / "people.csv").open(encoding="utf-8") as stream:
            rows = [
                {"code": row["code"], "name": row["name"], "since": None, "until": None}
                for row in csv.DictReader(stream)
            ]
    with empty_office() as engine:

        def bare() -> None:
            with transaction(engine) as session:
                for some in in_batches(rows):
                    session.execute(insert(Person.__table__), some)

        limit = seconds(bare)
    note = f"{people:,} people in {took:.1f} s, {memory:.0f} MB more at the peak"
    yield Measurement("import: people", people / took, people / limit, "people/s", note)
