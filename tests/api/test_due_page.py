"""Visits that are due on a page: groups, a round of those ticked, undo; who may, and what is wrong said beside it."""

import re
from datetime import date, time

import pytest
from sqlalchemy import select

from models import Activity, Assignment, Place
from models.database import reading, transaction
from models.enums import TAKING_PART
from tests.outreach.county import County

BORN = date(1940, 3, 1)


def an_office(engine, people: int) -> County:
    """So many people of two villages, all due for a visit, and two volunteers who could go."""
    with transaction(engine) as session:
        county = County(session)
        county.villages = [county.unit(code, county.root) for code in ("X01", "X02")]
        county.old = [
            county.person("retiree", unit=county.villages[place % 2], since=date(2026, 1, 1), birth_date=BORN)
            for place in range(people)
        ]
        county.volunteers = [county.person("volunteer") for _ in range(2)]
        team = county.team(*county.volunteers)
        county.visits = county.campaign(
            "CADENCE:P30D", serves=county.old, team_id=team.id, start_time=time(9), kind="hardship"
        )
        session.add(Place(campaign_id=county.visits.id, needed=1))
        county.plan()
        county.names = [each.name for each in county.old]
        county.codes = [each.code for each in county.old]
        county.going = [each.code for each in county.volunteers]
    return county


@pytest.fixture
def office(fresh_database):
    return an_office(fresh_database, 3)


def stops(page):
    return re.findall(r'name="visit" value="([^"]+)"', page)


def visits(engine):
    with reading(engine) as session:
        rows = session.execute(select(Activity.day, Activity.starts_at, Activity.by_hand))
        return sorted(tuple(each) for each in rows)


def asked(engine):
    with reading(engine) as session:
        return len(session.scalars(select(Assignment.id).where(Assignment.state.in_(TAKING_PART))).all())


def the_round(client, **changed):
    page = client.get("/people/due").text
    told = {"visit": stops(page), "day": "2026-09-18", "first_at": "09:30", "minutes": "30", **changed}
    return client.post("/people/due/round", data=told)


def undo_of(page):
    form = re.search(r'<form method="post" action="(/people/due/round/undo)">(.*?)</form>', page, re.DOTALL)
    assert form is not None
    return form[1], dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))


def test_those_due_stand_under_their_units_with_how_long_they_wait(get_in, office):
    page = get_in("coordinator").get("/people/due").text
    assert "3 人到期" in page
    assert page.index(">X01</a>") < page.index(office.names[0]) < page.index(">X02</a>")
    assert "过期 227 天" in page
    assert "86 岁" in page
    assert len(stops(page)) == 3


def test_a_round_puts_the_visits_on_a_day_and_can_be_undone(get_in, office, fresh_database):
    client = get_in("coordinator")
    before = visits(fresh_database)
    answer = the_round(client, person=office.going)
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/due")
    after = visits(fresh_database)
    assert {day for day, _, _ in after} == {date(2026, 9, 18)}
    assert len({starts for _, starts, _ in after}) == 3
    assert asked(fresh_database) == 6
    page = client.get("/people/due").text
    assert "9月18日 周五 的一次走访已排好" in page
    address, fields = undo_of(page)
    assert client.post(address, data=fields).status_code == 303
    assert visits(fresh_database) == before
    assert asked(fresh_database) == 0
    again = fields | {"form_key": "of another page"}
    assert client.post(address, data=again).headers["location"] == "/people/due"
    assert "没有做：" in client.get("/people/due").text


def test_the_form_proposes_the_best_and_shows_those_to_be_visited(get_in, office):
    client = get_in("coordinator")
    chosen = stops(client.get("/people/due").text)
    page = client.get("/people/due/round", params={"visit": chosen}).text
    assert all(name in page for name in office.names)
    assert page.count('name="person"') == 2
    assert page.count(" checked") == 1
    assert stops(page) == sorted(chosen, key=stops(page).index)


def test_looking_at_another_day_keeps_nothing(get_in, office, fresh_database):
    client = get_in("coordinator")
    before = visits(fresh_database)
    told = {"visit": stops(client.get("/people/due").text), "day": "2026-09-25", "first_at": "14:00"}
    page = client.post("/people/due/round/look", data=told)
    assert page.status_code == 200
    assert 'value="2026-09-25"' in page.text
    assert visits(fresh_database) == before


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"day": ""}, "必须填写"),
        ({"day": "tomorrow"}, "tomorrow"),
        ({"day": "2026-09-01"}, "已经过去"),
        ({"first_at": "late"}, "late"),
        ({"minutes": "1"}, "1"),
        ({"others": "王二麻子"}, "王二麻子"),
        ({"visit": []}, "没有可以组成走访的人"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(get_in, office, fresh_database, changed, words):
    client = get_in("coordinator")
    before = visits(fresh_database)
    answer = the_round(client, **{"others": office.going[0], **changed})
    assert answer.status_code == 422
    assert words in answer.text
    if "visit" not in changed:
        typed = {"others": office.going[0], "day": "2026-09-18", **changed}
        assert all(f'value="{each}"' in answer.text for each in typed.values())
    assert visits(fresh_database) == before


def test_who_was_not_first_sees_how_it_stands_and_can_go_on(get_in, office, fresh_database):
    client = get_in("coordinator")
    chosen = stops(client.get("/people/due").text)
    with transaction(fresh_database) as session:
        for activity in session.scalars(select(Activity)):
            activity.version += 1
    answer = client.post("/people/due/round", data={"visit": chosen, "day": "2026-09-18", "minutes": "30"})
    assert answer.status_code == 412
    assert "刚刚有人改过" in answer.text
    again = client.post(
        "/people/due/round", data={"visit": stops(answer.text), "day": "2026-09-18", "minutes": "30"}
    )
    assert again.status_code == 303


def test_a_recorder_tells_of_visits_and_a_viewer_only_looks(get_in, office):
    recorder = get_in("recorder")
    page = recorder.get("/people/due").text
    assert "/outcome" in page
    assert stops(page) == []
    assert the_round(recorder, visit=["1"]).status_code == 403
    viewer = get_in("viewer")
    page = viewer.get("/people/due").text
    assert office.names[0] in page
    assert "/outcome" not in page


def test_a_village_sees_its_own_people_and_does_not_plan_what_is_not_its_own(get_in, office):
    client = get_in("coordinator", unit="X01")
    page = client.get("/people/due").text
    assert office.names[0] in page
    assert office.names[1] not in page
    assert stops(page) == []
    assert "/a/" not in page
    assert client.post("/people/due/round", data={"visit": "1", "day": "2026-09-18"}).status_code == 404


def test_when_everybody_was_visited_the_next_day_is_named(get_in, fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        county.campaign("CADENCE:P30D", serves=[county.person("retiree", since=date(2026, 8, 20))])
        county.plan()
    page = get_in("viewer").get("/people/due").text
    assert "都在期限内。 最近到期：9月19日 周六，1 人。" in page


@pytest.mark.parametrize("text", ["nonsense", "2026-09-01.x", "2026-13-01.4", "1.2.3"])
def test_an_address_that_is_none_of_ours_is_not_found(get_in, office, text):
    client = get_in("coordinator")
    assert client.get("/people/due", params={"after": text}).status_code == 404
    assert client.get("/people/due/round", params={"visit": text}).status_code in (200, 404)
    assert client.post("/people/due/round/undo", data={"visits": text}).status_code == 404


@pytest.mark.parametrize("people", [2, 30])
def test_a_page_asks_the_database_as_often_for_many_as_for_few(get_in, fresh_database, counted, people):
    an_office(fresh_database, people)
    client = get_in("coordinator")
    assert counted(lambda: client.get("/people/due")) <= 15
    chosen = stops(client.get("/people/due").text)[:20]
    assert counted(lambda: client.get("/people/due/round", params={"visit": chosen})) <= 15
