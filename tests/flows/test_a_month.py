"""A month by the clock alone: planned, asked for, missed, drafted and closed, each once, whenever the ticks come."""

import asyncio

import pytest
from sqlalchemy import select

from flows import tick as ticking
from flows.chase_outcomes import chase_outcomes
from flows.close_month import close_month
from flows.draft_month import draft_month
from flows.jobs import CHASE_OUTCOMES, CLOSE_MONTH, DRAFT_MONTH, OPEN_DUE_VISITS, PLAN_HORIZON, jobs
from flows.open_due_visits import open_due_visits
from flows.plan_horizon import plan_horizon
from flows.tick import tick
from models import Activity, ClockworkRun, Notice, Tally
from models.database import reading, transaction
from models.enums import ActivityStatus, MonthState, NoticeKind
from outreach.imports import import_path
from outreach.permissions import CONSOLE

OFFICE = {
    "units": "code,name\nBJ,局\n",
    "people": "code,name,unit_code,roles,email,since\n"
    "V1,王秀英,BJ,volunteer,v1@example.org,\nR1,何玉兰,BJ,retiree,,2026-10-01\n",
    "teams": "code,name,unit_code,leader_code,members\nT1,学习队,BJ,V1,V1\n",
    "campaigns": "code,name,kind,unit_code,schedule,starts_on,ends_on,team_code,beneficiaries\n"
    "XX,学习,study,BJ,RRULE:FREQ=MONTHLY;BYMONTHDAY=11,2026-01-01,2027-12-31,T1,\n"
    "ZF,走访,health,BJ,CADENCE:P60D,2026-01-01,2027-12-31,T1,R1\n",
}
FLOWS = {
    PLAN_HORIZON: plan_horizon.fn,
    OPEN_DUE_VISITS: open_due_visits.fn,
    DRAFT_MONTH: draft_month.fn,
    CLOSE_MONTH: close_month.fn,
    CHASE_OUTCOMES: chase_outcomes.fn,
}


@pytest.fixture
def at(office_at, tmp_path, monkeypatch):
    """`at("2026-11-12T09:00:30+08:00")`: one tick at that instant; the office it ticked for."""
    here = office_at("2026-11-01T03:00:30+08:00")
    for name, rows in OFFICE.items():
        (tmp_path / f"{name}.csv").write_text(rows, "utf-8")
    now, zone = here.clock.now(), here.settings.zone
    with transaction(here.engine) as session:
        import_path(session, tmp_path, by=CONSOLE, now=now, today=here.clock.today(zone), zone=zone)
    monkeypatch.setattr(ticking, "FLOWS", FLOWS)
    monkeypatch.setattr(ticking, "jobs", lambda zone: [job for job in jobs(zone) if job.name in FLOWS])

    def tick_at(instant):
        moved = office_at(instant)
        asyncio.run(tick.fn())
        return moved

    return tick_at


def _asked(here):
    with reading(here.engine) as session:
        return session.scalars(select(Notice.kind).order_by(Notice.id)).all()


def _study(here):
    with reading(here.engine) as session:
        november = select(Activity.status).where(Activity.plan_key == "2026-11-11")
        return session.scalars(november).one()


def test_a_month_passes_by_itself(at):
    at("2026-11-01T03:00:30+08:00")
    at("2026-11-01T10:00:30+08:00")
    assert _asked(at("2026-11-11T21:00:30+08:00")) == []
    assert _asked(at("2026-11-12T09:00:30+08:00")) == [NoticeKind.RECORD_OUTCOME]
    assert _asked(at("2026-11-12T09:15:30+08:00")) == [NoticeKind.RECORD_OUTCOME]
    asked_twice = [NoticeKind.RECORD_OUTCOME, NoticeKind.RECORD_OUTCOME_AGAIN]
    assert _asked(at("2026-11-14T09:00:30+08:00")) == asked_twice
    assert _study(at("2026-11-25T20:00:30+08:00")) is ActivityStatus.PLANNED
    assert _study(at("2026-11-26T09:00:30+08:00")) is ActivityStatus.MISSED
    at("2026-12-01T03:00:30+08:00")
    here = at("2026-12-03T18:00:30+08:00")
    with reading(here.engine) as session:
        months = session.execute(select(Tally.month, Tally.state, Tally.by_clock).order_by(Tally.month)).all()
    assert [(f"{month:%m}", state, by) for month, state, by in months] == [
        ("10", MonthState.CLOSED, True),
        ("11", MonthState.CLOSED, True),
    ]


def test_a_machine_that_was_off_for_a_month_catches_up_in_one_look_and_asks_nothing_stale(at):
    at("2026-11-01T03:00:30+08:00")
    here = at("2026-12-09T12:00:30+08:00")
    assert _study(here) is ActivityStatus.MISSED
    assert _asked(here) == []
    with reading(here.engine) as session:
        closed = select(Tally.month).where(Tally.state == MonthState.CLOSED)
        drafted = select(Tally.month).where(Tally.state == MonthState.DRAFTED)
        assert [f"{month:%m}" for month in session.scalars(closed)] == ["10"]
        assert [f"{month:%m}" for month in session.scalars(drafted)] == ["11"]
        assert not session.scalars(select(ClockworkRun).where(ClockworkRun.troubles.is_not(None))).all()


def test_the_visit_that_is_due_next_stands_within_the_hour(at):
    at("2026-11-01T03:00:30+08:00")
    here = at("2026-11-02T06:00:30+08:00")
    with reading(here.engine) as session:
        visit = session.scalars(select(Activity).where(Activity.subject_person_id.is_not(None))).one()
    assert str(visit.day) == "2026-11-30"
