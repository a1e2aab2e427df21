"""Every fault is named, with its file, its row and its column, and nothing is imported."""

import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Person, Tie, Unit
from outreach.imports import ImportFaults, describe
from outreach.metrics import keep_dictionary
from tests.outreach.imports.files import (
    County,
    a_county,
    faults_of,
    header_of,
    take,
    write_folder,
    write_workbook,
)
from wording.sentences import LANGUAGES, is_known


@pytest.fixture(autouse=True)
def _the_dictionary(session: Session) -> None:
    keep_dictionary(session)


ONE_CELL: list[tuple[str, int, str, str, str]] = [
    ("units", 2, "parent_code", "X99", "imports.unknown_units"),
    ("units", 1, "parent_code", "BJ", "imports.circle"),
    ("units", 1, "parent_code", "C01", "imports.circle"),
    ("units", 2, "code", "BJ", "imports.code_twice"),
    ("units", 2, "code", "", "imports.required"),
    ("units", 2, "code", "A;B", "errors.not_a_code"),
    ("units", 2, "name", "字" * 256, "errors.text_too_long"),
    ("people", 1, "code", "V1\0", "errors.text_with_nul"),
    ("people", 1, "notes", "a\0b", "errors.text_with_nul"),
    ("people", 1, "notes", "字" * 20_001, "errors.text_too_long"),
    ("people", 1, "name", "", "imports.required"),
    ("people", 1, "unit_code", "X99", "imports.unknown_units"),
    ("people", 1, "roles", "volunteer;king", "errors.not_one_of"),
    ("people", 1, "roles", ";", "errors.empty"),
    ("people", 1, "gender", "M", "errors.not_one_of"),
    ("people", 1, "birth_date", "1958-02-30", "errors.no_such_day"),
    ("people", 1, "birth_date", "3.4.1958", "errors.not_a_day"),
    ("people", 1, "birth_date", "2101-01-01", "errors.no_such_day"),
    ("people", 1, "lunar_birthday", "13-1", "schedules.bad_lunar_day"),
    ("people", 1, "lunar_birthday", "8-31", "schedules.bad_lunar_day"),
    ("people", 1, "email", "shan@", "errors.not_an_email"),
    ("people", 1, "contact_by", "none;sms", "errors.contact_none_and_more"),
    ("people", 1, "contact_by", "pigeon", "errors.not_one_of"),
    ("people", 1, "available", "Mon-Fri", "errors.not_available_times"),
    ("people", 1, "available", "Mon 12:00-09:00", "errors.not_available_times"),
    ("people", 1, "max_per_month", "-1", "errors.not_a_whole_number"),
    ("people", 1, "max_per_month", "99999999999999999999", "errors.not_a_whole_number"),
    ("people", 1, "max_per_month", "2.5", "errors.not_a_whole_number"),
    ("people", 1, "until", "2019-12-31", "imports.end_before_start"),
    ("teams", 1, "leader_code", "V99", "imports.unknown_people"),
    ("teams", 1, "members", "V1;V99", "imports.unknown_people"),
    ("teams", 1, "unit_code", "X99", "imports.unknown_units"),
    ("pairings", 1, "beneficiary_code", "V2", "imports.paired_with_oneself"),
    ("pairings", 1, "supporter_code", "V99", "imports.unknown_people"),
    ("pairings", 1, "until", "2025-04-30", "imports.end_before_start"),
    ("pairings", 1, "since", "", "imports.required"),
    ("pairings", 1, "visit_every", "30 days", "schedules.bad_interval"),
    ("campaigns", 1, "kind", "chess", "imports.unknown_kind"),
    ("campaigns", 1, "schedule", "CADENCE:often", "schedules.bad_interval"),
    ("campaigns", 1, "schedule", "每月", "schedules.unknown_form"),
    ("campaigns", 1, "ends_on", "2025-12-31", "imports.end_before_start"),
    ("campaigns", 1, "team_code", "T9", "imports.unknown_teams"),
    ("campaigns", 1, "start_time", "24:00", "errors.not_a_time"),
    ("campaigns", 1, "duration_minutes", "0", "errors.number_out_of_range"),
    ("campaigns", 1, "places_needed", "leader", "errors.not_places_needed"),
    ("campaigns", 1, "places_needed", "leader=1;leader=2", "errors.not_places_needed"),
    ("campaigns", 1, "places_needed", "4294967296", "errors.not_places_needed"),
    ("campaigns", 1, "split_by", "team", "errors.not_one_of"),
    ("campaigns", 1, "public", "maybe", "errors.not_yes_or_no"),
    ("campaigns", 1, "on_holiday", "wait", "errors.not_one_of"),
    ("campaigns", 1, "beneficiaries", "role:king", "errors.not_one_of"),
    ("campaigns", 1, "beneficiaries", "R99", "imports.unknown_people"),
    ("campaigns", 1, "beneficiaries", "unit:X99", "imports.unknown_units"),
    ("campaigns", 1, "beneficiaries", "team:T9", "imports.unknown_teams"),
    ("campaigns", 1, "beneficiaries", "street:1", "errors.not_a_beneficiary"),
    ("campaigns", 1, "metrics", "visits.money", "imports.unknown_metrics"),
    ("outcomes", 1, "campaign_code", "XX", "imports.unknown_campaigns"),
    ("outcomes", 1, "held_on", "soon", "errors.not_a_day"),
    ("outcomes", 1, "status", "planned", "errors.not_one_of"),
    ("outcomes", 1, "attendees", "V1;V99", "imports.unknown_people"),
    ("outcomes", 1, "held_on", "2019-12-31", "imports.attendee_not_in_service"),
    ("outcomes", 1, "minutes", "2147483648", "errors.not_a_whole_number"),
    ("outcomes", 1, "measures", "materials.issued", "imports.bad_measure"),
    ("outcomes", 1, "measures", "materials.issued=-1", "imports.negative"),
    ("outcomes", 1, "measures", "materials.issued{kind}=1", "imports.bad_measure"),
    ("outcomes", 1, "measures", "materials.issued=1.5", "outcomes.value_must_be_whole"),
    ("outcomes", 1, "measures", "finance.dues=1.555", "outcomes.too_many_decimals"),
    ("outcomes", 1, "measures", "materials.issued=1~about", "outcomes.qualifier_not_allowed"),
    ("outcomes", 1, "measures", "materials.issued=1~perhaps", "errors.not_one_of"),
    ("outcomes", 1, "measures", "no.such=1", "outcomes.unknown_metric"),
    ("suggestions", 1, "sent_on", "2026-08-02", "imports.end_before_start"),
    ("suggestions", 1, "person_code", "R99", "imports.unknown_people"),
    ("suggestions", 1, "text", "", "imports.required"),
    ("ledger", 1, "amount", "-5", "imports.negative"),
    ("ledger", 1, "amount", "1.234", "errors.amount_decimals"),
    ("ledger", 1, "amount", "1,5", "errors.not_an_amount"),
    ("ledger", 1, "amount", "1" * 30, "errors.not_an_amount"),
    ("ledger", 1, "amount", "500~roughly", "errors.not_one_of"),
    ("ledger", 1, "kind", "gold", "errors.not_one_of"),
    ("ledger", 1, "campaign_code", "XX", "imports.unknown_campaigns"),
]


@pytest.mark.parametrize(("table", "number", "column", "text", "key"), ONE_CELL)
def test_a_bad_cell_is_named_and_can_be_said_in_every_language(
    session: Session, tmp_path: Path, table: str, number: int, column: str, text: str, key: str
) -> None:
    county = a_county()
    county[table][number - 1][column] = text

    with pytest.raises(ImportFaults) as raised:
        take(session, write_folder(tmp_path, county))

    found = [(fault.file, fault.row, fault.field, fault.key) for fault in raised.value.faults]
    assert (f"{table}.csv", number + 1, _column_named(key, column), key) in found
    assert session.scalar(select(func.count()).select_from(Unit)) == 0
    for fault in raised.value.faults:
        assert is_known(fault.key)
        assert len({describe(fault, language=language) for language in LANGUAGES}) == len(LANGUAGES)


def _column_named(key: str, column: str) -> str:
    """Someone out of service is a fault of the list, whichever cell was changed to bring it about."""
    return "attendees" if key == "imports.attendee_not_in_service" else column


def test_all_faults_of_all_files_are_named_at_once(session: Session, tmp_path: Path) -> None:
    county = a_county()
    county["units"][1]["parent_code"] = "X99"
    county["people"][0] |= {"birth_date": "1958-13-01", "email": "nobody"}
    county["people"][3]["unit_code"] = "X98"
    county["ledger"][1]["amount"] = "much"

    found = faults_of(session, write_folder(tmp_path, county))

    assert found == [
        ("units.csv", 3, "parent_code", "imports.unknown_units"),
        ("people.csv", 2, "birth_date", "errors.no_such_day"),
        ("people.csv", 2, "email", "errors.not_an_email"),
        ("people.csv", 5, "unit_code", "imports.unknown_units"),
        ("ledger.csv", 3, "amount", "errors.not_an_amount"),
    ]


def test_a_workbook_has_the_same_faults_as_a_folder(session: Session, tmp_path: Path) -> None:
    county = a_county()
    county["people"][2]["birth_date"] = ""
    county["people"][2]["email"] = "nobody"
    county["campaigns"][0]["schedule"] = "CADENCE:often"

    of_folder = faults_of(session, write_folder(tmp_path / "folder", county))

    assert of_folder == faults_of(session, write_workbook(tmp_path / "plan.xlsx", county))


def test_a_row_with_a_fault_is_there_for_those_who_refer_to_it(session: Session, tmp_path: Path) -> None:
    county = a_county()
    county["people"][2]["gender"] = "X"
    county["teams"][0]["kind"] = "a b"

    found = faults_of(session, write_folder(tmp_path, county))

    assert [(file, row, column) for file, row, column, _ in found] == [
        ("people.csv", 4, "gender"),
        ("teams.csv", 2, "kind"),
    ]


def test_rows_are_counted_as_records(session: Session, tmp_path: Path) -> None:
    county = a_county()
    county["people"][0]["notes"] = "一\n二\n三"
    county["people"][1]["gender"] = "X"
    folder = write_folder(tmp_path, county)
    with (folder / "people.csv").open("a", encoding="utf-8") as lines:
        lines.write("\n,,,\n,,,,,,,,,,,,,,,,\n")

    assert faults_of(session, folder) == [("people.csv", 3, "gender", "errors.not_one_of")]


def test_two_open_pairings_of_the_same_two_people_are_one_too_many(session: Session, tmp_path: Path) -> None:
    county = a_county()
    county["pairings"].append(county["pairings"][0] | {"code": "J2"})

    found = faults_of(session, write_folder(tmp_path, county))

    assert found == [("pairings.csv", 3, "beneficiary_code", "imports.paired_twice")]


def test_a_pairing_may_follow_one_that_has_ended(session: Session, tmp_path: Path) -> None:
    county = a_county()
    county["pairings"].append(county["pairings"][0] | {"code": "J2"})
    county["pairings"][0]["until"] = "2026-01-31"

    take(session, write_folder(tmp_path, county))

    assert session.scalar(select(func.count()).select_from(Tie).where(Tie.code.is_not(None))) == 2


def test_a_circle_may_close_through_units_that_are_there_already(session: Session, tmp_path: Path) -> None:
    take(session, write_folder(tmp_path / "first", a_county()))
    later: County = {"units": [{"code": "BJ", "name": "局", "parent_code": "C01"}]}

    assert faults_of(session, write_folder(tmp_path / "second", later)) == [
        ("units.csv", 2, "parent_code", "imports.circle")
    ]


def test_codes_of_the_database_may_be_referred_to(session: Session, tmp_path: Path) -> None:
    take(session, write_folder(tmp_path / "first", a_county()))
    later: County = {"teams": [{"code": "T2", "name": "二队", "unit_code": "X01", "members": "R1;V2"}]}

    assert take(session, write_folder(tmp_path / "second", later)).counts["teams"].created == 1


def test_an_end_is_compared_with_the_beginning_that_is_known(session: Session, tmp_path: Path) -> None:
    take(session, write_folder(tmp_path / "first", a_county()))
    later: County = {
        "people": [
            {"code": "V1", "name": "单国庆", "unit_code": "X01", "roles": "volunteer", "until": "2019-01-01"}
        ]
    }

    assert faults_of(session, write_folder(tmp_path / "second", later)) == [
        ("people.csv", 2, "until", "imports.end_before_start")
    ]


def test_who_was_erased_does_not_come_back(session: Session, tmp_path: Path) -> None:
    folder = write_folder(tmp_path, a_county())
    take(session, folder)
    session.scalars(select(Person).where(Person.code == "V2")).one().erased_at = datetime(
        2026, 9, 1, tzinfo=UTC
    )
    session.flush()

    assert faults_of(session, folder) == [("people.csv", 3, "code", "imports.person_erased")]


def whole_files() -> list[tuple[str, Callable[[Path], Any], str, str]]:
    """File, what is done to it, the column that is named, and the fault."""
    return [
        ("units", lambda file: file.write_bytes(b""), "", "imports.empty_file"),
        ("units", lambda file: file.write_bytes(b"\xff\xfe\x00c\x81"), "", "imports.unknown_encoding"),
        ("units", lambda file: file.write_text("code,kind\n"), "name", "imports.column_missing"),
        ("units", lambda file: file.write_text("code,name,编码,单位名称\n"), "name", "imports.column_twice"),
        ("units", lambda file: file.write_text("code,name\nA,b,c\n"), "", "imports.row_too_long"),
    ]


@pytest.mark.parametrize(("table", "spoil", "column", "key"), whole_files())
def test_a_file_that_is_wrong_as_a_whole_is_named(
    session: Session, tmp_path: Path, table: str, spoil: Callable[[Path], Any], column: str, key: str
) -> None:
    folder = write_folder(tmp_path, a_county())
    spoil(folder / f"{table}.csv")

    found = faults_of(session, folder)

    assert (f"{table}.csv", column, key) in [(file, field, said) for file, _, field, said in found]


def test_a_folder_with_nothing_to_import_is_a_fault(session: Session, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")

    assert [key for *_, key in faults_of(session, tmp_path)] == ["imports.no_table"]


def test_a_path_that_is_none_is_a_fault(session: Session, tmp_path: Path) -> None:
    assert [key for *_, key in faults_of(session, tmp_path / "none")] == ["imports.no_such_path"]
    (tmp_path / "people.csv").write_text("code\n")
    assert [key for *_, key in faults_of(session, tmp_path / "people.csv")] == ["imports.folder_wanted"]


def test_a_workbook_that_is_none_is_a_fault(session: Session, tmp_path: Path) -> None:
    broken = tmp_path / "plan.xlsx"
    broken.write_bytes(b"PK\x03\x04 and then nothing")
    assert [key for *_, key in faults_of(session, broken)] == ["imports.not_a_workbook"]
    with zipfile.ZipFile(broken, "w") as packed:
        packed.writestr("readme.txt", "no workbook")
    assert [key for *_, key in faults_of(session, broken)] == ["imports.not_a_workbook"]


def test_a_workbook_that_breaks_off_is_a_fault_of_its_sheet(session: Session, tmp_path: Path) -> None:
    whole = write_workbook(tmp_path / "whole.xlsx", {"units": a_county()["units"]})
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(whole) as packed, zipfile.ZipFile(broken, "w") as spoilt:
        for part in packed.namelist():
            content = packed.read(part)
            spoilt.writestr(part, content[: len(content) // 2] if "sheet1" in part else content)

    assert [key for *_, key in faults_of(session, broken)] == ["imports.unreadable"]


def test_a_workbook_that_unpacks_to_far_too_much_is_not_opened(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.imports.reading.LARGEST_WORKBOOK", 1_000)
    book = write_workbook(tmp_path / "plan.xlsx", a_county())

    assert [key for *_, key in faults_of(session, book)] == ["imports.workbook_too_large"]


def test_a_workbook_without_any_of_the_sheets_is_a_fault(session: Session, tmp_path: Path) -> None:
    book = Workbook()
    book.save(tmp_path / "plan.xlsx")

    assert [key for *_, key in faults_of(session, tmp_path / "plan.xlsx")] == ["imports.no_sheet"]


def test_a_change_before_one_that_is_recorded_is_refused(session: Session, tmp_path: Path) -> None:
    county = a_county()
    take(session, write_folder(tmp_path / "first", county))
    county["people"][0]["unit_code"] = "C01"
    take(session, write_folder(tmp_path / "second", county), as_of=date(2026, 9, 10))
    county["people"][0]["unit_code"] = "BJ"
    county["people"][1]["roles"] = "volunteer;staff"

    found = faults_of(session, write_folder(tmp_path / "third", county), as_of=date(2026, 9, 9))

    assert found == [("people.csv", 2, "unit_code", "imports.before_a_change")]


def test_a_fault_calls_a_column_as_its_reader_does(session: Session, tmp_path: Path) -> None:
    county = a_county()
    county["people"][0]["name"] = ""
    with pytest.raises(ImportFaults) as found:
        take(session, write_folder(tmp_path, county))

    (fault,) = found.value.faults
    assert describe(fault) == "“姓名”不能空着，请填上。"
    assert describe(fault, language="en") == "“name” must not be empty."


def test_chinese_headers_are_those_of_the_rules(session: Session) -> None:
    assert header_of("ledger", a_county()["ledger"], chinese=True) == [
        "日期",
        "类别",
        "金额（元）",
        "慰问对象编号",
        "计划编号",
        "单位编码",
        "事由或物品",
        "经办人",
        "签收人",
    ]
