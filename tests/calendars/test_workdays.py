import pickle
from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.workdays import (
    DayKind,
    NoticeFaults,
    Workdays,
    YearCalendar,
    holiday_festival,
    parse_notice,
    statutory_holidays,
)

WORKDAYS = Workdays.of()
YEARS = st.dates(date(2003, 6, 1), date(2040, 12, 31))


def days(year: int, text: str) -> set[date]:
    """`0101-0103 0205`: month and day, runs inclusive."""
    found = set()
    for run in text.split():
        first, _, last = run.partition("-")
        day, end = (date(year, int(each[:2]), int(each[2:])) for each in (first, last or first))
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return found


def kinds(year: int, workdays: Workdays, kind: DayKind) -> set[date]:
    all_days = (date(year, 1, 1) + timedelta(days=passed) for passed in range(366))
    return {day for day in all_days if day.year == year and workdays.day_kind(day) is kind}


def test_2026_is_free_and_worked_as_its_notice_says() -> None:
    free = days(2026, "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007")
    assert kinds(2026, WORKDAYS, DayKind.HOLIDAY) == free
    assert kinds(2026, WORKDAYS, DayKind.MAKE_UP) == days(2026, "0104 0214 0228 0509 0920 1010")
    assert WORKDAYS.is_official(2026)


def test_2027_is_free_by_the_statutory_rule() -> None:
    workdays = Workdays.of()
    assert statutory_holidays(2027) == days(2027, "0101 0205-0210 0405 0501-0504 0609 0915 1001-1005")
    if workdays.is_official(2027):
        pytest.skip("chinesecalendar knows the notice of 2027 by now")
    assert kinds(2027, workdays, DayKind.HOLIDAY) == statutory_holidays(2027)
    assert kinds(2027, workdays, DayKind.MAKE_UP) == set()


@pytest.mark.parametrize("year", range(2027, 2100))
def test_the_statutory_rule_agrees_with_a_library_by_other_hands(year: int) -> None:
    theirs = {day for day in holidays.country_holidays("CN", years=year) if day.year == year}
    if any("weekend" in str(name).lower() for name in holidays.country_holidays("CN", years=year).values()):
        pytest.skip("the library knows the notice of this year by now")
    assert statutory_holidays(year) == theirs


def test_years_are_official_from_2004_to_the_last_notice() -> None:
    assert not WORKDAYS.is_official(2003)
    assert all(WORKDAYS.is_official(year) for year in range(2004, 2027))
    assert not WORKDAYS.is_official(2090)


def test_a_year_beyond_the_almanac_keeps_its_solar_holidays() -> None:
    assert not WORKDAYS.is_workday(date(2200, 10, 1))
    assert WORKDAYS.shift_workdays(date(2199, 12, 31), 1).year == 2200


@pytest.mark.parametrize(
    ("day", "amount", "expected"),
    [
        ("2026-02-17", -10, "2026-02-03"),
        ("2027-02-06", -10, "2027-01-22"),
        ("2026-10-18", -3, "2026-10-14"),
        ("2026-09-25", -3, "2026-09-22"),
        ("2026-10-01", -4, "2026-09-24"),
        ("2026-10-08", 5, "2026-10-14"),
        ("2026-04-05", -2, "2026-04-02"),
        ("2027-01-01", -3, "2026-12-29"),
    ],
)
def test_working_days_are_counted_strictly_from_the_day(day: str, amount: int, expected: str) -> None:
    assert WORKDAYS.shift_workdays(date.fromisoformat(day), amount) == date.fromisoformat(expected)


@given(day=YEARS, amount=st.integers(-600, 600))
def test_shifting_is_what_counting_day_by_day_gives(day: date, amount: int) -> None:
    step = timedelta(days=1 if amount > 0 else -1)
    counted, left = day, abs(amount)
    while left:
        counted += step
        left -= WORKDAYS.is_workday(counted)
    assert WORKDAYS.shift_workdays(day, amount) == counted


@given(first=YEARS, second=YEARS, amount=st.integers(-30, 30))
def test_shifting_never_lets_one_day_overtake_another(first: date, second: date, amount: int) -> None:
    first, second = sorted((first, second))
    assert WORKDAYS.shift_workdays(first, amount) <= WORKDAYS.shift_workdays(second, amount)


@given(YEARS)
def test_the_nearest_working_day_is_the_day_itself_when_it_works(day: date) -> None:
    later, earlier = WORKDAYS.next_workday(day), WORKDAYS.previous_workday(day)
    assert WORKDAYS.is_workday(later)
    assert WORKDAYS.is_workday(earlier)
    assert (earlier == day == later) == WORKDAYS.is_workday(day)
    assert earlier <= day <= later


@pytest.mark.parametrize("amount", [1, 400])
def test_the_end_of_the_calendar_is_an_overflow(amount: int) -> None:
    with pytest.raises(OverflowError):
        WORKDAYS.shift_workdays(date.max, amount)
    with pytest.raises(OverflowError):
        WORKDAYS.shift_workdays(date.min, -amount)


def test_a_notice_entered_by_hand_makes_its_year_official() -> None:
    notice = YearCalendar(
        free=frozenset(days(2027, "0101-0103 0205-0211")), work=frozenset(days(2027, "0131 0220"))
    )
    workdays = Workdays.of({2027: notice})
    assert workdays.is_official(2027)
    assert workdays.day_kind(date(2027, 2, 11)) is DayKind.HOLIDAY
    assert workdays.day_kind(date(2027, 1, 31)) is DayKind.MAKE_UP
    # What the statutory rule would give holds no longer: this notice names no day of October.
    assert workdays.is_workday(date(2027, 10, 1))


def test_a_notice_entered_by_hand_replaces_what_the_library_knows() -> None:
    workdays = Workdays.of({2026: YearCalendar(free=frozenset(days(2026, "1001")), work=frozenset())})
    assert kinds(2026, workdays, DayKind.HOLIDAY) == days(2026, "1001")
    assert kinds(2026, workdays, DayKind.MAKE_UP) == set()
    assert workdays.day_kind(date(2025, 10, 2)) is DayKind.HOLIDAY


def test_a_notice_may_name_days_of_the_years_beside_it() -> None:
    notice = YearCalendar(
        free=frozenset({date(2026, 12, 31), date(2027, 1, 1), date(2028, 1, 3)}),
        work=frozenset({date(2026, 12, 26)}),
    )
    workdays = Workdays.of({2027: notice})
    assert workdays.day_kind(date(2026, 12, 31)) is DayKind.HOLIDAY
    assert workdays.day_kind(date(2026, 12, 26)) is DayKind.MAKE_UP
    assert workdays.day_kind(date(2028, 1, 3)) is DayKind.HOLIDAY
    assert workdays.day_kind(date(2026, 10, 1)) is DayKind.HOLIDAY
    assert not workdays.is_official(2028)


def test_of_two_notices_the_year_s_own_has_the_last_word() -> None:
    disputed = date(2027, 12, 31)
    workdays = Workdays.of(
        {
            2028: YearCalendar(free=frozenset({disputed}), work=frozenset()),
            2027: YearCalendar(free=frozenset(), work=frozenset({disputed})),
        }
    )
    assert workdays.is_workday(disputed)


def test_a_weekday_that_a_notice_lists_as_worked_is_a_plain_weekday() -> None:
    monday = date(2027, 6, 7)
    workdays = Workdays.of({2027: YearCalendar(free=frozenset(), work=frozenset({monday}))})
    assert workdays.day_kind(monday) is DayKind.WEEKDAY


def test_working_days_survive_pickling() -> None:
    workdays = Workdays.of({2027: YearCalendar(free=frozenset({date(2027, 1, 4)}), work=frozenset())})
    assert not workdays.is_workday(date(2027, 1, 4))
    again = pickle.loads(pickle.dumps(workdays))
    assert again == workdays
    assert again.is_official(2027)
    assert not again.is_workday(date(2027, 1, 4))


def test_a_free_day_knows_its_festival() -> None:
    assert holiday_festival(date(2026, 2, 23)) == "spring_festival"
    assert holiday_festival(date(2026, 10, 7)) == "national_day"
    assert holiday_festival(date(2026, 4, 4)) == "qingming"
    assert holiday_festival(date(2018, 12, 31)) == "new_year"


def test_a_notice_is_read_from_csv() -> None:
    text = "\ufeffkind,date\r\nfree,2027-10-01\r\n\r\nwork, 2027/9/26 \r\nfree,2026年12月31日\r\n"
    assert parse_notice(text, 2027) == YearCalendar(
        free=frozenset({date(2027, 10, 1), date(2026, 12, 31)}), work=frozenset({date(2027, 9, 26)})
    )


def test_every_fault_of_a_notice_is_told_by_its_row() -> None:
    text = (
        "date,kind\n2027-02-30,free\n2027-10-01,holiday\n2026-06-01,free\n2027-05-01,free\n2027-05-01,work\n"
        "2027-05-02\nnonsense,rest\n"
    )
    with pytest.raises(NoticeFaults) as caught:
        parse_notice(text, 2027)
    assert [(fault.row, fault.column, fault.code) for fault in caught.value.faults] == [
        (2, "date", "notice_bad_date"),
        (3, "kind", "notice_bad_kind"),
        (4, "date", "notice_other_year"),
        (6, "date", "notice_day_twice"),
        (7, "kind", "notice_bad_kind"),
        (8, "kind", "notice_bad_kind"),
        (8, "date", "notice_bad_date"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "notice_column_missing"),
        ("date\n2027-01-01\n", "notice_column_missing"),
        ("date,kind\n", "notice_empty"),
    ],
)
def test_a_notice_without_days_is_refused(text: str, code: str) -> None:
    with pytest.raises(NoticeFaults) as caught:
        parse_notice(text, 2027)
    assert caught.value.faults[0].code == code


@given(st.text(alphabet=st.sampled_from('date,kind\n\r"2027-01/free work年月日\x00٣'), max_size=80))
def test_whatever_the_file_a_notice_is_read_or_refused(text: str) -> None:
    for given_text in (text, f"date,kind\n{text}"):
        try:
            parse_notice(given_text, 2027)
        except NoticeFaults:
            continue
