"""Rounds of delivery against a real mail server."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from flows.deliver_notices import deliver, deliver_notices
from flows.delivering import Round
from flows.morning_digest import morning_digest
from flows.office import office
from flows.remind import remind
from models import Assignment, ClockworkRun, Delivery, Notice, Person
from models.database import reading, transaction
from models.enums import DeliveryResult, NoticeKind, NoticeState
from outreach.channels import Mail
from outreach.clockwork import Moment
from outreach.notices import people_asked
from outreach.notices.composing import Letterhead
from outreach.notices.delivering import LEASE
from tests.mail import Mailbox, mail_server
from tests.outreach.notices.office import Outbox

NOON = "2026-09-15T12:00:00+08:00"


@pytest.fixture
def mailbox():
    with mail_server() as box:
        yield box


@pytest.fixture
def here(office_at, mailbox, monkeypatch, tmp_path):
    monkeypatch.setenv("YINLING_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("YINLING_SMTP_URL", mailbox.url)
    monkeypatch.setenv("YINLING_MAIL_FROM", "银龄 <office@example.org>")
    return office_at(NOON)


def ask(here, count=1, **columns):
    """So many people with addresses of their own are asked to one activity."""
    with transaction(here.engine) as session:
        outbox = Outbox(session)
        people = [outbox.person(**{"email": f"p{n}@example.org", **columns}) for n in range(count)]
        outbox.asked(outbox.activity(), *people)


def go(machine_now=None, channel=None):
    here = office()
    settings = here.settings
    channel = channel or Mail(settings.smtp_url, settings.mail_from)
    letterhead = Letterhead(settings.language, settings.zone, settings.public_url)
    given = {"machine_now": machine_now} if machine_now else {}
    try:
        return Round(here, channel, letterhead, lambda: None, **given).go()
    finally:
        channel.close()


def states(here):
    with reading(here.engine) as session:
        return list(session.scalars(select(Notice.state).order_by(Notice.id)))


def change(here, **values):
    with transaction(here.engine) as session:
        for notice in session.scalars(select(Notice)):
            for name, value in values.items():
                setattr(notice, name, value)


def deliveries(here):
    with reading(here.engine) as session:
        return session.scalars(select(Delivery).order_by(Delivery.id)).all()


def test_what_is_due_is_mailed_once_in_words_that_are_kept(here, mailbox):
    ask(here, 3)
    assert go().counts["notices_sent"] == 3
    assert not go()
    assert states(here) == [NoticeState.SENT] * 3
    assert sorted(mailbox.to()) == ["p0@example.org", "p1@example.org", "p2@example.org"]
    mail = mailbox.messages[0]
    assert mail["From"].addresses[0].addr_spec == "office@example.org"
    assert mailbox.senders == ["office@example.org"] * 3
    assert mail["Subject"] == "想请您参加 9月25日 周五 的活动"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert "读书会" in text
    assert "9月25日 周五 9:00–11:00" in text
    kept = deliveries(here)[0]
    assert (kept.result, kept.subject) == (DeliveryResult.SENT, mail["Subject"])
    assert kept.text.split() == text.split()


def test_the_flow_delivers_its_slot_once_and_quiet_slots_leave_no_trace(here, mailbox):
    ask(here)
    slot = datetime(2026, 9, 15, 4, tzinfo=UTC)
    assert "notices_sent=1" in asyncio.run(deliver_notices.fn(slot))
    assert asyncio.run(deliver_notices.fn(slot)) is None
    for minutes in (1, 2):
        asyncio.run(deliver_notices.fn(slot + timedelta(minutes=minutes)))
    with reading(here.engine) as session:
        assert len(session.scalars(select(ClockworkRun)).all()) == 2


def test_what_the_morning_and_the_reminders_owe_goes_out_the_same_minute(office_at, here, mailbox):
    with transaction(here.engine) as session:
        outbox = Outbox(session)
        wang = outbox.person(email="wang@example.org")
        outbox.coordinator(outbox.county.root, wang)
        outbox.assign(outbox.activity(), outbox.person(email="he@example.org"))
        outbox.activity(datetime(2026, 9, 14, 1, tzinfo=UTC))
    here = office_at("2026-09-18T09:00:00+08:00")
    slot = here.clock.now()
    assert asyncio.run(remind.fn(slot)) == "notices_owed=1"
    assert asyncio.run(morning_digest.fn(slot)) == "notices_owed=1"
    asyncio.run(deliver_notices.fn(slot))
    assert sorted(mailbox.to()) == ["he@example.org", "wang@example.org"]
    minute = timedelta(minutes=15)
    assert asyncio.run(remind.fn(slot + minute)) == "notices_owed=0"
    assert asyncio.run(morning_digest.fn(slot + minute)) == "notices_owed=0"


def test_without_a_server_notices_become_files(office_at, monkeypatch, tmp_path):
    monkeypatch.setenv("YINLING_DATA", str(tmp_path / "data"))
    here = office_at(NOON)
    ask(here, 2)
    changed = deliver(here, Moment(here.clock.now(), here.clock.now(), here.settings.zone), lambda: None)
    assert changed.counts["notices_sent"] == 2
    files = sorted((tmp_path / "data" / "outbox" / "2026-09-15").iterdir())
    assert [file.name.rpartition("-")[0] for file in files] == ["notice-1", "notice-2"]
    assert {file.suffix for file in files} == {".eml"}


def test_an_address_that_is_refused_for_good_is_not_tried_again(here, mailbox):
    mailbox.refuses["p0"] = "550 no such user"
    ask(here, 2)
    changed = go()
    assert changed.counts["notices_failed"] == 1
    assert changed.troubles[0].key == "notices.trouble_failed"
    assert states(here) == [NoticeState.FAILED, NoticeState.SENT]
    assert deliveries(here)[0].detail == "550 no such user"


def test_what_is_refused_for_now_is_tried_again_later_and_given_up_at_last(here, office_at, mailbox):
    mailbox.refuses["p0"] = "450 try later"
    ask(here)
    pauses = []
    while states(here) == [NoticeState.DUE]:
        go()
        assert not go(), "not before its time"
        with reading(here.engine) as session:
            next_try_at = session.scalars(select(Notice.next_try_at)).one()
        pauses.append(next_try_at - here.clock.now())
        here = office_at(next_try_at.isoformat())
    assert states(here) == [NoticeState.FAILED]
    assert len(deliveries(here)) == 6
    assert pauses[:5] == sorted(pauses[:5])
    assert mailbox.messages == []


def test_a_server_that_is_away_costs_no_notice_a_try(here, mailbox, monkeypatch, office_at):
    monkeypatch.setenv("YINLING_SMTP_URL", "smtp://127.0.0.1:1")
    here = office_at(NOON)
    ask(here, 2)
    ask_phone(here)
    changed = go()
    assert changed.troubles[0].key == "notices.trouble_server"
    assert changed.counts["notices_to_call"] == 1, "the telephone works without a server"
    assert states(here)[:2] == [NoticeState.DUE] * 2
    assert deliveries(here) == []
    monkeypatch.setenv("YINLING_SMTP_URL", mailbox.url)
    office_at(NOON)
    assert go().counts["notices_sent"] == 2


def test_while_the_server_is_away_who_is_told_by_telephone_is_called_whoever_stands_before(
    here, monkeypatch, office_at
):
    monkeypatch.setattr("flows.delivering.AT_ONCE", 2)
    monkeypatch.setattr("flows.delivering.AWAY_AT_ONCE", 2)
    monkeypatch.setattr("flows.delivering.MOST_IN_A_RUN", 4)
    monkeypatch.setenv("YINLING_SMTP_URL", "smtp://127.0.0.1:1")
    here = office_at(NOON)
    ask(here, 6)
    ask_phone(here)
    assert go().counts["notices_to_call"] == 1
    assert states(here) == [NoticeState.DUE] * 6 + [NoticeState.TO_CALL]
    with reading(here.engine) as session:
        assert session.scalars(select(Notice.claimed_by).distinct()).all() == [None]


def ask_phone(here):
    with transaction(here.engine) as session:
        notice = session.scalars(select(Notice)).first()
        person = Person(code="PHONE", name="孙大明", contact_by="phone", mobile="1")
        session.add(person)
        session.flush()
        assignment = Assignment(
            activity_id=notice.activity_id, person_id=person.id, state="proposed", changed_at=notice.due_at
        )
        session.add(assignment)
        session.flush()
        people_asked(session, [assignment.id], now=here.clock.now())


def test_a_server_that_goes_away_in_the_middle_stops_the_round(here):
    ask(here, 5)
    box = Mailbox(refuses={"p2": "421 closing"})
    with mail_server(box) as closing:
        go(channel=Mail(closing.url, "office@example.org"))
    assert sorted(states(here)) == [NoticeState.DUE] * 3 + [NoticeState.SENT] * 2
    with reading(here.engine) as session:
        attempts = session.scalars(select(Notice.attempts).order_by(Notice.id)).all()
        assert attempts == [1, 1, 0, 0, 0]
        assert session.scalars(select(Notice.claimed_by)).all() == [None] * 5


def test_a_connection_lost_after_the_text_leaves_a_doubt_and_no_second_mail(here, mailbox):
    class Breaks(Mail):
        def _hand_over(self, server, octets):
            server.send(octets)
            server.close()
            super()._hand_over(server, b"")

    ask(here)
    changed = go(channel=Breaks(mailbox.url, "office@example.org"))
    assert changed.troubles[0].key == "notices.trouble_uncertain"
    assert states(here) == [NoticeState.UNCERTAIN]
    assert not go()


def test_what_was_being_sent_when_a_runner_died_is_uncertain_once_its_lease_is_over(here, mailbox):
    ask(here)

    class Dies(Exception):
        pass

    class Kills(Mail):
        def send(self, message):
            super().send(message)
            raise Dies

    with pytest.raises(Dies):
        go(channel=Kills(mailbox.url, "office@example.org"))
    assert states(here) == [NoticeState.SENDING]
    assert not go()
    later = datetime.now(UTC) + LEASE + timedelta(seconds=5)
    assert go(machine_now=lambda: later).counts["notices_uncertain"] == 1
    assert states(here) == [NoticeState.UNCERTAIN]
    assert deliveries(here)[0].result is DeliveryResult.UNCERTAIN
    assert len(mailbox.messages) == 1


def test_two_runners_at_once_send_each_notice_once(here, mailbox):
    ask(here, 60)

    def run(name):
        settings = here.settings
        channel = Mail(settings.smtp_url, settings.mail_from)
        letterhead = Letterhead(settings.language, settings.zone, settings.public_url)
        Round(replace(here, runner=name), channel, letterhead, lambda: None).go()
        channel.close()

    runners = [Thread(target=run, args=[name]) for name in ("one", "two")]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert states(here) == [NoticeState.SENT] * 60
    assert set(mailbox.times.values()) == {1}
    assert len(mailbox.times) == 60


def test_at_night_only_what_would_be_too_late_is_sent(office_at, here, mailbox):
    ask(here, 2)
    change(here, next_try_at=datetime(2026, 9, 15, 15, tzinfo=UTC))
    with transaction(here.engine) as session:
        first = session.scalars(select(Notice).order_by(Notice.id)).first()
        first.expires_at = datetime(2026, 9, 15, 22, tzinfo=UTC)
    office_at("2026-09-15T23:30:00+08:00")
    assert go().counts["notices_sent"] == 1
    assert mailbox.to() == ["p0@example.org"]
    office_at("2026-09-16T06:59:00+08:00")
    assert not go()
    office_at("2026-09-16T07:00:00+08:00")
    assert go().counts["notices_sent"] == 1


def test_what_came_too_late_while_the_machine_was_off_is_never_sent(here, office_at, mailbox):
    ask(here, 2)
    office_at("2026-09-25T09:00:00+08:00")
    assert go().counts["notices_expired"] == 2
    assert mailbox.messages == []


@pytest.mark.logs_errors
def test_one_that_cannot_be_put_into_words_does_not_keep_the_others(here):
    ask(here, 2)
    with transaction(here.engine) as session:
        first = session.scalars(select(Notice).order_by(Notice.id)).first()
        first.kind, first.activity_id = NoticeKind.MONTH_DRAFTED, None
        first.words = {"month": "no month"}
    go()
    assert states(here) == [NoticeState.FAILED, NoticeState.SENT]
