"""Months close by the clock, in order, each root by itself, after a last word to those who have not signed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.periods import parse_period
from models import Account, Grant, Notice, Person, Tally, TallyLine
from models.enums import AccountRole, LineKind, MonthState, NoticeKind
from outreach import closing
from outreach.clockwork import Changed, Moment
from outreach.house_rules import change_house_rules
from outreach.permissions import CONSOLE
from outreach.routines.close_month import close_month
from outreach.routines.draft_month import draft_month
from tests.outreach.books import FLOW, NOW, TODAY, WANG, Books
from tests.outreach.county import ZONE


@pytest.fixture
def books(session: Session) -> Books:
    return Books(session)


def at(local: str) -> Moment:
    instant = datetime.fromisoformat(f"{local}+08:00").astimezone(UTC)
    return Moment(instant, instant, ZONE)


def draft(books: Books, local: str) -> Changed:
    return draft_month(books.session, at(local))


def close(books: Books, local: str) -> Changed:
    books.session.flush()
    return close_month(books.session, at(local))


def states(books: Books, month: str = "2026-10") -> dict[str, MonthState]:
    first = parse_period(month).first
    rows = books.session.execute(select(Tally.unit_id, Tally.state).where(Tally.month == first)).all()
    codes = {unit_id: code for code, unit_id in books.units.items()}
    return {codes[unit_id]: state for unit_id, state in rows}


def coordinator(books: Books, unit: str | None) -> Person:
    person = books.person()
    person.email = f"{person.code}@example.org"
    account = books.add(Account(name=person.code, person_id=person.id, created_at=NOW))
    unit_id = None if unit is None else books.units[unit]
    books.add(Grant(account_id=account.id, role=AccountRole.COORDINATOR, unit_id=unit_id))
    return person


def told(books: Books, kind: NoticeKind) -> dict[int, dict[str, object]]:
    rows = books.session.execute(select(Notice.person_id, Notice.words).where(Notice.kind == kind))
    return dict(rows.all())


def test_on_the_third_working_day_at_six_every_unit_is_closed_unsigned_and_it_says_so(books: Books) -> None:
    books.activity(books.part("46", "C", day=TODAY.replace(2026, 10, 9)), day=TODAY.replace(2026, 10, 9))
    draft(books, "2026-11-01T03:00")
    assert not close(books, "2026-11-04T17:59")
    assert set(states(books).values()) == {MonthState.DRAFTED}
    assert close(books, "2026-11-04T18:00").counts["closed"] == 4
    assert set(states(books).values()) == {MonthState.CLOSED}
    assert not close(books, "2026-11-04T18:15")
    rows = books.session.execute(select(Tally.by_clock, Tally.signed_by, Tally.closed_at)).all()
    assert set(rows) == {(True, None, at("2026-11-04T18:00").now)}
    assert books.value("2026-10") == "46"


def test_the_day_and_the_hour_are_the_offices_own(books: Books) -> None:
    rules = {"months.close_on_workday": 5, "months.close_at": "09:30"}
    change_house_rules(books.session, rules, by=CONSOLE, now=NOW)
    draft(books, "2026-11-01T03:00")
    assert not close(books, "2026-11-06T09:15")
    assert close(books, "2026-11-06T09:30").counts["closed"] == 4


def test_what_was_closed_by_hand_stays_and_what_is_left_below_is_closed(books: Books) -> None:
    draft(books, "2026-11-01T03:00")
    books.close("2026-10", "A")
    assert close(books, "2026-11-04T18:00").counts["closed"] == 2
    by_clock = dict(books.session.execute(select(Tally.unit_id, Tally.by_clock)).all())
    assert {code: by_clock[unit_id] for code, unit_id in books.units.items()} == {
        "BJ": True,
        "A": False,
        "B": True,
        "C": False,
    }


def test_a_signed_month_keeps_its_signature(books: Books) -> None:
    draft(books, "2026-11-01T03:00")
    october = parse_period("2026-10")
    closing.sign_month(books.session, october, books.units["BJ"], by=WANG, today=TODAY, now=NOW)
    close(books, "2026-11-04T18:00")
    assert books.tally("2026-10").signed_by == "wang"


def test_months_that_nobody_drafted_are_left_to_people(books: Books) -> None:
    books.activity(books.part("46"))
    september = parse_period("2026-09")
    closing.sign_month(books.session, september, books.units["BJ"], by=WANG, today=TODAY, now=NOW)
    assert not close(books, "2026-11-04T18:00")
    assert states(books, "2026-09") == {"BJ": MonthState.SIGNED}


def test_months_missed_while_the_machine_was_off_are_closed_in_order(books: Books) -> None:
    draft(books, "2026-11-01T03:00")
    draft(books, "2026-12-01T03:00")
    assert close(books, "2026-12-20T10:00").counts["closed"] == 8
    rows = books.session.execute(select(Tally.month, Tally.closed_at).distinct().order_by(Tally.month)).all()
    assert [month.month for month, _ in rows] == [10, 11]
    assert set(states(books, "2026-11").values()) == {MonthState.CLOSED}


def test_a_month_drafted_late_stays_open_for_as_many_working_days(books: Books) -> None:
    """A new office begins on the 21st, a Saturday: October is not closed the minute after it was drafted."""
    slot, now = at("2026-11-01T03:00").slot, at("2026-11-21T12:00").now
    draft_month(books.session, Moment(slot, now, ZONE))
    assert not close(books, "2026-11-21T12:15")
    assert not close(books, "2026-11-25T17:45")
    assert close(books, "2026-11-25T18:00").counts["closed"] == 4


@pytest.mark.logs_errors
def test_one_unit_that_cannot_be_closed_does_not_keep_another_and_its_later_months_wait(books: Books) -> None:
    books.unit("X")
    draft(books, "2026-11-01T03:00")
    draft(books, "2026-12-01T03:00")
    tally_id = books.session.scalars(select(Tally.id).where(Tally.unit_id == books.units["X"])).first()
    stray = {"tally_id": tally_id, "metric_id": books.ids[FLOW], "value": Decimal(1)}
    day = TODAY.replace(2026, 10, 9)
    books.activity(books.part("46", "X", day=day), day=day)
    books.add(TallyLine(kind=LineKind.OWN, **stray))
    changed = close(books, "2026-12-03T18:00")

    assert changed.counts["closed"] == 8
    assert [(t.key, t.values["month"], t.values["unit"]) for t in changed.troubles] == [
        ("clockwork.trouble_month_not_closed", "2026-10", "X局")
    ]
    assert states(books)["X"] == states(books, "2026-11")["X"] == MonthState.DRAFTED
    assert {state for code, state in states(books).items() if code != "X"} == {MonthState.CLOSED}
    books.session.delete(books.session.scalars(select(TallyLine).where(TallyLine.tally_id == tally_id)).one())
    assert close(books, "2026-12-03T18:15").counts["closed"] == 2


def test_coordinators_hear_once_that_a_month_was_drafted(books: Books) -> None:
    above, below = coordinator(books, None), coordinator(books, "A")
    assert draft(books, "2026-11-01T03:00").counts["told"] == 2
    assert draft(books, "2026-11-01T03:00").counts["told"] == 0
    words = told(books, NoticeKind.MONTH_DRAFTED)
    assert {person: each["units"] for person, each in words.items()} == {above.id: 2, below.id: 2}
    until = books.session.scalars(select(Notice.expires_at)).all()
    assert set(until) == {at("2026-11-04T18:00").now}


def test_one_working_day_before_those_who_have_not_signed_are_told_so_once(books: Books) -> None:
    above, of_a, of_b = coordinator(books, None), coordinator(books, "A"), coordinator(books, "B")
    draft(books, "2026-11-01T03:00")
    october = parse_period("2026-10")
    closing.sign_month(books.session, october, books.units["A"], by=WANG, today=TODAY, now=NOW)
    assert close(books, "2026-11-03T08:45").counts["reminded"] == 0
    assert close(books, "2026-11-03T09:00").counts["reminded"] == 2
    assert close(books, "2026-11-03T09:15").counts["reminded"] == 0
    words = told(books, NoticeKind.MONTH_UNSIGNED)
    # A signed for C as well, which lies below it.
    assert {person: each["unsigned"] for person, each in words.items()} == {above.id: 1, of_b.id: 1}
    assert of_a.id not in words


def test_coordinators_hear_that_the_clock_closed_the_month(books: Books) -> None:
    boss = coordinator(books, None)
    draft(books, "2026-11-01T03:00")
    close(books, "2026-11-04T18:00")
    close(books, "2026-11-04T18:15")
    assert {person: each["unsigned"] for person, each in told(books, NoticeKind.MONTH_CLOSED).items()} == {
        boss.id: 4
    }
