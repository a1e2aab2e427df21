"""The night's forgetting as the clockwork does it: in steps, each of which stands by itself."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, PendingRollbackError

from flows.forget import forget
from flows.slots import JobFailed
from models import AuditEntry, ClockworkRun
from models.database import reading, transaction
from models.enums import AuditAction
from outreach import retention

NIGHT = "2026-11-01T04:30:30+08:00"
SLOT = datetime(2026, 10, 31, 20, 30, tzinfo=UTC)


def _left(here):
    with reading(here.engine) as session:
        return session.scalar(select(func.count()).select_from(AuditEntry))


def _fill(here, number):
    long_ago = here.clock.now() - timedelta(days=3000)
    with transaction(here.engine) as session:
        session.add_all(
            AuditEntry(at=long_ago, action=AuditAction.READ, table_name="people", row_id=row)
            for row in range(number)
        )


def test_everything_goes_in_one_night_and_nothing_the_second_time(office_at, monkeypatch):
    monkeypatch.setattr("outreach.retention.clearing.AT_ONCE", 10)
    here = office_at(NIGHT)
    _fill(here, 25)
    assert asyncio.run(forget.fn(SLOT)) == "forgot_audit_entries=25"
    assert _left(here) == 0
    assert asyncio.run(forget.fn(SLOT)) is None
    assert asyncio.run(forget.fn(SLOT + timedelta(days=1))) == ""


def test_what_a_night_cut_off_in_the_middle_has_done_stands_and_the_rest_follows(office_at, monkeypatch):
    monkeypatch.setattr("outreach.retention.clearing.AT_ONCE", 10)
    here = office_at(NIGHT)
    _fill(here, 25)
    calls = []
    whole = retention.KINDS["audit_entries"]

    def cut_off(session, periods, after):
        calls.append(after)
        if len(calls) == 2:
            raise ConnectionError("the power is gone")
        return whole(session, periods, after)

    monkeypatch.setattr("outreach.routines.forget.KINDS", {**retention.KINDS, "audit_entries": cut_off})
    with pytest.raises(JobFailed, match="ConnectionError"):
        asyncio.run(forget.fn(SLOT))
    assert _left(here) == 15
    here = office_at("2026-11-01T04:32:00+08:00")
    assert asyncio.run(forget.fn(SLOT)) == "forgot_audit_entries=15"
    assert _left(here) == 0


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (lambda: OperationalError("DELETE", {}, TimeoutError("it waited too long")), "TimeoutError"),
        (lambda: PendingRollbackError("the connection was lost before"), "PendingRollbackError"),
    ],
)
def test_a_kind_that_the_database_refuses_does_not_end_those_behind_it(office_at, monkeypatch, error, why):
    here = office_at(NIGHT)
    _fill(here, 5)

    def refused(session, periods, after):
        raise error()

    monkeypatch.setattr("outreach.routines.forget.KINDS", {**retention.KINDS, "notices": refused})
    assert asyncio.run(forget.fn(SLOT)) == "forgot_audit_entries=5"
    with reading(here.engine) as session:
        (trouble,) = session.scalars(select(ClockworkRun.troubles)).one()
    assert trouble["values"] == {"what": "notices", "why": why}
    assert _left(here) == 0
