"""What the page of runs says: the last run, the next slot, what failed and what follows."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from flows.jobs import daily, hourly, jobs, monthly
from models import ClockworkRun, Setting, Unit
from models.enums import AccountRole, RunState
from outreach.clockwork import (
    CUT_OFF,
    MOST_ATTEMPTS,
    MOST_MISSED,
    Changed,
    Claim,
    ClockworkState,
    Job,
    Moment,
    Trouble,
    claim,
    fail,
    finish,
    sign_of_life,
)
from outreach.errors import Conflict, Forbidden, NotFound
from outreach.permissions import CONSOLE, Actor, Right
from outreach.runs import (
    JobState,
    Overview,
    clockwork_in_time,
    job_of,
    next_slot,
    overview,
    rehearse,
    run_now,
    runs,
    say_counts,
    say_effect,
    say_run,
    say_trouble,
)
from wording.sentences import LANGUAGES, catalogue

NOW = datetime(2026, 9, 15, 1, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def by_the_hour(until: datetime) -> Iterator[datetime]:
    last = until.replace(minute=0, second=0, microsecond=0)
    return (last - timedelta(hours=back) for back in count())


def nothing(session: Session, moment: Moment) -> Changed:
    return Changed({})


A, B = Job("plan_horizon", by_the_hour, nothing), Job("close_month", by_the_hour, nothing)


def begin(session: Session, job: Job, hour: int, *, at: datetime | None = None) -> Claim:
    slot = NOW.replace(hour=hour, minute=0)
    held = claim(session, job.name, slot, runner="a", now=at or slot, machine_now=NOW)
    assert held is not None
    return held


def done(session: Session, job: Job, hour: int, changed: Changed | None = None) -> None:
    held = begin(session, job, hour)
    finish(session, held, changed=changed or Changed({"created": 3}), now=held.slot + timedelta(seconds=8))


def failed(session: Session, job: Job, hour: int, why: str = "OSError: disk full") -> None:
    held = begin(session, job, hour)
    fail(session, held, why=why, now=held.slot + timedelta(seconds=1))


def look(session: Session, *jobs: Job, now: datetime = NOW, by: Actor = CONSOLE) -> Overview:
    return overview(session, jobs or (A, B), by=by, now=now, machine_now=NOW)


def test_a_job_that_never_ran_says_when_it_will(session: Session) -> None:
    (job,) = look(session, A).jobs
    assert (job.state, job.last, job.late_since) == (JobState.NEVER, None, None)
    assert job.next_slot == NOW.replace(hour=2, minute=0)


def test_the_last_run_says_how_long_it_took_and_what_it_changed(session: Session) -> None:
    done(session, A, 0)
    done(session, A, 1, Changed({"created": 2, "moved": 0, "cancelled": 1}))
    (job,) = look(session, A).jobs
    assert job.state is JobState.DONE
    assert job.last is not None
    assert job.last.duration == timedelta(seconds=8)
    assert say_run(job.last) == "新增 2、取消 1"
    assert say_run(job.last, language="en") == "2 new, 1 cancelled"


def test_what_failed_stands_first_with_its_cause_since_when_and_what_follows(session: Session) -> None:
    for hour in (0, 1):
        done(session, A, hour)
    done(session, B, 0)
    failed(session, B, 1, "OperationalError: (x) disk is full\n[SQL: INSERT …]\n[parameters: ('何玉兰',)]")
    first, second = look(session, A, B).jobs
    assert (first.job, first.state) == ("close_month", JobState.FAILED)
    assert (second.job, second.state) == ("plan_horizon", JobState.DONE)
    assert first.failing_since == NOW.replace(hour=1, minute=0)
    assert first.last is not None
    assert say_run(first.last) == "没有做完：OperationalError: (x) disk is full。时钟会再试。"
    assert first.effect is not None
    assert say_effect(first.effect) == "到期的月报还没有关账。"


def test_a_failure_lasts_since_the_first_that_no_success_followed(session: Session) -> None:
    now = NOW.replace(hour=6)
    for hour, do in ((1, failed), (2, done), (3, failed), (4, failed)):
        do(session, A, hour)
    (job,) = look(session, A, now=now).jobs
    assert job.failing_since == NOW.replace(hour=3, minute=0)


def test_what_was_tried_often_enough_says_that_somebody_has_to_look(session: Session) -> None:
    for _ in range(MOST_ATTEMPTS):
        failed(session, A, 1)
    (job,) = look(session, A).jobs
    assert job.last is not None
    assert "不再自动重试" in say_run(job.last)


def test_a_slot_cut_off_that_a_later_one_covers_is_no_fault(session: Session) -> None:
    held = begin(session, A, 1)
    session.get_one(ClockworkRun, held.run_id).state = RunState.FAILED
    session.get_one(ClockworkRun, held.run_id).changed = CUT_OFF
    session.flush()
    (job,) = look(session, A).jobs
    assert job.state is not JobState.FAILED
    assert job.last is not None
    assert job.last.why is None
    assert say_run(job.last).startswith("运行中断")


def test_a_slot_that_nobody_took_up_for_an_hour_is_late(session: Session) -> None:
    done(session, A, 0)
    assert look(session, A, now=NOW.replace(hour=2)).jobs[0].state is JobState.DONE
    each = Job("draft_month", by_the_hour, nothing, makes_good=True)
    done(session, each, 0)
    (job,) = look(session, each, now=NOW.replace(hour=4)).jobs
    assert (job.state, job.late_since) == (JobState.LATE, NOW.replace(hour=1, minute=0))
    assert job.effect is not None


def test_slots_done_while_the_clock_was_ahead_hide_no_late_one(session: Session) -> None:
    each = Job("draft_month", by_the_hour, nothing, makes_good=True)
    done(session, each, 0)
    for day in range(1, 2 * MOST_MISSED + 1):
        held = claim(session, each.name, NOW + timedelta(days=day), runner="a", now=NOW, machine_now=NOW)
        assert held is not None
        finish(session, held, changed=Changed({}), now=NOW)
    (job,) = look(session, each, now=NOW.replace(hour=4)).jobs
    assert job.late_since == NOW.replace(hour=1, minute=0)


def test_what_was_planned_reaches_to_its_last_day(session: Session) -> None:
    failed(session, A, 1)
    (job,) = look(session, A).jobs
    assert job.effect is not None
    assert job.effect.values == {"day": "–"}


def test_the_clockwork_is_stopped_until_somebody_gives_a_sign_of_life(session: Session) -> None:
    done(session, A, 1)
    assert look(session, A).clockwork is ClockworkState.STOPPED
    sign_of_life(session, "a", machine_now=NOW)
    assert look(session, A).clockwork is ClockworkState.OK
    each = Job("draft_month", by_the_hour, nothing, makes_good=True)
    done(session, each, 0)
    assert look(session, each, now=NOW.replace(hour=4)).clockwork is ClockworkState.BEHIND


def test_a_run_that_was_asked_for_long_ago_makes_the_clockwork_late_neither_here_nor_there(
    session: Session,
) -> None:
    sign_of_life(session, "a", machine_now=NOW)
    done(session, A, 1)
    run_now(session, A, by=CONSOLE, now=NOW - timedelta(hours=2))
    assert look(session, A).clockwork is ClockworkState.OK
    assert clockwork_in_time(session, [A], now=NOW, machine_now=NOW) is ClockworkState.OK


def test_troubles_are_said(session: Session) -> None:
    trouble = Trouble("clockwork.trouble_unplanned", {"campaign": "K-1", "why": "ValueError"})
    done(session, A, 1, Changed({"created": 0}, [trouble]))
    (job,) = look(session, A).jobs
    assert job.last is not None
    assert "K-1" in say_trouble(job.last.troubles[0])
    assert say_run(job.last) == "没有要改的"


def test_cause_and_troubles_are_told_only_to_those_who_plan_everywhere(session: Session) -> None:
    unit = Unit(code="BJ", name="局")
    session.add(unit)
    session.flush()
    done(
        session, A, 1, Changed({"created": 2}, [Trouble("clockwork.trouble_unplanned", {"campaign": "K-1"})])
    )
    failed(session, B, 1, "ValueError: no such schedule in K-1")
    of_one_unit = Actor("wang", rights=(Right(AccountRole.COORDINATOR, unit.id),))
    of_all = Actor("li", rights=(Right(AccountRole.COORDINATOR),))

    def told(by: Actor) -> list[tuple[str, int]]:
        seen = [view.last for view in look(session, by=by).jobs]
        assert [*runs(session, B, by=by, limit=1), *runs(session, A, by=by, limit=1)] == seen
        return [(say_run(run), len(run.troubles)) for run in seen if run is not None]

    assert told(of_one_unit) == [("没有做完。时钟会再试。", 0), ("新增 2", 0)]
    assert told(of_all) == [("没有做完：ValueError: no such schedule in K-1。时钟会再试。", 0), ("新增 2", 1)]


def test_the_runs_of_a_job_come_the_latest_first_and_page_by_page(session: Session) -> None:
    for hour in (0, 1, 2):
        done(session, A, hour)
        done(session, B, hour)
    first = runs(session, A, by=CONSOLE, limit=2)
    rest = runs(session, A, by=CONSOLE, before=first[-1].id, limit=2)
    assert [run.slot.hour for run in (*first, *rest)] == [2, 1, 0]


def test_a_rehearsal_says_what_would_be_done(session: Session) -> None:
    def plans(session: Session, moment: Moment) -> Changed:
        session.add(Setting(name="planned", value=moment.slot.isoformat()))
        session.flush()
        return Changed({"created": 7})

    told = rehearse(session, Job("a", by_the_hour, plans), by=CONSOLE, moment=Moment(NOW, NOW, ZONE))
    assert say_counts(told.counts) == "新增 7"


@pytest.mark.logs_errors
def test_a_rehearsal_that_would_fail_says_why(session: Session) -> None:
    def fails(session: Session, moment: Moment) -> Changed:
        session.add(Setting(name="half", value=1))
        session.flush()
        raise ValueError("no such day")

    told = rehearse(session, Job("a", by_the_hour, fails), by=CONSOLE, moment=Moment(NOW, NOW, ZONE))
    assert say_trouble(told.troubles[0]) == "现在试做会出错：ValueError: no such day"
    assert session.get(Setting, "half") is None


def test_a_run_is_asked_for_once_by_an_administrator_of_everything(session: Session) -> None:
    unit = Unit(code="BJ", name="局")
    session.add(unit)
    session.flush()
    for rights in ((Right(AccountRole.COORDINATOR),), (Right(AccountRole.ADMINISTRATOR, unit.id),)):
        with pytest.raises(Forbidden):
            run_now(session, A, by=Actor("wang", rights=rights), now=NOW)
    asked = run_now(session, A, by=CONSOLE, now=NOW)
    assert (asked.state, asked.asked_by) == (RunState.ASKED, "console")
    (job,) = look(session, A).jobs
    assert (job.state, job.is_asked, job.last) == (JobState.ASKED, True, None)
    with pytest.raises(Conflict):
        run_now(session, A, by=CONSOLE, now=NOW)


def test_an_unknown_job_is_not_found() -> None:
    assert job_of((A, B), "close_month") is B
    with pytest.raises(NotFound):
        job_of((A, B), "sleep")


def test_the_next_slot_is_found_however_far_it_is() -> None:
    often = Job("a", lambda until: hourly(time(6), time(20), until, ZONE), nothing)
    nightly = Job("b", lambda until: daily(time(2), until, ZONE), nothing)
    seldom = Job("c", lambda until: monthly(time(3), until, ZONE), nothing)
    at = datetime(2026, 9, 15, 20, 30, tzinfo=ZONE)
    found = [next_slot(job, now=at).astimezone(ZONE) for job in (often, nightly, seldom)]
    assert [f"{slot:%m-%d %H:%M}" for slot in found] == ["09-16 06:00", "09-16 02:00", "10-01 03:00"]


def test_every_job_asks_for_the_same_few_statements(session: Session) -> None:
    def statements(*jobs: Job) -> int:
        asked: list[str] = []
        connection = session.connection()

        def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        event.listen(connection, "before_cursor_execute", note)
        look(session, *jobs)
        event.remove(connection, "before_cursor_execute", note)
        return len(asked)

    done(session, A, 1)
    assert statements(A) == statements(A, B) <= 6


def test_every_job_of_the_clockwork_has_a_name_and_says_what_follows_when_it_does_not_run() -> None:
    for language in LANGUAGES:
        known = catalogue(language, "clockwork")
        for job in jobs(ZONE):
            assert {f"clockwork.job_{job.name}", f"clockwork.effect_{job.name}"} <= set(known), language
        assert {f"clockwork.state_{state}" for state in JobState} <= set(known)
