"""What a period comes to: flows are added, people counted again, stocks stand on the last day, rates follow."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from calendars.periods import parse_period
from models.base import UnitId
from models.enums import MonthState, Origin, Qualifier
from outreach.errors import Invalid, NotFound
from outreach.tallies import read_period, tallies, tally
from tests.outreach.books import FLOW, STOCK, Books

AUGUST, OCTOBER = date(2026, 8, 20), date(2026, 10, 5)
PEOPLE = "study.participants"
PAIRED = "pairing.active"
ESTIMATE = "rural.beneficiaries"


@pytest.fixture
def books(session: Session) -> Books:
    return Books(session)


# --- the view ---------------------------------------------------------------------------------------------------------


def test_a_tally_has_just_the_shape_that_programs_rely_on(books: Books) -> None:
    books.activity(books.part("46", "A", kind="leaflet", qualifier=Qualifier.AT_LEAST))
    assert books.tally("2026-09").as_json() == {
        "period": "2026-09",
        "unit": "BJ",
        "status": "open",
        "signed_by": None,
        "lines": [
            {
                "metric": "materials.issued",
                "name": "资料发放",
                "unit": "份",
                "value": "46",
                "qualifier": "at_least",
                "additivity": "flow",
                "sources": 1,
                "by_unit": {"A": "46"},
                "by_dimension": {"kind=leaflet": "46"},
            }
        ],
        "adjustments": [],
    }


def test_lines_stand_in_the_order_of_the_dictionary_and_speak_the_language_asked_for(books: Books) -> None:
    books.entry("5")
    books.activity(books.part("1", metric="media.reports"), books.part("2", metric="study.answer_sheets"))
    view = books.tally("2026-09", language="en")
    assert [line.name for line in view.lines] == [
        "Quiz answer sheets received",
        "Donations collected",
        "Media reports",
    ]


def test_values_have_the_decimals_of_their_metric(books: Books) -> None:
    books.entry("1234.5")
    assert books.value("2026-09", "finance.donations") == "1234.50"


def test_what_nobody_recorded_has_no_line_and_a_reported_zero_has_one(books: Books) -> None:
    books.activity(books.part("0", "A", metric="incidents.count"))
    (line,) = books.tally("2026-09").lines
    assert (line.metric, line.value, line.by_unit, line.sources) == ("incidents.count", "0", {"A": "0"}, 1)


def test_a_unit_sees_itself_and_what_is_below_it_alone(books: Books) -> None:
    books.activity(books.part("1", "BJ"), books.part("2", "A"), books.part("4", "B"), books.part("8", "C"))
    assert [books.value("2026-09", unit=unit) for unit in ("BJ", "A", "B", "C")] == ["15", "10", "4", "8"]
    line = books.line("2026-09", unit="A")
    assert line is not None
    assert line.by_unit == {"A": "2", "C": "8"}


def test_an_unknown_unit_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        tally(session, parse_period("2026-09"), UnitId(999_999))


def test_a_period_that_cannot_be_read_is_the_callers_fault() -> None:
    with pytest.raises(Invalid) as refused:
        read_period("2026-13")
    assert [(fault.field, fault.key) for fault in refused.value.faults] == [
        ("period", "tallies.period_unreadable")
    ]


def test_an_unsigned_month_is_open(books: Books) -> None:
    view = books.tally("2026-09")
    assert (view.state, view.status, view.signed_by) == (MonthState.OPEN, "open", None)


def test_the_number_of_questions_does_not_grow_with_records_or_units(books: Books, session: Session) -> None:
    def questions() -> int:
        asked: list[str] = []
        listener = lambda *what: asked.append(what[2])  # noqa: E731
        event.listen(session.get_bind(), "before_cursor_execute", listener)
        books.tally("2026")
        event.remove(session.get_bind(), "before_cursor_execute", listener)
        return len(asked)

    books.activity(books.part("1", "A"))
    books.listed(PEOPLE, [books.person("A")], unit="A")
    few = questions()
    for number in range(5):
        books.unit(f"N{number}", "C")
        books.activity(books.part("1", f"N{number}"))
        books.listed(PEOPLE, [books.person(f"N{number}")], unit=f"N{number}")
    assert questions() == few


# --- flows and estimates ----------------------------------------------------------------------------------------------


def test_a_flow_adds_over_months_and_units(books: Books) -> None:
    books.activity(books.part("10", "A", day=AUGUST))
    books.activity(books.part("20", "B"))
    books.activity(books.part("40", "C", day=OCTOBER))
    assert [books.value(period) for period in ("2026-08", "2026-09", "2026-Q3", "2026")] == [
        "10",
        "20",
        "30",
        "70",
    ]
    assert books.value("2025") is None


@pytest.mark.parametrize(
    ("parts", "joint"),
    [
        ([Qualifier.EXACT, Qualifier.EXACT], Qualifier.EXACT),
        ([Qualifier.EXACT, Qualifier.AT_LEAST], Qualifier.AT_LEAST),
        ([Qualifier.NEARLY, Qualifier.NEARLY], Qualifier.NEARLY),
        ([Qualifier.AT_LEAST, Qualifier.ABOUT], Qualifier.ABOUT),
        ([Qualifier.AT_LEAST, Qualifier.NEARLY, Qualifier.EXACT], Qualifier.ABOUT),
    ],
)
def test_an_inexact_part_makes_the_sum_inexact(
    books: Books, parts: list[Qualifier], joint: Qualifier
) -> None:
    for qualifier in parts:
        books.activity(books.part("40", metric="study.person_times", qualifier=qualifier))
    line = books.line("2026-09", "study.person_times")
    assert line is not None
    assert line.qualifier is joint


def test_a_counter_entry_takes_the_doubt_out_again(books: Books) -> None:
    sure = books.part("40", qualifier=Qualifier.AT_LEAST)
    books.activity(sure)
    books.activity(replace(sure, value=Decimal(-40), sign=-1))
    books.activity(books.part("5"))
    line = books.line("2026-09")
    assert line is not None
    assert (line.value, line.qualifier, line.sources) == ("5", Qualifier.EXACT, 3)


def test_an_estimate_is_never_exact(books: Books) -> None:
    books.activity(books.part("100", metric=ESTIMATE, qualifier=Qualifier.ABOUT))
    line = books.line("2026-09", ESTIMATE)
    assert line is not None
    assert line.qualifier is Qualifier.ABOUT
    books.activity(books.part("0", metric=ESTIMATE, day=OCTOBER))
    line = books.line("2026-10", ESTIMATE)
    assert line is not None
    assert line.qualifier is Qualifier.ABOUT


def test_a_record_of_several_units_is_one_source_of_each_figure(books: Books) -> None:
    books.activity(books.part("1", "A"), books.part("2", "B"), books.part("3", "C"))
    lines = {unit: books.line("2026-09", unit=unit) for unit in ("BJ", "A", "B")}
    assert {unit: line.sources for unit, line in lines.items() if line} == {"BJ": 1, "A": 1, "B": 1}


def test_a_line_totals_its_dimensions_and_offers_each_apart(books: Books) -> None:
    books.activity(
        books.part("10", kind="card", category="study"), books.part("5", kind="card"), books.part("1")
    )
    line = books.line("2026-09")
    assert line is not None
    assert (line.value, line.sources) == ("16", 1)
    assert line.by_dimension == {"category=study": "10", "kind=card": "15"}


def test_a_moved_unit_counts_in_each_month_where_it_was_then(books: Books, session: Session) -> None:
    books.activity(books.part("10", "C", day=AUGUST))
    books.activity(books.part("20", "C"))
    tie = next(tie for tie in books.ties if tie.subject_unit_id == books.units["C"])
    tie.until = date(2026, 9, 14)
    session.flush()
    books.below("C", "B", since=date(2026, 9, 15))
    assert [books.value("2026-08", unit=unit) for unit in ("A", "B")] == ["10", None]
    assert [books.value("2026-09", unit=unit) for unit in ("A", "B")] == [None, "20"]
    assert [books.value("2026-Q3", unit=unit) for unit in ("A", "B", "BJ")] == ["10", "20", "30"]


# --- distinct people --------------------------------------------------------------------------------------------------


def test_people_are_counted_again_over_the_longer_period_and_the_larger_tree(books: Books) -> None:
    wang, li, zhao = (books.person() for _ in range(3))
    books.listed(PEOPLE, [wang, li], unit="A", day=AUGUST)
    books.listed(PEOPLE, [li, zhao], unit="A")
    books.listed(PEOPLE, [li], unit="C")
    line = books.line("2026-Q3", PEOPLE)
    assert line is not None
    assert (line.value, line.by_unit, line.sources) == ("3", {"A": "3", "C": "1"}, 3)
    assert books.value("2026-09", PEOPLE) == "2"


@pytest.mark.parametrize(
    ("entered", "value", "qualifier"),
    [("1", "2", Qualifier.EXACT), ("2", "2", Qualifier.EXACT), ("3", "3", Qualifier.NEARLY)],
)
def test_an_entered_number_of_people_is_a_floor_and_at_a_tie_the_count_goes_first(
    books: Books, entered: str, value: str, qualifier: Qualifier
) -> None:
    floor = books.part(entered, "A", metric=PEOPLE, qualifier=Qualifier.NEARLY)
    books.listed(PEOPLE, [books.person(), books.person()], unit="A", floor=floor)
    line = books.line("2026-09", PEOPLE)
    assert line is not None
    assert (line.value, line.qualifier, line.by_unit, line.sources) == (value, qualifier, {"A": value}, 1)


def test_of_equal_largest_entries_the_qualifier_is_that_of_a_sum(books: Books) -> None:
    for unit, qualifier in (("A", Qualifier.NEARLY), ("B", Qualifier.ABOUT), ("B", Qualifier.EXACT)):
        books.activity(books.part("30", unit, metric=PEOPLE, qualifier=qualifier))
    books.activity(books.part("29", "C", metric=PEOPLE))
    line = books.line("2026-09", PEOPLE)
    assert line is not None
    assert (line.value, line.qualifier) == ("30", Qualifier.ABOUT)
    part = books.line("2026-09", PEOPLE, "A")
    assert part is not None
    assert part.qualifier is Qualifier.NEARLY


def test_those_served_and_volunteers_are_counted_apart(books: Books) -> None:
    served, teachers = [books.person() for _ in range(3)], [books.person()]
    books.listed("visits.people", served)
    books.listed("rural.night_school_teachers", teachers)
    assert books.value("2026-09", "visits.people") == "3"
    assert books.value("2026-09", "rural.night_school_teachers") == "1"


# --- stocks -----------------------------------------------------------------------------------------------------------


def test_a_stock_stands_until_the_next_value(books: Books) -> None:
    books.activity(books.part("403", metric=STOCK, day=date(2026, 6, 26)))
    books.activity(books.part("370", metric=STOCK, day=date(2026, 9, 24)))
    values = {period: books.value(period, STOCK) for period in ("2026-05", "2026-07", "2026-09", "2026-Q3")}
    assert values == {"2026-05": None, "2026-07": "403", "2026-09": "370", "2026-Q3": "370"}


def test_the_last_value_is_taken_per_unit_and_combination_then_added(books: Books) -> None:
    books.activity(
        books.part("10", "A", metric=STOCK, day=AUGUST, kind="card"),
        books.part("20", "A", metric=STOCK, day=AUGUST),
        books.part("40", "B", metric=STOCK, day=AUGUST),
    )
    books.activity(books.part("11", "A", metric=STOCK, kind="card"))
    line = books.line("2026-09", STOCK)
    assert line is not None
    assert (line.value, line.sources) == ("71", 2)
    assert line.by_unit == {"A": "31", "B": "40"}
    assert line.by_dimension == {"kind=card": "11"}


def test_taking_the_last_value_back_lets_the_earlier_stand_again(books: Books) -> None:
    books.activity(books.part("403", metric=STOCK, day=AUGUST))
    mistaken = books.activity(books.part("999", metric=STOCK))
    books.record(mistaken)
    assert books.value("2026-09", STOCK) == "403"


def test_pairings_in_force_count_for_their_supporters_unit(books: Books) -> None:
    wang, li = books.person("A"), books.person("C")
    minors = [books.person() for _ in range(3)]
    books.pair(wang, minors[0], "acting_parent", since=date(2026, 1, 1))
    books.pair(wang, minors[1], "acting_parent", since=date(2026, 1, 1), until=date(2026, 9, 29))
    books.pair(li, minors[2], "student_aid", since=date(2026, 9, 30))
    august, september = books.tally("2026-08"), books.tally("2026-09")
    assert {line.metric: (line.value, line.sources) for line in august.lines} == {
        "youth.proxy_parents": ("1", 2),
        PAIRED: ("2", 2),
    }
    assert {line.metric: line.by_unit for line in september.lines} == {
        "youth.proxy_parents": {"A": "1"},
        "youth.paired_students": {"C": "1"},
        PAIRED: {"A": "1", "C": "1"},
    }


def test_teams_branches_and_retirees_in_force_on_the_last_day_count(books: Books) -> None:
    books.team("A")
    books.team("B", until=date(2026, 9, 29))
    books.unit("Z", "C", kind="branch", since=date(2026, 9, 30))
    moved = books.person("A", "retiree")
    books.person("A", "retiree", until=date(2026, 9, 29))
    books.person("A", "volunteer")
    home = next(tie for tie in books.ties if tie.subject_person_id == moved.id and tie.object_unit_id)
    home.until = date(2026, 9, 14)
    books.session.flush()
    books.place(moved, "B", since=date(2026, 9, 15))
    september = {line.metric: line.by_unit for line in books.tally("2026-09").lines}
    assert september == {"rural.teams": {"A": "1"}, "org.branches": {"Z": "1"}, "org.retirees": {"B": "1"}}
    august = {line.metric: line.by_unit for line in books.tally("2026-08").lines}
    assert august == {"rural.teams": {"A": "1", "B": "1"}, "org.retirees": {"A": "2"}}


# --- the rate ---------------------------------------------------------------------------------------------------------


def test_the_settlement_rate_is_of_the_same_period_and_rounds_halves_up(books: Books) -> None:
    for _ in range(7):
        books.suggestion(AUGUST)
    books.suggestion(AUGUST, date(2026, 9, 2))
    assert books.value("2026-08", "suggestions.settlement_rate") == "0.00"
    assert books.value("2026-09", "suggestions.settlement_rate") is None
    line = books.line("2026-Q3", "suggestions.settlement_rate")
    assert line is not None
    assert (line.value, line.by_unit, line.sources) == ("12.50", {}, 9)


@pytest.mark.parametrize(("settled", "raised", "rate"), [(1, 3, "33.33"), (2, 3, "66.67"), (1, 16, "6.25")])
def test_a_rate_is_recomputed_and_never_added(books: Books, settled: int, raised: int, rate: str) -> None:
    for number in range(raised):
        unit = "A" if number % 2 else "B"
        books.suggestion(AUGUST, AUGUST if number < settled else None, unit=unit)
    assert books.value("2026-08", "suggestions.settlement_rate") == rate


def test_no_other_ratio_has_a_line_unless_the_office_wants_it(books: Books) -> None:
    books.person("A", "retiree")
    books.listed("visits.people", [books.person()])
    assert not [line for line in books.tally("2026-09").lines if line.additivity == "ratio"]


def test_origins_do_not_mix(books: Books) -> None:
    books.activity(
        books.part("3", metric="study.person_times", origin=Origin.COUNTED), books.part("2", metric=PEOPLE)
    )
    assert (books.value("2026-09", "study.person_times"), books.value("2026-09", PEOPLE)) == ("3", "2")
    assert books.value("2026-09", FLOW) is None


def test_a_zero_entered_for_one_dimension_is_shown_beside_another(books: Books) -> None:
    books.activity(books.part("10", kind="card"), books.part("0", kind="leaflet"))
    line = books.line("2026-09")
    assert line is not None
    assert (line.value, dict(line.by_dimension)) == ("10", {"kind=card": "10", "kind=leaflet": "0"})


@pytest.mark.parametrize("values_at_once", [1, 20_000])
def test_several_tallies_at_once_are_those_asked_one_by_one(
    books: Books, monkeypatch: pytest.MonkeyPatch, values_at_once: int
) -> None:
    books.activity(books.part("8"), books.part("3", unit="A"))
    books.activity(books.part("5", day=OCTOBER, unit="A"))
    books.team("A")
    books.close("2026-09", "A")
    books.activity(books.part("2", unit="A"))
    unit_id = books.units["BJ"]
    periods = [read_period(text) for text in ("2026-09", "2026-10", "2026-Q3", "2026")]
    one_by_one = [tally(books.session, period, unit_id) for period in periods]
    monkeypatch.setattr("outreach.tallies.asking.VALUES_AT_ONCE", values_at_once)
    assert tallies(books.session, periods, unit_id) == one_by_one
    assert {view.period: view.lines[0].value for view in one_by_one} == {
        "2026-09": "11",
        "2026-10": "7",
        "2026-Q3": "11",
        "2026": "18",
    }
