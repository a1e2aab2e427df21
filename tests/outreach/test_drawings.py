"""Money that is drawn bounds what is given for its campaign; the book adds both up, and what nobody signed for."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from models import Campaign
from models.enums import LedgerKind
from outreach import drawings, handovers, ledger_book
from outreach.activities.handing import hand_over_here
from outreach.drawings import Drawn
from outreach.errors import Conflict, Invalid
from outreach.ledger import Payment
from outreach.ledger_book import Asked, Sums
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE, EVERYWHERE, Reach
from tests.outreach.county import NOW, TODAY, ZONE, County

MONTH = Asked(date(2026, 9, 1), date(2026, 9, 30))


@pytest.fixture
def county(session: Session) -> County:
    keep_dictionary(session)
    return County(session)


@pytest.fixture
def campaign(county: County) -> Campaign:
    return county.campaign("FESTIVAL:重阳节", kind="festival_visit")


def drawn(county: County, amount: str, campaign: Campaign | None = None, day: date = TODAY) -> int:
    told = Drawn(Decimal(amount), day, "BJ", "夏洪波", None if campaign is None else campaign.code)
    return drawings.draw(county.session, told, by=CONSOLE, today=TODAY, now=NOW).id


def given(county: County, amount: str, campaign: Campaign | None = None, **columns: object) -> int:
    told = {"kind": LedgerKind.CASH, "paid_on": TODAY, "unit_code": "BJ", **columns}
    payment = Payment(
        amount=Decimal(amount),
        campaign_code=None if campaign is None else campaign.code,
        **told,  # type: ignore[arg-type]  # a test's own words
    )
    return handovers.hand_over(county.session, payment, by=CONSOLE, today=TODAY, now=NOW).id


def sums(county: County, asked: Asked = MONTH, within: Reach = EVERYWHERE) -> Sums:
    return ledger_book.sums(county.session, asked, within=within)


def test_no_more_is_given_for_a_campaign_than_was_drawn_for_it(county: County, campaign: Campaign) -> None:
    given(county, "300", campaign, paid_on=TODAY - timedelta(5))
    drawn(county, "1000", campaign)
    given(county, "600", campaign)
    with pytest.raises(Invalid) as refused:
        given(county, "400.01", campaign)
    (fault,) = refused.value.faults
    assert (fault.field, fault.key, fault.values) == ("amount", "ledger.more_than_drawn", {"left": "400.00"})
    given(county, "400", campaign)
    given(county, "9999", campaign, kind=LedgerKind.GOODS)
    given(county, "9999")
    other = county.campaign("FESTIVAL:春节", kind="festival_visit")
    given(county, "9999", other)


def test_what_is_taken_back_may_be_given_again(county: County, campaign: Campaign) -> None:
    drawn(county, "500", campaign)
    entry = given(county, "500", campaign)
    handovers.reverse(county.session, entry, reason="错", by=CONSOLE, now=NOW, zone=ZONE)
    given(county, "500", campaign)


def test_what_was_drawn_is_taken_back_once_and_only_while_it_is_there(
    county: County, campaign: Campaign
) -> None:
    first, second = drawn(county, "500", campaign), drawn(county, "300", campaign)
    given(county, "400", campaign)
    back = {"reason": "错", "by": CONSOLE, "today": TODAY, "now": NOW}
    with pytest.raises(Conflict) as refused:
        drawings.take_back(county.session, first, **back)
    assert (refused.value.key, refused.value.values) == ("ledger.given_already_of_it", {"left": "400.00"})
    counter = drawings.take_back(county.session, second, **back)
    assert (counter.amount, counter.reverses) == (Decimal(-300), second)
    for again in (second, counter.id):
        with pytest.raises(Conflict):
            drawings.take_back(county.session, again, **back)


def test_what_was_drawn_by_mistake_and_taken_back_bounds_nothing(county: County, campaign: Campaign) -> None:
    mistaken = drawn(county, "500", campaign)
    drawings.take_back(county.session, mistaken, reason="错", by=CONSOLE, today=TODAY, now=NOW)
    assert drawings.left_of(county.session, campaign.id) is None
    given(county, "9999", campaign)
    assert sums(county).left is None
    drawn(county, "10000", campaign)
    assert drawings.left_of(county.session, campaign.id) == sums(county).left == Decimal(1)


def test_every_fault_of_a_drawing_is_named(county: County) -> None:
    told = Drawn(Decimal(0), TODAY + timedelta(1), "X99", " ", "K99")
    with pytest.raises(Invalid) as refused:
        drawings.draw(county.session, told, by=CONSOLE, today=TODAY, now=NOW)
    assert {fault.field for fault in refused.value.faults} == {
        "amount",
        "drawn_on",
        "drawn_by",
        "unit_code",
        "campaign_code",
    }


def test_the_book_adds_up_what_was_drawn_given_and_is_left(county: County, campaign: Campaign) -> None:
    assert sums(county) == Sums(Decimal(0), Decimal(0), Decimal(0), None, 0, 0, 0)
    drawn(county, "1000", campaign)
    wrong = given(county, "0.10", campaign)
    given(county, "300.20", campaign, received_by="何玉兰")
    given(county, "170", kind=LedgerKind.GOODS)
    given(county, "50", kind=LedgerKind.DONATION)
    handovers.reverse(county.session, wrong, reason="错", by=CONSOLE, now=NOW, zone=ZONE)
    assert sums(county) == Sums(
        drawn=Decimal(1000),
        given=Decimal("470.20"),
        goods=Decimal(170),
        left=Decimal("699.80"),
        entries=5,
        unsigned=1,
        besides=1,
    )
    assert sums(county, Asked(date(2026, 8, 1), date(2026, 8, 31))).entries == 0
    of_it = Asked(MONTH.first, MONTH.last, campaign_code=campaign.code)
    assert (sums(county, of_it).given, sums(county, of_it).drawn) == (Decimal("300.20"), Decimal(1000))
    west = county.unit("W", county.root)
    assert sums(county, within=Reach(frozenset([west.id]))).left is None


def test_both_bounds_of_giving_are_asked_at_an_activity_too(county: County, campaign: Campaign) -> None:
    person = county.person("retiree")
    activity = county.held(campaign, TODAY)
    drawn(county, "1000", campaign)

    def handed(amount: str, reason: str | None = None) -> int:
        told = Payment(LedgerKind.CASH, Decimal(amount), person_code=person.code)
        how = {"by": CONSOLE, "today": TODAY, "now": NOW}
        return hand_over_here(county.session, activity.id, told, reason=reason, **how)

    handed("600")
    with pytest.raises(Invalid) as refused:
        handed("400.01")
    assert [(fault.field, fault.key) for fault in refused.value.faults] == [
        ("amount", "ledger.more_than_drawn"),
        ("reason", "ledger.given_before"),
    ]
    assert handovers.entry(county.session, handed("400", "补发"), by=CONSOLE, today=TODAY).reason == "补发"


def test_what_is_left_is_carried_over_from_month_to_month(county: County, campaign: Campaign) -> None:
    given(county, "70", campaign, paid_on=date(2026, 6, 30))
    drawn(county, "10000", campaign, date(2026, 7, 1))
    drawn(county, "200", day=date(2026, 7, 1))
    given(county, "2500", campaign, paid_on=date(2026, 7, 20))
    given(county, "7000", campaign, paid_on=date(2026, 8, 20))
    given(county, "80", paid_on=date(2026, 8, 20))
    given(county, "9", county.campaign("FESTIVAL:春节", kind="festival_visit"), paid_on=date(2026, 8, 20))

    def left(month: int, **asked: object) -> Decimal | None:
        first, last = date(2026, month, 1), date(2026, month, 30)
        return sums(county, Asked(first, last, **asked)).left  # type: ignore[arg-type]  # a test's own words

    assert [left(month) for month in (6, 7, 8, 9)] == [None, Decimal(7700), Decimal(620), Decimal(620)]
    assert left(8, campaign_code=campaign.code) == Decimal(500)
    assert left(8, kind=LedgerKind.CASH) is left(8, person_code="R1") is None


def test_what_nobody_signed_for_comes_first_until_somebody_does(county: County) -> None:
    unsigned = given(county, "1", paid_on=TODAY - timedelta(3))
    signed = given(county, "2", received_by="何玉兰")

    def book() -> list[tuple[int, bool]]:
        rows = ledger_book.rows(county.session, MONTH, within=EVERYWHERE, limit=9)
        return [(row.id, row.is_unsigned) for row in rows]

    assert book() == [(unsigned, True), (signed, False)]
    how = {"by": CONSOLE, "today": TODAY, "now": NOW}
    handovers.note_receipt(county.session, unsigned, "老伴代收", **how)
    assert book() == [(signed, False), (unsigned, False)]
    with pytest.raises(Conflict):
        handovers.note_receipt(county.session, unsigned, "别人", **how)
    handovers.note_receipt(county.session, unsigned, None, **how)
    assert sums(county).unsigned == 1


def test_the_same_festival_twice_is_known_and_another_sort_or_festival_is_not(
    county: County, campaign: Campaign
) -> None:
    person = county.person("retiree")
    entry = given(county, "500", campaign, person_code=person.code)

    def before(**columns: object) -> bool:
        told = {
            "kind": LedgerKind.CASH,
            "amount": Decimal(1),
            "paid_on": TODAY,
            "person_code": person.code,
            "campaign_code": campaign.code,
            **columns,
        }
        payment = Payment(**told)  # type: ignore[arg-type]  # a test's own words
        return ledger_book.given_before(county.session, payment) is not None

    assert before()
    assert before(paid_on=TODAY + timedelta(30))
    assert not before(paid_on=TODAY + timedelta(31))
    assert not before(kind=LedgerKind.GOODS)
    assert not before(person_code=county.person("retiree").code)
    assert not before(campaign_code=county.campaign("DATES:2026-09-01", kind="rural").code)
    assert not before(campaign_code=None)
    handovers.reverse(county.session, entry, reason="错", by=CONSOLE, now=NOW, zone=ZONE)
    assert not before()
