"""What pages show, from what the work knows."""

from datetime import date

import pytest

from api.presenters.cards import TINTS, kind_mark
from api.presenters.days import day_heading
from api.presenters.periods import period_links, period_words
from api.presenters.tally import GROUPS
from api.presenters.words import address
from calendars.periods import parse_period
from calendars.workdays import Workdays
from outreach.kind_marks import KindMark, KindMarks
from outreach.metrics import definitions
from wording.sentences import is_known, languages

TODAY = date(2026, 11, 4)
WORKDAYS = Workdays.of({})


def heading(day: date, language: str = "zh_Hans"):
    return day_heading(day, workdays=WORKDAYS, today=TODAY, language=language)


def test_a_day_is_headed_by_its_lunar_date_its_festival_and_whether_it_is_free():
    shown = heading(date(2026, 9, 25))
    assert (shown.number, shown.weekday) == ("9月25日", "周五")
    assert (shown.lunar, shown.festival, shown.mark) == ("八月十五", "中秋节", "rest")


def test_a_make_up_day_is_marked_and_a_plain_weekend_is_not():
    assert heading(date(2026, 9, 20)).mark == "work"
    assert heading(date(2026, 11, 7)).mark == ""


def test_today_is_neither_over_nor_another_day():
    marks = [(shown.is_today, shown.is_over) for shown in map(heading, (date(2026, 11, 3), TODAY))]
    assert marks == [(False, True), (True, False)]


def test_a_kind_of_the_offices_own_is_marked_by_the_first_character_of_the_title():
    assert kind_mark("tea", "茶话会", "zh_Hans") == ("茶", 7, "tea")


def test_a_mark_that_the_office_chose_goes_before_the_programs_own():
    chosen = {"study": KindMark("读", 6), "tea": KindMark("", 3)}
    marks = KindMarks(chosen, {"tea": "茶话会"})
    assert kind_mark("study", "", "zh_Hans", marks) == ("读", 6, "学习")
    assert kind_mark("study", "", "en", marks)[:2] == ("SD", 6)
    assert kind_mark("tea", "春茶", "en", marks) == ("茶", 3, "茶话会")
    assert kind_mark("rural", "", "zh_Hans", marks)[:2] == ("乡", 1)


@pytest.mark.parametrize("kind", TINTS)
def test_every_kind_that_has_a_tint_has_a_mark_in_every_language(kind):
    marks = [kind_mark(kind, "", language)[0] for language in languages()]
    assert [len(mark) for mark in marks] == [1, 1, 2]


def test_every_metric_has_its_part_of_the_table():
    homeless = {
        code
        for code in definitions()
        if not any(code.partition(".")[0] in prefixes for prefixes in GROUPS.values())
    }
    assert homeless == set()
    assert all(is_known(f"pages.group_{key}") for key in GROUPS)


@pytest.mark.parametrize(
    ("period", "before", "after", "month", "quarter"),
    [
        ("2026-01", "2025-12", "2026-02", "2026-01", "2026-Q1"),
        ("2026-12", "2026-11", "2027-01", "2026-12", "2026-Q4"),
        ("2026-Q1", "2025-Q4", "2026-Q2", "2026-03", "2026-Q1"),
        ("2026-Q4", "2026-Q3", "2027-Q1", "2026-11", "2026-Q4"),
        ("2026", "2025", "2027", "2026-11", "2026-Q4"),
        ("2025", "2024", "2026", "2025-12", "2025-Q4"),
    ],
)
def test_a_period_leads_beside_itself_and_to_the_others_at_its_place(period, before, after, month, quarter):
    links = period_links(parse_period(period), today=TODAY)
    assert [str(links.before), str(links.after)] == [before, after]
    assert [str(links.month), str(links.quarter), str(links.year)] == [month, quarter, period[:4]]


def test_at_the_ends_of_the_calendar_there_is_nothing_beside():
    assert period_links(parse_period("0001-01"), today=TODAY).before is None
    assert period_links(parse_period("9999"), today=TODAY).after is None


@pytest.mark.parametrize(
    ("period", "words"), [("2026-09", "2026年9月"), ("2026-Q3", "2026年第三季度"), ("2026", "2026年")]
)
def test_a_period_is_said_with_its_year(period, words):
    assert period_words(parse_period(period), language="zh_Hans") == words


def test_an_address_asks_only_for_what_is_given():
    assert address("/tally/2026", unit="X 1", after=None) == "/tally/2026?unit=X+1"
    assert address("/tally/2026", unit="") == "/tally/2026"
