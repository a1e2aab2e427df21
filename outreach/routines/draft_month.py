"""On the first of a month: lay the month before ready for checking."""

from sqlalchemy.orm import Session

from calendars.periods import Period, month_before, month_of
from calendars.timezones import local_day
from models.enums import NoticeKind
from outreach import closing
from outreach.clockwork import Changed, Moment
from outreach.holidays import workdays
from outreach.house_rules import house_rules
from outreach.notices import owe
from outreach.routines.close_month import months_told


def draft_month(session: Session, moment: Moment) -> Changed:
    """Draft the month that ended when the slot came due, however late that is done, and let the coordinators know."""
    month = month_of(month_before(local_day(moment.slot, moment.zone)))
    units = closing.draft_month(session, month, now=moment.now)
    return Changed(
        {"month": str(month), "units": units, "told": _tell(session, month, moment) if units else 0}
    )


def _tell(session: Session, month: Period, moment: Moment) -> int:
    told = 0
    for waiting in closing.open_months(session):
        if waiting.month == month:
            closes = closing.closes_at(
                month,
                drafted_at=waiting.drafted_at,
                rules=house_rules(session).months,
                workdays=workdays(session),
                zone=moment.zone,
            )
            owed = months_told(session, waiting.open, waiting, NoticeKind.MONTH_DRAFTED, moment, closes)
            told += owe(session, owed, now=moment.now)
    return told
