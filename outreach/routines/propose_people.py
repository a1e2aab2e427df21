"""Every night, after the plan: propose people for the places that are open."""

from sqlalchemy.orm import Session

from outreach import assignment
from outreach.clockwork import Changed, Moment
from outreach.permissions import CLOCKWORK


def propose_people(session: Session, moment: Moment) -> Changed:
    """Fill what can be filled in the days ahead that the house rules name."""
    report = assignment.propose_people(
        session,
        today=moment.today,
        through=assignment.window_end(session, moment.today),
        zone=moment.zone,
        by=CLOCKWORK,
        now=moment.now,
    )
    open_still = sum(each.places for each in report.unfilled)
    return Changed({"places": report.places, "filled": report.filled, "unfilled": open_still})
