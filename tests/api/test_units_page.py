"""Units on pages: the tree, new ones, other names, moves from a day on with undo, closing, posts."""

import re
from datetime import date

import pytest

from models.database import reading, transaction
from outreach.permissions import EVERYWHERE
from outreach.unit_register import unit_tree
from tests.outreach.county import TODAY, County

LATER = date(2026, 10, 1)


def an_office(engine, villages: int = 2) -> County:
    """BJ above so many villages; the first has somebody in it and a hamlet below."""
    with transaction(engine) as session:
        county = County(session)
        made = [county.unit(f"X{number:02}", county.root) for number in range(1, villages + 1)]
        county.unit("H", made[0])
        county.person("retiree", unit=made[0], code="P1")
        county.team(county.person("volunteer"), code="T1")
    return county


@pytest.fixture
def office(fresh_database):
    return an_office(fresh_database)


def tree(engine, on=TODAY):
    def drawn(nodes):
        return {each.code: drawn(each.below) for each in nodes}

    with reading(engine) as session:
        return drawn(unit_tree(session, within=EVERYWHERE, on=on))


BEFORE = {"BJ": {"X01": {"H": {}}, "X02": {}}}


def undo(client, address):
    page = client.get(address).text
    form = re.search(r'<div class="status-line".*?action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    assert form is not None
    return client.post(form[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2])))


def test_the_tree_stands_beside_the_unit_looked_at(get_in, office):
    client = get_in("viewer")
    page = client.get("/units").text
    assert 'href="/units/BJ" aria-current="page"' in page
    assert "T1" in page
    assert "连下级共 2 人" in page
    page = client.get("/units/X01").text
    assert "本单位 1 人" in page
    assert re.search(r"<details open>.*?href=\"/units/H\"", page, re.DOTALL)
    assert '<form method="post" action="/units' not in page
    assert client.get("/units/nowhere").status_code == 404


def test_a_village_sees_itself_alone(get_in, office):
    client = get_in("coordinator", unit="X02")
    page = client.get("/units").text
    assert "X01" not in page
    assert client.get("/units/BJ").status_code == 404
    assert client.post("/units/BJ/name", data={"name": "新"}).status_code == 404


def test_a_unit_is_founded_below_another_and_renamed(get_in, office, fresh_database):
    client = get_in("coordinator")
    answer = client.post("/units/X02/new", data={"new_name": "新村", "new_code": "N1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/units/N1")
    assert tree(fresh_database)["BJ"]["X02"] == {"N1": {}}
    page = client.get("/units/N1").text
    stood = re.search(r'name="stood" value="([^"]*)"', page)
    assert stood is not None
    assert (
        client.post("/units/N1/name", data={"name": "老村", "kind": "village", "stood": stood[1]}).status_code
        == 303
    )
    assert "<h1>老村</h1>" in client.get("/units/N1").text
    late = client.post("/units/N1/name", data={"name": "大村", "stood": stood[1]})
    assert late.status_code == 412
    assert "老村" in late.text
    assert "大村" in late.text
    assert client.post("/units/X02/new", data={"new_name": "又一村", "new_code": "N1"}).status_code == 409


def test_a_unit_moves_from_a_day_on_and_back(get_in, office, fresh_database):
    client = get_in("coordinator")
    told = {"parent": "X02", "as_of": "2026-10-01"}
    assert client.post("/units/H/move", data=told).status_code == 303
    assert tree(fresh_database) == BEFORE
    assert tree(fresh_database, LATER) == {"BJ": {"X01": {}, "X02": {"H": {}}}}
    page = client.get("/units/H").text
    assert "还没到" in page
    assert "取消这次改归" in page
    client.post("/units/H/move", data={"parent": "X01", "as_of": "2026-10-01"})
    assert tree(fresh_database, LATER) == BEFORE
    client.post("/units/H/move", data={"parent": "X02", "as_of": "2026-09-15"})
    assert tree(fresh_database) == {"BJ": {"X01": {}, "X02": {"H": {}}}}
    assert undo(client, "/units/H").status_code == 303
    assert tree(fresh_database) == BEFORE


def test_a_move_to_where_it_stands_on_that_day_is_refused_at_its_field(get_in, office, fresh_database):
    client = get_in("coordinator")
    client.post("/units/H/move", data={"parent": "X02", "as_of": "2026-10-01"})
    for parent, day in (("X01", "2026-09-30"), ("X02", "2026-10-01")):
        answer = client.post("/units/H/move", data={"parent": parent, "as_of": day})
        assert answer.status_code == 422
        assert re.search(r'id="parent-note" class="note fault">[^<]*不用改', answer.text)
    assert tree(fresh_database, LATER) == {"BJ": {"X01": {}, "X02": {"H": {}}}}
    stays = {"parent": "X02", "as_of": "2026-10-01"}
    assert get_in("viewer").post("/units/H/move", data=stays).status_code == 403


@pytest.mark.parametrize(
    ("address", "told", "status"),
    [
        ("/units/X01/move", {"parent": "H", "as_of": "2026-10-01"}, 422),
        ("/units/X01/move", {"parent": "X02", "as_of": "2026-09-01"}, 422),
        ("/units/X01/move", {"parent": "nowhere", "as_of": "2026-10-01"}, 422),
        ("/units/X01/move", {"parent": "", "as_of": ""}, 422),
        ("/units/X01/new", {"new_name": ""}, 422),
        ("/units/X01/name", {"name": ""}, 422),
        ("/units/X01/close", {"close_until": "2026-09-15"}, 409),
        ("/units/X02/close", {"close_until": ""}, 422),
        ("/units/X02/posts", {"post": "书记", "holder": "谁", "post_since": "2026-01-01"}, 422),
    ],
)
def test_what_cannot_be_is_said_in_the_form_it_was_typed_in(
    get_in, office, fresh_database, address, told, status
):
    answer = get_in("coordinator").post(address, data=told)
    assert answer.status_code == status
    assert re.search(r'<details class="instead" open>.*?role="alert"', answer.text, re.DOTALL)
    assert tree(fresh_database) == BEFORE


def test_an_empty_unit_is_closed_and_goes_on_when_undone(get_in, office):
    client = get_in("coordinator")
    told = {"close_until": "2026-09-15", "close_reason": "撤并"}
    assert client.post("/units/X02/close", data=told).status_code == 303
    assert "之后撤销" in client.get("/units/X02").text
    again = client.post("/units/H/move", data={"parent": "X02", "as_of": "2026-09-20"})
    assert again.status_code == 422
    client.post("/units/X02/reopen")
    assert "之后撤销" not in client.get("/units/X02").text


def test_a_post_in_a_unit_stands_there(get_in, office):
    client = get_in("coordinator")
    told = {"post": "支部书记", "holder": "P1", "post_since": "2026-01-01"}
    assert client.post("/units/X01/posts", data=told).status_code == 303
    assert "支部书记" in client.get("/units/X01").text
    assert "支部书记" not in client.get("/units/BJ").text


def test_who_only_looks_changes_nothing(get_in, office, fresh_database):
    viewer = get_in("viewer")
    for deed, told in (
        ("new", {"new_name": "新"}),
        ("name", {"name": "新"}),
        ("move", {"parent": "BJ", "as_of": "2026-10-01"}),
        ("close", {"close_until": "2026-09-15"}),
        ("reopen", {}),
        ("posts", {"post": "书记", "holder": "P1", "post_since": "2026-01-01"}),
    ):
        assert viewer.post(f"/units/H/{deed}", data=told).status_code == 403, deed
    assert tree(fresh_database) == BEFORE


@pytest.mark.parametrize("villages", [1, 30])
def test_the_tree_asks_the_database_as_often_for_many_as_for_few(get_in, fresh_database, counted, villages):
    an_office(fresh_database, villages)
    client = get_in("coordinator")
    assert counted(lambda: client.get("/units")) <= 15
    assert counted(lambda: client.get("/units/X01")) <= 15
