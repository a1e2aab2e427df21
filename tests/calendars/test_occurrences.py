from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.occurrences import (
    Occurrence,
    birthday_occurrences,
    cadence_occurrence,
    case_occurrence,
    occurrences,
)
from calendars.schedules import (
    Birthday,
    Cadence,
    CaseVisit,
    Interval,
    ShiftUnit,
    parse_interval,
    parse_schedule,
)
from calendars.workdays import Workdays, YearCalendar
from models.enums import OnHoliday

WORKDAYS = Workdays.of()
KEEP, SKIP = OnHoliday.KEEP, OnHoliday.SKIP
NEXT, PREVIOUS = OnHoliday.NEXT_WORKDAY, OnHoliday.PREVIOUS_WORKDAY


def dated(
    text: str,
    *,
    starts_on: str = "2026-01-01",
    ends_on: str = "2027-12-31",
    first: str = "0001-01-01",
    last: str = "9999-12-31",
    on_holiday: OnHoliday = KEEP,
    workdays: Workdays = WORKDAYS,
) -> list[Occurrence]:
    schedule = parse_schedule(text)
    assert not isinstance(schedule, Birthday | Cadence | CaseVisit)
    spans = [date.fromisoformat(each) for each in (starts_on, ends_on, first, last)]
    return list(
        occurrences(
            schedule,
            starts_on=spans[0],
            ends_on=spans[1],
            first=spans[2],
            last=spans[3],
            on_holiday=on_holiday,
            workdays=workdays,
        )
    )


def days_in(year: int, found: list[Occurrence]) -> list[str]:
    return [each.day.isoformat() for each in found if each.day.year == year]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("FESTIVAL:春节;shift=-10WD", ["2026-02-03", "2027-01-22"]),
        ("FESTIVAL:重阳节;shift=-3WD", ["2026-10-14"]),
        ("FESTIVAL:中秋节;shift=-3WD", ["2026-09-22"]),
        ("FESTIVAL:国庆节;shift=-4WD", ["2026-09-24"]),
        ("TERM:寒露;shift=+5WD", ["2026-10-14"]),
        ("TERM:清明;shift=-2WD", ["2026-04-02"]),
        ("LUNAR:6-1", ["2026-07-14"]),
        ("LUNAR:9-30", ["2026-11-08", "2027-10-28"]),
        ("LUNAR:12-30", ["2026-02-16", "2027-02-05"]),
        ("FESTIVAL:除夕", ["2026-02-16", "2027-02-05"]),
        ("FESTIVAL:腊八", ["2026-01-26", "2027-01-15"]),
        ("FESTIVAL:little_new_year", ["2026-02-10", "2027-01-30"]),
        ("FESTIVAL:端午节", ["2026-06-19", "2027-06-09"]),
        ("DATES:2026-03-05,2026-06-01", ["2026-03-05", "2026-06-01"]),
        ("DATES:2026-03-05;shift=-7D", ["2026-02-26"]),
    ],
)
def test_forms_and_shifts_give_the_days_of_the_rules(text: str, days: list[str]) -> None:
    assert [each.day.isoformat() for each in dated(text)][: len(days)] == days


def test_a_lunar_day_is_not_repeated_in_a_leap_month() -> None:
    assert days_in(2025, dated("LUNAR:6-1", starts_on="2025-01-01")) == ["2025-06-25"]


def test_a_monthly_15th_goes_on_to_the_next_working_day() -> None:
    moved = {
        str(each.shifted_from): str(each.day)
        for each in dated("RRULE:FREQ=MONTHLY;BYMONTHDAY=15", on_holiday=NEXT)
    }
    assert moved["2026-02-15"] == "2026-02-24"
    assert moved["2026-08-15"] == "2026-08-17"


def test_a_monthly_20th_goes_back_unless_it_is_a_make_up_day() -> None:
    found = {each.nominal: each for each in dated("RRULE:FREQ=MONTHLY;BYMONTHDAY=20", on_holiday=PREVIOUS)}
    assert found[date(2026, 2, 20)].day == date(2026, 2, 14)
    assert found[date(2026, 9, 20)].day == date(2026, 9, 20)
    assert found[date(2026, 9, 20)].shifted_from is None


def test_a_monthly_26th_is_skipped_where_nobody_works() -> None:
    days = days_in(2026, dated("RRULE:FREQ=MONTHLY;BYMONTHDAY=26", on_holiday=SKIP))
    assert "2026-10-26" in days
    assert not {"2026-09-26", "2026-12-26"} & set(days)


def test_army_day_goes_back_to_friday() -> None:
    assert dated("FESTIVAL:八一", on_holiday=PREVIOUS)[0].day == date(2026, 7, 31)


def test_every_quarter_on_the_10th_stays_on_a_make_up_saturday() -> None:
    found = dated("RRULE:FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=10", on_holiday=PREVIOUS)
    assert days_in(2026, found) == ["2026-01-09", "2026-04-10", "2026-07-10", "2026-10-10"]


def test_the_campaign_s_days_bound_the_final_day() -> None:
    found = dated("FESTIVAL:元旦;shift=-3WD", ends_on="2026-12-31")
    assert [(each.nominal, each.day) for each in found] == [(date(2027, 1, 1), date(2026, 12, 29))]


def test_the_horizon_bounds_the_final_day() -> None:
    monthly = "RRULE:FREQ=MONTHLY;BYMONTHDAY=15"
    found = dated(monthly, first="2026-02-16", last="2026-08-16", on_holiday=NEXT)
    assert [str(each.day) for each in found][:1] == ["2026-02-24"]
    assert [str(each.day) for each in found][-1:] == ["2026-07-15"]


def test_a_recurrence_counts_from_the_campaign_s_start_whatever_the_horizon() -> None:
    found = dated("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3", starts_on="2026-11-02", first="2026-11-10")
    assert [str(each.day) for each in found] == ["2026-11-16", "2026-11-30"]


def test_two_nominal_days_on_one_final_day_are_one_activity() -> None:
    found = dated("RRULE:FREQ=WEEKLY;BYDAY=TH", on_holiday=NEXT, first="2026-09-30", last="2026-10-14")
    assert [(each.nominal, each.day, each.shifted_from) for each in found] == [
        (date(2026, 10, 8), date(2026, 10, 8), None)
    ]
    assert [reason.code for reason in found[0].reason] == ["joined"]


def test_of_two_equally_near_nominal_days_the_earlier_counts() -> None:
    # Sunday the 6th goes on past the free Monday to Tuesday the 8th: a day from both the 7th and the 9th.
    notice = YearCalendar(free=frozenset({date(2027, 6, 7), date(2027, 6, 9)}), work=frozenset())
    found = dated(
        "DATES:2027-06-07,2027-06-09;shift=-1D",
        on_holiday=NEXT,
        workdays=Workdays.of({2027: notice}),
    )
    assert [(str(each.nominal), str(each.day)) for each in found] == [
        ("2027-06-07", "2027-06-08"),
    ]


@pytest.mark.parametrize(
    ("text", "on_holiday", "day"),
    [
        ("FESTIVAL:元旦;shift=-3WD", KEEP, "2026-12-29"),
        ("DATES:2026-12-31;shift=+1D", PREVIOUS, "2026-12-31"),
        ("DATES:2027-01-01", PREVIOUS, "2026-12-31"),
        ("DATES:2026-12-31;shift=+1WD", KEEP, "2027-01-04"),
        ("DATES:2027-05-20", KEEP, "2027-05-20"),
    ],
)
def test_a_day_is_forecast_when_its_way_touches_a_year_without_notice(
    text: str, on_holiday: OnHoliday, day: str
) -> None:
    assert not WORKDAYS.is_official(2027), "take a later year: the notice of 2027 is known by now"
    (found,) = dated(text, on_holiday=on_holiday, ends_on="2027-06-30")
    assert (found.day.isoformat(), found.forecast) == (day, True)


def test_a_day_wholly_in_years_with_a_notice_is_certain() -> None:
    assert not dated("FESTIVAL:国庆节;shift=-4WD", ends_on="2026-12-31")[0].forecast
    notice = YearCalendar(free=frozenset({date(2027, 1, 1)}), work=frozenset())
    found = dated("FESTIVAL:元旦;shift=-3WD", ends_on="2026-12-31", workdays=Workdays.of({2027: notice}))
    assert [(str(each.day), each.forecast) for each in found] == [("2026-12-29", False)]


def test_the_ends_of_the_calendar_are_no_error() -> None:
    wide = {"starts_on": "0001-01-01", "ends_on": "9999-12-31"}
    assert len(dated("FESTIVAL:春节;shift=-3660WD", **wide)) > 150
    assert dated("DATES:1900-01-01;shift=-3660D", **wide) == []
    assert dated("DATES:2100-12-31;shift=+3660WD", **wide) == []
    assert dated("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", **wide) == []
    assert dated("LUNAR:9-9", starts_on="2027-01-01", ends_on="2026-01-01") == []


TEXTS = st.sampled_from(
    [
        "RRULE:FREQ=DAILY",
        "RRULE:FREQ=DAILY;INTERVAL=3",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TH",
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
        "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=9",
        "DATES:2026-02-15,2026-02-16,2026-02-17,2026-10-01,2027-01-01,2027-02-06",
        "FESTIVAL:春节",
        "FESTIVAL:腊八",
        "LUNAR:12-30",
        "LUNAR:1-1",
        "TERM:冬至",
    ]
)
SHIFTS = st.just("") | st.builds(
    ";shift={:+d}{}".format, st.integers(-40, 40).filter(bool), st.sampled_from(ShiftUnit)
)
DAYS = st.dates(date(2025, 6, 1), date(2028, 6, 1))


def plain_days(text: str, on_holiday: OnHoliday) -> Iterator[tuple[date, date]]:
    """Nominal and final day of each occurrence of a wide span, done the slow way."""
    form, _, shift = text.partition(";shift=")
    # A recurrence has no days before the campaign's start; other forms have, and shift can bring them in.
    starts_on = "2026-01-01" if form.startswith("RRULE") else "2025-01-01"
    for each in dated(form, starts_on=starts_on, ends_on="2029-12-31"):
        day = each.nominal
        if shift.endswith("WD"):
            left = int(shift.removesuffix("WD"))
            while left:
                day += timedelta(days=1 if left > 0 else -1)
                left -= WORKDAYS.is_workday(day) * (1 if left > 0 else -1)
        elif shift:
            day += timedelta(days=int(shift.removesuffix("D")))
        if on_holiday is SKIP and not WORKDAYS.is_workday(day):
            continue
        while on_holiday is not KEEP and not WORKDAYS.is_workday(day):
            day += timedelta(days=1 if on_holiday is NEXT else -1)
        yield each.nominal, day


@settings(deadline=None)
@given(TEXTS, SHIFTS, st.sampled_from(OnHoliday), DAYS, DAYS)
def test_occurrences_are_what_one_step_after_the_other_gives(
    form: str, shift: str, on_holiday: OnHoliday, first: date, last: date
) -> None:
    nearest: dict[date, date] = {}
    for nominal, day in plain_days(form + shift, on_holiday):
        if first <= day <= last and day <= date(2027, 12, 31) and day >= date(2026, 1, 1):
            known = nearest.setdefault(day, nominal)
            if abs(nominal - day) < abs(known - day):
                nearest[day] = nominal
    found = dated(form + shift, first=first.isoformat(), last=last.isoformat(), on_holiday=on_holiday)
    assert [(each.day, each.nominal) for each in found] == sorted(nearest.items())


@settings(deadline=None)
@given(TEXTS, SHIFTS, st.sampled_from(OnHoliday), DAYS, DAYS, DAYS)
def test_a_span_holds_what_its_parts_hold(
    form: str, shift: str, on_holiday: OnHoliday, one: date, two: date, three: date
) -> None:
    first, cut, last = sorted((one, two, three))

    def within(start: date, end: date) -> list[Occurrence]:
        return dated(form + shift, first=start.isoformat(), last=end.isoformat(), on_holiday=on_holiday)

    whole = within(first, last)
    assert whole == within(first, cut) + within(cut + timedelta(days=1), last)
    assert all(first <= each.day <= last for each in whole)
    assert len({each.day for each in whole}) == len(whole)


def birthday(
    text: str,
    birth_date: str | None,
    lunar_birthday: str | None = None,
    *,
    on_holiday: OnHoliday = KEEP,
    ends_on: str = "2027-12-31",
) -> list[tuple[str, int | None]]:
    schedule = parse_schedule(text)
    assert isinstance(schedule, Birthday)
    found = birthday_occurrences(
        schedule,
        birth_date=date.fromisoformat(birth_date) if birth_date else None,
        lunar_birthday=lunar_birthday,
        starts_on=date(2026, 1, 1),
        ends_on=date.fromisoformat(ends_on),
        first=date(2026, 1, 1),
        last=date(2027, 12, 31),
        on_holiday=on_holiday,
        workdays=WORKDAYS,
    )
    return [(each.day.isoformat(), each.age) for each in found]


def test_a_decade_is_celebrated_once_even_when_the_birthday_comes_twice_in_the_year() -> None:
    assert birthday("BIRTHDAY:decade", "1936-12-30", "11-17") == [("2026-12-25", 90)]
    assert birthday("BIRTHDAY:decade", "1927-01-24", "12-21") == [("2027-01-28", 100)]
    assert birthday("BIRTHDAY:decade", "1936-02-29") == [("2026-02-28", 90)]


@pytest.mark.parametrize(
    ("born", "celebrated"), [(1976, False), (1966, True), (1926, True), (1916, False), (1961, False)]
)
def test_decades_are_60_to_100(born: int, celebrated: bool) -> None:
    assert bool(birthday("BIRTHDAY:decade", f"{born}-06-05", ends_on="2026-12-31")) is celebrated


def test_a_decade_without_the_year_of_birth_is_not_celebrated() -> None:
    assert birthday("BIRTHDAY:decade", None, "8-15") == []
    assert birthday("BIRTHDAY:all", None, "8-15") == [("2026-09-25", None), ("2027-09-15", None)]


def test_a_birthday_is_shifted_and_moved_like_any_day() -> None:
    assert birthday("BIRTHDAY:all;shift=-1D", "1950-11-02", on_holiday=PREVIOUS, ends_on="2026-12-31") == [
        ("2026-10-30", 76)
    ]


def test_the_birthday_of_next_year_counts_when_its_activity_lies_in_this_one() -> None:
    assert birthday("BIRTHDAY:all;shift=-3WD", "1950-01-01", ends_on="2026-12-31") == [("2026-12-29", 77)]


def visit(
    text: str,
    due_from: str,
    *,
    today: str = "2026-11-01",
    interval: Interval | None = None,
    on_holiday: OnHoliday = KEEP,
    starts_on: str = "2026-01-01",
    ends_on: str = "2027-12-31",
    last: str = "2027-10-31",
) -> Occurrence | None:
    schedule = parse_schedule(text)
    assert isinstance(schedule, Cadence)
    return cadence_occurrence(
        schedule,
        due_from=date.fromisoformat(due_from),
        interval=interval,
        not_before=date.fromisoformat(today),
        starts_on=date.fromisoformat(starts_on),
        ends_on=date.fromisoformat(ends_on),
        last=date.fromisoformat(last),
        on_holiday=on_holiday,
        workdays=WORKDAYS,
    )


def test_a_visit_is_due_an_interval_after_the_last_one() -> None:
    found = visit("CADENCE:P90D", "2026-09-03")
    assert found is not None
    assert (found.day, found.shifted_from) == (date(2026, 12, 2), None)


def test_an_overdue_visit_is_planned_today_or_on_the_next_working_day() -> None:
    found = visit("CADENCE:P90D", "2026-07-12", on_holiday=NEXT)
    assert found is not None
    assert (found.day, found.shifted_from) == (date(2026, 11, 2), date(2026, 10, 10))


def test_a_visit_due_before_the_campaign_starts_is_planned_on_its_first_day() -> None:
    found = visit("CADENCE:P90D", "2026-07-12", starts_on="2026-12-10")
    assert found is not None
    assert (found.day, found.nominal) == (date(2026, 12, 10), date(2026, 10, 10))


def test_a_visit_whose_shifted_day_is_past_is_planned_today() -> None:
    found = visit("CADENCE:P2M;shift=-2WD", "2026-09-02", on_holiday=NEXT)
    assert found is not None
    assert (found.day, found.nominal) == (date(2026, 11, 2), date(2026, 11, 2))


def test_a_pairing_s_own_interval_goes_before_the_campaign_s() -> None:
    found = visit("CADENCE:P90D", "2026-10-20", interval=parse_interval("P30D"))
    assert found is not None
    assert found.day == date(2026, 11, 19)


def test_a_visit_beyond_the_horizon_or_the_campaign_is_not_planned() -> None:
    assert visit("CADENCE:P2Y", "2026-09-03") is None
    assert visit("CADENCE:P90D", "2026-09-03", ends_on="2026-11-30") is None
    assert visit("CADENCE:P90D", "2026-09-03", last="2026-11-30") is None
    assert visit("CADENCE:P100Y", "9990-01-01") is None


def test_a_visit_due_since_ever_is_planned_today() -> None:
    found = visit("CADENCE:P1D;shift=-3000WD", "0001-01-01")
    assert found is not None
    assert found.day == date(2026, 11, 1)


def test_a_case_is_visited_within_its_time() -> None:
    schedule = parse_schedule("CASE:hospital;within=P2D")
    assert isinstance(schedule, CaseVisit)

    def planned(opened_on: date) -> date | None:
        found = case_occurrence(
            schedule,
            opened_on=opened_on,
            not_before=date(2026, 11, 1),
            starts_on=date(2026, 1, 1),
            ends_on=date(2027, 12, 31),
            last=date(2027, 10, 31),
            on_holiday=PREVIOUS,
            workdays=WORKDAYS,
        )
        return found and found.day

    assert planned(date(2026, 11, 2)) == date(2026, 11, 4)
    assert planned(date(2026, 11, 5)) == date(2026, 11, 6)
    assert planned(date(2027, 12, 1)) is None


def test_an_overdue_case_is_visited_today() -> None:
    schedule = parse_schedule("CASE:hospital;within=P2D")
    assert isinstance(schedule, CaseVisit)
    found = case_occurrence(
        schedule,
        opened_on=date(2026, 10, 20),
        not_before=date(2026, 11, 1),
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 12, 31),
        last=date(2027, 10, 31),
        on_holiday=KEEP,
        workdays=WORKDAYS,
    )
    assert found is not None
    assert (found.day, found.shifted_from) == (date(2026, 11, 1), date(2026, 10, 22))
    assert [reason.code for reason in found.reason] == ["case_due", "overdue"]
