"""The page of runs: what failed first, with its cause; trying before asking; who sees and who may."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from clock import real_now
from flows.jobs import jobs
from models import Activity, Campaign, ClockworkRun, Unit
from models.database import reading, transaction
from models.enums import CampaignStatus, RunState, ScheduleForm
from outreach.clockwork import Changed, Trouble, claim, fail, finish, sign_of_life
from tests.outreach.county import ZONE, County

CHINESE = {"Accept-Language": "zh-CN"}


@pytest.fixture
def county(fresh_database) -> None:
    with transaction(fresh_database) as session:
        County(session).campaign("DATES:2026-10-09")


@pytest.fixture
def boss(get_in, county):
    client = get_in("administrator")
    client.headers.update(CHINESE)
    return client


def ended(engine, now, job, *, why=None, changed=None, minutes=10):
    slot = now - timedelta(minutes=minutes)
    with transaction(engine) as session:
        held = claim(session, job, slot, runner="a", now=slot, machine_now=real_now())
        if why is None:
            finish(session, held, changed=changed or Changed({}), now=slot + timedelta(seconds=9))
        else:
            fail(session, held, why=why, now=slot + timedelta(seconds=9))


def _names(html):
    return re.findall(r'<h2><a href="/runs/(\w+)">', html)


def test_before_the_first_run_every_job_says_when_that_will_be(boss):
    html = boss.get("/runs").text
    assert _names(html) == [job.name for job in jobs(ZONE)]
    assert "首次运行在 9月16日 周三 2:00" in html
    assert "时钟没有在运行" in html


def test_what_failed_stands_first_in_red_with_cause_and_effect(boss, fresh_database, now):
    ended(fresh_database, now, "plan_horizon", changed=Changed({"created": 12, "moved": 0}))
    ended(fresh_database, now, "close_month", why="OSError: disk full")
    html = boss.get("/runs").text
    assert _names(html)[0] == "close_month"
    first = html.partition('<li class="job failed">')[2].partition("</li>")[0]
    for words in (
        "没做成",
        "没有做完：OSError: disk full。时钟会再试。",
        "从 9月15日 周二 8:50 起没做成。",
        "到期的月报还没有关账。",
    ):
        assert words in first, words
    assert "新增 12" in html
    assert "9 秒" in html


def test_what_failed_is_said_on_the_first_page_too_to_those_who_plan(boss, get_in, fresh_database, now):
    assert "没做成的自动工作" not in boss.get("/").text
    ended(fresh_database, now, "close_month", why="OSError: disk full")
    html = boss.get("/").text
    assert "没做成的自动工作：按时关账" in html
    assert "disk full" not in html
    assert "没做成的自动工作" not in boss.get("/week/2026-08-03").text
    viewer = get_in("viewer", unit="BJ")
    assert "按时关账" not in viewer.get("/").text
    ended(fresh_database, now, "close_month", minutes=0)
    assert "没做成的自动工作" not in get_in("coordinator", unit="BJ").get("/").text


def test_what_went_wrong_in_part_is_told_beside_what_was_done(boss, fresh_database, now):
    trouble = Trouble("clockwork.trouble_unplanned", {"campaign": "<K-1>", "why": "ValueError"})
    ended(fresh_database, now, "plan_horizon", changed=Changed({"created": 1}, [trouble]))
    html = boss.get("/runs").text
    assert "活动计划 &lt;K-1&gt; 排不出来（ValueError）" in html


def test_a_coordinator_reads_and_only_an_administrator_of_everything_runs(get_in, county):
    for role, unit, status, may_run in (
        ("administrator", None, 200, True),
        ("administrator", "BJ", 200, False),
        ("coordinator", "BJ", 200, False),
        ("recorder", None, 403, False),
    ):
        client = get_in(role, unit=unit)
        client.headers.update(CHINESE)
        answer = client.get("/runs")
        assert answer.status_code == status, (role, unit)
        assert ("现在运行" in answer.text) is may_run, (role, unit)
        assert ('href="/runs"' in client.get("/").text) is (status == 200), (role, unit)
        for path in ("/runs/plan_horizon", "/runs/plan_horizon/rehearse"):
            assert (client.post(path).status_code < 400) is may_run, (role, unit, path)


def test_now_running_first_says_what_it_would_do_and_then_asks(boss, fresh_database):
    would = boss.post("/runs/plan_horizon/rehearse").text
    assert "将会：新增 1" in would
    assert "什么都没有改" in would
    with reading(fresh_database) as session:
        assert session.scalar(select(func.count()).select_from(Activity)) == 0
    answer = boss.post("/runs/plan_horizon")
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs")
    html = boss.get("/runs").text
    assert "时钟没有在运行。这次运行已记下" in html
    assert "已要求运行" in html
    with reading(fresh_database) as session:
        assert session.scalars(select(ClockworkRun.state)).all() == [RunState.ASKED]
    assert boss.post("/runs/plan_horizon").status_code == 409


@pytest.mark.logs_errors
def test_a_rehearsal_of_what_would_go_wrong_says_so(boss, fresh_database):
    with transaction(fresh_database) as session:
        unit = session.scalars(select(Unit)).one()
        session.add(_unreadable(unit))
    would = boss.post("/runs/plan_horizon/rehearse").text
    assert "活动计划 BAD 排不出来" in would


def _unreadable(unit):
    return Campaign(
        code="BAD",
        name="坏",
        kind="study",
        unit_id=unit.id,
        status=CampaignStatus.ACTIVE,
        schedule="RRULE:FREQ=SOMETIMES",
        form=ScheduleForm.RRULE,
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        public=False,
    )


def test_a_jobs_own_page_lists_its_runs_and_goes_on(boss, fresh_database, now):
    for back in range(52):
        ended(
            fresh_database,
            now,
            "plan_horizon",
            changed=Changed({"created": 100 + back}),
            minutes=60 * (52 - back),
        )
    html = boss.get("/runs/plan_horizon").text
    assert html.count('class="job run"') == 50
    assert html.index("新增 151") < html.index("新增 150")
    more = re.search(r"/runs/plan_horizon\?before=\d+", html)
    assert more is not None
    rest = boss.get(more[0]).text
    assert rest.count('class="job run"') == 2
    assert "新增 100" in rest
    assert boss.get("/runs/sleep").status_code == 404
    assert "还没有运行过" in boss.get("/runs/close_month").text


def test_the_clockwork_that_runs_is_said_to(boss, fresh_database, now):
    with transaction(fresh_database) as session:
        sign_of_life(session, "a", machine_now=real_now())
    assert "时钟在走" in boss.get("/runs").text


def test_the_page_takes_as_many_statements_for_a_long_history_as_for_none(boss, fresh_database, now, counted):
    boss.get("/runs")
    few = counted(lambda: boss.get("/runs"))
    for job in ("plan_horizon", "draft_month"):
        for minutes in (90, 60, 30):
            ended(fresh_database, now, job, minutes=minutes)
    assert counted(lambda: boss.get("/runs")) == few <= 15
