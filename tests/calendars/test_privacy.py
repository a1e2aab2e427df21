"""What the readers of a feed may see of an entry, level by level."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.entries import Entry, EntryStatus, PersonName, TimeSpan
from calendars.privacy import Audience, Shown, disclose, scrubbed
from models.enums import Privacy
from wording import sentences

SAY = partial(sentences.say, language="zh_Hans")
NINE = datetime(2026, 11, 21, 1, tzinfo=UTC)
LI = PersonName("李淑兰", "李某某", "李老")
CHEN = PersonName("陈国栋", "陈某某", "陈老")
HE = PersonName("何玉兰", "何某某", "何老")
OUYANG = PersonName("欧阳光荣", "欧阳某某", "欧阳老")
VISIT = Entry(
    uid="1",
    sequence=3,
    changed_at=NINE,
    status=EntryStatus.CONFIRMED,
    span=TimeSpan(NINE, NINE.replace(hour=3)),
    title="重阳走访",
    kind="festival_visit",
    place="柳河镇",
    people=(LI, CHEN),
    visited=(HE, OUYANG),
    url="https://example.org/a/1",
    category="节日走访",
    note="这天是调休上班日",
)
ALLOWED = [
    (level, who) for level in Privacy for who in Audience if (level, who) != (Privacy.FULL, Audience.PUBLIC)
]


def _texts(shown: Shown) -> str:
    return "\n".join((shown.title, shown.place, shown.category, shown.note, *shown.people, *shown.visited))


def test_in_ones_own_full_feed_everybody_is_named_and_those_visited_by_courtesy():
    shown = disclose(VISIT, Privacy.FULL, Audience.OWN, say=SAY)
    assert (shown.title, shown.place, shown.note) == ("重阳走访", "柳河镇", "这天是调休上班日")
    assert shown.people == ("李淑兰", "陈国栋")
    assert shown.visited == ("何老", "欧阳老")
    assert shown.url == VISIT.url
    assert shown.category == "节日走访"


def test_an_offices_full_feed_names_the_team_and_nobody_visited():
    shown = disclose(VISIT, Privacy.FULL, Audience.OFFICE, say=SAY)
    assert shown.people == ("李淑兰", "陈国栋")
    assert shown.visited == ()


@pytest.mark.parametrize("audience", [Audience.OWN, Audience.OFFICE])
def test_initials_shorten_every_name_and_name_nobody_visited(audience):
    shown = disclose(VISIT, Privacy.INITIALS, audience, say=SAY)
    assert (shown.title, shown.place) == ("重阳走访", "柳河镇")
    assert shown.people == ("李某某", "陈某某")
    assert shown.visited == ()


@pytest.mark.parametrize("audience", list(Audience))
def test_busy_shows_times_alone(audience):
    shown = disclose(VISIT, Privacy.BUSY, audience, say=SAY)
    assert shown == Shown(
        uid="1", sequence=3, changed_at=NINE, status=EntryStatus.CONFIRMED, span=VISIT.span, title="有活动"
    )


def test_a_public_feed_names_nobody():
    shown = disclose(VISIT, Privacy.INITIALS, Audience.PUBLIC, say=SAY)
    assert shown.title == "重阳走访"
    assert shown.people == shown.visited == ()


def test_a_public_feed_is_never_full():
    with pytest.raises(ValueError, match="public"):
        disclose(VISIT, Privacy.FULL, Audience.PUBLIC, say=SAY)


@pytest.mark.parametrize(("level", "audience"), ALLOWED)
def test_stamps_and_times_are_the_same_for_every_reader(level, audience):
    shown = disclose(VISIT, level, audience, say=SAY)
    assert (shown.uid, shown.sequence, shown.changed_at) == (VISIT.uid, VISIT.sequence, VISIT.changed_at)
    assert (shown.status, shown.span) == (VISIT.status, VISIT.span)


@pytest.mark.parametrize(
    ("level", "audience", "title"),
    [
        (Privacy.FULL, Audience.OWN, "李淑兰看望何老"),
        (Privacy.FULL, Audience.OFFICE, "李淑兰看望某某"),
        (Privacy.INITIALS, Audience.OWN, "李某某看望某某"),
        (Privacy.INITIALS, Audience.OFFICE, "李某某看望某某"),
        (Privacy.INITIALS, Audience.PUBLIC, "某某看望某某"),
        (Privacy.BUSY, Audience.OWN, "有活动"),
    ],
)
def test_names_written_into_a_title_are_reduced_like_those_in_the_lists(level, audience, title):
    entry = replace(VISIT, title="李淑兰看望何玉兰")
    assert disclose(entry, level, audience, say=SAY).title == title


@pytest.mark.parametrize("kind", ["hospital", "condolence"])
@pytest.mark.parametrize(("level", "audience"), ALLOWED)
def test_no_feed_tells_that_somebody_is_ill_or_has_died(kind, level, audience):
    entry = replace(
        VISIT,
        kind=kind,
        title="老干部住院探视",
        place="县人民医院内三科",
        category="住院探视",
        note="何老手术后第二天",
    )
    shown = disclose(entry, level, audience, say=SAY)
    assert shown.title in {"走访", "有活动"}
    assert shown.visited == ()
    for word in ("住院", "医院", "手术", "探视", "何老"):
        assert word not in _texts(shown)


def test_a_telling_title_of_another_kind_is_not_shown_beside_somebody_visited():
    entry = replace(VISIT, kind="other", title="看望住院的老同志", place="县医院")
    shown = disclose(entry, Privacy.FULL, Audience.OWN, say=SAY)
    assert (shown.title, shown.place) == ("走访", "")


def test_a_check_up_for_everybody_keeps_its_title_and_names_nobody_served():
    entry = replace(VISIT, kind="health", title="老干部健康体检", place="县人民医院体检中心", visited=())
    shown = disclose(entry, Privacy.FULL, Audience.OWN, say=SAY)
    assert (shown.title, shown.place) == ("老干部健康体检", "县人民医院体检中心")
    assert disclose(replace(entry, visited=(HE,)), Privacy.FULL, Audience.OWN, say=SAY).visited == ()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("联系电话：199 0000 1234", ""),
        ("看望老同志（19900001234）", "看望老同志"),
        ("0431-8765432 值班", "值班"),
        ("（0431）8765432 值班", "值班"),
        ("+86 199-0000-1234 集合", "集合"),
        ("１９９００００１２３４", ""),
        ("一九九零零零零一二三四", ""),
        ("身份证 22010119390321001X 核对", "核对"),
        ("发放慰问金500元", "发放慰问金"),
        ("慰问金 1,200.50 元", "慰问金"),
        ("慰问金五百元", "慰问金"),
        ("慰问金￥300", "慰问金"),
        ("20余万元项目", "项目"),
        ("RMB 500 for each", "for each"),
        ("500 yuan each", "each"),
        ("请看 https://example.org/v/abc 集合", "请看 集合"),
        ("报名 someone@example.com", "报名"),
    ],
)
def test_free_text_loses_numbers_amounts_and_addresses(text, kept):
    assert scrubbed(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21 重阳走访",
        "2026.11.21-2026.11.23 参观",
        "2026-2027年度计划",
        "第3支部2单元301",
        "9:00-11:30 集合",
        "元旦送温暖",
        "3元旦活动",
        "一元复始",
        "三元镇",
        "60余人座谈",
        "每月15日政治学习",
        "a  b",
    ],
)
def test_free_text_keeps_days_and_small_numbers(text):
    assert scrubbed(text) == text


@given(
    st.sampled_from(ALLOWED),
    st.text(alphabet="县医院 （：，走访", max_size=6),
    st.from_regex(r"1[3-9][0-9]{9}|[1-9][0-9]{16}[0-9X]|0[0-9]{2,3}-[0-9]{7,8}", fullmatch=True),
    st.text(alphabet="元 ）。，集合", max_size=6),
)
def test_no_text_of_a_feed_carries_a_telephone_or_identity_number(allowed, before, number, after):
    level, audience = allowed
    text = before + number + after
    entry = replace(VISIT, title=text, place=text, category=text, note=text)
    shown = _texts(disclose(entry, level, audience, say=SAY))
    assert number not in shown
    assert sum(letter.isdigit() for letter in shown) == 0


@given(st.text(), st.sampled_from(ALLOWED))
def test_any_text_can_be_disclosed(text, allowed):
    level, audience = allowed
    entry = replace(
        VISIT, title=text, place=text, note=text, category=text, people=(PersonName(text, text, text),)
    )
    assert disclose(entry, level, audience, say=SAY).title
