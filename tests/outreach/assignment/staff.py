"""A county with people to ask and activities that need them, made in a line each."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from models import Activity, Assignment, Person, Place, Team, Tie
from models.enums import AssignmentState, TieKind
from outreach import assignment
from outreach.assignment import ProposalReport, say_reason
from outreach.permissions import CLOCKWORK
from tests.outreach.county import NOW, TODAY, ZONE, County

SOON = date(2026, 9, 18)
"""A Friday."""


class Staff(County):
    """The county of the planner's tests, with volunteers, skills and places."""

    def volunteer(self, *skills: str, **columns: Any) -> Person:
        person = self.person("volunteer", **columns)
        for skill in skills:
            self._add(Tie(kind=TieKind.SKILL, subject_person_id=person.id, object_word=skill))
        return person

    def led(self, team: Team, leader: Person) -> None:
        self._add(Tie(kind=TieKind.LEADERSHIP, subject_person_id=leader.id, object_team_id=team.id))

    def work(self, needed: Mapping[str, int] | int = 1, day: date = SOON, **columns: Any) -> Activity:
        """One planned activity of a campaign of its own."""
        campaign = self.campaign(f"DATES:{day.isoformat()}", **columns)
        for role, number in ({"any": needed} if isinstance(needed, int) else needed).items():
            self._add(Place(campaign_id=campaign.id, role=role, needed=number))
        self.plan()
        return self.planned(campaign)[0]

    def propose(self, through: date | None = None, **options: Any) -> ProposalReport:
        self.session.flush()
        return assignment.propose_people(
            self.session,
            today=options.pop("today", TODAY),
            through=through or TODAY + timedelta(days=60),
            zone=ZONE,
            by=CLOCKWORK,
            now=options.pop("now", NOW),
            **options,
        )

    def on(self, activity: Activity) -> dict[str, str]:
        """Who is on an activity, by code, with their state."""
        rows = self.session.execute(
            select(Person.code, Assignment.state)
            .join(Assignment, Assignment.person_id == Person.id)
            .where(Assignment.activity_id == activity.id)
            .order_by(Assignment.id)
        )
        return {code: AssignmentState(state).value for code, state in rows}

    def why(self, activity: Activity, person: Person) -> str | None:
        kept = self.session.scalars(
            select(Assignment.reason).where(
                Assignment.activity_id == activity.id, Assignment.person_id == person.id
            )
        ).one()
        return say_reason(kept, today=TODAY, language="en")

    def proposed(self, **columns: Any) -> dict[str, str]:
        """Whom a run proposes for one activity with these columns."""
        activity = self.work(**columns)
        self.propose()
        return self.on(activity)
