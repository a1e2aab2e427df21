"""Who knows whom, and who has held which role: what was, as far as it speaks for somebody now."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Activity, Assignment, Attendance, Campaign, Tie
from models.base import CampaignId, PersonId
from models.database import in_batches
from models.enums import TAKING_PART, ActivityStatus, TieKind
from models.types import FIRST_DAY, LAST_DAY
from outreach.assignment.board import NOBODY, Favour, FavourKind, People
from outreach.assignment.facts import PRESENT, Facts

REMEMBERED = timedelta(days=730)
"""Having been there counts for so long."""
_CONTINUITY = ((timedelta(days=180), 85), (timedelta(days=365), 75), (REMEMBERED, 60))
"""How many hundredths of the weight somebody has who was there within so long; whose pairing it is has all of it."""

LastThere = Mapping[PersonId, date]


class Memory:
    """The pairings, attendances and roles behind some activities, as they were known on a day."""

    def __init__(
        self,
        session: Session,
        activities: Sequence[tuple[Activity, Campaign]],
        roles: Collection[str],
        facts: Facts,
        *,
        today: date,
    ) -> None:
        self._session, self._facts, self._today = session, facts, today
        subjects = {each.subject_person_id for each, _ in activities if each.subject_person_id is not None}
        without = {each.campaign_id for each, _ in activities if each.subject_person_id is None}
        campaigns = {each.campaign_id for each, _ in activities}
        self._supporters = self._read_supporters(subjects)
        self._with_subject = self._read_subjects(subjects)
        self._at_campaign = self._read_campaigns(without)
        self._roles = self._read_roles(campaigns, roles)
        self._favours: dict[tuple[PersonId | None, CampaignId], list[Favour]] = {}

    def last_there(self, activity: Activity) -> LastThere:
        """When people were last with the one whom it is for; without one, when they last came to the same campaign."""
        if activity.subject_person_id is not None:
            return self._with_subject.get(activity.subject_person_id, {})
        return self._at_campaign.get(activity.campaign_id, {})

    def supporters(self, activity: Activity) -> People:
        """Whose pairing the activity is about that day."""
        ties = self._supporters.get(activity.subject_person_id, ()) if activity.subject_person_id else ()
        return self._facts.mask(who for who, first, last in ties if first <= activity.day <= last)

    def continuity(self, activity: Activity) -> list[Favour]:
        """What knowing those served is worth; the supporter first, then the more recent the better."""
        supporters = self.supporters(activity)
        since = self._since(activity)
        return [
            Favour(FavourKind.CONTINUITY, supporters),
            *(Favour(FavourKind.CONTINUITY, each.people & ~supporters, each.percent) for each in since),
        ]

    def held(self, campaign_id: CampaignId, role: str) -> People:
        """Who has had a role at a campaign before."""
        return self._roles.get((campaign_id, role), NOBODY)

    def _since(self, activity: Activity) -> list[Favour]:
        key = (activity.subject_person_id, activity.campaign_id)
        if key not in self._favours:
            last_there, counted = self.last_there(activity), NOBODY
            self._favours[key] = []
            for passed, percent in _CONTINUITY:
                since = self._today - passed
                people = self._facts.mask(who for who, day in last_there.items() if day >= since) & ~counted
                counted |= people
                self._favours[key].append(Favour(FavourKind.CONTINUITY, people, percent))
        return self._favours[key]

    def _read_supporters(
        self, subjects: Collection[PersonId]
    ) -> Mapping[PersonId, list[tuple[PersonId, date, date]]]:
        found: dict[PersonId, list[tuple[PersonId, date, date]]] = defaultdict(list)
        for some in in_batches(subjects):
            rows = self._session.execute(
                select(Tie.object_person_id, Tie.subject_person_id, Tie.since, Tie.until).where(
                    Tie.kind == TieKind.PAIRING, Tie.object_person_id.in_(some)
                )
            )
            for beneficiary, supporter, since, until in rows:
                if beneficiary is not None and supporter is not None:
                    found[beneficiary].append((supporter, since or FIRST_DAY, until or LAST_DAY))
        return found

    def _read_subjects(self, subjects: Collection[PersonId]) -> Mapping[PersonId, LastThere]:
        found: dict[PersonId, dict[PersonId, date]] = defaultdict(dict)
        for some in in_batches(subjects):
            rows = self._session.execute(
                select(Activity.subject_person_id, Attendance.person_id, func.max(Attendance.day))
                .join(Attendance, Attendance.activity_id == Activity.id)
                .where(
                    Activity.subject_person_id.in_(some),
                    Attendance.day >= self._today - REMEMBERED,
                    Attendance.state.in_(PRESENT),
                )
                .group_by(Activity.subject_person_id, Attendance.person_id)
            )
            for subject, person_id, day in rows:
                if subject is not None and person_id in self._facts.bit:
                    found[subject][person_id] = day
        return found

    def _read_campaigns(self, campaigns: Collection[CampaignId]) -> Mapping[CampaignId, LastThere]:
        found: dict[CampaignId, dict[PersonId, date]] = defaultdict(dict)
        for some in in_batches(campaigns):
            rows = self._session.execute(
                select(Activity.campaign_id, Attendance.person_id, func.max(Attendance.day))
                .join(Attendance, Attendance.activity_id == Activity.id)
                .where(
                    Activity.campaign_id.in_(some),
                    Activity.day >= self._today - REMEMBERED,
                    Attendance.state.in_(PRESENT),
                )
                .group_by(Activity.campaign_id, Attendance.person_id)
            )
            for campaign_id, person_id, day in rows:
                if person_id in self._facts.bit:
                    found[campaign_id][person_id] = day
        return found

    def _read_roles(
        self, campaigns: Collection[CampaignId], roles: Collection[str]
    ) -> Mapping[tuple[CampaignId, str], People]:
        found: dict[tuple[CampaignId, str], People] = defaultdict(int)
        if not roles:
            return found
        for some in in_batches(campaigns):
            rows = self._session.execute(
                select(Activity.campaign_id, Assignment.role, Assignment.person_id)
                .join(Assignment, Assignment.activity_id == Activity.id)
                .where(
                    Activity.campaign_id.in_(some),
                    Activity.status.in_((ActivityStatus.HELD, ActivityStatus.PARTLY)),
                    Activity.day >= self._today - REMEMBERED,
                    Assignment.role.in_(sorted(roles)),
                    Assignment.state.in_(TAKING_PART),
                )
                .distinct()
            )
            for campaign_id, role, person_id in rows:
                found[campaign_id, role] |= self._facts.mask([person_id])
        return found
