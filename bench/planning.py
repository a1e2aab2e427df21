"""Planning a horizon, beside bare inserts of the same rows; and planning it again, when nothing is to be done."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import delete, insert, select

from bench.measuring import Measurement, seconds
from bench.office import NOW, TODAY, ZONE, county_office
from models import Activity
from models.database import in_batches, reading, transaction
from outreach.holidays import workdays
from outreach.permissions import CONSOLE
from outreach.planning import PlanReport, plan


def measure(*, full: bool) -> Iterator[Measurement]:
    campaigns = 280 if full else 60
    with county_office(people=1_000, campaigns=campaigns) as engine:

        def planned() -> PlanReport:
            with transaction(engine) as session:
                return plan(
                    session,
                    today=TODAY,
                    through=date(2027, 12, 31),
                    zone=ZONE,
                    workdays=workdays(session),
                    by=CONSOLE,
                    now=NOW,
                )

        first = seconds(planned)
        again = seconds(planned)
        with reading(engine) as session:
            table = Activity.__table__
            rows = [dict(row) for row in session.execute(select(table)).mappings()]
        with transaction(engine) as session:
            session.execute(delete(Activity))

        def bare() -> None:
            with transaction(engine) as session:
                for some in in_batches(rows):
                    session.execute(insert(Activity), some)

        limit = seconds(bare)
    note = f"{len(rows):,} activities in {first:.1f} s; again, nothing to do: {again:.1f} s"
    yield Measurement("planning: activities made", len(rows) / first, len(rows) / limit, "activities/s", note)
