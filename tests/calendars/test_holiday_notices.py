"""Pasted notices of holidays: the days that real ones came to, however they are typed; what is odd is told."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.holiday_notices import NoticeRead, read_notice
from calendars.workdays import Workdays, YearCalendar

# What the State Council announced, in the wording that its notices had in each of these years.
NOTICES = {
    2019: """
一、元旦：2018年12月30日至2019年1月1日放假调休，共3天。2018年12月29日（星期六）上班。
二、春节：2月4日至10日放假调休，共7天。2月2日（星期六）、2月3日（星期日）上班。
三、清明节：4月5日放假，与周末连休。
四、劳动节：5月1日至4日放假调休，共4天。4月28日（星期日）、5月5日（星期日）上班。
五、端午节：6月7日放假，与周末连休。
六、中秋节：9月13日放假，与周末连休。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。""",
    2021: """
一、元旦：2021年1月1日至3日放假，共3天。
二、春节：2月11日至17日放假调休，共7天。2月7日（星期日）、2月20日（星期六）上班。
三、清明节：4月3日至5日放假调休，共3天。
四、劳动节：5月1日至5日放假调休，共5天。4月25日（星期日）、5月8日（星期六）上班。
五、端午节：6月12日至14日放假，共3天。
六、中秋节：9月19日至21日放假调休，共3天。9月18日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月26日（星期日）、10月9日（星期六）上班。""",
    2022: """
一、元旦：2022年1月1日至3日放假，共3天。
二、春节：1月31日至2月6日放假调休，共7天。1月29日（星期六）、1月30日（星期日）上班。
三、清明节：4月3日至5日放假调休，共3天。4月2日（星期六）上班。
四、劳动节：4月30日至5月4日放假调休，共5天。4月24日（星期日）、5月7日（星期六）上班。
五、端午节：6月3日至5日放假，共3天。
六、中秋节：9月10日至12日放假，共3天。
七、国庆节：10月1日至7日放假调休，共7天。10月8日（星期六）、10月9日（星期日）上班。""",
    2023: """
一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。
二、春节：1月21日至27日放假调休，共7天。1月28日（星期六）、1月29日（星期日）上班。
三、清明节：4月5日放假，共1天。
四、劳动节：4月29日至5月3日放假调休，共5天。4月23日（星期日）、5月6日（星期六）上班。
五、端午节：6月22日至24日放假调休，共3天。6月25日（星期日）上班。
六、中秋节、国庆节：9月29日至10月6日放假调休，共8天。10月7日（星期六）、10月8日（星期日）上班。""",
    2024: """
一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。""",
    2025: """
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。""",
    2026: """
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。""",
}
HEAD = "国务院办公厅关于{year}年部分节假日安排的通知\n各省人民政府：\n现将{year}年放假调休日期的具体安排通知如下。\n"
TAIL = "\n节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。\n国务院办公厅\n{before}年11月4日"


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=passed) for passed in range((date(year, 12, 31) - first).days + 1)]


def codes(read: NoticeRead) -> list[str]:
    return [doubt.code for doubt in read.doubts]


@pytest.mark.parametrize("year", NOTICES)
def test_a_real_notice_comes_to_the_working_days_that_the_year_had(year):
    read = read_notice(HEAD.format(year=year) + NOTICES[year] + TAIL.format(before=year - 1), year)
    assert read.doubts == ()
    typed, known = Workdays.of({year: read.calendar}), Workdays.of()
    differing = [day for day in days_of(year) if typed.is_workday(day) != known.is_workday(day)]
    assert differing == []


@pytest.mark.parametrize("year", NOTICES)
def test_the_same_notice_may_be_typed_in_many_ways(year):
    asked = read_notice(NOTICES[year], year).calendar
    for typed in (
        NOTICES[year].replace("（", "(").replace("）", ")").replace("：", ":"),
        NOTICES[year].replace("星期", "周").replace("至", "—"),
        NOTICES[year].replace("周", "星期") if "周末" not in NOTICES[year] else NOTICES[year],
        NOTICES[year].replace("至", "～").replace("日", "日 ").replace("月", " 月 "),
        NOTICES[year].translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        NOTICES[year].replace("。", "；").replace("\n", "\r\n"),
        NOTICES[year].replace("调", "調").replace("节", "節").replace("号", "號"),
        NOTICES[year].replace("放假", "放\n假"),
    ):
        read = read_notice(typed, year)
        assert read.calendar == asked, typed[:40]
        assert read.doubts == ()


def test_a_sentence_is_told_with_the_days_that_it_names():
    read = read_notice("春节：2月15日至17日放假调休，共3天。2月14日（周六）上班。", 2026)
    assert [(each.text, len(each.free), each.work) for each in read.understood] == [
        ("春节:2月15日至17日放假调休,共3天", 3, ()),
        ("2月14日(周六)上班", 0, (date(2026, 2, 14),)),
    ]


def test_one_sentence_may_say_both_what_is_free_and_what_is_worked():
    read = read_notice("劳动节5月1日至5日放假，共5天，5月9日（周六）上班", 2026)
    assert read.calendar == YearCalendar(
        frozenset(date(2026, 5, day) for day in range(1, 6)), frozenset({date(2026, 5, 9)})
    )


def test_days_may_be_listed_with_their_month_once():
    read = read_notice("元旦：1月1日、2日、3日放假。2月14日（周六）、28日（周六）上班。", 2026)
    assert sorted(read.calendar.free) == [date(2026, 1, day) for day in (1, 2, 3)]
    assert sorted(read.calendar.work) == [date(2026, 2, 14), date(2026, 2, 28)]


def test_a_december_is_that_of_the_year_before_where_the_sentence_says_so():
    across = read_notice("元旦：12月30日至1月1日放假调休，共3天。12月29日（星期六）上班。", 2019)
    assert across.doubts == ()
    assert min(across.calendar.free) == date(2018, 12, 30)
    assert across.calendar.work == {date(2018, 12, 29)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("春节：2月15日（周一）至23日放假，共9天。", "weekday"),
        ("春节：2月15日至23日放假，共8天。", "count"),
        ("清明节：4月31日放假。", "no_such_day"),
        ("清明节：5日放假。", "no_such_day"),
        ("国庆节：2024年10月1日放假。", "other_year"),
        ("国庆节：10月1日至11月7日放假。", "too_long"),
        ("国庆节：10月8日（周四）上班。", "weekday_worked"),
        ("国庆节：10月10日放假。10月10日（周六）上班。", "both"),
        ("安排职工在除夕（2月16日）休息，2月16日可以安排休息。", "not_understood"),
        ("国务院办公厅关于2025年部分节假日安排的通知", "title_year"),
    ],
)
def test_what_cannot_be_right_is_told_and_taken_out(text, code):
    read = read_notice(text, 2026)
    assert codes(read) == [code]
    assert read.calendar == YearCalendar(frozenset(), frozenset())


def test_the_notice_of_another_year_gives_itself_away():
    read = read_notice(NOTICES[2025], 2026)
    assert "weekday" in codes(read)


def test_words_without_days_say_nothing():
    assert read_notice("放假期间请注意安全，祝节日快乐", 2026) == NoticeRead(
        YearCalendar(frozenset(), frozenset()), (), ()
    )


@given(st.text(alphabet="0123456789年月日至、，。（）周六休放假上班共天调-—:\n 春节", max_size=200))
def test_whatever_is_pasted_is_read_without_a_fall(text):
    read = read_notice(text, 2026)
    for day in read.calendar.free | read.calendar.work:
        assert date(2025, 12, 1) <= day <= date(2027, 1, 31)
    assert not read.calendar.free & read.calendar.work


@given(st.text(max_size=300))
def test_nor_does_any_other_text_make_it_fall(text):
    read_notice(text, 2026)
