"""Clashes that somebody has to decide about: the same as the planner finds, less those that were decided."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays, YearCalendar
from models import Activity, AuditEntry, KeptClash
from models.base import UnitId
from models.enums import AccountRole, AssignmentState, AuditAction, OnHoliday, SplitBy
from outreach.errors import Forbidden, NotFound, Stale
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Reach, Right
from outreach.planning import Action, ConflictKind, Proposal, find_conflicts
from outreach.planning.clashes import undecided
from outreach.planning.decisions import keep_clash, reopen_clash
from tests.outreach.county import NOW, TODAY, County

FIRST, LAST = TODAY, date(2026, 12, 31)
DAY = date(2026, 10, 20)
KEEP = Proposal(Action.KEEP)
TO_DECIDE = (ConflictKind.TEAM_OVERLAP, ConflictKind.PERSON_OVERLAP, ConflictKind.VISITED_TWICE)


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def open_ones(county: County, within: Reach = EVERYWHERE, workdays: Workdays | None = None, **options):
    days = {"first": FIRST, "last": LAST, **options}
    return undecided(county.session, within, workdays=workdays or Workdays.of({}), **days)


def two_at_once(county: County):
    """One team, two campaigns at nine on one day."""
    team = county.team()
    campaigns = [county.campaign(f"DATES:{DAY}", team_id=team.id, start_time=time(9)) for _ in range(2)]
    county.plan()
    return campaigns


def decide(county: County, facts: str, *, deed=keep_clash, by: Actor = CONSOLE, day: date = DAY, **options):
    return deed(
        county.session,
        facts,
        EVERYWHERE,
        day=day,
        by=by,
        today=TODAY,
        now=NOW,
        workdays=Workdays.of({}),
        **options,
    )


def move(county: County, campaign, day: date) -> None:
    (activity,) = county.planned(campaign)
    put(county, activity, day)


def put(county: County, activity: Activity, day: date) -> None:
    passed = day - activity.day
    activity.day, activity.last_day = day, activity.last_day + passed
    if activity.starts_at is not None and activity.ends_at is not None:
        activity.starts_at, activity.ends_at = activity.starts_at + passed, activity.ends_at + passed
    county.session.flush()


def visits(county: County, *days: str) -> list[Activity]:
    """Visits to one person, each of a campaign of its own."""
    visited = county.person("retiree")
    campaigns = [county.campaign(f"DATES:{day}") for day in days]
    county.plan()
    found = [county.planned(campaign)[0] for campaign in campaigns]
    for each in found:
        each.subject_person_id = visited.id
    county.session.flush()
    return found


def proposed(county: County, workdays: Workdays | None = None, **options) -> list[Proposal]:
    return [each.conflict.proposal for each in open_ones(county, workdays=workdays, **options).undecided]


def test_it_finds_what_the_planner_finds_of_teams_people_and_visits(county):
    team, other = county.team(), county.team()
    for hour, crew in ((9, team), (9, team), (10, team), (14, team), (9, other)):
        county.campaign(
            f"DATES:{DAY},{DAY + timedelta(days=1)}",
            team_id=crew.id,
            start_time=time(hour),
            duration_minutes=90,
        )
    night = county.campaign("DATES:2026-11-10", team_id=other.id, start_time=time(20), duration_minutes=900)
    morning = county.campaign("DATES:2026-11-11", team_id=other.id, start_time=time(8))
    visited = county.person("retiree", birth_date=date(1936, 10, 8), since=date(2026, 7, 6))
    county.campaign("BIRTHDAY:all", serves=[visited], kind="birthday")
    county.campaign("CADENCE:P90D", serves=[visited], kind="hardship")
    for code in ("A", "B"):
        county.person("retiree", unit=county.unit(code, county.root))
    county.campaign(
        f"DATES:{DAY}", serves=["retiree"], split_by=SplitBy.UNIT, team_id=other.id, start_time=time(15)
    )
    county.plan()
    somebody = county.person("volunteer")
    for activity in county.planned()[:3]:
        county.assign(activity, somebody, AssignmentState.CONFIRMED)
    expected = find_conflicts(county.session, first=FIRST, last=LAST, workdays=Workdays.of({}))
    found = open_ones(county, limit=1000)
    # What is proposed differs: here it is a day without another clash.
    assert [replace(each.conflict, proposal=KEEP) for each in found.undecided] == [
        replace(each, proposal=KEEP) for each in expected.named if each.kind in TO_DECIDE
    ]
    assert {night.id, morning.id} in [set(each.conflict.campaign_ids) for each in found.undecided]
    assert found.count == len(found.undecided) > 3


def test_a_clash_names_its_activities_and_counts_by_month_and_day(county):
    first, second = two_at_once(county)
    found = open_ones(county)
    (clash,) = found.undecided
    assert [each.campaign for each in clash.activities] == [first.name, second.name]
    assert {each.day for each in clash.activities} == {DAY}
    assert found.months == {(first.id, 10): 1, (second.id, 10): 1}
    assert found.load == {DAY: 1}


def test_the_count_is_of_all_though_few_are_named(county):
    team = county.team()
    for _ in range(2):
        county.campaign("RRULE:FREQ=WEEKLY;BYDAY=WE", team_id=team.id, start_time=time(9))
    county.plan()
    found = open_ones(county, limit=2)
    assert (len(found.undecided), found.count) == (2, 16)
    assert open_ones(county, limit=0).count == 16
    assert [each.conflict.day for each in found.undecided] == [date(2026, 9, 16), date(2026, 9, 23)]


def test_other_units_clashes_are_not_seen(county):
    two_at_once(county)
    village = county.unit("X01", county.root)
    assert open_ones(county, Reach(frozenset({UnitId(village.id)}))).count == 0
    assert open_ones(county, Reach(frozenset({UnitId(county.root.id)}))).count == 1


def test_a_weekend_that_is_worked_and_a_holiday_that_is_avoided_are_to_be_decided(county):
    # The notice came out after people had been asked: the planner leaves these days alone.
    saturday, tuesday = date(2026, 10, 17), date(2026, 10, 20)
    notice = Workdays.of({2026: YearCalendar(free=frozenset({tuesday}), work=frozenset({saturday}))})
    weekend = county.campaign(f"DATES:{saturday}", on_holiday=OnHoliday.KEEP)
    avoiding = county.campaign(f"DATES:{tuesday}", on_holiday=OnHoliday.NEXT_WORKDAY)
    county.campaign(f"DATES:{tuesday}", on_holiday=OnHoliday.KEEP)
    county.plan(workdays=Workdays.of({2026: YearCalendar(frozenset(), frozenset())}))
    found = open_ones(county, workdays=notice)
    assert [(each.conflict.kind, each.conflict.campaign_ids) for each in found.undecided] == [
        (ConflictKind.ON_MAKE_UP_DAY, (weekend.id,)),
        (ConflictKind.ON_HOLIDAY, (avoiding.id,)),
    ]


def test_a_clash_that_is_kept_is_undecided_no_more_and_can_be_reopened(county):
    two_at_once(county)
    (clash,) = open_ones(county).undecided
    decide(county, clash.facts, reason="两拨人分头去")
    found = open_ones(county)
    assert (found.count, found.months) == (0, {})
    (kept,) = found.kept
    assert (kept.kept.by, kept.kept.note) == ("console", "两拨人分头去")
    decide(county, clash.facts, deed=reopen_clash)
    assert open_ones(county).count == 1
    trail = county.session.scalars(
        select(AuditEntry.action).where(AuditEntry.table_name == KeptClash.__tablename__)
    )
    assert list(trail) == [AuditAction.CREATED, AuditAction.REMOVED]


def test_a_kept_clash_comes_back_when_its_facts_change(county):
    first, second = two_at_once(county)
    (clash,) = open_ones(county).undecided
    decide(county, clash.facts, reason=None)
    for campaign in (first, second):
        move(county, campaign, DAY + timedelta(days=1))
    found = open_ones(county)
    assert (found.count, len(found.kept)) == (1, 0)
    for campaign in (first, second):
        move(county, campaign, DAY)
    assert open_ones(county).count == 0


def test_another_person_makes_another_clash(county):
    one, other = county.person("volunteer"), county.person("volunteer")
    for _ in range(2):
        county.campaign(f"DATES:{DAY}", start_time=time(9))
    county.plan()
    first, second = county.planned()
    for activity in (first, second):
        county.assign(activity, one)
    (clash,) = open_ones(county).undecided
    decide(county, clash.facts, reason=None)
    for activity in (first, second):
        county.assign(activity, other)
    found = open_ones(county)
    assert [each.conflict.people for each in found.undecided] == [(other.name,)]


def test_who_saw_something_else_decides_nothing(county):
    first, _ = two_at_once(county)
    (clash,) = open_ones(county).undecided
    move(county, first, DAY + timedelta(days=1))
    with pytest.raises(Stale):
        decide(county, clash.facts, reason=None)
    assert county.session.scalars(select(KeptClash)).all() == []


def test_only_who_may_plan_there_decides(county):
    two_at_once(county)
    (clash,) = open_ones(county).undecided
    village = county.unit("X01", county.root)
    for right in (
        Right(AccountRole.VIEWER),
        Right(AccountRole.RECORDER),
        Right(AccountRole.COORDINATOR, UnitId(village.id)),
    ):
        with pytest.raises(Forbidden):
            decide(county, clash.facts, by=Actor("somebody", rights=(right,)), reason=None)
    with pytest.raises(NotFound):
        decide(county, clash.facts, deed=reopen_clash)


def test_who_is_visited_twice_within_a_week_is_visited_a_week_later(county):
    _, later = visits(county, "2026-10-20", "2026-10-22")
    assert proposed(county) == [Proposal(Action.MOVE, later.id, date(2026, 10, 27))]
    put(county, later, date(2026, 10, 27))
    assert open_ones(county).count == 0


def test_a_visit_goes_to_no_day_near_yet_another_one(county):
    _, middle, _ = visits(county, "2026-10-20", "2026-10-22", "2026-10-30")
    assert proposed(county) == [Proposal(Action.MOVE, middle.id, date(2026, 11, 6))]
    put(county, middle, date(2026, 11, 6))
    assert open_ones(county).count == 0


def test_a_birthday_keeps_its_day_and_the_other_visit_goes(county):
    visited = county.person("retiree", birth_date=date(1936, 10, 21))
    county.campaign("BIRTHDAY:all", serves=[visited], kind="birthday")
    (near,) = visits(county, "2026-10-20")
    near.subject_person_id = visited.id
    county.session.flush()
    assert proposed(county) == [Proposal(Action.MOVE, near.id, date(2026, 10, 28))]
    near.by_hand = True
    county.session.flush()
    assert proposed(county) == [Proposal(Action.AGREE)]


def test_a_team_goes_to_a_day_on_which_neither_it_nor_who_takes_part_has_anything(county):
    _, second = two_at_once(county)
    (goes,) = county.planned(second)
    somebody = county.person("volunteer")
    county.assign(goes, somebody, reason="轮到")
    busy = [county.campaign("DATES:2026-10-21"), county.campaign("DATES:2026-10-23")]
    county.campaign("DATES:2026-10-22", team_id=second.team_id)
    county.plan()
    for campaign in busy:
        county.assign(county.planned(campaign)[0], somebody)
    assert proposed(county) == [Proposal(Action.MOVE, goes.id, date(2026, 10, 26))]


def test_what_lasts_for_days_takes_all_of_them(county):
    _, second = two_at_once(county)
    (goes,) = county.planned(second)
    county.campaign("DATES:2026-10-22", team_id=second.team_id)
    county.plan()
    goes.last_day = DAY + timedelta(days=1)
    county.session.flush()
    assert proposed(county) == [Proposal(Action.MOVE, goes.id, date(2026, 10, 23))]


def test_where_no_day_is_free_none_is_proposed(county):
    _, second = two_at_once(county)
    county.campaign("RRULE:FREQ=DAILY", team_id=second.team_id, starts_on=DAY + timedelta(days=1))
    county.plan()
    (goes,) = county.planned(second)
    assert proposed(county) == [Proposal(Action.AGREE, goes.id)]


def test_what_is_on_a_holiday_goes_to_a_working_day_without_a_clash(county):
    wednesday, saturday = date(2026, 10, 21), date(2026, 10, 24)
    notice = Workdays.of({2026: YearCalendar(free=frozenset({wednesday}), work=frozenset({saturday}))})
    team = county.team()
    avoiding = county.campaign(f"DATES:{wednesday}", team_id=team.id, on_holiday=OnHoliday.NEXT_WORKDAY)
    county.campaign("DATES:2026-10-22,2026-10-23", team_id=team.id)
    county.plan(workdays=Workdays.of({2026: YearCalendar(frozenset(), frozenset())}))
    (goes,) = county.planned(avoiding)
    assert proposed(county, notice) == [Proposal(Action.MOVE, goes.id, date(2026, 10, 26))]


def test_days_beyond_the_last_that_is_looked_at_are_known_as_well(county):
    _, second = two_at_once(county)
    county.campaign("DATES:2026-10-21", team_id=second.team_id)
    county.plan()
    (goes,) = county.planned(second)
    assert proposed(county, last=DAY) == [Proposal(Action.MOVE, goes.id, date(2026, 10, 22))]
