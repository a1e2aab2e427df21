"""What waits: one count for boards, the menu, the first page and the digest, whatever did a task."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from models import LedgerEntry, Matter
from models.enums import LedgerKind, MatterFace, MatterStatus
from outreach import cases, ledger, matters
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE, EVERYWHERE, Reach
from tests.outreach.county import NOW, TODAY, ZONE, County

LONG_AGO = TODAY - timedelta(days=20)


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def opened(county: County, kind: str = "hospital", **columns: object) -> Matter:
    told = matters.CaseTold(
        kind=kind,
        person_code=county.person("retiree").code,
        opened_on=LONG_AGO,
        **columns,  # type: ignore[arg-type]  # a test's own words
    )
    matter_id = matters.open_case(county.session, told, by=CONSOLE, now=NOW, zone=ZONE)
    return county.session.get_one(Matter, matter_id)


def settled(county: County, matter: Matter, *tasks: str) -> None:
    for task in tasks:
        matters.settle_task(county.session, matter, task, done_on=TODAY, note=None, by="王秀英", today=TODAY)


def waiting(county: County, now: datetime = NOW, within: Reach = EVERYWHERE) -> list[str]:
    """The codes of the cases that wait; the longer way of telling one by one says the same."""
    found = matters.cases_waiting(county.session, within, now=now, limit=20)
    one_by_one: dict[str, datetime] = {}
    for late in cases.overdue(county.session, within=within, now=now):
        one_by_one.setdefault(late.code, late.due_at)
    assert {each.code: each.due_at for each in found.first} == one_by_one
    assert found.count == len(one_by_one)
    return [each.code for each in found.first]


def test_a_case_waits_once_however_much_of_it_is_late(county: County) -> None:
    case = opened(county)
    assert waiting(county) == [case.code]
    assert waiting(county, NOW - timedelta(days=25)) == []


def test_what_somebody_did_waits_no_more(county: County) -> None:
    case = opened(county)
    settled(county, case, "visit", "follow_up")
    assert waiting(county) == []


def test_a_visit_that_took_place_does_its_task(county: County) -> None:
    case = opened(county)
    settled(county, case, "follow_up")
    visit = county.held(county.campaign("CASE:hospital;within=P2D", kind="hospital"), TODAY)
    assert waiting(county) == [case.code]
    visit.matter_id = case.id
    county.session.flush()
    assert waiting(county) == []


def test_money_does_its_task_until_it_is_taken_back(county: County) -> None:
    keep_dictionary(county.session)
    case = opened(county, "disaster")
    settled(county, case, "visit")
    campaign = county.campaign("DATES:2026-01-01", kind="hardship")
    entry = LedgerEntry(
        paid_on=TODAY,
        kind=LedgerKind.CASH,
        amount=Decimal(500),
        person_id=case.person_id,
        campaign_id=campaign.id,
        unit_id=county.root.id,
        recorded_at=NOW,
        recorded_by="王秀英",
    )
    assert waiting(county) == [case.code]
    county.session.add(entry)
    county.session.flush()
    assert waiting(county) == []
    ledger.counter(county.session, [entry.id], on=TODAY, by=CONSOLE, now=NOW)
    assert waiting(county) == [case.code]


def test_a_time_told_with_the_case_counts_like_a_task(county: County) -> None:
    case = opened(county, "honour", due_at=NOW - timedelta(days=1))
    settled(county, case, "visit")
    assert waiting(county) == [case.code]
    assert waiting(county, NOW - timedelta(days=2)) == []


def test_the_longest_waiting_comes_first_and_closed_and_foreign_ones_do_not(county: County) -> None:
    later, sooner = opened(county, "hardship"), opened(county, "hospital")
    closed = opened(county)
    closed.closed_on, closed.status = TODAY, MatterStatus.CLOSED
    county.session.flush()
    assert waiting(county) == [sooner.code, later.code]
    west = county.unit("W", county.root)
    assert waiting(county, within=Reach(frozenset([west.id]))) == []


def test_a_suggestion_waits_from_the_end_of_its_day_until_it_is_answered(county: County) -> None:
    due_at = datetime(2026, 9, 11, tzinfo=ZONE)
    for code, status in (
        ("S1", MatterStatus.SENT),
        ("S2", MatterStatus.ANSWERED),
        ("S3", MatterStatus.CHASED),
    ):
        county.session.add(
            Matter(
                face=MatterFace.SUGGESTION,
                code=code,
                unit_id=county.root.id,
                status=status,
                opened_on=date(2026, 9, 1),
                due_at=due_at,
            )
        )
    county.session.flush()
    found = matters.suggestions_waiting(county.session, EVERYWHERE, now=due_at, limit=1)
    assert (found.count, [each.code for each in found.first]) == (2, ["S1"])
    before = due_at - timedelta(microseconds=1)
    assert matters.suggestions_waiting(county.session, EVERYWHERE, now=before).count == 0
