"""Folders and workbooks as other programs leave them."""

from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Campaign, LedgerEntry, Person, Unit
from outreach.imports import describe
from outreach.metrics import keep_dictionary
from tests.outreach.imports.files import a_county, faults_of, take, write_folder, write_workbook


@pytest.fixture(autouse=True)
def _the_dictionary(session: Session) -> None:
    keep_dictionary(session)


def test_a_workbook_s_own_days_times_numbers_and_truths_are_read(session: Session, tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "plan.xlsx", a_county())
    book = load_workbook(path)
    people, campaigns, ledger = book["人员"], book["活动计划"], book["慰问台账"]
    people["G2"], people["H2"], people["N2"] = datetime(2026, 8, 15), 19900000001, 4.0  # noqa: DTZ001  # no zone in a spreadsheet
    campaigns["I2"], campaigns["J2"], campaigns["L2"], campaigns["O2"] = time(9, 30), 90.0, 2.0, True
    ledger["C2"] = 500.1
    book.save(path)

    take(session, path)

    person = session.scalars(select(Person).where(Person.code == "V1")).one()
    assert (person.lunar_birthday, person.mobile, person.max_per_month) == ("8-15", "19900000001", 4)
    campaign = session.scalars(select(Campaign).where(Campaign.code == "ZF")).one()
    assert (campaign.start_time, campaign.duration_minutes, campaign.public) == (time(9, 30), 90, True)
    assert "500.10" in map(str, session.scalars(select(LedgerEntry.amount)))


def test_empty_rows_and_columns_of_a_workbook_are_nothing(session: Session, tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "plan.xlsx", a_county())
    book = load_workbook(path)
    sheet = book["单位"]
    for row in range(5, 60):
        sheet.cell(row, 1, "  ")
    sheet.cell(3, 9, None)
    sheet.cell(70, 1, "C02")
    sheet.cell(70, 2, None)
    book.create_sheet("说明")
    book.save(path)

    assert faults_of(session, path) == [("units.csv", 70, "name", "imports.required")]
    book["单位"].delete_rows(70)
    book.save(path)
    report = take(session, path)
    assert [describe(warning) for warning in report.warnings] == [
        "plan.xlsx：工作表“说明”不是要导入的表，没有读它。"
    ]


def test_a_formula_counts_with_the_value_that_was_saved(session: Session, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "units"
    sheet.append(["code", "name"])
    sheet.append(["A", "=1+1"])
    book.save(tmp_path / "plan.xlsx")

    # No program has worked it out yet, so there is no value.
    assert faults_of(session, tmp_path / "plan.xlsx") == [("units.csv", 2, "name", "imports.required")]


def test_a_table_may_be_there_once(session: Session, tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"units": a_county()["units"]})
    (folder / "单位.csv").write_text("code,name\nA,b\n", encoding="utf-8")

    assert faults_of(session, folder) == [("units.csv", 1, "", "imports.table_twice")]


def test_files_may_have_chinese_names(session: Session, tmp_path: Path) -> None:
    (tmp_path / "单位.CSV").write_text("单位名称,单位编码\n老干部局,BJ\n", encoding="gb18030")

    take(session, tmp_path)

    assert session.scalars(select(Unit.name)).all() == ["老干部局"]


def test_a_row_may_end_before_its_empty_cells(session: Session, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        "code,name,unit_code,roles,gender,birth_date\nV1,何玉兰,BJ,volunteer\nV2,王芳,BJ,minor,,,,",
        encoding="utf-8",
    )
    (tmp_path / "units.csv").write_text("code,name\nBJ,局\n", encoding="utf-8")

    take(session, tmp_path)

    assert session.scalars(select(Person.birth_date)).all() == [None, None]


def test_text_that_looks_like_a_formula_is_text(session: Session, tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("code,name\nA,=1+1\n", encoding="utf-8")

    take(session, tmp_path)

    assert session.scalars(select(Unit.name)).all() == ["=1+1"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_will_do(session: Session, tmp_path: Path, ending: str) -> None:
    (tmp_path / "units.csv").write_bytes(ending.join(["code,name", "A,甲", "B,乙", ""]).encode())

    take(session, tmp_path)

    assert session.scalars(select(Unit.name).order_by(Unit.code)).all() == ["甲", "乙"]


def test_a_quote_that_never_ends_is_a_fault_and_no_crash(session: Session, tmp_path: Path) -> None:
    rest = "\n".join(f"U{number},单位{number}" for number in range(5_000))
    (tmp_path / "units.csv").write_text(f'code,name\nA,"甲\n{rest}\n', encoding="utf-8")

    assert faults_of(session, tmp_path) == [("units.csv", 2, "name", "errors.text_too_long")]


def test_a_day_cell_in_a_list_of_dates_is_read(session: Session, tmp_path: Path) -> None:
    county = a_county()
    path = write_workbook(tmp_path / "plan.xlsx", county)
    book = load_workbook(path)
    book["结对"]["F2"] = date(2026, 12, 31)
    book.save(path)

    assert take(session, path).counts["pairings"].created == 1
