"""What lasts from a day to a day: liaisons and how many each has, posts with their terms, members of teams."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from models import AuditEntry
from models.database import reading
from tests.stories.office import Json, Office


def pair(office: Office, beneficiary: str, **columns: object) -> Json:
    told = {
        "code": f"J-{beneficiary}",
        "kind": "liaison",
        "supporter_code": "S1",
        "beneficiary_code": beneficiary,
        "since": "2026-01-01",
    }
    return office.post("pairings", {**told, **columns})


def refused(office: Office, method: str, path: str, body: Json) -> str:
    """The sentence of a conflict."""
    answer = office.client.request(method, f"/api/v1/{path}", json=body)
    assert answer.status_code == 409, answer.text
    return str(answer.json()["detail"])


def loads(office: Office, **asked: str) -> dict[str, tuple[int, str]]:
    items = office.get("pairings/load", **asked)["items"]
    return {each["person_code"]: (each["pairings"], each["load"]) for each in items}


def test_a_liaison_looks_after_a_few_and_who_has_too_many_or_none_is_seen(office: Office) -> None:
    for beneficiary in ("R1", "R2", "R3"):
        pair(office, beneficiary)
    office.campaign("CADENCE:P90D", kind="festival_visit")
    assert office.planned_days() == ["2026-04-01"] * 3
    fourth = {"code": "J-R4", "kind": "liaison", "supporter_code": "S1", "beneficiary_code": "R4"}
    said = refused(office, "POST", "pairings", {**fourth, "since": "2026-03-01"})
    assert "4" in said
    assert "3" in said
    office.patch("pairings/J-R1", {"until": "2026-02-28", "reason": "迁往外地"})
    office.post("pairings", {**fourth, "since": "2026-03-01"})
    refused(office, "PATCH", "pairings/J-R1", {"until": "2026-03-01"})
    refused(office, "PATCH", "pairings/J-R4", {"since": "2026-02-28"})
    office.patch("pairings/J-R4", {"until": "2026-04-30"})
    assert loads(office) == {"S1": (3, "within")}
    pair(office, "M1", code="J-M1", supporter_code="V1", until="2026-01-15")
    office.patch("settings", {"values": {"pairings.liaison_most": 2}})
    assert loads(office) == {"S1": (3, "above"), "V1": (1, "within")}
    office.move_to(2026, 2, 1)
    assert loads(office, unit="X01") == {"V1": (0, "below")}
    office.patch("pairings/J-R2", {"until": "2026-12-31"})


def test_why_a_pairing_ended_is_kept(office: Office, fresh_database: Engine) -> None:
    pair(office, "R1")
    office.patch("pairings/J-R1", {"until": "2026-02-28", "reason": "迁往外地"})
    with reading(fresh_database) as session:
        reasons = session.scalars(select(AuditEntry.reason).where(AuditEntry.table_name == "ties")).all()
    assert reasons[-1] == "迁往外地"


def appoint(office: Office, code: str, person: str, **columns: object) -> Json:
    told = {
        "code": code,
        "post": "支部书记",
        "person_code": person,
        "unit_code": "X01",
        "since": "2026-01-01",
        "until": "2026-12-31",
    }
    return office.post("posts", {**told, **columns})


def posts(office: Office, **asked: str) -> list[str]:
    return [each["code"] for each in office.get("posts", **asked)["items"]]


APPOINTMENTS = {
    "M034": ("义务监督员", {"team_code": "T1"}),
    "M069": ("支部书记", {"unit_code": "B1"}),
    "M089": ("关工委主任", {"unit_code": "X01"}),
    "M114": ("党风廉政监督员", {"unit_code": "X01"}),
}


@pytest.mark.parametrize("mechanism", APPOINTMENTS)
def test_who_is_appointed_for_a_term_is_known_and_followed_by_the_next(
    office: Office, mechanism: str
) -> None:
    post, place = APPOINTMENTS[mechanism]
    office.post("units", {"code": "B1", "name": "第一支部", "kind": "branch", "parent_code": "X01"})
    for code, person in (("P1", "R1"), ("P2", "R2")):
        told = {
            "code": code,
            "post": post,
            "person_code": person,
            "since": "2026-01-01",
            "until": "2026-06-30",
        }
        office.post("posts", {**told, **place})
    office.move_to(2026, 6, 1)
    assert posts(office, post=post, active="true", ends_before="2026-07-01") == ["P1", "P2"]
    office.patch("posts/P1", {"until": "2029-06-30"})
    office.post("posts", {"code": "P3", "post": post, "person_code": "R3", "since": "2026-07-01", **place})
    assert posts(office, post=post, ends_before="2026-07-01") == ["P2"]
    office.move_to(2026, 7, 1)
    assert posts(office, post=post, active="true") == ["P1", "P3"]
    assert posts(office, post=post) == ["P1", "P2", "P3"]


def test_posts_have_terms_and_those_about_to_end_are_seen(office: Office) -> None:
    appoint(office, "B1", "R1")
    appoint(office, "B2", "R3", post="义务监督员", unit_code=None, team_code="T1", until=None)
    appoint(office, "B3", "R3", unit_code="BJ", since="2027-01-01", until=None)
    assert posts(office) == ["B1", "B2", "B3"]
    assert posts(office, active="true") == ["B1", "B2"]
    assert posts(office, unit="X01") == ["B1"]
    assert posts(office, unit="BJ") == ["B1", "B2", "B3"]
    assert posts(office, person="R3", post="义务监督员") == ["B2"]
    office.move_to(2026, 12, 1)
    assert posts(office, ends_before="2026-12-31") == []
    assert posts(office, ends_before="2027-01-01") == ["B1"]
    again = {"code": "B4", "post": "支部书记", "person_code": "R1", "unit_code": "X01"}
    refused(office, "POST", "posts", {**again, "since": "2026-12-31"})
    office.post("posts", {**again, "since": "2027-01-01"})
    refused(office, "PATCH", "posts/B1", {"until": None})
    ended = office.patch("posts/B1", {"until": "2026-11-30", "reason": "换届"})
    assert (ended["until"], ended["person_name"]) == ("2026-11-30", "何玉兰")
    assert posts(office, person="R1", active="true") == []


def test_a_post_is_in_one_place_and_ends_after_it_began(office: Office) -> None:
    told = {"code": "B1", "post": "支委", "person_code": "R1", "since": "2026-01-01"}
    for place in ({}, {"unit_code": "X01", "team_code": "T1"}, {"unit_code": "X99"}, {"team_code": "T9"}):
        assert office.client.post("/api/v1/posts", json={**told, **place}).status_code == 422
    wrong = {**told, "unit_code": "X01", "until": "2025-12-31"}
    assert office.client.post("/api/v1/posts", json=wrong).status_code == 422


def members(office: Office, **asked: str) -> list[tuple[str, str | None, str | None]]:
    items = office.get("teams/T1/members", **asked)["items"]
    return [(each["person_code"], each["since"], each["until"]) for each in items]


def test_members_come_for_a_term_and_go_and_what_was_stays_known(office: Office) -> None:
    assert members(office) == [("V1", None, None), ("V2", None, None)]
    office.post("teams/T1/members", {"person_code": "R1", "since": "2026-02-01", "until": "2026-06-30"})
    assert [code for code, *_ in members(office)] == ["V1", "V2"]
    office.move_to(2026, 3, 1)
    assert office.get("teams/T1")["members"] == ["V1", "V2", "R1"]
    refused(office, "POST", "teams/T1/members", {"person_code": "R1", "since": "2026-06-30"})
    office.patch("teams/T1/members/V2", {"until": "2026-03-31"})
    listed = office.patch("teams/T1", {"members": ["V1", "V2", "R1", "R2"]})
    assert listed["members"] == ["V1", "V2", "R1", "R2"]
    assert members(office, all="true") == [
        ("V1", None, None),
        ("V2", None, "2026-03-31"),
        ("R1", "2026-02-01", "2026-06-30"),
        ("R2", "2026-03-01", None),
    ]
    office.move_to(2026, 4, 1)
    assert office.get("teams/T1")["members"] == ["V1", "R1", "R2"]
    office.patch("teams/T1/members/V2", {"until": None})
    assert "V2" in office.get("teams/T1")["members"]
    assert office.client.patch("/api/v1/teams/T1/members/R3", json={"until": None}).status_code == 404
    before = {"until": "2026-01-31"}
    assert office.client.patch("/api/v1/teams/T1/members/R1", json=before).status_code == 422


def test_who_is_left_out_of_the_list_leaves_before_the_term_is_over(office: Office) -> None:
    office.post("teams/T1/members", {"person_code": "R1", "since": "2026-01-01", "until": "2026-06-30"})
    office.move_to(2026, 2, 1)
    office.patch("teams/T1", {"members": ["V1", "V2"]})
    assert members(office, all="true")[-1] == ("R1", "2026-01-01", "2026-01-31")
    office.patch("teams/T1", {"members": ["V1", "V2", "R1"]})
    assert office.get("teams/T1")["members"] == ["V1", "V2", "R1"]


def test_a_list_before_a_change_told_for_later_is_refused(office: Office) -> None:
    office.post("teams/T1/members", {"person_code": "R1", "since": "2026-06-01"})
    refused(office, "PATCH", "teams/T1", {"members": ["V1"]})


def sheet(folder: Path, *codes: str) -> str:
    """A folder with pairings of S1 with R1, R2 … in their order."""
    rows = [f"{code},liaison,S1,R{number},2026-01-01" for number, code in enumerate(codes, start=1)]
    head = "code,kind,supporter_code,beneficiary_code,since"
    (folder / "pairings.csv").write_text("\n".join([head, *rows]), "utf-8")
    return str(folder)


def test_a_sheet_is_taken_as_it_is_and_who_has_too_many_is_said(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.joinpath("sheet").mkdir()
    folder = sheet(tmp_path / "sheet", "J1", "J2", "J3", "J4")
    capsys.readouterr()
    assert office.run("import", folder, "--json") == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert "S1" in warning
    assert "4" in warning
    assert loads(office) == {"S1": (4, "above")}


def test_a_sheet_cannot_take_the_code_of_a_post(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    appoint(office, "J1", "R1")
    tmp_path.joinpath("sheet").mkdir()
    folder = sheet(tmp_path / "sheet", "J1")
    capsys.readouterr()
    assert office.run("import", folder, "--json") == 2
    (fault,) = json.loads(capsys.readouterr().out)["errors"]
    assert (fault["file"], fault["row"], fault["column"]) == ("pairings.csv", 2, "code")
