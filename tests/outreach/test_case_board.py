"""The lanes of cases: counts that agree with the menu, what is owed first, and who may know of whom they are."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from models import Matter
from models.enums import LedgerKind, MatterStatus
from outreach import matters
from outreach.case_board import CaseRow, Lane, LaneShown, State, found, given_for, lanes, visits_of
from outreach.ledger import Payment, hand_over, reverse
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE, EVERYWHERE, Reach
from tests.outreach.county import NOW, TODAY, ZONE, County

NOBODY = Reach(frozenset())


@pytest.fixture
def county(session: Session) -> County:
    keep_dictionary(session)
    return County(session)


def opened(county: County, kind: str, days_ago: int = 0, **columns: object) -> Matter:
    told = matters.CaseTold(
        kind=kind,
        person_code=county.person("retiree").code,
        opened_on=TODAY - timedelta(days_ago),
        **columns,  # type: ignore[arg-type]  # a test's own words
    )
    matter_id = matters.open_case(county.session, told, by=CONSOLE, now=NOW, zone=ZONE)
    return county.session.get_one(Matter, matter_id)


def shown(county: County, *, limit: int = 10, of_whom: Reach = EVERYWHERE) -> dict[Lane, LaneShown]:
    found = lanes(county.session, within=EVERYWHERE, of_whom=of_whom, today=TODAY, now=NOW, limit=limit)
    return {each.lane: each for each in found}


def listed(county: County, **sought: object) -> tuple[int, list[str]]:
    asked = {"lane": None, "state": None, "limit": 50, **sought}
    count, rows = found(county.session, within=EVERYWHERE, now=NOW, **asked)  # type: ignore[arg-type]
    return count, [row.code for row in rows]


def row_of(county: County, matter: Matter) -> CaseRow:
    return next(row for lane in shown(county).values() for row in lane.rows if row.code == matter.code)


def test_each_kind_has_its_lane_with_the_late_first(county: County) -> None:
    fresh, late = opened(county, "hospital"), opened(county, "hospital", 9)
    disaster, own = opened(county, "disaster"), opened(county, "法律援助", due_at=NOW + timedelta(9))
    closed = opened(county, "hospital", 20)
    closed.closed_on, closed.status = TODAY, MatterStatus.CLOSED
    county.session.flush()
    page = shown(county)
    codes = {lane: [row.code for row in each.rows] for lane, each in page.items()}
    assert codes == {
        Lane.HOSPITAL: [late.code, fresh.code],
        Lane.HARDSHIP: [disaster.code],
        Lane.BEREAVEMENT: [],
        Lane.OTHER: [own.code],
    }
    hospital = page[Lane.HOSPITAL]
    assert (hospital.open, hospital.late) == (2, 1)
    assert hospital.counts == {State.FRESH: 2, State.VISITING: 0, State.CLOSED: 1}


def test_the_lanes_together_are_as_late_as_the_menu_says(county: County) -> None:
    for number, kind in enumerate(("hospital", "hardship", "bereavement", "honour", "disaster", "一句话")):
        opened(county, kind, number * 4)
        opened(county, kind, due_at=NOW - timedelta(number - 2))
    waiting = matters.cases_waiting(county.session, EVERYWHERE, now=NOW).count
    assert sum(each.late for each in shown(county).values()) == waiting
    assert listed(county, is_late=True)[0] == waiting
    assert sum(row.is_late for each in shown(county).values() for row in each.rows) == waiting


def test_a_row_says_what_is_owed_next_and_until_when(county: County) -> None:
    case = opened(county, "hospital", 1)
    assert (row_of(county, case).task, row_of(county, case).owed_at) == (
        "visit",
        datetime(2026, 9, 17, tzinfo=ZONE),
    )
    visit = county.held(
        county.campaign("CASE:hospital;within=P2D", kind="hospital"), TODAY, matter_id=case.id
    )
    matters.note_visits(county.session, {case.id: TODAY}, by=CONSOLE)
    row = row_of(county, case)
    assert (row.task, row.last_contact, row.status) == ("follow_up", TODAY, MatterStatus.VISITING)
    assert [each.activity_id for each in visits_of(county.session, case.id)] == [visit.id]


def test_a_lane_shows_its_first_and_counts_all(county: County) -> None:
    for number in range(4):
        opened(county, "hospital", number)
    lane = shown(county, limit=2)[Lane.HOSPITAL]
    assert (lane.open, len(lane.rows)) == (4, 2)
    assert [row.opened_on for row in lane.rows] == [TODAY - timedelta(3), TODAY - timedelta(2)]


def test_who_may_not_know_of_whom_they_are_gets_counts_alone(county: County) -> None:
    opened(county, "hospital", 9)
    lane = shown(county, of_whom=NOBODY)[Lane.HOSPITAL]
    assert (lane.open, lane.late, lane.rows) == (1, 1, [])


def test_lists_are_of_a_lane_and_a_state(county: County) -> None:
    case, other = opened(county, "hospital"), opened(county, "hardship")
    other.closed_on, other.status = TODAY, MatterStatus.CLOSED
    county.session.flush()
    assert listed(county, lane=Lane.HOSPITAL) == (1, [case.code])
    assert listed(county, state=State.CLOSED) == (1, [other.code])
    assert listed(county) == (2, [case.code, other.code])


def test_a_case_opened_in_error_is_in_no_list_and_what_is_open_is_what_lanes_count(county: County) -> None:
    case, wrong, closed = (opened(county, "hospital") for _ in range(3))
    matters.recall_case(county.session, wrong.code, reason="看错人", by=CONSOLE, now=NOW, zone=ZONE)
    closed.closed_on, closed.status = TODAY, MatterStatus.CLOSED
    county.session.flush()
    assert listed(county) == (2, [case.code, closed.code])
    assert listed(county, state=State.CLOSED) == (1, [closed.code])
    assert listed(county, lane=Lane.HOSPITAL, is_open=True) == (1, [case.code])
    assert shown(county)[Lane.HOSPITAL].open == 1


def test_what_was_given_stands_with_its_case_and_says_when_it_was_taken_back(county: County) -> None:
    case = opened(county, "hardship", 5)
    campaign = county.campaign("DATES:2026-01-01", kind="hardship")
    person = next(row.person_code for row in shown(county)[Lane.HARDSHIP].rows)
    for_it, *_ = [
        hand_over(
            county.session,
            Payment(LedgerKind.CASH, Decimal(300), paid_on=day, person_code=person, campaign_code=code),
            by=CONSOLE,
            now=NOW,
        )
        for day, code in ((TODAY, campaign.code), (date(2026, 1, 1), campaign.code), (TODAY, None))
    ]
    told = given_for(county.session, case.id, within=EVERYWHERE)
    assert [(each.id, each.is_reversed) for each in told] == [(for_it, False)]
    reverse(county.session, for_it, by=CONSOLE, now=NOW, zone=ZONE)
    assert [each.is_reversed for each in given_for(county.session, case.id, within=EVERYWHERE)] == [True]
    assert given_for(county.session, case.id, within=NOBODY) == []
