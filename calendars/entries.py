"""An entry: one occurrence with all that a calendar could tell of it, before privacy takes away what its
reader may not see.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class EntryStatus(StrEnum):
    """STATUS of RFC 5545 (3.8.1.11), as it is written."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """From one aware instant to another, the end exclusive; an end equal to the start is an instant without
    length.
    """

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        _require_aware(self.starts_at, self.ends_at)
        if self.ends_at < self.starts_at:
            raise ValueError("an entry ends before it starts")


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Whole local days, both inclusive."""

    day: date
    last_day: date

    def __post_init__(self) -> None:
        if isinstance(self.day, datetime) or isinstance(self.last_day, datetime):
            raise TypeError("whole days are dates, not instants")
        if self.last_day < self.day:
            raise ValueError("an entry ends before it starts")


Span = TimeSpan | DaySpan


@dataclass(frozen=True, slots=True)
class PersonName:
    """The forms of one name that a feed may need: 何玉兰, 何某某, 何老."""

    full: str
    short: str
    courtesy: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One occurrence as the office knows it. Never rendered itself: `calendars.privacy.disclose` says what
    may be shown of it.

    `uid` is the same for ever, `sequence` and `changed_at` (aware) move with each change a reader of the feed
    can notice. `kind` is the campaign's kind; `category` its name in words, "" for none. `people` go,
    `visited` are visited, in order. `note` is one plain sentence, such as that the day is a make-up working
    day.
    """

    uid: str
    sequence: int
    changed_at: datetime
    status: EntryStatus
    span: Span
    title: str
    kind: str = "other"
    place: str = ""
    people: tuple[PersonName, ...] = ()
    visited: tuple[PersonName, ...] = ()
    url: str = ""
    category: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        _require_aware(self.changed_at)
        if not self.uid:
            raise ValueError("an entry needs a uid")
        if self.sequence < 0:
            raise ValueError("a sequence begins with 0")


def _require_aware(*instants: datetime) -> None:
    if any(instant.utcoffset() is None for instant in instants):
        raise ValueError("an instant without a zone would float in every calendar")


def exclusive_end(span: DaySpan) -> date:
    """The day after the last one, as DTEND;VALUE=DATE wants it (RFC 5545, 3.6.1)."""
    return span.last_day + timedelta(days=1)
