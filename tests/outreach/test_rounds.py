"""Rounds: open visits put on one day, one after another, with the same people; and the way back."""

from datetime import date, datetime, time

import pytest
from sqlalchemy import select

from models import Activity, Assignment, AuditEntry, Person, Place
from models.enums import TAKING_PART, AccountRole
from outreach import rounds
from outreach.assignment import When
from outreach.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from outreach.permissions import CONSOLE, Actor, Right
from outreach.rounds import MOST_VISITS, Stop
from tests.outreach.county import NOW, TODAY, ZONE, County

DAY = date(2026, 9, 18)


@pytest.fixture
def county(session):
    """Three people whose visits are due, and three volunteers of the campaign's team."""
    county = County(session)
    county.old = [county.person("retiree", since=date(2026, 1, day)) for day in (1, 2, 3)]
    county.volunteers = [county.person("volunteer") for _ in range(3)]
    team = county.team(*county.volunteers)
    campaign = county.campaign("CADENCE:P30D", serves=county.old, team_id=team.id, start_time=time(9))
    session.add(Place(campaign_id=campaign.id, needed=2))
    county.plan()
    return county


def stops(county):
    return [Stop(each.id, each.version) for each in county.planned()]


def make(county, chosen=None, *people, by=CONSOLE, **options):
    told = {"day": DAY, "first_at": time(9, 30), "minutes": 40, **options}
    return rounds.make_round(
        county.session,
        stops(county) if chosen is None else chosen,
        people=[each.code for each in people],
        by=by,
        today=TODAY,
        now=NOW,
        zone=ZONE,
        **told,
    )


def undo(county, made):
    rounds.take_apart(county.session, made, by=CONSOLE, today=TODAY, now=NOW, zone=ZONE)


def going(county, activity):
    rows = select(Person.code).join(Assignment, Assignment.person_id == Person.id)
    return set(
        county.session.scalars(
            rows.where(Assignment.activity_id == activity.id, Assignment.state.in_(TAKING_PART))
        )
    )


def test_the_visits_follow_one_another_on_the_day_and_the_same_people_go(county):
    one, other, _ = county.volunteers
    make(county, None, one, other)
    visits = county.planned()
    assert [each.starts_at.astimezone(ZONE) for each in visits] == [
        datetime(2026, 9, 18, 9, 30, tzinfo=ZONE),
        datetime(2026, 9, 18, 10, 10, tzinfo=ZONE),
        datetime(2026, 9, 18, 10, 50, tzinfo=ZONE),
    ]
    assert [going(county, each) for each in visits] == [{one.code, other.code}] * 3
    assert {each.plan_key for each in visits} == {f"p{each.id}" for each in county.old}


def test_without_a_time_of_day_they_are_whole_days(county):
    make(county, first_at=None)
    assert {(each.day, each.last_day, each.starts_at) for each in county.planned()} == {(DAY, DAY, None)}


def test_undone_every_visit_stands_as_before_and_the_planner_has_it_again(county):
    before = [(a.day, a.starts_at, a.ends_at, a.by_hand) for a in county.planned()]
    made = make(county, None, *county.volunteers[:2])
    undo(county, made)
    after = county.planned()
    assert [(a.day, a.starts_at, a.ends_at, a.by_hand) for a in after] == before
    assert [going(county, each) for each in after] == [set()] * 3
    assert county.plan().unchanged == 3


def test_who_went_already_stays_when_the_round_is_undone(county):
    first, helper = county.planned()[0], county.volunteers[2]
    county.assign(first, helper)
    made = make(county, [Stop(first.id)], county.volunteers[0], helper)
    assert made[0].asked == (county.volunteers[0].code,)
    undo(county, made)
    assert going(county, first) == {helper.code}


def test_what_changed_since_it_was_chosen_or_made_is_left_alone(county):
    chosen = stops(county)
    county.assign(county.planned()[1], county.volunteers[0])
    with pytest.raises(Stale):
        make(county, chosen)
    made = make(county)
    county.assign(county.planned()[1], county.volunteers[1])
    with pytest.raises(Stale):
        undo(county, made)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"chosen": []}, "visit"),
        ({"chosen": [Stop(1)] * (MOST_VISITS + 1)}, "visit"),
        ({"day": date(2026, 9, 14)}, "day"),
        ({"first_at": time(22), "minutes": 41}, "first_at"),
        ({"first_at": time(9), "minutes": 301}, "first_at"),
    ],
)
def test_a_round_needs_visits_not_too_many_and_a_day_to_come(county, options, field):
    with pytest.raises(Invalid) as caught:
        make(county, **options)
    assert [each.field for each in caught.value.faults] == [field]


@pytest.mark.parametrize("first_at", [None, time(9, 30), time(23, 20)])
def test_when_the_first_visit_would_be_is_when_it_then_is(county, first_at):
    how = {"day": DAY, "first_at": first_at, "minutes": 40, "today": TODAY, "zone": ZONE}
    visit, when = county.planned()[0], rounds.when_first(**how)
    rounds.make_round(county.session, [Stop(visit.id)], people=(), by=CONSOLE, now=NOW, **how)
    assert When(visit.day, visit.last_day, visit.starts_at, visit.ends_at) == when
    with pytest.raises(Invalid):
        rounds.when_first(**{**how, "day": date(2026, 9, 14)})


def test_a_round_may_last_until_midnight(county):
    make(county, first_at=time(22), minutes=40)
    assert {(each.day, each.last_day) for each in county.planned()} == {(DAY, DAY)}


def test_people_who_are_not_known_are_named(county):
    with pytest.raises(Invalid) as caught:
        rounds.make_round(
            county.session,
            stops(county),
            day=DAY,
            first_at=None,
            minutes=40,
            people=["nobody"],
            by=CONSOLE,
            today=TODAY,
            now=NOW,
            zone=ZONE,
        )
    assert (caught.value.faults[0].field, caught.value.faults[0].values["code"]) == ("person", "nobody")


def test_only_visits_that_are_still_to_be_made_can_be_put_together(county):
    campaign = county.campaign("DATES:2026-09-20")
    county.plan()
    gathering = county.planned(campaign)[0]
    with pytest.raises(NotFound):
        make(county, [Stop(gathering.id)])
    held = county.held(campaign, TODAY, county.old[0], subject_person_id=county.old[0].id)
    with pytest.raises(Conflict):
        make(county, [Stop(held.id)])


def test_rights_are_asked_of_each_visit(county):
    village = county.unit("X01", county.root)
    foreign = Actor("x", rights=(Right(AccountRole.COORDINATOR, village.id),))
    with pytest.raises(NotFound):
        make(county, by=foreign)
    with pytest.raises(Forbidden):
        make(county, by=Actor("x", rights=(Right(AccountRole.VIEWER, county.root.id),)))


def test_the_moves_and_askings_stand_in_the_audit_trail(county):
    make(county, stops(county)[:1], county.volunteers[0])
    tables = county.session.scalars(select(AuditEntry.table_name)).all()
    assert sorted(tables) == [Activity.__tablename__, Assignment.__tablename__]
