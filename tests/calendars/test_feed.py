"""Feeds: the octets themselves, and what three readers by other hands make of them."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import icalendar
import ics
import pytest
import recurring_ical_events
import vobject
from hypothesis import given
from hypothesis import strategies as st

from calendars.entries import DaySpan, EntryStatus, TimeSpan
from calendars.feed import folded, one_line, render_feed, strong_etag
from calendars.privacy import Shown
from wording import sentences

SHANGHAI = ZoneInfo("Asia/Shanghai")
SAY = partial(sentences.say, language="zh_Hans")
NINE = datetime(2026, 11, 21, 1, tzinfo=UTC)
CHANGED = datetime(2026, 11, 1, 2, 3, 4, 567, tzinfo=UTC)
VISIT = Shown(
    uid="6f1c4c52-0f0e-4d6f-9a34-2f1f7f4f2a11@yinling",
    sequence=2,
    changed_at=CHANGED,
    status=EntryStatus.CONFIRMED,
    span=TimeSpan(NINE, NINE + timedelta(hours=2)),
    title="重阳走访",
    place="柳河镇文化站",
    people=("李淑兰", "陈国栋"),
    visited=("何老", "欧阳老"),
    url="https://yinling.example.org/a/17",
    category="节日走访",
    note="这天是调休上班日",
)
# Whatever somebody may paste into a field, weighted towards what breaks lines and readers.
ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\r\n\t\0\x0b\x0c\x1c\x85\u2028\u2029\ufeff,;:\\\"'^=银龄👵🏽é \x7f\ud800"),
    ),
    max_size=120,
)
# The worst of them by hand, for a reader too slow to be given thousands.
NASTY_TEXTS = (
    "a,b;c:d",
    "说\r\nEND:VEVENT\r\nBEGIN:VEVENT",
    "\x00\x0b\x0c\x1c\x85\u2028\u2029 x",
    "👵🏽é" * 30,
    "何老走访" * 15,
    ("a" * 7 + " ") * 30,
    "'\"=^-+@",
    "\ud800lone",
    "\ufeff先",
)


def _rendered(*entries: Shown, zone: ZoneInfo = SHANGHAI, name: str = "我的活动") -> bytes:
    return render_feed(entries, name=name, zone=zone, say=SAY)


def _lines(body: bytes) -> list[str]:
    return body.decode().replace("\r\n ", "").split("\r\n")


def _events(body: bytes) -> list[icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(body)
    assert isinstance(calendar, icalendar.Calendar)
    assert calendar.errors == []
    for event in calendar.events:
        assert event.errors == []
    return list(calendar.events)


def test_a_feed_is_written_line_by_line_as_the_standard_says():
    assert _lines(_rendered(VISIT)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Yinling//Feeds//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:我的活动",
        "X-WR-CALNAME:我的活动",
        "X-WR-TIMEZONE:Asia/Shanghai",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Shanghai",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0800",
        "TZOFFSETTO:+0800",
        "TZNAME:CST",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        "UID:6f1c4c52-0f0e-4d6f-9a34-2f1f7f4f2a11@yinling",
        "DTSTAMP:20261101T020304Z",
        "LAST-MODIFIED:20261101T020304Z",
        "SEQUENCE:2",
        "STATUS:CONFIRMED",
        "DTSTART;TZID=Asia/Shanghai:20261121T090000",
        "DTEND;TZID=Asia/Shanghai:20261121T110000",
        "URL:https://yinling.example.org/a/17",
        "SUMMARY:重阳走访",
        "LOCATION:柳河镇文化站",
        r"DESCRIPTION:看望：何老、欧阳老\n参加：李淑兰、陈国栋\n这天是调休上班日",
        "CATEGORIES:节日走访",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_whole_days_end_on_the_day_after_the_last():
    lines = _lines(_rendered(replace(VISIT, span=DaySpan(date(2026, 12, 30), date(2026, 12, 31)))))
    assert "DTSTART;VALUE=DATE:20261230" in lines
    assert "DTEND;VALUE=DATE:20270101" in lines


def test_a_moment_without_length_has_no_end():
    lines = _lines(_rendered(replace(VISIT, span=TimeSpan(NINE, NINE))))
    assert not any(line.startswith("DTEND") for line in lines)


def test_a_cancelled_visit_says_so_and_keeps_nobody_busy():
    lines = _lines(_rendered(replace(VISIT, status=EntryStatus.CANCELLED)))
    assert "STATUS:CANCELLED" in lines
    assert "TRANSP:TRANSPARENT" in lines
    assert "SUMMARY:已取消：重阳走访" in lines


def test_a_proposed_visit_is_tentative_and_asks_for_an_answer():
    lines = _lines(_rendered(replace(VISIT, status=EntryStatus.TENTATIVE)))
    assert "STATUS:TENTATIVE" in lines
    assert any("请告诉我们您能不能去" in line for line in lines if line.startswith("DESCRIPTION:"))


@pytest.mark.parametrize("status", list(EntryStatus))
def test_times_alone_stay_times_alone_whatever_the_status(status):
    busy = Shown(uid="1", sequence=0, changed_at=CHANGED, status=status, span=VISIT.span, title="有活动")
    properties = {line.partition(":")[0].partition(";")[0] for line in _lines(_rendered(busy))}
    assert "SUMMARY:有活动" in _lines(_rendered(busy))
    assert properties.isdisjoint({"DESCRIPTION", "LOCATION", "URL", "CATEGORIES"})


def test_no_feed_has_attendees_rules_or_a_uid_of_the_calendar():
    names = [re.split("[:;]", line)[0] for line in _lines(_rendered(VISIT))]
    assert {"ATTENDEE", "ORGANIZER", "RRULE", "RDATE"}.isdisjoint(names)
    assert names.count("UID") == 1
    assert names.index("UID") > names.index("BEGIN", names.index("END"))


def test_an_empty_feed_is_a_calendar_all_the_same():
    calendar = icalendar.Calendar.from_ical(_rendered())
    assert calendar["METHOD"] == "PUBLISH"
    assert len(calendar.timezones) == 1
    assert list(calendar.events) == []


def test_the_same_entries_in_another_order_are_the_same_octets():
    entries = [replace(VISIT, uid=str(n), span=TimeSpan(NINE, NINE + timedelta(hours=n))) for n in range(9)]
    assert _rendered(*entries) == _rendered(*reversed(entries))


def test_a_change_of_one_entry_leaves_the_lines_of_all_others_as_they_were():
    entries = [replace(VISIT, uid=str(n)) for n in range(5)]
    before = _rendered(*entries).split(b"BEGIN:VEVENT")
    entries[3] = replace(entries[3], sequence=3, place="")
    after = _rendered(*entries).split(b"BEGIN:VEVENT")
    assert [n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old != new] == [4]


def test_of_two_entries_with_one_uid_the_later_one_stands():
    older, newer = VISIT, replace(VISIT, sequence=3, title="改到十点")
    assert _rendered(older, newer) == _rendered(newer, older) == _rendered(newer)


def test_entries_stand_in_the_order_of_their_times():
    later = replace(
        VISIT, uid="1", title="后", span=TimeSpan(NINE + timedelta(days=1), NINE + timedelta(days=1))
    )
    day = replace(VISIT, uid="2", title="全天", span=DaySpan(date(2026, 11, 21), date(2026, 11, 21)))
    assert [str(event["SUMMARY"]) for event in _events(_rendered(later, VISIT, day))] == [
        "全天",
        "重阳走访",
        "后",
    ]


@given(ANY_TEXT)
def test_no_text_breaks_a_line_or_the_width_of_lines(text):
    body = _rendered(_everywhere(text), name=text)
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", body)
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\r" not in line
        assert b"\n" not in line
        line.decode("utf-8")
    assert body.decode().splitlines() == body.decode().split("\r\n")[:-1]


@given(ANY_TEXT)
def test_any_text_is_read_back_by_icalendar(text):
    (event,) = _events(_rendered(_everywhere(text), name=text))
    wanted = one_line(text)
    assert str(event["SUMMARY"]) == wanted
    assert str(event.get("LOCATION", "")) == wanted
    assert str(event["DESCRIPTION"]).split("\n")[-1] == (wanted or "参加：")


@given(ANY_TEXT)
def test_any_text_is_read_back_by_vobject(text):
    calendar = vobject.readOne(_rendered(_everywhere(text), name=text).decode())
    wanted = one_line(text)
    assert calendar.vevent.summary.value == wanted
    if wanted:
        assert calendar.vevent.location.value == wanted
        assert calendar.vevent.description.value.split("\n")[-1] == wanted


def test_nasty_texts_are_read_back_by_ics():
    # It takes an escaped backslash before an n for a line break: texts with one are left to the other readers.
    entries = [replace(_everywhere(text), uid=str(n)) for n, text in enumerate(NASTY_TEXTS)]
    read = {event.uid: event for event in ics.Calendar(_rendered(*entries).decode()).events}
    assert len(read) == len(NASTY_TEXTS)
    for n, text in enumerate(NASTY_TEXTS):
        assert (read[str(n)].name, read[str(n)].location) == (one_line(text), one_line(text))
        assert read[str(n)].begin.datetime == NINE


def test_times_are_read_back_as_the_same_instants_by_every_reader():
    body = _rendered(VISIT)
    (event,) = _events(body)
    assert (event.start, event.end) == (NINE, NINE + timedelta(hours=2))
    read = vobject.readOne(body.decode()).vevent
    assert (read.dtstart.value, read.dtend.value) == (NINE, NINE + timedelta(hours=2))
    (one,) = ics.Calendar(body.decode()).events
    assert (one.begin.datetime, one.end.datetime) == (NINE, NINE + timedelta(hours=2))
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(body)).at((2026, 11, 21))
    assert [str(each["SUMMARY"]) for each in found] == ["重阳走访"]


def _everywhere(text: str) -> Shown:
    return replace(VISIT, title=text, place=text, people=(text,), visited=(), note=text, category=text)


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 4]), st.integers(1, 80)), min_size=1))
def test_a_folded_line_is_whole_again_when_unfolded(runs):
    line = "".join({1: "a", 2: "é", 3: "龄", 4: "👵"}[width] * times for width, times in runs)
    octets = folded(line)
    assert octets.endswith(b"\r\n")
    parts = octets.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(part) <= 75 and part.decode() for part in parts)
    assert "".join([parts[0].decode(), *(part.decode()[1:] for part in parts[1:])]) == line


@pytest.mark.parametrize(
    ("zone", "components"),
    [
        ("Asia/Shanghai", ["STANDARD"]),
        ("Asia/Urumqi", ["STANDARD"]),
        ("Asia/Kathmandu", ["STANDARD"]),
        ("Europe/Berlin", ["STANDARD", "DAYLIGHT", "STANDARD"]),
        ("America/New_York", ["STANDARD", "DAYLIGHT", "STANDARD"]),
        ("Australia/Sydney", ["DAYLIGHT", "STANDARD", "DAYLIGHT"]),
    ],
)
def test_each_zone_is_described_for_the_years_that_are_needed(zone, components):
    lines = _lines(_rendered(VISIT, zone=ZoneInfo(zone)))
    assert lines.count("BEGIN:VTIMEZONE") == 1
    assert [line[6:] for line in lines if line in {"BEGIN:STANDARD", "BEGIN:DAYLIGHT"}] == components


def test_a_change_of_clocks_is_dated_in_the_time_before_it():
    lines = _lines(_rendered(VISIT, zone=ZoneInfo("Europe/Berlin")))
    summer = lines.index("BEGIN:DAYLIGHT")
    assert lines[summer + 1 : summer + 4] == [
        "DTSTART:20260329T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
    ]


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin", "America/New_York", "Australia/Sydney"]
)
@given(hours=st.integers(0, 2 * 366 * 24), minutes=st.integers(1, 3000))
def test_a_reader_that_believes_our_time_zone_alone_finds_the_same_instants(zone, hours, minutes):
    # An id that the reader does not know makes it use the VTIMEZONE of the feed.
    starts = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    ends = starts + timedelta(minutes=minutes)
    local = starts.astimezone(ZoneInfo(zone))
    if local.replace(fold=1).utcoffset() != local.replace(fold=0).utcoffset():
        return  # the hour that comes twice cannot be told apart in an iCalendar local time
    body = _rendered(replace(VISIT, span=TimeSpan(starts, ends)), zone=ZoneInfo(zone))
    # Its own for each example, for the reader remembers the zones that it has read.
    own = f"Own/{zone}-{hours}-{minutes}"
    (event,) = _events(body.replace(zone.encode(), own.encode()))
    assert event.start == starts


@pytest.mark.parametrize("number", [500, 501, 1_000, 1_001, 2_000])
def test_up_to_two_thousand_events_with_long_texts_stay_below_a_million_octets(number):
    assert len(_rendered(*_long_entries(number))) < 1_000_000


def test_shortened_texts_keep_what_matters_most():
    events = _events(_rendered(*_long_entries(2_000)))
    assert len(events) == 2_000
    assert str(events[0]["SUMMARY"]).startswith("春节前走访慰问离退休")
    assert "看望：何老、欧阳老等 5 户" in str(events[0]["DESCRIPTION"])


def test_a_feed_of_usual_size_names_everybody():
    (event, *_) = _events(_rendered(*_long_entries(200)))
    assert all(name in str(event["DESCRIPTION"]) for name in _long_entries(1)[0].people)


def test_where_room_is_short_the_count_says_how_many_are_not_named():
    entries = [replace(entry, title="走访", place="", visited=()) for entry in _long_entries(1_001)]
    (event, *_) = _events(_rendered(*entries))
    assert re.fullmatch(r"参加：\w+(、\w+)*等 30 人\n.*", str(event["DESCRIPTION"]))


@given(st.integers(0, 2000), ANY_TEXT)
def test_texts_never_take_more_octets_than_an_event_has(times, text):
    entry = replace(_everywhere(text * 20), people=(text,) * (times % 40), url="")
    entries = [replace(entry, uid=str(n)) for n in range(2)]
    one, two = (_rendered(*entries[:n]) for n in (1, 2))
    assert len(two) - len(one) <= 1_900


def _long_entries(number: int) -> list[Shown]:
    return [
        replace(
            VISIT,
            uid=f"6f1c4c52-0f0e-4d6f-9a34-{n:012}@yinling",
            status=list(EntryStatus)[n % 3] if n else EntryStatus.CONFIRMED,
            span=TimeSpan(NINE + timedelta(hours=n), NINE + timedelta(hours=n + 2)),
            title="春节前走访慰问离退休老干部和困难家庭，宣讲政策并征求意见" * 2,
            place="青溪县柳河镇石桥村村民委员会二楼老年活动中心会议室" * 2,
            people=tuple(f"{'赵钱孙李周吴郑王冯陈'[k % 10]}{'一二三'[k // 10]}平" for k in range(30)),
            visited=("何老", "欧阳老", "王老", "张老", "李老"),
            url=f"https://yinling.qingxi.example.org/a/{100_000 + n}",
        )
        for n in range(number)
    ]


def test_an_address_cannot_break_out_of_its_line():
    lines = _lines(_rendered(replace(VISIT, url="https://example.org/a/1\r\nATTENDEE:x y")))
    assert "URL:https://example.org/a/1ATTENDEE:xy" in lines


def test_the_entity_tag_is_strong_and_moves_with_the_octets():
    tag = strong_etag(_rendered(VISIT))
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert tag == strong_etag(_rendered(VISIT))
    assert tag != strong_etag(_rendered(replace(VISIT, sequence=3)))


@pytest.mark.parametrize("language", sentences.languages())
def test_the_words_of_a_feed_are_those_of_its_language(language):
    body = render_feed([VISIT], name="x", zone=SHANGHAI, say=partial(sentences.say, language=language))
    (event,) = _events(body)
    said = {
        "zh_Hans": "参加：李淑兰、陈国栋",
        "zh_Hant": "參加：李淑兰、陈国栋",
        "en": "Taking part: 李淑兰, 陈国栋",
    }
    assert said[language] in str(event["DESCRIPTION"])
