"""A small county's books: units, records and what they add, made in a line each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.periods import parse_period
from models import Activity, Attendance, Campaign, LedgerEntry, Matter, Person, Team, Tie, Unit
from models.base import UnitId
from models.enums import (
    ActivityStatus,
    Additivity,
    AttendanceState,
    Basis,
    CampaignStatus,
    CountedAs,
    LedgerKind,
    MatterFace,
    MatterStatus,
    Origin,
    Qualifier,
    ScheduleForm,
    TieKind,
)
from outreach.closing import ClosedMonth, close_month
from outreach.metrics import combination_of, definitions, keep_dictionary, metric_ids
from outreach.permissions import Actor
from outreach.recording import Part, Record, replace_measures
from outreach.tallies import Line, TallyView, tally

NOW = datetime(2027, 3, 1, 1, tzinfo=UTC)
TODAY = date(2027, 3, 1)
WANG = Actor("wang")

FLOW = "materials.issued"
STOCK = "study.subscriptions"


@dataclass
class Books:
    """Makes what a test of figures needs. The units are BJ, below it A and B, below A is C."""

    session: Session
    numbers: count = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        keep_dictionary(self.session)
        self.ids = metric_ids(self.session)
        self.units: dict[str, UnitId] = {}
        for code, parent in (("BJ", None), ("A", "BJ"), ("B", "BJ"), ("C", "A")):
            self.unit(code, parent)
        self.campaign = self.add(
            Campaign(
                code="K",
                name="读书",
                kind="study",
                unit_id=self.units["BJ"],
                status=CampaignStatus.ACTIVE,
                schedule="DATES:2026-01-01",
                form=ScheduleForm.DATES,
                starts_on=date(2026, 1, 1),
                ends_on=date(2026, 12, 31),
                public=False,
            )
        )

    def add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def unit(self, code: str, parent: str | None = None, **columns: Any) -> Unit:
        unit = self.add(Unit(code=code, name=f"{code}局", **columns))
        self.units[code] = unit.id
        if parent is not None:
            self.below(code, parent)
        return unit

    def below(self, unit: str, parent: str, since: date | None = None, until: date | None = None) -> Tie:
        return self.add(
            Tie(
                kind=TieKind.PARENT,
                subject_unit_id=self.units[unit],
                object_unit_id=self.units[parent],
                since=since,
                until=until,
            )
        )

    def person(self, unit: str = "BJ", *roles: str, **columns: Any) -> Person:
        code = f"P{next(self.numbers):03}"
        person = self.add(Person(code=code, name=f"何{code}", **columns))
        self.place(person, unit)
        for role in roles:
            self.add(Tie(kind=TieKind.ROLE, subject_person_id=person.id, object_word=role))
        return person

    def place(self, person: Person, unit: str, since: date | None = None, until: date | None = None) -> Tie:
        return self.add(
            Tie(
                kind=TieKind.PLACEMENT,
                subject_person_id=person.id,
                object_unit_id=self.units[unit],
                since=since,
                until=until,
            )
        )

    def pair(self, supporter: Person, beneficiary: Person, sort: str, **columns: Any) -> Tie:
        return self.add(
            Tie(
                kind=TieKind.PAIRING,
                sort=sort,
                subject_person_id=supporter.id,
                object_person_id=beneficiary.id,
                **columns,
            )
        )

    def team(self, unit: str = "BJ", **columns: Any) -> Team:
        code = f"T{next(self.numbers):03}"
        return self.add(Team(code=code, name=code, unit_id=self.units[unit], **columns))

    @property
    def ties(self) -> list[Tie]:
        return list(self.session.scalars(select(Tie).order_by(Tie.id)))

    # Records and what they add.

    def activity(self, *parts: Part, day: date = date(2026, 9, 10)) -> Record:
        activity = self.add(
            Activity(
                campaign_id=self.campaign.id,
                unit_id=self.campaign.unit_id,
                day=day,
                last_day=day,
                status=ActivityStatus.HELD,
                held_on=day,
                changed_at=NOW,
                people_changed_at=NOW,
            )
        )
        record = Record("activity", activity.id)
        self.record(record, *parts)
        return record

    def record(self, record: Record, *parts: Part) -> None:
        """Let the record add just these parts from now on."""
        replace_measures(self.session, {record: parts}, by=WANG, now=NOW)

    def part(
        self,
        value: str,
        unit: str = "BJ",
        *,
        metric: str = FLOW,
        day: date = date(2026, 9, 10),
        qualifier: Qualifier = Qualifier.EXACT,
        origin: Origin | None = None,
        **dimensions: str,
    ) -> Part:
        """An entered value, unless an origin says otherwise."""
        definition = definitions()[metric]
        entered = {Additivity.STOCK: Origin.READING, Additivity.DISTINCT: Origin.FLOOR}
        return Part(
            metric_id=self.ids[metric],
            unit_id=self.units[unit],
            day=day,
            value=Decimal(value),
            origin=origin or entered.get(definition.additivity, Origin.ENTERED),
            combination=combination_of(dimensions),
            qualifier=qualifier,
        )

    def listed(
        self,
        metric: str,
        people: Sequence[Person],
        *,
        unit: str = "BJ",
        day: date = date(2026, 9, 10),
        floor: Part | None = None,
    ) -> Record:
        """An activity with a list that a metric counts."""
        record = self.activity(day=day)
        basis = definitions()[metric].basis
        counted = {Basis.SERVED: CountedAs.SERVED, Basis.VOLUNTEERS: CountedAs.VOLUNTEER}
        for person in people:
            self.add(
                Attendance(
                    activity_id=record.id,
                    person_id=person.id,
                    unit_id=self.units[unit],
                    day=day,
                    state=AttendanceState.AS_PLANNED,
                    counted_as=counted.get(basis, CountedAs.OTHER),
                )
            )
        distinct = definitions()[metric].additivity is Additivity.DISTINCT
        origin = Origin.PERSONS if distinct else Origin.COUNTED
        persons = self.part(str(len(people)), unit, metric=metric, day=day, origin=origin)
        self.record(record, *([persons] if people else []), *([floor] if floor else []))
        return record

    def entry(
        self, amount: str, unit: str = "BJ", *, day: date = date(2026, 9, 10), **columns: Any
    ) -> Record:
        entry = self.add(
            LedgerEntry(
                paid_on=day,
                kind=LedgerKind.DONATION,
                amount=Decimal(amount),
                unit_id=self.units[unit],
                recorded_at=NOW,
                recorded_by="wang",
                **columns,
            )
        )
        record = Record("entry", entry.id)
        self.record(
            record, self.part(amount, unit, metric="finance.donations", day=day, origin=Origin.COUNTED)
        )
        return record

    def suggestion(self, raised_on: date, told_on: date | None = None, unit: str = "BJ") -> Record:
        matter = self.add(
            Matter(
                face=MatterFace.SUGGESTION,
                code=f"Y{next(self.numbers):03}",
                unit_id=self.units[unit],
                status=MatterStatus.FED_BACK if told_on else MatterStatus.COLLECTED,
                opened_on=raised_on,
                told_on=told_on,
            )
        )
        days = {"suggestions.opinions": raised_on, "suggestions.settled": told_on}
        parts = [
            self.part("1", unit, metric=metric, day=day, origin=Origin.COUNTED)
            for metric, day in days.items()
            if day is not None
        ]
        record = Record("matter", matter.id)
        self.record(record, *parts)
        return record

    # What comes of it.

    def close(self, month: str, unit: str = "BJ", by: Actor = WANG) -> ClosedMonth:
        period = parse_period(month)
        return close_month(self.session, period, self.units[unit], by=by, today=TODAY, now=NOW)

    def tally(self, period: str, unit: str = "BJ", **options: Any) -> TallyView:
        return tally(self.session, parse_period(period), self.units[unit], **options)

    def line(self, period: str, metric: str = FLOW, unit: str = "BJ") -> Line | None:
        return next((line for line in self.tally(period, unit).lines if line.metric == metric), None)

    def value(self, period: str, metric: str = FLOW, unit: str = "BJ") -> str | None:
        line = self.line(period, metric, unit)
        return None if line is None else line.value
