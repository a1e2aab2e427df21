"""Every minute: hand over what people are owed to be told. How, is the business of `flows.delivering`."""

from sqlalchemy.orm import Session

from outreach.clockwork import Changed, Moment
from outreach.notices.delivering import due_count


def foresee(session: Session, moment: Moment) -> Changed:
    """How many would go now."""
    return Changed({"notices_due": due_count(session, now=moment.now)})
