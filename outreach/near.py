"""Today, and where people are missing in the days that follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from models import Activity
from outreach.agenda import IN_ORDER, AgendaItem, DayAgenda, items_of
from outreach.permissions import Reach
from outreach.remembered import minute_begun, remembered
from outreach.standings import MADE_OF, Standing, happening, standings, stands


@dataclass(frozen=True, slots=True)
class Near:
    """Today, and where people are missing within the days that follow: in all, at how many activities, and the first of
    these."""

    today: DayAgenda
    short: int
    short_activities: int
    first_short: Sequence[AgendaItem]


def near(
    session: Session,
    within: Reach,
    *,
    today: date,
    now: datetime,
    days: int,
    today_shown: int,
    short_shown: int,
) -> Near:
    """What happens today, and where people are missing from today on for so many days, today included.

    As of the minute that has begun; of all that is counted only what is shown is read.
    """
    minute = minute_begun(now)
    question = ("near", within, today, minute, days, today_shown, short_shown)

    def answer() -> Near:
        return _near(session, within, today, minute, days, today_shown, short_shown)

    return remembered(session, question, answer, made_of=MADE_OF)


def _near(
    session: Session,
    within: Reach,
    today: date,
    now: datetime,
    days: int,
    today_shown: int,
    short_shown: int,
) -> Near:
    last = today + timedelta(days=days - 1)
    found = standings(session, within, first=today, last=last, today=today, now=now)
    lacking = sorted(
        (each for each in found.groups if each.standing is Standing.SHORT), key=lambda each: each.day
    )
    of_today = select(Activity.id).where(happening(within, today, today))
    shown = [select(of_today.order_by(*IN_ORDER).limit(today_shown).subquery())]
    if lacking:
        short = select(Activity.id).where(
            happening(within, today, last),
            Activity.day >= lacking[0].day,
            stands(Standing.SHORT, today=today, now=now),
        )
        shown.append(select(short.order_by(*IN_ORDER).limit(short_shown).subquery()))
    read = items_of(session, union_all(*shown), found.places.of, today=today, now=now)
    items = [item for item, _ in read]
    return Near(
        today=DayAgenda(
            today,
            sum(each.count for each in found.groups if each.day <= today),
            [item for item in items if item.day <= today][:today_shown],
        ),
        short=sum(each.short for each in lacking),
        short_activities=sum(each.count for each in lacking),
        first_short=[item for item in items if item.short][:short_shown],
    )
