"""What is done to many at once: foreseen, done to all or to nobody, taken back."""

from datetime import date

import pytest
from sqlalchemy import select

from models import Person, Tie
from models.base import Base
from models.enums import AccountRole, PersonRole, TieKind
from outreach import people, people_deeds
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.people_deeds import ManyDeed, Outlook
from outreach.people_register import lines_of
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Right
from tests.outreach.county import NOW, TODAY, County


@pytest.fixture
def county(session):
    county = County(session)
    county.village = county.unit("X01", county.root)
    county.one = county.person("retiree", code="A1")
    county.other = county.person(
        "retiree", "volunteer", code="B2", unit=county.village, since=date(2026, 9, 1)
    )
    return county


def lines(session):
    session.flush()
    return lines_of(session, ["A1", "B2"], within=EVERYWHERE, today=TODAY)


def foreseen(session, deed, value, by=CONSOLE):
    found = people_deeds.foresee(session, deed, value, lines(session), by=by, today=TODAY)
    return {each.line.code: each.outlook for each in found}


def do(session, deed, value, by=CONSOLE):
    return people_deeds.do_to_many(session, deed, value, lines(session), by=by, today=TODAY, now=NOW)


def state(session):
    return [
        sorted(map(repr, session.execute(select(Base.metadata.tables[name])).all()))
        for name in ("people", "ties")
    ]


def known(session, code):
    return people.person(session, code, within=EVERYWHERE, today=TODAY)


@pytest.mark.parametrize(
    ("deed", "value", "told"),
    [
        (ManyDeed.ADD_ROLE, "volunteer", lambda view: PersonRole.VOLUNTEER in view.roles),
        (ManyDeed.ADD_SKILL, "农技", lambda view: "农技" in view.skills),
        (ManyDeed.MOVE, "X01", lambda view: view.unit_code == "X01"),
        (ManyDeed.LEAVE, "2026-09-10", lambda view: view.until == date(2026, 9, 10)),
    ],
)
def test_what_was_foreseen_is_done_and_can_be_taken_back(session, county, deed, value, told):
    before = state(session)
    changing = {code for code, each in foreseen(session, deed, value).items() if each is Outlook.CHANGES}
    assert changing == {code for code in ("A1", "B2") if not told(known(session, code))}
    assert state(session) == before
    done = do(session, deed, value)
    assert done.count == len(changing)
    assert all(told(known(session, code)) for code in ("A1", "B2"))
    assert people_deeds.take_back(session, done.id, by=CONSOLE, today=TODAY, now=NOW) == done.count
    assert state(session) == before
    with pytest.raises(Conflict):
        people_deeds.take_back(session, done.id, by=CONSOLE, today=TODAY, now=NOW)


def test_a_team_gains_those_who_are_not_in_it_yet(session, county):
    team = county.team(county.one)
    outlooks = foreseen(session, ManyDeed.JOIN_TEAM, team.code)
    assert outlooks == {"A1": Outlook.ALREADY, "B2": Outlook.CHANGES}
    do(session, ManyDeed.JOIN_TEAM, team.code)
    members = select(Tie.subject_person_id).where(Tie.kind == TieKind.MEMBERSHIP)
    assert sorted(session.scalars(members)) == [county.one.id, county.other.id]


def test_an_interval_is_that_of_the_pairings_of_those_looked_after(session, county):
    bond = county.pair(county.other, county.one)
    outlooks = foreseen(session, ManyDeed.VISIT_EVERY, "P30D")
    assert outlooks == {"A1": Outlook.CHANGES, "B2": Outlook.NOT_PAIRED}
    do(session, ManyDeed.VISIT_EVERY, "P30D")
    session.refresh(bond)
    assert bond.visit_every == "P30D"


def test_of_one_bad_row_nothing_is_done_and_it_is_named(session, county):
    before = state(session)
    assert foreseen(session, ManyDeed.LEAVE, "2026-08-01")["B2"] is Outlook.NOT_YET_HERE
    with pytest.raises(Conflict) as refused:
        do(session, ManyDeed.LEAVE, "2026-08-01")
    assert refused.value.values["code"] == "B2"
    assert state(session) == before


def test_nobody_is_changed_outside_of_ones_units(session, county):
    village = Actor("v", rights=(Right(AccountRole.COORDINATOR, county.village.id),))
    outlooks = foreseen(session, ManyDeed.ADD_SKILL, "农技", by=village)
    assert outlooks == {"A1": Outlook.NOT_MINE, "B2": Outlook.CHANGES}
    with pytest.raises(Conflict):
        do(session, ManyDeed.ADD_SKILL, "农技", by=village)
    done = do(session, ManyDeed.ADD_SKILL, "农技")
    with pytest.raises(NotFound):
        people_deeds.take_back(session, done.id, by=village, today=TODAY, now=NOW)
    with pytest.raises(Forbidden):
        do(session, ManyDeed.ADD_SKILL, "书法", by=Actor("w", rights=(Right(AccountRole.VIEWER),)))


@pytest.mark.parametrize(
    ("deed", "value"),
    [
        (ManyDeed.ADD_ROLE, "king"),
        (ManyDeed.ADD_ROLE, ""),
        (ManyDeed.JOIN_TEAM, "T404"),
        (ManyDeed.MOVE, "X404"),
        (ManyDeed.VISIT_EVERY, "30"),
        (ManyDeed.LEAVE, "soon"),
    ],
)
def test_a_value_that_is_none_is_refused(session, county, deed, value):
    with pytest.raises(Invalid) as refused:
        foreseen(session, deed, value)
    assert [fault.field for fault in refused.value.faults] == ["value"]


def test_what_was_changed_since_is_not_taken_back(session, county):
    done = do(session, ManyDeed.LEAVE, "2026-09-20")
    session.get_one(Person, county.one.id).until = date(2026, 9, 25)
    session.flush()
    with pytest.raises(Conflict, match="touched_since"):
        people_deeds.take_back(session, done.id, by=CONSOLE, today=TODAY, now=NOW)
