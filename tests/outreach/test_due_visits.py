"""Whom to visit since the interval is over: one list with its counts, over the visits that the planner keeps open."""

from datetime import date

import pytest

from models.enums import CampaignStatus
from outreach import pairing_register
from outreach.dossiers import coming
from outreach.due_visits import Arranged, NextDue, due_visits, open_visits_of
from outreach.people_register import RegisterAsked, dues_of, register
from outreach.permissions import EVERYWHERE, Reach
from tests.outreach.county import TODAY, County

EVERY_MONTH = "CADENCE:P30D"


@pytest.fixture
def county(session):
    return County(session)


def due(county: County, within: Reach = EVERYWHERE, **options):
    return due_visits(county.session, within, **{"today": TODAY, "limit": 20, **options})


def named(found):
    return [each.person_code for each in found.items]


def visited(county: County, person, day: date, campaign):
    return county.held(campaign, day, person)


def test_those_due_longest_come_first_with_their_last_visit(county):
    old, young, later = county.person("retiree"), county.person("retiree"), county.person("retiree")
    campaign = county.campaign(EVERY_MONTH, serves=[old, young, later])
    for person, day in ((old, date(2026, 7, 1)), (young, date(2026, 8, 10)), (later, date(2026, 9, 10))):
        visited(county, person, day, campaign)
    county.plan()
    found = due(county)
    assert named(found) == [old.code, young.code]
    assert [each.due_on for each in found.items] == [date(2026, 7, 31), date(2026, 9, 9)]
    assert [each.last_visit_on for each in found.items] == [date(2026, 7, 1), date(2026, 8, 10)]
    assert (found.count, found.late, found.to_arrange) == (2, 2, 2)
    assert found.next_due is None


def test_what_falls_due_today_is_due_and_not_late(county):
    person = county.person("retiree", since=date(2026, 8, 16))
    county.campaign(EVERY_MONTH, serves=[person])
    county.plan()
    found = due(county)
    assert (named(found), found.count, found.late) == ([person.code], 1, 0)


def test_a_later_day_asks_for_what_falls_due_until_then(county):
    person = county.person("retiree", since=date(2026, 8, 20))
    county.campaign(EVERY_MONTH, serves=[person])
    county.plan()
    assert due(county).count == 0
    assert due(county).next_due == NextDue(date(2026, 9, 19), 1)
    assert due(county, through=date(2026, 9, 18)).count == 0
    assert named(due(county, through=date(2026, 9, 19))) == [person.code]


def test_the_counts_are_of_all_and_the_list_goes_on_after_the_last_one_seen(county):
    people = [county.person("retiree", since=date(2026, 1, day)) for day in range(1, 8)]
    county.campaign(EVERY_MONTH, serves=people)
    county.plan()
    first = due(county, limit=3)
    last = first.items[-1]
    rest = due(county, limit=20, after=(last.due_on, last.activity_id))
    assert named(first) + named(rest) == [each.code for each in people]
    assert first.count == rest.count == 7


def test_a_visit_that_was_made_is_no_longer_due(county):
    person = county.person("retiree", since=date(2026, 1, 1))
    campaign = county.campaign(EVERY_MONTH, serves=[person])
    county.plan()
    assert due(county).count == 1
    visited(county, person, TODAY, campaign)
    county.plan()
    assert due(county).count == 0


def test_of_pairings_the_last_day_both_were_there_counts_and_the_partner_is_named(county):
    supporter, child = county.person("volunteer"), county.person("minor")
    county.pair(supporter, child, since=date(2026, 1, 1), visit_every="P60D")
    campaign = county.campaign(EVERY_MONTH, team_id=county.team(supporter).id)
    county.held(campaign, date(2026, 6, 1), supporter, child)
    county.held(campaign, date(2026, 8, 1), child)
    county.plan()
    (visit,) = due(county).items
    assert (visit.last_visit_on, visit.due_on) == (date(2026, 6, 1), date(2026, 7, 31))
    assert [each.code for each in visit.partners] == [supporter.code]


def test_of_a_minor_neither_birth_nor_address_is_told(county):
    born = {"birth_date": date(2014, 1, 1), "address": "柳河村三组", "since": date(2026, 1, 1)}
    child, old = county.person("minor", **born), county.person("retiree", **born)
    county.campaign(EVERY_MONTH, serves=[child, old])
    county.plan()
    told = {each.person_code: (each.birth_date, each.address) for each in due(county).items}
    assert told == {child.code: (None, None), old.code: (date(2014, 1, 1), "柳河村三组")}


def test_an_open_case_asks_for_its_visit(county):
    patient = county.person("retiree")
    county.campaign("CASE:hospital;within=P2D")
    county.case(patient, date(2026, 9, 10))
    county.plan()
    (visit,) = due(county).items
    assert (visit.person_code, visit.due_on, visit.last_visit_on) == (patient.code, date(2026, 9, 12), None)


def test_how_far_a_visit_has_come_is_told(county):
    people = [county.person("retiree", since=date(2026, 1, day)) for day in (1, 2, 3)]
    county.campaign(EVERY_MONTH, serves=people)
    county.plan()
    _, asked, over = county.planned()
    volunteer = county.person("volunteer")
    for activity in (asked, over):
        county.assign(activity, volunteer)
    over.day = over.last_day = date(2026, 9, 14)
    county.session.flush()
    found = due(county)
    assert [each.arranged for each in found.items] == [Arranged.NOT_YET, Arranged.ASKED, Arranged.TO_RECORD]
    assert [each.people for each in found.items] == [(), [volunteer.name], [volunteer.name]]
    assert found.to_arrange == 1


def test_one_sees_those_who_belong_to_ones_units_and_the_visits_of_ones_units(county):
    village, other = county.unit("X01", county.root), county.unit("X02", county.root)
    here = county.person("retiree", unit=village, since=date(2026, 1, 1))
    there = county.person("retiree", unit=other, since=date(2026, 1, 1))
    county.campaign(EVERY_MONTH, serves=[here])
    county.campaign(EVERY_MONTH, serves=[there], unit_id=village.id)
    county.campaign(EVERY_MONTH, serves=[there])
    county.plan()
    assert named(due(county, Reach(frozenset({village.id})))) == [here.code, there.code]
    assert due(county, Reach(frozenset())).count == 0
    assert due(county).count == 3


def test_paused_campaigns_and_other_kinds_of_activities_stay_out(county):
    person = county.person("retiree", since=date(2026, 1, 1))
    paused = county.campaign(EVERY_MONTH, serves=[person])
    county.campaign("DATES:2026-09-15", serves=[person])
    county.plan()
    assert due(county).count == 1
    paused.status = CampaignStatus.PAUSED
    county.session.flush()
    assert due(county).count == 0


def test_one_campaign_or_some_visits_can_be_asked_for_alone(county):
    person = county.person("retiree", since=date(2026, 1, 1))
    one = county.campaign(EVERY_MONTH, serves=[person])
    county.campaign("CADENCE:P1Y", serves=[person])
    county.plan()
    assert [each.campaign_code for each in due(county, campaign_code=one.code).items] == [one.code]
    in_a_year = county.planned()[-1]
    found = open_visits_of(county.session, [in_a_year.id], EVERYWHERE, today=TODAY)
    assert [each.activity_id for each in found] == [in_a_year.id]


@pytest.mark.parametrize(
    ("key", "day", "is_open"),
    [
        (None, date(2026, 9, 14), True),
        ("{}@2026-08-01", TODAY, True),
        ("{}@2026-08-01", date(2026, 9, 14), False),
    ],
)
def test_everybody_who_asks_is_told_the_same_visits_are_open(county, key, day, is_open):
    """As the planner keeps it; or with its key given to the next one, until its day is over."""
    supporter, child = county.person("volunteer"), county.person("minor")
    paired = county.pair(supporter, child, code="J1", since=date(2026, 1, 1))
    county.campaign(EVERY_MONTH, team_id=county.team(supporter).id)
    county.plan()
    (visit,) = county.planned()
    visit.nominal_on, visit.day, visit.last_day = date(2026, 8, 1), day, day
    if key is not None:
        visit.plan_key = key.format(visit.plan_key)
    county.session.flush()
    asked = {"within": EVERYWHERE, "today": TODAY}
    lines = pairing_register.lines_of(county.session, ["J1"], **asked)
    told = register(county.session, RegisterAsked(is_due=True), limit=9, **asked)
    assert paired.id == visit.pairing_id
    assert named(due(county)) == ([child.code] if is_open else [])
    assert [each.code for each in told.lines] == ([child.code] if is_open else [])
    assert [each.due_on for each in lines] == [date(2026, 8, 1) if is_open else None]
    assert dues_of(county.session, [child.id], today=TODAY) == (
        {child.id: date(2026, 8, 1)} if is_open else {}
    )
    assert [each.due_on for each in coming(county.session, child.id, **asked)] == (
        [date(2026, 8, 1)] if is_open else []
    )
