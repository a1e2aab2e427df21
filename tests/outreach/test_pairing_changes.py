"""Many pairings at once: handed over, ended, and both undone."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models import AuditEntry, Tie
from models.enums import AccountRole, TieKind
from outreach import pairing_changes, pairings
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.pairing_changes import Ended, HandedOver
from outreach.pairings import PairingColumns, PairingsAsked
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Right
from tests.outreach.county import NOW, TODAY, County

FROM = date(2026, 10, 1)
EVE = date(2026, 9, 30)


@pytest.fixture
def county(session):
    """A supporter who looks after two children, and another who could."""
    county = County(session)
    county.old, county.new = county.person("volunteer", code="V1"), county.person("volunteer", code="V2")
    county.children = [county.person("minor", code=code) for code in ("M1", "M2")]
    for child in county.children:
        pairings.pair(
            session,
            {
                "code": f"J-{child.code}",
                "kind": "mentor",
                "supporter_code": "V1",
                "beneficiary_code": child.code,
                "since": date(2026, 1, 1),
                "visit_every": "P60D",
            },
            by=CONSOLE,
            today=TODAY,
            now=NOW,
        )
    return county


def told(county, code="V1"):
    found = pairings.pairings(
        county.session, PairingsAsked(person_code=code), within=EVERYWHERE, today=TODAY, limit=50
    )
    return [(each.supporter_code, each.beneficiary_code, each.since, each.until) for each in found]


def hand_over(county, codes=("J-M1", "J-M2"), to="V2", since=FROM, by=CONSOLE):
    return pairing_changes.hand_over(
        county.session, codes, to, since=since, reason="迁往外地", by=by, today=TODAY, now=NOW
    )


def test_all_pairings_of_one_go_over_to_another_with_their_kind_and_interval(county):
    handed = hand_over(county)
    assert told(county) == [("V1", code, date(2026, 1, 1), EVE) for code in ("M1", "M2")]
    assert told(county, "V2") == [("V2", code, FROM, None) for code in ("M1", "M2")]
    new = pairings.pairing(county.session, handed[0].new_code, within=EVERYWHERE, today=TODAY)
    assert (new.kind, new.visit_every) == ("mentor", "P60D")
    reasons = county.session.scalars(select(AuditEntry.reason).where(AuditEntry.reason.is_not(None))).all()
    assert reasons == ["迁往外地"] * 2


def test_a_hand_over_can_be_undone(county):
    before = told(county)
    handed = hand_over(county)
    pairing_changes.take_back(county.session, handed, by=CONSOLE, today=TODAY, now=NOW)
    assert told(county) == before
    assert told(county, "V2") == []


def test_once_a_visit_is_planned_a_hand_over_is_not_undone(county):
    county.campaign("CADENCE:P30D", team_id=county.team(county.new).id)
    handed = hand_over(county)
    county.plan()
    with pytest.raises(Conflict):
        pairing_changes.take_back(county.session, handed, by=CONSOLE, today=TODAY, now=NOW)
    assert county.session.scalar(select(Tie.id).where(Tie.code == handed[0].new_code)) is not None


def test_nothing_but_a_hand_over_of_just_now_is_undone(county):
    handed = hand_over(county, codes=["J-M1"])
    former = handed[0].ended
    forged = [
        # A pairing of somebody else, the same one as both, another last day than the one it had.
        HandedOver(former, "J-M2"),
        HandedOver(former, "J-M1"),
        HandedOver(Ended("J-M1", date(2027, 1, 1)), handed[0].new_code),
        HandedOver(Ended("J-M2", None), "J-M1"),
    ]
    before = told(county), told(county, "V2")
    for each in forged:
        with pytest.raises(Conflict):
            pairing_changes.take_back(county.session, [each], by=CONSOLE, today=TODAY, now=NOW)
    with pytest.raises(Conflict):
        pairing_changes.take_back(county.session, handed, by=CONSOLE, today=TODAY, now=NOW + timedelta(2))
    assert (told(county), told(county, "V2")) == before


def test_a_hand_over_that_was_changed_since_is_not_undone(county):
    handed = hand_over(county, codes=["J-M1"])
    later: PairingColumns = {"until": date(2027, 1, 1)}
    pairings.change_pairing(county.session, handed[0].new_code, later, by=CONSOLE, today=TODAY, now=NOW)
    with pytest.raises(Conflict):
        pairing_changes.take_back(county.session, handed, by=CONSOLE, today=TODAY, now=NOW)


def test_only_an_end_of_just_now_is_undone_and_only_to_what_was_before(county):
    ended = pairing_changes.end(
        county.session, ["J-M1"], until=TODAY, reason=None, by=CONSOLE, today=TODAY, now=NOW
    )
    before = told(county)
    for forged, at in (
        ([Ended("J-M1", date(2027, 1, 1))], NOW),
        ([Ended("J-M2", date(2027, 1, 1))], NOW),
        (ended, NOW + timedelta(2)),
    ):
        with pytest.raises(Conflict):
            pairing_changes.reopen(county.session, forged, by=CONSOLE, today=TODAY, now=at)
    assert told(county) == before


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"to": "V1"}, Invalid),
        ({"to": "nobody"}, Invalid),
        ({"since": date(2026, 1, 1)}, Invalid),
        ({"codes": ["unknown"]}, NotFound),
        ({"to": "M1"}, Invalid),
    ],
)
def test_what_cannot_be_handed_over_is_refused(county, change, error):
    with pytest.raises(error):
        hand_over(county, **change)


def test_what_has_ended_is_not_handed_over(county):
    pairing_changes.end(county.session, ["J-M1"], until=TODAY, reason=None, by=CONSOLE, today=TODAY, now=NOW)
    with pytest.raises(Conflict):
        hand_over(county)


def test_ends_can_be_undone(county):
    before = told(county)
    ended = pairing_changes.end(
        county.session, ["J-M1", "J-M2"], until=TODAY, reason="搬走", by=CONSOLE, today=TODAY, now=NOW
    )
    assert {until for *_, until in told(county)} == {TODAY}
    pairing_changes.reopen(county.session, ended, by=CONSOLE, today=TODAY, now=NOW)
    assert told(county) == before


def test_rights_are_those_of_the_supporters_unit(county):
    village = county.unit("X01", county.root)
    with pytest.raises(NotFound):
        hand_over(county, by=Actor("x", rights=(Right(AccountRole.COORDINATOR, village.id),)))
    with pytest.raises(Forbidden):
        hand_over(county, by=Actor("x", rights=(Right(AccountRole.VIEWER),)))
    ties = select(Tie).where(Tie.kind == TieKind.PAIRING)
    assert len(county.session.scalars(ties).all()) == 2
