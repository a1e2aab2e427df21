"""A year's official calendar, taken in place of the one known so far."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.workdays import YearCalendar
from models import AuditEntry
from outreach.errors import Invalid
from outreach.holidays import take_notice, workdays
from outreach.permissions import CONSOLE

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NOTICE = YearCalendar(free=frozenset({date(2027, 2, 12)}), work=frozenset({date(2027, 2, 13)}))


def test_a_year_without_a_notice_is_a_forecast_until_one_is_taken(session: Session) -> None:
    assert not workdays(session).is_official(2027)
    assert take_notice(session, 2027, NOTICE, by=CONSOLE, now=NOW)
    known = workdays(session)
    assert known.is_official(2027)
    assert not known.is_workday(date(2027, 2, 12))
    assert known.is_workday(date(2027, 2, 13))


def test_the_same_notice_again_says_nothing_new_and_another_replaces_it(session: Session) -> None:
    take_notice(session, 2027, NOTICE, by=CONSOLE, now=NOW)
    assert not take_notice(session, 2027, NOTICE, by=CONSOLE, now=NOW)
    assert take_notice(session, 2027, YearCalendar(frozenset(), frozenset()), by=CONSOLE, now=NOW)
    assert workdays(session).is_workday(date(2027, 2, 12))
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.row_id) for entry in entries] == [("created", 2027), ("changed", 2027)]
    assert entries[1].before == {"free": ["2027-02-12"], "work": ["2027-02-13"]}


def test_an_announced_year_may_be_corrected(session: Session) -> None:
    assert not workdays(session).is_workday(date(2026, 10, 1))
    take_notice(session, 2026, YearCalendar(frozenset(), frozenset()), by=CONSOLE, now=NOW)
    assert workdays(session).is_workday(date(2026, 10, 1))


@pytest.mark.parametrize("year", [1999, 2101])
def test_a_year_far_away_is_refused(session: Session, year: int) -> None:
    with pytest.raises(Invalid):
        take_notice(session, year, NOTICE, by=CONSOLE, now=NOW)
