"""Cases, suggestions and the ledger over HTTP."""

from sqlalchemy import select

from models import AuditEntry
from models.database import reading
from models.enums import AuditAction

CASES, SUGGESTIONS, LEDGER = "/api/v1/cases", "/api/v1/suggestions", "/api/v1/ledger"


def test_a_case_is_opened_for_today_closed_and_opened_again(office):
    opened = office.post(CASES, json={"kind": "hospital", "person_code": "R1"})
    assert opened.status_code == 201, opened.text
    case = opened.json()
    assert (case["opened_on"], case["status"], case["closed_on"]) == ("2026-09-15", "open", None)
    url = f"{CASES}/{case['code']}"
    due = office.patch(url, json={"due_at": "2026-09-17T10:00:00Z"}).json()
    assert due["due_at"] == "2026-09-17T18:00:00+08:00"
    closed = office.patch(url, json={"closed_on": "2026-09-16", "result": "已出院"}).json()
    assert (closed["status"], closed["result"], closed["due_at"]) == ("closed", "已出院", due["due_at"])
    assert office.patch(url, json={"closed_on": None}).json()["status"] == "open"
    assert office.patch(url, json={"closed_on": "2026-09-01"}).status_code == 422
    assert office.patch(url, json={"due_at": "2026-09-17T10:00:00"}).status_code == 422


def test_a_case_has_its_visit_planned_at_once_and_withdrawn_when_it_is_closed(office):
    office.post(
        "/api/v1/campaigns",
        json={
            "code": "ZY",
            "name": "住院看望",
            "kind": "hospital",
            "unit_code": "BJ",
            "schedule": "CASE:hospital;within=P2D",
            "starts_on": "2026-01-01",
            "ends_on": "2026-12-31",
            "status": "active",
        },
    )

    def planned():
        asked = {"campaign": "ZY", "status": "planned"}
        return len(office.get("/api/v1/activities", params=asked).json()["items"])

    office.post(CASES, json={"code": "C1", "kind": "hospital", "person_code": "R1"})
    office.post(CASES, json={"code": "C2", "kind": "honour", "person_code": "R1"})
    assert planned() == 1
    office.patch(f"{CASES}/C1", json={"closed_on": "2026-09-15"})
    assert planned() == 0


def test_opening_a_case_is_noted_and_lists_withhold_what_it_says(office, fresh_database):
    office.post(CASES, json={"code": "C1", "kind": "hospital", "person_code": "R1", "result": "康复中"})
    (listed,) = office.get(CASES, params={"person": "R1", "open": "true", "unit": "Z01"}).json()["items"]
    assert listed["result"] is None
    assert office.get(f"{CASES}/C1").json()["result"] == "康复中"
    with reading(fresh_database) as session:
        trail = session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.READ)).all()
        kept = session.scalars(select(AuditEntry)).all()
    assert [entry.table_name for entry in trail] == ["matters"]
    assert "康复中" not in str([(entry.before, entry.after) for entry in kept])


def test_a_suggestion_goes_from_collected_to_fed_back(office):
    body = {"code": "Y1", "text": "路灯坏了", "person_code": "V1", "raised_on": "2026-09-01"}
    raised = office.post(SUGGESTIONS, json=body).json()
    assert (raised["status"], raised["unit_code"]) == ("collected", "Z01")
    url, days = f"{SUGGESTIONS}/Y1", []
    for change in (
        {"sent_to": "住建局", "sent_on": "2026-09-02", "due_on": "2026-09-30"},
        {"answered_on": "2026-09-10", "answer": "已修"},
        {"fed_back_on": "2026-09-12"},
    ):
        answer = office.patch(url, json=change)
        assert answer.status_code == 200, answer.text
        days.append(answer.json()["status"])
    assert days == ["sent", "answered", "fed_back"]
    last = office.get(url).json()
    assert (last["sent_to"], last["due_on"], last["answer"]) == ("住建局", "2026-09-30", "已修")
    assert office.patch(url, json={"answered_on": "2026-08-01"}).status_code == 422
    assert office.patch(url, json={"text": ""}).status_code == 422
    found = office.get(SUGGESTIONS, params={"status": "fed_back", "from": "2026-09-01", "to": "2026-09-01"})
    assert [each["code"] for each in found.json()["items"]] == ["Y1"]


def test_a_code_that_is_taken_is_a_conflict(office):
    for url, body in (
        (CASES, {"code": "A", "kind": "hospital", "person_code": "R1"}),
        (SUGGESTIONS, {"code": "A", "text": "x", "person_code": "R1"}),
    ):
        assert office.post(url, json=body).status_code == 201
        assert office.post(url, json=body).status_code == 409


def test_a_change_made_from_an_older_state_is_refused(office):
    for url, body, change in (
        (CASES, {"code": "A", "kind": "hospital", "person_code": "R1"}, {"result": "好"}),
        (SUGGESTIONS, {"code": "A", "text": "x", "person_code": "R1"}, {"answer": "好"}),
    ):
        seen = {"If-Match": office.post(url, json=body).headers["etag"]}
        assert office.patch(f"{url}/A", json=change, headers=seen).status_code == 200
        assert office.patch(f"{url}/A", json={**change, "person_code": "V1"}, headers=seen).status_code == 412


def test_an_entry_keeps_its_words_and_counts_for_the_persons_unit(office):
    body = {
        "paid_on": "2026-09-01",
        "kind": "cash",
        "amount": "500.5",
        "person_code": "R1",
        "item": "慰问金",
        "handed_by": "夏洪波",
        "received_by": "家属",
    }
    entry = office.post(LEDGER, json=body).json()
    assert (entry["amount"], entry["qualifier"], entry["unit_code"]) == ("500.50", "exact", "Z01")
    assert {name: entry[name] for name in ("item", "handed_by", "received_by")} == {
        name: body[name] for name in ("item", "handed_by", "received_by")
    }
    assert office.get(f"{LEDGER}/{entry['id']}").json() == entry
    about = office.post(LEDGER, json=body | {"amount": "150000~at_least"}).json()
    assert (about["amount"], about["qualifier"]) == ("150000.00", "at_least")
    for amount in ("-1", "1.005", "1e3", "1,000", "", None, True, [], -1, 1.005, float("1e300")):
        assert office.post(LEDGER, json=body | {"amount": amount}).status_code == 422, amount


def test_the_same_festival_twice_needs_a_reason(office):
    festival = {"code": "CY", "name": "重阳", "kind": "festival_visit", "schedule": "FESTIVAL:重阳节"}
    festival |= {"unit_code": "BJ", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    made = office.post("/api/v1/campaigns", json=festival)
    assert made.status_code == 201, made.text
    body = {
        "paid_on": "2026-09-01",
        "kind": "cash",
        "amount": "5",
        "person_code": "R1",
        "campaign_code": "CY",
    }
    assert office.post(LEDGER, json=body).status_code == 201
    refused = office.post(LEDGER, json=body)
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, ["reason"])
    assert office.post(LEDGER, json=body | {"reason": "补发"}).json()["reason"] == "补发"


def test_a_reversed_entry_names_its_counter_entry_and_can_be_reversed_once(office):
    body = {"paid_on": "2026-09-01", "kind": "goods", "amount": 20, "person_code": "R1"}
    first = office.post(LEDGER, json=body).json()
    counter = office.post(f"{LEDGER}/{first['id']}/reverse", json={"reason": "登错人"})
    assert counter.status_code == 201
    assert (counter.json()["amount"], counter.json()["reverses"], counter.json()["reason"]) == (
        "-20.00",
        first["id"],
        "登错人",
    )
    assert office.get(f"{LEDGER}/{first['id']}").json()["reversed_by"] == counter.json()["id"]
    assert office.post(f"{LEDGER}/{first['id']}/reverse").status_code == 409
    assert office.post(f"{LEDGER}/{counter.json()['id']}/reverse").status_code == 409
    assert office.post(f"{LEDGER}/999/reverse").status_code == 404


def test_entries_are_found_by_person_kind_and_day(office):
    for kind, day in (("cash", "2026-09-01"), ("goods", "2026-09-02"), ("cash", "2026-09-03")):
        office.post(LEDGER, json={"paid_on": day, "kind": kind, "amount": "1", "person_code": "R1"})

    def days(**asked):
        return [entry["paid_on"][-2:] for entry in office.get(LEDGER, params=asked).json()["items"]]

    assert days(kind="cash") == ["01", "03"]
    assert days(**{"from": "2026-09-02"}) == ["02", "03"]
    assert days(to="2026-09-02", person="R1") == ["01", "02"]
    assert days(person="V1") == []
    assert office.get(LEDGER, params={"from": "yesterday"}).status_code == 422
    assert office.get(LEDGER, params={"campaign": "none"}).status_code == 404


def test_a_record_without_any_unit_needs_one_from_those_who_see_only_some(office, as_role):
    local = as_role("recorder", unit="Z01")
    for url, body in (
        (LEDGER, {"paid_on": "2026-09-01", "kind": "cash", "amount": "1"}),
        (SUGGESTIONS, {"text": "路灯"}),
    ):
        answer = local.post(url, json=body)
        assert [fault["field"] for fault in answer.json()["errors"]] == ["unit_code"]
        assert local.post(url, json=body | {"unit_code": "Z01"}).status_code == 201
        assert local.post(url, json=body | {"unit_code": "Z02"}).status_code == 422
        assert office.post(url, json=body).status_code == 201
