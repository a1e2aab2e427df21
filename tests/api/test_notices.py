"""Notices by HTTP: who sees and does what, and what calls and second tries lead to."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from models import Account, Activity, Assignment, Grant, Notice
from models.database import transaction
from models.enums import AssignmentState, NoticeKind, NoticeState
from outreach.notices import people_asked
from tests.outreach.notices.office import NOW, Outbox

SEE, RECORD, PLAN = ("viewer", "recorder", "coordinator"), ("recorder", "coordinator"), ("coordinator",)
DEEDS = (
    ("GET", "", None, SEE),
    ("POST", "/call", {"result": "not_reached"}, RECORD),
    ("POST", "/retry", {}, PLAN),
    ("POST", "/stop", None, PLAN),
)


@dataclass
class Told:
    """A notice to somebody in Z01 and one to somebody in Z02."""

    first: int
    second: int


@pytest.fixture
def told(admin, fresh_database):
    with transaction(fresh_database) as session:
        outbox = Outbox(session)
        west, east = (outbox.county.unit(code, outbox.county.root) for code in ("Z01", "Z02"))
        wang = outbox.county.person("volunteer", unit=west, code="V1", mobile="13800000000")
        chen = outbox.county.person("volunteer", "minor", unit=east, code="V2", mobile="13900000000")
        assignments = outbox.assign(outbox.activity(), wang, chen)
        people_asked(session, [each.id for each in assignments], now=NOW)
        ids = session.scalars(select(Notice.id).order_by(Notice.id)).all()
    return Told(*ids)


@pytest.fixture
def become(fresh_database):
    def change(notice_id, state, **columns):
        with transaction(fresh_database) as session:
            notice = session.get_one(Notice, notice_id)
            notice.state = state
            for name, value in columns.items():
                setattr(notice, name, value)

    return change


@pytest.mark.parametrize("role", ["viewer", "recorder", "coordinator"])
def test_inside_ones_units_the_role_decides_and_outside_nothing_is_there(role, told, become, as_role):
    client = as_role(role, unit="Z01")
    for method, path, body, may in DEEDS:
        become(told.first, NoticeState.FAILED)
        own = client.request(method, f"/api/v1/notices/{told.first}{path}", json=body)
        foreign = client.request(method, f"/api/v1/notices/{told.second}{path}", json=body)
        assert own.status_code == (200 if role in may else 403), (path, own.text)
        assert foreign.status_code == (404 if role in may else 403), (path, foreign.text)


def test_the_list_shows_notices_within_ones_units(told, as_role, admin, nobody):
    own = as_role("viewer", unit="Z01").get("/api/v1/notices").json()
    assert [item["person_code"] for item in own["items"]] == ["V1"]
    assert own["items"][0]["mobile"] == "13800000000"
    everything = admin.get("/api/v1/notices").json()["items"]
    assert [(item["person_code"], item["mobile"]) for item in everything] == [
        ("V1", "13800000000"),
        ("V2", None),
    ]
    assert nobody.get("/api/v1/notices").status_code == 401


def test_the_list_is_walked_by_cursor_and_narrowed(told, become, admin):
    become(told.second, NoticeState.TO_CALL)
    first = admin.get("/api/v1/notices?limit=1").json()
    second = admin.get(f"/api/v1/notices?limit=1&cursor={first['next']}").json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [told.first, told.second]
    assert second["next"] is None
    for query, found in (
        ("person=V1", [told.first]),
        ("unit=Z02", [told.second]),
        ("unit=BJ", [told.first, told.second]),
        ("state=to_call", [told.second]),
        ("call_list=true", [told.second]),
    ):
        items = admin.get(f"/api/v1/notices?{query}").json()["items"]
        assert [item["id"] for item in items] == found, query
    for query, status in (("person=nobody", 404), ("unit=nowhere", 404), ("state=gone", 422)):
        assert admin.get(f"/api/v1/notices?{query}").status_code == status, query
    for path in ("999", "0", "x", "99999999999"):
        assert admin.get(f"/api/v1/notices/{path}").status_code == 404, path


def test_the_call_list_is_walked_from_the_most_urgent_on(told, become, admin):
    become(told.first, NoticeState.TO_CALL)
    become(told.second, NoticeState.TO_CALL, expires_at=NOW + timedelta(days=1))
    first = admin.get("/api/v1/notices?call_list=true&limit=1").json()
    become(told.second, NoticeState.CALLED)
    second = admin.get(f"/api/v1/notices?call_list=true&limit=1&cursor={first['next']}").json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [told.second, told.first]
    assert second["next"] is None


def test_what_is_to_be_told_is_shown_in_the_words_of_now(told, admin):
    shown = admin.get(f"/api/v1/notices/{told.first}").json()
    assert shown["subject"] == "想请您参加 9月25日 周五 的活动"
    assert "地点：老年大学" in shown["text"]
    assert shown["due_at"].endswith("+08:00")


def test_words_that_cannot_be_made_hide_no_other_notice(told, become, admin):
    become(told.first, NoticeState.FAILED, kind=NoticeKind.DIGEST, activity_id=None, words={})
    first, second = admin.get("/api/v1/notices").json()["items"]
    assert (first["id"], first["subject"], first["text"]) == (told.first, None, None)
    assert second["subject"] == "想请您参加 9月25日 周五 的活动"


def test_what_staff_are_told_is_read_by_who_may_see_what_it_is_about(
    told, become, as_role, admin, fresh_database
):
    become(told.first, NoticeState.DUE, kind=NoticeKind.DIGEST, activity_id=None, words={"day": "2026-09-15"})
    path = f"/api/v1/notices/{told.first}"
    assert admin.get(path).json()["subject"] == "今天要办的事：9月15日 周二"
    neighbour = as_role("coordinator", unit="Z01")
    assert (neighbour.get(path).json()["subject"], neighbour.get(path).json()["text"]) == (None, None)
    with transaction(fresh_database) as session:
        recipient = session.get_one(Notice, told.first).person_id
        account = session.scalars(select(Account).join(Grant).where(Grant.unit_id.is_not(None))).one()
        account.person_id = recipient
    assert neighbour.get(path).json()["subject"] == "今天要办的事：9月15日 周二"


def test_what_is_asked_of_an_activity_is_read_within_its_unit(told, become, as_role, admin, fresh_database):
    with transaction(fresh_database) as session:
        over = session.scalars(select(Activity)).one()
        over.day = over.last_day = (NOW - timedelta(days=2)).date()
        over.starts_at = over.ends_at = None
    become(told.first, NoticeState.DUE, kind=NoticeKind.RECORD_OUTCOME)
    path = f"/api/v1/notices/{told.first}"
    assert admin.get(path).json()["text"] is not None
    assert as_role("coordinator", unit="BJ").get(path).json()["text"] is not None
    assert as_role("coordinator", unit="Z01").get(path).json()["text"] is None


def test_what_is_not_true_any_more_has_no_words(told, admin, fresh_database):
    with transaction(fresh_database) as session:
        for assignment in session.scalars(select(Assignment)):
            assignment.state = AssignmentState.DECLINED
    shown = admin.get(f"/api/v1/notices/{told.first}").json()
    assert (shown["subject"], shown["text"]) == (None, None)


def test_who_was_reached_has_been_told_and_who_was_not_stays_on_the_list(told, become, admin):
    become(told.first, NoticeState.TO_CALL)
    path = f"/api/v1/notices/{told.first}/call"
    missed = admin.post(path, json={"result": "not_reached", "note": "没人接"}).json()
    assert missed["state"] == "to_call"
    reached = admin.post(path, json={"result": "reached"}).json()
    assert reached["state"] == "called"
    calls = [(each["result"], each["by"], each["detail"]) for each in reached["deliveries"]]
    name = calls[0][1]
    assert calls == [("not_reached", name, "没人接"), ("reached", name, None)]
    assert admin.post(path, json={"result": "reached"}).status_code == 409
    assert admin.post(path, json={"result": "perhaps"}).status_code == 422


def test_what_may_have_arrived_is_sent_again_only_by_who_is_certain(told, become, admin):
    path = f"/api/v1/notices/{told.first}/retry"
    assert admin.post(path).status_code == 409
    become(told.first, NoticeState.UNCERTAIN, attempts=3)
    assert admin.post(path, json={}).status_code == 409
    assert admin.post(path, json={"certain": True}).json()["state"] == "due"
    become(told.first, NoticeState.FAILED, attempts=6)
    assert admin.post(path).json()["state"] == "due"
    become(told.first, NoticeState.FAILED, due_at=NOW, expires_at=NOW)
    assert admin.post(path).status_code == 409


def test_what_is_stopped_is_not_told_nor_owed_anew(told, admin, fresh_database):
    path = f"/api/v1/notices/{told.first}/stop"
    assert admin.post(path).json()["state"] == "expired"
    assert admin.post(path).status_code == 409
    with transaction(fresh_database) as session:
        ids = session.scalars(select(Assignment.id)).all()
        assert people_asked(session, ids, now=NOW) == 0
