"""Proposing people every night."""

from datetime import timedelta

from sqlalchemy.orm import Session

from outreach.clockwork import Moment
from outreach.house_rules import change_house_rules
from outreach.permissions import CONSOLE
from outreach.routines.propose_people import propose_people
from tests.outreach.assignment.staff import SOON, Staff
from tests.outreach.county import NOW, TODAY, ZONE

MOMENT = Moment(slot=NOW, now=NOW, zone=ZONE)


def test_a_night_fills_the_days_that_the_house_rules_name_and_the_next_finds_nothing(
    session: Session,
) -> None:
    county = Staff(session)
    county.volunteer(code="V1")
    near, far = county.work(2), county.work(day=TODAY + timedelta(days=31))
    assert str(propose_people(session, MOMENT)) == "places=2 filled=1 unfilled=1"
    assert str(propose_people(session, MOMENT)) == "places=1 filled=0 unfilled=1"
    assert (county.on(near), county.on(far)) == ({"V1": "proposed"}, {})

    change_house_rules(session, {"assignment.window_days": 31}, by=CONSOLE, now=NOW)
    assert propose_people(session, MOMENT).counts["filled"] == 1
    assert county.on(far) == {"V1": "proposed"}


def test_a_slot_that_is_done_late_asks_nobody_to_what_is_past(session: Session) -> None:
    county = Staff(session)
    county.volunteer()
    activity = county.work()
    late = NOW + timedelta(days=(SOON - TODAY).days + 1)
    assert propose_people(session, Moment(NOW, late, ZONE)).counts["places"] == 0
    assert county.on(activity) == {}
