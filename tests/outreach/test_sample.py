"""The sample county: alive on whatever day it is first looked at, and sound in every figure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from calendars.periods import month_of
from calendars.schedules import parse_schedule
from models import Activity, Assignment, Campaign, LedgerEntry, Matter, Person
from models.database import transaction
from models.enums import ActivityStatus, AssignmentState, CampaignStatus, MatterFace
from outreach.errors import Conflict
from outreach.holidays import workdays
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from outreach.planning import horizon_end, plan
from outreach.recount import recount
from outreach.sample import has_sample, is_untouched, make_county
from outreach.sample.making import FOLDER, WAITING_DAYS
from outreach.sample.shifting import Times, read, write_moved
from outreach.tallies import tally
from outreach.units import root_unit

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = [date(2028, 2, 29), date(2027, 1, 1)]


def _make(session, today):
    now = datetime.combine(today, time(9), ZONE)
    keep_dictionary(session)
    make_county(session, today=today, now=now, zone=ZONE, by=CONSOLE)


@pytest.fixture(params=DAYS, ids=str)
def today(request):
    """The day on which the county is first looked at."""
    return request.param


@pytest.fixture
def county(fresh_database, today):
    """The county of that day, in a database of its own: on one where it was made before and undone, PostgreSQL would
    search what is left of that.
    """
    with transaction(fresh_database) as session:
        _make(session, today)
        yield session


def test_the_county_is_alive_and_sound(county, today):
    _has_records_up_to_yesterday_and_plans_from_today(county, today)
    _is_sound_and_somebody_has_something_to_do(county, today)


def _has_records_up_to_yesterday_and_plans_from_today(session, today):
    days = session.execute(select(Activity.day, Activity.status, Activity.revision)).all()
    recorded = {day for day, _, revision in days if revision}
    waiting = {day for day, status, revision in days if not revision and status is ActivityStatus.PLANNED}
    assert sum(1 for _, _, revision in days if revision) > 500
    assert today - timedelta(days=7) <= max(recorded) < today
    assert min(recorded) < today - timedelta(days=240)
    assert max(waiting) > today + timedelta(days=330)
    owed = {day for day in waiting if day < today}
    assert owed
    assert min(owed) >= today - timedelta(days=WAITING_DAYS)
    assert session.scalar(select(func.max(LedgerEntry.paid_on))) < today
    assert session.scalar(select(func.max(Matter.opened_on))) < today


def _is_sound_and_somebody_has_something_to_do(session, today):
    assert recount(session).ok
    root = root_unit(session, on=today)
    last_month = tally(session, month_of(today.replace(day=1) - timedelta(days=1)), root)
    assert len(last_month.lines) > 15
    assert {line.qualifier for line in last_month.lines} > {"exact"}
    states = dict(session.execute(select(Assignment.state, func.count()).group_by(Assignment.state)).all())
    assert states[AssignmentState.CONFIRMED] > states[AssignmentState.PROPOSED] > 0
    open_cases = select(func.count()).where(Matter.face == MatterFace.CASE, Matter.closed_on.is_(None))
    assert session.scalar(open_cases) >= 1
    assert set(session.scalars(select(Campaign.status))) == {CampaignStatus.ACTIVE}
    again = plan(
        session,
        today=today,
        through=horizon_end(today),
        zone=ZONE,
        workdays=workdays(session),
        by=CONSOLE,
        now=datetime.combine(today, time(10), ZONE),
    )
    assert (again.created, again.moved, again.cancelled) == (0, 0, 0)


def test_nobody_finds_the_sample_among_their_own(session, now):
    keep_dictionary(session)
    assert is_untouched(session)
    assert not has_sample(session)
    session.add(Person(code="P1", name="李", contact_by=""))
    session.flush()
    assert not is_untouched(session)
    with pytest.raises(Conflict):
        _make(session, DAYS[0])


@settings(max_examples=30)
@given(today=st.dates(date(1990, 1, 1), date(2098, 12, 31)))
def test_on_any_day_the_files_move_to_the_months_around_it(today, tmp_path_factory):
    times, folder = Times(today), tmp_path_factory.mktemp("moved")
    write_moved(FOLDER, folder, times)
    assert times.begins.day == 1
    assert timedelta(days=270) < today - times.begins < timedelta(days=310)
    for row in read(folder, "campaigns"):
        parse_schedule(row["schedule"])
        assert row["starts_on"] < today.isoformat() < row["ends_on"]
    ages = {
        today.year - int(moved["birth_date"][:4]) - (2026 - int(told["birth_date"][:4]))
        for moved, told in zip(read(folder, "people"), read(FOLDER, "people"), strict=True)
        if told["birth_date"]
    }
    assert ages == {0}
    assert all(row["since"] < times.begins.isoformat() for row in read(folder, "pairings"))
