"""What stands rather than happens (pairings, teams, branches), what is closed by steps, what is taken in by file."""

import io
import json
from pathlib import Path

import openpyxl
import pytest

from cli.main import run
from tests.stories.office import Office

PAIRINGS = {
    "M023": ("industry_base", {"pairing.active": "2"}),
    "M026": ("branch_village", {"pairing.active": "2"}),
    "M028": ("household", {"pairing.active": "2", "rural.paired_households": "2"}),
    "M035": ("acting_parent", {"pairing.active": "2", "youth.proxy_parents": "1"}),
    "M039": ("student_aid", {"pairing.active": "2", "youth.paired_students": "2"}),
    "M041": ("mentor", {"pairing.active": "2"}),
    "M093": ("liaison", {"pairing.active": "2"}),
}


def pair(office: Office, kind: str, beneficiary: str, **more: str) -> None:
    office.post(
        "pairings",
        {
            "code": f"J-{beneficiary}",
            "kind": kind,
            "supporter_code": "V1",
            "beneficiary_code": beneficiary,
            "since": "2026-01-02",
            **more,
        },
    )


@pytest.mark.parametrize("mechanism", PAIRINGS)
def test_pairings_stand_until_they_end(office: Office, mechanism: str) -> None:
    kind, standing = PAIRINGS[mechanism]
    for beneficiary in ("M1", "M2"):
        pair(office, kind, beneficiary)
    assert office.figures("2026-01", standing) == standing
    office.patch("pairings/J-M2", {"until": "2026-02-15"})
    assert office.figures("2026-01", standing) == standing
    assert office.figures("2026-02", ["pairing.active"]) == {"pairing.active": "1"}


@pytest.mark.parametrize("mechanism", ["M013", "M017"])
def test_a_pairing_is_visited_at_its_own_interval(office: Office, mechanism: str) -> None:
    pair(office, "liaison", "R1", visit_every="P30D")
    pair(office, "liaison", "R2")
    office.campaign("CADENCE:P90D", kind="hardship", team_code="T1", metrics=["visits.people"])
    assert office.planned_days() == ["2026-02-01", "2026-04-02"]
    first = office.activities()[0]
    office.move_to(2026, 2, 3)
    office.put(
        f"activities/{first['id']}/outcome",
        {"status": "held", "attendance": [{"person": "V1"}, {"person": "R1"}]},
    )
    office.command("plan")
    assert [day for day in office.planned_days() if day > "2026-02-03"] == ["2026-03-03", "2026-04-02"]


def test_a_team_is_counted_and_has_a_calendar(office: Office) -> None:
    assert office.figures("2026-01", ["rural.teams"]) == {"rural.teams": "1"}
    office.campaign("DATES:2026-04-16", kind="rural", team_code="T1")
    assert office.calendar_days("team:T1") == {"2026-04-16"}


def test_branches_are_counted_from_the_tree(office: Office) -> None:
    office.post("units", {"code": "B1", "name": "第一支部", "kind": "branch", "parent_code": "X01"})
    assert office.figures("2026-01", ["org.branches"]) == {"org.branches": "1"}


def test_a_suggestion_goes_its_way_until_its_author_is_told(office: Office) -> None:
    office.post(
        "suggestions", {"code": "Y1", "raised_on": "2026-01-02", "text": "修路灯", "person_code": "R1"}
    )
    unsettled = {
        "suggestions.opinions": "1",
        "suggestions.settled": "–",
        "suggestions.settlement_rate": "0.00",
    }
    assert office.figures("2026-01", unsettled) == unsettled
    office.move_to(2026, 1, 28)
    office.patch("suggestions/Y1", {"sent_to": "住建局", "sent_on": "2026-01-05", "due_on": "2026-02-04"})
    office.patch("suggestions/Y1", {"answered_on": "2026-01-20", "answer": "已修好。"})
    office.patch("suggestions/Y1", {"fed_back_on": "2026-01-22"})
    settled = {
        "suggestions.opinions": "1",
        "suggestions.settled": "1",
        "suggestions.settlement_rate": "100.00",
    }
    assert office.figures("2026-01", settled) == settled


def test_a_roster_is_taken_in_with_every_fault_by_its_row(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "roster"
    folder.mkdir()
    sheet = folder / "people.csv"
    sheet.write_text(
        "人员编号,姓名,所属单位编码,人员身份\nR8,卢秀英,X01,retiree\nR9,周永贵,X99,retiree\n", "utf-8"
    )
    assert office.run("import", str(folder), "--json") == 2
    (fault,) = json.loads(capsys.readouterr().out)["errors"]
    assert (fault["file"], fault["row"], fault["column"]) == ("people.csv", 3, "unit_code")
    sheet.write_text(sheet.read_text("utf-8").replace("X99", "X01"), "utf-8")
    office.command("import", str(folder))
    assert office.figures("2026-01", ["org.retirees"]) == {"org.retirees": "6"}


def test_units_tell_their_figures_and_the_office_exports_month_and_year(
    office: Office, tmp_path: Path
) -> None:
    office.campaign("DATES:2026-04-16,2026-05-14", metrics=["visits.person_times", "visits.people"])
    office.move_to(2026, 6, 1)
    for activity, unit in zip(office.activities(), ("X01", "BJ"), strict=True):
        office.put(
            f"activities/{activity['id']}/outcome",
            {"status": "held", "measures": [{"metric": "visits.person_times", "value": "40"}]},
        )
        assert unit
    year = office.get("tallies/2026")
    assert {line["metric"]: line["value"] for line in year["lines"]}["visits.person_times"] == "80"
    sheet = openpyxl.load_workbook(io.BytesIO(office.download("tallies/2026-04.xlsx"))).active
    assert sheet is not None
    rows = {row[0]: row[3] for row in sheet.iter_rows(values_only=True)}
    assert rows["visits.person_times"] == 40
    document = tmp_path / "2026.docx"
    office.command("tally", "2026", "--format", "docx", "--output", str(document))
    assert document.read_bytes().startswith(b"PK")


def test_the_office_helper_reports_what_the_program_refuses(office: Office) -> None:
    """The other tests rely on `run` to tell a refusal from success."""
    assert office.run("tally", "2026-13") == 2
    assert run(["no-such-command"]) == 2
