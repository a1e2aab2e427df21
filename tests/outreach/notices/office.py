"""An office whose people are told things: activities with people on them, and what the outbox says."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, Activity, Assignment, Campaign, Grant, Notice, Person, Unit
from models.base import PersonId
from models.enums import AccountRole, AssignmentState, NoticeKind, NoticeState
from outreach.notices import people_asked
from tests.outreach.county import NOW, ZONE, County

__all__ = ["NOW", "ZONE", "Outbox"]

DAY = date(2026, 9, 25)
STARTS = datetime(2026, 9, 25, 1, tzinfo=UTC)
"""Nine o'clock, ten days after NOW."""


@dataclass
class Outbox:
    """Makes what a test of notices needs, and reads what is owed."""

    session: Session
    county: County = field(init=False)
    campaign: Campaign = field(init=False)

    def __post_init__(self) -> None:
        self.county = County(self.session)
        self.campaign = self.county.campaign("DATES:2026-09-25", place="老年大学")
        self.campaign.name = "读书会"

    def person(self, **columns: Any) -> Person:
        columns = {"email": "he@example.org", **columns}
        return self.county.person("volunteer", **columns)

    def activity(self, starts_at: datetime | None = STARTS, day: date = DAY, **columns: Any) -> Activity:
        if starts_at is not None:
            columns = {"ends_at": starts_at + timedelta(hours=2), **columns}
            day = starts_at.astimezone(ZONE).date()
        row = Activity(
            campaign_id=self.campaign.id,
            unit_id=self.county.root.id,
            day=day,
            last_day=columns.pop("last_day", day),
            starts_at=starts_at,
            changed_at=NOW,
            people_changed_at=NOW,
            **columns,
        )
        self.session.add(row)
        self.session.flush()
        return row

    def assign(
        self, activity: Activity, *people: Person, state: AssignmentState = AssignmentState.PROPOSED
    ) -> list[Assignment]:
        return [self.county.assign(activity, person, state) for person in people]

    def asked(self, activity: Activity, *people: Person) -> list[Assignment]:
        """Proposed, and owed to be told so."""
        assignments = self.assign(activity, *people)
        people_asked(self.session, [each.id for each in assignments], now=NOW)
        return assignments

    def set(self, assignment: Assignment, state: AssignmentState) -> None:
        assignment.state = state
        assignment.sequence += 1
        self.session.flush()

    def told(self, *kinds: NoticeKind) -> None:
        """Whatever is due was sent."""
        for notice in self.rows(NoticeState.DUE):
            if not kinds or notice.kind in kinds:
                notice.state, notice.sent_at = NoticeState.SENT, NOW
        self.session.flush()

    def rows(self, *states: NoticeState) -> list[Notice]:
        rows = select(Notice).order_by(Notice.id).execution_options(populate_existing=True)
        return list(self.session.scalars(rows.where(Notice.state.in_(states)) if states else rows))

    def due(self) -> list[tuple[NoticeKind, PersonId]]:
        return [(notice.kind, notice.person_id) for notice in self.rows(NoticeState.DUE)]

    def states(self, kind: NoticeKind) -> list[NoticeState]:
        return [notice.state for notice in self.rows() if notice.kind is kind]

    def coordinator(
        self, unit: Unit | None, person: Person | None, role: AccountRole = AccountRole.COORDINATOR
    ) -> Account:
        account = Account(
            name=f"account{next(self.county.numbers)}",
            active=True,
            person_id=None if person is None else person.id,
            created_at=NOW,
        )
        self.session.add(account)
        self.session.flush()
        self.session.add(Grant(account_id=account.id, role=role, unit_id=None if unit is None else unit.id))
        self.session.flush()
        return account
