"""What comes back from a backup is taken up where it can be, and nothing is sent a second time."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select

from models import Activity, ClockworkRun, ClockworkRunner, Notice, Person
from models.database import make_engine, reading, rehearsal, transaction
from models.enums import AssignmentState, NoticeKind, NoticeState, RunState
from outreach import backups
from outreach.clockwork import ClockworkState, Moment, claim, sign_of_life
from outreach.routines.remind import remind
from outreach.runs import clockwork_in_time
from tests.outreach.county import County

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def lost(fresh_database, tmp_path, now):
    """A backup of a program in the midst of its work."""
    with transaction(fresh_database) as session:
        session.add(person := Person(code="V1", name="王秀英", contact_by="email"))
        session.flush()

        def owe(key, due_at, **columns):
            words = {"expires_at": now + 48 * HOUR, "next_try_at": due_at, "words": {}, "created_at": now}
            notice = Notice(dedupe_key=key, person_id=person.id, kind=NoticeKind.ASKED, due_at=due_at)
            for name, value in {**words, **columns}.items():
                setattr(notice, name, value)
            session.add(notice)

        owe("sending", now, state=NoticeState.SENDING, lease_until=now + HOUR, claimed_by="dead")
        owe("waiting for the morning", now - HOUR)
        owe("due while it was lost", now + HOUR)
        owe("too late by then", now, expires_at=now + HOUR)
        owe("tried again later", now, next_try_at=now + 20 * HOUR)
        owe("due next day", now + 24 * HOUR)
        owe("sent", now - HOUR, state=NoticeState.SENT, sent_at=now)
        sign_of_life(session, "dead", machine_now=now)
        claim(session, "job", now, runner="dead", now=now, machine_now=now)
    backups.backup(fresh_database, tmp_path / "b.zip", data=tmp_path, now=now)
    return tmp_path / "b.zip"


@pytest.fixture(params=["sqlite", "postgresql"])
def restored(request, lost, tmp_path, now):
    """The same, ten hours later, in an empty database of either kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'into' / 'yinling.db'}"
    else:
        cluster = request.getfixturevalue("postgres_cluster")
        url = cluster.create("came_back")
    engine = make_engine(url)
    backups.restore(engine, lost, data=tmp_path / "into", now=now + 10 * HOUR, zone=ZONE)
    yield engine
    engine.dispose()
    if request.param == "postgresql":
        cluster.drop("came_back")


def test_what_may_have_been_sent_meanwhile_is_uncertain_and_never_sent_again(restored):
    with reading(restored) as session:
        states = dict(session.execute(select(Notice.dedupe_key, Notice.state)).all())
    assert states == {
        "sending": NoticeState.UNCERTAIN,
        "waiting for the morning": NoticeState.UNCERTAIN,
        "due while it was lost": NoticeState.UNCERTAIN,
        "too late by then": NoticeState.DUE,
        "tried again later": NoticeState.DUE,
        "due next day": NoticeState.DUE,
        "sent": NoticeState.SENT,
    }


def test_no_runner_comes_back_and_the_slot_it_held_is_free(restored, now):
    later = now + 10 * HOUR
    with transaction(restored) as session:
        assert session.scalars(select(ClockworkRunner)).all() == []
        assert clockwork_in_time(session, [], now=later, machine_now=now) is ClockworkState.STOPPED
        assert session.scalars(select(ClockworkRun.state)).one() is RunState.RUNNING
        assert claim(session, "job", now, runner="new", now=later, machine_now=now + timedelta(seconds=1))


def test_what_the_clock_owed_after_the_backup_is_not_owed_again(fresh_database, tmp_path, now):
    """A reminder of an activity of the day after: due at nine, by then the program that is lost may have sent it."""
    nine = now - 24 * HOUR
    with transaction(fresh_database) as session:
        county = County(session)
        person = county.person("volunteer", email="wang@example.com", contact_by="email")
        activity = county._add(
            Activity(
                campaign_id=county.campaign("DATES:2026-09-15").id,
                unit_id=county.root.id,
                day=now.date(),
                last_day=now.date(),
                changed_at=nine - 48 * HOUR,
                people_changed_at=nine - 48 * HOUR,
            )
        )
        assigned = county.assign(activity, person, AssignmentState.CONFIRMED)
        assigned.changed_at = nine - 48 * HOUR
    backups.backup(fresh_database, tmp_path / "b.zip", data=tmp_path, now=nine - HOUR)
    with rehearsal(fresh_database) as session:
        assert remind(session, Moment(nine, nine + HOUR, ZONE)).counts == {"notices_owed": 1}
    target = make_engine(f"sqlite:///{tmp_path / 'into' / 'yinling.db'}")
    backups.restore(target, tmp_path / "b.zip", data=tmp_path / "into", now=nine + HOUR, zone=ZONE)
    with transaction(target) as session:
        states = session.execute(select(Notice.kind, Notice.state)).all()
        assert [tuple(row) for row in states] == [(NoticeKind.REMIND_DAY, NoticeState.UNCERTAIN)]
        assert remind(session, Moment(nine, nine + 2 * HOUR, ZONE)).counts == {"notices_owed": 0}
    target.dispose()


def test_a_routine_that_fails_does_not_keep_the_data_away(lost, tmp_path, now, monkeypatch):
    def fails(session, moment):
        session.execute(delete(Person))
        raise ValueError("broken")

    monkeypatch.setattr("outreach.backups.afterwards._OWES_BY_ITSELF", (fails,))
    target = make_engine(f"sqlite:///{tmp_path / 'into' / 'yinling.db'}")
    backups.restore(target, lost, data=tmp_path / "into", now=now, zone=ZONE)
    with reading(target) as session:
        assert session.scalars(select(Person.code)).all() == ["V1"]
    target.dispose()
