"""On the first of a month: lay the month before ready for checking."""

from sqlalchemy.orm import Session

from calendars.periods import month_before, month_of
from calendars.timezones import local_day
from outreach import closing
from outreach.clockwork import Changed, Moment


def draft_month(session: Session, moment: Moment) -> Changed:
    """Draft the month that ended when the slot came due, however late that is done."""
    month = month_of(month_before(local_day(moment.slot, moment.zone)))
    return Changed({"month": str(month), "units": closing.draft_month(session, month, now=moment.now)})
