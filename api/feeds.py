"""`GET /feeds/{token}.ics`, a plain ASGI application ahead of the web framework: the hottest path of the program.

A rendered body is kept by the versions of its scopes and the local day. Each process asks the database for those
versions at most twice a second per feed, so a change shows within a second, from whichever process answers.
"""

import asyncio
import gzip
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from calendars.feed import CONTENT_TYPE, render_feed, strong_etag
from calendars.privacy import disclose
from calendars.timezones import at
from models.base import SubscriptionId
from models.database import reading, transaction
from models.enums import FeedReader
from outreach.feed_readers import note_readings, reader_of
from outreach.subscriptions import Feed, Freshness, entries, find_feed, freshness
from wording.sentences import say

PREFIX, SUFFIX = "/feeds/", ".ics"
LOOKS_AGAIN_AFTER_SECONDS = 0.5
KEPT_OCTETS = 64_000_000
MAX_AGE_SECONDS = 300
LONGEST_TOKEN = 200
WRITTEN_EVERY_SECONDS = 60

_ALWAYS = {
    "Cache-Control": f"private, max-age={MAX_AGE_SECONDS}",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}


_AWAY = {"Cache-Control": "no-store", "Retry-After": "5"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A feed's octets in both encodings, with what tells whether a reader has them already."""

    feed: Feed
    freshness: Freshness
    day: date
    changed_at: datetime
    plain: bytes
    zipped: bytes
    etag: str
    zipped_etag: str

    @property
    def octets(self) -> int:
        return len(self.plain) + len(self.zipped)


@dataclass(slots=True)
class Kept:
    """What this process knows of a token, and when it last asked the database (monotonic seconds)."""

    rendered: Rendered
    looked_at: float


class Readings:
    """Who reads which feed: counted in memory and written down now and then, so that no reader waits for it.

    What a process that is killed has counted since then is lost, which is up to a minute of it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counted: dict[tuple[SubscriptionId, FeedReader], tuple[int, datetime]] = {}
        self._written_at = monotonic()
        self._writing: asyncio.Task[None] | None = None

    def add(self, subscription_id: SubscriptionId, user_agent: str, now: datetime) -> None:
        """Count one reading, and begin to write when it is time."""
        key = subscription_id, reader_of(user_agent)
        times, _ = self._counted.get(key, (0, now))
        self._counted[key] = times + 1, now
        if monotonic() - self._written_at >= WRITTEN_EVERY_SECONDS and self._writing is None:
            self._writing = asyncio.create_task(self.write())

    async def write(self) -> None:
        """Write down what was counted; what the database refuses now is counted on."""
        counted, self._counted = self._counted, {}
        self._written_at = monotonic()
        try:
            await asyncio.to_thread(self._note, counted)
        except SQLAlchemyError as error:
            log.warning("who read the feeds was not noted: %s", type(error).__name__)
            for key, (times, at_) in counted.items():
                since, last = self._counted.get(key, (0, at_))
                self._counted[key] = times + since, max(at_, last)
        finally:
            self._writing = None

    def _note(self, counted: Mapping[tuple[SubscriptionId, FeedReader], tuple[int, datetime]]) -> None:
        if counted:
            with transaction(self._engine) as session:
                note_readings(session, counted)


class FeedRoute:
    """Answers for feeds and hands everything else to the application behind it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        engine: Engine,
        zone: ZoneInfo,
        language: str,
        public_url: str,
        now: Callable[[], datetime],
    ) -> None:
        self._app = app
        self._engine = engine
        self._zone = zone
        self._language = language
        self._public_url = public_url
        self._now = now
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._octets = 0
        self._looking: dict[str, asyncio.Lock] = {}
        self._readings = Readings(engine)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            try:
                await self._app(scope, receive, send)
            finally:
                await self._readings.write()
            return
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path.startswith(PREFIX) and path.endswith(SUFFIX)):
            await self._app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            response = Response(status_code=405, headers={"Allow": "GET, HEAD", **_ALWAYS})
        else:
            try:
                response = await self._answer(path[len(PREFIX) : -len(SUFFIX)], Headers(scope=scope))
            except SQLAlchemyError as error:
                # Without the database nobody can tell whether a link is still in force, so none is answered.
                log.warning("a feed was not answered: %s", type(error).__name__)
                response = Response(status_code=503, headers={**_ALWAYS, **_AWAY})
            if scope["method"] == "HEAD":
                response.body = b""
        await response(scope, receive, send)

    async def _answer(self, token: str, headers: Headers) -> Response:
        now = self._now()
        rendered = await self._rendered(token, now)
        if rendered is None:
            return Response(
                say("feed.unknown_link", language=self._language),
                status_code=404,
                media_type="text/plain",
                headers={**_ALWAYS, "Cache-Control": "no-store"},
            )
        self._readings.add(rendered.feed.subscription_id, headers.get("user-agent", ""), now)
        return _respond(rendered, headers, now)

    async def _rendered(self, token: str, now: datetime) -> Rendered | None:
        """The feed as it stands; None for any token that opens nothing."""
        kept = self._kept.get(token)
        if kept is not None and self._is_fresh(kept, now):
            self._kept.move_to_end(token)
            return kept.rendered
        # One look at a time for each token: a crowd that asks for one feed renders it once.
        lock = self._looking.setdefault(token, asyncio.Lock())
        try:
            async with lock:
                kept = self._kept.get(token)
                if kept is not None and self._is_fresh(kept, now):
                    return kept.rendered
                asked_at = monotonic()
                known = kept.rendered if kept is not None else None
                rendered = await asyncio.to_thread(self._look, token, known, now)
                self._keep(token, rendered, asked_at)
                return rendered
        finally:
            if not lock.locked():
                self._looking.pop(token, None)

    def _is_fresh(self, kept: Kept, now: datetime) -> bool:
        same_day = now.astimezone(self._zone).date() == kept.rendered.day
        return same_day and monotonic() - kept.looked_at < LOOKS_AGAIN_AFTER_SECONDS

    def _look(self, token: str, known: Rendered | None, now: datetime) -> Rendered | None:
        """Ask the database in one moment of it: is the link in force, has anything changed, and if so what."""
        today = now.astimezone(self._zone).date()
        with reading(self._engine) as session:
            feed = find_feed(session, token[:LONGEST_TOKEN])
            if feed is None:
                return None
            fresh = freshness(session, feed, today=today)
            if known is not None and (known.feed, known.freshness, known.day) == (feed, fresh, today):
                return known
            held = entries(
                session,
                feed,
                today=today,
                zone=self._zone,
                public_url=self._public_url,
                language=self._language,
            )
        words = partial(say, language=self._language)
        audience = feed.scope.audience
        body = render_feed(
            (disclose(entry, feed.privacy, audience, say=words) for entry in held),
            name=words("feed.name", name=feed.name) if feed.name else words("feed.public_name"),
            zone=self._zone,
            say=words,
        )
        return _encoded(feed, fresh, body, today, self._zone)

    def _keep(self, token: str, rendered: Rendered | None, asked_at: float) -> None:
        old = self._kept.pop(token, None)
        self._octets -= old.rendered.octets if old is not None else 0
        if rendered is None:
            return
        self._kept[token] = Kept(rendered, asked_at)
        self._octets += rendered.octets
        while self._octets > KEPT_OCTETS and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._octets -= dropped.rendered.octets


def _encoded(feed: Feed, fresh: Freshness, body: bytes, today: date, zone: ZoneInfo) -> Rendered:
    etag = strong_etag(body)
    # The window moves with the local day, so no feed is older than this morning.
    morning = at(today, time.min, zone).astimezone(UTC)
    return Rendered(
        feed=feed,
        freshness=fresh,
        day=today,
        changed_at=max(fresh.changed_at or morning, morning),
        plain=body,
        zipped=gzip.compress(body, compresslevel=6, mtime=0),
        etag=etag,
        zipped_etag=f'{etag[:-1]}-gzip"',
    )


def _respond(rendered: Rendered, headers: Headers, now: datetime) -> Response:
    zipped = _accepts_gzip(headers.get("accept-encoding", ""))
    answer = {
        **_ALWAYS,
        "ETag": rendered.zipped_etag if zipped else rendered.etag,
        "Last-Modified": format_datetime(_last_modified(rendered, now), usegmt=True),
        "Content-Disposition": f'inline; filename="yinling-{rendered.feed.subscription_id}.ics"',
    }
    if _has_it(rendered, headers):
        return Response(status_code=304, headers=answer)
    if zipped:
        answer["Content-Encoding"] = "gzip"
    answer["Content-Type"] = CONTENT_TYPE
    return Response(rendered.zipped if zipped else rendered.plain, headers=answer)


def _last_modified(rendered: Rendered, now: datetime) -> datetime:
    """In whole seconds. A second that is not over yet is not named: more may change in it, and a reader that comes
    back with it would be told that nothing did. One that lies ahead is: the clock was set back, the answer must not.
    """
    changed = rendered.changed_at.replace(microsecond=0)
    return changed - timedelta(seconds=1) if changed == now.replace(microsecond=0) else changed


def _has_it(rendered: Rendered, headers: Headers) -> bool:
    """Whether the reader's copy still stands (RFC 9110, 13.1): by entity tags where given, else by the date."""
    tags = headers.get("if-none-match")
    if tags is not None:
        known = {tag.removeprefix("W/") for tag in _listed(tags)}
        return "*" in known or not known.isdisjoint({rendered.etag, rendered.zipped_etag})
    since = headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return parsedate_to_datetime(since) >= rendered.changed_at.replace(microsecond=0)
    except (ValueError, TypeError, OverflowError):
        return False


def _accepts_gzip(header: str) -> bool:
    weights = {"gzip": 0.0}
    for coding in _listed(header.lower()):
        name, _, parameters = coding.partition(";")
        weights[name.strip()] = _quality(parameters)
    if "*" in weights and "gzip" not in header.lower():
        return weights["*"] > 0
    return weights["gzip"] > 0


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _listed(header: str) -> Iterator[str]:
    return (part.strip() for part in header.split(",") if part.strip())
