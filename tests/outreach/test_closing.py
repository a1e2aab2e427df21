"""A closed month keeps its figures for ever; corrections count once, in the first open month."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.periods import parse_period
from models import AuditEntry, Tally, Tie
from models.base import UnitId
from models.enums import MonthState, Qualifier
from outreach.closing import adjust, close_month, draft_month, sign_month
from outreach.errors import Conflict, Invalid, NotFound
from outreach.permissions import CLOCKWORK, Actor
from outreach.recording import Part, Record
from outreach.recount import recount
from outreach.sources import sources
from tests.outreach.books import FLOW, NOW, STOCK, TODAY, WANG, Books

SEPTEMBER = parse_period("2026-09")


@pytest.fixture
def books(session: Session) -> Books:
    return Books(session)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_correction_after_closing_leaves_the_month_and_counts_in_the_first_open_one(books: Books) -> None:
    leaflets = books.activity(books.part("46"))
    books.close("2026-09")
    books.record(leaflets, books.part("50"))
    assert books.value("2026-09") == "46"
    assert books.value("2026-10") == "4"
    assert books.value("2026") == "50"
    (correction,) = books.tally("2026-10").adjustments
    assert (correction.month, correction.carried_into, correction.value) == ("2026-09", "2026-10", "4")
    assert correction.activity == leaflets.id
    assert books.tally("2026-09").adjustments == [correction]


def test_a_correction_of_an_older_month_skips_every_closed_one(books: Books) -> None:
    leaflets = books.activity(books.part("46"))
    for month in ("2026-09", "2026-10", "2026-11"):
        books.close(month)
    books.record(leaflets)
    assert [books.value(month) for month in ("2026-09", "2026-10", "2026-11", "2026-12")] == [
        "46",
        None,
        None,
        "-46",
    ]
    assert books.value("2026-Q3") == "46"
    assert books.value("2026") == "0"


def test_corrections_that_come_to_nothing_stay_behind_the_figure_they_were_carried_into(
    books: Books, session: Session
) -> None:
    told = books.activity(books.part("46"))
    books.close("2026-09")
    books.record(told, books.part("50"))
    books.record(told, books.part("46"))
    line = books.line("2026-10")
    assert line is not None
    assert (line.value, line.sources, line.by_unit) == ("0", 1, {})
    books.close("2026-10")
    assert books.line("2026-10") == line
    assert len(sources(session, parse_period("2026-10"), books.units["BJ"], FLOW)) == 1


def test_a_record_that_moves_from_a_closed_month_into_an_open_one_is_counted_once_in_the_year(
    books: Books,
) -> None:
    leaflets = books.activity(books.part("46"))
    books.close("2026-09")
    books.record(leaflets, books.part("46", day=date(2026, 10, 2)))
    assert (books.value("2026-09"), books.value("2026-10"), books.value("2026")) == ("46", "0", "46")
    year = books.line("2026")
    assert year is not None
    assert year.sources == 1


def test_closing_a_unit_closes_every_unit_below_with_its_own_part(books: Books) -> None:
    books.activity(books.part("10", "BJ"), books.part("20", "A"), books.part("30", "C"))
    closed = books.close("2026-09", "A")
    assert closed.units == 2
    statuses = {unit: books.tally("2026-09", unit).status for unit in books.units}
    assert statuses == {"BJ": "open", "A": "closed", "B": "open", "C": "closed"}
    line = books.line("2026-09")
    assert line is not None
    assert line.by_unit == {"A": "20", "BJ": "10", "C": "30"}
    assert (line.value, line.sources) == ("60", 1)


def test_the_part_of_a_closed_unit_stays_in_the_larger_figure_of_an_open_one(books: Books) -> None:
    told = books.activity(books.part("20", "A"), books.part("10", "BJ"))
    books.close("2026-09", "A")
    books.record(told, books.part("25", "A"), books.part("11", "BJ"))
    assert books.value("2026-09") == "31"
    books.close("2026-09", "BJ")
    assert (books.value("2026-09"), books.value("2026-10"), books.value("2026")) == ("31", "5", "36")


def test_a_closed_month_keeps_the_tree_it_was_closed_with(books: Books, session: Session) -> None:
    books.activity(books.part("30", "C"))
    books.close("2026-09", "A")
    link = session.scalars(select(Tie).where(Tie.subject_unit_id == books.units["C"])).one()
    link.object_unit_id = books.units["B"]
    session.flush()
    assert [books.value("2026-09", unit=unit) for unit in ("A", "B", "BJ")] == ["30", None, "30"]
    assert [books.value("2026-Q3", unit=unit) for unit in ("A", "B", "BJ")] == ["30", None, "30"]


def test_a_tree_turned_round_after_closing_loses_no_figure(books: Books, session: Session) -> None:
    books.activity(books.part("30", "C"), books.part("20", "A"))
    books.close("2026-09", "C")
    for link in session.scalars(
        select(Tie).where(Tie.subject_unit_id.in_([books.units["A"], books.units["C"]]))
    ):
        session.delete(link)
    session.flush()
    books.below("C", "BJ")
    books.below("A", "C")
    assert books.value("2026-09") == "50"


def test_a_unit_that_joins_a_closed_one_afterwards_is_no_part_of_what_was_closed(books: Books) -> None:
    books.activity(books.part("30", "C"))
    books.close("2026-09")
    books.unit("D", "C")
    late = books.activity(books.part("7", "D"))
    assert books.value("2026-09") == "30"
    assert books.value("2026-09", unit="C") == "30"
    assert books.value("2026-10") == "7"
    assert books.value("2026") == "37"
    books.record(late, books.part("8", "D"))
    assert books.value("2026") == "38"


def test_people_stocks_and_the_rate_of_a_closed_month_stay_for_every_unit_in_it(
    books: Books, session: Session
) -> None:
    people = [books.person() for _ in range(3)]
    books.listed("study.participants", people[:2], unit="A")
    called_off = books.listed("study.participants", people[1:2], unit="C")
    subscribed = books.activity(books.part("403", "C", metric=STOCK))
    books.suggestion(date(2026, 9, 3), unit="A")
    books.suggestion(date(2026, 9, 4), date(2026, 9, 20), unit="C")
    lines = {unit: books.tally("2026-09", unit).lines for unit in books.units}
    books.close("2026-09")
    assert {unit: books.tally("2026-09", unit).lines for unit in books.units} == lines

    books.listed("study.participants", people, unit="C")
    books.record(called_off)
    books.record(subscribed)
    books.suggestion(date(2026, 9, 5), unit="C")
    books.person("C", "retiree")
    assert {unit: books.tally("2026-09", unit).lines for unit in books.units} == lines
    for unit in books.units:
        line = books.line("2026-09", "study.participants", unit)
        counted = sources(session, SEPTEMBER, books.units[unit], "study.participants")
        assert len(counted) == (line.sources if line else 0)
    assert books.tally("2026-09").adjustments == books.tally("2026-10").adjustments
    assert [each.metric for each in books.tally("2026-10").adjustments] == ["suggestions.opinions"]
    assert books.value("2026-Q3", "study.participants") == "3"
    assert books.value("2026-10", STOCK) is None
    assert books.value("2026-Q3", STOCK) == "403"


def test_a_doubt_taken_from_a_closed_month_takes_none_from_the_month_that_shows_it(books: Books) -> None:
    sure = books.activity(books.part("60", qualifier=Qualifier.AT_LEAST))
    books.close("2026-09")
    books.record(sure, books.part("60"))
    books.activity(books.part("5", day=date(2026, 10, 3), qualifier=Qualifier.AT_LEAST))
    october, year = books.line("2026-10"), books.line("2026")
    assert october is not None
    assert year is not None
    assert (october.value, october.qualifier) == ("5", Qualifier.AT_LEAST)
    assert (year.value, year.qualifier) == ("65", Qualifier.AT_LEAST)


# --- signing, drafting, refusing --------------------------------------------------------------------------------------


def test_a_draft_is_laid_for_every_unit_once(books: Books, session: Session) -> None:
    books.unit("OLD", "BJ", until=date(2026, 8, 31))
    books.close("2026-09", "B")
    assert draft_month(session, SEPTEMBER, now=NOW) == 3
    assert draft_month(session, SEPTEMBER, now=NOW) == 0
    states = dict(session.execute(select(Tally.unit_id, Tally.state)).all())
    assert states == {
        books.units["BJ"]: MonthState.DRAFTED,
        books.units["A"]: MonthState.DRAFTED,
        books.units["C"]: MonthState.DRAFTED,
        books.units["B"]: MonthState.CLOSED,
    }


def test_a_signature_stands_under_the_month_until_another_and_closing_keeps_it(
    books: Books, session: Session
) -> None:
    for name in ("li", "zhao"):
        sign_month(session, SEPTEMBER, books.units["A"], by=Actor(name), today=TODAY, now=NOW)
    view = books.tally("2026-09", "A")
    assert (view.status, view.state, view.signed_by) == ("open", MonthState.SIGNED, "zhao")
    books.close("2026-09")
    view = books.tally("2026-09", "A")
    assert (view.status, view.signed_by) == ("closed", "zhao")
    assert books.tally("2026-09").signed_by == "wang"


def test_the_clockwork_closes_without_a_signature(books: Books, session: Session) -> None:
    books.close("2026-09", by=CLOCKWORK)
    assert books.tally("2026-09").signed_by is None
    assert set(session.scalars(select(Tally.by_clock))) == {True}


def test_a_quarter_is_closed_when_its_three_months_are(books: Books) -> None:
    for month in ("2026-07", "2026-08"):
        books.close(month)
        assert books.tally("2026-Q3").status == "open"
    books.close("2026-09")
    assert books.tally("2026-Q3").status == "closed"


def test_a_month_that_is_not_over_cannot_be_signed_or_closed(books: Books, session: Session) -> None:
    last_of_september = date(2026, 9, 30)
    for deed in (sign_month, close_month):
        with pytest.raises(Invalid) as refused:
            deed(session, SEPTEMBER, books.units["BJ"], by=WANG, today=last_of_september, now=NOW)
        assert [fault.key for fault in refused.value.faults] == ["tallies.month_not_over"]
    close_month(session, SEPTEMBER, books.units["BJ"], by=WANG, today=date(2026, 10, 1), now=NOW)


def test_only_months_are_closed(books: Books, session: Session) -> None:
    with pytest.raises(Invalid):
        books.close("2026-Q3")
    with pytest.raises(Invalid):
        draft_month(session, parse_period("2026"), now=NOW)


def test_a_month_is_closed_once(books: Books, session: Session) -> None:
    books.close("2026-09")
    with pytest.raises(Conflict):
        books.close("2026-09", "C")
    with pytest.raises(Conflict):
        sign_month(session, SEPTEMBER, books.units["C"], by=WANG, today=TODAY, now=NOW)


def test_an_unknown_unit_is_not_found(books: Books, session: Session) -> None:
    with pytest.raises(NotFound):
        close_month(session, SEPTEMBER, UnitId(999_999), by=WANG, today=TODAY, now=NOW)


def test_closing_is_noted_with_the_one_who_did_it(books: Books, session: Session) -> None:
    books.close("2026-09")
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.table_name == "tallies"))
    assert entry.after == {"state": "closed", "month": "2026-09", "units": 4}


# --- adjustments by hand ----------------------------------------------------------------------------------------------


def test_an_adjustment_by_hand_counts_in_the_open_month_and_says_why(books: Books, session: Session) -> None:
    books.activity(books.part("46", "A"))
    books.close("2026-09")
    adjust(
        *(session, SEPTEMBER, books.units["A"]),
        metric=FLOW,
        value=Decimal(-6),
        reason=" 重复登记 ",
        by=WANG,
        now=NOW,
    )
    assert (books.value("2026-09"), books.value("2026-10"), books.value("2026")) == ("46", "-6", "40")
    october = books.line("2026-10")
    assert october is not None
    assert (october.by_unit, october.sources) == ({"A": "-6"}, 1)
    (correction,) = books.tally("2026-10").adjustments
    assert (correction.reason, correction.by, correction.unit, correction.activity) == (
        "重复登记",
        "wang",
        "A",
        None,
    )
    (behind,) = sources(session, parse_period("2026-10"), books.units["BJ"], FLOW)
    assert (behind.kind, behind.value, behind.name) == ("adjustment", "-6", "重复登记")
    assert recount(session).ok


def test_an_open_month_is_not_adjusted(books: Books, session: Session) -> None:
    with pytest.raises(Conflict) as refused:
        adjust(
            session, SEPTEMBER, books.units["A"], metric=FLOW, value=Decimal(1), reason="错", by=WANG, now=NOW
        )
    assert refused.value.key == "tallies.month_open"


@pytest.mark.parametrize(
    ("metric", "value", "reason", "key"),
    [
        ("no.such", "1", "错", "tallies.unknown_metric"),
        (STOCK, "1", "错", "tallies.not_adjustable"),
        ("visits.people", "1", "错", "tallies.not_adjustable"),
        ("suggestions.settlement_rate", "1", "错", "tallies.not_adjustable"),
        (FLOW, "0", "错", "tallies.value_needed"),
        (FLOW, "0.5", "错", "tallies.too_many_decimals"),
        (FLOW, "NaN", "错", "tallies.value_too_great"),
        (FLOW, "-10000000000000", "错", "tallies.value_too_great"),
        (FLOW, "1", "  ", "tallies.reason_needed"),
    ],
)
def test_an_adjustment_says_what_is_wrong_with_it(
    books: Books, session: Session, metric: str, value: str, reason: str, key: str
) -> None:
    books.close("2026-09")
    with pytest.raises(Invalid) as refused:
        adjust(
            *(session, SEPTEMBER, books.units["A"]),
            metric=metric,
            value=Decimal(value),
            reason=reason,
            by=WANG,
            now=NOW,
        )
    assert [fault.key for fault in refused.value.faults] == [key]


# --- any history ------------------------------------------------------------------------------------------------------

MONTHS = [date(2026, month, 1) for month in range(9, 13)]
UNITS = ("BJ", "A", "B", "C")
_parts = st.lists(
    st.tuples(
        st.sampled_from(MONTHS),
        st.sampled_from(UNITS),
        st.integers(min_value=0, max_value=9),
        st.sampled_from([Qualifier.EXACT, Qualifier.AT_LEAST, Qualifier.ABOUT]),
        st.sampled_from(["", "leaflet", "card"]),
    ),
    max_size=3,
)
_deeds = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(min_value=0, max_value=3), _parts),
        st.tuples(st.just("close"), st.sampled_from(MONTHS[:-1]), st.sampled_from(UNITS)),
    ),
    max_size=10,
)


@given(_deeds)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_happens_in_whatever_order_nothing_is_lost_or_counted_twice(
    session: Session, deeds: list[tuple]
) -> None:
    undone = session.begin_nested()
    try:
        _Histories(session).run(deeds)
    finally:
        undone.rollback()
        session.expire_all()


class _Histories:
    """Records are told and told anew, months are closed, in any order; after that the books must balance."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.books = Books(session)
        self.records = [self.books.activity() for _ in range(4)]
        self.told: dict[Record, list[Part]] = {}
        self.frozen: dict[tuple[str, str], list] = {}

    def run(self, deeds: list[tuple]) -> None:
        for deed, *what in deeds:
            if deed == "tell":
                self.tell(*what)
            else:
                self.close(*what)
        self.closed_months_have_not_moved()
        self.every_unit_has_what_it_was_told()
        self.years_are_the_sums_of_their_months()
        self.sources_can_be_listed()
        assert recount(self.session).differences == []

    def tell(self, number: int, parts: list[tuple]) -> None:
        # One record may well have parts of one figure on different days; as an outcome has one day, give it one.
        record, day = self.records[number], parts[0][0] if parts else None
        self.told[record] = [
            self.books.part(
                str(value), unit, day=day, qualifier=qualifier, **({"kind": kind} if kind else {})
            )
            for _, unit, value, qualifier, kind in parts
        ]
        self.books.record(record, *self.told[record])

    def close(self, month: date, unit: str) -> None:
        name = f"{month:%Y-%m}"
        before = {each: self.books.tally(name, each).lines for each in ("BJ", unit)}
        try:
            self.books.close(name, unit)
        except Conflict:
            return
        assert {each: self.books.tally(name, each).lines for each in before} == before
        self.frozen[name, unit] = before[unit]

    def closed_months_have_not_moved(self) -> None:
        for (month, unit), lines in self.frozen.items():
            assert self.books.tally(month, unit).lines == lines

    def every_unit_has_what_it_was_told(self) -> None:
        truth: dict[str, Decimal] = defaultdict(Decimal)
        codes = {unit_id: code for code, unit_id in self.books.units.items()}
        for part in (part for parts in self.told.values() for part in parts):
            truth[codes[part.unit_id]] += part.value
        line = self.books.line("2026")
        own = line.by_unit if line else {}
        assert {unit: Decimal(own.get(unit, "0")) for unit in UNITS} == {unit: truth[unit] for unit in UNITS}

    def years_are_the_sums_of_their_months(self) -> None:
        for unit in ("BJ", "A"):
            year = Decimal(self.books.value("2026", unit=unit) or 0)
            months = [self.books.value(f"{month:%Y-%m}", unit=unit) for month in MONTHS]
            assert year == sum(Decimal(value or 0) for value in months)

    def sources_can_be_listed(self) -> None:
        for period in ("2026", "2026-Q4", *(f"{month:%Y-%m}" for month in MONTHS)):
            for unit in ("BJ", "A"):
                line = self.books.line(period, unit=unit)
                behind = sources(self.session, parse_period(period), self.books.units[unit], FLOW)
                assert len(behind) == (line.sources if line else 0)
                assert sum(Decimal(each.value) for each in behind) == Decimal(line.value if line else 0)
