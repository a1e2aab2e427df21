"""Making, listing and ending feeds over HTTP, and the whole application with the feeds' route ahead of it."""

from time import sleep

import pytest
from starlette.testclient import TestClient

from api.asgi import application
from api.feeds import LOOKS_AGAIN_AFTER_SECONDS
from models.database import transaction
from tests.outreach.county import County

URL = "/api/v1/feeds"


@pytest.fixture
def county(admin, fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        west = county.unit("Z01", county.root)
        county.unit("Z02", county.root)
        county.person("volunteer", code="V001", unit=west)
        county.campaign("DATES:2026-10-09", code="CJ", unit_id=west.id)
        county.plan()


def _make(client, scope, **body):
    answer = client.post(URL, json={"scope": scope, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_feed_is_made_listed_without_its_token_and_ended(admin, county):
    made = _make(admin, "person:V001", privacy="initials", label="王秀英的手机")
    assert made.keys() == {"id", "url", "webcal"}
    assert made["url"].startswith("http://testserver/feeds/")
    assert made["webcal"] == "webcal" + made["url"].removeprefix("http")

    listed = admin.get(URL)
    token = made["url"].rpartition("/")[2].removesuffix(".ics")
    assert token not in listed.text
    (item,) = listed.json()["items"]
    assert item.pop("created_at").startswith("2026-09-15T09:00:00")
    assert item == {
        "id": made["id"],
        "scope": "person:V001",
        "privacy": "initials",
        "label": "王秀英的手机",
        "created_by": "administrator-None",
    }

    assert admin.delete(f"{URL}/{made['id']}").status_code == 204
    assert admin.delete(f"{URL}/{made['id']}").status_code == 204
    assert admin.get(URL).json() == {"items": [], "next": None}


def test_feeds_are_walked_by_cursor(admin, county):
    ids = [_make(admin, "public")["id"] for _ in range(3)]
    page = admin.get(URL, params={"limit": 2}).json()
    rest = admin.get(URL, params={"limit": 2, "cursor": page["next"]}).json()
    assert [item["id"] for item in (*page["items"], *rest["items"])] == ids
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "scope"),
        ({"scope": "x"}, "scope"),
        ({"scope": "unit:x"}, "scope"),
        ({"scope": 1}, "scope"),
        ({"scope": "\x00"}, "scope"),
        ({"scope": "public", "privacy": "full"}, "privacy"),
        ({"scope": "public", "privacy": "x"}, "privacy"),
        ({"scope": "public", "label": "x" * 300}, "label"),
        ({"scope": "public", "token": "mine"}, "token"),
    ],
)
def test_a_feed_that_will_not_do_names_its_field(admin, county, body, field):
    answer = admin.post(URL, json=body)
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("feed_id", ["0", "x", "99", "99999999999"])
def test_what_is_no_feed_is_not_found(admin, county, feed_id):
    assert admin.delete(f"{URL}/{feed_id}").status_code == 404


def test_feeds_are_the_business_of_those_who_plan_there(admin, as_role, county):
    made = _make(admin, "campaign:CJ")
    for role, unit, status in (("viewer", "Z01", 403), ("recorder", "Z01", 403), ("coordinator", "Z02", 404)):
        assert as_role(role, unit=unit).delete(f"{URL}/{made['id']}").status_code == status
    assert as_role("recorder", unit="Z01").post(URL, json={"scope": "campaign:CJ"}).status_code == 403
    west, east = as_role("coordinator", unit="Z01"), as_role("coordinator", unit="Z02")
    assert east.post(URL, json={"scope": "campaign:CJ"}).status_code == 422
    assert [item["id"] for item in west.get(URL).json()["items"]] == [made["id"]]
    assert east.get(URL).json()["items"] == []
    assert west.delete(f"{URL}/{made['id']}").status_code == 204


@pytest.fixture
def process(monkeypatch, settings):
    """The whole web process, made as uvicorn makes it."""
    monkeypatch.setenv("YINLING_DATA", str(settings.data))
    monkeypatch.setenv("YINLING_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("YINLING_PUBLIC_URL", settings.public_url)
    monkeypatch.setenv("YINLING_NOW", "2026-09-15T09:00:00+08:00")
    with TestClient(application()) as client:
        yield client


def test_the_process_serves_feeds_and_everything_else(admin, county, process):
    made = _make(admin, "unit:BJ")
    path = made["url"].removeprefix("http://testserver")
    answer = process.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.text.count("BEGIN:VEVENT") == 1
    assert process.get("/healthz").json() == {"status": "ok"}
    assert process.get(URL).status_code == 401

    admin.delete(f"{URL}/{made['id']}")
    assert _settled(process, path).status_code == 404


def _settled(process, path):
    """The answer after the process has had to look again."""
    sleep(LOOKS_AGAIN_AFTER_SECONDS)
    return process.get(path)


def test_no_token_stands_in_any_file_of_the_data_folder(admin, county, settings):
    made = _make(admin, "unit:BJ")
    token = made["url"].rpartition("/")[2].removesuffix(".ics").encode()
    files = [path for path in settings.data.rglob("*") if path.is_file()]
    assert files or not settings.is_embedded
    assert not any(token in file.read_bytes() for file in files)
