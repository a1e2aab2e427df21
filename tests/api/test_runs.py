"""Runs over HTTP: what stands, trying without keeping, asking for a run."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from clock import real_now
from flows.jobs import jobs
from models import Activity, ClockworkRun
from models.database import reading, transaction
from models.enums import RunState
from outreach.clockwork import Changed, claim, fail, finish, sign_of_life
from tests.outreach.county import ZONE

CAMPAIGN = {
    "code": "XX",
    "name": "学习",
    "kind": "study",
    "unit_code": "BJ",
    "schedule": "RRULE:FREQ=MONTHLY;BYMONTHDAY=20",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
}


@pytest.fixture
def failed(fresh_database: Engine, now: datetime) -> None:
    """Closing the month failed, planning went well."""
    for job, ends in (("plan_horizon", finish), ("close_month", fail)):
        with transaction(fresh_database) as session:
            slot = now - timedelta(minutes=10)
            held = claim(session, job, slot, runner="a", now=slot, machine_now=real_now())
            assert held is not None
            told = {"changed": Changed({"created": 12})} if ends is finish else {"why": "OSError: disk full"}
            ends(session, held, now=slot + timedelta(seconds=9), **told)


def test_every_job_has_a_row_with_its_next_slot(office):
    answer = office.get("/api/v1/runs").json()
    assert [row["job"] for row in answer["items"]] == [job.name for job in jobs(ZONE)]
    assert answer["clockwork"] == "stopped"
    (plan,) = (row for row in answer["items"] if row["job"] == "plan_horizon")
    assert (plan["name"], plan["last"]) == ("Plan activities", None)
    assert plan["next_slot"] == "2026-09-16T02:00:00+08:00"


def test_what_failed_says_why_since_when_and_what_follows(office, failed):
    rows = {row["job"]: row for row in office.get("/api/v1/runs").json()["items"]}
    closing = rows["close_month"]
    assert closing["state"] == "failed"
    assert closing["last"]["said"] == "Not done: OSError: disk full. The clockwork will try again."
    assert closing["failing_since"] == "2026-09-15T08:50:00+08:00"
    assert closing["effect"] == "Months that are due are not closed."
    assert (rows["plan_horizon"]["last"]["changed"], rows["plan_horizon"]["last"]["seconds"]) == (
        {"created": "12"},
        9.0,
    )


def test_the_list_of_jobs_goes_on_by_cursor(office):
    seen, cursor = [], None
    while True:
        asked = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        answer = office.get("/api/v1/runs", params=asked).json()
        seen += [row["job"] for row in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert seen == [job.name for job in jobs(ZONE)]


def test_the_runs_of_a_job_come_the_latest_first_and_go_on_by_cursor(office, fresh_database, now):
    for back in (3, 2, 1):
        with transaction(fresh_database) as session:
            slot = now - timedelta(days=back)
            held = claim(session, "plan_horizon", slot, runner="a", now=slot, machine_now=real_now())
            finish(session, held, changed=Changed({"created": back}), now=slot)
    first = office.get("/api/v1/runs/plan_horizon", params={"limit": 2}).json()
    rest = office.get("/api/v1/runs/plan_horizon", params={"limit": 2, "cursor": first["next"]}).json()
    assert [run["changed"]["created"] for run in first["items"] + rest["items"]] == ["1", "2", "3"]
    assert rest["next"] is None


def test_an_unknown_job_is_not_found(office):
    for method, path in (("get", "sleep"), ("post", "sleep"), ("post", "sleep/rehearse")):
        assert office.request(method, f"/api/v1/runs/{path}").status_code == 404


def test_a_rehearsal_says_what_would_happen_and_keeps_nothing(office, fresh_database):
    assert office.post("/api/v1/campaigns", json={**CAMPAIGN, "status": "active"}).status_code == 201
    with reading(fresh_database) as session:
        before = session.scalar(select(func.count()).select_from(Activity))
    with transaction(fresh_database) as session:
        session.query(Activity).delete()
    answer = office.post("/api/v1/runs/plan_horizon/rehearse")
    assert answer.status_code == 200
    assert answer.json()["changed"]["created"] == str(before)
    assert answer.json()["said"].startswith("It would: ")
    with reading(fresh_database) as session:
        assert session.scalar(select(func.count()).select_from(Activity)) == 0
        assert session.scalar(select(func.count()).select_from(ClockworkRun)) == 0


def test_every_job_can_be_rehearsed_on_an_empty_office(admin):
    for job in jobs(ZONE):
        answer = admin.post(f"/api/v1/runs/{job.name}/rehearse")
        assert answer.status_code == 200, answer.text
        assert answer.json()["troubles"] == [], job.name


def test_a_run_that_is_asked_for_waits_while_nothing_runs_and_is_asked_for_once(office, fresh_database):
    answer = office.post("/api/v1/runs/plan_horizon")
    assert answer.status_code == 202
    assert answer.json()["clockwork"] == "stopped"
    assert "not running" in answer.json()["said"]
    assert answer.json()["run"]["state"] == "asked"
    assert office.post("/api/v1/runs/plan_horizon").status_code == 409
    with reading(fresh_database) as session:
        run = session.scalars(select(ClockworkRun)).one()
    assert (run.state, run.asked_by) == (RunState.ASKED, "administrator-None")


def test_while_the_clockwork_runs_it_begins_within_a_minute(office, fresh_database):
    with transaction(fresh_database) as session:
        sign_of_life(session, "a", machine_now=real_now())
    answer = office.post("/api/v1/runs/plan_horizon").json()
    assert (answer["clockwork"], answer["said"]) == ("ok", "Noted; it begins within a minute.")


def test_all_jobs_take_a_handful_of_statements(office, failed, counted):
    assert counted(lambda: office.get("/api/v1/runs")) <= 12
