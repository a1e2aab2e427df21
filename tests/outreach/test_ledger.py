"""The ledger: entries are added and countered, and feed the figures of their kind."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from models import Import, LedgerEntry
from models.base import EntryId
from models.enums import LedgerKind, Qualifier
from outreach import ledger
from outreach.errors import Conflict, Invalid, NotFound
from outreach.ledger import Brought, Handover, Payment
from tests.outreach.county import NOW, TODAY, ZONE
from tests.outreach.test_outcomes import WANG, Records

DAY = date(2026, 9, 3)


@pytest.fixture
def county(session: Session) -> Records:
    return Records(session)


def hand_over(county: Records, kind: LedgerKind, amount: str, **columns: object) -> EntryId:
    payment = Payment(kind, Decimal(amount), **{"paid_on": DAY, **columns})  # type: ignore[arg-type]
    return ledger.hand_over(county.session, payment, by=WANG, now=NOW)


@pytest.mark.parametrize(
    ("kind", "campaign_kind", "figures"),
    [
        (LedgerKind.CASH, "festival_visit", {"finance.visit_money", "finance.festival_money"}),
        (LedgerKind.GOODS, "hospital", {"finance.visit_money", "finance.case_money"}),
        (LedgerKind.CASH, "rural", {"finance.visit_money", "rural.visit_money"}),
        (LedgerKind.SUBSIDY, "hardship", {"finance.hardship_subsidy"}),
        (LedgerKind.DONATION, "community", {"finance.donations"}),
    ],
)
def test_an_entry_feeds_the_figures_of_its_kind_and_of_its_campaign_s(
    county: Records, kind: LedgerKind, campaign_kind: str, figures: set[str]
) -> None:
    campaign = county.course(kind=campaign_kind)
    hand_over(county, kind, "123.45", campaign_code=campaign.code)
    assert county.figures() == {f"{figure}@BJ": "123.45 ×1" for figure in figures}


def test_the_unit_is_the_one_told_else_the_campaign_s_else_the_person_s_on_that_day(county: Records) -> None:
    told, of_campaign, of_person = (county.unit(code, county.root) for code in ("X1", "X2", "X3"))
    campaign = county.course(unit_id=of_campaign.id)
    person = county.person(unit=of_person)
    everything = {"person_code": person.code, "campaign_code": campaign.code, "unit_code": told.code}
    for given_ in (everything, {**everything, "unit_code": None}, {"person_code": person.code}):
        hand_over(county, LedgerKind.DONATION, "1", **given_)
    assert set(county.figures()) == {f"finance.donations@{code}" for code in ("X1", "X2", "X3")}


def test_an_entry_without_any_of_them_is_kept_and_counts_nowhere(county: Records) -> None:
    hand_over(county, LedgerKind.DONATION, "5")
    assert county.entries() == [("donation", "5.00")]
    assert county.figures() == {}


def test_the_qualifier_of_an_amount_is_that_of_its_part(county: Records) -> None:
    hand_over(county, LedgerKind.DONATION, "150000", unit_code="BJ", qualifier=Qualifier.AT_LEAST)
    hand_over(county, LedgerKind.DONATION, "1", unit_code="BJ")
    assert county.figures() == {"finance.donations@BJ": "150001 at_least ×2"}


def test_a_counter_entry_takes_amount_and_qualifier_back_on_its_own_day(county: Records) -> None:
    entry = hand_over(county, LedgerKind.CASH, "80", unit_code="BJ", paid_on=date(2026, 8, 30))
    counter = ledger.reverse(county.session, entry, by=WANG, now=NOW, zone=ZONE, reason="重复登记")
    row = county.session.scalars(select(LedgerEntry).where(LedgerEntry.id == counter)).one()
    assert (row.reverses_id, row.paid_on, row.amount, row.reason) == (entry, TODAY, Decimal(-80), "重复登记")
    assert county.figures(date(2026, 8, 1)) == {"finance.visit_money@BJ": "80 ×1"}
    assert county.figures() == {"finance.visit_money@BJ": "-80 ×1"}


def test_an_entry_and_its_counter_entry_of_one_month_come_to_nothing_exact(county: Records) -> None:
    entry = hand_over(county, LedgerKind.CASH, "80", unit_code="BJ", qualifier=Qualifier.ABOUT)
    ledger.reverse(county.session, entry, by=WANG, now=NOW, zone=ZONE)
    assert county.figures() == {"finance.visit_money@BJ": "0 ×2"}


def test_an_entry_is_taken_back_once_and_a_counter_entry_never(county: Records) -> None:
    entry = hand_over(county, LedgerKind.CASH, "80", unit_code="BJ")
    counter = ledger.reverse(county.session, entry, by=WANG, now=NOW, zone=ZONE)
    with pytest.raises(Conflict, match="reversed_already"):
        ledger.reverse(county.session, entry, by=WANG, now=NOW, zone=ZONE)
    with pytest.raises(Conflict, match="is_a_counter_entry"):
        ledger.reverse(county.session, counter, by=WANG, now=NOW, zone=ZONE)
    with pytest.raises(NotFound):
        ledger.reverse(county.session, EntryId(404), by=WANG, now=NOW, zone=ZONE)
    assert len(county.entries()) == 2


def test_every_fault_of_a_payment_is_named_by_its_column(county: Records) -> None:
    with pytest.raises(Invalid) as caught:
        ledger.hand_over(
            county.session,
            Payment(
                LedgerKind.CASH, Decimal("1.005"), person_code="NOBODY", campaign_code="K", unit_code="U"
            ),
            by=WANG,
            now=NOW,
        )
    assert {fault.field: fault.key for fault in caught.value.faults} == {
        "paid_on": "ledger.day_missing",
        "amount": "ledger.too_many_decimals",
        "person_code": "errors.unknown_code",
        "campaign_code": "errors.unknown_code",
        "unit_code": "errors.unknown_code",
    }
    assert county.entries() == []


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity", "1E20"])
def test_an_amount_is_a_quantity(county: Records, amount: str) -> None:
    with pytest.raises(Invalid) as caught:
        hand_over(county, LedgerKind.CASH, amount)
    assert [fault.key for fault in caught.value.faults] == ["ledger.not_an_amount"]


def test_many_entries_at_once_give_what_one_by_one_gives(county: Records) -> None:
    campaign = county.course(kind="birthday")
    rows = [Handover(DAY, LedgerKind.GOODS, Decimal(n), campaign_id=campaign.id) for n in range(1, 6)]
    ids = ledger.hand_over_many(county.session, [Brought(row) for row in rows], by=WANG, now=NOW)
    assert county.entries() == [("goods", f"{n}.00") for n in range(1, 6)]
    assert ids == sorted(ids)
    assert county.figures() == {"finance.visit_money@BJ": "15 ×5", "finance.case_money@BJ": "15 ×5"}


def test_what_an_import_brought_can_be_taken_out_again(county: Records) -> None:
    record = county._add(
        Import(at=NOW, by="wang", as_of=TODAY, sha256="", counts={}, undo={}, undone_at=None)
    )
    hand_over(county, LedgerKind.DONATION, "5", unit_code="BJ")
    handover = Handover(DAY, LedgerKind.DONATION, Decimal(7), unit_id=county.root.id)
    ledger.hand_over_many(
        county.session, [Brought(handover, fingerprint="f", import_id=record.id)], by=WANG, now=NOW
    )
    assert ledger.remove_imported(county.session, record.id, by=WANG, now=NOW) == 1
    assert county.entries() == [("donation", "5.00")]
    assert county.figures() == {"finance.donations@BJ": "5 ×1"}


def test_what_was_paid_can_never_be_changed(county: Records) -> None:
    entry = hand_over(county, LedgerKind.CASH, "80", unit_code="BJ")
    with pytest.raises(DatabaseError, match="append-only"), county.session.begin_nested():
        county.session.execute(update(LedgerEntry).where(LedgerEntry.id == entry).values(amount=Decimal(90)))


payments = st.builds(
    Payment,
    kind=st.sampled_from(LedgerKind),
    amount=st.integers(0, 100_000).map(lambda fen: Decimal(fen) / 100),
    paid_on=st.dates(date(2026, 9, 1), date(2026, 9, 30)),
    qualifier=st.sampled_from(Qualifier),
    unit_code=st.just("BJ"),
)


@given(listed=st.lists(payments, max_size=5))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_entries_taken_back_leave_nothing_but_their_sources(county: Records, listed: list[Payment]) -> None:
    before = county.figures()
    ids = [ledger.hand_over(county.session, payment, by=WANG, now=NOW) for payment in listed]
    for entry in ids:
        ledger.reverse(county.session, entry, by=WANG, now=NOW, zone=ZONE)

    def values(figures: dict[str, str]) -> dict[str, str]:
        return {metric: figure.partition(" ×")[0] for metric, figure in figures.items()}

    after = values(county.figures())
    assert {metric: after[metric] for metric in before} == values(before)
    assert all(after[metric] == "0" for metric in after.keys() - before.keys())


def test_a_handover_says_what_its_entry_says(county: Records) -> None:
    entry = hand_over(county, LedgerKind.GOODS, "12", unit_code="BJ", item="月饼", received_by="周永贵")
    row = county.session.get_one(LedgerEntry, entry)
    handover = ledger.handover_of(row)
    assert handover == Handover(
        DAY, LedgerKind.GOODS, Decimal(12), unit_id=county.root.id, item="月饼", received_by="周永贵"
    )
    assert replace(handover, amount=row.amount) == handover
