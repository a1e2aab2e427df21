"""The conflicts of what is planned, found for all campaigns at once and said with names."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays
from models import Activity, Assignment, Campaign, Person, Team
from models.base import ActivityId, CampaignId, PersonId
from models.enums import TAKING_PART, ActivityStatus, AssignmentState
from outreach.beneficiaries import Circle, circles
from outreach.planning.collisions import (
    VISITING_KINDS,
    WITHIN,
    Action,
    Booked,
    Conflict,
    ConflictKind,
    Proposal,
    on_special_days,
    person_overlaps,
    team_overlaps,
    visited_anyway,
    visits_too_near,
)
from outreach.planning.difference import Spared

REPORTED_AT_MOST = 500
"""So many conflicts are named, the nearest in time; how many there are is said beside them."""


@dataclass(frozen=True, slots=True)
class Conflicts:
    """The nearest conflicts, by day, and how many there are in all."""

    named: tuple[Conflict, ...] = ()
    in_all: int = 0


def find_conflicts(
    session: Session,
    *,
    first: date,
    last: date,
    workdays: Workdays,
    campaign_ids: Collection[CampaignId] | None = None,
    spared: Sequence[Spared] = (),
) -> Conflicts:
    """The conflicts among what is planned from a first through a last day, or those that concern some campaigns.

    For none of them when no campaign is named; all when `campaign_ids` is None.
    `spared` is what the planner would have changed if people had not made it theirs.
    """
    asked = None if campaign_ids is None else frozenset(campaign_ids)
    found: list[Conflict] = []
    if asked is None or asked:
        # A visit just outside the days is as near as one inside.
        booked = _booked(session, first - WITHIN, last + WITHIN, asked)
        found = _collisions(session, booked, first, last, workdays, {})
    found += [_of_spared(each) for each in spared if first <= each.activity.day <= last]
    return _nearest(session, found)


def conflicts_of_draft(
    session: Session,
    drafts: Sequence[Booked],
    *,
    circle: Circle,
    replaces: CampaignId | None,
    workdays: Workdays,
) -> Conflicts:
    """The conflicts that activities which are only being thought of would have with what is planned.

    `circle` is whom they would serve; `replaces` the campaign whose present plan they would take the place of.
    """
    if not drafts:
        return Conflicts()
    first, last = min(each.day for each in drafts), max(each.day for each in drafts)
    booked = _booked(session, first - WITHIN, last + WITHIN, frozenset())
    booked = [each for each in booked if replaces is None or each.campaign_id != replaces]
    found = _collisions(session, [*booked, *drafts], first, last, workdays, {None: circle})
    return _nearest(session, found)


def _collisions(
    session: Session,
    booked: list[Booked],
    first: date,
    last: date,
    workdays: Workdays,
    draft_circles: dict[CampaignId | None, Circle],
) -> list[Conflict]:
    inside = [each for each in booked if first <= each.day <= last]
    # A round that is split by unit is one round.
    rounds = {
        (each.campaign_id, each.day): each
        for each in reversed(inside)
        if each.subject_person_id is None and each.kind in VISITING_KINDS
    }
    visits = [each for each in booked if each.subject_person_id is not None]
    named = {campaign for campaign, _ in rounds if campaign is not None}
    served = draft_circles | dict[CampaignId | None, Circle](circles(session, named).items())
    found = [
        *team_overlaps(inside, workdays),
        *person_overlaps(_assigned_twice(session, inside, first, last)),
        *visits_too_near(visits),
        *visited_anyway(rounds.values(), visits, served),
        *on_special_days((each for each in inside if each.asked), workdays),
    ]
    return [each for each in found if first <= each.day <= last]


def _nearest(session: Session, found: list[Conflict]) -> Conflicts:
    found.sort(key=lambda each: (each.day, each.kind, each.activity_ids))
    return Conflicts(_with_names(session, found[:REPORTED_AT_MOST]), len(found))


def _of_spared(spared: Spared) -> Conflict:
    activity, wanted = spared.activity, spared.wanted
    if wanted is None:
        kind, proposal = ConflictKind.NO_LONGER_PLANNED, Proposal(Action.CANCEL, activity.id)
    else:
        kind, proposal = ConflictKind.PLANNED_OTHERWISE, Proposal(Action.MOVE, activity.id, wanted.day)
    subject = activity.subject_person_id
    return Conflict(
        kind=kind,
        day=activity.day,
        activity_ids=(activity.id,),
        campaign_ids=(activity.campaign_id,),
        proposal=proposal,
        count=1,
        person_ids=() if subject is None else (subject,),
        why=spared.why,
    )


def _booked(session: Session, first: date, last: date, asked: frozenset[CampaignId] | None) -> list[Booked]:
    """The planned activities of some days."""
    return booked_activities(session, Activity.day >= first, Activity.day <= last, asked=asked)


def booked_activities(
    session: Session, *which: ColumnElement[bool], asked: frozenset[CampaignId] | None = None
) -> list[Booked]:
    """The planned activities that meet conditions, by day; conflicts are sought for those of `asked`, or for all."""
    theirs = exists().where(
        Assignment.activity_id == Activity.id,
        Assignment.state.in_(TAKING_PART),
        or_(Assignment.reason.is_(None), Assignment.state == AssignmentState.CONFIRMED),
    )
    rows: Select[*tuple[Any, ...]] = (  # more columns than their types can be told apart
        select(
            Activity.id,
            Activity.campaign_id,
            Campaign.kind,
            Campaign.team_id,
            Campaign.on_holiday,
            Activity.day,
            Activity.starts_at,
            Activity.ends_at,
            Activity.subject_person_id,
            Activity.pairing_id,
            Campaign.split_by.is_not(None),
            ~Activity.by_hand & ~theirs,
        )
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Activity.status == ActivityStatus.PLANNED, *which)
        .order_by(Activity.day, Activity.id)
    )
    return [Booked(*(*row, asked is None or row[1] in asked)) for row in session.execute(rows)]


def _assigned_twice(
    session: Session, booked: Iterable[Booked], first: date, last: date
) -> dict[PersonId, list[Booked]]:
    """What people are on, of those who are on more than one activity on some day."""
    rows = (
        select(Assignment.person_id, Activity.id, Activity.day)
        .join(Activity, Activity.id == Assignment.activity_id)
        .where(Assignment.state.in_(TAKING_PART), Activity.status == ActivityStatus.PLANNED)
        .where(Activity.day >= first, Activity.day <= last)
    )
    often = (
        select(Assignment.person_id, Activity.day)
        .join(Activity, Activity.id == Assignment.activity_id)
        .where(Assignment.state.in_(TAKING_PART), Activity.status == ActivityStatus.PLANNED)
        .where(Activity.day >= first, Activity.day <= last)
        .group_by(Assignment.person_id, Activity.day)
        .having(func.count() > 1)
        .subquery()
    )
    rows = rows.join(often, (often.c.person_id == Assignment.person_id) & (often.c.day == Activity.day))
    known: dict[ActivityId, Booked] = {each.activity_id: each for each in booked if each.activity_id}
    assigned: dict[PersonId, list[Booked]] = defaultdict(list)
    for person_id, activity_id, _ in session.execute(rows):
        if activity_id in known:
            assigned[person_id].append(known[activity_id])
    return assigned


def _with_names(session: Session, conflicts: Sequence[Conflict]) -> tuple[Conflict, ...]:
    campaigns = _names(
        session, Campaign.id, Campaign.name, {i for each in conflicts for i in each.campaign_ids}
    )
    people = _names(session, Person.id, Person.name, {i for each in conflicts for i in each.person_ids})
    teams = _names(session, Team.id, Team.name, {each.team_id for each in conflicts if each.team_id})
    return tuple(
        replace(
            each,
            campaigns=tuple(campaigns[campaign] for campaign in each.campaign_ids),
            people=tuple(people[person] for person in each.person_ids),
            team=None if each.team_id is None else teams[each.team_id],
        )
        for each in conflicts
    )


def _names(session: Session, id_column: Any, name_column: Any, ids: Collection[int]) -> dict[int, str]:
    # Any: the columns of any of the three tables
    if not ids:
        return {}
    return dict(session.execute(select(id_column, name_column).where(id_column.in_(ids))).all())
