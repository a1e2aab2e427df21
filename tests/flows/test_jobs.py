"""When the jobs come due, in the organisation's zone."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from calendars.periods import month_before
from flows.jobs import DRAFT_MONTH, PLAN_HORIZON, daily, every, hourly, jobs, monthly

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from([SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia"), UTC])
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
CLOCK_TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(until=INSTANTS, zone=ZONES, clock_time=CLOCK_TIMES)
def test_a_daily_job_has_one_slot_on_each_day_the_latest_first(until, zone, clock_time):
    slots = list(islice(daily(clock_time, until, zone), 10))
    assert slots[0] <= until
    assert slots == sorted(set(slots), reverse=True)
    days = [slot.astimezone(zone).date() for slot in slots]
    # Apia left out a day of its own in 2011; elsewhere the days are without gaps.
    gaps = {later - earlier for earlier, later in zip(days[1:], days, strict=False)}
    assert gaps <= {timedelta(days=1), timedelta(days=2)}
    assert until - slots[0] <= timedelta(days=2)


@given(until=INSTANTS, zone=ZONES, clock_time=CLOCK_TIMES)
def test_a_monthly_job_has_one_slot_on_each_first(until, zone, clock_time):
    slots = list(islice(monthly(clock_time, until, zone), 5))
    assert slots[0] <= until
    days = [slot.astimezone(zone).date() for slot in slots]
    assert all(
        month_before(later) == earlier.replace(day=1) for earlier, later in zip(days[1:], days, strict=False)
    )


@given(until=INSTANTS, minutes=st.sampled_from([1, 5, 15, 60]))
def test_a_frequent_job_has_its_slots_on_round_minutes_without_gaps(until, minutes):
    pause = timedelta(minutes=minutes)
    slots = list(islice(every(pause, until), 5))
    assert timedelta(0) <= until - slots[0] < pause
    assert {earlier + pause == later for later, earlier in pairwise(slots)} == {True}
    assert all(slot.minute % minutes == slot.second == slot.microsecond == 0 for slot in slots)


@given(until=INSTANTS, zone=ZONES)
def test_an_hourly_job_has_its_slots_on_the_full_hours_of_the_day(until, zone):
    slots = list(islice(hourly(time(6), time(20), until, zone), 40))
    assert slots[0] <= until
    assert slots == sorted(slots, reverse=True)
    assert {slot.astimezone(zone).minute for slot in slots} == {0}
    assert {slot.astimezone(zone).hour for slot in slots} <= set(range(6, 21))


def test_between_eight_in_the_evening_and_six_no_hour_comes_due():
    night = datetime(2026, 11, 2, 3, 30, tzinfo=SHANGHAI)
    found = list(islice(hourly(time(6), time(20), night, SHANGHAI), 16))
    assert found[0] == datetime(2026, 11, 1, 20, tzinfo=SHANGHAI)
    assert found[14] == datetime(2026, 11, 1, 6, tzinfo=SHANGHAI)
    assert found[15] == datetime(2026, 10, 31, 20, tzinfo=SHANGHAI)


def test_a_slot_is_due_from_its_very_second():
    at_two = datetime(2026, 11, 1, 2, tzinfo=SHANGHAI)
    assert next(daily(time(2), at_two, SHANGHAI)) == at_two
    assert next(daily(time(2), at_two - timedelta(seconds=1), SHANGHAI)) == at_two - timedelta(days=1)


def test_a_missed_plan_is_covered_by_the_next_and_a_missed_month_is_made_good():
    makes_good = {job.name: job.makes_good for job in jobs(SHANGHAI)}
    assert (makes_good[PLAN_HORIZON], makes_good[DRAFT_MONTH]) == (False, True)
