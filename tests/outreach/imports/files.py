"""Small counties as files: a folder of CSV in any encoding, or a workbook."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from outreach.imports import ImportFaults, ImportReport, import_path
from outreach.imports.columns import TABLES
from outreach.permissions import CONSOLE

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 9, 15)
NOW = datetime(2026, 9, 15, 1, tzinfo=UTC)

Rows = list[dict[str, Any]]
County = dict[str, Rows]

NOT_COMPARED = {"imports", "audit_entries", "feed_versions", "metrics"}
"""What tells of imports, and what does not come from them."""


def a_county() -> County:
    """Every table, a few rows each, with what the format has to offer."""
    return {
        "units": [
            {"code": "BJ", "name": "老干部局", "parent_code": "", "kind": "bureau"},
            {"code": "X01", "name": "城关镇", "parent_code": "BJ", "kind": "township"},
            {"code": "C01", "name": "向阳村", "parent_code": "X01", "kind": "village"},
        ],
        "people": [
            {
                "code": "V1",
                "name": "单国庆",
                "unit_code": "X01",
                "roles": "volunteer;retiree",
                "gender": "男",
                "birth_date": "1958-03-04",
                "lunar_birthday": "1-15",
                "mobile": "19900000001",
                "email": "shan@example.com",
                "contact_by": "sms;phone",
                "address": "北街 3 号",
                "skills": "农技;书法",
                "available": "Mon-Fri 09:00-12:00;Sat 14:00-17:00",
                "max_per_month": "4",
                "since": "2020-01-01",
                "until": "",
                "notes": "会说方言,\n能开车",
            },
            _person("V2", "何玉兰", "BJ", "volunteer"),
            _person("R1", "王秀英", "C01", "retiree;beneficiary"),
            _person("M1", "李小明", "C01", "minor", until="2027-06-30"),
        ],
        "teams": [
            {
                "code": "T1",
                "name": "助农队",
                "unit_code": "BJ",
                "kind": "rural",
                "leader_code": "V1",
                "members": "V1;V2",
            }
        ],
        "pairings": [
            {
                "code": "J1",
                "kind": "acting_parent",
                "supporter_code": "V2",
                "beneficiary_code": "M1",
                "since": "2025-05-01",
                "until": "",
                "visit_every": "P30D",
            }
        ],
        "campaigns": [
            {
                "code": "ZF",
                "name": "定期走访",
                "kind": "hardship",
                "unit_code": "BJ",
                "schedule": "CADENCE:P90D",
                "starts_on": "2026-01-01",
                "ends_on": "2027-12-31",
                "team_code": "T1",
                "start_time": "09:00",
                "duration_minutes": "60",
                "place": "",
                "places_needed": "leader=1;visitor=2",
                "skills": "农技",
                "split_by": "",
                "public": "",
                "on_holiday": "next_workday",
                "beneficiaries": "role:retiree;M1;unit:C01;team:T1",
                "metrics": "visits.person_times;visits.people",
                "notes": "",
            },
            {
                "code": "WT",
                "name": "文体活动",
                "kind": "culture",
                "unit_code": "BJ",
                "schedule": "RRULE:FREQ=MONTHLY;BYMONTHDAY=26",
                "starts_on": "2026-01-01",
                "ends_on": "2027-12-31",
                "team_code": "",
                "start_time": "",
                "duration_minutes": "",
                "place": "活动中心",
                "places_needed": "3",
                "skills": "",
                "split_by": "",
                "public": "",
                "on_holiday": "",
                "beneficiaries": "",
                "metrics": "culture.activities;culture.person_times",
                "notes": "带水",
            },
        ],
        "outcomes": [
            {
                "campaign_code": "WT",
                "held_on": "2026-08-26",
                "unit_code": "",
                "status": "held",
                "attendees": "V1;V2;R1",
                "minutes": "120",
                "measures": "materials.issued{kind=leaflet,category=study}=46~at_least",
                "narrative": "棋牌比赛",
            },
            {
                "campaign_code": "ZF",
                "held_on": "2026-08-27",
                "unit_code": "X01",
                "status": "partly",
                "attendees": "V1;R1",
                "minutes": "",
                "measures": "",
                "narrative": "",
            },
        ],
        "suggestions": [
            {
                "code": "Y1",
                "raised_on": "2026-08-03",
                "text": "路灯坏了",
                "person_code": "R1",
                "unit_code": "",
                "sent_to": "住建局",
                "sent_on": "2026-08-05",
                "due_on": "2026-09-05",
                "answered_on": "",
                "answer": "",
                "fed_back_on": "",
            }
        ],
        "ledger": [
            {
                "paid_on": "2026-08-27",
                "kind": "cash",
                "amount": "500.00",
                "person_code": "R1",
                "campaign_code": "ZF",
                "unit_code": "",
                "item": "慰问金",
                "handed_by": "单国庆",
                "received_by": "王秀英",
            },
            {
                "paid_on": "2026-08-27",
                "kind": "goods",
                "amount": "170.5~about",
                "person_code": "R1",
                "campaign_code": "",
                "unit_code": "C01",
                "item": "米、油",
                "handed_by": "",
                "received_by": "",
            },
        ],
    }


def _person(code: str, name: str, unit: str, roles: str, **others: str) -> dict[str, str]:
    table = next(table for table in TABLES if table.name == "people")
    empty = dict.fromkeys((column.name for column in table.columns), "")
    return empty | {"code": code, "name": name, "unit_code": unit, "roles": roles} | others


def write_folder(
    folder: Path, county: Mapping[str, Rows], *, encoding: str = "utf-8", chinese: bool = False
) -> Path:
    """The county as a folder of CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in county.items():
        with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(header_of(name, rows, chinese=chinese))
            writer.writerows(row.values() for row in rows)
    return folder


def write_workbook(path: Path, county: Mapping[str, Rows], *, chinese: bool = True) -> Path:
    """The county as a workbook, with days and numbers as a spreadsheet keeps them."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in county.items():
        table = next(table for table in TABLES if table.name == name)
        sheet = book.create_sheet(table.sheet if chinese else name)
        sheet.append(header_of(name, rows, chinese=chinese))
        for row in rows:
            sheet.append([_as_spreadsheet(column, value) for column, value in row.items()])
    book.save(path)
    return path


def header_of(name: str, rows: Rows, *, chinese: bool) -> list[str]:
    """The header of a table with these rows."""
    columns = {column.name: column for table in TABLES if table.name == name for column in table.columns}
    return [columns[each].header if chinese and each in columns else each for each in rows[0]]


def _as_spreadsheet(column: str, value: Any) -> Any:
    if column.endswith(("_on", "_date")) or column in ("since", "until"):
        return datetime.fromisoformat(value) if value else None
    if column in ("max_per_month", "duration_minutes", "minutes"):
        return int(value) if value else None
    return value or None


def take(session: Session, path: Path, **options: Any) -> ImportReport:
    """Import a path on the day of the tests."""
    return import_path(session, path, **{"by": CONSOLE, "now": NOW, "today": TODAY, "zone": ZONE} | options)


def faults_of(session: Session, path: Path, **options: Any) -> list[tuple[str, int, str, str]]:
    """Import a path that has faults: file, row, column and key of each."""
    try:
        take(session, path, **options)
    except ImportFaults as found:
        return [(fault.file, fault.row, fault.field, fault.key) for fault in found.faults]
    raise AssertionError("it was imported")


def dump(session: Session, *, without_ids: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that an import writes; without ids, what it says to a reader."""
    session.expire_all()
    if without_ids:
        return _told(session)
    return {
        table.name: sorted(session.execute(select(table)).all(), key=repr)
        for table in Base.metadata.sorted_tables
        if table.name not in NOT_COMPARED
    }


def _told(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Rows with the codes of what they refer to instead of ids, so that two databases can be compared."""
    names: dict[str, dict[Any, str]] = {}
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name in NOT_COMPARED - {"metrics"}:
            continue
        rows: Sequence[Any] = session.execute(select(table)).mappings().all()
        said = []
        for row in rows:
            values = []
            for column in table.columns:
                value = row[column]
                for key in column.foreign_keys:
                    value = names.get(key.column.table.name, {}).get(value)
                if column.name not in ("id", "uid", "told", "present", "plan_key"):
                    values.append(value)
            said.append(tuple(values))
            if "id" in table.c:
                names.setdefault(table.name, {})[row["id"]] = row.get("code") or repr(values)
        found[table.name] = sorted(said, key=repr)
    return found
