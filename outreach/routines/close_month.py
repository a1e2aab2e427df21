"""Every quarter of an hour: close the months whose time has come, after a last word to those who have not signed."""

import logging
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.timezones import at, local_day
from models import Unit
from models.base import PersonId, UnitId
from models.enums import NoticeKind
from outreach import closing
from outreach.clockwork import Changed, Moment, Trouble
from outreach.closing import OpenMonth, closes_at
from outreach.holidays import workdays
from outreach.house_rules import house_rules
from outreach.notices import Owed, coordinators_of, owe
from outreach.permissions import CLOCKWORK

log = logging.getLogger(__name__)

_TELLING_LASTS: Final = timedelta(days=7)


def close_month(session: Session, moment: Moment) -> Changed:
    """Close every drafted month that is due, the earliest first, for the units that nobody closed themselves; what
    nobody signed is closed unsigned. One working day before, the coordinators of unsigned units are told.

    A unit whose month cannot be closed keeps its later months open too, and no other unit from closing.
    """
    rules, calendar = house_rules(session), workdays(session)
    units, reminded, failed = 0, 0, set[UnitId]()
    troubles: list[Trouble] = []
    for waiting in closing.open_months(session):
        closes = closes_at(
            waiting.month,
            drafted_at=waiting.drafted_at,
            rules=rules.months,
            workdays=calendar,
            zone=moment.zone,
        )
        if closes <= moment.now:
            units += _close(session, waiting, failed, troubles, moment)
            continue
        day_before = calendar.shift_workdays(local_day(closes, moment.zone), -1)
        if at(day_before, rules.notices.remind_at, moment.zone) <= moment.now:
            owed = months_told(session, waiting.unsigned, waiting, NoticeKind.MONTH_UNSIGNED, moment, closes)
            reminded += owe(session, owed, now=moment.now)
    return Changed({"closed": units, "reminded": reminded}, troubles)


def _close(
    session: Session, waiting: OpenMonth, failed: set[UnitId], troubles: list[Trouble], moment: Moment
) -> int:
    """Close one month for all units, each in a savepoint of its own; how many units were closed."""
    units = 0
    for unit_id in waiting.tops:
        if unit_id in failed:
            continue
        try:
            with session.begin_nested():
                closed = closing.close_month(
                    session, waiting.month, unit_id, by=CLOCKWORK, today=moment.today, now=moment.now
                )
        except Exception as error:
            log.exception("month %s of unit %s cannot be closed", waiting.month, unit_id)
            failed.add(unit_id)
            troubles.append(_trouble(session, waiting, unit_id, error))
        else:
            units += closed.units
    if units:
        closed_now = waiting.open - closing.units_still_open(session, waiting.month)
        until = moment.now + _TELLING_LASTS
        owed = months_told(session, closed_now, waiting, NoticeKind.MONTH_CLOSED, moment, until)
        owe(session, owed, now=moment.now)
    return units


def months_told(
    session: Session,
    units: Collection[UnitId],
    waiting: OpenMonth,
    kind: NoticeKind,
    moment: Moment,
    until: datetime,
) -> Iterator[Owed]:
    """What the coordinators of units are told of a month, each once, until an instant."""
    people: Counter[PersonId] = Counter()
    unsigned: Counter[PersonId] = Counter()
    for unit_id, coordinators in coordinators_of(session, units, on=moment.today).items():
        people.update(coordinators)
        unsigned.update(coordinators if unit_id in waiting.unsigned else ())
    for person_id in people:
        yield Owed(
            key=f"{kind.value}/{waiting.month}/p{person_id}",
            person_id=person_id,
            kind=kind,
            due_at=moment.now,
            expires_at=until,
            words={
                "month": str(waiting.month),
                "units": people[person_id],
                "unsigned": unsigned[person_id],
            },
        )


def _trouble(session: Session, waiting: OpenMonth, unit_id: UnitId, error: Exception) -> Trouble:
    name = session.scalar(select(Unit.name).where(Unit.id == unit_id)) or ""
    why = type(error).__name__
    return Trouble(
        "clockwork.trouble_month_not_closed", {"unit": name, "month": str(waiting.month), "why": why}
    )
