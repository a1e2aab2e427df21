"""Entries → the octets of an iCalendar feed (RFC 5545, with the calendar's properties of RFC 7986).

Lines are written by hand: feeds are what phones live on, one malformed line empties a whole calendar in some
of them, and a feed must come out as the same octets from every process. The tests read every feed back with
parsers by other hands.

The time stamps are the entries' own: DTSTAMP equals LAST-MODIFIED, so nothing in a feed depends on when it is
asked for.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from calendars.entries import DaySpan, EntryStatus, exclusive_end
from calendars.privacy import Say, Shown

CONTENT_TYPE = "text/calendar; charset=utf-8"
REFRESH = "PT1H"
PRODUCT = "-//Yinling//Feeds//ZH"

_LINE_OCTETS = 75
# Readers have been seen to refuse feeds above a million octets: the more events, the fewer octets for the texts of
# each. Small feeds name everybody; two thousand events still stay below.
_OCTETS_BY_EVENTS = ((500, 1_900), (1_000, 950))
_OCTETS_BEYOND = 490
_TITLE_SHARE = 0.4
_PLACE_SHARE = 0.4
_VISITED_ALL = 3
_VISITED_NAMED = 2

# What some reader takes for the end of a line, or shows as something that it is not: controls of both sets,
# line and paragraph separators, byte order marks, and the marks that turn the direction of writing.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]+"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff\"<>\\^`{|}]")


def render_feed(entries: Iterable[Shown], *, name: str, zone: ZoneInfo, say: Say) -> bytes:
    """The feed as UTF-8 octets; the same entries, in whatever order, give the same octets.

    `name` is what the reader's calendar is called, `zone` the zone its times are written in (by its key),
    `say` the words of its language. Of two entries with one uid the one changed later stands, for readers
    lose one of such a pair at random.
    """
    shown = _in_order(entries, zone)
    octets = next((each for events, each in _OCTETS_BY_EVENTS if len(shown) <= events), _OCTETS_BEYOND)
    calendar_name = _text(one_line(name) or say("feed.activity"))
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{calendar_name}",
        f"X-WR-CALNAME:{calendar_name}",
        f"X-WR-TIMEZONE:{zone.key}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
        *_timezone(zone.key, *_years(shown, zone)),
    ]
    body = [folded(line) for line in lines]
    for each in shown:
        body += _event(each, zone, say, octets)
    body.append(folded("END:VCALENDAR"))
    return b"".join(body)


def strong_etag(body: bytes) -> str:
    """A strong entity tag of these octets, quoted as HTTP wants it (RFC 9110, 8.8.3)."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def folded(line: str) -> bytes:
    """One content line as octets, broken after at most 75 of them, never inside a character (RFC 5545,
    3.1).
    """
    octets = line.encode("utf-8")
    if len(octets) <= _LINE_OCTETS:
        return octets + b"\r\n"
    parts: list[bytes] = []
    start, room = 0, _LINE_OCTETS
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # within a character of several octets
            end -= 1
        parts.append(octets[start:end])
        start, room = end, _LINE_OCTETS - 1
    parts.append(octets[start:])
    return b"\r\n ".join(parts) + b"\r\n"


@lru_cache(maxsize=8192)  # names, titles and places stand in many events
def one_line(text: str) -> str:
    """Text as one line of visible characters: whatever breaks lines or hides is a space, runs of spaces are
    one.
    """
    visible = _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _UNSAFE.sub(" ", text))
    return " ".join(visible.split())


def _in_order(entries: Iterable[Shown], zone: ZoneInfo) -> list[Shown]:
    latest: dict[str, Shown] = {}
    for each in entries:
        other = latest.get(each.uid)
        if other is None or (other.sequence, other.changed_at) < (each.sequence, each.changed_at):
            latest[each.uid] = each
    return sorted(latest.values(), key=lambda each: (_start(each, zone), each.uid))


def _start(shown: Shown, zone: ZoneInfo) -> str:
    if isinstance(shown.span, DaySpan):
        return shown.span.day.isoformat()
    return shown.span.starts_at.astimezone(zone).isoformat()


def _event(shown: Shown, zone: ZoneInfo, say: Say, octets: int) -> list[bytes]:
    changed = _utc(shown.changed_at)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{_text(one_line(shown.uid))}",
        f"DTSTAMP:{changed}",
        f"LAST-MODIFIED:{changed}",
        f"SEQUENCE:{shown.sequence}",
        f"STATUS:{shown.status}",
        *_times(shown, zone),
    ]
    if shown.status is EntryStatus.CANCELLED:
        lines.append("TRANSP:TRANSPARENT")
    if url := _NOT_IN_URL.sub("", shown.url):
        lines.append(f"URL:{url}")
    stamps, end = [folded(line) for line in lines], folded("END:VEVENT")
    room = octets - sum(map(len, stamps)) - len(end)
    return [*stamps, *_texts(shown, say, room), end]


def _times(shown: Shown, zone: ZoneInfo) -> Iterator[str]:
    span = shown.span
    if isinstance(span, DaySpan):
        yield f"DTSTART;VALUE=DATE:{_day(span.day)}"
        yield f"DTEND;VALUE=DATE:{_day(exclusive_end(span))}"
        return
    yield f"DTSTART;TZID={zone.key}:{_local(span.starts_at, zone)}"
    if span.ends_at > span.starts_at:  # DTEND must be later than DTSTART (RFC 5545, 3.8.2.2)
        yield f"DTEND;TZID={zone.key}:{_local(span.ends_at, zone)}"


def _texts(shown: Shown, say: Say, room: int) -> Iterator[bytes]:
    """SUMMARY, LOCATION, DESCRIPTION and CATEGORIES in at most `room` octets: each is cut to its share of
    what is left.
    """
    title = one_line(shown.title)
    if shown.status is EntryStatus.CANCELLED and (shown.place or shown.url):
        title = say("feed.cancelled", title=title)
    summary = _cut_line("SUMMARY:", title, int(room * _TITLE_SHARE))
    yield summary
    room -= len(summary)
    if place := one_line(shown.place):
        location = _cut_line("LOCATION:", place, int(room * _PLACE_SHARE))
        yield location
        room -= len(location)
    head = "DESCRIPTION:"
    if words := _description(shown, say, _payload(room) - len(head)):
        description = folded(head + r"\n".join(_text(line) for line in words))
        yield description
        room -= len(description)
    if category := one_line(shown.category):
        categories = folded(f"CATEGORIES:{_text(category)}")
        if len(categories) <= room:
            yield categories


def _description(shown: Shown, say: Say, room: int) -> list[str]:
    """The lines that fit: who is visited, what to do or know, and as many of the team's names as there is
    room for.
    """
    first: list[str] = []
    if shown.visited:
        first.append(_visited(shown.visited, say))
    last: list[str] = []
    if shown.status is EntryStatus.TENTATIVE and shown.url:
        last.append(say("feed.tentative"))
    if note := one_line(shown.note):
        last.append(note)
    kept: list[str] = []
    for line in (*first, *last):
        if (weight := _weight(line) + 2) <= room:
            kept.append(line)
            room -= weight
    people = _people(shown.people, say, room)
    return [*(line for line in first if line in kept), *people, *(line for line in last if line in kept)]


def _visited(names: Sequence[str], say: Say) -> str:
    total = len(names)
    named = names if total <= _VISITED_ALL else names[:_VISITED_NAMED]
    joined = say("feed.separator").join(one_line(each) for each in named)
    if len(named) == total:
        return say("feed.visited", names=joined)
    return say("feed.visited_more", names=joined, count=total)


def _people(names: Sequence[str], say: Say, room: int) -> list[str]:
    """The line of the team's names, all of them or as many as there is room for; none when not even one
    fits.
    """
    if not names:
        return []
    separator = say("feed.separator")
    cleaned = [one_line(each) for each in names]
    everybody = say("feed.people", names=separator.join(cleaned))
    if _weight(everybody) + 2 <= room:
        return [everybody]
    room -= _weight(say("feed.people_more", names="", count=len(names))) + 2
    fitting: list[str] = []
    for each in cleaned:
        room -= _weight(each) + _weight(separator)
        if room < 0:
            break
        fitting.append(each)
    if not fitting:
        return []
    return [say("feed.people_more", names=separator.join(fitting), count=len(names))]


def _text(text: str) -> str:
    """A value of type TEXT (RFC 5545, 3.3.11); `text` is one line already."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _weight(text: str) -> int:
    """The octets of a TEXT value once it is escaped."""
    return len(_text(text).encode("utf-8"))


def _payload(octets: int) -> int:
    """How much of a line that takes `octets` when folded is the line itself; folding costs three octets a
    fold.
    """
    return (octets - 2) * (_LINE_OCTETS - 4) // (_LINE_OCTETS - 1 + 3)


def _cut_line(head: str, text: str, octets: int) -> bytes:
    """A content line of at most about `octets`, the text shortened with an ellipsis where it must be."""
    return folded(head + _text(_cut(text, max(_payload(octets) - len(head), 12))))


@lru_cache(maxsize=8192)
def _cut(text: str, room: int) -> str:
    """The text, or as much of its beginning as takes `room` octets together with an ellipsis."""
    if _weight(text) <= room:
        return text
    room -= _weight("…")
    kept: list[str] = []
    for character in text:
        room -= _weight(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%S}Z"


def _local(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%Y%m%dT%H%M%S}"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _years(shown: Sequence[Shown], zone: ZoneInfo) -> tuple[int, int]:
    """The first and last year that times stand in; without any the years do not matter."""
    years = {
        instant.astimezone(zone).year
        for each in shown
        if not isinstance(each.span, DaySpan)
        for instant in (each.span.starts_at, each.span.ends_at)
    }
    return (min(years), max(years)) if years else (2000, 2000)


@dataclass(frozen=True, slots=True)
class _Regime:
    """An offset from UTC in force from an instant on, and the one before it."""

    since: datetime
    before: timedelta
    offset: timedelta
    name: str
    is_daylight: bool

    def lines(self) -> tuple[str, ...]:
        component = "DAYLIGHT" if self.is_daylight else "STANDARD"
        return (
            f"BEGIN:{component}",
            f"DTSTART:{_local(self.since, timezone(self.before))}",
            f"TZOFFSETFROM:{_offset(self.before)}",
            f"TZOFFSETTO:{_offset(self.offset)}",
            f"TZNAME:{self.name}",
            f"END:{component}",
        )


@lru_cache(maxsize=64)
def _timezone(key: str, first_year: int, last_year: int) -> tuple[str, ...]:
    """The lines of the VTIMEZONE for these years: what was in force before them, then each change with its
    own dates.

    China has kept one offset since 1991, so it gets one STANDARD and nothing else: its daylight saving of
    long ago, written as dates, is misread by some clients.
    """
    regimes = _regimes(ZoneInfo(key), first_year, last_year)
    lines = [line for regime in regimes for line in regime.lines()]
    return ("BEGIN:VTIMEZONE", f"TZID:{key}", *lines, "END:VTIMEZONE")


def _regimes(zone: ZoneInfo, first_year: int, last_year: int) -> list[_Regime]:
    day = datetime(first_year - 1, 12, 31, tzinfo=UTC)
    end = datetime(last_year + 1, 1, 2, tzinfo=UTC)
    first = _offset_at(day, zone)
    regimes = [_regime(datetime(1970, 1, 1, tzinfo=timezone(first)), first, zone, seen_at=day)]
    while day < end:
        following = day + timedelta(days=1)
        if _offset_at(day, zone) != _offset_at(following, zone):
            change = _change_between(day, following, zone)
            regimes.append(_regime(change, _offset_at(day, zone), zone, seen_at=change))
        day = following
    return regimes


def _regime(since: datetime, before: timedelta, zone: ZoneInfo, *, seen_at: datetime) -> _Regime:
    local = seen_at.astimezone(zone)
    return _Regime(
        since=since,
        before=before,
        offset=_offset_at(seen_at, zone),
        name=local.tzname() or zone.key,
        is_daylight=bool(local.dst()),
    )


def _change_between(earlier: datetime, later: datetime, zone: ZoneInfo) -> datetime:
    """The first second at which the offset of the later instant is in force."""
    before = _offset_at(earlier, zone)
    while (later - earlier) > timedelta(seconds=1):
        middle = earlier + timedelta(seconds=(later - earlier) // timedelta(seconds=2))
        if _offset_at(middle, zone) == before:
            earlier = middle
        else:
            later = middle
    return later


def _offset_at(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _offset(offset: timedelta) -> str:
    """As +0800."""
    sign, seconds = ("-" if offset < timedelta() else "+"), abs(offset) // timedelta(seconds=1)
    hours, minutes = divmod(seconds // 60, 60)
    return f"{sign}{hours:02}{minutes:02}"
