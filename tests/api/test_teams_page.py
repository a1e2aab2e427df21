"""Teams on pages: loads, joining, changing and leaving with undo, posts with terms, and what is given up."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from models import Assignment, Person, Place, Team, Tie
from models.database import reading, transaction
from models.enums import AssignmentState, TieKind
from outreach.house_rules import change_house_rules
from outreach.permissions import CONSOLE
from tests.outreach.county import NOW, County


def an_office(engine, members: int = 2) -> County:
    """A team of so many, one without anybody, and something to come that the first member is asked to."""
    with transaction(engine) as session:
        county = County(session)
        county.unit("X01", county.root)
        people = [county.person("volunteer", code=f"V{number}") for number in range(1, members + 1)]
        county.person("volunteer", code="W1")
        team = county.team(*people, code="T1")
        county.team(code="T2")
        county._add(Tie(kind=TieKind.LEADERSHIP, subject_person_id=people[0].id, object_team_id=team.id))
        campaign = county.campaign("DATES:2026-09-20", team_id=team.id)
        session.add(Place(campaign_id=campaign.id, needed=1))
        county.plan()
        county.activity_id = county.planned(campaign)[0].id
        county.assign(county.planned(campaign)[0], people[0])
    return county


@pytest.fixture
def office(fresh_database):
    return an_office(fresh_database)


def members(engine):
    """Who is in which team, until when."""
    with reading(engine) as session:
        rows = session.execute(
            select(Team.code, Person.code, Tie.until)
            .join(Tie, Tie.object_team_id == Team.id)
            .join(Person, Person.id == Tie.subject_person_id)
            .where(Tie.kind == TieKind.MEMBERSHIP)
            .order_by(Team.code, Person.code)
        )
        return [tuple(each) for each in rows]


BEFORE = [("T1", "V1", None), ("T1", "V2", None)]


def undo(client, address="/teams/T1"):
    page = client.get(address).text
    form = re.search(r'<div class="status-line".*?action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    assert form is not None
    return client.post(form[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2])))


def test_teams_stand_with_their_leader_and_size(get_in, office):
    page = get_in("viewer").get("/teams").text
    assert "2 支队伍" in page
    assert "何V1" in page
    assert "还没有队长" in page
    assert "/teams/new" not in page
    assert "没有这样的队伍" in get_in("viewer", unit="BJ").get("/teams?q=x").text


def test_a_team_shows_who_goes_how_often_and_what_is_to_come(get_in, office):
    page = get_in("viewer").get("/teams/T1").text
    assert "今年人均 0 次" in page
    assert page.count("还没去过") == 2
    assert 'name="person"' not in page
    assert get_in("viewer", unit="X01").get("/teams/T1").status_code == 404


def test_of_a_large_team_those_who_went_most_are_shown_and_everybody_on_demand(get_in, fresh_database):
    an_office(fresh_database, members=52)
    client = get_in("coordinator")
    page = client.get("/teams/T1").text
    assert page.count('name="person"') == 50
    assert "52 人" in page
    assert 'href="/teams/T1?everybody=yes"' in page
    everybody = client.get("/teams/T1?everybody=yes").text
    assert everybody.count('name="person"') == 52
    assert "?everybody" not in everybody.partition("<main")[2].partition("</main")[0]


def test_people_join_by_name_or_code_and_it_can_be_undone(get_in, office, fresh_database):
    client = get_in("coordinator")
    answer = client.post("/teams/T2/join", data={"people": "何V1、W1", "since": "2026-09-15"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/teams/T2")
    assert members(fresh_database) == [*BEFORE, ("T2", "V1", None), ("T2", "W1", None)]
    assert undo(client, "/teams/T2").status_code == 303
    assert members(fresh_database) == BEFORE


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"people": ""}, "people"),
        ({"people": "谁"}, "people"),
        ({"people": "V1"}, "people"),
        ({"since": "x"}, "since"),
        ({"until": "2026-01-01"}, "until"),
    ],
)
def test_what_is_wrong_with_joining_stands_beside_its_field(get_in, office, fresh_database, typed, field):
    told = {"people": "W1", "since": "2026-09-15", **typed}
    answer = get_in("coordinator").post("/teams/T1/join", data=told)
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert members(fresh_database) == BEFORE


def test_who_leaves_is_shown_what_they_give_up_and_the_next_best_is_proposed(get_in, office, fresh_database):
    client = get_in("coordinator")
    page = client.get("/teams/T1/members?person=V1").text
    assert f'value="V1:{office.activity_id}" checked' in page
    told = {"person": "V1", "do": "leave", "last_day": "2026-09-15", "give_up": f"V1:{office.activity_id}"}
    assert client.post("/teams/T1/members", data=told).status_code == 303
    assert members(fresh_database)[0] == ("T1", "V1", date(2026, 9, 15))
    with reading(fresh_database) as session:
        states = session.scalars(select(Assignment.state).order_by(Assignment.id)).all()
    assert states == [AssignmentState.WITHDRAWN, AssignmentState.PROPOSED]
    undo(client)
    assert members(fresh_database) == BEFORE


def test_members_change_to_another_team_and_back(get_in, office, fresh_database):
    client = get_in("coordinator")
    told = {"person": ["V1", "V2"], "do": "move", "to": "T2", "since": "2026-09-20"}
    assert client.post("/teams/T1/members", data=told).status_code == 303
    eve = date(2026, 9, 19)
    assert members(fresh_database) == [
        ("T1", "V1", eve),
        ("T1", "V2", eve),
        ("T2", "V1", None),
        ("T2", "V2", None),
    ]
    undo(client)
    assert members(fresh_database) == BEFORE


@pytest.mark.parametrize(
    "changed", [{"to": "T1"}, {"to": "x"}, {"to": ""}, {"since": ""}, {"person": []}, {"person": ["W1"]}]
)
def test_a_change_that_cannot_be_moves_nobody(get_in, office, fresh_database, changed):
    told = {"person": ["V1"], "do": "move", "to": "T2", "since": "2026-09-20", **changed}
    answer = get_in("coordinator").post("/teams/T1/members", data=told)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert members(fresh_database) == BEFORE


def test_a_team_is_formed_renamed_and_led_by_another(get_in, office, fresh_database):
    client = get_in("coordinator")
    told = {"name": "夕阳红", "unit": "BJ", "members": "V1; W1", "leader": "W1"}
    answer = client.post("/teams/new", data=told)
    assert answer.status_code == 303
    address = answer.headers["location"]
    page = client.get(address).text
    assert "队长 何W1" in page
    stood = re.search(r'name="stood" value="([^"]*)"', page)
    assert stood is not None
    changed = {"name": "朝阳", "unit": "BJ", "leader": "V1", "stood": stood[1]}
    assert client.post(address, data=changed).status_code == 303
    assert "朝阳" in client.get(address).text
    late = client.post(address, data={**changed, "name": "晚霞"})
    assert late.status_code == 412
    assert "晚霞" in late.text
    assert "朝阳" in late.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"unit": "x"}, "unit"),
        ({"leader": "谁"}, "leader"),
        ({"code": "a b"}, "code"),
    ],
)
def test_what_is_wrong_with_a_new_team_stands_beside_its_field(get_in, office, typed, field):
    answer = get_in("coordinator").post("/teams/new", data={"name": "新", "unit": "BJ", **typed})
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text


def test_a_post_is_given_ended_and_goes_on_when_undone(get_in, office):
    client = get_in("coordinator")
    told = {"post": "副队长", "holder": "何V2", "post_since": "2026-01-01", "post_until": "2028-12-31"}
    assert client.post("/teams/T1/posts", data={**told, "holder": ""}).status_code == 422
    assert client.post("/teams/T1/posts", data=told).status_code == 303
    page = client.get("/teams/T1").text
    assert "2028年12月31日 周日" in page
    ending = re.search(r'action="(/posts/[^"]+/end)"', page)
    assert ending is not None
    assert client.post(ending[1]).status_code == 303
    assert "9月15日 周二" in client.get("/teams/T1").text
    client.post(ending[1])
    undo(client)


def test_who_only_looks_changes_nothing(get_in, office, fresh_database):
    viewer = get_in("viewer")
    for address, told in (
        ("/teams/new", {"name": "新", "unit": "BJ"}),
        ("/teams/T1", {"name": "新", "unit": "BJ"}),
        ("/teams/T1/join", {"people": "W1", "since": "2026-09-15"}),
        ("/teams/T1/members", {"person": "V1", "do": "leave", "last_day": "2026-09-15"}),
        ("/teams/T1/posts", {"post": "副队长", "holder": "V2", "post_since": "2026-01-01"}),
        ("/teams/undo", {"moved": "/T1=V1=738000"}),
    ):
        assert viewer.post(address, data=told).status_code == 403, address
    assert viewer.get("/teams/new").status_code == 403
    assert viewer.get("/teams/T1/members?person=V1").status_code == 403
    assert members(fresh_database) == BEFORE


@pytest.mark.parametrize("moved", ["x/", "/T1=V1=x", "/T9=V1=0"])
def test_an_undo_that_is_none_of_ours_is_not_found(get_in, office, fresh_database, moved):
    assert get_in("coordinator").post("/teams/undo", data={"moved": moved}).status_code == 404
    assert members(fresh_database) == BEFORE


def test_an_undo_of_what_was_not_done_just_now_says_that_it_cannot_be(get_in, office, fresh_database):
    client = get_in("coordinator")
    with reading(fresh_database) as session:
        joined = session.scalars(select(Tie.id).where(Tie.kind == TieKind.MEMBERSHIP)).first()
    for moved in (f"{joined}/", "99999/", "/T1=V1=740000"):
        answer = client.post("/teams/undo", data={"moved": moved, "back": "T1"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/teams/T1")
        assert "没有做：这一步不能撤销了" in client.get("/teams/T1").text
        assert members(fresh_database) == BEFORE


def test_why_a_post_does_not_end_is_said_on_its_page(get_in, office, fresh_database):
    client = get_in("coordinator")
    told = {"post": "副队长", "holder": "何V2", "post_since": "2026-12-01"}
    assert client.post("/teams/T1/posts", data=told).status_code == 303
    with reading(fresh_database) as session:
        code = session.scalar(select(Tie.code).where(Tie.kind == TieKind.POST))
    for deed, sent in (("end", {}), ("reopen", {"until": "x"}), ("reopen", {"until": "2026-01-01"})):
        answer = client.post(f"/posts/{code}/{deed}", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, "/teams/T1")
        assert "没有做：" in client.get("/teams/T1").text
    with reading(fresh_database) as session:
        assert session.scalar(select(Tie.until).where(Tie.kind == TieKind.POST)) is None


@pytest.mark.parametrize("size", [1, 30])
def test_pages_ask_the_database_as_often_for_many_as_for_few(get_in, fresh_database, counted, size):
    an_office(fresh_database, size)
    client = get_in("coordinator")
    chosen = "&".join(f"person=V{number}" for number in range(1, size + 1))
    for address in ("/teams", "/teams/T1", f"/teams/T1/members?{chosen}", "/teams/new"):
        assert counted(lambda at=address: client.get(at)) <= 15, address


def test_a_team_shows_how_many_a_liaison_may_still_look_after(get_in, office, fresh_database):
    with transaction(fresh_database) as session:
        office.session = session
        liaison = session.scalars(select(Person).where(Person.code == "V2")).one()
        for number, sort in enumerate(("liaison", "liaison", "mentor")):
            somebody = office._add(Person(code=f"R{number}", name=f"何R{number}"))
            office.pair(liaison, somebody, code=f"L{number}").sort = sort
        change_house_rules(session, {"pairings.liaison_most": 2}, by=CONSOLE, now=NOW)
    page = get_in("viewer").get("/teams/T1").text
    assert '3 <small class="block warn">联络 2/2</small>' in page
    assert page.count("联络 ") == 1


def test_many_leave_at_once_and_more_than_that_is_said_in_words(get_in, fresh_database):
    an_office(fresh_database, members=101)
    client = get_in("coordinator")
    everybody = [f"V{number}" for number in range(1, 102)]
    leaving = {"do": "leave", "last_day": "2026-09-30"}
    page = client.get("/teams/T1/members", params={"person": everybody}).text
    answer = client.post("/teams/T1/members", data={**leaving, "person": everybody})
    assert answer.status_code == 422
    for shown in (page, answer.text):
        assert "一次最多办 100 个，勾了 101 个" in shown
        assert shown.count('type="hidden" name="person"') == 100
    answer = client.post("/teams/T1/members", data={**leaving, "person": everybody[1:]})
    assert answer.status_code == 303
    assert sum(until is None for _, _, until in members(fresh_database)) == 1


def test_members_who_left_meanwhile_are_no_silence(get_in, office, fresh_database):
    leaving = {"do": "leave", "last_day": "2026-09-30", "person": ["V2", "W1"]}
    answer = get_in("coordinator").post("/teams/T1/members", data=leaving)
    assert answer.status_code == 422
    assert "有 1 个已经不在了" in answer.text
    assert members(fresh_database) == BEFORE
