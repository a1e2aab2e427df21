"""What should be planned against what is: rules 7, 9, 18 to 22a and 37, and what people have touched."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays, YearCalendar
from models import Activity, AuditEntry, FeedVersion, Matter, Tie
from models.enums import (
    ActivityStatus,
    AssignmentState,
    AttendanceState,
    CampaignStatus,
    OnHoliday,
    SplitBy,
    TieKind,
    VisitResult,
)
from outreach.planning import Why, held_key, horizon_end, place_changed
from outreach.planning.keys import closed_key
from tests.outreach.county import NOW, TODAY, ZONE, County

MONTHLY = "RRULE:FREQ=MONTHLY;BYMONTHDAY=20"


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def counts(report) -> tuple[int, int, int, int]:
    return report.created, report.moved, report.cancelled, report.unchanged


# Dated forms


def test_the_days_of_a_schedule_from_today_through_the_horizon_are_planned(county: County) -> None:
    campaign = county.campaign(MONTHLY, start_time=time(9), duration_minutes=90, place="三楼")
    report = county.plan()

    assert counts(report) == (4, 0, 0, 0)
    assert county.days() == ["2026-09-20", "2026-10-20", "2026-11-20", "2026-12-20"]
    first = county.planned(campaign)[0]
    assert first.plan_key == "2026-09-20"
    assert first.nominal_on == date(2026, 9, 20)
    assert first.unit_id == county.root.id
    assert first.starts_at == datetime(2026, 9, 20, 9, tzinfo=ZONE)
    assert first.ends_at == datetime(2026, 9, 20, 10, 30, tzinfo=ZONE)
    assert first.place is None
    assert not first.forecast
    assert (first.version, first.sequence, first.by_hand) == (1, 0, False)


def test_without_a_start_time_it_is_a_whole_day_and_without_a_duration_an_hour(county: County) -> None:
    whole, hour = county.campaign("DATES:2026-10-09"), county.campaign("DATES:2026-10-09", start_time=time(9))
    county.plan()

    (day,) = county.planned(whole)
    assert (day.starts_at, day.ends_at, day.last_day) == (None, None, date(2026, 10, 9))
    (timed,) = county.planned(hour)
    assert timed.ends_at - timed.starts_at == timedelta(hours=1)


def test_what_lasts_over_midnight_ends_on_the_next_local_day(county: County) -> None:
    late = county.campaign("DATES:2026-10-09", start_time=time(22), duration_minutes=180)
    till_midnight = county.campaign("DATES:2026-10-09", start_time=time(22), duration_minutes=120)
    county.plan()

    assert county.planned(late)[0].last_day == date(2026, 10, 10)
    assert county.planned(till_midnight)[0].last_day == date(2026, 10, 9)


def test_the_second_run_changes_nothing(county: County) -> None:
    county.campaign(MONTHLY, start_time=time(9))
    county.plan()
    before = [(a.id, a.version, a.sequence, a.changed_at) for a in county.activities()]
    feeds = county.session.scalars(select(FeedVersion.version)).all()
    report = county.plan()

    assert counts(report) == (0, 0, 0, 4)
    assert [(a.id, a.version, a.sequence, a.changed_at) for a in county.activities()] == before
    assert county.session.scalars(select(FeedVersion.version)).all() == feeds


def test_only_active_campaigns_are_planned(county: County) -> None:
    for status in (CampaignStatus.DRAFT, CampaignStatus.PAUSED, CampaignStatus.ENDED):
        county.campaign(MONTHLY, status=status)
    assert counts(county.plan()) == (0, 0, 0, 0)


def test_a_shorter_horizon_takes_nothing_away_and_two_horizons_are_their_union(county: County) -> None:
    county.campaign(MONTHLY)
    county.plan(through=date(2026, 12, 31))
    assert counts(county.plan(through=date(2026, 10, 31))) == (0, 0, 0, 4)
    assert counts(county.plan(through=date(2027, 1, 31))) == (1, 0, 0, 4)


def test_another_shift_moves_the_same_activity_and_its_people_stay(county: County) -> None:
    campaign = county.campaign("DATES:2026-10-20", start_time=time(9))
    county.plan()
    before = county.planned()[0]
    uid = before.uid
    assignment = county.assign(before, county.person("volunteer"), reason="农技")
    campaign.schedule = "DATES:2026-10-20;shift=-1WD"
    report = county.plan()

    assert counts(report) == (0, 1, 0, 0)
    assert [(move.before, move.after) for move in report.moves] == [(date(2026, 10, 20), date(2026, 10, 19))]
    (after,) = county.planned()
    assert (after.uid, after.day, after.sequence, after.version) == (uid, date(2026, 10, 19), 1, 3)
    assert after.nominal_on == date(2026, 10, 20)
    assert after.changed_at == datetime.combine(TODAY, time(1), UTC)
    county.session.refresh(assignment)
    assert assignment.activity_id == after.id
    entry = county.session.scalars(select(AuditEntry).where(AuditEntry.row_id == after.id)).one()
    assert (entry.before, entry.after) == ({"day": "2026-10-20"}, {"day": "2026-10-19"})


@pytest.mark.parametrize("change", [{"start_time": time(10)}, {"start_time": None}, {"duration_minutes": 30}])
def test_another_time_of_the_campaign_moves_what_is_planned(county: County, change) -> None:
    campaign = county.campaign(MONTHLY, start_time=time(9))
    county.plan()
    for name, value in change.items():
        setattr(campaign, name, value)
    assert counts(county.plan()) == (0, 4, 0, 0)
    assert {activity.sequence for activity in county.planned()} == {1}
    assert counts(county.plan()) == (0, 0, 0, 4)


def test_days_that_the_schedule_has_no_more_are_withdrawn_with_the_reason(county: County) -> None:
    campaign = county.campaign("DATES:2026-10-20,2026-11-20")
    county.plan()
    campaign.schedule = "DATES:2026-11-20,2026-12-20"
    assert counts(county.plan()) == (1, 0, 1, 1)
    (gone,) = county.activities(campaign, ActivityStatus.CANCELLED)
    assert (gone.day, gone.reason, gone.sequence) == (date(2026, 10, 20), Why.NOT_SCHEDULED, 1)
    assert counts(county.plan()) == (0, 0, 0, 2)


def test_a_paused_campaign_loses_its_coming_days_and_gets_the_same_ones_back(county: County) -> None:
    campaign = county.campaign(MONTHLY)
    county.plan()
    uids = {activity.uid for activity in county.planned()}
    campaign.status = CampaignStatus.PAUSED
    assert counts(county.plan()) == (0, 0, 4, 0)
    assert {activity.reason for activity in county.activities()} == {Why.NOT_ACTIVE}
    assert counts(county.plan()) == (0, 0, 0, 0)
    campaign.status = CampaignStatus.ACTIVE
    report = county.plan()
    assert (counts(report), report.restored) == ((4, 0, 0, 0), 4)
    assert {activity.uid for activity in county.planned()} == uids
    assert {(a.sequence, a.reason) for a in county.planned()} == {(2, None)}


def test_an_earlier_end_withdraws_what_lies_behind_it(county: County) -> None:
    campaign = county.campaign(MONTHLY)
    county.plan()
    campaign.ends_on = date(2026, 11, 1)
    assert counts(county.plan()) == (0, 0, 2, 2)
    assert {a.reason for a in county.activities(status=ActivityStatus.CANCELLED)} == {Why.ENDED}


def test_the_past_is_left_alone(county: County) -> None:
    campaign = county.campaign(MONTHLY)
    county.plan()
    campaign.status = CampaignStatus.ENDED
    county.plan(today=date(2026, 10, 25))
    assert county.days() == ["2026-09-20", "2026-10-20"]
    campaign.status, campaign.schedule = CampaignStatus.ACTIVE, MONTHLY + ";shift=+10D"
    report = county.plan(today=date(2026, 10, 25))
    # The nominal day of 10-20 would now be 10-30, but its activity had its day already.
    assert county.days() == ["2026-09-20", "2026-10-20", "2026-11-30", "2026-12-30"]
    assert counts(report) == (2, 0, 0, 0)


def test_today_belongs_to_the_horizon(county: County) -> None:
    county.campaign("DATES:2026-09-14,2026-09-15")
    county.plan()
    assert county.days() == ["2026-09-15"]


def test_what_was_held_today_without_a_plan_is_not_planned_again(county: County) -> None:
    campaign = county.campaign("DATES:2026-09-15,2026-09-16")
    county.held(campaign, TODAY)
    county.plan()
    assert county.days() == ["2026-09-16"]


def test_an_activity_made_by_hand_is_nobody_elses_business(county: County) -> None:
    campaign = county.campaign("DATES:2026-10-20")
    county.session.add(
        Activity(
            campaign_id=campaign.id,
            unit_id=county.root.id,
            day=date(2026, 10, 20),
            last_day=date(2026, 10, 20),
            by_hand=True,
            changed_at=NOW,
            people_changed_at=NOW,
        )
    )
    assert counts(county.plan()) == (1, 0, 0, 0)
    campaign.status = CampaignStatus.PAUSED
    assert counts(county.plan()) == (0, 0, 1, 0)


# What people have touched


@pytest.mark.parametrize("touch", ["moved", "assigned", "confirmed"])
def test_what_people_made_theirs_is_spared_and_reported(county: County, touch: str) -> None:
    campaign = county.campaign("DATES:2026-10-20", start_time=time(9))
    county.plan()
    (activity,) = county.planned()
    if touch == "moved":
        activity.by_hand = True
    elif touch == "assigned":
        county.assign(activity, county.person("volunteer"))
    else:
        county.assign(activity, county.person("volunteer"), AssignmentState.CONFIRMED, reason="农技")
    campaign.schedule = "DATES:2026-11-20"
    report = county.plan()

    assert counts(report) == (1, 0, 0, 1)
    assert county.days() == ["2026-10-20", "2026-11-20"]
    (conflict,) = report.conflicts
    assert (conflict.kind, conflict.activity_ids) == ("no_longer_planned", (activity.id,))
    assert (conflict.proposal.action, conflict.why) == ("cancel", Why.NOT_SCHEDULED)


def test_a_mere_proposal_of_the_program_spares_nothing(county: County) -> None:
    campaign = county.campaign("DATES:2026-10-20")
    county.plan()
    county.assign(county.planned()[0], county.person("volunteer"), reason="农技")
    campaign.status = CampaignStatus.PAUSED
    assert counts(county.plan()) == (0, 0, 1, 0)


def test_what_somebody_is_assigned_to_is_not_moved_but_the_other_day_is_proposed(county: County) -> None:
    campaign = county.campaign("DATES:2026-10-20", start_time=time(9))
    county.plan()
    (activity,) = county.planned()
    county.assign(activity, county.person("volunteer"))
    campaign.schedule = "DATES:2026-10-20;shift=+2D"
    report = county.plan()

    assert county.days() == ["2026-10-20"]
    (conflict,) = report.conflicts
    assert (conflict.kind, conflict.proposal.to) == ("planned_otherwise", date(2026, 10, 22))


def test_what_somebody_moved_stays_moved_without_complaint(county: County) -> None:
    county.campaign("DATES:2026-10-20")
    county.plan()
    (activity,) = county.planned()
    activity.by_hand, activity.day, activity.last_day = True, date(2026, 10, 27), date(2026, 10, 27)
    report = county.plan()
    assert (counts(report), report.conflicts) == ((0, 0, 0, 1), ())
    assert county.days() == ["2026-10-27"]


def test_what_somebody_cancelled_does_not_come_back(county: County) -> None:
    county.campaign("DATES:2026-10-20")
    county.plan()
    (activity,) = county.planned()
    activity.status, activity.reason, activity.by_hand = ActivityStatus.CANCELLED, "停电", True
    assert counts(county.plan()) == (0, 0, 0, 1)
    assert county.days() == []


def test_what_is_recorded_stays_as_it_is(county: County) -> None:
    campaign = county.campaign("DATES:2026-09-15,2026-10-20")
    county.plan()
    activity = county.planned()[0]
    activity.status, activity.revision = ActivityStatus.HELD, 1
    campaign.status = CampaignStatus.ENDED
    assert counts(county.plan()) == (0, 0, 1, 0)
    assert county.activities()[0].status is ActivityStatus.HELD


# The calendar


def test_a_years_notice_moves_what_it_concerns_and_ends_the_forecast(county: County) -> None:
    county.campaign("DATES:2027-02-12,2027-03-10", on_holiday=OnHoliday.NEXT_WORKDAY)
    county.plan(through=date(2027, 6, 30))
    assert [(a.day.isoformat(), a.forecast) for a in county.planned()] == [
        ("2027-02-12", True),
        ("2027-03-10", True),
    ]
    notice = YearCalendar(
        free=frozenset(date(2027, 2, day) for day in range(5, 13)), work=frozenset({date(2027, 2, 13)})
    )
    report = county.plan(through=date(2027, 6, 30), workdays=Workdays.of({2027: notice}))

    assert counts(report) == (0, 1, 0, 1)
    moved, stays = county.planned()
    assert (moved.day, moved.sequence, moved.forecast) == (date(2027, 2, 13), 1, False)
    # No calendar shows a forecast: its event stays as it is, the API's version rises.
    assert (stays.day, stays.sequence, stays.forecast, stays.version) == (date(2027, 3, 10), 0, False, 2)


def test_a_holiday_that_pushes_over_the_edge_of_the_horizon_moves_and_does_not_withdraw(
    county: County,
) -> None:
    county.campaign("DATES:2026-12-15", on_holiday=OnHoliday.NEXT_WORKDAY)
    county.plan(through=date(2026, 12, 15))
    notice = YearCalendar(free=frozenset({date(2026, 12, 15)}), work=frozenset())
    report = county.plan(through=date(2026, 12, 15), workdays=Workdays.of({2026: notice}))
    assert counts(report) == (0, 1, 0, 0)
    assert county.days() == ["2026-12-16"]


# Birthdays


def test_each_person_of_the_list_has_a_birthday_activity_with_a_subject(county: County) -> None:
    member = county.person("retiree", birth_date=date(1936, 10, 8))
    lunar = county.person("retiree", lunar_birthday="9-9")
    silent = county.person("retiree")
    campaign = county.campaign("BIRTHDAY:all", serves=["retiree"], team_id=county.team(member).id)
    report = county.plan()

    assert [(a.day.isoformat(), a.subject_person_id, a.plan_key) for a in county.planned(campaign)] == [
        # A member of the team is visited all the same, by the others (rule 52).
        ("2026-10-08", member.id, f"2026-10-08/p{member.id}"),
        ("2026-10-18", lunar.id, f"2026-10-18/p{lunar.id}"),
    ]
    (remark,) = report.remarks
    assert (remark.kind, remark.count, remark.people) == ("no_birthday", 1, (silent.code,))


def test_decades_need_a_year_of_birth(county: County) -> None:
    ninety = county.person("retiree", birth_date=date(1936, 10, 8))
    county.person("retiree", birth_date=date(1937, 10, 8))
    county.person("retiree", lunar_birthday="9-9")
    county.campaign("BIRTHDAY:decade", serves=["retiree"])
    report = county.plan()
    assert [a.subject_person_id for a in county.planned()] == [ninety.id]
    assert [remark.kind for remark in report.remarks] == ["no_birth_year"]


def test_somebody_who_dies_drops_out_from_the_day_after(county: County) -> None:
    person = county.person("retiree", birth_date=date(1936, 10, 8))
    campaign = county.campaign("BIRTHDAY:all", serves=["retiree"])
    county.plan()
    person.until = date(2026, 10, 8)
    assert counts(county.plan()) == (0, 0, 0, 1)
    person.until = date(2026, 10, 7)
    assert counts(county.plan()) == (0, 0, 1, 0)
    assert county.activities(campaign)[0].reason == Why.NOT_SERVED


# One activity for each unit


def test_split_by_unit_makes_one_activity_for_each_unit_with_somebody_of_its_own(county: County) -> None:
    town = county.unit("T", county.root)
    village, empty = county.unit("V", town), county.unit("E", town)
    county.person("volunteer", unit=empty)
    people = [county.person("retiree", unit=unit) for unit in (village, village, county.root)]
    member = county.person("retiree", unit=empty)
    campaign = county.campaign(
        "DATES:2026-10-20", serves=["retiree"], split_by=SplitBy.UNIT, team_id=county.team(member).id
    )
    assert counts(county.plan()) == (2, 0, 0, 0)
    keys = {(a.unit_id, a.plan_key) for a in county.planned(campaign)}
    assert keys == {(u.id, f"2026-10-20/u{u.id}") for u in (village, county.root)}
    assert len(people) == 3


def test_a_unit_that_gains_its_first_gets_one_and_one_that_loses_its_last_loses_it(county: County) -> None:
    old, new = county.unit("A", county.root), county.unit("B", county.root)
    person = county.person("retiree", unit=old)
    campaign = county.campaign("DATES:2026-10-20", serves=["retiree"], split_by=SplitBy.UNIT)
    county.plan()
    placement = county.session.scalars(
        select(Tie).where(Tie.kind == TieKind.PLACEMENT, Tie.subject_person_id == person.id)
    ).one()
    placement.until = date(2026, 9, 14)
    county.session.flush()
    county.place(person, new, since=date(2026, 9, 15))

    assert counts(county.plan()) == (1, 0, 1, 0)
    assert [a.unit_id for a in county.planned(campaign)] == [new.id]
    assert county.activities(status=ActivityStatus.CANCELLED)[0].reason == Why.NOBODY_THERE


def test_forms_with_a_subject_are_not_split_and_say_so(county: County) -> None:
    county.person("retiree", unit=county.unit("A", county.root), birth_date=date(1936, 10, 8))
    county.campaign("BIRTHDAY:all", serves=["retiree"], split_by=SplitBy.UNIT)
    report = county.plan()
    assert [a.unit_id for a in county.planned()] == [county.root.id]
    assert [remark.kind for remark in report.remarks] == ["split_ignored"]


# Cadences


def visit(county: County, **columns):
    person = county.person("retiree", since=date(2026, 1, 1))
    return person, county.campaign("CADENCE:P90D", serves=[person], **columns)


def test_a_visit_is_due_so_long_after_the_last_one_held(county: County) -> None:
    person, campaign = visit(county)
    county.held(campaign, date(2026, 6, 1), person)
    county.held(campaign, date(2026, 9, 3), person, status=ActivityStatus.PARTLY)
    county.plan()
    (planned,) = county.planned()
    assert (planned.day, planned.nominal_on) == (date(2026, 12, 2), date(2026, 12, 2))
    assert (planned.plan_key, planned.subject_person_id) == (f"p{person.id}", person.id)


def test_a_cancelled_visit_an_absent_person_and_another_campaign_do_not_count(county: County) -> None:
    person, campaign = visit(county)
    other = county.campaign("CADENCE:P30D", serves=[county.person("retiree")])
    county.held(campaign, date(2026, 6, 20), person)
    county.held(campaign, date(2026, 9, 1), person, status=ActivityStatus.CANCELLED)
    county.held(campaign, date(2026, 9, 2), person, state=AttendanceState.ABSENT)
    county.held(other, date(2026, 9, 3), person)
    county.plan()
    assert county.days(campaign) == ["2026-09-18"]


def test_whoever_was_visited_was_there_and_whoever_was_not_met_was_not(county: County) -> None:
    person, campaign = visit(county)
    seen, missed = (county.held(campaign, date(2026, 7, day), person) for day in (10, 20))
    from models import Attendance

    for activity, result in ((seen, VisitResult.SEEN), (missed, VisitResult.NOT_SEEN)):
        row = county.session.get(Attendance, (activity.id, person.id))
        row.visit, row.state = result, None
    county.plan()
    assert county.days(campaign) == ["2026-10-08"]


def test_who_was_never_visited_is_due_after_joining_and_a_past_due_day_is_today(county: County) -> None:
    new = county.person("retiree", since=date(2026, 9, 1))
    old = county.person("retiree", since=date(2026, 1, 1))
    always = county.person("retiree")
    campaign = county.campaign(
        "CADENCE:P90D",
        serves=[new, old, always],
        starts_on=date(2026, 8, 1),
        on_holiday=OnHoliday.NEXT_WORKDAY,
    )
    county.plan(today=date(2026, 9, 19))
    by_person = {
        a.subject_person_id: (a.day.isoformat(), a.nominal_on.isoformat()) for a in county.planned(campaign)
    }
    assert by_person == {
        new.id: ("2026-11-30", "2026-11-30"),
        # Saturday 09-19 is none; Sunday 09-20 is a make-up day.
        old.id: ("2026-09-20", "2026-04-01"),
        always.id: ("2026-10-30", "2026-10-30"),
    }


def test_a_pairing_is_visited_when_both_were_there_at_its_own_interval(county: County) -> None:
    supporter, child, other = county.person("volunteer"), county.person("minor"), county.person("minor")
    campaign = county.campaign("CADENCE:P90D", team_id=county.team(supporter).id)
    own = county.pair(supporter, child, since=date(2026, 1, 1), visit_every="P30D")
    plain = county.pair(supporter, other, since=date(2026, 1, 1))
    county.held(campaign, date(2026, 9, 1), supporter, child)
    county.held(campaign, date(2026, 9, 5), child)
    county.held(campaign, date(2026, 8, 1), supporter, other)
    county.plan()
    found = {
        a.pairing_id: (a.day.isoformat(), a.plan_key, a.subject_person_id) for a in county.planned(campaign)
    }
    assert found == {
        own.id: ("2026-10-01", f"t{own.id}", child.id),
        plain.id: ("2026-10-30", f"t{plain.id}", other.id),
    }


def test_an_ended_pairing_loses_its_visit(county: County) -> None:
    supporter, child = county.person("volunteer"), county.person("minor")
    county.campaign("CADENCE:P90D", team_id=county.team(supporter).id)
    pairing = county.pair(supporter, child, since=date(2026, 9, 1))
    county.plan()
    pairing.until = TODAY
    assert counts(county.plan()) == (0, 0, 1, 0)
    assert county.activities()[0].reason == Why.PAIRING_ENDED


def test_a_visit_held_frees_its_key_for_the_next_one(county: County) -> None:
    person, _ = visit(county)
    county.plan()
    (first,) = county.planned()
    first.status, first.revision, first.held_on = ActivityStatus.HELD, 1, first.day
    first.plan_key = held_key(first.plan_key, first.day, first.id)
    from models import Attendance

    county.session.add(
        Attendance(
            activity_id=first.id,
            person_id=person.id,
            unit_id=county.root.id,
            day=first.day,
            state=AttendanceState.AS_PLANNED,
        )
    )
    report = county.plan(today=date(2026, 9, 16))
    assert counts(report) == (1, 0, 0, 0)
    assert county.days() == ["2026-12-14"]


def test_a_visit_that_nobody_was_asked_to_moves_on_with_today(county: County) -> None:
    visit(county)
    county.plan()
    assert county.days() == ["2026-09-15"]
    report = county.plan(today=date(2026, 9, 17))
    assert counts(report) == (0, 1, 0, 0)
    assert county.days() == ["2026-09-17"]
    assert county.planned()[0].nominal_on == date(2026, 4, 1)
    assert counts(county.plan(today=date(2026, 9, 17))) == (0, 0, 0, 1)


def test_a_visit_that_people_were_asked_to_waits_for_its_record_ten_working_days(county: County) -> None:
    visit(county)
    county.plan()
    (first,) = county.planned()
    county.assign(first, county.person("volunteer"), reason="农技")
    # The tenth working day after 09-15 is 09-30: 09-20 is worked, 09-25 to 09-27 are free.
    assert counts(county.plan(today=date(2026, 9, 29))) == (0, 0, 0, 1)
    assert county.days() == ["2026-09-15"]
    assert counts(county.plan(today=date(2026, 9, 30))) == (1, 0, 0, 0)
    assert county.days() == ["2026-09-15", "2026-09-30"]
    assert county.activities()[0].plan_key == closed_key(f"p{first.subject_person_id}", first.day, first.id)
    assert counts(county.plan(today=date(2026, 9, 30))) == (0, 0, 0, 1)


def test_a_missed_visit_is_followed_by_the_next(county: County) -> None:
    visit(county)
    county.plan()
    county.planned()[0].status = ActivityStatus.MISSED
    assert counts(county.plan(today=date(2026, 9, 16))) == (1, 0, 0, 0)
    assert county.days() == ["2026-09-16"]


def test_a_visit_called_off_by_somebody_is_owed_again_when_its_day_is_over(county: County) -> None:
    visit(county)
    county.plan()
    (first,) = county.planned()
    first.status, first.reason, first.by_hand = ActivityStatus.CANCELLED, "外出", True
    assert counts(county.plan()) == (0, 0, 0, 1)
    assert counts(county.plan(today=date(2026, 9, 16))) == (1, 0, 0, 0)


def test_there_is_never_a_second_visit_beside_one_that_somebody_made(county: County) -> None:
    person, campaign = visit(county)
    county.plan()
    county.session.add(
        Activity(
            campaign_id=campaign.id,
            unit_id=county.root.id,
            subject_person_id=person.id,
            day=date(2026, 9, 18),
            last_day=date(2026, 9, 18),
            by_hand=True,
            changed_at=NOW,
            people_changed_at=NOW,
        )
    )
    assert counts(county.plan()) == (0, 0, 1, 0)
    assert county.days() == ["2026-09-18"]
    assert county.activities(status=ActivityStatus.CANCELLED)[0].reason == Why.OTHER_VISIT


# Cases


def test_a_case_gets_one_visit_until_it_is_closed(county: County) -> None:
    person = county.person("retiree")
    county.campaign("CASE:hospital;within=P2D", serves=["retiree"])
    case = county.case(person, date(2026, 9, 14))
    county.case(person, date(2026, 9, 14), kind="honour")
    county.case(county.person("volunteer"), date(2026, 9, 14))
    assert counts(county.plan()) == (1, 0, 0, 0)
    (planned,) = county.planned()
    assert (planned.day, planned.matter_id, planned.plan_key) == (date(2026, 9, 16), case.id, f"m{case.id}")
    assert planned.subject_person_id == person.id
    case.closed_on = TODAY
    assert counts(county.plan()) == (0, 0, 1, 0)
    assert county.activities()[0].reason == Why.CASE_CLOSED


def test_a_case_that_was_visited_gets_no_second_visit(county: County) -> None:
    county.campaign("CASE:hospital;within=P2D")
    county.case(county.person("retiree"), date(2026, 9, 1))
    county.plan()
    (planned,) = county.planned()
    assert planned.day == TODAY
    planned.status, planned.revision = ActivityStatus.HELD, 1
    assert counts(county.plan(today=date(2026, 9, 18))) == (0, 0, 0, 1)
    assert county.planned() == []


def test_a_bereavement_is_visited_though_the_person_is_no_more(county: County) -> None:
    gone = county.person("retiree", until=date(2026, 9, 12))
    county.campaign("CASE:bereavement;within=P1D", serves=["retiree"])
    county.campaign("CASE:hospital;within=P1D", serves=["retiree"])
    county.case(gone, date(2026, 9, 14), kind="bereavement")
    county.case(gone, date(2026, 9, 11), kind="hospital")
    county.plan()
    kinds = [county.session.get(Matter, a.matter_id).kind for a in county.planned()]
    assert kinds == ["bereavement"]


def test_without_a_list_the_cases_are_those_of_the_campaigns_units(county: County) -> None:
    town, other = county.unit("T", county.root), county.unit("O", county.root)
    county.campaign("CASE:hospital;within=P1D", unit_id=town.id)
    for unit in (town, other):
        county.case(county.person("retiree", unit=unit), TODAY).unit_id = unit.id
    county.plan()
    assert len(county.planned()) == 1


# One campaign alone, and what feeds are told


def test_planning_one_campaign_leaves_the_others(county: County) -> None:
    first, second = county.campaign(MONTHLY), county.campaign(MONTHLY)
    county.plan(campaign_ids=[second.id])
    assert (county.planned(first), len(county.planned(second))) == ([], 4)


def test_feeds_that_show_a_change_are_made_anew(county: County) -> None:
    campaign = county.campaign(MONTHLY)

    def version() -> int | None:
        scope = f"campaign:{campaign.id}"
        found = select(FeedVersion.version).where(FeedVersion.scope == scope)
        return county.session.scalar(found)

    county.plan()
    assert version() == 1
    campaign.status = CampaignStatus.PAUSED
    county.plan()
    assert version() == 2


def test_another_place_of_the_campaign_is_shown_by_its_coming_activities(county: County) -> None:
    campaign = county.campaign(MONTHLY)
    county.plan()
    county.planned()[0].place = "自己的地方"
    county.session.flush()
    place_changed(county.session, campaign.id, today=date(2026, 10, 21), now=NOW)
    assert [activity.sequence for activity in county.planned()] == [0, 0, 1, 1]


def test_twelve_months_ahead(county: County) -> None:
    assert horizon_end(date(2026, 11, 1)) == date(2027, 11, 1)
    assert horizon_end(date(2028, 2, 29)) == date(2029, 2, 28)


# What cannot be worked out


@pytest.mark.logs_errors
def test_a_campaign_that_cannot_be_worked_out_keeps_its_plan_and_does_not_stop_the_others(
    county: County,
) -> None:
    supporter, elder = county.person("volunteer"), county.person("retiree")
    pairing = county.pair(supporter, elder, since=date(2026, 9, 1))
    visits, unread = county.campaign("CADENCE:P30D", code="VISITS"), county.campaign(MONTHLY, code="UNREAD")
    county.plan()
    before = [(a.id, a.day, a.version) for a in county.activities()]
    pairing.visit_every, unread.schedule = "soon", "RRULE:FREQ=SOMETIMES"
    study = county.campaign("DATES:2026-10-09")
    report = county.plan()

    assert {each.campaign_code for each in report.unplanned} == {"VISITS", "UNREAD"}
    assert counts(report) == (1, 0, 0, 0)
    assert county.days(study) == ["2026-10-09"]
    assert [(a.id, a.day, a.version) for a in county.activities() if a.campaign_id != study.id] == before
    assert county.planned(visits)
