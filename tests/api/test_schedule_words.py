"""Schedules in words, in each language."""

from datetime import date

import pytest
from hypothesis import given

from api.presenters.schedules import schedule_words
from calendars.schedules import Schedule, write_schedule
from models.enums import OnHoliday
from tests.calendars.test_schedules import schedules
from wording.sentences import languages

TODAY = date(2026, 9, 15)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RRULE:FREQ=DAILY", "每天"),
        ("RRULE:FREQ=DAILY;INTERVAL=10", "每 10 天"),
        ("RRULE:FREQ=WEEKLY;BYDAY=SA", "每周六"),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "每 2 周 周一、周三"),
        ("RRULE:FREQ=WEEKLY;BYMONTH=3,4;BYDAY=MO", "每周一（只在3月、4月）"),
        ("RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20270630", "每周四，到 2027年6月30日 周三为止"),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=15", "每月15日"),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=10,-1;COUNT=6", "每月10日、最后一天，共 6 次"),
        ("RRULE:FREQ=MONTHLY;INTERVAL=3;BYDAY=2SA", "每 3 个月第 2 个周六"),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR;shift=-3WD", "每月最后一个周五前 3 个工作日"),
        ("RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "每月周一到周五里的第 1 天"),
        ("RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5", "每年3月5日"),
        ("DATES:2026-10-05,2026-12-01", "10月5日 周一、12月1日 周二"),
        ("DATES:2026-10-05,2026-10-06,2026-10-07,2026-10-08", "指定的 4 天"),
        ("FESTIVAL:double_ninth;shift=-3WD", "重阳节前 3 个工作日"),
        ("LUNAR:9-9;shift=+1D", "农历九月初九后 1 天"),
        ("TERM:清明", "清明（节气）"),
        ("BIRTHDAY:decade", "逢十寿辰"),
        ("CADENCE:P90D", "距上次 90 天"),
        ("CASE:hospital;within=P2D", "住院个案报来 2 天内"),
        ("RRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "RRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"),
    ],
)
def test_a_schedule_is_said_as_people_say_it(text: str, words: str) -> None:
    assert schedule_words(text, today=TODAY, language="zh_Hans") == words


def test_what_happens_on_days_off_follows() -> None:
    said = schedule_words(
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=15", on_holiday=OnHoliday.NEXT_WORKDAY, today=TODAY, language="zh_Hans"
    )
    assert said == "每月15日，遇公休顺延"


@given(schedules)
def test_every_schedule_is_said_in_every_language(schedule: Schedule) -> None:
    text = write_schedule(schedule)
    for language in languages():
        assert schedule_words(text, today=TODAY, language=language).strip()
