"""Answers to calendar programs, beside a bare ASGI application that hands out stored octets, without a network."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from time import perf_counter
from typing import Any

from sqlalchemy import Engine

from api.feeds import FeedRoute
from bench.measuring import Measurement
from bench.office import NOW, TODAY, ZONE, county_office
from models.database import transaction
from models.enums import Privacy
from outreach.holidays import workdays
from outreach.permissions import CONSOLE
from outreach.planning import plan
from outreach.subscriptions import issue

Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]

CONDITIONAL_OF_TEN = 9


def measure(*, full: bool) -> Iterator[Measurement]:
    requests = 50_000 if full else 10_000
    with county_office(people=100, campaigns=1) as engine:
        token = _subscribe(engine)
        route = FeedRoute(
            _nothing,
            engine=engine,
            zone=ZONE,
            language="zh_Hans",
            public_url="https://example.org",
            now=lambda: NOW,
        )
        path = f"/feeds/{token}.ics"
        took = asyncio.run(_ask(route, path, requests))
        limit = asyncio.run(_ask(_bare, path, requests))
    note = f"{requests:,} requests, {CONDITIONAL_OF_TEN} of 10 with If-None-Match, about 400 events"
    yield Measurement("feeds: answers", requests / took, requests / limit, "requests/s", note)


def _subscribe(engine: Engine) -> str:
    with transaction(engine) as session:
        plan(
            session,
            today=TODAY,
            through=TODAY.replace(year=TODAY.year + 1),
            zone=ZONE,
            workdays=workdays(session),
            by=CONSOLE,
            now=NOW,
        )
        issued = issue(
            session, "unit:U0000", privacy=Privacy.FULL, label=None, by=CONSOLE, now=NOW, today=TODAY
        )
    return issued.token


async def _ask(app: App, path: str, requests: int) -> float:
    """Seconds for so many requests, one after the other, most of them by one who has the feed already."""
    etag = b""
    begin = perf_counter()
    for number in range(requests):
        headers = [(b"accept-encoding", b"gzip")]
        if etag and number % 10 < CONDITIONAL_OF_TEN:
            headers.append((b"if-none-match", etag))
        sent: list[Message] = []

        async def send(message: Message, sent: list[Message] = sent) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b""}
        await app(scope, _receive, send)
        assert sent[0]["status"] in (200, 304)
        etag = dict(sent[0]["headers"])[b"etag"]
    return perf_counter() - begin


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _bare(scope: Any, receive: Any, send: Any) -> None:
    known = any(name == b"if-none-match" for name, _ in scope["headers"])
    await send(
        {"type": "http.response.start", "status": 304 if known else 200, "headers": [(b"etag", b'"1"')]}
    )
    await send({"type": "http.response.body", "body": b"" if known else _BODY})


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("every request is for a feed")


_BODY = b"x" * 20_000
