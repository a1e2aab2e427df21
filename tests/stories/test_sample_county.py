"""The sample county, imported and planned: every date is the one that an independent reference computes."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, aliased

from models import Activity, Campaign, Person, Place, Tie, Unit
from models.database import reading, transaction
from models.enums import ActivityStatus
from outreach.beneficiaries import circles
from outreach.holidays import workdays
from outreach.imports import import_path
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from outreach.planning import PlanReport, plan

ROOT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 1, 8, tzinfo=ZONE)
TODAY, THROUGH = date(2026, 11, 1), date(2027, 10, 31)


@pytest.fixture
def county(fresh_database: Engine) -> Engine:
    with transaction(fresh_database) as session:
        keep_dictionary(session)
    with transaction(fresh_database) as session:
        import_path(session, ROOT / "sample", by=CONSOLE, now=NOW, today=TODAY, zone=ZONE)
    return fresh_database


@pytest.fixture(scope="module")
def reference() -> list[dict[str, Any]]:
    text = (ROOT / "tests/data/expected/dates.json").read_text(encoding="utf-8")
    dates: list[dict[str, Any]] = json.loads(text)["dates"]
    return dates


def planned(engine: Engine) -> PlanReport:
    with transaction(engine) as session:
        return plan(
            session,
            today=TODAY,
            through=THROUGH,
            zone=ZONE,
            workdays=workdays(session),
            by=CONSOLE,
            now=NOW,
        )


def test_every_date_of_the_year_is_the_references(county: Engine, reference: list[dict[str, Any]]) -> None:
    report = planned(county)
    assert (report.created, report.moved, report.cancelled) == (len(reference), 0, 0)
    with reading(county) as session:
        found = _dates(session)
    assert sorted(found, key=str) == sorted((_date(each) for each in reference), key=str)


def test_those_served_are_the_references(county: Engine, reference: list[dict[str, Any]]) -> None:
    compared = [each for each in reference if "served" in each]
    assert len(compared) > 300
    with reading(county) as session:
        campaigns = dict(session.execute(select(Campaign.code, Campaign.id)).all())
        units = dict(session.execute(select(Unit.code, Unit.id)).all())
        codes = dict(session.execute(select(Person.id, Person.code)).all())
        known = circles(session, list(campaigns.values()))
    for each in compared:
        circle, day = known[campaigns[each["campaign_code"]]], date.fromisoformat(each["date"])
        served = circle.by_unit_on(day)[units[each["unit"]]] if each.get("split") else circle.on(day)
        assert sorted(codes[person] for person in served) == sorted(each["served"]), each["campaign_code"]


def test_planned_again_nothing_changes(county: Engine, reference: list[dict[str, Any]]) -> None:
    first = planned(county)
    again = planned(county)
    assert (again.created, again.moved, again.cancelled) == (0, 0, 0)
    assert again.unchanged == len(reference)
    assert again.conflicts == first.conflicts


def _dates(session: Session) -> list[tuple[object, ...]]:
    pairing = aliased(Tie)
    rows = session.execute(
        select(Activity, Campaign.code, Unit.code, Person.code, pairing.code)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .join(Unit, Unit.id == Activity.unit_id)
        .outerjoin(Person, Person.id == Activity.subject_person_id)
        .outerjoin(pairing, pairing.id == Activity.pairing_id)
        .where(Activity.status == ActivityStatus.PLANNED)
    ).all()
    needed: dict[int, dict[str, int]] = {}
    for place in session.scalars(select(Place).where(Place.campaign_id.is_not(None))):
        needed.setdefault(place.campaign_id or 0, {})[place.role] = place.needed
    return [
        (
            campaign,
            unit,
            person,
            pair,
            activity.day.isoformat(),
            activity.starts_at.astimezone(ZONE).strftime("%H:%M") if activity.starts_at else None,
            activity.nominal_on.isoformat()
            if activity.nominal_on and activity.nominal_on != activity.day
            else None,
            activity.forecast,
            sorted(needed.get(activity.campaign_id, {}).items()),
        )
        for activity, campaign, unit, person, pair in rows
    ]


def _date(expected: dict[str, Any]) -> tuple[object, ...]:
    return (
        expected["campaign_code"],
        expected["unit"],
        expected["beneficiary"],
        expected["pairing"],
        expected["date"],
        expected["start_time"],
        expected["shifted_from"],
        expected["forecast"],
        sorted(expected["places_needed"].items()),
    )
