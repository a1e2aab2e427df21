"""Notices are delivered to a real mail server by processes that are killed in the middle of it."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, func, select

from models import Delivery, Notice
from models.database import reading, transaction
from models.enums import NoticeState
from outreach.metrics import keep_dictionary
from outreach.notices.delivering import LEASE
from outreach.notices.reading import is_to_call
from tests.conftest import ROOT
from tests.mail import Mailbox, mail_server
from tests.outreach.notices.office import NOW, Outbox
from tests.rehearsals.conftest import PATIENCE_SECONDS

NOTICES = 200
KILLS = 3
RUNNERS = 2


def owe_everybody(engine: Engine) -> None:
    with transaction(engine) as session:
        keep_dictionary(session)
        outbox = Outbox(session)
        people = [outbox.person(email=f"p{number}@example.org") for number in range(NOTICES)]
        outbox.asked(outbox.activity(), *people)


@contextmanager
def runners(database_url: str, mailbox: Mailbox, generation: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two processes that deliver; whatever happens, they are gone afterwards."""
    later = generation * (LEASE.total_seconds() + 60)
    command = [sys.executable, "-m", "tests.rehearsals.delivery_runner", mailbox.url, str(later)]
    environment = {**os.environ, "YINLING_DATABASE_URL": database_url, "YINLING_NOW": NOW.isoformat()}
    started = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(RUNNERS)]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


def until_arrived(mailbox: Mailbox, count: int, processes: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(mailbox.messages) < count and any(process.poll() is None for process in processes):
        assert time.monotonic() < deadline, "no mail arrives any more"
        time.sleep(0.001)


def test_killed_in_the_middle_every_notice_arrives_at_most_once_and_none_is_lost(
    fresh_database: Engine, database_url: str
) -> None:
    owe_everybody(fresh_database)
    with mail_server() as mailbox:
        for generation in range(KILLS):
            with runners(database_url, mailbox, generation) as processes:
                until_arrived(mailbox, len(mailbox.messages) + random.randrange(5, 45), processes)
                time.sleep(random.random() / 50)
        with runners(database_url, mailbox, KILLS) as processes:
            assert [process.wait(PATIENCE_SECONDS) for process in processes] == [0] * RUNNERS
        arrived = {int(name.rpartition("-")[2]) for name in mailbox.times}
        assert set(mailbox.times.values()) == {1}
    with reading(fresh_database) as session:
        states = dict(session.execute(select(Notice.id, Notice.state)).all())
        to_call = set(session.scalars(select(Notice.id).where(is_to_call(NOW))))
        attempts = session.scalar(select(func.count()).select_from(Delivery))
    counts = Counter(states.values())
    uncertain = {notice_id for notice_id, state in states.items() if state is NoticeState.UNCERTAIN}
    assert counts.keys() <= {NoticeState.SENT, NoticeState.UNCERTAIN}
    assert counts[NoticeState.SENT] + counts[NoticeState.UNCERTAIN] == attempts == NOTICES
    assert len(uncertain) <= KILLS * RUNNERS, "one for each runner that died, at most"
    assert to_call == uncertain
    assert states.keys() - arrived <= uncertain, "what did not arrive is called about"
    assert arrived - uncertain == states.keys() - uncertain
