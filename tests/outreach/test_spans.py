"""A span of days counted by the database: the same figures as the agenda's, of which few rows are read."""

from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Place
from models.enums import ActivityStatus, AssignmentState
from outreach.agenda import agenda
from outreach.permissions import EVERYWHERE, Reach
from outreach.spans import SpanAsked, Standing, span, teams_of_span
from tests.outreach.county import NOW, TODAY, County
from tests.outreach.test_agenda import an_activity

FIRST = date(2026, 8, 31)
LAST = date(2026, 10, 4)
SEPTEMBER = (date(2026, 9, 1), date(2026, 9, 30))


@pytest.fixture
def county(session):
    return County(session)


def of(county, **options):
    return span(
        county.session,
        options.pop("within", EVERYWHERE),
        first=FIRST,
        last=LAST,
        today=TODAY,
        now=NOW,
        **{"per_day": 3, **options},
    )


roles = st.dictionaries(st.sampled_from(["any", "leader", "driver"]), st.integers(1, 3), max_size=3)
activity_drawn = st.fixed_dictionaries(
    {
        "day": st.integers(-3, 36),
        "lasts": st.integers(0, 3),
        "hour": st.sampled_from([None, 0, 8, 15]),
        "status": st.sampled_from(list(ActivityStatus)),
        "own": roles,
        "taken": st.lists(
            st.tuples(st.sampled_from(["any", "leader"]), st.sampled_from(list(AssignmentState))), max_size=5
        ),
        "campaign": st.integers(0, 1),
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(activity_drawn, max_size=9), needs=st.lists(roles, min_size=2, max_size=2))
def test_the_figures_are_those_of_the_agenda(session, drawn, needs):
    with rolled_back(session):
        compare(session, drawn, needs)


@contextmanager
def rolled_back(session):
    outer = session.begin_nested()
    try:
        yield
    finally:
        outer.rollback()


def compare(session, drawn, needs):
    county = County(session)
    kinds = ("study", "health")
    campaigns = [county.campaign("DATES:2026-09-01", kind=kinds[each]) for each in range(2)]
    for campaign, needed in zip(campaigns, needs, strict=True):
        session.add_all(Place(campaign_id=campaign.id, role=r, needed=n) for r, n in needed.items())
    people = [county.person("volunteer") for _ in range(5)]
    for each in drawn:
        day = FIRST + timedelta(days=each["day"])
        whole = each["hour"] is None
        activity = an_activity(
            county,
            campaigns[each["campaign"]],
            day,
            each["hour"],
            last_day=day + timedelta(days=each["lasts"] if whole else 0),
            status=each["status"],
            reason="雨" if each["status"] is ActivityStatus.CANCELLED else None,
        )
        session.add_all(Place(activity_id=activity.id, role=r, needed=n) for r, n in each["own"].items())
        for person, (role, state) in zip(people, each["taken"], strict=False):
            county.assign(activity, person, state).role = role
    session.flush()
    options = {"first": FIRST, "last": LAST, "today": TODAY, "now": NOW}
    wanted = agenda(session, EVERYWHERE, per_day=2, **options)
    found = span(session, EVERYWHERE, per_day=2, look_at=date(2026, 9, 15), **options)
    assert (found.activities, found.cancelled, found.short, found.awaiting) == (
        wanted.activities,
        wanted.cancelled,
        wanted.short,
        wanted.awaiting,
    )
    assert [(each.day, each.count) for each in found.days] == [(d.day, d.count) for d in wanted.days]
    assert [[item.id for item in each.items] for each in found.days] == [
        [item.id for item in each.items] for each in wanted.days
    ]
    assert [[(i.short, i.needed) for i in each.items] for each in found.days] == [
        [(i.short, i.needed) for i in each.items] for each in wanted.days
    ]
    assert sum(found.kinds.values()) == found.activities + found.cancelled
    assert sum(found.standings.values()) == found.activities + found.cancelled
    of_kind = span(session, EVERYWHERE, per_day=2, asked=SpanAsked(kind="health"), **options)
    assert of_kind.activities + of_kind.cancelled == found.kinds.get("health", 0)
    assert of_kind.kinds == found.kinds
    for standing in Standing:
        so = span(session, EVERYWHERE, per_day=9, asked=SpanAsked(standing=standing), **options)
        assert sum(len(day.items) for day in so.days) == found.standings.get(standing, 0)


def test_a_day_gives_its_first_and_the_day_looked_at_all_with_people(county):
    campaign = county.campaign("DATES:2026-09-17")
    made = [an_activity(county, campaign, date(2026, 9, 17), 8 + each) for each in range(5)]
    who = county.person("volunteer")
    county.assign(made[4], who)
    found = of(county, look_at=date(2026, 9, 17))
    day = found.days[17]
    assert (day.day, day.count) == (date(2026, 9, 17), 5)
    assert [item.id for item in day.items] == [each.id for each in made[:3]]
    assert [item.id for item in found.looked_at.items] == [each.id for each in made]
    assert [person.name for person in found.looked_at.items[4].people] == [who.name]


def test_the_figures_may_be_of_fewer_days_than_are_shown(county):
    campaign = county.campaign("DATES:2026-09-17")
    an_activity(county, campaign, date(2026, 8, 31))
    an_activity(county, campaign, date(2026, 10, 1))
    an_activity(county, campaign, date(2026, 8, 31), None, last_day=date(2026, 9, 2))
    found = of(county, counted=SEPTEMBER)
    assert found.activities == 1
    assert [day.count for day in found.days if day.count] == [2, 1]


def test_other_units_stay_out_and_a_team_can_be_asked_for(county):
    village = county.unit("X01", county.root)
    team = county.team()
    theirs = county.campaign("DATES:2026-09-17", team_id=team.id)
    own = an_activity(county, theirs, date(2026, 9, 17))
    an_activity(county, county.campaign("DATES:2026-09-17"), date(2026, 9, 17))
    an_activity(county, county.campaign("DATES:2026-09-17", unit_id=village.id), date(2026, 9, 17))
    shown = of(county, within=Reach(frozenset({county.root.id})), asked=SpanAsked(team_id=team.id))
    assert [item.id for day in shown.days for item in day.items] == [own.id]
    assert of(county, within=Reach(frozenset({village.id}))).activities == 1
    teams = teams_of_span(county.session, EVERYWHERE, first=FIRST, last=LAST)
    assert [team_id for team_id, _, _ in teams] == [team.id]
    nothing = teams_of_span(county.session, Reach(frozenset({village.id})), first=FIRST, last=LAST)
    assert nothing == []
