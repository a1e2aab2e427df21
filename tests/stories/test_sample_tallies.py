"""The sample county's books: every figure of every unit is the one that an independent reference computes."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from calendars.periods import parse_period
from models import Unit
from models.base import UnitId
from models.database import reading, transaction
from outreach.closing import close_month
from outreach.imports import import_path
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from outreach.recount import recount
from outreach.sources import sources
from outreach.tallies import tally

ROOT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 1, 8, tzinfo=ZONE)
TODAY = date(2026, 11, 1)
EXPECTED: dict[str, Any] = json.loads((ROOT / "tests/data/expected/tallies.json").read_text(encoding="utf-8"))


@pytest.fixture
def county(fresh_database: Engine) -> Engine:
    with transaction(fresh_database) as session:
        keep_dictionary(session)
    with transaction(fresh_database) as session:
        import_path(session, ROOT / "sample", by=CONSOLE, now=NOW, today=TODAY, zone=ZONE)
    return fresh_database


@pytest.fixture
def books(county: Engine) -> Iterator[Session]:
    with reading(county) as session:
        yield session


def units(session: Session) -> dict[str, UnitId]:
    return dict(session.execute(select(Unit.code, Unit.id)).all())


def lines(session: Session, period: str, unit_id: UnitId) -> list[dict[str, Any]]:
    view = tally(session, parse_period(period), unit_id)
    return json.loads(json.dumps(view.as_json()))["lines"]


def by_metric(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {line["metric"]: line for line in lines}


def test_every_figure_of_every_unit_and_period_is_the_references(books: Session) -> None:
    ids = units(books)
    assert len(EXPECTED["tallies"]) == 396
    for each in EXPECTED["tallies"]:
        found = lines(books, each["period"], ids[each["unit"]])
        assert by_metric(found) == by_metric(each["lines"]), (each["period"], each["unit"])


def test_every_figure_lists_as_many_records_as_it_says(books: Session) -> None:
    ids = units(books)
    for each in EXPECTED["tallies"]:
        if each["period"] in ("2026-06", "2026") and each["unit"] in ("BJ", "GXS", "X04"):
            for line in each["lines"]:
                period, metric = parse_period(each["period"]), line["metric"]
                listed = sources(books, period, ids[each["unit"]], metric)
                assert len(listed) == line["sources"], (each["period"], each["unit"], metric)


def test_the_whole_count_agrees_with_the_records(books: Session) -> None:
    assert recount(books).differences == []


def test_closing_every_month_moves_no_figure(county: Engine) -> None:
    months = [f"2026-{month:02}" for month in range(1, 11)]
    with transaction(county) as session:
        ids = units(session)
        for month in months:
            close_month(session, parse_period(month), ids["BJ"], by=CONSOLE, today=TODAY, now=NOW)
    with reading(county) as session:
        for each in EXPECTED["tallies"]:
            if each["unit"] in ("BJ", "GXS", "X04", "Z07"):
                found = lines(session, each["period"], ids[each["unit"]])
                assert by_metric(found) == by_metric(each["lines"]), (each["period"], each["unit"])
        assert recount(session).differences == []
