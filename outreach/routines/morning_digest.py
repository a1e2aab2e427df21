"""Every morning: owe coordinators a list of what needs them."""

from sqlalchemy.orm import Session

from outreach.clockwork import Changed, Moment
from outreach.house_rules import house_rules
from outreach.notices.digest import owe_digests


def morning_digest(session: Session, moment: Moment) -> Changed:
    """Write down today's digests, once their time has come."""
    rules = house_rules(session).notices
    return Changed({"notices_owed": owe_digests(session, rules, now=moment.now, zone=moment.zone)})
