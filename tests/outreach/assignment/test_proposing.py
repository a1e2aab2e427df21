"""Proposing people with the database: who fits, who comes first, what is written, and that it is written once."""

from datetime import date, time, timedelta
from threading import Thread

import pytest
from sqlalchemy import Engine, delete, event, func, select
from sqlalchemy.orm import Session

from models import Activity, Assignment, AuditEntry, Campaign, FeedVersion, Notice, Place
from models.database import transaction
from models.enums import (
    ActivityStatus,
    AssignmentState,
    AttendanceState,
    CampaignStatus,
    NoticeKind,
    SplitBy,
)
from outreach import assignment
from outreach.assignment import Cause
from outreach.house_rules import change_house_rules
from outreach.permissions import CLOCKWORK, CONSOLE
from tests.outreach.assignment.staff import SOON, Staff
from tests.outreach.county import NOW, TODAY, ZONE

NEXT = SOON + timedelta(days=7)


@pytest.fixture
def county(session: Session) -> Staff:
    return Staff(session)


# Who is asked at all


def test_an_open_place_gets_a_volunteer_and_a_second_run_fills_nothing_more(county: Staff) -> None:
    wang, activity = county.volunteer(code="V1"), county.work(2)
    report = county.propose()
    assert (report.places, report.filled) == (2, 1)
    assert county.on(activity) == {"V1": "proposed"}
    assert [(each.activity_id, each.role, each.places) for each in report.unfilled] == [
        (activity.id, "any", 1)
    ]
    version = county.planned()[0].version

    again = county.propose()
    assert (again.places, again.filled) == (1, 0)
    assert county.planned()[0].version == version
    assert county.why(activity, wang) == "number 1 this month"


def test_without_places_nothing_is_to_be_filled(county: Staff) -> None:
    county.volunteer()
    county.campaign(f"DATES:{SOON}")
    county.plan()
    assert county.propose() == assignment.ProposalReport(0, 0)


@pytest.mark.parametrize(
    "columns",
    [
        {"until": SOON - timedelta(days=1)},
        {"since": SOON + timedelta(days=1)},
        {"frozen_on": SOON},
        {"erased_at": NOW},
        {"birth_date": date(2008, 9, 19)},
        {"max_per_month": 0},
        {"available": "Sat-Thu 08:00-20:00"},
        {"available": "nonsense"},
    ],
)
def test_who_cannot_be_asked_that_day_is_not(county: Staff, columns: dict) -> None:
    county.volunteer(code="V1", **columns)
    assert county.proposed() == {}


@pytest.mark.parametrize(
    "columns",
    [
        {"until": SOON, "since": SOON},
        {"frozen_on": SOON + timedelta(days=1)},
        {"birth_date": date(2008, 9, 18)},
        {"max_per_month": 1},
        {"available": "Fri 08:00-09:00"},
        {"available": " "},
    ],
)
def test_who_can_be_asked_that_day_is(county: Staff, columns: dict) -> None:
    county.volunteer(code="V1", **columns)
    assert county.proposed() == {"V1": "proposed"}


@pytest.mark.parametrize(
    ("hours", "fits"),
    [
        ("Fri 09:00-11:00", True),
        ("Fri 09:01-11:00", False),
        ("Fri 09:00-10:59", False),
        ("Thu 09:00-11:00", False),
        ("Fri 09:00-10:00;Fri 10:00-11:00", False),
        ("Mon 09:00-10:00;Wed-Sat 08:00-12:00", True),
    ],
)
def test_hours_are_local_and_lie_inside_one_window(county: Staff, hours: str, fits: bool) -> None:
    county.volunteer(code="V1", available=hours)
    assert bool(county.proposed(start_time=time(9), duration_minutes=120)) is fits


def test_only_volunteers_are_asked_and_no_minors(county: Staff) -> None:
    county.person("retiree")
    county.person("volunteer", "minor")
    assert county.proposed() == {}


def test_who_is_served_is_not_asked_to_serve_there(county: Staff) -> None:
    elder, other = county.person("volunteer", "retiree", code="V1"), county.volunteer(code="V2")
    assert county.proposed(needed=2, serves=["retiree"]) == {"V2": "proposed"}
    assert county.proposed(needed=2, serves=[other]) == {"V1": "proposed"}
    assert elder.code == "V1"


def test_skills_are_needed_where_the_campaign_names_some(county: Staff) -> None:
    county.volunteer("书法")
    county.volunteer("农技", code="V2")
    assert county.proposed(needed=2, skills="农技;医护") == {"V2": "proposed"}


def test_all_who_go_have_all_the_skills_between_them(county: Staff) -> None:
    for number in range(4):
        county.volunteer("农技", code=f"V{number}")
    nurse = county.volunteer("医护", code="V9", max_per_month=4)
    # The others have done less this month.
    county.assign(county.work(day=SOON + timedelta(days=1)), nurse)
    assert "V9" in county.proposed(needed=2, skills="农技;医护")


def test_who_is_near_is_of_the_team_or_of_the_unit_or_below_it(county: Staff) -> None:
    west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
    village = county.unit("Z011", west)
    county.volunteer(code="V-ROOT")
    county.volunteer(code="V-VILLAGE", unit=village)
    member = county.volunteer(code="V-EAST", unit=east)
    team = county.team(member)
    assert county.proposed(needed=9, unit_id=west.id).keys() == {"V-VILLAGE"}
    assert county.proposed(needed=9, unit_id=west.id, team_id=team.id).keys() == {"V-VILLAGE", "V-EAST"}


def test_what_is_split_by_unit_is_staffed_from_the_campaigns_unit_too(county: Staff) -> None:
    west = county.unit("Z01", county.root)
    retiree = county.person("retiree", unit=west)
    county.volunteer(code="V-ROOT")
    assert county.proposed(serves=[retiree], split_by=SplitBy.UNIT) == {"V-ROOT": "proposed"}


@pytest.mark.parametrize("state", [AssignmentState.DECLINED, AssignmentState.WITHDRAWN])
def test_who_declined_or_was_withdrawn_is_not_asked_to_that_again_but_to_others(
    county: Staff, state: AssignmentState
) -> None:
    wang, activity = county.volunteer(code="V1"), county.work()
    county.assign(activity, wang, state)
    other = county.work()
    (left,) = county.propose().unfilled
    assert (left.activity_id, left.cause) == (activity.id, Cause.DECLINED)
    assert county.on(other) == {"V1": "proposed"}


def test_nobody_is_asked_to_two_things_at_one_time(county: Staff) -> None:
    county.volunteer()
    first, second, third = (county.work(start_time=time(hour), duration_minutes=90) for hour in (9, 10, 11))
    county.propose()
    asked = [bool(county.on(each)) for each in (first, second, third)]
    assert asked == [True, False, True]


def test_a_limit_counts_what_was_held_this_month_and_what_somebody_was_asked_to_by_hand(
    county: Staff,
) -> None:
    wang = county.volunteer(code="V1", max_per_month=3)
    county.held(county.campaign("DATES:2026-09-01"), date(2026, 9, 1), wang)
    county.assign(county.work(day=date(2026, 9, 29)), wang)
    first, second = county.work(), county.work(day=NEXT)
    report = county.propose()
    assert (report.places, report.filled) == (2, 1)
    assert [each.cause for each in report.unfilled] == [Cause.LIMIT]
    assert len(county.on(first)) + len(county.on(second)) == 1


def test_what_was_cancelled_or_declined_counts_for_no_limit(county: Staff) -> None:
    wang = county.volunteer(code="V1", max_per_month=1)
    cancelled, declined = county.work(day=date(2026, 9, 29)), county.work(day=date(2026, 9, 30))
    county.assign(cancelled, wang)
    county.assign(declined, wang, AssignmentState.DECLINED)
    cancelled.status, cancelled.reason, cancelled.by_hand = ActivityStatus.CANCELLED, "雨", True
    assert county.proposed() == {"V1": "proposed"}


def test_only_planned_activities_of_active_campaigns_in_the_days_asked_for_are_staffed(county: Staff) -> None:
    county.volunteer()
    paused, later = county.work(), county.work(day=date(2026, 12, 1))
    begun = county.work(day=TODAY, start_time=time(9), duration_minutes=60)
    county.session.get_one(Campaign, paused.campaign_id).status = CampaignStatus.PAUSED
    assert begun.starts_at == NOW
    assert county.propose(SOON) == assignment.ProposalReport(0, 0)
    assert [county.on(each) for each in (paused, later, begun)] == [{}, {}, {}]


# Minors


def test_two_adults_go_where_a_minor_is_served_though_one_place_was_asked_for(county: Staff) -> None:
    child = county.person("minor")
    for code in ("V1", "V2", "V3"):
        county.volunteer(code=code)
    assert len(county.proposed(serves=[child])) == 2


def test_where_two_adults_cannot_be_found_for_a_minor_nobody_is_asked(county: Staff) -> None:
    child, _ = county.person("minor"), county.volunteer()
    activity = county.work(serves=[child])
    (left,) = county.propose().unfilled
    assert (county.on(activity), left.cause, left.count, left.places) == ({}, Cause.ADULTS, 2, 2)


def test_an_adult_who_is_on_it_already_counts_whatever_they_are(county: Staff) -> None:
    child, staff = county.person("minor"), county.person("staff")
    county.volunteer(code="V1")
    activity = county.work(serves=[child])
    county.assign(activity, staff)
    county.propose()
    assert county.on(activity)["V1"] == "proposed"


def test_a_child_by_age_alone_or_on_the_list_itself_asks_for_adults_too(county: Staff) -> None:
    young = county.person("beneficiary", birth_date=date(2012, 1, 1))
    county.volunteer()
    assert county.proposed(serves=[young]) == {}
    activity = county.work(2)
    county.assign(activity, county.person("minor"))
    county.propose()
    assert len(county.on(activity)) == 1


def test_the_office_may_let_one_adult_go(county: Staff) -> None:
    child, _ = county.person("minor"), county.volunteer(code="V1")
    change_house_rules(county.session, {"assignment.adults_with_minors": 1}, by=CONSOLE, now=NOW)
    assert county.proposed(serves=[child]) == {"V1": "proposed"}


# Who comes first


def test_the_own_team_comes_before_others_of_the_unit_and_the_reason_says_so(county: Staff) -> None:
    other, member = county.volunteer(code="V1"), county.volunteer(code="V2", max_per_month=4)
    activity = county.work(2, team_id=county.team(member).id)
    county.propose()
    assert list(county.on(activity)) == ["V1", "V2"]
    assert county.why(activity, member) == "of the team, 1 of 4 this month"
    assert county.why(activity, other) == "number 1 this month; but not of the team"

    assert county.proposed(team_id=county.team(member).id) == {"V2": "proposed"}


def test_the_supporter_of_the_pairing_comes_before_who_was_there_before(county: Staff) -> None:
    elder = county.person("retiree", lunar_birthday=None, birth_date=date(1940, 9, 18))
    before, supporter = county.volunteer(code="V1"), county.volunteer(code="V2")
    campaign = county.campaign("BIRTHDAY:all", kind="birthday", serves=[elder])
    county.session.add(Place(campaign_id=campaign.id, role="any", needed=1))
    county.held(campaign, date(2025, 9, 18), before, elder, subject_person_id=elder.id)
    county.plan()
    (activity,) = (each for each in county.planned(campaign) if each.day == SOON)
    county.propose(SOON)
    assert county.on(activity) == {"V1": "proposed"}
    assert county.why(activity, before) == "was last there on Thu 18 September 2025, number 1 this month"

    county.pair(supporter, elder)
    county.session.execute(delete(Assignment))
    county.propose(SOON)
    assert county.on(activity) == {"V2": "proposed"}
    assert county.why(activity, supporter) == "is paired with the one it is for, number 1 this month"


def test_a_leader_is_whoever_leads_the_team_and_a_driver_who_has_that_skill(county: Staff) -> None:
    county.volunteer(code="V1")
    county.volunteer("driver", code="V2")
    leads = county.volunteer(code="V3")
    team = county.team(leads)
    county.led(team, leads)
    activity = county.work({"leader": 1, "driver": 1}, team_id=team.id)
    county.propose()
    roles = {
        each.person_id: each.role
        for each in county.session.scalars(select(Assignment).where(Assignment.activity_id == activity.id))
    }
    assert roles[leads.id] == "leader"
    assert county.on(activity).keys() == {"V2", "V3"}
    assert "suited as “leader”" in (county.why(activity, leads) or "")


def test_work_goes_round(county: Staff) -> None:
    for number in range(5):
        county.volunteer(code=f"V{number}", max_per_month=3)
    works = [county.work(day=SOON + timedelta(days=number)) for number in range(10)]
    county.propose(date(2026, 9, 30))
    codes = [code for each in works for code in county.on(each)]
    assert sorted(codes) == sorted(2 * [f"V{number}" for number in range(5)])


def test_of_two_alike_who_did_less_of_late_is_asked_first(county: Staff) -> None:
    tired, _ = county.volunteer(code="V1"), county.volunteer(code="V2")
    county.held(county.campaign("DATES:2026-08-01"), date(2026, 8, 1), tired)
    assert county.proposed() == {"V2": "proposed"}


def test_having_been_absent_is_no_acquaintance(county: Staff) -> None:
    first, second = county.volunteer(code="V1"), county.volunteer(code="V2")
    activity = county.work()
    campaign = county.session.get_one(Campaign, activity.campaign_id)
    county.held(campaign, date(2026, 5, 1), second)
    county.held(campaign, date(2026, 6, 1), first, state=AttendanceState.ABSENT)
    county.propose()
    assert county.on(activity) == {"V2": "proposed"}


# What is written


def test_a_proposal_moves_stamps_feeds_the_trail_and_owes_a_notice(county: Staff) -> None:
    wang, activity = county.volunteer(code="V1", email="v1@example.org", contact_by="email"), county.work()
    before = (activity.version, activity.sequence)
    county.propose()
    (activity,) = county.planned()
    (asked,) = county.session.scalars(select(Assignment))
    assert (activity.version, activity.sequence) == (before[0] + 1, before[1])
    assert (activity.people_sequence, activity.people_changed_at) == (1, NOW)
    assert (asked.sequence, asked.changed_at, asked.role) == (0, NOW, "any")
    entry = county.session.scalars(select(AuditEntry).where(AuditEntry.table_name == "assignments")).one()
    assert (entry.row_id, entry.person_id) == (asked.id, wang.id)
    assert entry.after == {"activity_id": activity.id, "role": "any", "state": "proposed"}
    scopes = set(county.session.scalars(select(FeedVersion.scope)))
    assert {f"person:{wang.id}", f"campaign:{activity.campaign_id}"} <= scopes
    notice = county.session.scalars(select(Notice)).one()
    assert (notice.kind, notice.person_id) == (NoticeKind.ASKED, wang.id)


def test_regular_members_are_confirmed_where_the_team_says_so_and_others_asked(county: Staff) -> None:
    member, _ = county.volunteer(code="V1"), county.volunteer(code="V2")
    team = county.team(member)
    team.confirms_members = True
    assert county.proposed(needed=2, team_id=team.id) == {"V1": "confirmed", "V2": "proposed"}


def test_the_same_county_gets_the_same_proposal(county: Staff) -> None:
    for number in range(6):
        county.volunteer(code=f"V{number}", max_per_month=2)
    works = [county.work(2, day=SOON + timedelta(days=number)) for number in range(5)]
    county.propose()
    first = [county.on(each) for each in works]
    county.session.execute(delete(Assignment))
    county.propose()
    assert [county.on(each) for each in works] == first


def test_some_activities_alone_can_be_staffed(county: Staff) -> None:
    county.volunteer()
    one, other = county.work(), county.work(day=NEXT)
    county.propose(activity_ids=[other.id])
    assert (county.on(one), len(county.on(other))) == ({}, 1)


def test_as_many_questions_are_asked_for_many_places_as_for_few(county: Staff) -> None:
    county.volunteer(max_per_month=99)
    asked: list[str] = []
    bind = county.session.get_bind()
    event.listen(bind, "before_cursor_execute", lambda *given: asked.append(given[2]))
    county.work(2)
    asked.clear()
    county.propose()
    few = len(asked)
    for more in range(1, 8):
        county.volunteer(max_per_month=99)
        county.work(2, day=SOON + timedelta(days=more))
    asked.clear()
    assert county.propose().filled > 5
    assert len(asked) == few


@pytest.mark.parametrize("columns", [{"start_time": time(9), "duration_minutes": 60}, {}])
def test_two_runs_at_once_ask_nobody_twice(fresh_database: Engine, columns: dict) -> None:
    with transaction(fresh_database) as session:
        county = Staff(session)
        for number in range(3):
            county.volunteer(code=f"V{number}", max_per_month=2)
        for number in range(4):
            county.work(2, day=SOON + timedelta(days=number % 2), **columns)
    errors: list[Exception] = []

    def run() -> None:
        try:
            with transaction(fresh_database) as session:
                assignment.propose_people(
                    session, today=TODAY, through=NEXT, zone=ZONE, by=CLOCKWORK, now=NOW
                )
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)

    runners = [Thread(target=run) for _ in range(3)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(60)
    assert errors == []
    with transaction(fresh_database) as session:
        per_person = session.execute(
            select(Assignment.person_id, func.count()).group_by(Assignment.person_id)
        ).all()
        assert all(count <= 2 for _, count in per_person)
        assert sum(count for _, count in per_person) == 6
        if columns:
            hours = session.execute(
                select(Assignment.person_id, Activity.starts_at, func.count())
                .join(Activity, Activity.id == Assignment.activity_id)
                .group_by(Assignment.person_id, Activity.starts_at)
            ).all()
            assert all(count == 1 for *_, count in hours)
