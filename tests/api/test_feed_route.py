"""Feeds as a calendar program fetches them: conditional, compressed, the same from every process, telling little."""

import logging
import time as clock_time
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import icalendar
import ics
import pytest
import vobject
from sqlalchemy import Engine, insert, select, text
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from api.feeds import LOOKS_AGAIN_AFTER_SECONDS, FeedRoute
from models import Activity
from models.database import make_engine, transaction
from models.enums import ActivityStatus
from outreach import activities
from outreach.permissions import CONSOLE
from outreach.subscriptions import issue, revoke
from tests.outreach.county import County

ZONE = ZoneInfo("Asia/Shanghai")
PLANNED_AT = datetime(2026, 9, 15, 1, tzinfo=UTC)
FETCHED_AT = datetime(2026, 9, 15, 8, tzinfo=UTC)


class Readers:
    """Processes that serve the feeds of one database, and programs that fetch them. Each fetch sets the time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = FETCHED_AT

    def process(self) -> TestClient:
        """A process just started: it knows nothing yet."""
        route = FeedRoute(
            PlainTextResponse("the application behind"),
            engine=self.engine,
            zone=ZONE,
            language="zh_Hans",
            public_url="https://yinling.example.org",
            now=lambda: self.now,
        )
        return TestClient(route, headers={"Accept-Encoding": "identity"})

    def get(self, token: str, **headers: str):
        return self.process().get(f"/feeds/{token}.ics", headers=_headers(headers))


def _headers(given):
    return {name.replace("_", "-"): value for name, value in given.items()}


@pytest.fixture
def readers(fresh_database):
    return Readers(fresh_database)


@pytest.fixture
def deed(fresh_database):
    """Does something in a transaction of its own, as another process would."""

    def do(work):
        with transaction(fresh_database) as session:
            return work(session)

    return do


@pytest.fixture
def feed(fresh_database):
    """Two activities of the bureau, and the token of its feed."""
    with transaction(fresh_database) as session:
        county = County(session)
        campaign = county.campaign("DATES:2026-10-09,2026-10-20", code="CJ", public=True, place="三楼")
        campaign.name = "读书会"
        county.person("volunteer", code="V001")
        county.plan()
        return issue(
            session, "unit:BJ", privacy=None, label=None, by=CONSOLE, now=PLANNED_AT, today=date(2026, 9, 15)
        )


def _change_first(session, now, **columns):
    first = session.scalars(select(Activity).order_by(Activity.day).limit(1)).one()
    activities.change_activity(
        session, first.id, columns, by=CONSOLE, today=date(2026, 9, 15), now=now, zone=ZONE
    )


# The answer


def test_the_answer_says_what_it_is_and_how_long_it_may_be_kept(readers, feed):
    answer = readers.get(feed.token)
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["content-type"] == "text/calendar; charset=utf-8"
    assert headers["cache-control"] == "private, max-age=300"
    assert headers["vary"] == "Accept-Encoding"
    assert headers["content-disposition"] == f'inline; filename="yinling-{feed.id}.ics"'
    assert headers["x-content-type-options"] == "nosniff"
    assert "noindex" in headers["x-robots-tag"]
    assert "set-cookie" not in headers
    assert not headers["etag"].startswith("W/")
    assert int(headers["content-length"]) == len(answer.content)
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")


def test_three_readers_by_other_hands_find_the_same_two_events(readers, feed):
    body = readers.get(feed.token).text
    by_icalendar = {
        (str(event["UID"]), str(event["SUMMARY"]), event["DTSTART"].dt)
        for event in icalendar.Calendar.from_ical(body).walk("VEVENT")
    }
    assert {(summary, day) for _, summary, day in by_icalendar} == {
        ("读书会", date(2026, 10, 9)),
        ("读书会", date(2026, 10, 20)),
    }
    by_vobject = {
        (event.uid.value, event.summary.value, event.dtstart.value)
        for event in vobject.readOne(body).contents["vevent"]
    }
    by_ics = {(event.uid, event.name, event.begin.date()) for event in ics.Calendar(body).events}
    assert by_icalendar == by_vobject == by_ics


def test_head_is_answered_like_get_without_the_body(readers, feed):
    process = readers.process()
    get, head = process.get(f"/feeds/{feed.token}.ics"), process.head(f"/feeds/{feed.token}.ics")
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("encoding", ["gzip", "br, gzip;q=0.5", "*"])
def test_a_reader_that_takes_gzip_gets_the_same_octets_under_a_tag_of_their_own(readers, feed, encoding):
    plain = readers.get(feed.token)
    zipped = readers.get(feed.token, Accept_Encoding=encoding)
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.content == plain.content
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"])


@pytest.mark.parametrize("encoding", ["", "identity", "gzip;q=0", "*;q=0", "br", "gzip;q=x"])
def test_a_reader_that_takes_no_gzip_gets_plain_octets(readers, feed, encoding):
    assert "content-encoding" not in readers.get(feed.token, Accept_Encoding=encoding).headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_not_allowed_for_any_token(readers, feed, method):
    for token in (feed.token, "unknown"):
        answer = readers.process().request(method, f"/feeds/{token}.ics")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/feeds/x", "/feeds", "/api/v1/feeds", "/healthz"])
def test_everything_else_is_for_the_application_behind(readers, path):
    assert readers.process().get(path).text == "the application behind"


def test_unknown_malformed_and_revoked_links_are_one_and_the_same_answer(readers, feed, deed):
    deed(lambda s: revoke(s, feed.id, by=CONSOLE, now=PLANNED_AT, today=date(2026, 9, 15)))
    tokens = (
        feed.token,
        "x" * 43,
        feed.token[:-1],
        "",
        "%00",
        "%FF",
        "a/b",
        "..%2f",
        "x" * 3000,
        "何",
        "%F0%9F",
    )
    answers = [readers.get(token) for token in tokens]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert answers[0].headers["cache-control"] == "no-store"


# Asking again


def test_a_reader_that_has_it_already_is_told_so_by_either_tag(readers, feed):
    plain = readers.get(feed.token).headers
    zipped = readers.get(feed.token, Accept_Encoding="gzip").headers
    for tag in (plain["etag"], zipped["etag"], f"W/{plain['etag']}", f'"x", {plain["etag"]}', "*"):
        answer = readers.get(feed.token, If_None_Match=tag)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == plain["etag"]
        assert answer.headers["last-modified"] == plain["last-modified"]
    assert readers.get(feed.token, If_None_Match='"x"').status_code == 200


def test_a_reader_that_goes_by_the_date_is_told_so_too(readers, feed):
    modified = readers.get(feed.token).headers["last-modified"]
    assert readers.get(feed.token, If_Modified_Since=modified).status_code == 304
    assert readers.get(feed.token, If_Modified_Since="Mon, 14 Sep 2026 00:00:00 GMT").status_code == 200
    for unreadable in ("x", "", "Tue, 99 Sep 2026 00:00:00 GMT", "2026-09-15"):
        assert readers.get(feed.token, If_Modified_Since=unreadable).status_code == 200


def test_tags_go_before_the_date(readers, feed):
    headers = readers.get(feed.token).headers
    both = {"If_None_Match": '"x"', "If_Modified_Since": headers["last-modified"]}
    assert readers.get(feed.token, **both).status_code == 200


def test_the_same_octets_come_from_every_process_all_day(readers, feed):
    first = readers.get(feed.token)
    readers.now = FETCHED_AT + timedelta(hours=7)
    other = Readers(make_engine(str(readers.engine.url.render_as_string(hide_password=False))))
    other.now = readers.now
    again = other.get(feed.token)
    other.engine.dispose()
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["last-modified"] == first.headers["last-modified"]


def test_a_change_shows_within_a_second_in_whichever_process_answers(readers, feed, deed):
    asked, fresh = readers.process(), readers.process()
    url = f"/feeds/{feed.token}.ics"
    before = asked.get(url)
    deed(lambda s: _change_first(s, FETCHED_AT, place="院子里"))

    assert "院子里" in fresh.get(url).text
    # The one that answered a moment ago may answer so once more, and not after its next look.
    clock_time.sleep(LOOKS_AGAIN_AFTER_SECONDS)
    after = asked.get(url, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.content == fresh.get(url).content


def test_a_revoked_link_ends_within_a_second(readers, feed, deed):
    asked = readers.process()
    assert asked.get(f"/feeds/{feed.token}.ics").status_code == 200
    deed(lambda s: revoke(s, feed.id, by=CONSOLE, now=FETCHED_AT, today=date(2026, 9, 15)))
    clock_time.sleep(LOOKS_AGAIN_AFTER_SECONDS)
    assert asked.get(f"/feeds/{feed.token}.ics").status_code == 404


def test_what_nobody_changed_is_not_rendered_again(readers, feed):
    process, url = readers.process(), f"/feeds/{feed.token}.ics"
    first = process.get(url)
    clock_time.sleep(LOOKS_AGAIN_AFTER_SECONDS)
    # Behind the back of every deed, so that no version rises: what was rendered before still stands.
    with transaction(readers.engine) as session:
        session.execute(text("UPDATE campaigns SET name = '变了'"))
    assert process.get(url).content == first.content


def test_a_change_moves_the_stamps_of_one_event_alone(readers, feed, deed):
    def stamps():
        calendar = icalendar.Calendar.from_ical(readers.get(feed.token).text)
        return {
            str(event["UID"]): (event["SEQUENCE"], event["LAST-MODIFIED"].dt, event["DTSTAMP"].dt)
            for event in calendar.walk("VEVENT")
        }

    before = stamps()
    deed(lambda s: _change_first(s, FETCHED_AT, status=ActivityStatus.CANCELLED, reason="下雨"))
    after = stamps()
    changed = {uid for uid in before if before[uid] != after[uid]}
    assert before.keys() == after.keys()
    assert len(changed) == 1
    (uid,) = changed
    assert after[uid] == (before[uid][0] + 1, FETCHED_AT, FETCHED_AT)


def test_a_cancelled_event_says_so_for_thirty_days_and_then_is_gone(readers, feed, deed):
    deed(lambda s: _change_first(s, FETCHED_AT, status=ActivityStatus.CANCELLED, reason="下雨"))

    def states():
        calendar = icalendar.Calendar.from_ical(readers.get(feed.token).text)
        return [str(event["STATUS"]) for event in calendar.walk("VEVENT")]

    assert sorted(states()) == ["CANCELLED", "CONFIRMED"]
    readers.now = FETCHED_AT + timedelta(days=30)
    assert sorted(states()) == ["CANCELLED", "CONFIRMED"]
    readers.now = FETCHED_AT + timedelta(days=31)
    assert states() == ["CONFIRMED"]


def test_the_day_turns_at_local_midnight(readers, feed):
    readers.now = datetime(2026, 12, 8, 15, 59, 59, tzinfo=UTC)
    assert readers.get(feed.token).text.count("BEGIN:VEVENT") == 2
    readers.now = datetime(2026, 12, 8, 16, 0, 0, tzinfo=UTC)
    assert readers.get(feed.token).text.count("BEGIN:VEVENT") == 1


def test_last_modified_never_goes_back_and_never_names_a_second_that_is_not_over(readers, feed, deed):
    seen = []

    def fetch(now):
        readers.now = now
        seen.append(parsedate_to_datetime(readers.get(feed.token).headers["last-modified"]))
        assert seen[-1] < now.replace(microsecond=0)

    fetch(FETCHED_AT)
    changed_at = FETCHED_AT + timedelta(seconds=10, milliseconds=300)
    deed(lambda s: _change_first(s, changed_at, place="院子里"))
    fetch(changed_at + timedelta(milliseconds=200))
    known = readers.get(feed.token).headers["last-modified"]
    second = changed_at + timedelta(milliseconds=500)
    deed(lambda s: _change_first(s, second, place="四楼"))
    readers.now = second
    assert readers.get(feed.token, If_Modified_Since=known).status_code == 200
    fetch(second + timedelta(seconds=5))
    deed(lambda s: _change_first(s, second - timedelta(hours=1), place="五楼"))
    fetch(second + timedelta(seconds=6))
    for days in (1, 2, 40):
        fetch(second + timedelta(days=days))
    assert seen == sorted(seen)


def test_last_modified_does_not_go_back_with_the_clock(readers, feed, deed):
    changed_at = FETCHED_AT + timedelta(seconds=10)
    deed(lambda s: _change_first(s, changed_at, place="院子里"))
    readers.now = changed_at + timedelta(minutes=1)
    before = readers.get(feed.token).headers["last-modified"]
    readers.now = changed_at - timedelta(hours=1)
    assert readers.get(feed.token).headers["last-modified"] == before


# What is told


def test_no_cookie_token_or_number_stands_in_a_feed(readers, feed, deed):
    def write_too_much(session):
        _change_first(session, FETCHED_AT, place="三楼 13912345678 身份证 320924194601011234 交款500元")

    deed(write_too_much)
    body = readers.get(feed.token).text
    assert feed.token not in body
    for secret in ("13912345678", "320924194601011234", "500"):
        assert secret not in body.replace("\r\n ", "")
    assert "https://yinling.example.org/a/" in body


def test_no_token_reaches_a_log(readers, feed, caplog):
    with caplog.at_level(logging.DEBUG):
        for token in (feed.token, f"{feed.token}x"):
            readers.process().get(f"/feeds/{token}.ics")
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not any(feed.token in record.getMessage() for record in ours)


def test_without_the_database_a_feed_is_unavailable_and_comes_back(readers, feed, deed):
    process = readers.process()
    with transaction(readers.engine) as session:
        session.execute(text("ALTER TABLE subscriptions RENAME TO away"))
    answer = process.get(f"/feeds/{feed.token}.ics")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    with transaction(readers.engine) as session:
        session.execute(text("ALTER TABLE away RENAME TO subscriptions"))
    assert process.get(f"/feeds/{feed.token}.ics").status_code == 200


def test_two_thousand_events_stay_below_a_million_octets(readers, feed):
    with transaction(readers.engine) as session:
        first = session.scalars(select(Activity).limit(1)).one()
        session.execute(
            insert(Activity),
            [
                {
                    "campaign_id": first.campaign_id,
                    "unit_id": first.unit_id,
                    "day": date(2026, 9, 20) + timedelta(days=number % 300),
                    "last_day": date(2026, 9, 20) + timedelta(days=number % 300),
                    "place": f"白果乡第{number}村民小组文化活动中心二楼会议室" * 5,
                    "changed_at": PLANNED_AT,
                    "people_changed_at": PLANNED_AT,
                }
                for number in range(1_998)
            ],
        )
    answer = readers.get(feed.token, Accept_Encoding="gzip")
    assert answer.content.count(b"BEGIN:VEVENT") == 2_000
    assert len(answer.content) < 1_000_000
