"""Somebody dies: nothing is planned for them any more, nothing is sent or shown, and what was stays as it was."""

from tests.stories.office import Json, Office


def birthdays_and_visits(office: Office) -> None:
    """Birthdays, a visit to each of two, and a round to all retirees; R2 has somebody asked to her visit."""
    office.campaign("BIRTHDAY:all", kind="birthday", beneficiaries=["role:retiree"], name="生日祝寿")
    office.campaign("CADENCE:P30D", code="K", name="走访", beneficiaries=["R1", "R2"])
    office.campaign("DATES:2026-02-10,2026-06-10", code="G", name="座谈", beneficiaries=["role:retiree"])


def of(office: Office, campaign: str) -> list[Json]:
    asked = {"campaign": campaign, "from": "2026-01-01", "to": "2027-12-31", "limit": "200"}
    return list(office.get("activities", **asked)["items"])


def planned(office: Office, campaign: str, person: str) -> list[Json]:
    return [
        each
        for each in of(office, campaign)
        if each["status"] == "planned" and person in each["beneficiaries"]
    ]


def ask(office: Office, activity: Json, person: str) -> None:
    office.post(f"activities/{activity['id']}/people", {"person": person})


def test_a_bereavement_stops_birthdays_visits_and_calendars_at_once_and_keeps_what_was(
    office: Office,
) -> None:
    birthdays_and_visits(office)
    round_, later = of(office, "G")
    birthday = planned(office, "C", "R1")[0]
    ask(office, birthday, "V1")
    ask(office, round_, "V1")
    ask(office, later, "V1")
    ask(office, later, "R1")
    assert "何老" in office.calendar("person:V1")
    office.move_to(2026, 2, 11)
    office.put(
        f"activities/{round_['id']}/outcome",
        {"status": "held", "visits": [{"person": person, "result": "seen"} for person in ("R1", "R2")]},
    )
    before = office.get("tallies/2026-02")["lines"]
    case = office.post("cases", {"kind": "bereavement", "person_code": "R1", "opened_on": "2026-02-09"})
    assert planned(office, "C", "R1") == planned(office, "K", "R1") == []
    assert planned(office, "C", "R2")
    assert planned(office, "K", "R2")
    (later,) = [each for each in of(office, "G") if each["id"] == later["id"]]
    assert "R1" not in later["beneficiaries"]
    assert "R2" in later["beneficiaries"]
    assert later["status"] == "planned"
    assert {each["code"]: each["state"] for each in later["people"]} == {"V1": "proposed", "R1": "withdrawn"}
    own = office.calendar("person:R1")
    assert own.count("BEGIN:VEVENT") == own.count("STATUS:CANCELLED") == 1
    assert "何老" not in office.calendar("person:V1")
    assert "欧阳老" in office.calendar("person:V1")
    assert office.get("tallies/2026-02")["lines"] == before
    (held,) = [each for each in of(office, "G") if each["id"] == round_["id"]]
    assert held["status"] == "held"
    office.command("plan")
    assert planned(office, "C", "R1") == planned(office, "K", "R1") == []
    assert office.get("people/R1")["code"] == "R1"
    for task in ("notify", "condole", "farewell", "formalities", "roster"):
        case = office.patch(f"cases/{case['code']}/tasks/{task}", {"done_on": "2026-02-11"})
    closed = office.patch(f"cases/{case['code']}", {"closed_on": "2026-02-11"})
    assert (closed["left_open"], closed["frozen_on"]) == ([], "2026-02-09")
    assert planned(office, "C", "R1") == []


def test_what_was_done_before_is_still_recorded_and_counted(office: Office) -> None:
    office.campaign(
        "DATES:2026-02-10", beneficiaries=["role:retiree"], metrics=["visits.person_times", "visits.people"]
    )
    (round_,) = office.activities()
    office.move_to(2026, 2, 12)
    office.post("cases", {"kind": "bereavement", "person_code": "R1", "opened_on": "2026-02-10"})
    office.put(
        f"activities/{round_['id']}/outcome",
        {"status": "held", "visits": [{"person": person, "result": "seen"} for person in ("R1", "R2")]},
    )
    standing = {"visits.person_times": "2", "visits.people": "2"}
    assert office.figures("2026-02", standing) == standing


def test_the_bereavement_s_own_visit_is_planned_and_other_cases_are_visited_no_more(office: Office) -> None:
    office.campaign("CASE:hospital;within=P2D", code="ZY", kind="hospital", beneficiaries=["role:retiree"])
    office.campaign("CASE:bereavement;within=P1D", kind="condolence", beneficiaries=["role:retiree"])
    office.campaign("CASE:hospital;within=P2D", code="ZZ", kind="hospital")
    office.move_to(2026, 3, 1)
    office.post("cases", {"code": "C1", "kind": "hospital", "person_code": "R1"})
    assert [len(planned(office, code, "R1")) for code in ("ZY", "ZZ")] == [1, 1]
    office.post("cases", {"code": "C2", "kind": "bereavement", "person_code": "R1"})
    assert [len(planned(office, code, "R1")) for code in ("ZY", "ZZ", "C")] == [0, 0, 1]
    (visit,) = office.activities()
    office.put(
        f"activities/{visit['id']}/outcome",
        {"status": "held", "held_on": "2026-03-01", "visits": [{"person": "R1", "result": "seen"}]},
    )
    (condole,) = [each for each in office.get("cases/C2")["tasks"] if each["task"] == "condole"]
    assert condole["done_on"] == "2026-03-01"
    office.command("plan")
    assert [len(planned(office, code, "R1")) for code in ("ZY", "ZZ")] == [0, 0]


def test_a_case_about_the_wrong_one_lets_everything_come_back(office: Office) -> None:
    birthdays_and_visits(office)
    _, later = of(office, "G")
    ask(office, later, "R1")
    ask(office, later, "R2")
    before = {person: planned(office, "C", person) for person in ("R1", "R2")}
    assert all(before.values())
    office.post("cases", {"code": "C1", "kind": "bereavement", "person_code": "R1"})
    assert planned(office, "C", "R1") == []
    office.patch("cases/C1", {"person_code": "R2"})
    assert days(planned(office, "C", "R1")) == days(before["R1"])
    assert planned(office, "C", "R2") == []
    states = {each["code"]: each["state"] for each in office.get(f"activities/{later['id']}")["people"]}
    assert states == {"R1": "proposed", "R2": "withdrawn"}
    recalled = office.post("cases/C1/recall", {"reason": "误报"})
    assert recalled["frozen_on"] is None
    assert days(planned(office, "C", "R2")) == days(before["R2"])
    assert days(planned(office, "K", "R2")) == ["2026-01-31"]
    states = {each["code"]: each["state"] for each in office.get(f"activities/{later['id']}")["people"]}
    assert states == {"R1": "proposed", "R2": "proposed"}


def test_no_hand_brings_a_visit_to_the_dead_back(office: Office) -> None:
    birthdays_and_visits(office)
    birthday = planned(office, "C", "R1")[0]
    office.post("cases", {"code": "C1", "kind": "bereavement", "person_code": "R1"})
    by_hand = {"campaign_code": "C", "starts_at": "2026-06-01", "person_code": "R1"}
    assert office.client.post("/api/v1/activities", json=by_hand).status_code == 409
    url = f"/api/v1/activities/{birthday['id']}"
    etag = office.client.get(url).headers["etag"]
    answer = office.client.patch(url, json={"status": "planned"}, headers={"If-Match": etag})
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("这位同志已经不再安排走访")
    office.post("cases/C1/recall", {"reason": "误报"})
    assert office.client.post("/api/v1/activities", json=by_hand).status_code == 201


def days(activities: list[Json]) -> list[str]:
    return sorted(each["starts_at"][:10] for each in activities)


def test_a_supporter_who_dies_visits_nobody_any_more(office: Office) -> None:
    office.post(
        "pairings",
        {
            "code": "J1",
            "kind": "mentor",
            "supporter_code": "V1",
            "beneficiary_code": "M1",
            "since": "2026-01-02",
        },
    )
    office.campaign("CADENCE:P30D", team_code="T1")
    assert office.planned_days() == ["2026-02-01"]
    office.post("cases", {"code": "C1", "kind": "bereavement", "person_code": "V1"})
    assert office.planned_days() == []
    standing = {"pairing.active": "1"}
    assert office.figures("2026-01", standing) == standing
    office.patch("cases/C1", {"kind": "hospital"})
    assert office.planned_days() == ["2026-02-01"]
