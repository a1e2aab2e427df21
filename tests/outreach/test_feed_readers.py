"""Who reads a feed: what programs call themselves, and counts that add up."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models.enums import FeedReader, Privacy
from outreach.feed_readers import Reading, note_readings, reader_of, readings_of
from outreach.permissions import CONSOLE
from outreach.subscriptions import issue
from tests.outreach.county import NOW, TODAY, County


@pytest.mark.parametrize(
    ("told", "reader"),
    [
        ("iOS/17.5 (21F79) dataaccessd/1.0", FeedReader.APPLE_PHONE),
        ("Mac OS X/10.15.7 (19H2) CalendarAgent/930.5.1", FeedReader.APPLE_COMPUTER),
        ("macOS/14.5 (23F79) dataaccessd/1.0", FeedReader.APPLE_COMPUTER),
        ("Google-Calendar-Importer", FeedReader.GOOGLE),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)", FeedReader.OUTLOOK),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.1",
            FeedReader.THUNDERBIRD,
        ),
        ("ICSx5/2.2.2 (2024/06/24; okhttp/4.12.0) Android/14", FeedReader.ANDROID),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36", FeedReader.BROWSER),
        ("curl/8.1", FeedReader.OTHER),
        ("", FeedReader.OTHER),
    ],
)
def test_programs_are_known_by_what_they_call_themselves(told: str, reader: FeedReader) -> None:
    assert reader_of(told) is reader


def test_readings_add_up_and_keep_the_latest_instant(session: Session) -> None:
    County(session)
    feed = issue(session, "public", privacy=Privacy.BUSY, label=None, by=CONSOLE, now=NOW, today=TODAY).id
    later = NOW + timedelta(hours=1)
    note_readings(session, {(feed, FeedReader.GOOGLE): (3, later)})
    note_readings(session, {(feed, FeedReader.GOOGLE): (2, NOW), (feed, FeedReader.OTHER): (1, NOW)})
    note_readings(session, {})
    assert readings_of(session, [feed]) == {
        feed: [Reading(FeedReader.GOOGLE, 5, later), Reading(FeedReader.OTHER, 1, NOW)]
    }
