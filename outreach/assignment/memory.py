"""Who knows whom, and who has held which role: what was, as far as it speaks for somebody now."""

from collections import defaultdict
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, literal, null, select, union_all
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


@dataclass(frozen=True, slots=True)
class Remembered:
    """The pairings, attendances and roles behind some activities, as they were known on a day."""

    supporters: Mapping[PersonId, Sequence[tuple[PersonId, date, date]]]
    """Who is paired with a subject, from one day to another."""
    with_subject: Mapping[PersonId, LastThere]
    at_campaign: Mapping[CampaignId, LastThere]
    """When people last came, for campaigns of which activities have no subject."""
    roles: Mapping[tuple[CampaignId, str], frozenset[PersonId]]
    """Who has held a role at a campaign."""

    def people(self) -> frozenset[PersonId]:
        """Everybody who is remembered for something."""
        found = {supporter for each in self.supporters.values() for supporter, _, _ in each}
        return frozenset(
            found.union(*self.with_subject.values(), *self.at_campaign.values(), *self.roles.values())
        )


def remember(
    session: Session,
    activities: Sequence[tuple[Activity, Campaign]],
    roles: Collection[str],
    *,
    today: date,
    among: Container[PersonId] | None = None,
) -> Remembered:
    """What speaks for people from before; with `among`, of these alone."""
    subjects = {each.subject_person_id for each, _ in activities if each.subject_person_id is not None}
    without = {each.campaign_id for each, _ in activities if each.subject_person_id is None}
    supporters, with_subject = _of_subjects(session, subjects, today - REMEMBERED, among)
    return Remembered(
        supporters=supporters,
        with_subject=with_subject,
        at_campaign=_at_campaigns(session, without, today - REMEMBERED, among),
        roles=_roles(session, {each.campaign_id for each, _ in activities}, roles, today - REMEMBERED),
    )


class Memory:
    """What is remembered, as what it is worth for those who may be asked."""

    def __init__(self, remembered: Remembered, facts: Facts, *, today: date) -> None:
        self._remembered, self._facts, self._today = remembered, facts, today
        self._held = {key: facts.mask(people) for key, people in remembered.roles.items()}
        self._favours: dict[tuple[PersonId | None, CampaignId], list[Favour]] = {}

    def last_there(self, activity: Activity) -> LastThere:
        """When people were last with the one whom it is for; without one, when they last came to the same campaign."""
        if activity.subject_person_id is not None:
            return self._remembered.with_subject.get(activity.subject_person_id, {})
        return self._remembered.at_campaign.get(activity.campaign_id, {})

    def supporters(self, activity: Activity) -> People:
        """Whose pairing the activity is about that day."""
        ties = (
            self._remembered.supporters.get(activity.subject_person_id, ())
            if activity.subject_person_id
            else ()
        )
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
        return self._held.get((campaign_id, role), NOBODY)

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


def _of_subjects(
    session: Session, subjects: Collection[PersonId], since: date, among: Container[PersonId] | None
) -> tuple[Mapping[PersonId, Sequence[tuple[PersonId, date, date]]], Mapping[PersonId, LastThere]]:
    """Who is or was paired with each, from when to when, and when who was with them last: in one question."""
    supporters: dict[PersonId, list[tuple[PersonId, date, date]]] = defaultdict(list)
    with_subject: dict[PersonId, dict[PersonId, date]] = defaultdict(dict)
    for some in in_batches(subjects):
        pairings = select(
            literal(True), Tie.object_person_id, Tie.subject_person_id, Tie.since, Tie.until
        ).where(Tie.kind == TieKind.PAIRING, Tie.object_person_id.in_(some))
        visits = (
            select(
                literal(False),
                Activity.subject_person_id,
                Attendance.person_id,
                func.max(Attendance.day),
                null(),
            )
            .join(Attendance, Attendance.activity_id == Activity.id)
            .where(
                Activity.subject_person_id.in_(some),
                Attendance.day >= since,
                Attendance.state.in_(PRESENT),
            )
            .group_by(Activity.subject_person_id, Attendance.person_id)
        )
        rows: Sequence[Any] = session.execute(union_all(pairings, visits)).all()
        for is_paired, subject, person_id, day, until in rows:
            if is_paired:
                supporters[subject].append((person_id, day or FIRST_DAY, until or LAST_DAY))
            elif among is None or person_id in among:
                with_subject[subject][person_id] = day
    return supporters, with_subject


def _at_campaigns(
    session: Session, campaigns: Collection[CampaignId], since: date, among: Container[PersonId] | None
) -> Mapping[CampaignId, LastThere]:
    found: dict[CampaignId, dict[PersonId, date]] = defaultdict(dict)
    for some in in_batches(campaigns):
        rows = session.execute(
            select(Activity.campaign_id, Attendance.person_id, func.max(Attendance.day))
            .join(Attendance, Attendance.activity_id == Activity.id)
            .where(
                Activity.campaign_id.in_(some),
                Activity.day >= since,
                Attendance.state.in_(PRESENT),
            )
            .group_by(Activity.campaign_id, Attendance.person_id)
        )
        for campaign_id, person_id, day in rows:
            if among is None or person_id in among:
                found[campaign_id][person_id] = day
    return found


def _roles(
    session: Session, campaigns: Collection[CampaignId], roles: Collection[str], since: date
) -> Mapping[tuple[CampaignId, str], frozenset[PersonId]]:
    found: dict[tuple[CampaignId, str], set[PersonId]] = defaultdict(set)
    for some in in_batches(campaigns) if roles else ():
        rows = session.execute(
            select(Activity.campaign_id, Assignment.role, Assignment.person_id)
            .join(Assignment, Assignment.activity_id == Activity.id)
            .where(
                Activity.campaign_id.in_(some),
                Activity.status.in_((ActivityStatus.HELD, ActivityStatus.PARTLY)),
                Activity.day >= since,
                Assignment.role.in_(sorted(roles)),
                Assignment.state.in_(TAKING_PART),
            )
            .distinct()
        )
        for campaign_id, role, person_id in rows:
            found[campaign_id, role].add(person_id)
    return {key: frozenset(people) for key, people in found.items()}
