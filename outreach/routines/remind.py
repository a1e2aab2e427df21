"""Every few minutes: owe those who take part their reminders."""

from sqlalchemy.orm import Session

from outreach.clockwork import Changed, Moment
from outreach.house_rules import house_rules
from outreach.notices.reminding import owe_reminders


def remind(session: Session, moment: Moment) -> Changed:
    """Write down the reminders that are due by now; delivering them is another job's."""
    rules = house_rules(session).notices
    return Changed({"notices_owed": owe_reminders(session, rules, now=moment.now, zone=moment.zone)})
