"""Walking a list by cursors: complete, without doubles, whatever is added meanwhile."""

import base64
import json

import pytest

PEOPLE = "/api/v1/people"


@pytest.fixture
def crowd(admin):
    """A bureau with seven people."""
    admin.post("/api/v1/units", json={"code": "BJ", "name": "局"})
    for number in range(7):
        _enrol(admin, f"V{number}")
    return admin


def _enrol(client, code):
    body = {"code": code, "name": "王秀英", "unit_code": "BJ", "roles": ["volunteer"]}
    assert client.post(PEOPLE, json=body).status_code == 201


def _walk(client, limit, meanwhile=lambda step: None):
    codes, cursor = [], None
    for step in range(100):
        page = client.get(PEOPLE, params={"limit": limit} | ({"cursor": cursor} if cursor else {})).json()
        codes += [person["code"] for person in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return codes
        meanwhile(step)
    pytest.fail("the walk never ended")


def test_a_walk_meets_everybody_once(crowd):
    for limit in (1, 2, 3, 7, 8, 200):
        assert _walk(crowd, limit) == [f"V{number}" for number in range(7)], limit


def test_who_comes_while_one_walks_neither_doubles_nor_hides_anybody(crowd):
    codes = _walk(crowd, 2, meanwhile=lambda step: _enrol(crowd, f"A{step}") if step < 2 else None)
    assert len(codes) == len(set(codes))
    assert {f"V{number}" for number in range(7)} <= set(codes)


def test_the_usual_page_has_fifty_items(crowd):
    for number in range(7, 52):
        _enrol(crowd, f"V{number}")
    page = crowd.get(PEOPLE).json()
    assert len(page["items"]) == 50
    assert page["next"] is not None


def test_a_limit_outside_1_to_200_is_refused(crowd):
    for limit in ("0", "201", "-1", "x", "", "1.5", "9" * 30):
        answer = crowd.get(PEOPLE, params={"limit": limit})
        assert answer.status_code == 422, limit
        assert [fault["field"] for fault in answer.json()["errors"]] == ["limit"]


def _forged(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def test_a_cursor_that_this_list_never_gave_is_refused(crowd):
    for cursor in (
        "",
        "x",
        "!!!",
        "数",
        "a" * 10_000,
        _forged(),
        _forged(PEOPLE),
        _forged(PEOPLE, -1),
        _forged(PEOPLE, 2**70),
        _forged(PEOPLE, "1"),
        _forged(PEOPLE, 1, 2),
        _forged(PEOPLE, True),
        _forged("/api/v1/units", 1),
        _forged(PEOPLE, 1) + "=",
    ):
        answer = crowd.get(PEOPLE, params={"cursor": cursor})
        assert answer.status_code == 422, cursor
        assert [fault["field"] for fault in answer.json()["errors"]] == ["cursor"]
