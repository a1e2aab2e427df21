"""People over HTTP."""

import pytest


@pytest.fixture
def county(admin):
    """A bureau with two townships."""
    for unit in (
        {"code": "BJ", "name": "老干部局", "kind": "bureau"},
        {"code": "Z01", "name": "白果乡", "parent_code": "BJ", "kind": "township"},
        {"code": "Z02", "name": "南阳乡", "parent_code": "BJ", "kind": "township"},
    ):
        assert admin.post("/api/v1/units", json=unit).status_code == 201
    return admin


WANG = {
    "code": "V001",
    "name": "王秀英",
    "unit_code": "Z01",
    "roles": ["volunteer", "retiree"],
    "gender": "女",
    "birth_date": "1956-03-08",
    "contact_by": ["sms", "phone"],
    "skills": ["农技", "书法"],
    "available": "Mon-Fri 09:00-12:00",
    "max_per_month": 4,
}


def test_somebody_enrolled_is_answered_with_every_column_and_can_be_read_again(county):
    answer = county.post("/api/v1/people", json=WANG)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        **WANG,
        "gender": "female",
        "lunar_birthday": None,
        "mobile": None,
        "email": None,
        "address": None,
        "since": None,
        "until": None,
        "notes": None,
    }
    assert county.get("/api/v1/people/V001").json() == answer.json()


def test_every_fault_of_a_body_is_told_at_once_by_its_field(county):
    answer = county.post(
        "/api/v1/people",
        json={
            **WANG,
            "birth_date": "2026-02-30",
            "email": "nobody",
            "roles": [],
            "contact_by": ["none", "sms"],
            "x": 1,
        },
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:yinling:problem:invalid"
    assert {fault["field"]: fault["message"] for fault in answer.json()["errors"]} == {
        "birth_date": "“2026-02-30” is not a day of the calendar.",
        "email": "“nobody” is not an e-mail address.",
        "roles": "This cannot be empty.",
        "contact_by": "The way of contact “none” stands alone.",
        "x": "There is no such field, or it cannot be changed.",
    }
