"""Which programs read the feeds, and when they last did: so that somebody sees whether a calendar still follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Table, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import FeedReading
from models.base import SubscriptionId
from models.database import in_batches
from models.enums import FeedReader

_READINGS: Final = cast(Table, FeedReading.__table__)
_MARKS: Final[Sequence[tuple[FeedReader, Sequence[str]]]] = (
    (FeedReader.GOOGLE, ("google-calendar", "googlebot")),
    (FeedReader.OUTLOOK, ("outlook", "exchange", "microsoft office")),
    (FeedReader.THUNDERBIRD, ("thunderbird", "lightning")),
    (FeedReader.APPLE_COMPUTER, ("macos/", "calendaragent", "ical/")),
    (FeedReader.APPLE_PHONE, ("iphone", "ipad", "ios/", "dataaccessd")),
    (FeedReader.ANDROID, ("icsx5", "davx5", "android", "okhttp", "dalvik")),
    (FeedReader.BROWSER, ("mozilla/",)),
)
"""What the programs call themselves (RFC 9110, User-Agent), the more telling marks first."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How often a feed was read by programs of a kind, and when last."""

    reader: FeedReader
    times: int
    last_at: datetime


def reader_of(user_agent: str) -> FeedReader:
    """The kind of program behind a User-Agent header; whatever says nothing known is another one."""
    told = user_agent.casefold()
    return next((reader for reader, marks in _MARKS if any(mark in told for mark in marks)), FeedReader.OTHER)


def note_readings(
    session: Session, readings: Mapping[tuple[SubscriptionId, FeedReader], tuple[int, datetime]]
) -> None:
    """Add how often feeds were read, and when last (aware), to what was noted before."""
    if not readings:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(_READINGS)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["subscription_id", "reader"],
        set_={
            "times": _READINGS.c.times + new.times,
            "last_at": case((new.last_at > _READINGS.c.last_at, new.last_at), else_=_READINGS.c.last_at),
        },
    )
    rows = [
        {"subscription_id": subscription_id, "reader": reader, "times": times, "last_at": last_at}
        for (subscription_id, reader), (times, last_at) in sorted(readings.items())
    ]
    session.execute(statement, rows)


def readings_of(
    session: Session, subscription_ids: Sequence[SubscriptionId]
) -> Mapping[SubscriptionId, Sequence[Reading]]:
    """Who reads each of these feeds, the latest first; those that nobody read are left out."""
    found: dict[SubscriptionId, list[Reading]] = {}
    for some in in_batches(subscription_ids):
        rows = session.scalars(
            select(FeedReading)
            .where(FeedReading.subscription_id.in_(some))
            .order_by(FeedReading.last_at.desc(), FeedReading.reader)
        )
        for row in rows:
            found.setdefault(row.subscription_id, []).append(Reading(row.reader, row.times, row.last_at))
    return found
