import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.festivals import FESTIVALS
from calendars.lunar_table import TERM_NAMES
from calendars.schedules import (
    Birthday,
    BirthdayKind,
    Cadence,
    CaseVisit,
    Dates,
    Festival,
    Frequency,
    Interval,
    LunarDay,
    NthWeekday,
    Recurrence,
    Schedule,
    ScheduleFault,
    Shift,
    ShiftUnit,
    SolarTerm,
    Weekday,
    parse_interval,
    parse_lunar_day,
    parse_schedule,
    write_schedule,
)
from wording.sentences import keys

ROOT = Path(__file__).parents[2]

shifts = st.none() | st.builds(
    Shift, st.integers(-3660, 3660).filter(lambda amount: amount != 0), st.sampled_from(ShiftUnit)
)
intervals = st.builds(Interval, st.integers(1, 100), st.sampled_from("DWMY"))


def numbers(largest: int, *, negative: bool = True) -> st.SearchStrategy[tuple[int, ...]]:
    signed = st.integers(1, largest) | (st.integers(-largest, -1) if negative else st.nothing())
    return st.lists(signed, max_size=4, unique=True).map(tuple)


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    """Any rule that RFC 5545 allows at day level."""
    frequency = draw(st.sampled_from(Frequency))
    yearly = frequency is Frequency.YEARLY
    weeks = draw(numbers(53)) if yearly else ()
    counted = (yearly and not weeks) or frequency is Frequency.MONTHLY
    ordinals = st.none() | st.integers(1, 5) | st.integers(-5, -1) if counted else st.none()
    weekdays = st.lists(
        st.builds(NthWeekday, st.sampled_from(Weekday), ordinals), max_size=4, unique=True
    ).map(tuple)
    months, month_days = draw(numbers(12, negative=False)), draw(numbers(31))
    parts = {
        "by_month": months,
        "by_week_number": weeks,
        "by_year_day": draw(numbers(366)) if yearly else (),
        "by_month_day": month_days if frequency is not Frequency.WEEKLY else (),
        "by_day": draw(weekdays),
    }
    end = draw(st.sampled_from(["never", "until", "count"]))
    return Recurrence(
        frequency=frequency,
        interval=draw(st.integers(1, 6)),
        until=draw(st.dates(date(1900, 1, 1))) if end == "until" else None,
        count=draw(st.integers(1, 99)) if end == "count" else None,
        by_set_position=draw(numbers(5)) if any(parts.values()) else (),
        week_start=draw(st.sampled_from(Weekday)),
        shift=draw(shifts),
        **parts,
    )


all_days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
schedules: st.SearchStrategy[Schedule] = st.one_of(
    recurrences(),
    st.builds(Dates, st.sets(all_days, min_size=1, max_size=9).map(lambda days: tuple(sorted(days))), shifts),
    st.builds(Festival, st.sampled_from(sorted(FESTIVALS)), shifts),
    st.builds(LunarDay, st.integers(1, 12), st.integers(1, 30), shifts),
    st.builds(SolarTerm, st.sampled_from(TERM_NAMES), shifts),
    st.builds(Birthday, st.sampled_from(BirthdayKind), shifts),
    st.builds(Cadence, intervals, shifts),
    st.builds(CaseVisit, st.from_regex(r"[a-z_]{1,20}", fullmatch=True), intervals, shifts),
)


@given(schedules)
def test_what_is_written_is_read_back_as_the_same_schedule(schedule: Schedule) -> None:
    assert parse_schedule(write_schedule(schedule)) == schedule


@given(schedules)
def test_writing_again_changes_nothing(schedule: Schedule) -> None:
    text = write_schedule(schedule)
    assert write_schedule(parse_schedule(text)) == text


WORDS = """
    RRULE: DATES: FESTIVAL: LUNAR: TERM: BIRTHDAY: CADENCE: CASE: FREQ=MONTHLY FREQ=YEARLY ;shift= ;within= -3WD +7D ; ,
    BYDAY= BYMONTHDAY= BYWEEKNO= BYSETPOS= UNTIL= COUNT= INTERVAL= WKST= -1FR MO 2026-03-05 20261231 99991231
    0001-01-01 9999-12-31 P90D P999999Y 9-30 春节 清明 all decade hospital = : ： ； 0 -1 ٣ ３ 999999999999999999999
"""
GRAMMAR = st.lists(st.sampled_from([*WORDS.split(), "\0", " "]), max_size=8).map("".join)


@given(st.text() | GRAMMAR | st.integers(4000, 6000).map(lambda n: f"LUNAR:9-9;shift=-{'9' * n}WD"))
def test_any_text_is_a_schedule_or_a_schedule_fault(text: str) -> None:
    try:
        schedule = parse_schedule(text)
    except ScheduleFault as fault:
        said = (
            fault.code,
            all(isinstance(value, str) and "\0" not in value for value in fault.values.values()),
        )
    else:
        said = "", parse_schedule(write_schedule(schedule)) == schedule
    assert said[1], said


@given(st.text() | st.integers().map(lambda n: f"P{n}D") | st.just("P" + "9" * 5000 + "Y"))
def test_any_text_is_an_interval_or_a_schedule_fault(text: str) -> None:
    try:
        interval = parse_interval(text)
    except ScheduleFault:
        return
    assert parse_interval(str(interval)) == interval


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=20", Recurrence(Frequency.MONTHLY, by_month_day=(20,))),
        (
            "RRULE:FREQ=MONTHLY;BYDAY=-1FR;shift=+2D",
            Recurrence(
                Frequency.MONTHLY, by_day=(NthWeekday(Weekday.FRIDAY, -1),), shift=Shift(2, ShiftUnit.DAYS)
            ),
        ),
        ("DATES:2026-03-05,2026-06-01", Dates((date(2026, 3, 5), date(2026, 6, 1)))),
        ("FESTIVAL:重阳节;shift=-3WD", Festival("重阳节", Shift(-3, ShiftUnit.WORKDAYS))),
        ("FESTIVAL:double_ninth", Festival("double_ninth")),
        ("LUNAR:9-9", LunarDay(9, 9)),
        ("TERM:清明", SolarTerm("清明")),
        ("BIRTHDAY:all", Birthday(BirthdayKind.ALL)),
        ("BIRTHDAY:decade;shift=-1D", Birthday(BirthdayKind.DECADE, Shift(-1, ShiftUnit.DAYS))),
        ("CADENCE:P90D", Cadence(Interval(90, "D"))),
        ("CASE:hospital;within=P2D", CaseVisit("hospital", Interval(2, "D"))),
        (
            "CASE:住院;within=P1W;shift=+1WD",
            CaseVisit("住院", Interval(1, "W"), Shift(1, ShiftUnit.WORKDAYS)),
        ),
    ],
)
def test_each_form_is_read_and_written(text: str, schedule: Schedule) -> None:
    assert parse_schedule(text) == schedule
    assert write_schedule(schedule) == text


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  festival:重阳节 ; SHIFT = 3wd ", "FESTIVAL:重阳节;shift=+3WD"),
        ("FESTIVAL：重阳节；shift＝－３WD", "FESTIVAL:重阳节;shift=-3WD"),
        ("FESTIVAL:Double_Ninth", "FESTIVAL:double_ninth"),
        ("DATES:2026-06-01, 2026-03-05,2026-06-01", "DATES:2026-03-05,2026-06-01"),
        ("LUNAR:09-09", "LUNAR:9-9"),
        ("rrule:byday=1mo,+1mo,tu;freq=monthly;interval=1;wkst=mo", "RRULE:FREQ=MONTHLY;BYDAY=1MO,TU"),
        ("CASE:hospital;shift=-1WD;within=p02d", "CASE:hospital;within=P2D;shift=-1WD"),
        ("RRULE:FREQ=DAILY;shift=-1WD;COUNT=3", "RRULE:FREQ=DAILY;COUNT=3;shift=-1WD"),
    ],
)
def test_what_people_type_is_brought_into_the_normal_spelling(text: str, normal: str) -> None:
    assert write_schedule(parse_schedule(text)) == normal


REFUSED = {
    "": "empty",
    "\0": "unknown_form",
    "每月二十日": "unknown_form",
    "FREQ=MONTHLY": "unknown_form",
    "LUNAR:9-9" + " " * 20_000: "too_long",
    "LUNAR:": "argument_missing",
    "LUNAR:9-9;within=P2D": "unknown_option",
    "LUNAR:9-9;": "unknown_option",
    "LUNAR:9-9;shift=-1D;shift=-2D": "option_twice",
    "LUNAR:9-9;shift=-3": "bad_shift",
    "LUNAR:9-9;shift=0WD": "zero_shift",
    "LUNAR:9-9;shift=-00D": "zero_shift",
    "LUNAR:9-9;shift=-99999D": "shift_too_long",
    "LUNAR:13-1": "bad_lunar_day",
    "LUNAR:1-31": "bad_lunar_day",
    "LUNAR:0-1": "bad_lunar_day",
    "DATES:2026-02-30": "bad_date",
    "DATES:2026-03-05,": "bad_date",
    "DATES:0001-01-01": "year_out_of_range",
    "DATES:9999-12-31": "year_out_of_range",
    "FESTIVAL:圣诞节": "unknown_festival",
    "TERM:元旦": "unknown_term",
    "BIRTHDAY:some": "bad_birthday",
    "CADENCE:P0D": "bad_interval",
    "CADENCE:P1M15D": "bad_interval",
    "CADENCE:90": "bad_interval",
    "CADENCE:P999999999Y": "interval_too_long",
    "CASE:hospital": "within_missing",
    "CASE:a b;within=P2D": "bad_case_kind",
    "CASE:hospital;within=PT48H": "bad_interval",
    "RRULE:": "unknown_rule_part",
    "RRULE:INTERVAL=2": "frequency_missing",
    "RRULE:FREQ=SOMETIMES": "unknown_frequency",
    "RRULE:FREQ=HOURLY": "finer_than_day",
    "RRULE:FREQ=DAILY;BYHOUR=9": "finer_than_day",
    "RRULE:FREQ=DAILY;BYEASTER=0": "unknown_rule_part",
    "RRULE:FREQ=DAILY;FREQ=DAILY": "rule_part_twice",
    "RRULE:FREQ=DAILY;COUNT=": "rule_value_missing",
    "RRULE:FREQ=DAILY;COUNT=3;UNTIL=20261231": "until_with_count",
    "RRULE:FREQ=DAILY;COUNT=0": "rule_number_out_of_range",
    "RRULE:FREQ=DAILY;INTERVAL=0": "rule_number_out_of_range",
    "RRULE:FREQ=DAILY;INTERVAL=9999999999999999999": "rule_number_out_of_range",
    "RRULE:FREQ=DAILY;UNTIL=2026-12-31": "bad_until",
    "RRULE:FREQ=DAILY;UNTIL=20261231T000000Z": "bad_until",
    "RRULE:FREQ=DAILY;UNTIL=20260230": "bad_date",
    "RRULE:FREQ=DAILY;BYSETPOS=1": "set_position_alone",
    "RRULE:FREQ=DAILY;BYMONTH=13": "rule_number_out_of_range",
    "RRULE:FREQ=DAILY;BYMONTH=-1": "rule_number_out_of_range",
    "RRULE:FREQ=DAILY;BYMONTH=x": "rule_number_bad",
    "RRULE:FREQ=WEEKLY;BYMONTHDAY=1": "rule_part_not_here",
    "RRULE:FREQ=MONTHLY;BYWEEKNO=1": "rule_part_not_here",
    "RRULE:FREQ=MONTHLY;BYYEARDAY=1": "rule_part_not_here",
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=32": "rule_number_out_of_range",
    "RRULE:FREQ=WEEKLY;BYDAY=1MO": "ordinal_not_here",
    "RRULE:FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO": "ordinal_not_here",
    "RRULE:FREQ=MONTHLY;BYDAY=0MO": "rule_number_out_of_range",
    "RRULE:FREQ=MONTHLY;BYDAY=XX": "bad_weekday",
    "RRULE:FREQ=WEEKLY;WKST=1MO": "bad_weekday",
    "RRULE:FREQ=WEEKLY;within=P2D": "unknown_rule_part",
}


@pytest.mark.parametrize(("text", "code"), REFUSED.items())
def test_a_text_that_is_no_schedule_is_refused_with_its_reason(text: str, code: str) -> None:
    with pytest.raises(ScheduleFault) as refused:
        parse_schedule(text)
    assert refused.value.code == code


def test_every_fault_that_can_be_raised_is_shown_above_and_has_its_sentence() -> None:
    source = (ROOT / "calendars" / "schedules.py").read_text(encoding="utf-8")
    raised = set(re.findall(r'ScheduleFault\(\s*"(\w+)"', source))
    assert raised == set(REFUSED.values())
    assert {f"schedules.{code}" for code in raised} <= keys("schedules")


@pytest.mark.parametrize(
    ("interval", "day", "after"),
    [
        ("P90D", "2026-09-03", "2026-12-02"),
        ("P2W", "2026-12-25", "2027-01-08"),
        ("P6M", "2026-08-31", "2027-02-28"),
        ("P1M", "2028-01-31", "2028-02-29"),
        ("P12M", "2026-12-31", "2027-12-31"),
        ("P1Y", "2028-02-29", "2029-02-28"),
        ("P4Y", "2028-02-29", "2032-02-29"),
    ],
)
def test_months_and_years_clip_at_the_month_s_end(interval: str, day: str, after: str) -> None:
    assert parse_interval(interval).after(date.fromisoformat(day)) == date.fromisoformat(after)


@pytest.mark.parametrize("interval", ["P1D", "P1W", "P1M", "P1Y"])
def test_an_interval_past_the_end_of_the_calendar_is_an_overflow(interval: str) -> None:
    with pytest.raises(OverflowError):
        parse_interval(interval).after(date.max)


def test_a_lunar_day_is_month_and_day() -> None:
    assert parse_lunar_day(" 8-15 ") == (8, 15)
    with pytest.raises(ScheduleFault, match="bad_lunar_day"):
        parse_lunar_day("八月十五")
