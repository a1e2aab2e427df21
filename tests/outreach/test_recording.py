"""Measures and their sums: replaced in one step, the same in any order, and right when several record at once."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models import Measure, Rollup, TallyLine
from models.database import transaction
from models.enums import Origin, Qualifier
from outreach.recording import Part, Record, first_open_month, replace_measures
from tests.outreach.books import NOW, STOCK, WANG, Books

Shape = tuple[str, str, int, str, Qualifier, str]
"""Metric, unit, day of the year, value, qualifier and kind of a part."""

shapes = st.tuples(
    st.sampled_from(["materials.issued", "media.reports", "study.subscriptions", "study.participants"]),
    st.sampled_from(["BJ", "A", "B", "C"]),
    st.integers(0, 90),
    st.integers(0, 500).map(str),
    st.sampled_from(Qualifier),
    st.sampled_from(["", "card"]),
)
tellings = st.lists(st.tuples(st.integers(0, 3), st.lists(shapes, max_size=4)), max_size=8)

on_one_database = settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@pytest.fixture
def books(session: Session) -> Books:
    return Books(session)


def part_of(books: Books, shape: Shape) -> Part:
    metric, unit, day, value, qualifier, kind = shape
    dimensions = {"kind": kind} if kind else {}
    on = date.fromordinal(date(2026, 8, 1).toordinal() + day)
    return books.part(value, unit, metric=metric, day=on, qualifier=qualifier, **dimensions)


def rollups(session: Session) -> dict[tuple[object, ...], tuple[object, ...]]:
    rows = session.scalars(select(Rollup).execution_options(populate_existing=True))
    return {
        (row.month, row.unit_id, row.metric_id, row.combination): (
            row.value,
            row.sources,
            row.at_least,
            row.nearly,
            row.about,
        )
        for row in rows
    }


def summed(session: Session) -> dict[tuple[object, ...], tuple[object, ...]]:
    """What rollups must say, added up by hand from every measure."""
    sums: dict[tuple[object, ...], list[Decimal | int]] = {}
    for measure in session.scalars(select(Measure).execution_options(populate_existing=True)):
        if measure.origin not in (Origin.ENTERED, Origin.COUNTED):
            continue
        key = (measure.day.replace(day=1), measure.unit_id, measure.metric_id, measure.combination)
        sum_ = sums.setdefault(key, [Decimal(0), 0, 0, 0, 0])
        sum_[0] += measure.value
        sum_[1] += measure.source
        for place, qualifier in enumerate((Qualifier.AT_LEAST, Qualifier.NEARLY, Qualifier.ABOUT), start=2):
            sum_[place] += measure.sign * (measure.qualifier is qualifier)
    return {key: tuple(values) for key, values in sums.items()}


@given(told=tellings)
@on_one_database
def test_rollups_are_the_sums_of_the_measures_after_any_history(books: Books, told: list) -> None:
    records = [books.activity() for _ in range(4)]
    for number, parts in told:
        books.record(records[number], *(part_of(books, shape) for shape in parts))
        assert rollups(books.session) == summed(books.session)
    for record in records:
        books.record(record)
    assert rollups(books.session) == {}


@given(told=st.lists(st.lists(shapes, max_size=3), min_size=4, max_size=4), order=st.permutations(range(4)))
@on_one_database
def test_any_order_of_the_same_records_gives_the_same_figures(
    books: Books, told: list[list[Shape]], order: Sequence[int]
) -> None:
    def record_in(sequence: Sequence[int]) -> dict[tuple[object, ...], tuple[object, ...]]:
        records = [books.activity() for _ in told]
        for number in sequence:
            books.record(records[number], *(part_of(books, shape) for shape in told[number]))
        figures = rollups(books.session)
        for record in records:
            books.record(record)
        return figures

    assert record_in(order) == record_in(range(4))


@given(told=st.lists(st.lists(shapes, max_size=3), min_size=4, max_size=4))
@on_one_database
def test_many_records_at_once_give_what_one_by_one_gives(books: Books, told: list[list[Shape]]) -> None:
    one_by_one = [books.activity() for _ in told]
    for record, shapes_ in zip(one_by_one, told, strict=True):
        books.record(record, *(part_of(books, shape) for shape in shapes_))
    expected = rollups(books.session)
    for record in one_by_one:
        books.record(record)
    at_once = {books.activity(): [part_of(books, shape) for shape in shapes_] for shapes_ in told}
    replace_measures(books.session, at_once, by=WANG, now=NOW)
    assert rollups(books.session) == expected
    replace_measures(books.session, dict.fromkeys(at_once, ()), by=WANG, now=NOW)


def test_the_first_row_of_a_metric_and_unit_is_its_source(books: Books) -> None:
    record = books.activity(
        books.part("1", kind="card"),
        books.part("2", kind="leaflet"),
        books.part("3", "A"),
        books.part("4", metric="media.reports"),
    )
    rows = books.session.execute(
        select(Measure.value, Measure.source, Measure.shared)
        .where(Measure.activity_id == record.id)
        .order_by(Measure.id)
    )
    assert [tuple(row) for row in rows] == [
        (Decimal(1), True, True),
        (Decimal(2), False, True),
        (Decimal(3), True, True),
        (Decimal(4), True, False),
    ]


def test_what_is_recorded_again_unchanged_is_not_written_again(books: Books) -> None:
    record = books.activity(books.part("5"), books.part("6", "A"))
    ids = select(Measure.id).where(Measure.activity_id == record.id).order_by(Measure.id)
    before = books.session.scalars(ids).all()
    books.record(record, books.part("5"), books.part("6", "A"))
    assert books.session.scalars(ids).all() == before


def test_a_reading_stays_the_row_it_was_when_something_else_is_told_with_it(books: Books) -> None:
    record = books.activity(books.part("403", metric=STOCK), books.part("5"))
    reading = select(Measure.id).where(Measure.activity_id == record.id, Measure.origin == Origin.READING)
    before = books.session.scalar(reading)
    books.record(record, books.part("403", metric=STOCK), books.part("6"))
    assert books.session.scalar(reading) == before


def test_a_row_stays_as_long_as_a_measure_belongs_to_it_though_its_source_is_elsewhere(books: Books) -> None:
    gone = books.activity(books.part("5", kind="card"))
    books.activity(books.part("1", kind="leaflet"), books.part("3", kind="card"))
    books.activity(books.part("1", "A", kind="leaflet"), books.part("0", "A", kind="card"))
    books.record(gone)
    assert rollups(books.session) == summed(books.session)
    assert sorted(values[:2] for values in rollups(books.session).values()) == [
        (Decimal(0), 0),
        (Decimal(1), 1),
        (Decimal(1), 1),
        (Decimal(3), 0),
    ]


def test_readings_floors_and_persons_stay_out_of_the_rollups(books: Books) -> None:
    books.activity(
        books.part("403", metric="study.subscriptions"),
        books.part("200", metric="study.participants"),
        books.part("3", metric="study.participants", origin=Origin.PERSONS),
    )
    assert rollups(books.session) == {}
    assert books.session.scalar(select(func.count()).select_from(Measure)) == 3


def test_a_counter_part_takes_value_and_qualifier_back_and_is_a_source_itself(books: Books) -> None:
    books.activity(books.part("60", qualifier=Qualifier.AT_LEAST))
    counter = books.part("-60", qualifier=Qualifier.AT_LEAST)
    books.activity(
        Part(
            counter.metric_id,
            counter.unit_id,
            counter.day,
            counter.value,
            counter.origin,
            qualifier=counter.qualifier,
            sign=-1,
        )
    )
    assert list(rollups(books.session).values()) == [(Decimal(0), 2, 0, 0, 0)]


def test_a_correction_names_its_record_and_who_made_it(books: Books) -> None:
    record = books.activity(books.part("46"))
    books.close("2026-09")
    replace_measures(books.session, {record: [books.part("50")]}, by=WANG, now=NOW, reason="点错了数")
    line = books.session.scalars(select(TallyLine).where(TallyLine.carried_into.is_not(None))).one()
    assert (line.value, line.sources, line.activity_id) == (Decimal(4), 0, record.id)
    assert (line.carried_into, line.by, line.at, line.reason) == (date(2026, 10, 1), "wang", NOW, "点错了数")


def test_only_the_units_whose_month_is_closed_get_corrections(books: Books) -> None:
    books.close("2026-09", "A")
    record = books.activity(books.part("1", "A"), books.part("2", "B"), books.part("3", "C"))
    lines = books.session.scalars(select(TallyLine.value).where(TallyLine.activity_id == record.id)).all()
    assert sorted(lines) == [Decimal(1), Decimal(3)]


@pytest.mark.parametrize(
    ("month", "closed", "first_open"),
    [
        ("2026-09-01", [], "2026-09-01"),
        ("2026-09-01", ["2026-09-01"], "2026-10-01"),
        ("2026-11-01", ["2026-11-01", "2026-12-01"], "2027-01-01"),
        ("2026-09-01", ["2026-09-01", "2026-11-01"], "2026-10-01"),
    ],
)
def test_a_correction_is_carried_into_the_first_month_not_closed(
    month: str, closed: list[str], first_open: str
) -> None:
    found = first_open_month(date.fromisoformat(month), [date.fromisoformat(each) for each in closed])
    assert found == date.fromisoformat(first_open)


def test_recorders_of_the_same_figures_at_the_same_time_lose_nothing(fresh_database: Engine) -> None:
    recorders, rounds = 4, 5
    with transaction(fresh_database) as session:
        books = Books(session)
        records = [books.activity() for _ in range(recorders)]
        metrics = ["materials.issued", "media.reports", "works.pieces"]
        parts = [books.part("1", unit, metric=metric) for metric in metrics for unit in ("BJ", "A", "B", "C")]
    problems: list[BaseException] = []

    def work(record: Record, number: int) -> None:
        for turn in range(1, rounds + 1):
            # Everybody brings the figures in another order; the recorder alone decides in which they are locked.
            told = parts[number * 3 :] + parts[: number * 3]
            told = [Part(part.metric_id, part.unit_id, part.day, Decimal(turn), part.origin) for part in told]
            try:
                with transaction(fresh_database) as session:
                    replace_measures(session, {record: told}, by=WANG, now=NOW)
            except BaseException as problem:  # noqa: BLE001 - whatever it is, the test shows it
                problems.append(problem)

    threads = [Thread(target=work, args=(record, number)) for number, record in enumerate(records)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with transaction(fresh_database) as session:
        assert set(rollups(session).values()) == {(Decimal(rounds * recorders), recorders, 0, 0, 0)}
        assert rollups(session) == summed(session)
