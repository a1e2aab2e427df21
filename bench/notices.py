"""Notices written and delivered to a mail server on this machine, beside bare inserts and bare sending."""

import smtplib
import sys
from asyncio import Server
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, cast

from aiosmtpd.controller import Controller
from sqlalchemy import Engine, Table, delete, insert, select, update

from bench.measuring import Measurement, seconds
from bench.office import NOW, TODAY, ZONE, county_office
from clock import command_clock
from flows.delivering import Round
from flows.office import Office
from models import Activity, Assignment, Notice, Person
from models.base import AssignmentId
from models.database import in_batches, reading, transaction
from models.enums import AssignmentState, NoticeState
from outreach.channels import Mail, Message, written
from outreach.notices import people_asked
from outreach.notices.composing import Letterhead
from settings import Settings

SENDER: Final = "office@example.org"


def measure(*, full: bool) -> Iterator[Measurement]:
    count = 5_000 if full else 500
    with county_office(people=count, campaigns=10, outcomes=1) as engine, _sink() as port:
        assigned = _everybody_proposed(engine, count)
        wrote = seconds(lambda: _owe(engine, assigned))
        delivered = seconds(lambda: _deliver(engine, port))
        with reading(engine) as session:
            rows = [_columns(notice) for notice in session.scalars(select(Notice))]
        assert all(row["state"] is NoticeState.SENT for row in rows), "every notice was delivered"
        _forget(engine)
        inserted = seconds(lambda: _insert(engine, rows))
        sent = seconds(lambda: _send(port, count))
    yield Measurement(
        "notices: written", count / wrote * 60, count / inserted * 60, "notices/min", "beside bare inserts"
    )
    yield Measurement(
        "notices: delivered",
        count / delivered * 60,
        count / sent * 60,
        "notices/min",
        "each marked before it leaves and settled after, beside sending alone",
    )


def _everybody_proposed(engine: Engine, count: int) -> list[AssignmentId]:
    """All who are there, with an address each, on one activity in five days."""
    with transaction(engine) as session:
        session.execute(update(Person).values(email=Person.code + "@example.org", contact_by="email"))
        model = session.scalars(select(Activity).limit(1)).one()
        activity = Activity(
            campaign_id=model.campaign_id,
            unit_id=model.unit_id,
            day=TODAY + timedelta(days=5),
            last_day=TODAY + timedelta(days=5),
            changed_at=NOW,
            people_changed_at=NOW,
        )
        session.add(activity)
        session.flush()
        people = session.scalars(select(Person.id).limit(count))
        rows = [
            {
                "activity_id": activity.id,
                "person_id": person,
                "role": "any",
                "state": AssignmentState.PROPOSED,
                "sequence": 0,
                "changed_at": NOW,
            }
            for person in people
        ]
        return list(session.scalars(insert(Assignment).returning(Assignment.id), rows))


def _owe(engine: Engine, assigned: list[AssignmentId]) -> None:
    with transaction(engine) as session:
        people_asked(session, assigned, now=NOW)


def _deliver(engine: Engine, port: int) -> None:
    settings = Settings(timezone=ZONE.key)
    here = Office(settings, engine, command_clock(NOW), "bench")
    letterhead = Letterhead(settings.language, settings.zone, settings.public_url)
    channel = Mail(f"smtp://127.0.0.1:{port}", SENDER)
    while Round(here, channel, letterhead, lambda: None).go():
        pass
    channel.close()


def _columns(notice: Notice) -> dict[str, Any]:  # Any: a row
    return {column.name: getattr(notice, column.name) for column in Notice.__table__.columns}


def _forget(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(delete(Notice))


def _insert(engine: Engine, rows: list[dict[str, Any]]) -> None:
    """The same rows once more, and nothing else."""
    with transaction(engine) as session:
        for some in in_batches(rows):
            session.execute(insert(cast(Table, Notice.__table__)), some)


def _send(port: int, count: int) -> None:
    """As many messages of the same kind by one connection, and nothing else."""
    message = Message("notice-0", "p@example.org", "何玉兰", "想请您参加", "读书会\n" * 8, NOW, TODAY)
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(count):
            octets = written(replace(message, id=f"notice-{number}"), SENDER)
            server.sendmail(SENDER, [message.to], octets)


@contextmanager
def _sink() -> Iterator[int]:
    """A mail server in a process of its own that takes everything and keeps nothing; its port."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join(10)


def _serve(parent: Connection) -> None:
    controller = _AnyPort(_Nowhere(), hostname="127.0.0.1", port=0)
    controller.start()
    parent.send(controller.port)
    parent.recv()
    controller.stop()
    sys.exit(0)


class _Nowhere:
    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 taken"


class _AnyPort(Controller):
    """The controller asks its own port whether it answers, before it knows which one the system chose."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # the library's own
