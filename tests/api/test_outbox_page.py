"""The outbox on pages: what waits to be sent, whom to call, what was told, and what people do about it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import Notice
from models.database import reading, transaction
from models.enums import NoticeKind, NoticeState
from outreach.notices import Owed, owe
from tests.outreach.county import NOW, TODAY, County
from tests.outreach.test_agenda import an_activity

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def county(fresh_database):
    """One person who is told by mail, another who is called; both were asked to come tomorrow."""
    with transaction(fresh_database) as session:
        county = County(session)
        county.village = county.unit("X01", county.root)
        mailed, called = county.person("volunteer"), county.person("volunteer")
        mailed.email, called.mobile = "mailed@example.org", "13800000001"
        activity = an_activity(county, county.campaign(f"DATES:{TOMORROW}"), TOMORROW)
        for person in (mailed, called):
            county.assign(activity, person)
        session.flush()
        owe(
            session,
            [
                Owed(
                    key=f"asked/a{activity.id}/p{person.id}",
                    person_id=person.id,
                    kind=NoticeKind.ASKED,
                    due_at=NOW,
                    expires_at=NOW + timedelta(days=1),
                    activity_id=activity.id,
                )
                for person in (mailed, called)
            ],
            now=NOW,
        )
        county.ids = dict(session.execute(select(Notice.person_id, Notice.id)).all())
        county.mailed, county.called = county.ids[mailed.id], county.ids[called.id]
        session.get_one(Notice, county.called).state = NoticeState.TO_CALL
        county.names = (mailed.name, called.name)
    return county


def state(engine, notice_id):
    with reading(engine) as session:
        return session.get_one(Notice, notice_id).state


def test_three_lists_and_their_counts(county, get_in):
    client = get_in("recorder")
    mailed, called = county.names
    waiting, calls, told = (client.get(path).text for path in ("/outbox", "/outbox/calls", "/outbox/told"))
    assert mailed in waiting
    assert called not in waiting
    assert called in calls
    assert 'href="tel:13800000001"' in calls
    assert "还没有告知过谁" in told
    assert "待发 1" in waiting
    assert "要打的电话 1" in waiting


def test_a_call_that_reached_somebody_is_told_and_leaves_the_list(county, get_in, fresh_database):
    client = get_in("recorder")
    where = {"next": "/outbox/calls"}
    client.post(f"/outbox/{county.called}/not_reached", data={**where, "note": "无人接听"})
    assert state(fresh_database, county.called) is NoticeState.TO_CALL
    assert "无人接听" in client.get("/outbox/calls").text
    answer = client.post(f"/outbox/{county.called}/reached", data=where)
    assert answer.headers["location"] == "/outbox/calls"
    assert state(fresh_database, county.called) is NoticeState.CALLED
    page = client.get("/outbox/calls").text
    assert "口头告知了" in page
    assert "没有要打的电话" in page


def test_what_waits_can_be_stopped_and_what_failed_sent_again(county, get_in, fresh_database):
    client = get_in("coordinator")
    client.post(f"/outbox/{county.mailed}/stop")
    assert state(fresh_database, county.mailed) is NoticeState.EXPIRED
    with transaction(fresh_database) as session:
        session.get_one(Notice, county.called).state = NoticeState.UNCERTAIN
    client.post(f"/outbox/{county.called}/retry")
    assert state(fresh_database, county.called) is NoticeState.UNCERTAIN
    assert "没有做：" in client.get("/outbox/calls").text
    client.post(f"/outbox/{county.called}/retry", data={"certain": "yes"})
    assert state(fresh_database, county.called) is NoticeState.DUE


def test_a_viewer_reads_and_a_stranger_sees_nothing(county, get_in, fresh_database):
    client = get_in("viewer")
    main = client.get("/outbox/calls").text.partition("<main")[2]
    assert county.names[1] in main
    assert "<form" not in main.partition("</main>")[0]
    assert client.post(f"/outbox/{county.called}/reached").status_code == 403


def test_in_a_foreign_unit_nothing_is_found(county, get_in):
    client = get_in("coordinator", unit="X01")
    assert county.names[1] not in client.get("/outbox/calls").text
    assert client.post(f"/outbox/{county.called}/stop").status_code == 404
    assert client.post(f"/outbox/{county.called}/burn").status_code == 404


def test_it_asks_few_questions_whatever_is_owed(county, get_in, fresh_database, counted):
    client = get_in("coordinator")

    def owe_digests(count):
        with transaction(fresh_database) as session:
            county.session = session
            people = [county.person("volunteer") for _ in range(count)]
            for person in people:
                person.email = f"{person.code}@example.org"
            session.flush()
            owe(
                session,
                [
                    Owed(f"digest/{each.id}", each.id, NoticeKind.DIGEST, NOW, NOW + timedelta(days=1))
                    for each in people
                ],
                now=NOW,
            )

    owe_digests(1)
    few = counted(lambda: client.get("/outbox"))
    owe_digests(30)
    assert counted(lambda: client.get("/outbox")) == few <= 15
