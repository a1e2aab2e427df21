"""Every morning: ask for the outcomes that nobody has told, and let what stays untold be missed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from calendars.timezones import at
from models import Activity, Assignment, AuditEntry, Campaign, Notice, Person
from models.base import ActivityId
from models.database import in_batches
from models.enums import (
    TAKING_PART,
    ActivityStatus,
    AuditAction,
    CampaignStatus,
    NoticeKind,
    ScheduleForm,
)
from outreach.agenda import OWED_FOR_DAYS
from outreach.clockwork import Changed, Moment
from outreach.feed_versions import activities_changed
from outreach.holidays import workdays
from outreach.house_rules import house_rules
from outreach.notices import Owed, coordinators_of, owe
from outreach.notices.occasions import QUESTIONS
from outreach.notices.owing import OPEN, let_go
from outreach.permissions import CLOCKWORK
from outreach.questions import Untold, question, who_is_asked

TOLD_WITHIN: Final = timedelta(days=60)
"""Coordinators are told of what was missed lately; what is older stands on their pages."""
_TELLING_LASTS: Final = timedelta(days=7)
_UNTOLD: Final = (ActivityStatus.PLANNED, ActivityStatus.MISSED)


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
        "via": CLOCKWORK.via,
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
            yield question(
                each, person_id, NoticeKind.OUTCOME_MISSED, now=moment.now, until=moment.now + _TELLING_LASTS
            )


# --- asking -----------------------------------------------------------------------------------------------------------


def _ask(
    session: Session,
    untold: Sequence[Untold],
    kind: NoticeKind,
    until: Callable[[Untold], date],
    moment: Moment,
) -> int:
    """Ask whoever led each activity, until a day begins; for how many people and activities that is new."""
    asked = who_is_asked(session, untold, today=moment.today, now=moment.now)
    return owe(
        session,
        (
            question(each, person_id, kind, now=moment.now, until=at(until(each), time.min, moment.zone))
            for each in untold
            for person_id in asked[each.id]
        ),
        now=moment.now,
    )


def _let_go_of_answered(session: Session, *, today: date) -> int:
    """Questions not asked yet about what was told, called off or put off meanwhile; how many."""
    answered = exists().where(
        Activity.id == Notice.activity_id,
        or_(Activity.status.not_in(_UNTOLD), Activity.last_day >= today),
    )
    return let_go(session, and_(Notice.kind.in_(QUESTIONS), Notice.state.in_(OPEN), answered))
