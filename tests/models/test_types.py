"""Column types hold on both databases exactly what was given, or refuse it."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from models import Account, Setting, Unit
from models.types import Hundredths

any_offset = some.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
any_instant = some.datetimes(datetime(1970, 1, 3), datetime(2200, 1, 1), timezones=any_offset)  # noqa: DTZ001


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(instant=any_instant)
def test_an_instant_comes_back_as_the_same_instant_in_utc(session: Session, instant: datetime) -> None:
    with session.begin_nested() as undone:
        session.add(Account(name="a", created_at=instant))
        session.flush()
        session.expunge_all()
        read = session.scalars(select(Account.created_at)).one()
        assert read == instant
        assert read.utcoffset() == timedelta(0)
        undone.rollback()


def test_an_instant_without_a_zone_is_refused(session: Session) -> None:
    session.add(Account(name="a", created_at=datetime(2026, 9, 15, 9)))  # noqa: DTZ001
    with pytest.raises(StatementError):
        session.flush()


def test_open_ends_are_stored_as_days_and_read_as_none(session: Session) -> None:
    session.add(Unit(id=5, code="A", name="甲"))
    session.add(Unit(id=6, code="B", name="乙", since=date(2026, 1, 1), until=date(2026, 12, 31)))
    session.flush()
    session.expunge_all()
    stored = session.execute(text("SELECT since, until FROM units WHERE id = 5")).one()
    assert [str(day) for day in stored] == ["0001-01-01", "9999-12-31"]
    read = session.execute(select(Unit.since, Unit.until).order_by(Unit.id)).all()
    assert read == [(None, None), (date(2026, 1, 1), date(2026, 12, 31))]
    day = date(2026, 6, 1)
    assert session.scalars(select(Unit.code).where(Unit.since <= day, Unit.until >= day)).all() == ["A", "B"]


@given(some.decimals(-(10**14), 10**14, places=2))
def test_hundredths_are_kept_exactly(value: Decimal) -> None:
    column = Hundredths()
    stored = column.process_bind_param(value, None)  # type: ignore[arg-type]  # the dialect plays no part
    assert column.process_result_value(stored, None) == value  # type: ignore[arg-type]


def test_a_third_decimal_is_refused() -> None:
    with pytest.raises(ValueError, match="two decimals"):
        Hundredths().process_bind_param(Decimal("0.005"), None)  # type: ignore[arg-type]


def test_json_keeps_nested_words(session: Session) -> None:
    session.add(Setting(name="workdays.2027", value={"free": ["2027-02-06"], "言": None}))
    session.flush()
    session.expunge_all()
    assert session.scalars(select(Setting.value)).one() == {"free": ["2027-02-06"], "言": None}
    assert UTC.utcoffset(None) == timedelta(0)
