"""Units as pages show them, moves from a day on, and units that are closed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models import AuditEntry
from models.enums import AccountRole
from outreach import organisation
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Reach, Right
from outreach.unit_register import unit_facts, unit_tree
from outreach.units import parents
from tests.outreach.county import NOW, TODAY, County

LATER = date(2026, 10, 1)
HOW = {"by": CONSOLE, "today": TODAY, "now": NOW}


@pytest.fixture
def county(session):
    """BJ above A and B, A above A1."""
    county = County(session)
    county.a, county.b = county.unit("A", county.root), county.unit("B", county.root)
    county.a1 = county.unit("A1", county.a)
    return county


def drawn(nodes):
    return {each.code: drawn(each.below) for each in nodes}


def tree(county, on=TODAY, within=EVERYWHERE):
    return drawn(unit_tree(county.session, within=within, on=on))


def move(county, code, parent, as_of=None, by=CONSOLE):
    organisation.change_unit(
        county.session, code, {"parent_code": parent}, by=by, today=TODAY, now=NOW, as_of=as_of
    )


def test_the_tree_is_that_of_a_day_and_of_what_one_sees(county):
    assert tree(county) == {"BJ": {"A": {"A1": {}}, "B": {}}}
    assert tree(county, within=Reach(frozenset({county.a1.id, county.b.id}))) == {"B": {}, "A1": {}}


def test_a_unit_moves_from_a_day_on_and_stands_where_it_stood_before(county):
    move(county, "A1", "B", LATER)
    assert tree(county) == {"BJ": {"A": {"A1": {}}, "B": {}}}
    assert tree(county, LATER) == {"BJ": {"A": {}, "B": {"A1": {}}}}
    notes = county.session.scalars(select(AuditEntry).where(AuditEntry.table_name == "units")).all()
    assert notes[-1].after == {"parent_code": "B", "as_of": "2026-10-01"}
    move(county, "A1", "A", LATER)
    assert tree(county, LATER) == {"BJ": {"A": {"A1": {}}, "B": {}}}
    assert [each.until for each in facts(county, "A1").standings] == [None]


def test_no_unit_ever_stands_above_itself_whenever_moves_take_place(county):
    with pytest.raises(Invalid):
        move(county, "A", "A1")
    move(county, "B", "A1", LATER)
    with pytest.raises(Invalid):
        move(county, "A", "B")
    assert parents(county.session, on=LATER)[county.a.id] == county.root.id


def test_a_move_into_the_past_or_before_a_recorded_one_is_refused(county):
    with pytest.raises(Invalid):
        move(county, "A1", "B", date(2026, 9, 1))
    move(county, "A1", "B", LATER)
    with pytest.raises(Conflict):
        move(county, "A1", "BJ")


def facts(county, code, *below):
    units = [getattr(county, each) for each in below]
    return unit_facts(
        county.session,
        code,
        Reach(frozenset({unit.id for unit in units})),
        within=EVERYWHERE,
        today=TODAY,
    )


def test_of_a_unit_its_people_teams_and_standings_are_told(county):
    county.person("retiree", unit=county.a)
    county.person("retiree", unit=county.a1)
    team = county.team(county.person("volunteer"))
    found = facts(county, "A", "a", "a1")
    assert (found.people, found.people_below, found.units_below, found.parent_code) == (1, 2, 1, "BJ")
    assert facts(county, "BJ", "root").teams[0].code == team.code
    assert facts(county, "BJ", "root").teams[0].members == 1
    assert facts(county, "BJ", "root").parent_code is None
    with pytest.raises(NotFound):
        facts(county, "nowhere")


def test_a_unit_is_closed_once_it_is_empty_and_nothing_new_belongs_to_it(county):
    person = county.person("retiree", unit=county.a1)
    with pytest.raises(Conflict) as caught:
        organisation.close_unit(county.session, "A1", until=TODAY, **HOW)
    assert caught.value.values == {"people": 1, "units": 0, "teams": 0, "campaigns": 0}
    with pytest.raises(Conflict):
        organisation.close_unit(county.session, "A", until=TODAY, **HOW)
    organisation.close_unit(county.session, "B", until=TODAY, reason="撤并", **HOW)
    with pytest.raises(Invalid):
        move(county, "A1", "B")
    with pytest.raises(Invalid):
        organisation.found_unit(county.session, {"code": "N", "name": "新", "parent_code": "B"}, **HOW)
    closed = {
        each.code: each.is_closed for each in unit_tree(county.session, within=EVERYWHERE, on=LATER)[0].below
    }
    assert closed == {"A": False, "B": True}
    organisation.reopen_unit(county.session, "B", **HOW)
    move(county, "A1", "B")
    assert person.id


def test_until_its_last_day_a_unit_that_is_going_to_close_takes_in_what_is_new(county):
    organisation.close_unit(county.session, "B", until=LATER, **HOW)
    founded = organisation.found_unit(county.session, {"code": "N", "name": "新", "parent_code": "B"}, **HOW)
    assert founded.parent_code == "B"
    eve = LATER - timedelta(1)
    move(county, "A1", "B", as_of=eve)
    county.unit("C", county.root)
    for day in (LATER, LATER + timedelta(1)):
        with pytest.raises(Invalid) as caught:
            move(county, "C", "B", as_of=day)
        assert caught.value.faults[0].key == "ties.unit_is_closed"


def test_rights_are_asked_for_closing(county):
    for role in (AccountRole.VIEWER, AccountRole.RECORDER):
        with pytest.raises(Forbidden):
            organisation.close_unit(
                county.session, "B", until=TODAY, by=Actor("x", rights=(Right(role),)), today=TODAY, now=NOW
            )
    with pytest.raises(Invalid):
        organisation.close_unit(county.session, "B", until=date(2026, 9, 14), **HOW)
