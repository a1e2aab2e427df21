"""Asking for the outcome of what is over: who is asked, how often that was done, and asking once more by hand."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.timezones import at, local_day
from models import Activity, Assignment, Campaign, Notice, Person, Tie
from models.base import ActivityId, PersonId, TeamId, UnitId
from models.database import in_batches
from models.enums import TAKING_PART, ActivityStatus, AuditAction, NoticeKind, NoticeState, TieKind
from outreach.assignment.places import LEADER_ROLE
from outreach.audit import note
from outreach.notices import Owed, coordinators_of, owe
from outreach.notices.recipients import recipients
from outreach.permissions import Actor, Deed, expect, reach

ASKS: Final = (NoticeKind.RECORD_OUTCOME, NoticeKind.RECORD_OUTCOME_AGAIN)
"""What asks for an outcome; the third notice of this kind only tells that it was missed."""
_UNTOLD: Final = (ActivityStatus.PLANNED, ActivityStatus.MISSED)


@dataclass(frozen=True, slots=True)
class Untold:
    """An activity that is over and of which nothing was told."""

    id: ActivityId
    day: date
    last_day: date
    unit_id: UnitId
    team_id: TeamId | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked for an outcome, by name, and on how many days that was."""

    names: Sequence[str]
    times: int


def who_is_asked(
    session: Session, untold: Sequence[Untold], *, today: date, now: datetime
) -> Mapping[ActivityId, Sequence[PersonId]]:
    """Who is asked for the outcome: who led it, else who leads the team, else the unit's coordinators.

    Somebody who is not told anything (any more) is passed over.
    """
    led = _who_led(session, [each.id for each in untold])
    team = _team_leaders(session, {each.team_id for each in untold if each.team_id}, on=today)
    known = {person for people in (*led.values(), *team.values()) for person in people}
    told = recipients(session, known, now=now).keys()
    found: dict[ActivityId, Sequence[PersonId]] = {}
    for each in untold:
        of_team = team.get(each.team_id, ()) if each.team_id is not None else ()
        found[each.id] = [p for p in led.get(each.id, ()) if p in told] or [p for p in of_team if p in told]
    unled = {each.unit_id for each in untold if not found[each.id]}
    coordinators = coordinators_of(session, unled, on=today)
    return {each.id: found[each.id] or coordinators[each.unit_id] for each in untold}


def question(
    each: Untold, person_id: PersonId, kind: NoticeKind, *, now: datetime, until: datetime, again: str = ""
) -> Owed:
    """A question about an activity, with its day in the key: what was put off and is over once more is asked about
    once more. `again` tells questions apart that are asked by hand."""
    return Owed(
        key=f"{kind.value}/a{each.id}/{each.day.isoformat()}/p{person_id}{again}",
        person_id=person_id,
        kind=kind,
        due_at=now,
        expires_at=until,
        activity_id=each.id,
    )


def ask_once_more(
    session: Session,
    activity_ids: Sequence[ActivityId],
    *,
    by: Actor,
    today: date,
    now: datetime,
    zone: ZoneInfo,
) -> int:
    """Ask for the outcomes of these activities now, until the evening of tomorrow; of how many people that is new.

    Once a day, however often it is pressed. What was told of meanwhile is passed over. Raises Forbidden for a unit
    that the actor sees but does not plan in, and NotFound for one outside.
    """
    untold = _untold(session, activity_ids, by=by, today=today)
    asked = who_is_asked(session, untold, today=today, now=now)
    until = at(today + timedelta(days=2), time.min, zone)
    count = owe(
        session,
        (
            question(
                each, person_id, NoticeKind.RECORD_OUTCOME_AGAIN, now=now, until=until, again=f"/{today}"
            )
            for each in untold
            for person_id in asked[each.id]
        ),
        now=now,
    )
    for each in untold:
        note(session, by, AuditAction.CHANGED, Activity.__tablename__, each.id, now=now, reason="asked again")
    return count


def asked_about(
    session: Session, activity_ids: Collection[ActivityId], *, zone: ZoneInfo
) -> Mapping[ActivityId, Asked]:
    """Who was asked for the outcomes of these activities until now; those that nobody was asked about are left out."""
    names: dict[ActivityId, list[str]] = defaultdict(list)
    days: dict[ActivityId, set[date]] = defaultdict(set)
    for some in in_batches(sorted(activity_ids)):
        rows = session.execute(
            select(Notice.activity_id, Person.name, Notice.due_at)
            .join(Person, Person.id == Notice.person_id)
            .where(
                Notice.activity_id.in_(some),
                Notice.kind.in_(ASKS),
                Notice.state != NoticeState.EXPIRED,
            )
            .order_by(Notice.id)
        )
        for activity_id, name, due_at in rows:
            if activity_id is not None:
                names[activity_id].append(name)
                days[activity_id].add(local_day(due_at, zone))
    return {each: Asked(tuple(dict.fromkeys(names[each])), len(days[each])) for each in names}


def _untold(session: Session, activity_ids: Sequence[ActivityId], *, by: Actor, today: date) -> list[Untold]:
    within = reach(session, by, Deed.PLAN, on=today)
    found = []
    for some in in_batches(sorted(activity_ids)):
        rows = session.execute(
            select(Activity.id, Activity.day, Activity.last_day, Activity.unit_id, Campaign.team_id)
            .join(Campaign, Campaign.id == Activity.campaign_id)
            .where(Activity.id.in_(some), Activity.status.in_(_UNTOLD), Activity.last_day <= today)
            .order_by(Activity.id)
        )
        found += [Untold(*row) for row in rows]
    for each in found:
        if each.unit_id not in within:
            expect(session, by, Deed.PLAN, each.unit_id, on=today)
    return found


def _who_led(session: Session, ids: Collection[ActivityId]) -> Mapping[ActivityId, Sequence[PersonId]]:
    led: dict[ActivityId, list[PersonId]] = defaultdict(list)
    for some in in_batches(ids):
        rows = session.execute(
            select(Assignment.activity_id, Assignment.person_id)
            .where(
                Assignment.activity_id.in_(some),
                Assignment.role == LEADER_ROLE,
                Assignment.state.in_(TAKING_PART),
            )
            .order_by(Assignment.id)
        )
        for activity_id, person_id in rows:
            led[activity_id].append(person_id)
    return led


def _team_leaders(
    session: Session, teams: Collection[TeamId], *, on: date
) -> Mapping[TeamId, Sequence[PersonId]]:
    leaders: dict[TeamId, list[PersonId]] = defaultdict(list)
    for some in in_batches(sorted(teams)):
        rows = session.execute(
            select(Tie.object_team_id, Tie.subject_person_id)
            .where(
                Tie.kind == TieKind.LEADERSHIP,
                Tie.object_team_id.in_(some),
                Tie.since <= on,
                Tie.until >= on,
            )
            .order_by(Tie.id)
        )
        for team_id, person_id in rows:
            if team_id is not None and person_id is not None:
                leaders[team_id].append(person_id)
    return leaders
