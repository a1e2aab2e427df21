"""Outcomes told one by one, each in its own transaction, beside bare inserts of rows as many."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from sqlalchemy import Engine, delete, insert, select

from bench.measuring import Measurement, seconds
from bench.office import NOW, ZONE, county_office
from models import Activity, Attendance, Measure, Metric, Person
from models.base import ActivityId
from models.database import in_batches, reading, transaction
from models.enums import ActivityStatus, AttendanceState, Origin
from outreach.outcomes import Attended, Entered, Telling, record_outcome
from outreach.permissions import CONSOLE

THERE = 14


def measure(*, full: bool) -> Iterator[Measurement]:
    count = 2_000 if full else 300
    with county_office(people=2_000, campaigns=10, outcomes=2 * count) as engine:
        with reading(engine) as session:
            activities = list(session.scalars(select(Activity.id).order_by(Activity.id).limit(2 * count)))
            people = list(session.scalars(select(Person.code).limit(THERE)))
        told, bare = activities[:count], activities[count : 2 * count]
        took = seconds(lambda: _tell(engine, told, people))
        limit = seconds(lambda: _insert(engine, bare))
    note = f"revisions with {THERE} people and 3 measures, sums kept beside"
    yield Measurement("recording: outcomes", len(told) / took, len(bare) / limit, "outcomes/s", note)


def _tell(engine: Engine, activities: list[ActivityId], people: list[str]) -> None:
    measures = [
        Entered(metric=metric, value=Decimal(40))
        for metric in ("materials.issued", "outreach.audience", "needs.solved")
    ]
    telling = Telling(
        status=ActivityStatus.HELD,
        attendance=[Attended(person=person, minutes=60) for person in people],
        measures=measures,
    )
    for activity in activities:
        with transaction(engine) as session:
            record_outcome(session, activity, telling, by=CONSOLE, now=NOW, zone=ZONE)


def _insert(engine: Engine, activities: list[ActivityId]) -> None:
    """The same number of rows of attendance and measures, and nothing else."""
    with transaction(engine) as session:
        for some in in_batches(activities):
            session.execute(delete(Attendance).where(Attendance.activity_id.in_(some)))
    with reading(engine) as session:
        people = list(session.scalars(select(Person.id).order_by(Person.id.desc()).limit(THERE)))
        metric = session.scalars(select(Metric.id)).first()
        unit = session.scalars(select(Activity.unit_id)).first()
    day = date(2026, 5, 1)
    for activity in activities:
        with transaction(engine) as session:
            attendances = [
                {
                    "activity_id": activity,
                    "person_id": person,
                    "unit_id": unit,
                    "day": day,
                    "state": AttendanceState.AS_PLANNED,
                }
                for person in people
            ]
            measures = [
                {
                    "activity_id": activity,
                    "metric_id": metric,
                    "unit_id": unit,
                    "day": day,
                    "value": Decimal(40),
                    "origin": Origin.ENTERED,
                }
            ] * 6
            session.execute(insert(Attendance), attendances)
            session.execute(insert(Measure), measures)
