"""Teams, pairings and campaigns over HTTP, and the dates that follow from them."""

import pytest

CAMPAIGNS = "/api/v1/campaigns"
STUDY = {
    "code": "XX15",
    "name": "每月15日学习",
    "kind": "study",
    "unit_code": "BJ",
    "schedule": "RRULE:FREQ=MONTHLY;BYMONTHDAY=15",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
    "start_time": "09:00",
    "duration_minutes": 120,
    "places_needed": {"leader": 1, "any": 4},
    "on_holiday": "next_workday",
    "beneficiaries": ["V1", "role:retiree", "unit:Z01"],
    "metrics": ["study.sessions"],
}


def _days(client, campaign="XX15", **asked):
    answer = client.get("/api/v1/activities", params={"campaign": campaign, "limit": 200} | asked)
    assert answer.status_code == 200, answer.text
    return [(each["starts_at"][:10], each["status"]) for each in answer.json()["items"]]


def test_a_team_is_formed_changed_and_led(office):
    team = {
        "code": "T",
        "name": "队",
        "unit_code": "Z01",
        "kind": "rural",
        "leader_code": "V1",
        "members": ["V1", "V2"],
    }
    formed = {**team, "confirms_members": False}
    assert office.post("/api/v1/teams", json=team).json() == formed
    changed = office.patch("/api/v1/teams/T", json={"members": ["V2", "R1"], "leader_code": None}).json()
    assert changed == {**formed, "members": ["V2", "R1"], "leader_code": None}
    confirming = office.patch("/api/v1/teams/T", json={"confirms_members": True}).json()
    assert confirming == {**changed, "confirms_members": True}
    assert office.patch("/api/v1/teams/T", json={"confirms_members": None}).status_code == 422
    answer = office.patch("/api/v1/teams/T", json={"members": ["V2", "nobody"], "leader_code": "nobody"})
    assert [fault["field"] for fault in answer.json()["errors"]] == ["members.1", "leader_code"]


def test_a_foreign_member_may_stay_in_a_team_but_not_be_added(office, as_role):
    office.post("/api/v1/teams", json={"code": "T", "name": "队", "unit_code": "Z01", "members": ["V2"]})
    local = as_role("coordinator", unit="Z01")
    assert local.patch("/api/v1/teams/T", json={"members": ["V2", "V1"]}).json()["members"] == ["V2", "V1"]
    assert local.patch("/api/v1/teams/T", json={"members": ["V1"]}).status_code == 200
    assert local.patch("/api/v1/teams/T", json={"members": ["V1", "V2"]}).status_code == 422


def test_a_pairing_is_made_found_and_ended(office):
    pairing = {
        "code": "J1",
        "kind": "liaison",
        "supporter_code": "V1",
        "beneficiary_code": "R1",
        "since": "2026-01-01",
        "until": None,
        "visit_every": "P30D",
    }
    url = "/api/v1/pairings"
    assert office.post(url, json=pairing).json() == pairing
    assert office.post(url, json={**pairing, "code": "J2"}).status_code == 409
    assert office.post(url, json={**pairing, "code": "J2", "beneficiary_code": "V1"}).status_code == 422
    assert [each["code"] for each in office.get(url, params={"person": "R1"}).json()["items"]] == ["J1"]
    assert office.patch(f"{url}/J1", json={"until": "2025-12-31"}).status_code == 422
    assert office.patch(f"{url}/J1", json={"supporter_code": "V2"}).status_code == 422
    assert office.patch(f"{url}/J1", json={"until": "2026-09-14"}).json()["until"] == "2026-09-14"
    assert office.get(url, params={"active": "true"}).json()["items"] == []
    assert office.post(url, json={**pairing, "code": "J2"}).status_code == 201


def test_a_campaign_is_answered_with_every_column(office):
    answer = office.post(CAMPAIGNS, json=STUDY)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        **STUDY,
        "status": "draft",
        "team_code": None,
        "place": None,
        "skills": [],
        "split_by": None,
        "public": False,
        "notes": None,
    }
    assert office.get(f"{CAMPAIGNS}/XX15").json() == answer.json()
    assert office.get(CAMPAIGNS, params={"status": "draft", "kind": "study", "unit": "BJ"}).json()[
        "items"
    ] == [answer.json()]


def test_a_draft_has_no_dates_and_an_active_campaign_has_them_at_once(office):
    office.post(CAMPAIGNS, json=STUDY)
    assert _days(office) == []
    office.patch(f"{CAMPAIGNS}/XX15", json={"status": "active"})
    planned = [
        ("2026-09-15", "planned"),
        ("2026-10-15", "planned"),
        ("2026-11-16", "planned"),
        ("2026-12-15", "planned"),
    ]
    assert _days(office) == planned
    office.patch(
        f"{CAMPAIGNS}/XX15", json={"schedule": "RRULE:FREQ=MONTHLY;BYMONTHDAY=16", "on_holiday": None}
    )
    days = [day for day, status in _days(office) if status == "planned"]
    assert days == ["2026-09-16", "2026-10-16", "2026-11-16", "2026-12-16"]
    office.patch(f"{CAMPAIGNS}/XX15", json={"status": "paused"})
    assert [status for _, status in _days(office, status="planned")] == []
    office.patch(f"{CAMPAIGNS}/XX15", json={"status": "active"})
    assert [day for day, _ in _days(office, status="planned")] == days


def test_a_status_that_cannot_follow_is_a_conflict(office):
    office.post(CAMPAIGNS, json=STUDY)
    assert office.patch(f"{CAMPAIGNS}/XX15", json={"status": "paused"}).status_code == 409
    assert office.patch(f"{CAMPAIGNS}/XX15", json={"status": "asleep"}).status_code == 422


def test_every_fault_of_a_campaign_is_told_at_once(office):
    wrong = {
        "schedule": "SOMETIMES",
        "start_time": "25:00",
        "places_needed": {"any": -1},
        "duration_minutes": 0,
        "kind": "party time",
    }
    answer = office.post(CAMPAIGNS, json=STUDY | wrong)
    assert {fault["field"] for fault in answer.json()["errors"]} == set(wrong)
    wrong = {
        "kind": "unheard_of",
        "team_code": "T",
        "beneficiaries": ["V1", "V9", "unit:Z9"],
        "metrics": ["x.y"],
    }
    answer = office.post(CAMPAIGNS, json=STUDY | wrong | {"ends_on": "2025-12-31"})
    assert {fault["field"] for fault in answer.json()["errors"]} == {
        "kind",
        "team_code",
        "beneficiaries.1",
        "beneficiaries.2",
        "metrics.0",
        "ends_on",
    }


@pytest.mark.parametrize(
    ("told", "kept"),
    [(3, {"any": 3}), ("leader=1;visitor=4", {"leader": 1, "visitor": 4}), (0, {}), (None, {})],
)
def test_places_are_told_as_a_number_a_text_or_by_role(office, told, kept):
    assert office.post(CAMPAIGNS, json=STUDY | {"places_needed": told}).json()["places_needed"] == kept


def test_culture_is_public_unless_told_otherwise(office):
    for number, (kind, told, public) in enumerate(
        (("culture", None, True), ("culture", False, False), ("study", None, False), ("study", "yes", True))
    ):
        body = STUDY | {"code": f"C{number}", "kind": kind, "public": told}
        assert office.post(CAMPAIGNS, json=body).json()["public"] is public


def test_a_change_made_from_an_older_state_is_refused_when_it_says_so(office):
    seen = office.post(CAMPAIGNS, json=STUDY).headers["etag"]
    changed = office.patch(f"{CAMPAIGNS}/XX15", json={"name": "学"}, headers={"If-Match": seen})
    assert changed.status_code == 200
    assert changed.headers["etag"] != seen
    stale = office.patch(f"{CAMPAIGNS}/XX15", json={"name": "习"}, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:yinling:problem:stale")
    assert office.patch(f"{CAMPAIGNS}/XX15", json={"name": "习"}).status_code == 200


def test_a_preview_shows_days_with_their_reasons_and_stores_nothing(office):
    draft = {"schedule": "FESTIVAL:重阳节;shift=-3WD", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    answer = office.post(f"{CAMPAIGNS}/preview", json=draft)
    assert answer.status_code == 200, answer.text
    (day,) = answer.json()["dates"]
    assert (day["on"], day["shifted_from"], day["forecast"]) == ("2026-10-14", "2026-10-18", False)
    assert day["reason"]
    assert answer.json()["conflicts"] == []
    assert office.get(CAMPAIGNS).json()["items"] == []


def test_a_preview_tells_what_is_in_the_way(office):
    office.post("/api/v1/teams", json={"code": "T", "name": "队", "unit_code": "BJ", "members": ["V1"]})
    office.post(CAMPAIGNS, json=STUDY | {"team_code": "T", "status": "active"})
    draft = {
        key: STUDY[key] for key in ("schedule", "starts_on", "ends_on", "start_time", "duration_minutes")
    }
    answer = office.post(f"{CAMPAIGNS}/preview", json=draft | {"team_code": "T", "unit_code": "BJ"}).json()
    assert answer["conflicts"]
    assert {code for conflict in answer["conflicts"] for code in conflict["campaign_codes"]} == {"XX15"}
    itself = office.post(f"{CAMPAIGNS}/preview", json=draft | {"team_code": "T", "code": "XX15"}).json()
    assert itself["conflicts"] == []
    assert office.post(f"{CAMPAIGNS}/preview", json=draft | {"schedule": "x"}).status_code == 422
