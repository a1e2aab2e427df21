"""How messages leave: as mail that any program reads, and as files that are whole or not there."""

from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from outreach.channels import Files, Mail, Message, NotSent, Unreachable, channel_for, written
from tests.mail import Mailbox, mail_server

MESSAGE = Message(
    id="notice-7-abc",
    to="he@example.org",
    name="何玉兰",
    subject="想请您参加 9月25日 周五 的活动",
    text="何玉兰，您好！\n.\n..点开头的行\n想请您参加“读书会”。\n",
    at=datetime(2026, 9, 15, 1, tzinfo=UTC),
    day=date(2026, 9, 15),
)
SENDER = "银龄 <office@example.org>"


def read(octets):
    return message_from_bytes(octets, policy=default)


def test_a_message_is_plain_text_that_no_machine_answers():
    mail = read(written(MESSAGE, SENDER))
    assert mail["From"].addresses[0].display_name == "银龄"
    assert mail["To"].addresses[0].display_name == "何玉兰"
    assert (mail["Subject"], mail["Message-ID"]) == (MESSAGE.subject, "<notice-7-abc@example.org>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Tue, 15 Sep 2026 01:00:00 +0000"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == MESSAGE.text.splitlines()
    assert written(MESSAGE, SENDER).isascii()


def test_a_line_break_in_a_name_or_a_title_begins_no_header():
    odd = replace(MESSAGE, name="何\r\nBcc: x@example.org", subject="读书\nX-Odd: 1")
    mail = read(written(odd, SENDER))
    assert mail["Bcc"] is mail["X-Odd"] is None


@pytest.mark.parametrize("to", ["何@example.org", "nobody", "@example.org", "a b@example.org", "a@b\r\nQUIT"])
def test_an_address_that_is_none_is_refused_for_good(to):
    with pytest.raises(NotSent) as refused:
        written(replace(MESSAGE, to=to), SENDER)
    assert refused.value.permanent


def test_what_arrives_is_what_was_written_dots_and_all():
    with mail_server() as box:
        channel = Mail(box.url, SENDER)
        channel.send(MESSAGE)
        channel.send(replace(MESSAGE, id="notice-8-abc"))
        channel.close()
    assert box.messages[0].get_content().splitlines() == MESSAGE.text.splitlines()
    assert box.senders == ["office@example.org"] * 2


def test_a_server_that_hung_up_in_between_is_called_again():
    with mail_server() as box:
        channel = Mail(box.url, SENDER)
        channel.send(MESSAGE)
        channel._server.sock.close()
        channel.send(MESSAGE)
        channel.close()
    assert len(box.messages) == 2


@pytest.mark.parametrize(
    ("answer", "error", "permanent"),
    [("550 no such user", NotSent, True), ("450 later", NotSent, False), ("421 closing", Unreachable, False)],
)
def test_a_refusal_says_whether_it_is_for_good(answer, error, permanent):
    for refused in ("he", "after data"):
        with mail_server(Mailbox(refuses={refused: answer})) as box:
            channel = Mail(box.url, SENDER)
            with pytest.raises(error) as caught:
                channel.send(MESSAGE)
            assert (type(caught.value), caught.value.permanent) == (error, permanent)
            box.refuses.clear()
            channel.send(MESSAGE)
            channel.close()
        assert len(box.messages) == 1


def test_nobody_there_is_unreachable():
    channel = Mail("smtp://127.0.0.1:1", SENDER)
    for attempt in (channel.open, lambda: channel.send(MESSAGE)):
        with pytest.raises(Unreachable):
            attempt()
    channel.close()


def test_a_file_is_written_once_however_often_it_is_sent(tmp_path):
    channel = channel_for(smtp_url=None, sender=SENDER, folder=tmp_path / "outbox")
    channel.open()
    channel.send(MESSAGE)
    channel.send(replace(MESSAGE, text="改了\n"))
    channel.close()
    (file,) = (tmp_path / "outbox" / "2026-09-15").iterdir()
    assert file.name == "notice-7-abc.eml"
    assert read(file.read_bytes()).get_content().strip() == "改了"


def test_a_folder_that_cannot_be_is_unreachable(tmp_path):
    (tmp_path / "outbox").write_text("in the way")
    channel = Files(tmp_path / "outbox", SENDER)
    with pytest.raises(Unreachable):
        channel.open()
    with pytest.raises(Unreachable):
        channel.send(MESSAGE)
