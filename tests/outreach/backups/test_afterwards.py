"""What comes back from a backup is taken up where it can be, and nothing is sent a second time."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models import ClockworkRun, ClockworkRunner, Notice, Person
from models.database import make_engine, reading, transaction
from models.enums import NoticeKind, NoticeState, RunState
from outreach import backups
from outreach.clockwork import ClockworkState, claim, sign_of_life, state

HOUR = timedelta(hours=1)
TODAY = date(2026, 9, 15)


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
    backups.restore(engine, lost, data=tmp_path / "into", now=now + 10 * HOUR, today=TODAY)
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
        assert state(session, [], now=later, machine_now=now) is ClockworkState.STOPPED
        assert session.scalars(select(ClockworkRun.state)).one() is RunState.RUNNING
        assert claim(session, "job", now, runner="new", now=later, machine_now=now + timedelta(seconds=1))
