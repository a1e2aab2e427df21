"""What a route asks for: the session, who is asking, what time it is, what the office's settings are.

A route that needs a right asks for an actor; only health, signing in and feeds do without. The order matters: who is
asking is found in a short transaction of its own before the route's begins, and nobody waits in a thread for a
transaction (`Turns`).
"""

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from anyio import CapacityLimiter
from fastapi import BackgroundTasks, Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from api.errors import PreconditionRequired
from api.presenters.marks import marks_come_from
from api.problems import language_of
from api.security import SAFE_METHODS, SESSION_COOKIE, check_origin
from clock import Clock
from models.base import PersonId, TokenId
from models.database import reading, rehearsal, transaction
from models.enums import AuditAction, TokenKind
from outreach import accounts, audit
from outreach.clockwork import Job
from outreach.errors import NotSignedIn
from outreach.kind_marks import kind_marks
from outreach.permissions import Actor, Deed, expect_somewhere
from settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turns:
    """How many requests may have a transaction at a time; the others wait here, and not in a thread.

    A request needs a thread again and again: to begin, to work, to end. If those that wait for the database took all
    threads, the one that they wait for could never end. So fewer requests have a transaction than there are threads
    (40) and connections (15 on SQLite, 30 on PostgreSQL), and there is room for finding out who is asking.
    """

    readers: CapacityLimiter
    writers: CapacityLimiter

    @classmethod
    def for_database(cls, engine: Engine) -> "Turns":
        """SQLite has one writer at a time anyway."""
        if engine.dialect.name == "sqlite":
            return cls(CapacityLimiter(8), CapacityLimiter(1))
        return cls(CapacityLimiter(14), CapacityLimiter(8))


@dataclass(frozen=True, slots=True)
class Office:
    """What a web process works with, from its start to its end; `app.state.office`."""

    settings: Settings
    engine: Engine
    clock: Clock
    turns: Turns
    jobs: Sequence[Job] = ()
    """What the clockwork does, to tell whether it is behind; handed in, for the web does not know the clockwork."""


def get_office(request: Request) -> Office:
    """The office this process serves."""
    office: Office = request.app.state.office
    return office


TheOffice = Annotated[Office, Depends(get_office)]


def get_now(request: Request, office: TheOffice) -> datetime:
    """The one instant at which this request takes place, aware, in UTC."""
    if not hasattr(request.state, "now"):
        request.state.now = office.clock.now()
    now: datetime = request.state.now
    return now


Now = Annotated[datetime, Depends(get_now)]


def get_zone(office: TheOffice) -> ZoneInfo:
    """The organisation's zone."""
    return office.settings.zone


Zone = Annotated[ZoneInfo, Depends(get_zone)]


def get_today(now: Now, zone: Zone) -> date:
    """The organisation's day at this instant."""
    return now.astimezone(zone).date()


Today = Annotated[date, Depends(get_today)]

Language = Annotated[str, Depends(language_of)]

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="An API token of `yinling token`.")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE, auto_error=False, scheme_name="session", description="A signed-in browser."
)


def get_actor(
    request: Request,
    office: TheOffice,
    now: Now,
    later: BackgroundTasks,
    token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> Actor:
    """Who is asking, by token or by session; raises NotSignedIn."""
    with reading(office.engine) as session:
        if "authorization" in request.headers:
            if token is None:
                raise NotSignedIn
            signed_in = accounts.known_by(session, token.credentials, TokenKind.API, now=now)
        elif cookie is not None:
            check_origin(request, public_url=office.settings.public_url)
            signed_in = accounts.known_by(session, cookie, TokenKind.SESSION, now=now)
        else:
            raise NotSignedIn
    if signed_in.is_due:
        later.add_task(_saw, office, signed_in.token_id, now)
    return signed_in.actor


CurrentActor = Annotated[Actor, Depends(get_actor)]


def get_planner(actor: CurrentActor) -> Actor:
    """Somebody who may plan somewhere: before the body is looked at. Where, is for the work to say."""
    expect_somewhere(actor, Deed.PLAN)
    return actor


def get_recorder(actor: CurrentActor) -> Actor:
    """Somebody who may record somewhere."""
    expect_somewhere(actor, Deed.RECORD)
    return actor


Planner = Annotated[Actor, Depends(get_planner)]
Recorder = Annotated[Actor, Depends(get_recorder)]


async def get_session(request: Request, office: TheOffice) -> AsyncIterator[Session]:
    """The one transaction of a request: for GET and HEAD it only reads, else it ends before the answer goes out."""
    reads = request.method in SAFE_METHODS
    begin, turn = (reading, office.turns.readers) if reads else (transaction, office.turns.writers)
    async with turn, contextmanager_in_threadpool(begin(office.engine)) as session:
        marks_come_from(partial(kind_marks, session))
        yield session


CurrentSession = Annotated[Session, Depends(get_session, scope="function")]
"""Scope "function": it ends before the answer goes out, so that a failed commit is never told as done."""


async def get_look(office: TheOffice) -> AsyncIterator[Session]:
    """A transaction that only reads, whatever the method: for a form that asks and changes nothing."""
    async with office.turns.readers, contextmanager_in_threadpool(reading(office.engine)) as session:
        marks_come_from(partial(kind_marks, session))
        yield session


async def get_rehearsal(office: TheOffice) -> AsyncIterator[Session]:
    """A transaction in which anything may be tried, and of which nothing is kept."""
    async with office.turns.writers, contextmanager_in_threadpool(rehearsal(office.engine)) as session:
        marks_come_from(partial(kind_marks, session))
        yield session


RehearsalSession = Annotated[Session, Depends(get_rehearsal, scope="function")]


@dataclass(frozen=True, slots=True)
class Trail:
    """Notes in the audit trail that a record of somebody was opened, before it is shown.

    A request that reads has a transaction that cannot write, so the note has one of its own.
    """

    engine: Engine
    by: Actor
    now: datetime

    def opened(
        self, table: str, row_id: int, *, person_id: PersonId | None, reason: str | None = None
    ) -> None:
        """Note it; nothing is shown when that fails."""
        with transaction(self.engine) as session:
            audit.note(
                session,
                self.by,
                AuditAction.READ,
                table,
                row_id,
                now=self.now,
                person_id=person_id,
                reason=reason,
            )


def get_trail(office: TheOffice, actor: CurrentActor, now: Now) -> Trail:
    """The audit trail, for what this request opens."""
    return Trail(office.engine, actor, now)


TheTrail = Annotated[Trail, Depends(get_trail)]


def json_alone(request: Request) -> None:
    """Refuse a body that does not say it is JSON."""
    if request.method in SAFE_METHODS or not _has_body(request):
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (kind.startswith("application/") and (kind == "application/json" or kind.endswith("+json"))):
        raise HTTPException(415)


def get_if_match(request: Request) -> str | None:
    """The If-Match header, as sent."""
    return request.headers.get("if-match")


IfMatch = Annotated[str | None, Depends(get_if_match)]


def require_match(if_match: str | None) -> str:
    """The header of a change that must not go without; raises PreconditionRequired."""
    if if_match is None:
        raise PreconditionRequired
    return if_match


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


async def _saw(office: Office, token_id: TokenId, now: datetime) -> None:
    """After the answer: note that a token was used. Nobody waits for it, and nothing is lost when it fails."""

    def note_it() -> None:
        with transaction(office.engine) as session:
            accounts.saw(session, token_id, now=now)

    try:
        async with office.turns.writers:
            await run_in_threadpool(note_it)
    except SQLAlchemyError as error:
        log.warning("the last use of token %s was not noted: %s", token_id, type(error).__name__)
