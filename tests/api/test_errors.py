"""Whatever is sent, the answer is a problem document that says what to do, never a failure of the program."""

import logging

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from models import Unit
from models.database import reading

UNITS = "/api/v1/units"


@pytest.fixture
def bureau(admin):
    assert admin.post(UNITS, json={"code": "BJ", "name": "局"}).status_code == 201
    return admin


def test_bad_bodies_are_refused_with_a_sentence_for_each_field(bureau):
    deep = "[" * 100_000 + "]" * 100_000
    for body in (
        b"{",
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"code": 1, "name": true}',
        b'{"code": "a", "name": "\\u0000"}',
        b'{"code": "a", "name": "\\ud800"}',
        b'{"code": "\\ud800", "name": "a"}',
        b'{"\\ud800": "a", "code": "b", "name": "a"}',
        b'{"code": "a", "name": ' + b"9" * 10_000 + b"}",
        b'{"code": "a b", "name": "x"}',
        b'{"code": "a", "name": "x", "parent_code": "nowhere"}',
        b'{"code": "a", "name": "' + b"x" * 256 + b'"}',
        b'{"code": "a", "name": NaN}',
        deep.encode(),
    ):
        answer = bureau.post(UNITS, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, body[:60]
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:yinling:problem:invalid"
        assert all(fault["field"] and fault["message"] for fault in answer.json()["errors"]), body[:60]
    assert [unit["code"] for unit in bureau.get(UNITS).json()["items"]] == ["BJ"]


def test_a_body_that_is_not_json_is_refused_by_its_type(bureau):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = bureau.post(UNITS, content=b'{"code": "a", "name": "b"}', headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["type"]) == (415, "urn:yinling:problem:not-json"), kind


def test_a_body_larger_than_any_honest_one_is_refused_whether_announced_or_not(bureau):
    large = b" " * (8 * 1024 * 1024 + 1)

    def pieces():
        for start in range(0, len(large), 1024 * 1024):
            yield large[start : start + 1024 * 1024]

    for body in (large, pieces()):
        answer = bureau.post(UNITS, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:yinling:problem:too-large")


def test_an_unknown_address_and_an_unknown_method_are_problems_too(bureau):
    answer = bureau.get("/api/v1/nothing")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:yinling:problem:not-found")
    answer = bureau.delete(f"{UNITS}/BJ")
    assert (answer.status_code, answer.json()["type"]) == (405, "urn:yinling:problem:method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) >= {"GET"}


def test_a_code_that_cannot_be_one_is_not_found(bureau):
    for code in ("%00", "%ED%A0%80", "x" * 65, "%20", "..%2F..", "a%2Fb", "%FF"):
        assert bureau.get(f"{UNITS}/{code}").status_code == 404, code
        assert bureau.patch(f"{UNITS}/{code}", json={"name": "x"}).status_code == 404, code


def test_an_id_that_cannot_be_one_is_not_found(bureau):
    for number in ("0", "-1", "x", "1.5", "9" * 30, "%00", "２"):
        assert bureau.get(f"/api/v1/ledger/{number}").status_code == 404, number


def test_sentences_come_in_the_language_that_is_asked_for(bureau):
    details = {
        language: bureau.get(f"{UNITS}/none", headers={"Accept-Language": language}).json()["detail"]
        for language in ("zh-CN", "zh-TW", "en", "fr")
    }
    assert details["zh-CN"] == details["fr"]
    assert len({details["zh-CN"], details["zh-TW"], details["en"]}) == 3


def test_the_code_of_something_that_is_there_is_taken(bureau):
    answer = bureau.post(UNITS, json={"code": "BJ", "name": "又"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:yinling:problem:conflict")


def test_only_the_header_and_cookie_we_gave_let_anybody_in(app, nobody):
    for authorization in ("Bearer", "Bearer ", "Bearer x", "Basic eDp5", "bearer\x00", "x" * 5000):
        answer = nobody.get(UNITS, headers={"Authorization": authorization})
        assert answer.status_code == 401, authorization
    assert nobody.get(UNITS, headers={"Cookie": "yinling_session=x"}).status_code == 401


def test_security_headers_stand_on_every_answer(bureau, nobody):
    for answer in (bureau.get(UNITS), nobody.get(UNITS), nobody.get("/healthz"), nobody.get("/api/none")):
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert bureau.get(UNITS).headers["cache-control"] == "no-store"


@pytest.mark.logs_errors
def test_an_unforeseen_failure_has_a_number_that_stands_in_the_log_too(app, admin, caplog):
    @app.get("/api/v1/falls-over")
    def falls_over():
        raise RuntimeError("secret words")

    with caplog.at_level(logging.ERROR):
        answer = admin.get("/api/v1/falls-over")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:yinling:problem:unexpected"
    assert "secret words" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["number"] in caplog.text


def test_somebody_who_goes_away_while_a_form_is_sent_is_no_failure(app, get_in):
    client = get_in("administrator")
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    headers = {
        "host": "testserver",
        "cookie": cookie,
        "content-type": "application/x-www-form-urlencoded",
        "content-length": "1000",
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/campaigns/preview",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    answered = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        answered.append(message)

    client.portal.call(app, scope, receive, send)
    assert answered == []


def test_a_commit_that_fails_is_not_told_as_done(app, admin, fresh_database):
    from api.dependencies import CurrentSession

    @app.post("/api/v1/half-done")
    def half_done(session: CurrentSession) -> dict[str, str]:
        session.add(Unit(code="BJ", name="局"))
        session.flush()
        session.connection().info["broken"] = True
        _break_commit(session)
        return {"done": "yes"}

    def _break_commit(session):
        from sqlalchemy import event

        @event.listens_for(session, "before_commit")
        def fail(_session):
            raise OperationalError("commit", {}, Exception("disk full"))

    answer = admin.post("/api/v1/half-done")
    assert answer.status_code == 503
    with reading(fresh_database) as session:
        assert session.scalars(select(Unit)).all() == []
