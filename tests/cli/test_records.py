"""import, plan, holidays, tally: the work itself from the command line."""

import csv
import io
import json
import zipfile

import openpyxl
import pytest
from sqlalchemy import func, select

from models import Activity, Campaign, Person
from models.database import make_engine, reading, transaction
from tests.cli.conftest import SAMPLE


@pytest.fixture
def county(yinling):
    """The sample county, as it was in November 2026."""
    yinling("init")
    assert yinling("import", SAMPLE).code == 0
    return yinling


def _count(data, table):
    engine = make_engine(f"sqlite:///{data / 'yinling.db'}")
    with reading(engine) as session:
        found = session.scalar(select(func.count()).select_from(table))
    engine.dispose()
    return found


def test_a_dry_run_finds_the_same_and_writes_nothing(yinling, data):
    yinling("init")
    tried = yinling("import", SAMPLE, "--dry-run", "--json")
    assert tried.code == 0
    assert _count(data, Person) == 0
    done = yinling("import", SAMPLE, "--json")
    assert {**done.document, "id": None} == {**tried.document, "id": None}
    assert _count(data, Person) == 822


def test_an_import_can_be_undone_while_nothing_was_built_on_it(yinling, data):
    yinling("init")
    number = yinling("import", SAMPLE, "--json").document["id"]
    assert yinling("import", "--undo", number, "--json").document == {"undone": number}
    assert _count(data, Person) == 0
    assert yinling("import", "--undo", number).code == 2


def test_the_same_files_twice_change_nothing(county):
    again = county("import", SAMPLE, "--json").document
    assert sum(again["created"].values()) == sum(again["updated"].values()) == 0


def test_a_figure_comes_out_the_same_in_every_form(county, tmp_path):
    def figures(rows):
        return {row[0]: str(row[3]) for row in rows}

    shown = county("tally", "2026-09").out
    found = county("tally", "2026-09", "--format", "json").document
    assert county("tally", "2026-09", "--json").document == found
    lines = {line["metric"]: line["value"] for line in found["lines"]}
    assert all(metric in shown for metric in lines)
    table = county("tally", "2026-09", "--format", "csv").out
    assert figures(list(csv.reader(io.StringIO(table.lstrip("\ufeff"))))[1:]) == lines
    book = tmp_path / "m.xlsx"
    assert county("tally", "2026-09", "--format", "xlsx", "--output", book).code == 0
    values = openpyxl.load_workbook(book).active.iter_rows(min_row=2, values_only=True)
    assert {metric: float(value) for metric, value in figures(values).items()} == {
        metric: float(value) for metric, value in lines.items()
    }
    letter = tmp_path / "m.docx"
    assert county("tally", "2026-09", "--format", "docx", "--output", letter, "--json").document["file"]
    with zipfile.ZipFile(letter) as opened:
        text = opened.read("word/document.xml").decode()
    assert found["lines"][0]["name"] in text


@pytest.mark.parametrize("period", ["2026-Q3", "2026"])
def test_longer_periods_are_counted_too(county, period):
    assert county("tally", period, "--json").document["period"] == period
    assert county("tally", period, "--unit", "GXS", "--json").document["unit"] == "GXS"


def test_a_notice_moves_what_it_moves_once(county, tmp_path):
    county("plan", "--through", "2027-12-31")
    notice = tmp_path / "notice.csv"
    # The fifteenth of March 2027 is an ordinary Monday: made free, what stands there moves on.
    notice.write_text("date,kind\n2027-03-15,free\n", "utf-8")
    first = county("holidays", "2027", notice, "--json")
    assert first.code == 0, first.err
    moves = first.document["moved"]
    assert any(move["from"] == "2027-03-15" and move["campaign"] == "XX15" for move in moves)
    assert county("holidays", "2027", notice, "--json").document["moved"] == []


def test_a_broken_notice_changes_nothing_and_names_its_rows(county, tmp_path):
    notice = tmp_path / "notice.csv"
    notice.write_text("date,kind\n2027-02-30,free\n2027-03-15,perhaps\n", "utf-8")
    said = county("holidays", "2027", notice, "--json")
    assert said.code == 2
    assert {error["row"] for error in said.document["errors"]} == {2, 3}


@pytest.mark.logs_errors
def test_a_campaign_that_cannot_be_worked_out_is_a_warning_and_the_others_are_planned(county, data):
    engine = make_engine(f"sqlite:///{data / 'yinling.db'}")
    with transaction(engine) as session:
        campaign = session.scalars(select(Campaign).order_by(Campaign.id)).first()
        campaign.schedule, code = "RRULE:FREQ=SOMETIMES", campaign.code
    engine.dispose()
    said = county("plan", "--json")
    assert said.code == 0
    assert said.document["created"] > 0
    assert any(code in warning for warning in said.document["warnings"])


def test_planning_ahead_leaves_conflicts_in_words(county, data):
    document = county("plan", "--through", "2026-12-31", "--json").document
    assert _count(data, Activity) > 433
    for conflict in document["conflicts"]:
        assert all(conflict[key] for key in ("message", "proposal", "activities"))
    assert json.dumps(document)


def test_open_places_are_filled_and_what_stays_open_says_why(county):
    county("plan")
    first = county("assign", "--through", "2026-11-30", "--json")
    assert first.code == 0, first.err
    document = first.document
    assert document["filled"] > 0
    assert document["places"] == document["filled"] + len(document["unfilled"])
    assert all(each["activity"] and each["reason"] for each in document["unfilled"])

    again = county("assign", "--through", "2026-11-30", "--json").document
    assert (again["places"], again["filled"]) == (len(document["unfilled"]), 0)
    assert again["unfilled"] == document["unfilled"]
    assert county("assign", "--through", "2026-11-30").out.count("\n") > 1


def test_people_are_proposed_as_far_as_the_house_rules_say_and_not_for_the_past(county):
    county("plan")
    usual, month = county("assign", "--json").document, county("assign", "--through", "2026-12-01", "--json")
    assert usual["places"] > 0
    assert month.document["filled"] == 0
    assert county("assign", "--through", "2026-10-31").code == 2
