"""Asking once more by hand for an outcome that nobody told: whom, how often, and who may."""

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import select

from models import Activity, Notice
from models.enums import AccountRole, ActivityStatus, NoticeKind
from outreach.clockwork import Moment
from outreach.errors import Forbidden, NotFound
from outreach.permissions import CONSOLE, Actor, Right
from outreach.questions import Asked, ask_once_more, asked_about
from outreach.routines.chase_outcomes import chase_outcomes
from tests.outreach.county import ZONE, County
from tests.outreach.test_agenda import an_activity

THE_DAY = date(2026, 9, 16)
NEXT_DAY = date(2026, 9, 17)


@pytest.fixture
def county(session):
    return County(session)


@pytest.fixture
def visit(county):
    """An activity of a Wednesday that somebody leads who can be written to."""
    county.leader = county.person("volunteer")
    county.leader.email = "leader@example.org"
    activity = an_activity(county, county.campaign(f"DATES:{THE_DAY}"), THE_DAY)
    county.assign(activity, county.leader).role = "leader"
    county.session.flush()
    return activity


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZONE).astimezone(UTC)


def ask(county: County, activity: Activity, day: date = NEXT_DAY, by: Actor = CONSOLE) -> int:
    return ask_once_more(county.session, [activity.id], by=by, today=day, now=noon(day), zone=ZONE)


def test_whoever_led_is_asked_once_a_day_however_often_it_is_pressed(county, visit):
    assert [ask(county, visit), ask(county, visit)] == [1, 0]
    assert ask(county, visit, date(2026, 9, 18)) == 1
    kinds = county.session.scalars(select(Notice.kind).where(Notice.activity_id == visit.id)).all()
    assert kinds == [NoticeKind.RECORD_OUTCOME_AGAIN] * 2


def test_how_often_somebody_was_asked_counts_days_and_names_them(county, visit):
    assert asked_about(county.session, [visit.id], zone=ZONE) == {}
    slot = noon(NEXT_DAY)
    chase_outcomes(county.session, Moment(slot, slot, ZONE))
    ask(county, visit, date(2026, 9, 18))
    assert asked_about(county.session, [visit.id], zone=ZONE) == {visit.id: Asked((county.leader.name,), 2)}


def test_what_was_told_or_is_to_come_is_asked_about_by_nobody(county, visit):
    assert ask(county, visit, date(2026, 9, 15)) == 0
    visit.status = ActivityStatus.HELD
    county.session.flush()
    assert ask(county, visit) == 0


def test_only_who_plans_in_the_unit_may_ask(county, visit):
    other = county.unit("X01", county.root)
    viewer = Actor("viewer", rights=(Right(AccountRole.VIEWER, visit.unit_id),))
    stranger = Actor("stranger", rights=(Right(AccountRole.COORDINATOR, other.id),))
    with pytest.raises(Forbidden):
        ask(county, visit, by=viewer)
    with pytest.raises(NotFound):
        ask(county, visit, by=stranger)
    assert asked_about(county.session, [visit.id], zone=ZONE) == {}
