"""A small county to plan for: units, people, teams, pairings and campaigns, made in a line each."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays
from models import (
    Activity,
    Assignment,
    Attendance,
    Beneficiary,
    Campaign,
    Matter,
    Person,
    Team,
    Tie,
    Unit,
)
from models.enums import (
    ActivityStatus,
    AssignmentState,
    AttendanceState,
    CampaignStatus,
    MatterFace,
    MatterStatus,
    PersonRole,
    ScheduleForm,
    TieKind,
)
from outreach.permissions import CLOCKWORK
from outreach.planning import PlanReport, plan

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 9, 15)
NOW = datetime(2026, 9, 15, 1, tzinfo=UTC)


@dataclass
class County:
    """Makes what a test needs. The root unit is there from the start."""

    session: Session
    numbers: count = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.root = self.unit("BJ")

    def _add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def unit(self, code: str, parent: Unit | None = None) -> Unit:
        unit = self._add(Unit(code=code, name=code))
        if parent is not None:
            self._add(Tie(kind=TieKind.PARENT, subject_unit_id=unit.id, object_unit_id=parent.id))
        return unit

    def person(
        self, *roles: str, unit: Unit | None = None, code: str | None = None, **columns: Any
    ) -> Person:
        code = code or f"P{next(self.numbers):03}"
        person = self._add(Person(code=code, name=f"何{code}", **columns))
        self.place(person, unit or self.root)
        for role in roles:
            self._add(Tie(kind=TieKind.ROLE, subject_person_id=person.id, object_word=role))
        return person

    def place(self, person: Person, unit: Unit, since: date | None = None, until: date | None = None) -> Tie:
        return self._add(
            Tie(
                kind=TieKind.PLACEMENT,
                subject_person_id=person.id,
                object_unit_id=unit.id,
                since=since,
                until=until,
            )
        )

    def team(self, *members: Person, code: str | None = None) -> Team:
        code = code or f"T{next(self.numbers):03}"
        team = self._add(Team(code=code, name=code, unit_id=self.root.id))
        for member in members:
            self.join(member, team)
        return team

    def join(self, member: Person, team: Team, since: date | None = None, until: date | None = None) -> Tie:
        return self._add(
            Tie(
                kind=TieKind.MEMBERSHIP,
                subject_person_id=member.id,
                object_team_id=team.id,
                since=since,
                until=until,
            )
        )

    def pair(self, supporter: Person, beneficiary: Person, **columns: Any) -> Tie:
        return self._add(
            Tie(
                kind=TieKind.PAIRING,
                sort="liaison",
                subject_person_id=supporter.id,
                object_person_id=beneficiary.id,
                **columns,
            )
        )

    def campaign(self, schedule: str, *, serves: Any = (), **columns: Any) -> Campaign:
        """`serves`: people, units, teams and roles, in order."""
        columns = {
            "code": f"C{next(self.numbers):03}",
            "kind": "study",
            "unit_id": self.root.id,
            "status": CampaignStatus.ACTIVE,
            "starts_on": date(2026, 1, 1),
            "ends_on": date(2027, 12, 31),
            "public": False,
            **columns,
        }
        form = ScheduleForm(schedule.partition(":")[0])
        campaign = self._add(Campaign(schedule=schedule, form=form, name=columns["code"], **columns))
        for position, whom in enumerate(serves):
            self._add(Beneficiary(campaign_id=campaign.id, position=position, **_named(whom)))
        return campaign

    def held(
        self,
        campaign: Campaign,
        day: date,
        *attendees: Person,
        status: ActivityStatus = ActivityStatus.HELD,
        state: AttendanceState = AttendanceState.AS_PLANNED,
        **columns: Any,
    ) -> Activity:
        activity = self._add(
            Activity(
                campaign_id=campaign.id,
                unit_id=campaign.unit_id,
                day=day,
                last_day=day,
                status=status,
                reason="雨" if status is ActivityStatus.CANCELLED else None,
                held_on=day,
                revision=1,
                changed_at=NOW,
                people_changed_at=NOW,
                **columns,
            )
        )
        for person in attendees:
            self._add(
                Attendance(
                    activity_id=activity.id,
                    person_id=person.id,
                    unit_id=campaign.unit_id,
                    day=day,
                    state=state,
                )
            )
        return activity

    def case(self, person: Person | None, opened_on: date, kind: str = "hospital") -> Matter:
        return self._add(
            Matter(
                face=MatterFace.CASE,
                code=f"M{next(self.numbers):03}",
                kind=kind,
                unit_id=self.root.id,
                person_id=None if person is None else person.id,
                status=MatterStatus.OPEN,
                opened_on=opened_on,
            )
        )

    def assign(
        self,
        activity: Activity,
        person: Person,
        state: AssignmentState = AssignmentState.PROPOSED,
        reason: str | None = None,
    ) -> Assignment:
        """Without a reason by somebody, with one by the program."""
        activity.version += 1
        return self._add(
            Assignment(
                activity_id=activity.id, person_id=person.id, state=state, reason=reason, changed_at=NOW
            )
        )

    def plan(
        self,
        today: date = TODAY,
        through: date | None = None,
        workdays: Workdays | None = None,
        **options: Any,
    ) -> PlanReport:
        self.session.flush()
        return plan(
            self.session,
            today=today,
            through=through or date(2026, 12, 31),
            zone=ZONE,
            workdays=workdays or Workdays.of({}),
            by=CLOCKWORK,
            now=datetime.combine(today, time(1), UTC),
            **options,
        )

    def planned(self, campaign: Campaign | None = None) -> list[Activity]:
        """What is planned, by day."""
        return self.activities(campaign, ActivityStatus.PLANNED)

    def activities(
        self, campaign: Campaign | None = None, status: ActivityStatus | None = None
    ) -> list[Activity]:
        rows = select(Activity).order_by(Activity.day, Activity.id)
        if campaign is not None:
            rows = rows.where(Activity.campaign_id == campaign.id)
        if status is not None:
            rows = rows.where(Activity.status == status)
        return list(self.session.scalars(rows.execution_options(populate_existing=True)))

    def days(self, campaign: Campaign | None = None) -> list[str]:
        return [activity.day.isoformat() for activity in self.planned(campaign)]


def _named(whom: Any) -> dict[str, Any]:
    match whom:
        case Person():
            return {"person_id": whom.id}
        case Unit():
            return {"unit_id": whom.id}
        case Team():
            return {"team_id": whom.id}
        case _:
            return {"role": PersonRole(whom)}
