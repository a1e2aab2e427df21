"""Erasing somebody, and giving out what is kept of them, over HTTP."""

from sqlalchemy import select

from models import AuditEntry
from models.database import reading
from models.enums import AuditAction
from outreach.erasure import erased_in

PEOPLE = "/api/v1/people"


def _erase(client, code="R1", **body):
    return client.post(f"{PEOPLE}/{code}/erase", json={"confirm": code, "reason": "本人要求", **body})


def test_somebody_erased_is_a_number_from_then_on(office, tmp_path):
    office.patch(f"{PEOPLE}/R1", json={"mobile": "19900000001", "birth_date": "1940-01-01"})
    answer = _erase(office)
    assert answer.status_code == 200, answer.text
    erased = answer.json()
    assert erased["name"].startswith("已删除 #")
    assert (erased["mobile"], erased["birth_date"], erased["contact_by"]) == (None, None, ["none"])
    assert erased["until"] == "2026-09-15"
    assert office.get(f"{PEOPLE}/R1").json() == erased
    assert list(erased_in(tmp_path / "backups")) == ["R1"]
    assert _erase(office).json() == erased
    assert office.patch(f"{PEOPLE}/R1", json={"name": "何玉兰"}).status_code == 409
    assert office.post(PEOPLE, json={**erased, "name": "何玉兰", "unit_code": "Z01"}).status_code == 409
    assert office.get(PEOPLE, params={"q": "何玉兰"}).json()["items"] == []


def test_without_the_code_and_a_reason_nothing_is_erased(office):
    for body, field in (({"confirm": "V1"}, "confirm"), ({"reason": ""}, "reason"), ({"x": 1}, "x")):
        answer = _erase(office, **body)
        assert answer.status_code == 422, answer.text
        assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert office.post(f"{PEOPLE}/R1/erase").status_code == 422
    assert office.get(f"{PEOPLE}/R1").json()["name"] == "何玉兰"
    assert _erase(office, "nobody").status_code == 404


def test_what_is_kept_of_somebody_is_given_out_with_a_note_in_the_trail(office, fresh_database):
    office.post(
        "/api/v1/cases",
        json={"code": "C1", "kind": "hospital", "person_code": "R1", "opened_on": "2026-09-01"},
    )
    office.post(
        "/api/v1/ledger",
        json={"paid_on": "2026-09-02", "kind": "cash", "amount": "500", "person_code": "R1"},
    )
    office.post("/api/v1/feeds", json={"scope": "person:R1", "privacy": "full", "label": "日历"})
    answer = office.get(f"{PEOPLE}/R1/export", params={"reason": "本人索取"})
    assert answer.status_code == 200, answer.text
    kept = answer.json()
    assert kept["person"] == office.get(f"{PEOPLE}/R1").json()
    assert {(tie["kind"], tie["of"], tie["to"]) for tie in kept["ties"]} == {
        ("placement", "R1", "Z01"),
        ("role", "R1", "retiree"),
    }
    assert [(entry["amount"], entry["paid_on"]) for entry in kept["ledger"]] == [("500.00", "2026-09-02")]
    (case,) = kept["matters"]
    assert (case["code"], case["steps"][0]["step"]) == ("C1", "opened")
    assert [each["label"] for each in kept["subscriptions"]] == ["日历"]
    assert "token" not in answer.text
    assert {(each["action"], each["table_name"]) for each in kept["trail"]} >= {
        ("created", "people"),
        ("created", "matters"),
    }
    with reading(fresh_database) as session:
        trail = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.READ)).all()
    assert ("people", "本人索取") in {(entry.table_name, entry.reason) for entry in trail}


def test_who_may_plan_gives_it_out_and_only_who_administers_erases(office, as_role):
    for role, gives_out, erases in (
        ("viewer", 403, 403),
        ("recorder", 403, 403),
        ("coordinator", 200, 403),
        ("administrator", 200, 200),
    ):
        inside, outside = as_role(role, unit="Z01"), as_role(role, unit="Z02")
        assert outside.get(f"{PEOPLE}/R1/export").status_code == 404
        assert _erase(outside).status_code == 404
        assert inside.get(f"{PEOPLE}/R1/export").status_code == gives_out, role
        assert _erase(inside).status_code == erases, role
