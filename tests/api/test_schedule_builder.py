"""The schedule builder: whatever the grammar can say opens in it and comes back the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.forms.schedule import Pattern, read_schedule, typed_schedule
from api.forms.typed import Reading
from calendars.schedules import Schedule, parse_schedule, write_schedule
from tests.calendars.test_schedules import schedules
from wording.sentences import is_known


def said(typed, present=None):
    reading = Reading(typed)
    text = read_schedule(reading, present=present)
    return text, {fault.field: fault.key for fault in reading.faults}


@given(schedules)
def test_every_schedule_opens_in_the_builder_and_comes_back_as_the_same_text(schedule: Schedule) -> None:
    text = write_schedule(schedule)
    assert said(typed_schedule(text)) == (text, {})


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("RRULE:FREQ=WEEKLY;BYDAY=SA", Pattern.WEEKLY),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYMONTH=3,4,5;BYDAY=MO,WE", Pattern.WEEKLY),
        ("RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20270630", Pattern.WEEKLY),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=15", Pattern.MONTHLY),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=10,25;COUNT=6", Pattern.MONTHLY),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=-1", Pattern.MONTHLY),
        ("RRULE:FREQ=MONTHLY;BYDAY=2SA,4SA", Pattern.MONTHLY),
        ("RRULE:FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR;shift=-3WD", Pattern.MONTHLY),
        ("RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", Pattern.MONTHLY),
        ("RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5", Pattern.YEARLY),
        ("RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=2SU", Pattern.YEARLY),
        ("RRULE:FREQ=YEARLY", Pattern.YEARLY),
        ("RRULE:FREQ=DAILY;INTERVAL=10", Pattern.DAILY),
        ("DATES:2026-03-05,2026-06-01", Pattern.DATES),
        ("FESTIVAL:重阳节;shift=-3WD", Pattern.FESTIVAL),
        ("FESTIVAL:double_ninth", Pattern.FESTIVAL),
        ("LUNAR:9-9;shift=+2D", Pattern.LUNAR),
        ("TERM:清明", Pattern.TERM),
        ("BIRTHDAY:decade;shift=-1D", Pattern.BIRTHDAY),
        ("CADENCE:P90D", Pattern.CADENCE),
        ("CASE:hospital;within=P2D", Pattern.CASE),
    ],
)
def test_what_offices_plan_by_is_a_sentence_and_not_a_text(text: str, pattern: Pattern) -> None:
    typed = typed_schedule(text)
    assert typed["pattern"] == pattern
    assert said({**typed, "schedule": ""}) == (text, {})


@pytest.mark.parametrize(
    "text",
    [
        "RRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
        "RRULE:FREQ=WEEKLY;BYDAY=SA,MO",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU",
    ],
)
def test_a_rule_beyond_the_sentence_stands_as_its_text(text: str) -> None:
    assert typed_schedule(text) == {"pattern": "text", "schedule": text}
    assert said(typed_schedule(text)) == (text, {})


def test_what_says_the_same_keeps_its_spelling() -> None:
    present = "festival：重阳节; shift＝-3wd"
    assert said(typed_schedule(present), present) == (present, {})
    assert said(typed_schedule(present)) == ("FESTIVAL:重阳节;shift=-3WD", {})


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "pattern"),
        ({"pattern": "hourly"}, "pattern"),
        ({"pattern": "weekly", "every": "0"}, "every"),
        ({"pattern": "weekly", "every": "two"}, "every"),
        ({"pattern": "monthly", "on_day": "32"}, "on_day"),
        ({"pattern": "monthly", "on_day": "9SA"}, "on_day"),
        ({"pattern": "monthly", "on_day": "15", "and_day": "2SA"}, "and_day"),
        ({"pattern": "monthly", "on_day": "1WD", "and_day": "15"}, "and_day"),
        ({"pattern": "yearly", "on_day": "5"}, "month_1"),
        ({"pattern": "yearly", "on_day": "1WD", "month_3": "yes", "month_4": "yes"}, "on_day"),
        ({"pattern": "weekly", "stop": "until"}, "stop_on"),
        ({"pattern": "weekly", "stop": "count", "stop_after": "0"}, "stop_after"),
        ({"pattern": "festival"}, "festival"),
        ({"pattern": "festival", "festival": "泼水节"}, "festival"),
        ({"pattern": "lunar", "lunar_month": "13", "lunar_day": "1"}, "lunar_month"),
        ({"pattern": "lunar", "lunar_month": "9"}, "lunar_day"),
        ({"pattern": "term", "term": "冷"}, "term"),
        ({"pattern": "birthday"}, "birthday"),
        ({"pattern": "cadence", "cadence": "90", "cadence_unit": "H"}, "cadence_unit"),
        ({"pattern": "cadence", "cadence": "99999", "cadence_unit": "Y"}, "cadence"),
        ({"pattern": "case", "case_within": "2", "case_unit": "D"}, "case_kind"),
        ({"pattern": "dates", "dates": "2026-02-30"}, "dates"),
        ({"pattern": "dates", "dates": "1666-02-03"}, "dates"),
        ({"pattern": "dates", "dates": "、"}, "dates"),
        ({"pattern": "text", "schedule": "RRULE:FREQ=HOURLY"}, "schedule"),
        ({"pattern": "term", "term": "清明", "shift_side": "before"}, "shift"),
        ({"pattern": "term", "term": "清明", "shift_side": "before", "shift": "3"}, "shift_unit"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(typed: dict[str, str], field: str) -> None:
    text, faults = said(typed)
    assert text is None
    assert field in faults
    assert all(is_known(key) for key in faults.values())


def test_days_may_be_written_as_people_write_them() -> None:
    typed = {"pattern": "dates", "dates": "2026年6月1日、2026/3/5\n2026-03-05"}
    assert said(typed)[0] == "DATES:2026-03-05,2026-06-01"


BY_SCHEDULE = [
    typed_schedule(text) for text in ("RRULE:FREQ=MONTHLY;BYDAY=2SA;UNTIL=20270630", "LUNAR:9-9;shift=-3WD")
]
FIELDS = st.sampled_from(
    [
        *(name for typed in BY_SCHEDULE for name in typed),
        *("on_MO", "and_day", "stop_after", "festival", "term", "birthday", "cadence", "cadence_unit"),
        *("case_kind", "case_within", "case_unit", "dates"),
    ]
)
VALUES = st.text() | st.sampled_from(
    [
        *Pattern,
        *("yes", "1", "2", "31", "2SA", "-1WD", "until", "count", "before", "after", "WD", "D", "P9D", "all"),
        *("hospital", "重阳节", "清明", "2026-03-05"),
    ]
)


@given(st.dictionaries(FIELDS, VALUES, max_size=9))
def test_whatever_is_typed_is_a_schedule_or_a_fault(typed: dict[str, str]) -> None:
    text, faults = said(typed)
    assert bool(faults) != (text is not None)
    if text is not None:
        parse_schedule(text)
