"""What protects the web edge: headers, limits, the cookie, the origin check, the wait after wrong passwords."""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TooManyTries
from api.problems import Problem, answer, language_of
from outreach.accounts import SESSION_IDLES
from outreach.errors import Forbidden
from wording.sentences import say

SESSION_COOKIE: Final = "yinling_session"
SIGN_IN_PATH: Final = "/welcome"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_DOCUMENT: Final = 8 * 1024 * 1024
LARGEST_UPLOAD: Final = 64 * 1024 * 1024

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
)


class SecurityHeaders:
    """Adds the headers to every answer that does not bring its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    # What somebody may see must not stay in a cache that others share.
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, sending)


class HeadAsGet:
    """Answers HEAD as GET without the body (RFC 9110), on every page: programs look so whether a link still leads
    somewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, sending)


class BodyLimit:
    """Refuses bodies that are larger than any honest one, whether they announce their length or not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = LARGEST_DOCUMENT if scope["path"].startswith("/api/") else LARGEST_UPLOAD
        if _announced_length(scope) > limit:
            request = Request(scope, receive)
            detail = say("api.detail_too_large", language=language_of(request))
            await answer(Problem(413, detail), language_of(request))(scope, receive, send)
            return
        received = 0

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413)
            return message

        await self.app(scope, receiving, send)


def _announced_length(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


def set_session(response: Response, secret: str, *, public_url: str) -> None:
    """Give the browser its session; over https alone where the office is reached so."""
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(SESSION_IDLES.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=public_url.startswith("https://"),
    )


def forget_session(response: Response) -> None:
    """Take the session back from the browser."""
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")


def sign_in_url(public_url: str, link: str) -> str:
    """The address of a one-time sign-in link."""
    return f"{public_url}{SIGN_IN_PATH}/{link}"


def check_origin(request: Request, *, public_url: str) -> None:
    """Refuse a change that another site's page asks for in the name of a signed-in browser; raises Forbidden.

    Browsers say where a request comes from; programs that say nothing carry no foreign page's wish.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Forbidden("errors.foreign_origin")
        return
    origin = request.headers.get("origin")
    if origin is None:
        return
    own = {urlsplit(public_url).netloc, request.headers.get("host", "")}
    if urlsplit(origin).netloc not in own:
        raise Forbidden("errors.foreign_origin")


@dataclass(slots=True)
class _Failures:
    count: int
    wait_until: datetime
    last: datetime


@dataclass(slots=True)
class SignInThrottle:
    """After five wrong passwords for a name one has to wait, longer each time; unknown names alike.

    Each process counts for itself and forgets at its end: it slows guessing down, the password's hash does the rest.
    """

    failures_allowed: int = 5
    first_wait: timedelta = timedelta(seconds=30)
    longest_wait: timedelta = timedelta(minutes=15)
    forgotten_after: timedelta = timedelta(hours=1)
    names_kept: int = 10_000
    _by_name: OrderedDict[str, _Failures] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def check(self, name: str, *, now: datetime) -> None:
        """Raise TooManyTries while this name has to wait."""
        with self._lock:
            failures = self._by_name.get(_folded(name))
            if failures is not None and failures.wait_until > now:
                raise TooManyTries(math.ceil((failures.wait_until - now).total_seconds()))

    def failed(self, name: str, *, now: datetime) -> None:
        """Note a wrong password."""
        with self._lock:
            failures = self._by_name.pop(_folded(name), None)
            if failures is None or now - failures.last > self.forgotten_after:
                failures = _Failures(0, now, now)
            failures.count += 1
            failures.last = now
            surplus = failures.count - self.failures_allowed
            if surplus >= 0:
                failures.wait_until = now + min(self.first_wait * 2 ** min(surplus, 10), self.longest_wait)
            self._by_name[_folded(name)] = failures
            while len(self._by_name) > self.names_kept:
                self._by_name.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name."""
        with self._lock:
            self._by_name.pop(_folded(name), None)


def _folded(name: str) -> str:
    return name.strip().casefold()[:256]
