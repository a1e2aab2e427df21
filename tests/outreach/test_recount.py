"""Counting again finds every figure that does not come to what it is made from, and nothing in sound books."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import Activity, Attendance, Matter, Measure, Rollup, TallyLine
from models.enums import ActivityStatus, LineKind, MatterStatus, Qualifier
from outreach.recount import Differs, rebuild_rollups, recount
from tests.outreach.books import Books

PEOPLE = "study.person_times"


@pytest.fixture
def books(session: Session) -> Books:
    """Sound books with a record of every kind, a closed month, and a correction of it."""
    books = Books(session)
    told = books.activity(
        books.part("46", "A", kind="card", qualifier=Qualifier.AT_LEAST), books.part("1", "C")
    )
    books.listed(PEOPLE, [books.person(), books.person()], unit="A")
    books.entry("100", "A")
    books.suggestion(date(2026, 9, 1), date(2026, 10, 2), unit="A")
    books.close("2026-09")
    books.record(told, books.part("50", "A", kind="card", qualifier=Qualifier.AT_LEAST))
    books.activity(books.part("7", "A", day=date(2026, 10, 3)))
    books.close("2026-10", "A")
    return books


def test_sound_books_have_no_differences(books: Books, session: Session) -> None:
    found = recount(session)
    assert found.differences == []
    assert found.ok


def _rollup(session: Session) -> None:
    session.execute(update(Rollup).where(Rollup.value == 50).values(value=51))


def _counter(session: Session) -> None:
    session.execute(update(Rollup).where(Rollup.value == 50).values(at_least=0))


def _lost_rollup(session: Session) -> None:
    session.execute(delete(Rollup).where(Rollup.value == 7))


def _closed_line(session: Session) -> None:
    session.execute(
        update(TallyLine).where(TallyLine.kind == LineKind.OWN, TallyLine.value == 46).values(value=45)
    )


def _lost_correction(session: Session) -> None:
    session.execute(
        delete(TallyLine).where(TallyLine.kind == LineKind.ADJUSTMENT, TallyLine.activity_id.is_not(None))
    )


def _shorter_list(session: Session) -> None:
    person = session.scalars(select(Attendance.person_id).limit(1)).one()
    session.execute(delete(Attendance).where(Attendance.person_id == person))


def _cancelled(session: Session) -> None:
    session.execute(update(Activity).values(status=ActivityStatus.CANCELLED, reason="雨"))


def _entry_elsewhere(session: Session) -> None:
    session.execute(update(Measure).where(Measure.entry_id.is_not(None)).values(day=date(2026, 9, 11)))


def _entry_uncounted(session: Session) -> None:
    session.execute(delete(Measure).where(Measure.entry_id.is_not(None)))


def _suggestion_in_error(session: Session) -> None:
    session.execute(update(Matter).values(status=MatterStatus.IN_ERROR))


def _suggestion_uncounted(session: Session) -> None:
    session.execute(delete(Measure).where(Measure.matter_id.is_not(None)))


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (_rollup, Differs.ROLLUP),
        (_counter, Differs.ROLLUP),
        (_lost_rollup, Differs.ROLLUP),
        (_closed_line, Differs.CLOSED_MONTH),
        (_lost_correction, Differs.CLOSED_MONTH),
        (_shorter_list, Differs.ATTENDANCE),
        (_cancelled, Differs.ACTIVITY),
        (_entry_elsewhere, Differs.ENTRY),
        (_entry_uncounted, Differs.ENTRY),
        (_suggestion_in_error, Differs.SUGGESTION),
        (_suggestion_uncounted, Differs.SUGGESTION),
    ],
)
def test_what_was_spoilt_is_found(
    books: Books, session: Session, spoil: Callable[[Session], None], what: Differs
) -> None:
    spoil(session)
    found = recount(session)
    assert not found.ok
    assert what in {difference.what for difference in found.differences}


def test_a_difference_says_where_it_is_and_by_how_much(books: Books, session: Session) -> None:
    _shorter_list(session)
    (found,) = recount(session).differences
    assert (found.metric, found.unit, found.day) == (PEOPLE, "A", date(2026, 9, 10))
    assert (found.stored, found.counted) == (Decimal(2), Decimal(1))
    assert found.record_id is not None


def test_rebuilt_rollups_are_the_ones_that_were_kept(books: Books, session: Session) -> None:
    kept = _rows(session)
    assert kept
    rebuild_rollups(session)
    assert _rows(session) == kept
    session.execute(update(Rollup).values(value=0, sources=9))
    rebuild_rollups(session)
    assert _rows(session) == kept
    assert recount(session).ok


def _rows(session: Session) -> list[tuple[object, ...]]:
    columns = list(Rollup.__table__.columns)
    return [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]
