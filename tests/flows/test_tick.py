"""The flows as they read: what a tick does, without Prefect's server."""

import asyncio

import pytest
from sqlalchemy import select, text

from flows import tick as ticking
from flows.draft_month import draft_month
from flows.jobs import DRAFT_MONTH, PLAN_HORIZON, jobs
from flows.plan_horizon import plan_horizon
from flows.tick import FLOWS, tick
from models import Activity, ClockworkRun, Tally
from models.database import reading, transaction
from models.enums import MonthState, RunState
from outreach.imports import import_path
from outreach.permissions import CONSOLE

TWO = (PLAN_HORIZON, DRAFT_MONTH)
NIGHT = "2026-11-01T03:00:30+08:00"
OFFICE = {
    "units": "code,name\nBJ,局\n",
    "campaigns": "code,name,kind,unit_code,schedule,starts_on,ends_on\n"
    "XX,学习,study,BJ,RRULE:FREQ=MONTHLY;BYMONTHDAY=15,2026-01-01,2027-12-31\n",
}


@pytest.fixture
def office(office_at, tmp_path, monkeypatch):
    """One unit, one campaign; its flows are called without Prefect."""
    here = office_at(NIGHT)
    for name, rows in OFFICE.items():
        (tmp_path / f"{name}.csv").write_text(rows, "utf-8")
    now, zone = here.clock.now(), here.settings.zone
    with transaction(here.engine) as session:
        import_path(session, tmp_path, by=CONSOLE, now=now, today=here.clock.today(zone), zone=zone)
    monkeypatch.setattr(ticking, "FLOWS", {PLAN_HORIZON: plan_horizon.fn, DRAFT_MONTH: draft_month.fn})
    monkeypatch.setattr(ticking, "jobs", lambda zone: [job for job in jobs(zone) if job.name in TWO])
    return here


def _tick():
    return asyncio.run(tick.fn())


def _runs(here):
    with reading(here.engine) as session:
        return {run.job: run for run in session.scalars(select(ClockworkRun))}


def test_a_night_plans_a_year_and_drafts_the_month_before_and_the_next_tick_finds_nothing(office):
    assert _tick() == 2
    assert _tick() == 0
    runs = _runs(office)
    assert {run.state for run in runs.values()} == {RunState.DONE}
    assert runs[PLAN_HORIZON].changed.startswith("created=12 ")
    assert runs[DRAFT_MONTH].changed == "month=2026-10 units=1 told=0"
    with reading(office.engine) as session:
        days = session.scalars(select(Activity.day).order_by(Activity.day)).all()
        tally = session.scalars(select(Tally)).one()
    assert (str(days[0]), str(days[-1])) == ("2026-11-15", "2027-10-15")
    assert (str(tally.month), tally.state) == ("2026-10-01", MonthState.DRAFTED)


def test_the_next_night_plans_again_and_the_next_month_is_drafted(office, office_at):
    _tick()
    office_at("2026-11-02T02:00:05+08:00")
    assert _tick() == 1
    office_at("2026-12-01T12:00:00+08:00")
    assert _tick() == 2
    assert _tick() == 0


def test_months_missed_while_the_machine_was_off_are_all_drafted(office, office_at):
    _tick()
    later = office_at("2027-02-03T12:00:00+08:00")
    assert _tick() == 4, "one plan covers those before it; November, December and January"
    with reading(later.engine) as session:
        months = session.scalars(select(Tally.month).order_by(Tally.month)).all()
    assert [str(month)[:7] for month in months] == ["2026-10", "2026-11", "2026-12", "2027-01"]


def test_a_job_that_fails_does_not_keep_the_next_one_waiting_and_is_seen(office, monkeypatch):
    async def fails(slot):
        raise ValueError("broken")

    monkeypatch.setattr(ticking, "FLOWS", {PLAN_HORIZON: fails, DRAFT_MONTH: draft_month.fn})
    with pytest.raises(RuntimeError, match=r"plan_horizon .*broken"):
        _tick()
    assert _runs(office)[DRAFT_MONTH].state is RunState.DONE


def test_a_tick_leaves_a_sign_of_life(office):
    _tick()
    with reading(office.engine) as session:
        assert session.scalar(text("SELECT count(*) FROM clockwork_runners")) == 1


def test_slots_are_named_in_the_office_own_time(office, monkeypatch):
    seen = []

    async def note(slot):
        seen.append(f"{slot:%Y-%m-%d %H:%M}")

    monkeypatch.setattr(ticking, "FLOWS", {PLAN_HORIZON: note, DRAFT_MONTH: note})
    _tick()
    assert seen == ["2026-11-01 02:00", "2026-11-01 03:00"]


def test_every_job_has_its_flow(office_at):
    assert [job.name for job in jobs(office_at(NIGHT).settings.zone)] == list(FLOWS)
