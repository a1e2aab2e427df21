"""Behind every figure stand the records that make it: each once, in order, by pages without gap or double."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from calendars.periods import parse_period
from models.base import UnitId
from models.enums import Qualifier
from outreach.errors import NotFound
from outreach.sources import Place, Source, sources
from tests.outreach.books import FLOW, STOCK, Books

OCTOBER = date(2026, 10, 5)
PEOPLE = "study.participants"


@pytest.fixture
def books(session: Session) -> Books:
    return Books(session)


def behind(books: Books, metric: str, period: str = "2026-09", unit: str = "BJ") -> list[Source]:
    return sources(books.session, parse_period(period), books.units[unit], metric)


def test_a_flow_lists_what_each_record_adds_in_the_order_of_the_days(books: Books) -> None:
    late = books.activity(books.part("2.00", "A", day=date(2026, 9, 20)), day=date(2026, 9, 20))
    early = books.activity(books.part("40", "B"), books.part("6", "A", kind="card"))
    first, second = behind(books, FLOW)
    assert (first.kind, first.id, first.value, first.units) == ("activity", early.id, "46", ["A", "B"])
    assert (first.code, first.name, first.day) == ("K", "读书", date(2026, 9, 10))
    assert (second.id, second.value, second.units) == (late.id, "2", ["A"])
    assert [each.id for each in behind(books, FLOW, unit="B")] == [early.id]


def test_money_lists_entries_and_their_counter_entries(books: Books) -> None:
    entry = books.entry("100")
    books.entry("-100", reverses_id=entry.id)
    assert [(each.kind, each.value) for each in behind(books, "finance.donations")] == [
        ("entry", "100.00"),
        ("entry", "-100.00"),
    ]


def test_a_number_of_people_lists_the_activities_with_the_length_of_their_lists(books: Books) -> None:
    people = [books.person() for _ in range(3)]
    books.listed(PEOPLE, people, unit="A")
    books.listed(PEOPLE, people[:1], unit="C", floor=books.part("9", "C", metric=PEOPLE))
    assert [(each.kind, each.value) for each in behind(books, PEOPLE)] == [
        ("activity", "3"),
        ("activity", "9"),
    ]


def test_a_stock_lists_the_last_readings_or_what_is_in_force(books: Books) -> None:
    books.activity(books.part("403", metric=STOCK, day=date(2026, 6, 1)))
    books.activity(books.part("370", metric=STOCK), books.part("1", "A", metric=STOCK))
    retiree = books.person("A", "retiree")
    pair = books.pair(books.person("A"), books.person(), "liaison", code="J1", since=date(2026, 1, 1))
    team = books.team("C")
    branch = books.unit("Z", "A", kind="branch")
    assert [(each.value, each.units) for each in behind(books, STOCK)] == [("371", ["A", "BJ"])]
    for metric, kind, row in (
        ("org.retirees", "person", retiree),
        ("pairing.active", "pairing", pair),
        ("rural.teams", "team", team),
        ("org.branches", "unit", branch),
    ):
        (each,) = behind(books, metric)
        assert (each.kind, each.id, each.code, each.value) == (kind, row.id, row.code, "1")


def test_a_rate_lists_both_of_its_figures(books: Books) -> None:
    books.suggestion(date(2026, 9, 1), date(2026, 9, 20))
    books.suggestion(date(2026, 9, 2))
    rate = "suggestions.settlement_rate"
    assert [each.metric for each in behind(books, rate)] == [
        "suggestions.opinions",
        "suggestions.opinions",
        "suggestions.settled",
    ]


def test_a_correction_is_listed_under_its_record_in_the_month_that_carries_it(books: Books) -> None:
    told = books.activity(books.part("46"))
    books.close("2026-09")
    books.record(told, books.part("50"))
    assert [(each.id, each.value) for each in behind(books, FLOW)] == [(told.id, "46")]
    assert [(each.id, each.value) for each in behind(books, FLOW, "2026-10")] == [(told.id, "4")]
    assert [(each.id, each.value) for each in behind(books, FLOW, "2026")] == [(told.id, "50")]


def test_nothing_stands_behind_a_figure_that_is_not_there(books: Books) -> None:
    for metric in (FLOW, STOCK, PEOPLE, "org.retirees", "suggestions.settlement_rate", "evaluation.score"):
        assert behind(books, metric) == []


def test_an_unknown_metric_is_not_found(books: Books) -> None:
    with pytest.raises(NotFound):
        behind(books, "no.such")


@given(
    st.lists(
        st.tuples(st.dates(date(2026, 9, 1), date(2026, 9, 30)), st.sampled_from("ABC"), st.booleans()),
        max_size=12,
    ),
    st.integers(min_value=1, max_value=5),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_join_to_the_whole_list_while_records_are_added(
    session: Session, records: list[tuple[date, str, bool]], limit: int
) -> None:
    undone = session.begin_nested()
    books = Books(session)
    for day, unit, _ in records:
        books.activity(books.part("1", unit, day=day, qualifier=Qualifier.EXACT))
    known = {each.id for each in behind(books, FLOW)}
    walked: list[Source] = []
    after: Place | None = None
    while page := sources(
        session, parse_period("2026-09"), books.units["BJ"], FLOW, limit=limit, after=after
    ):
        walked += page
        after = page[-1].place
        if len(walked) < len(records):
            books.activity(books.part("1", "A", day=date(2026, 9, 1)))
    assert len({each.id for each in walked}) == len(walked)
    assert known <= {each.id for each in walked}
    assert [each.place for each in walked] == sorted(each.place for each in walked)
    undone.rollback()
    session.expire_all()


def test_the_number_of_questions_does_not_grow_with_the_records(books: Books, session: Session) -> None:
    def questions() -> int:
        asked: list[str] = []
        listener = lambda *what: asked.append(what[2])  # noqa: E731
        event.listen(session.get_bind(), "before_cursor_execute", listener)
        behind(books, FLOW)
        event.remove(session.get_bind(), "before_cursor_execute", listener)
        return len(asked)

    books.activity(books.part("1"))
    few = questions()
    for _ in range(5):
        books.activity(books.part("1", "A"))
    assert questions() == few


def test_a_unit_without_anything_lists_nothing(books: Books) -> None:
    books.activity(books.part("1", "A"))
    assert sources(books.session, parse_period("2026-09"), UnitId(999_999), FLOW) == []
