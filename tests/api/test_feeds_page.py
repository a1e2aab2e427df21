"""Feeds on pages: a link that is shown once, who reads it, and its end."""

import re

import pytest
from sqlalchemy import select

from models import Subscription
from models.database import reading, transaction
from models.enums import FeedReader
from outreach.feed_readers import note_readings
from tests.outreach.county import NOW, County


@pytest.fixture
def county(fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        county.village = county.unit("X01", county.root)
        county.somebody = county.person("volunteer")
        county.code, county.name = county.somebody.code, county.somebody.name
        namesake = county.person("volunteer")
        namesake.name = "重名"
        county.person("volunteer").name = "重名"
    return county


def make(client, **typed):
    return client.post("/feeds", data={"kind": "person", "privacy": "full", "label": "", **typed})


def test_a_link_is_made_by_name_and_shown_once_with_its_code(county, get_in, fresh_database):
    client = get_in("coordinator")
    answer = make(client, who=county.name, label="给本人")
    assert answer.status_code == 200
    token = re.search(r"/feeds/([\w-]+)\.ics", answer.text)[1]
    assert 'class="qr"' in answer.text
    assert f"webcal://testserver/feeds/{token}.ics" in answer.text
    listed = client.get("/feeds").text
    assert token not in listed
    assert county.name in listed
    assert "给本人" in listed
    assert "还没有读取过" in listed


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"who": "没有这个人"}, "没有找到“没有这个人”"),
        ({"who": "重名"}, "有几个都叫“重名”"),
        ({"who": ""}, "who"),
        ({"kind": "public", "privacy": "full"}, "privacy"),
    ],
)
def test_what_cannot_be_made_keeps_what_was_typed_and_says_why(county, get_in, fresh_database, typed, said):
    client = get_in("coordinator")
    answer = make(client, label="备注在这里", **typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="备注在这里"' in answer.text
    assert 'role="alert"' in answer.text
    with reading(fresh_database) as session:
        assert session.scalars(select(Subscription.id)).all() == []


def test_who_reads_it_and_how_often_stands_in_the_list(county, get_in, fresh_database):
    client = get_in("coordinator")
    make(client, who=county.code)
    with transaction(fresh_database) as session:
        feed = session.scalars(select(Subscription.id)).one()
        note_readings(session, {(feed, FeedReader.APPLE_PHONE): (12, NOW)})
    assert "iPhone 日历，共 12 次" in client.get("/feeds").text


def test_a_feed_ends_after_being_asked_and_is_not_listed_any_more(county, get_in, fresh_database):
    client = get_in("coordinator")
    make(client, who=county.code)
    with reading(fresh_database) as session:
        feed = session.scalars(select(Subscription.id)).one()
    assert "停用了不能恢复" in client.get(f"/feeds/{feed}/revoke").text
    answer = client.post(f"/feeds/{feed}/revoke")
    assert (answer.status_code, answer.headers["location"]) == (303, "/feeds")
    after = client.get("/feeds").text
    assert county.name not in after
    assert "已停用" in after
    assert client.get(f"/feeds/{feed}/revoke").status_code == 404


def test_a_viewer_sees_the_feeds_and_may_neither_make_nor_end_one(county, get_in, as_role, fresh_database):
    made = as_role("coordinator").post("/api/v1/feeds", json={"scope": f"person:{county.code}"}).json()["id"]
    client = get_in("viewer")
    listed = client.get("/feeds").text
    assert county.name in listed
    assert "/feeds/new" not in listed
    assert client.get("/feeds/new").status_code == 403
    assert make(client, who=county.code).status_code == 403
    assert client.post(f"/feeds/{made}/revoke").status_code == 403


def test_of_a_foreign_unit_no_feed_is_seen_made_or_ended(county, get_in, as_role):
    made = as_role("coordinator").post("/api/v1/feeds", json={"scope": f"person:{county.code}"}).json()["id"]
    client = get_in("coordinator", unit="X01")
    assert county.name not in client.get("/feeds").text
    assert make(client, who=county.code).status_code == 422
    assert client.get(f"/feeds/{made}/revoke").status_code == 404
    assert client.post(f"/feeds/{made}/revoke").status_code == 404


def test_each_level_shows_an_example_of_what_its_readers_see(county, get_in):
    page = get_in("coordinator").get(f"/feeds/new?person={county.code}").text
    assert page.index("仅忙闲") < page.index("简名") < page.index("全名")
    assert "有活动" in page
    assert "李某某" in page
    assert "看望何老" in page
    assert f'value="{county.code}"' in page


def test_the_list_asks_few_questions_whatever_there_is(county, get_in, counted, as_role):
    client, maker = get_in("coordinator"), as_role("coordinator")
    few = counted(lambda: client.get("/feeds"))
    for _ in range(20):
        assert maker.post("/api/v1/feeds", json={"scope": f"person:{county.code}"}).status_code == 201
    assert counted(lambda: client.get("/feeds")) <= few + 1 <= 15
