"""A month's and a year's tally of the root, beside one bare sum over the same measures."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select

from bench.measuring import Measurement, median_seconds
from bench.office import county_office
from models import Measure
from models.database import reading
from outreach.tallies import read_period, tally
from outreach.units import unit_of_code


def measure(*, full: bool) -> Iterator[Measurement]:
    outcomes = 100_000 if full else 10_000
    with (
        county_office(people=10_000, units=200, campaigns=300 if full else 60, outcomes=outcomes) as engine,
        reading(engine) as session,
    ):
        root = unit_of_code(session, "U0000").id
        measures = session.scalar(select(func.count()).select_from(Measure)) or 0

        def bare_sum() -> None:
            in_year = Measure.day.between(date(2026, 1, 1), date(2026, 12, 31))
            session.execute(
                select(Measure.metric_id, Measure.unit_id, func.sum(Measure.value))
                .where(in_year)
                .group_by(Measure.metric_id, Measure.unit_id)
            ).all()

        limit = median_seconds(bare_sum)
        for period in ("2026-05", "2026"):
            asked = read_period(period)
            took = median_seconds(lambda asked=asked: tally(session, asked, root))  # type: ignore[misc]
            note = f"{measures:,} measures, {outcomes:,} outcomes, 200 units"
            yield Measurement(f"tally {period} of the root", 1 / took, 1 / limit, "tallies/s", note)
