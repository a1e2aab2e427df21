"""The ledger on pages: a month's sums and rows, entering, signing, taking back, files, and who may do what."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from models import Account, Drawing, Grant, LedgerEntry
from models.database import reading, transaction
from models.enums import AccountRole, LedgerKind
from outreach import drawings, handovers
from outreach.drawings import Drawn
from outreach.ledger import Payment
from outreach.permissions import CONSOLE
from tests.api.test_suggestions_page import undo
from tests.outreach.county import NOW, TODAY, County


@pytest.fixture
def county(app, fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        county.west = county.unit("W01", county.root)
        county.name = county.person("retiree", unit=county.west, code="R1").name
        county.festival = county.campaign("FESTIVAL:重阳节", kind="festival_visit").code
        given(session, "500", person_code="R1", campaign_code=county.festival)
    return county


def given(session, amount, **columns):
    told = {"kind": LedgerKind.CASH, "paid_on": TODAY, **columns}
    payment = Payment(amount=Decimal(amount), **told)
    return handovers.hand_over(session, payment, by=CONSOLE, today=TODAY, now=NOW).id


def entries(engine):
    with reading(engine) as session:
        return session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).all()


def typed(county, **fields):
    return {"kind": "cash", "amount": "300", "paid_on": str(TODAY), "person_code": county.name, **fields}


def test_a_month_shows_its_sums_and_what_nobody_signed_for(get_in, county):
    page = get_in("viewer").get("/ledger").text
    assert "500.00" in page
    assert "未签收" in page
    assert county.name in page
    assert "登记发放" not in page
    empty = get_in("viewer", unit="W01").get("/ledger?month=2026-08").text
    assert "2026-08 没有发放记录。" in empty


def test_an_entry_is_made_by_name_and_undone_by_a_counter_entry(get_in, county, fresh_database):
    client = get_in("coordinator")
    answer = client.post("/ledger/new", data=typed(county, amount="1,300.50", item="慰问"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/ledger?month=2026-09")
    assert entries(fresh_database)[-1].amount == Decimal("1300.50")
    undo(client, answer)
    assert entries(fresh_database)[-1].amount == Decimal("-1300.50")
    assert len(entries(fresh_database)) == 3


def test_the_same_person_twice_in_a_festival_needs_a_reason(get_in, county, fresh_database):
    client = get_in("recorder")
    twice = typed(county, campaign_code=county.festival)
    refused = client.post("/ledger/new", data=twice)
    assert refused.status_code == 422
    assert "已经给这一位发过 500.00 元" in refused.text
    assert 'value="300"' in refused.text
    assert client.post("/ledger/new", data={**twice, "reason": "上次没有领到"}).status_code == 303
    assert entries(fresh_database)[-1].reason == "上次没有领到"


def test_more_than_drawn_is_refused_beside_the_amount(get_in, county, fresh_database):
    with transaction(fresh_database) as session:
        told = Drawn(Decimal(600), TODAY, "BJ", "夏洪波", county.festival)
        drawings.draw(session, told, by=CONSOLE, today=TODAY, now=NOW)
    client = get_in("recorder")
    refused = client.post("/ledger/new", data=typed(county, campaign_code=county.festival, reason="补发"))
    assert refused.status_code == 422
    assert "只剩 100.00 元" in refused.text
    page = client.get(f"/ledger?campaign={county.festival}").text
    assert "100.00" in page
    assert len(entries(fresh_database)) == 1


def test_wrong_input_keeps_what_was_typed(get_in, county, fresh_database):
    client = get_in("recorder")
    refused = client.post(
        "/ledger/new",
        data=typed(county, kind="", amount="三百", paid_on=str(TODAY + timedelta(1)), person_code="没有这人"),
    )
    assert refused.status_code == 422
    for words in ("三百", "没有这人", "这个日期还没有到。"):
        assert words in refused.text
    assert refused.text.count('class="note fault"') >= 4
    assert len(entries(fresh_database)) == 1


def test_money_is_drawn_and_taken_back_with_a_reason(get_in, county, fresh_database):
    client = get_in("coordinator")
    told = {"amount": "2000", "drawn_on": str(TODAY), "unit_code": "BJ", "drawn_by": "夏洪波"}
    assert client.get("/ledger/draw").status_code == 200
    answer = client.post("/ledger/draw", data=told)
    assert answer.status_code == 303
    assert "2,000.00" in client.get("/ledger").text
    with reading(fresh_database) as session:
        number = session.scalars(select(Drawing.id)).one()
    assert client.get(f"/ledger/draw/{number}").status_code == 200
    assert client.post(f"/ledger/draw/{number}/reverse", data={"reason": " "}).status_code == 422
    assert client.post(f"/ledger/draw/{number}/reverse", data={"reason": "多领"}).status_code == 303
    assert client.post(f"/ledger/draw/{number}/reverse", data={"reason": "多领"}).status_code == 422
    refused = client.post("/ledger/draw", data={**told, "amount": "-5", "drawn_by": ""})
    assert refused.status_code == 422
    assert "-5" in refused.text


def test_the_sums_say_what_they_count_and_what_they_do_not(get_in, county, fresh_database):
    client = get_in("viewer")
    page = client.get("/ledger").text
    assert "结余算到" not in page
    assert "不算在内" not in page
    with transaction(fresh_database) as session:
        given(session, "1300", unit_code="BJ", paid_on=TODAY - timedelta(1))
        drawings.draw(session, Drawn(Decimal(5000), TODAY, "BJ", "夏洪波"), by=CONSOLE, today=TODAY, now=NOW)
        given(session, "40", unit_code="BJ", kind=LedgerKind.REIMBURSEMENT)
        given(session, "200", unit_code="BJ")
    page = client.get("/ledger").text
    figures = page[page.index('class="figures') : page.index("</dl>")]
    # 500 for a campaign without a drawing, 1300 before the first drawing, 200 out of what was drawn.
    for words in ("5,000.00", "2,000.00", "4,800.00", "元；另有 1 笔报销、捐款不算在内"):
        assert words in figures
    assert "结余算到这段时间的最后一天：每个专项从第一次领款那天起" in page
    assert "结余算到" not in client.get("/ledger?kind=cash").text


def test_taking_back_is_offered_only_where_it_may_be_done(get_in, county, fresh_database):
    with transaction(fresh_database) as session:
        here, there = (
            drawings.draw(
                session,
                Drawn(Decimal(900), TODAY, unit, "夏洪波"),
                by=CONSOLE,
                today=TODAY,
                now=NOW,
            ).id
            for unit in ("W01", "BJ")
        )
    client = get_in("viewer")
    with transaction(fresh_database) as session:
        account = session.scalars(select(Account).where(Account.name == "viewer-None")).one()
        planner = Grant(role=AccountRole.COORDINATOR, unit_id=county.west.id, account_id=account.id)
        session.add(planner)
    book = client.get("/ledger").text
    assert f'href="/ledger/draw/{here}"' in book
    assert f'href="/ledger/draw/{there}"' not in book
    for number, may in ((here, True), (there, False)):
        page = client.get(f"/ledger/draw/{number}").text
        assert (f'action="/ledger/draw/{number}/reverse"' in page) is may
    assert client.post(f"/ledger/draw/{there}/reverse", data={"reason": "错"}).status_code == 403
    assert client.post(f"/ledger/draw/{here}/reverse", data={"reason": "错"}).status_code == 303


def test_somebody_signs_and_it_can_be_undone(get_in, county, fresh_database):
    client = get_in("recorder")
    number = entries(fresh_database)[0].id
    assert client.post(f"/ledger/{number}/sign", data={"received_by": " "}).status_code == 422
    answer = client.post(f"/ledger/{number}/sign", data={"received_by": "老伴代收"})
    assert entries(fresh_database)[0].received_by == "老伴代收"
    undo(client, answer)
    assert entries(fresh_database)[0].received_by is None


def test_undoing_a_receipt_leaves_a_later_one(get_in, county, fresh_database):
    client = get_in("recorder")
    sign = f"/ledger/{entries(fresh_database)[0].id}/sign"
    way_back = {"received_by": "", "take_back": "老伴代收"}
    for form in ({"received_by": " 老伴代收 "}, way_back, {"received_by": "儿子代收"}):
        assert client.post(sign, data=form).status_code == 303
    refused = client.post(sign, data=way_back)
    assert refused.status_code == 422
    assert "儿子代收" in refused.text
    assert entries(fresh_database)[0].received_by == "儿子代收"


def test_an_entry_is_taken_back_with_a_reason_and_stays(get_in, county, fresh_database):
    client = get_in("coordinator")
    number = entries(fresh_database)[0].id
    refused = client.post(f"/ledger/{number}/reverse", data={"reason": ""})
    assert refused.status_code == 422
    assert client.post(f"/ledger/{number}/reverse", data={"reason": "记重了"}).status_code == 303
    page = client.get(f"/ledger/{number}").text
    assert "已冲销" in page
    assert "/reverse" not in page
    assert "记重了" in client.get(f"/ledger/{entries(fresh_database)[1].id}").text
    assert client.post(f"/ledger/{number}/reverse", data={"reason": "再来"}).status_code == 422


def test_who_only_records_takes_nothing_back_and_who_reads_enters_nothing(get_in, county, fresh_database):
    number = entries(fresh_database)[0].id
    client = get_in("recorder", unit="BJ")
    assert "/reverse" not in client.get(f"/ledger/{number}").text
    assert client.post(f"/ledger/{number}/reverse", data={"reason": "x"}).status_code == 403
    client = get_in("viewer")
    for path in ("/ledger/new", "/ledger/draw"):
        assert client.get(path).status_code == 403
        assert client.post(path, data=typed(county)).status_code == 403
    assert client.post(f"/ledger/{number}/sign", data={"received_by": "x"}).status_code == 403
    assert len(entries(fresh_database)) == 1


def test_other_units_see_nothing_of_it(get_in, county, fresh_database):
    number = entries(fresh_database)[0].id
    client = get_in("coordinator", unit="W01")
    assert client.get(f"/ledger/{number}").status_code == 404
    assert client.post(f"/ledger/{number}/sign", data={"received_by": "x"}).status_code == 404
    assert "500.00" not in client.get("/ledger").text


def test_the_book_is_a_file_too(get_in, county, fresh_database):
    with transaction(fresh_database) as session:
        given(session, "20", unit_code="BJ", item="=1+1", kind=LedgerKind.GOODS)
    client = get_in("viewer")
    lines = client.get("/ledger/book.csv?month=2026-09").text.splitlines()
    assert len(lines) == 3
    assert "'=1+1" in "\n".join(lines)
    assert "500.00" in "\n".join(lines)
    assert client.get("/ledger/book.xlsx?month=2026").content[:2] == b"PK"


def test_the_book_asks_as_much_whatever_there_is(get_in, county, fresh_database, counted):
    client = get_in("coordinator")
    client.get("/ledger")
    few = counted(lambda: client.get("/ledger"))
    with transaction(fresh_database) as session:
        for number in range(30):
            given(session, str(number), person_code="R1", unit_code="BJ")
    assert counted(lambda: client.get("/ledger")) == few
    assert few <= 15
    assert counted(lambda: client.get("/ledger/new")) <= 15


@pytest.mark.parametrize(
    "path", ["month=x&kind=y", "month=2026-13", "campaign=K9&person=P9", "page=8", "month=2026"]
)
def test_an_odd_address_shows_what_there_is(get_in, county, path):
    assert get_in("viewer").get(f"/ledger?{path}").status_code == 200
    assert date(2026, 9, 15) == TODAY


def test_an_entry_that_is_none_is_not_found(get_in, county):
    client = get_in("viewer")
    for number in ("999", "x", "9" * 30):
        assert client.get(f"/ledger/{number}").status_code == 404
        assert client.get(f"/ledger/draw/{number}").status_code == 404
