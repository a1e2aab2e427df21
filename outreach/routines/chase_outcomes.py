"""Every morning: ask for the outcomes that nobody has told, and let what stays untold be missed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from calendars.timezones import at
from models import Activity, Assignment, AuditEntry, Campaign, Notice, Person, Tie
from models.base import ActivityId, PersonId, TeamId, UnitId
from models.database import in_batches
from models.enums import (
    TAKING_PART,
    ActivityStatus,
    AuditAction,
    CampaignStatus,
    NoticeKind,
    ScheduleForm,
    TieKind,
)
from outreach.agenda import OWED_FOR_DAYS
from outreach.assignment.places import LEADER_ROLE
from outreach.clockwork import Changed, Moment
from outreach.feed_versions import activities_changed
from outreach.holidays import workdays
from outreach.house_rules import house_rules
from outreach.notices import Owed, coordinators_of, owe
from outreach.notices.occasions import QUESTIONS
from outreach.notices.owing import OPEN, let_go
from outreach.notices.recipients import recipients
from outreach.permissions import CLOCKWORK

TOLD_WITHIN: Final = timedelta(days=60)
"""Coordinators are told of what was missed lately; what is older stands on their pages."""
_TELLING_LASTS: Final = timedelta(days=7)
_UNTOLD: Final = (ActivityStatus.PLANNED, ActivityStatus.MISSED)


@dataclass(frozen=True, slots=True)
class Untold:
    """An activity that is over and of which nothing was told."""

    id: ActivityId
    day: date
    last_day: date
    unit_id: UnitId
    team_id: TeamId | None


def chase_outcomes(session: Session, moment: Moment) -> Changed:
    """Ask whoever led what is over and untold, a second time some days later; ten working days after it took place it
    is missed, and the coordinators hear of it. How many days, says the office.

    What is due follows from today alone: after a silence of the machine only the latest question is asked. A missed
    activity can still be told of; then it counts as held.
    """
    rules, calendar, today = house_rules(session).outcomes, workdays(session), moment.today

    @cache
    def too_late_on(last_day: date) -> date:
        return calendar.shift_workdays(last_day, rules.missed_after_workdays) + timedelta(days=1)

    def missed_on(each: Untold) -> date:
        return too_late_on(each.last_day)

    def asked_again_on(each: Untold) -> date:
        return min(each.last_day + timedelta(days=rules.ask_again_after_days), missed_on(each))

    answered = _let_go_of_answered(session, today=today)
    given_up = calendar.shift_workdays(today, -rules.missed_after_workdays)
    lost = _miss(session, before=given_up, today=today, now=moment.now)
    lately = [each for each in lost if each.last_day >= today - TOLD_WITHIN]
    told = owe(session, _tellings(session, lately, moment), now=moment.now)
    last_asked = today - timedelta(days=min(rules.ask_after_days, rules.ask_again_after_days))
    untold = _untold(session, through=last_asked, today=today)
    second = [each for each in untold if asked_again_on(each) <= today]
    first = [each for each in untold if asked_again_on(each) > today]
    return Changed(
        {
            "asked": _ask(session, first, NoticeKind.RECORD_OUTCOME, asked_again_on, moment),
            "asked_again": _ask(session, second, NoticeKind.RECORD_OUTCOME_AGAIN, missed_on, moment),
            "missed": len(lost),
            "told": told,
            "answered": answered,
        }
    )


# --- what is over and untold ------------------------------------------------------------------------------------------


def _over(
    which: ColumnElement[bool], *, on: Any
) -> Select[*tuple[Any, ...]]:  # Any: a day or a column of one
    """Activities that were to take place, with nothing told of them, by their ids.

    Left out are open visits that nobody was asked to, which the planner moves on to today; and what was for somebody
    who had died by `on`, but for the visits that such a case asks for.
    """
    somebody = exists().where(Assignment.activity_id == Activity.id, Assignment.state.in_(TAKING_PART))
    still_to_be_made = and_(
        Campaign.form.in_((ScheduleForm.CADENCE, ScheduleForm.CASE)),
        Activity.plan_key.is_not(None),
        Activity.plan_key.not_like("%@%"),
        Activity.by_hand.is_(False),
        ~somebody,
    )
    frozen = exists().where(Person.id == Activity.subject_person_id, Person.frozen_on <= on)
    return (
        select(Activity.id, Activity.day, Activity.last_day, Activity.unit_id, Campaign.team_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(
            which,
            Activity.status == ActivityStatus.PLANNED,
            Campaign.status != CampaignStatus.DRAFT,
            ~still_to_be_made,
            or_(Activity.matter_id.is_not(None), ~frozen),
        )
        .order_by(Activity.id)
    )


def _untold(session: Session, *, through: date, today: date) -> list[Untold]:
    over = and_(_lately(today, through), Activity.last_day <= through)
    return [Untold(*row) for row in session.execute(_over(over, on=today))]


def _lately(today: date, through: date) -> ColumnElement[bool]:
    """By the first day, which there is an index of: what is older than a year is history."""
    return Activity.day.between(today - timedelta(days=OWED_FOR_DAYS), through)


# --- missed -----------------------------------------------------------------------------------------------------------


def _miss(session: Session, *, before: date, today: date, now: datetime) -> list[Untold]:
    """What took place before a day is missed now. One that somebody is telling of at this moment is left to that."""
    over = and_(_lately(today, before), Activity.last_day < before)
    query = _over(over, on=Activity.last_day).with_for_update(of=Activity, skip_locked=True)
    found = [Untold(*row) for row in session.execute(query)]
    for some in in_batches([each.id for each in found]):
        session.execute(
            update(Activity)
            .where(Activity.id.in_(some), Activity.status == ActivityStatus.PLANNED)
            .values(
                status=ActivityStatus.MISSED,
                version=Activity.version + 1,
                sequence=Activity.sequence + 1,
                changed_at=now,
            )
            .execution_options(synchronize_session=False)
        )
        _note(session, some, now)
    session.expire_all()
    activities_changed(session, [each.id for each in found], now=now)
    return found


def _note(session: Session, ids: Sequence[ActivityId], now: datetime) -> None:
    entry = {
        "at": now,
        "account_id": CLOCKWORK.account_id,
        "action": AuditAction.CHANGED,
        "table_name": Activity.__tablename__,
        "before": {"status": ActivityStatus.PLANNED.value},
        "after": {"status": ActivityStatus.MISSED.value},
    }
    session.execute(insert(AuditEntry), [entry | {"row_id": activity_id} for activity_id in ids])


def _tellings(session: Session, lost: Sequence[Untold], moment: Moment) -> Iterator[Owed]:
    """What the coordinators of the units are told of what was missed."""
    coordinators = coordinators_of(session, {each.unit_id for each in lost}, on=moment.today)
    for each in lost:
        for person_id in coordinators[each.unit_id]:
            yield _owed(each, person_id, NoticeKind.OUTCOME_MISSED, moment, moment.now + _TELLING_LASTS)


# --- asking -----------------------------------------------------------------------------------------------------------


def _ask(
    session: Session,
    untold: Sequence[Untold],
    kind: NoticeKind,
    until: Callable[[Untold], date],
    moment: Moment,
) -> int:
    """Ask whoever led each activity, until a day begins; for how many people and activities that is new."""
    asked = _asked(session, untold, moment)
    return owe(
        session,
        (
            _owed(each, person_id, kind, moment, at(until(each), time.min, moment.zone))
            for each in untold
            for person_id in asked[each.id]
        ),
        now=moment.now,
    )


def _asked(
    session: Session, untold: Sequence[Untold], moment: Moment
) -> Mapping[ActivityId, Sequence[PersonId]]:
    """Who is asked for the outcome: who led it, else who leads the team, else the unit's coordinators.

    Somebody who is not told anything (any more) is passed over.
    """
    led = _who_led(session, [each.id for each in untold])
    team = _team_leaders(session, {each.team_id for each in untold if each.team_id}, on=moment.today)
    known = {person for people in (*led.values(), *team.values()) for person in people}
    told = recipients(session, known, now=moment.now).keys()
    found: dict[ActivityId, Sequence[PersonId]] = {}
    for each in untold:
        of_team = team.get(each.team_id, ()) if each.team_id is not None else ()
        found[each.id] = [p for p in led.get(each.id, ()) if p in told] or [p for p in of_team if p in told]
    unled = {each.unit_id for each in untold if not found[each.id]}
    coordinators = coordinators_of(session, unled, on=moment.today)
    return {each.id: found[each.id] or coordinators[each.unit_id] for each in untold}


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


def _owed(each: Untold, person_id: PersonId, kind: NoticeKind, moment: Moment, until: datetime) -> Owed:
    """With the day in its key: what was put off and is over once more is asked about once more."""
    return Owed(
        key=f"{kind.value}/a{each.id}/{each.day.isoformat()}/p{person_id}",
        person_id=person_id,
        kind=kind,
        due_at=moment.now,
        expires_at=until,
        activity_id=each.id,
    )


def _let_go_of_answered(session: Session, *, today: date) -> int:
    """Questions not asked yet about what was told, called off or put off meanwhile; how many."""
    answered = exists().where(
        Activity.id == Notice.activity_id,
        or_(Activity.status.not_in(_UNTOLD), Activity.last_day >= today),
    )
    return let_go(session, and_(Notice.kind.in_(QUESTIONS), Notice.state.in_(OPEN), answered))
