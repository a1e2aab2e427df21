"""Feeds: who follows which calendar, how much of it they see, and the card with a new link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import segno
from markupsafe import Markup

from api.presenters.forms import Option
from api.presenters.words import actor_word, moment
from calendars.entries import Entry, EntryStatus, PersonName, TimeSpan
from calendars.privacy import Audience, disclose
from models.base import SubscriptionId
from models.enums import Privacy
from outreach.feed_readers import Reading
from outreach.feed_scopes import ScopeKind
from outreach.subscriptions import SubscriptionView
from wording.names import courtesy_form, joined, short_name
from wording.sentences import say

QUIET_AFTER: Final = timedelta(days=60)
"""A feed that no program read for so long is hardly anybody's any more."""


_LEVELS: Final = (Privacy.BUSY, Privacy.INITIALS, Privacy.FULL)


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed in the list. `is_quiet`: nobody has read it for long."""

    id: int
    kind: str
    name: str
    privacy: str
    label: str
    made: str
    read: Sequence[str]
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class Example:
    """How one entry looks at a level of privacy."""

    value: str
    level: str
    title: str
    people: str


def feed_lines(
    found: Sequence[SubscriptionView],
    readings: Mapping[SubscriptionId, Sequence[Reading]],
    *,
    now: datetime,
    today: date,
    zone: ZoneInfo,
    language: str,
) -> list[FeedLine]:
    """The feeds with who reads them."""

    def at(instant: datetime) -> str:
        return moment(instant, today=today, zone=zone, language=language)

    def read(reading: Reading) -> str:
        program = say(f"feeds.reader_{reading.reader.value}", language=language)
        return say(
            "feeds.read", language=language, at=at(reading.last_at), program=program, times=reading.times
        )

    lines = []
    for feed in found:
        readers = readings.get(feed.id, ())
        last = max((each.last_at for each in readers), default=feed.created_at)
        kind = ScopeKind(feed.scope.partition(":")[0])
        lines.append(
            FeedLine(
                id=feed.id,
                kind=say(f"feeds.kind_{kind.value}", language=language),
                name=feed.name or say("feeds.everybody", language=language),
                privacy=say(f"feeds.level_{feed.privacy.value}", language=language),
                label=feed.label or "",
                made=f"{at(feed.created_at)}·{actor_word(feed.created_by, language)}",
                read=[read(each) for each in readers],
                is_quiet=now - last > QUIET_AFTER,
            )
        )
    return lines


def kind_options(language: str) -> list[Option]:
    return [Option(kind.value, say(f"feeds.kind_{kind.value}", language=language)) for kind in ScopeKind]


def examples(kind: ScopeKind, language: str) -> list[Example]:
    """One entry as each level shows it to the readers of such a feed."""
    audience = {ScopeKind.PERSON: Audience.OWN, ScopeKind.PUBLIC: Audience.PUBLIC}.get(kind, Audience.OFFICE)
    levels = _LEVELS[:-1] if audience is Audience.PUBLIC else _LEVELS
    return [_example(level, audience, language) for level in levels]


def _example(level: Privacy, audience: Audience, language: str) -> Example:
    shown = disclose(_an_entry(language), level, audience, say=partial(say, language=language))
    names = [*shown.people, *(say("feeds.visits", language=language, name=name) for name in shown.visited)]
    return Example(
        value=level.value,
        level=say(f"feeds.level_{level.value}", language=language),
        title=shown.title,
        people=joined(names, language=language),
    )


def _an_entry(language: str) -> Entry:
    """A visit that nobody makes, with names that nobody has."""

    def name(key: str, age: int) -> PersonName:
        full = say(key, language=language)
        return PersonName(full, short_name(full), courtesy_form(full, age=age))

    noon = datetime(2026, 10, 19, 4, tzinfo=UTC)
    return Entry(
        uid="example@yinling",
        sequence=0,
        changed_at=noon,
        status=EntryStatus.CONFIRMED,
        span=TimeSpan(noon, noon + timedelta(hours=2)),
        title=say("feeds.example_title", language=language),
        kind="festival_visit",
        place=say("feeds.example_place", language=language),
        people=(name("feeds.example_volunteer", 62), name("feeds.example_other", 66)),
        visited=(name("feeds.example_visited", 84),),
    )


def qr_code(text: str) -> Markup:
    """The text as a drawing for cameras, dark on light whatever the theme."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        scale=5, border=3, light="#fff", svgclass="qr", lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - drawn by the library from modules, the text itself is not in it
