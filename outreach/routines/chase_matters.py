"""Every morning: tell coordinators which answers and which tasks of cases are overdue."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.timezones import local_day
from calendars.workdays import Workdays
from models import Matter
from models.enums import AWAITING_ANSWER, MatterFace, NoticeKind
from outreach import cases, notices, suggestions
from outreach.clockwork import Changed, Moment
from outreach.holidays import workdays
from outreach.house_rules import house_rules
from outreach.notices import Owed
from outreach.permissions import EVERYWHERE

TOLD_WITHIN: Final = timedelta(days=180)
"""Whoever takes in the records of years is not told of what was never answered then; it stands on the pages."""
_STAYS_NEWS: Final = timedelta(days=3)


def chase_matters(session: Session, moment: Moment) -> Changed:
    """Tell the coordinators of its unit that a suggestion has no answer in time, at once and then every few working
    days, counted from when the department was last asked; and once of each task of a case that is not done in time.

    Nothing is marked as chased by this: somebody calls the department, and notes it.
    """
    late_suggestions, late_cases = list(_suggestions(session, moment)), list(_cases(session, moment))
    return Changed(
        {
            "late_suggestions": notices.owe(session, late_suggestions, now=moment.now),
            "late_cases": notices.owe(session, late_cases, now=moment.now),
        }
    )


def _suggestions(session: Session, moment: Moment) -> Iterator[Owed]:
    late = session.scalars(
        select(Matter).where(
            Matter.face == MatterFace.SUGGESTION,
            Matter.closed_on.is_(None),
            Matter.status.in_(AWAITING_ANSWER),
            Matter.unit_id.is_not(None),
            Matter.due_at <= moment.now,
            Matter.due_at > moment.now - TOLD_WITHIN,
        )
    ).all()
    chased = suggestions.chased_of(session, [matter.id for matter in late])
    coordinators = notices.coordinators_of(
        session, {matter.unit_id for matter in late if matter.unit_id is not None}, on=moment.today
    )
    every, calendar = house_rules(session).suggestions.chase_every_workdays, workdays(session)

    @cache
    def turns_since(day: date) -> int:
        return _workdays_after(day, moment.today, calendar) // every

    for matter in late:
        assert matter.due_at is not None
        assert matter.unit_id is not None
        due_on = local_day(matter.due_at - timedelta(microseconds=1), moment.zone)
        since = max(due_on, chased[matter.id][1]) if matter.id in chased else due_on
        turn = turns_since(since)
        if turn == 0 and since > due_on:
            continue  # Somebody has asked for it lately.
        for person_id in coordinators[matter.unit_id]:
            yield Owed(
                key=f"suggestion_overdue/m{matter.id}/{since:%Y%m%d}/{turn}/p{person_id}",
                person_id=person_id,
                kind=NoticeKind.SUGGESTION_OVERDUE,
                due_at=moment.now,
                expires_at=moment.now + _STAYS_NEWS,
                matter_id=matter.id,
            )


def _cases(session: Session, moment: Moment) -> Iterator[Owed]:
    late = [
        each
        for each in cases.overdue(session, within=EVERYWHERE, now=moment.now)
        if each.unit_id is not None and each.due_at > moment.now - TOLD_WITHIN
    ]
    units = {each.unit_id for each in late if each.unit_id is not None}
    coordinators = notices.coordinators_of(session, units, on=moment.today)
    for each in late:
        assert each.unit_id is not None
        about = each.task or _instant(each.due_at)
        for person_id in coordinators[each.unit_id]:
            yield Owed(
                key=f"case_overdue/m{each.matter_id}/{about}/p{person_id}",
                person_id=person_id,
                kind=NoticeKind.CASE_OVERDUE,
                due_at=moment.now,
                expires_at=moment.now + _STAYS_NEWS,
                matter_id=each.matter_id,
            )


def _instant(due_at: datetime) -> str:
    return f"{due_at:%Y%m%d%H%M}"


def _workdays_after(first: date, last: date, calendar: Workdays) -> int:
    """The working days after one day, up to and including another."""
    days = range(1, (last - first).days + 1)
    return sum(calendar.is_workday(first + timedelta(day)) for day in days)
