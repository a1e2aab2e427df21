"""A campaign's year in the next: which dates, why, and that copying twice changes nothing more."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.festivals import FESTIVAL_KEYS, festival_day
from calendars.lunar import lunar_date
from calendars.schedules import parse_schedule, write_schedule
from calendars.workdays import DayKind, Workdays
from models.base import CampaignId, UnitId
from models.enums import CampaignStatus, OnHoliday
from outreach.planning.copying import Basis, Fate, carried, next_year
from outreach.planning.wanted import Course

KNOWN = Workdays.of({})


def a_course(
    schedule: str,
    first: date = date(2026, 1, 1),
    last: date = date(2026, 12, 31),
    on_holiday: OnHoliday = OnHoliday.KEEP,
) -> Course:
    return Course(
        id=CampaignId(1),
        code="C",
        name="C",
        status=CampaignStatus.ACTIVE,
        unit_id=UnitId(1),
        team_id=None,
        schedule=parse_schedule(schedule),
        starts_on=first,
        ends_on=last,
        start_time=None,
        duration_minutes=None,
        split=False,
        on_holiday=on_holiday,
        has_list=False,
    )


def copied(course: Course, year: int = 2026):
    return next_year(course, year, workdays=KNOWN)


def as_copied(course: Course, year: int = 2026) -> Course:
    """The campaign as it stands after copying."""
    made = copied(course, year)
    return replace(course, schedule=made.schedule, starts_on=made.starts_on, ends_on=made.ends_on)


def new_days(*days: date, into: int) -> list[tuple[date, Basis]]:
    found = carried(days, into)
    return [(found[day].day, found[day].basis) for day in days]


# --- days that were written down --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "goes_to"),
    [
        ("2026-02-17", "2027-02-06"),  # 春节
        ("2026-10-18", "2027-10-08"),  # 重阳
        ("2025-10-29", "2026-10-18"),  # 重阳, after a lunar year with a leap month
        ("2026-04-05", "2027-04-05"),  # 清明
        ("2027-02-05", "2028-01-25"),  # 除夕
        ("2026-07-01", "2027-07-01"),  # 七一
    ],
)
def test_a_day_on_a_festival_goes_with_its_festival(day, goes_to):
    to = date.fromisoformat(goes_to)
    assert new_days(date.fromisoformat(day), into=to.year) == [(to, Basis.FESTIVAL)]


def test_days_that_are_each_a_third_wednesday_stay_third_wednesdays():
    days = [date(2026, 3, 18), date(2026, 5, 20), date(2026, 9, 16), date(2026, 11, 18)]
    found = new_days(*days, into=2027)
    assert found == [
        (day, Basis.WEEKDAY)
        for day in (date(2027, 3, 17), date(2027, 5, 19), date(2027, 9, 15), date(2027, 11, 17))
    ]


def test_last_fridays_stay_last_fridays_whether_they_are_the_fourth_or_the_fifth():
    found = new_days(date(2026, 1, 30), date(2026, 2, 27), date(2026, 5, 29), into=2027)
    assert found == [
        (day, Basis.LAST_WEEKDAY) for day in (date(2027, 1, 29), date(2027, 2, 26), date(2027, 5, 28))
    ]


def test_days_of_one_lunar_day_keep_it_and_a_leap_month_goes_to_the_ordinary_one():
    # 初一 of 五月, of 六月 and of the leap 六月 of 2025.
    days = [date(2025, 5, 27), date(2025, 6, 25), date(2025, 7, 25)]
    lunar = [lunar_date(day) for day in days]
    assert [(each.month, each.day, each.leap) for each in lunar] == [
        (5, 1, False),
        (6, 1, False),
        (6, 1, True),
    ]
    found = new_days(*days, into=2026)
    assert [basis for _, basis in found] == [Basis.LUNAR] * 3
    assert found[1][0] == found[2][0]
    assert (lunar_date(found[1][0]).month, lunar_date(found[1][0]).day) == (6, 1)


def test_any_other_day_keeps_its_date_and_a_leap_day_becomes_the_28th():
    assert new_days(date(2026, 3, 19), into=2027) == [(date(2027, 3, 19), Basis.SAME_DATE)]
    assert new_days(date(2028, 2, 29), into=2029) == [(date(2029, 2, 28), Basis.NO_LEAP_DAY)]


def test_three_days_in_a_row_are_no_rule():
    days = [date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 5)]
    assert [basis for _, basis in new_days(*days, into=2027)] == [Basis.SAME_DATE] * 3


@given(
    days=st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), min_size=1, max_size=12),
    into=st.integers(2027, 2040),
)
def test_every_day_goes_to_a_day_of_the_year_asked_for(days, into):
    found = carried(sorted(days), into)
    assert set(found) == days
    assert {each.day.year for each in found.values()} == {into}


@given(key=st.sampled_from(FESTIVAL_KEYS), year=st.integers(1990, 2080))
def test_a_festival_goes_to_itself_whenever_the_next_year_has_it(key, year):
    day = festival_day(key, year)
    found = carried([day], day.year + 1)[day]
    of_next = {festival_day(each, asked) for each in FESTIVAL_KEYS for asked in (day.year + 1, day.year + 2)}
    assert found.basis is not Basis.FESTIVAL or found.day in of_next


# --- what becomes of a campaign ---------------------------------------------------------------------------------------


def test_a_campaign_that_lasts_into_the_next_year_goes_on_by_itself():
    assert copied(a_course("RRULE:FREQ=MONTHLY;BYMONTHDAY=15", last=date(2027, 6, 30))).fate is Fate.GOES_ON


def test_one_that_ends_with_the_year_lasts_a_year_longer_and_its_until_with_it():
    made = copied(a_course("RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20261231"))
    assert (made.fate, made.ends_on) == (Fate.LONGER, date(2027, 12, 31))
    assert write_schedule(made.schedule) == "RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20271231"


def test_one_of_a_part_of_the_year_becomes_a_campaign_of_its_own_in_step_with_itself():
    made = copied(
        a_course("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", first=date(2026, 3, 4), last=date(2026, 6, 30))
    )
    assert (made.fate, made.starts_on, made.ends_on) == (Fate.ANEW, date(2027, 3, 3), date(2027, 6, 30))
    assert (made.days[0].before.day, made.days[0].after.day) == (date(2026, 3, 4), date(2027, 3, 3))
    assert all(each.after is None or each.after.day.weekday() == 2 for each in made.days)


def test_a_rule_that_counts_its_days_counts_them_anew():
    made = copied(a_course("RRULE:FREQ=MONTHLY;BYMONTHDAY=10;COUNT=3", first=date(2026, 1, 1)))
    assert made.fate is Fate.ANEW
    assert [each.after.day for each in made.days] == [date(2027, month, 10) for month in (1, 2, 3)]


def test_dates_beside_dates_say_what_a_holiday_moved():
    made = copied(a_course("RRULE:FREQ=MONTHLY;BYMONTHDAY=15", on_holiday=OnHoliday.PREVIOUS_WORKDAY))
    by_month = {each.before.nominal.month: each for each in made.days}
    august = by_month[8]
    assert (august.before.day, august.after.day) == (date(2026, 8, 14), date(2027, 8, 13))
    assert [reason.code for reason in august.after.reason][:1] == ["moved_back_weekend"]


def test_without_an_official_notice_the_next_year_is_a_forecast():
    assert not KNOWN.is_official(2031)
    made = copied(a_course("FESTIVAL:春节;shift=-3WD", date(2030, 1, 1), date(2030, 12, 31)), 2030)
    assert made.days[0].after.forecast
    assert KNOWN.day_kind(made.days[0].after.day) is DayKind.WEEKDAY


def test_days_written_down_for_the_next_year_already_are_left_and_the_other_months_added():
    made = copied(a_course("DATES:2026-03-18,2026-05-20,2026-09-16,2027-03-25", last=date(2027, 12, 31)))
    assert made.fate is Fate.MORE_DAYS
    assert write_schedule(made.schedule).endswith("2027-03-25,2027-05-19,2027-09-15")
    assert {each.after.day for each in made.days if each.before is None} == {date(2027, 3, 25)}


def test_birthdays_visits_and_cases_have_no_dates_beforehand():
    for schedule in ("BIRTHDAY:all", "CADENCE:P90D", "CASE:hospital;within=P2D"):
        made = copied(a_course(schedule))
        assert (made.fate, made.by_subject, made.days) == (Fate.LONGER, True, ())


def test_a_campaign_that_was_not_there_in_the_year_or_was_copied_already_is_left():
    later = a_course("FESTIVAL:春节", date(2027, 1, 1), date(2027, 12, 31))
    assert copied(later).fate is Fate.NOTHING
    spring = a_course("RRULE:FREQ=WEEKLY;BYDAY=WE", last=date(2026, 6, 30))
    assert next_year(spring, 2026, workdays=KNOWN, is_copied=True).fate is Fate.NOTHING


_DAYS = st.lists(st.dates(date(2026, 1, 1), date(2027, 12, 31)), min_size=1, max_size=8)
_SCHEDULES = st.one_of(
    _DAYS.map(lambda days: "DATES:" + ",".join(day.isoformat() for day in days)),
    st.sampled_from(FESTIVAL_KEYS).map(lambda key: f"FESTIVAL:{key}"),
    st.tuples(st.integers(1, 12), st.integers(1, 30)).map(lambda each: f"LUNAR:{each[0]}-{each[1]}"),
    st.integers(1, 31).map(lambda day: f"RRULE:FREQ=MONTHLY;BYMONTHDAY={day}"),
    st.sampled_from(["MO", "WE", "SA"]).map(lambda day: f"RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY={day}"),
    st.just("BIRTHDAY:all"),
    st.just("CADENCE:P30D"),
)


@settings(max_examples=150, deadline=None)
@given(
    schedule=_SCHEDULES,
    first=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    length=st.integers(0, 900),
    on_holiday=st.sampled_from(OnHoliday),
)
def test_copying_twice_changes_nothing_more(schedule, first, length, on_holiday):
    course = a_course(schedule, first, first + timedelta(days=length), on_holiday)
    made = copied(course)
    if made.fate is Fate.ANEW:
        # The campaign that was made stands for the next year; the old one stays as it is.
        assert next_year(course, 2026, workdays=KNOWN, is_copied=True).writes is False
        assert made.starts_on > course.starts_on
        assert copied(as_copied(course)).writes is False
    else:
        assert copied(as_copied(course)).writes is False


@settings(max_examples=100, deadline=None)
@given(schedule=_SCHEDULES, first=st.dates(date(2025, 1, 1), date(2026, 6, 30)), length=st.integers(0, 900))
def test_what_is_listed_is_all_that_either_year_has(schedule, first, length):
    course = a_course(schedule, first, first + timedelta(days=length))
    made = copied(course)
    before = [each.before.day for each in made.days if each.before is not None]
    after = [each.after.day for each in made.days if each.after is not None]
    assert len(set(before)) == len(before)
    assert len(set(after)) == len(after)
    assert {day.year for day in before} <= {2026}
    assert {day.year for day in after} <= {2027}
