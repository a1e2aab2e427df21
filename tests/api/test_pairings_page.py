"""Pairings on pages: the list, a new one, changes with two versions, hand-overs and ends with undo, who has nobody."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from models import Person, Tie
from models.database import reading, transaction
from models.enums import TieKind
from tests.outreach.county import County


def an_office(engine, pairs: int = 2) -> County:
    """A supporter who looks after so many children, another who could, and a village."""
    with transaction(engine) as session:
        county = County(session)
        village = county.unit("X01", county.root)
        old = county.person("volunteer", code="V1")
        county.person("volunteer", code="V2")
        county.person("minor", code="M0", unit=village)
        children = [county.person("minor", code=f"M{number}") for number in range(1, pairs + 1)]
        for child in children:
            tie = county.pair(old, child, code=f"J-{child.code}", since=date(2026, 1, 1), visit_every="P30D")
            tie.sort = "mentor"
        county.campaign("CADENCE:P30D")
        county.plan()
    return county


@pytest.fixture
def office(fresh_database):
    return an_office(fresh_database)


def pairings(engine):
    with reading(engine) as session:
        supporter = (
            select(Person.code).where(Person.id == Tie.subject_person_id).correlate(Tie).scalar_subquery()
        )
        rows = session.execute(
            select(supporter, Person.code, Tie.until, Tie.visit_every)
            .join(Person, Person.id == Tie.object_person_id)
            .where(Tie.kind == TieKind.PAIRING)
            .order_by(Tie.id)
        )
        return [tuple(each) for each in rows]


BEFORE = [("V1", "M1", None, "P30D"), ("V1", "M2", None, "P30D")]
NEW = {"supporter": "V2", "beneficiary": "M0", "kind": "acting_parent", "since": "2026-09-01", "every": "P2M"}
HAND_OVER = {
    "do": "hand_over",
    "pairing": ["J-M1", "J-M2"],
    "to": "V2",
    "since": "2026-10-01",
    "reason": "搬走",
}


def press_undo(client):
    page = client.get("/pairings").text
    form = re.search(r'action="(/pairings/undo)">(.*?)</form>', page, re.DOTALL)
    assert form is not None
    return client.post(form[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2])))


def test_the_list_says_who_with_whom_how_often_and_what_is_due(get_in, office):
    page = get_in("viewer").get("/pairings").text
    assert page.count("导师帮带") >= 2
    assert "每 30 天" in page
    assert "1月31日 周六" in page
    assert 'type="checkbox"' not in page
    assert get_in("viewer", unit="X01").get("/pairings").text.count("导师帮带") == 1


def test_one_person_and_words_narrow_the_list(get_in, office):
    client = get_in("coordinator")
    assert "J-M2" not in client.get("/pairings", params={"q": "何M1"}).text
    page = client.get("/pairings", params={"person": "V1"}).text
    assert "何V1" in page
    assert "/pairings/change?supporter=V1" in page
    assert "没有这样的结对" in client.get("/pairings", params={"q": "nobody"}).text
    for asked in ({"person": "nobody"}, {"standing": "x"}, {"after": "x"}):
        assert client.get("/pairings", params=asked).status_code == 404


def test_two_people_are_paired_by_name_or_code(get_in, office, fresh_database):
    client = get_in("coordinator")
    assert client.get("/pairings/new?beneficiary=M0").text.count('value="M0"') == 1
    answer = client.post("/pairings/new", data={**NEW, "supporter": "何V2"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/pairings?person=V2")
    assert pairings(fresh_database)[-1] == ("V2", "M0", None, "P2M")
    assert "何V2 与 何M0 已结对" in client.get("/pairings?person=V2").text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"supporter": ""}, "supporter"),
        ({"beneficiary": "谁"}, "beneficiary"),
        ({"beneficiary": "V2"}, "beneficiary"),
        ({"since": "x"}, "since"),
        ({"every": "often"}, "every"),
        ({"kind": ""}, "kind"),
    ],
)
def test_what_is_wrong_with_a_new_one_stands_beside_its_field(get_in, office, fresh_database, changed, field):
    answer = get_in("coordinator").post("/pairings/new", data={**NEW, **changed})
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert pairings(fresh_database) == BEFORE


def test_all_pairings_of_one_are_handed_over_and_back(get_in, office, fresh_database):
    client = get_in("coordinator")
    page = client.get("/pairings/change?supporter=V1").text
    assert re.findall(r'name="pairing" value="([^"]+)"', page)[:2] == ["J-M1", "J-M2"]
    answer = client.post("/pairings/change", data=HAND_OVER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/pairings?person=V2")
    last = date(2026, 9, 30)
    assert pairings(fresh_database) == [
        ("V1", "M1", last, "P30D"),
        ("V1", "M2", last, "P30D"),
        ("V2", "M1", None, "P30D"),
        ("V2", "M2", None, "P30D"),
    ]
    assert press_undo(client).status_code == 303
    assert pairings(fresh_database) == BEFORE


def test_pairings_end_with_a_reason_and_go_on_when_undone(get_in, office, fresh_database):
    client = get_in("coordinator")
    told = {"do": "end", "pairing": ["J-M1"], "until": "2026-09-20", "reason": "毕业"}
    assert client.post("/pairings/change", data={**told, "reason": ""}).status_code == 422
    assert client.post("/pairings/change", data=told).status_code == 303
    assert pairings(fresh_database)[0] == ("V1", "M1", date(2026, 9, 20), "P30D")
    press_undo(client)
    assert pairings(fresh_database) == BEFORE


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"to": ""}, 422),
        ({"to": "V1"}, 422),
        ({"since": "2025-01-01"}, 422),
        ({"pairing": []}, 422),
        ({"pairing": ["J-M1", "unknown"]}, 422),
    ],
)
def test_a_hand_over_that_cannot_be_changes_nothing(get_in, office, fresh_database, changed, status):
    answer = get_in("coordinator").post("/pairings/change", data={**HAND_OVER, **changed})
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert pairings(fresh_database) == BEFORE


def test_one_pairing_is_changed_and_who_was_not_first_sees_both_versions(get_in, office, fresh_database):
    client = get_in("coordinator")
    page = client.get("/pairings/J-M1").text
    stood = re.search(r'name="stood" value="([^"]*)"', page)
    assert stood is not None
    told = {"kind": "mentor", "since": "2026-01-01", "until": "", "every": "P6M", "stood": stood[1]}
    assert client.post("/pairings/J-M1", data=told).status_code == 303
    assert pairings(fresh_database)[0][3] == "P6M"
    late = client.post("/pairings/J-M1", data={**told, "every": "P1Y"})
    assert late.status_code == 412
    assert "P6M" in late.text
    again = re.search(r'name="stood" value="([^"]*)"', late.text)
    assert again is not None
    assert client.post("/pairings/J-M1", data={**told, "every": "P1Y", "stood": again[1]}).status_code == 303
    assert pairings(fresh_database)[0][3] == "P1Y"
    wrong = client.post("/pairings/J-M1", data={**told, "until": "2025-01-01", "stood": ""})
    assert wrong.status_code == 412


def test_those_whom_nobody_is_paired_with_stand_beside_those_who_could(get_in, office):
    client = get_in("coordinator")
    page = client.get("/pairings/missing").text
    assert "何M0" in page
    assert "何M1" not in page
    assert "/pairings/new?supporter=V2" in page
    assert client.get("/pairings/missing?role=staff").status_code == 404


def test_who_only_looks_changes_nothing(get_in, office, fresh_database):
    viewer = get_in("viewer")
    assert "/pairings/new" not in viewer.get("/pairings").text
    assert '<form method="post" action="/pairings' not in viewer.get("/pairings/J-M1").text
    assert viewer.get("/pairings/new").status_code == 403
    assert viewer.get("/pairings/change?supporter=V1").status_code == 403
    assert viewer.post("/pairings/new", data=NEW).status_code == 403
    assert viewer.post("/pairings/change", data=HAND_OVER).status_code == 403
    assert viewer.post("/pairings/J-M1", data={"kind": "mentor", "until": "2026-10-01"}).status_code == 403
    assert viewer.post("/pairings/undo", data={"ended": "J-M1=738000"}).status_code == 403
    village = get_in("coordinator", unit="X01")
    assert village.get("/pairings/J-M1").status_code == 404
    assert pairings(fresh_database) == BEFORE


@pytest.mark.parametrize("fields", [{}, {"ended": "x"}, {"ended": "J-M1=99999999999"}, {"handed": "=0="}])
def test_an_undo_that_is_none_of_ours_is_not_found(get_in, office, fields):
    assert get_in("coordinator").post("/pairings/undo", data=fields).status_code == 404


@pytest.mark.parametrize("fields", [{"handed": "J-M1=0=J-M2"}, {"ended": "J-M1=740000"}])
def test_an_undo_of_what_was_not_done_just_now_says_that_it_cannot_be(get_in, office, fresh_database, fields):
    client = get_in("coordinator")
    answer = client.post("/pairings/undo", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/pairings")
    assert "没有做：这一步不能撤销了" in client.get("/pairings").text
    assert pairings(fresh_database) == BEFORE


@pytest.mark.parametrize("pairs", [1, 30])
def test_pages_ask_the_database_as_often_for_many_as_for_few(get_in, fresh_database, counted, pairs):
    an_office(fresh_database, pairs)
    client = get_in("coordinator")
    for address in ("/pairings", "/pairings?person=V1", "/pairings/missing", "/pairings/change?supporter=V1"):
        assert counted(lambda at=address: client.get(at)) <= 15, address


def test_more_than_is_done_at_once_is_said_in_words(get_in, fresh_database):
    an_office(fresh_database, pairs=101)
    client = get_in("coordinator")
    all_of_them = [f"J-M{number}" for number in range(1, 102)]
    page = client.get("/pairings/change", params={"pairing": all_of_them}).text
    answer = client.post("/pairings/change", data={**HAND_OVER, "pairing": all_of_them})
    assert answer.status_code == 422
    for shown in (page, answer.text):
        assert "一次最多办 100 个，勾了 101 个" in shown
        assert 'value="J-M100"' in shown
        assert 'value="J-M101"' not in shown
    handed_over = client.post("/pairings/change", data={**HAND_OVER, "pairing": all_of_them[1:]})
    assert handed_over.status_code == 303
