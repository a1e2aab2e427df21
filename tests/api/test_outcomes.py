"""Outcomes over HTTP: told whole or in parts, once for each key, and readable ever after."""

import pytest
from sqlalchemy import func, select

from models import LedgerEntry, Outcome
from models.database import transaction
from tests.outreach.county import County

URL = "/api/v1/activities"


@pytest.fixture
def activity(fresh_database):
    """A planned activity of a township's campaign, by its address."""
    with transaction(fresh_database) as session:
        county = County(session)
        west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
        retirees = [county.person("retiree", code=code, unit=west) for code in ("R101", "R102")]
        for code in ("V001", "V002"):
            county.person("volunteer", code=code, unit=west)
        guest = county.person("volunteer", code="V-EAST", unit=east)
        county.person("volunteer", code="V-OTHER", unit=east)
        campaign = county.campaign(
            "DATES:2026-09-15", code="CJ", kind="festival_visit", unit_id=west.id, serves=retirees
        )
        county.plan()
        planned = county.planned(campaign)[0]
        county.assign(planned, guest)
        return f"{URL}/{planned.id}"


HELD = {
    "status": "held",
    "attendance": [{"person": "V001", "minutes": 90}, {"person": "V002", "state": "absent"}],
    "visits": [
        {"person": "R101", "condition": "well", "note": "精神很好"},
        {"person": "R102", "result": "not_seen"},
    ],
    "measures": [
        {
            "metric": "materials.issued",
            "value": "300",
            "qualifier": "at_least",
            "dimensions": {"kind": "leaflet"},
        }
    ],
    "ledger": [{"kind": "cash", "amount": "500.00", "person_code": "R101", "item": "慰问金"}],
    "suggestions": [{"text": "路灯不亮"}],
    "narrative": "走访两户。",
}


def _faults(answer):
    assert answer.status_code == 422, answer.text
    return {fault["field"]: fault["message"] for fault in answer.json()["errors"]}


def test_the_whole_outcome_is_answered_and_read_as_it_was_told(admin, activity):
    answer = admin.put(f"{activity}/outcome", json=HELD)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["revision"], told["status"], told["held_on"]) == (1, "held", "2026-09-15")
    assert told["attendance"] == [
        {"person": "V001", "minutes": 90, "role": "any", "state": "as_planned"},
        {"person": "V002", "minutes": None, "role": "any", "state": "absent"},
    ]
    assert told["visits"] == [
        {"person": "R101", "result": "seen", "condition": "well", "note": "精神很好"},
        {"person": "R102", "result": "not_seen", "condition": None, "note": None},
    ]
    assert told["measures"] == [
        {
            "metric": "materials.issued",
            "value": "300",
            "qualifier": "at_least",
            "dimensions": {"kind": "leaflet"},
            "unit_code": "Z01",
        }
    ]
    assert told["ledger"][0]["amount"] == "500.00"
    assert told["ledger"][0]["paid_on"] == told["suggestions"][0]["raised_on"] == "2026-09-15"
    assert told["narrative"] == "走访两户。"

    read = admin.get(f"{activity}/outcome")
    assert read.json() == told
    assert read.headers["etag"] == answer.headers["etag"] == admin.get(activity).headers["etag"]
    assert admin.get(activity).json()["status"] == "held"


def test_before_anything_is_told_there_is_no_outcome(admin, activity):
    assert admin.get(f"{activity}/outcome").status_code == 404
    assert admin.get(f"{activity}/outcome/revisions").json() == {"items": [], "next": None}


def test_the_same_key_and_body_are_answered_as_the_first_time_and_written_once(
    admin, activity, fresh_database
):
    key = {"Idempotency-Key": "5f0c", "If-Match": admin.get(activity).headers["etag"]}
    first = admin.put(f"{activity}/outcome", json=HELD, headers=key)
    admin.patch(activity, json={"place": "院子里"}, headers={"If-Match": "*"})
    again = admin.put(f"{activity}/outcome", json=dict(reversed(HELD.items())), headers=key)

    assert again.status_code == first.status_code == 200
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    with transaction(fresh_database) as session:
        assert session.scalar(select(func.count()).select_from(Outcome)) == 1
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == 1


def test_a_key_that_was_used_for_another_body_is_refused(admin, activity):
    key = {"Idempotency-Key": "5f0c"}
    admin.put(f"{activity}/outcome", json=HELD, headers=key)
    assert _faults(admin.put(f"{activity}/outcome", json={"status": "partly"}, headers=key))
    assert _faults(admin.post(f"{activity}/outcome/reports", json=HELD, headers=key))


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "é"])
def test_a_key_that_cannot_be_kept_is_refused(admin, activity, key):
    headers = {"Idempotency-Key": key.encode("latin-1")}
    assert "Idempotency-Key" in _faults(admin.put(f"{activity}/outcome", json=HELD, headers=headers))


def test_a_later_telling_is_a_new_revision_and_the_earlier_ones_stay(admin, activity):
    stale = admin.get(activity).headers["etag"]
    first = admin.put(f"{activity}/outcome", json=HELD)
    late = admin.put(f"{activity}/outcome", json={"status": "partly"}, headers={"If-Match": stale})
    assert late.status_code == 412
    tag = {"If-Match": first.headers["etag"]}
    second = admin.put(f"{activity}/outcome", json={"status": "partly", "narrative": "改"}, headers=tag)
    assert (second.json()["revision"], second.json()["ledger"]) == (2, [])

    page = admin.get(f"{activity}/outcome/revisions", params={"limit": 1}).json()
    assert [item["revision"] for item in page["items"]] == [1]
    assert page["items"][0]["present"]["attendance"] == first.json()["attendance"]
    rest = admin.get(f"{activity}/outcome/revisions", params={"cursor": page["next"]}).json()
    assert [(item["revision"], item["told"]["narrative"]) for item in rest["items"]] == [(2, "改")]
    assert rest["items"][0]["told_at"].startswith("2026-09-15T09:00:00.")


def test_parts_of_several_reporters_join_and_each_one_replaces_only_their_own(as_role, activity):
    one, other = as_role("recorder", unit="Z01"), as_role("coordinator", unit="Z01")

    def report(client, value, person):
        body = {
            "status": "held",
            "attendance": [{"person": person}],
            "measures": [{"metric": "materials.issued", "value": value}],
            "narrative": f"{person} 到了",
        }
        answer = client.post(f"{activity}/outcome/reports", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    report(one, 10, "V001")
    report(other, 5, "V002")
    joined = report(one, 20, "V001")
    assert [value["value"] for value in joined["measures"]] == ["25"]
    assert {each["person"] for each in joined["attendance"]} == {"V001", "V002"}
    assert sorted(joined["narrative"].splitlines()) == ["V001 到了", "V002 到了"]
    assert joined["revision"] == 3


def test_a_cancelled_outcome_cancels_the_activity(admin, activity):
    assert admin.put(f"{activity}/outcome", json={"status": "cancelled"}).status_code == 200
    shown = admin.get(activity).json()
    assert (shown["status"], shown["sequence"]) == ("cancelled", 1)
    answer = admin.patch(activity, json={"status": "planned"}, headers={"If-Match": "*"})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "planned"}, "status"),
        ({"status": None}, "status"),
        ({"held_on": "2026-02-30"}, "held_on"),
        ({"held_on": "2026-12-01"}, "held_on"),
        ({"attendance": [{"person": "V001"}, {"person": "V001"}]}, "attendance.1.person"),
        ({"visits": [{"person": "R101"}, {"person": "R101"}]}, "visits.1.person"),
        ({"attendance": [{"person": "x"}]}, "attendance.0.person"),
        ({"attendance": [{"person": "V001", "minutes": -1}]}, "attendance.0.minutes"),
        ({"attendance": [{"person": "V001", "minutes": 2**70}]}, "attendance.0.minutes"),
        ({"attendance": [{"person": "V001", "state": "x"}]}, "attendance.0.state"),
        ({"attendance": {}}, "attendance"),
        ({"visits": [{"person": "R101", "note": "\x00"}]}, "visits.0.note"),
        ({"measures": [{"metric": "x", "value": 1}]}, "measures.0"),
        ({"measures": [{"metric": "materials.issued", "value": "1.5"}]}, "measures.0"),
        ({"measures": [{"metric": "materials.issued", "value": "-1"}]}, "measures.0"),
        ({"measures": [{"metric": "materials.issued", "value": "1e400"}]}, "measures.0.value"),
        ({"measures": [{"metric": "materials.issued", "value": float("1e308")}]}, "measures.0.value"),
        ({"measures": [{"metric": "materials.issued", "value": True}]}, "measures.0.value"),
        (
            {"measures": [{"metric": "materials.issued", "value": 1, "qualifier": "x"}]},
            "measures.0.qualifier",
        ),
        (
            {"measures": [{"metric": "materials.issued", "value": 1, "dimensions": {"": "x"}}]},
            "measures.0.dimensions",
        ),
        ({"ledger": [{"kind": "cash", "amount": "-1"}]}, "ledger.0.amount"),
        ({"ledger": [{"kind": "x", "amount": "1"}]}, "ledger.0.kind"),
        ({"suggestions": [{"text": ""}]}, "suggestions.0.text"),
        ({"x": 1}, "x"),
    ],
)
def test_what_cannot_be_recorded_names_its_field_and_changes_nothing(admin, activity, change, field):
    assert field in _faults(admin.put(f"{activity}/outcome", json={"status": "held", **change}))
    assert admin.get(activity).json()["status"] == "planned"


def test_an_amount_may_carry_its_qualifier_as_in_a_file(admin, activity):
    body = {"status": "held", "ledger": [{"kind": "goods", "amount": "150000~at_least"}]}
    entry = admin.put(f"{activity}/outcome", json=body).json()["ledger"][0]
    assert (entry["amount"], entry["qualifier"]) == ("150000.00", "at_least")


def test_a_recorder_tells_of_those_on_the_activity_wherever_they_belong_but_of_no_other_strangers(
    as_role, activity
):
    recorder = as_role("recorder", unit="Z01")
    guest = {"status": "held", "attendance": [{"person": "V-EAST"}, {"person": "V001"}]}
    assert recorder.put(f"{activity}/outcome", json=guest).status_code == 200

    stranger = {
        "status": "held",
        "attendance": [{"person": "V-OTHER"}],
        "ledger": [{"kind": "cash", "amount": "1", "person_code": "V-OTHER", "unit_code": "Z02"}],
    }
    assert _faults(recorder.put(f"{activity}/outcome", json=stranger)).keys() == {
        "attendance.0.person",
        "ledger.0.person_code",
        "ledger.0.unit_code",
    }


def test_warnings_are_told_and_do_not_stop_the_record(admin, activity, fresh_database):
    body = {
        "status": "held",
        "attendance": [{"person": "V001"}],
        "measures": [{"metric": "visits.person_times", "value": 9}],
    }
    answer = admin.put(f"{activity}/outcome", json=body)
    assert answer.status_code == 200, answer.text
    assert isinstance(answer.json()["warnings"], list)
