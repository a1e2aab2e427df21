"""Activities as they are shown, moved, cancelled and restored, and who is asked to them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models import Activity, Assignment, AuditEntry, FeedVersion, Place, Unit
from models.base import ActivityId
from models.enums import AccountRole, ActivityStatus, AssignmentState, SplitBy
from outreach import activities
from outreach.activities import ActivitiesAsked, ActivityView
from outreach.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Right, seen
from tests.outreach.county import NOW, TODAY, ZONE, County

LATER = NOW + timedelta(minutes=5)
NINE = datetime(2026, 10, 20, 9, tzinfo=ZONE)


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def an_activity(county: County, schedule: str = "DATES:2026-10-09", **columns: Any) -> Activity:
    campaign = county.campaign(schedule, **columns)
    county.plan()
    return county.planned(campaign)[0]


def listed(
    county: County, within: Any = EVERYWHERE, limit: int = 50, after: Any = None, **asked: Any
) -> list:
    return activities.activities(
        county.session,
        ActivitiesAsked(**asked),
        within=within,
        today=TODAY,
        zone=ZONE,
        limit=limit,
        after=after,
    )


def shown(county: County, activity_id: ActivityId) -> ActivityView:
    county.session.flush()
    return activities.activity(county.session, activity_id, within=EVERYWHERE, zone=ZONE)


def change(
    county: County, activity: Activity, by: Actor = CONSOLE, version: int | None = None, **columns: Any
):
    return activities.change_activity(
        county.session,
        activity.id,
        columns,
        by=by,
        today=TODAY,
        now=LATER,
        zone=ZONE,
        expected_version=version,
    )


def add(county: County, by: Actor = CONSOLE, **columns: Any) -> ActivityView:
    activity_id = activities.add_activity(county.session, columns, by=by, today=TODAY, now=LATER, zone=ZONE)
    return shown(county, activity_id)


def people_call(
    call: Any, county: County, activity: Activity, person: str, by: Actor = CONSOLE, **options: Any
):
    return call(county.session, activity.id, person, by=by, today=TODAY, now=LATER, zone=ZONE, **options)


def states(county: County, activity: Activity) -> dict[str, str]:
    return {each.code: each.state.value for each in shown(county, activity.id).people}


def someone_of(unit: Unit, role: AccountRole) -> Actor:
    return Actor(f"{role.value} of {unit.code}", rights=(Right(role, unit.id),))


def fields_of(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(fault.field, fault.key.partition(".")[2]) for fault in error.value.faults]


def feed_versions(county: County) -> dict[str, int]:
    rows = county.session.execute(select(FeedVersion.scope, FeedVersion.version))
    return dict(rows.all())


# How they are shown


def test_an_activity_is_shown_with_its_campaign_its_people_and_whom_it_is_for(county: County) -> None:
    he, ouyang, wang = county.person("retiree"), county.person("retiree"), county.person("volunteer")
    activity = an_activity(
        county,
        "DATES:2026-10-09",
        code="CJ",
        kind="festival_visit",
        serves=[ouyang, he],
        start_time=time(9),
        duration_minutes=90,
        place="三楼",
    )
    county.session.add(Place(campaign_id=activity.campaign_id, role="any", needed=4))
    county.assign(activity, wang)
    view = shown(county, activity.id)

    assert (view.campaign_code, view.campaign_name, view.kind, view.unit_code) == (
        "CJ",
        "CJ",
        "festival_visit",
        "BJ",
    )
    assert view.starts_at.isoformat() == "2026-10-09T09:00:00+08:00"
    assert view.ends_at.isoformat() == "2026-10-09T10:30:00+08:00"
    assert (view.all_day, view.shifted_from, view.forecast, view.place) == (False, None, False, "三楼")
    assert view.places_needed == {"any": 4}
    assert view.beneficiaries == [ouyang.code, he.code]
    assert [(each.code, each.role, each.state) for each in view.people] == [
        (wang.code, "any", AssignmentState.PROPOSED)
    ]


def test_a_whole_day_ends_at_the_midnight_after_it(county: County) -> None:
    view = shown(county, an_activity(county).id)

    assert view.all_day
    assert view.starts_at.isoformat() == "2026-10-09T00:00:00+08:00"
    assert view.ends_at.isoformat() == "2026-10-10T00:00:00+08:00"


def test_a_shifted_activity_names_the_day_that_the_schedule_meant(county: County) -> None:
    view = shown(county, an_activity(county, "DATES:2026-10-09;shift=-1D").id)

    assert (view.day, view.shifted_from) == (date(2026, 10, 8), date(2026, 10, 9))


def test_own_numbers_and_an_own_place_go_before_those_of_the_campaign(county: County) -> None:
    activity = an_activity(county, place="三楼")
    county.session.add(Place(campaign_id=activity.campaign_id, role="any", needed=4))
    change(county, activity, place="院子里", places_needed={"leader": 1, "driver": 2})

    view = shown(county, activity.id)
    assert (view.place, list(view.places_needed.items())) == ("院子里", [("leader", 1), ("driver", 2)])

    change(county, activity, place=None, places_needed=None)
    view = shown(county, activity.id)
    assert (view.place, view.places_needed) == ("三楼", {"any": 4})


def test_the_members_of_the_team_are_left_out_but_not_the_one_whom_it_is_for(county: County) -> None:
    he, wang = county.person("retiree", birth_date=date(1946, 10, 9)), county.person("retiree")
    team = county.team(he)
    everybody = an_activity(county, serves=["retiree"], team_id=team.id)
    birthday = an_activity(county, "BIRTHDAY:all", kind="birthday", serves=[he], team_id=team.id)

    assert shown(county, everybody.id).beneficiaries == [wang.code]
    assert shown(county, birthday.id).beneficiaries == [he.code]


def test_an_activity_of_one_unit_is_for_those_of_that_unit(county: County) -> None:
    west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
    he, wang = county.person("retiree", unit=west), county.person("retiree", unit=east)
    campaign = county.campaign("DATES:2026-10-09", serves=["retiree"], split_by=SplitBy.UNIT)
    county.plan()

    assert {
        (view.unit_code, tuple(view.beneficiaries)) for view in listed(county, campaign_code=campaign.code)
    } == {("Z01", (he.code,)), ("Z02", (wang.code,))}


# Lists


def test_lists_are_in_the_order_of_days_and_go_on_after_a_place(county: County) -> None:
    campaign = county.campaign("DATES:2026-10-09,2026-09-20,2026-12-01")
    county.plan()
    first, second = listed(county, limit=2)

    assert [str(each.day) for each in (first, second)] == ["2026-09-20", "2026-10-09"]
    add(county, campaign_code=campaign.code, starts_at=date(2026, 9, 16))
    assert [str(each.day) for each in listed(county, after=second.stand)] == ["2026-12-01"]


def test_both_ends_of_a_span_of_days_are_inside(county: County) -> None:
    county.campaign("DATES:2026-10-08,2026-10-09,2026-10-10,2026-10-11")
    county.plan()
    found = listed(county, from_day=date(2026, 10, 9), to_day=date(2026, 10, 10))

    assert [str(each.day) for each in found] == ["2026-10-09", "2026-10-10"]


def test_what_lasts_for_days_is_found_on_each_of_them(county: County) -> None:
    campaign = county.campaign("DATES:2027-01-01")
    add(county, campaign_code=campaign.code, starts_at=date(2026, 10, 1), ends_at=date(2026, 10, 31))

    assert len(listed(county, from_day=date(2026, 10, 31), to_day=date(2026, 10, 31))) == 1
    assert not listed(county, from_day=date(2026, 11, 1))
    assert not listed(county, to_day=date(2026, 9, 30))


def test_days_in_the_wrong_order_are_a_fault(county: County) -> None:
    with pytest.raises(Invalid) as error:
        listed(county, from_day=date(2026, 10, 9), to_day=date(2026, 10, 8))
    assert fields_of(error) == [("to", "ends_before_it_starts")]


def test_lists_can_be_of_a_subtree_a_campaign_a_state_or_a_person(county: County) -> None:
    west = county.unit("Z01", county.root)
    here, there = an_activity(county), an_activity(county, unit_id=west.id)
    wang = county.person("volunteer")
    people_call(activities.assign, county, there, wang.code)
    change(county, here, status=ActivityStatus.CANCELLED, reason="下雨")

    def ids(**asked: Any) -> list[ActivityId]:
        county.session.flush()
        return [each.id for each in listed(county, **asked)]

    assert ids(unit_code="BJ") == [here.id, there.id]
    assert ids(unit_code="Z01") == [there.id]
    assert ids(status=ActivityStatus.CANCELLED) == [here.id]
    assert ids(person_code=wang.code) == [there.id]
    assert ids(campaign_code=shown(county, here.id).campaign_code) == [here.id]


@pytest.mark.parametrize("field", ["unit_code", "campaign_code", "person_code"])
def test_a_code_that_is_unknown_or_out_of_reach_is_not_found(county: County, field: str) -> None:
    west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
    activity = an_activity(county, code="C-EAST", unit_id=east.id)
    county.person("volunteer", unit=east, code="V-EAST")
    within = seen(county.session, someone_of(west, AccountRole.VIEWER), on=TODAY)
    foreign = {"unit_code": "Z02", "campaign_code": "C-EAST", "person_code": "V-EAST"}[field]

    assert listed(county, **{field: foreign}) is not None
    for code in ("nobody", foreign):
        with pytest.raises(NotFound):
            listed(county, within, **{field: code})
    with pytest.raises(NotFound):
        activities.activity(county.session, activity.id, within=within, zone=ZONE)
    assert listed(county, within) == []


def test_a_list_asks_no_more_of_the_database_for_more_activities(county: County) -> None:
    retirees = [county.person("retiree") for _ in range(3)]
    for _ in range(3):
        campaign = county.campaign("DATES:2026-10-09,2026-10-10", serves=["retiree"])
        county.plan()
        for activity in county.planned(campaign):
            for person in retirees:
                county.assign(activity, person)

    def statements(limit: int) -> int:
        heard: list[str] = []

        def hear(*call: Any) -> None:
            heard.append(call[2])

        connection = county.session.connection()
        event.listen(connection, "before_cursor_execute", hear)
        assert len(listed(county, limit=limit)) == limit
        event.remove(connection, "before_cursor_execute", hear)
        return len(heard)

    county.session.flush()
    one = statements(1)
    assert statements(6) == one


# Single activities


def test_a_single_activity_takes_its_length_from_the_campaign_and_is_left_alone_by_the_planner(
    county: County,
) -> None:
    campaign = county.campaign("DATES:2026-12-01", duration_minutes=45)
    view = add(county, campaign_code=campaign.code, starts_at=NINE, place=" 院子 ")

    assert (view.starts_at, view.ends_at) == (NINE, NINE + timedelta(minutes=45))
    assert (view.place, view.shifted_from, view.status, view.unit_code) == ("院子", None, "planned", "BJ")
    row = county.session.get_one(Activity, view.id)
    assert (row.by_hand, row.plan_key, row.nominal_on) == (True, None, None)
    report = county.plan()
    assert (report.created, report.cancelled) == (1, 0)
    assert feed_versions(county)[f"campaign:{campaign.id}"] == 2


def test_a_single_activity_can_be_a_whole_day_for_one_person(county: County) -> None:
    he, _ = county.person("retiree"), county.person("retiree")
    campaign = county.campaign("DATES:2026-12-01", serves=["retiree"])
    view = add(county, campaign_code=campaign.code, starts_at=date(2026, 10, 20), person_code=he.code)

    assert (view.all_day, view.day, view.beneficiaries) == (True, date(2026, 10, 20), [he.code])


def test_a_single_activity_of_another_unit_needs_the_right_to_plan_there(county: County) -> None:
    west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
    campaign = county.campaign("DATES:2026-12-01", unit_id=west.id)
    coordinator = someone_of(west, AccountRole.COORDINATOR)
    told = {"campaign_code": campaign.code, "starts_at": NINE}

    assert add(county, coordinator, **told).unit_code == "Z01"
    with pytest.raises(Invalid) as error:
        add(county, coordinator, **told, unit_code="Z02")
    assert fields_of(error) == [("unit_code", "unknown_code")]
    with pytest.raises(Forbidden):
        add(county, someone_of(west, AccountRole.RECORDER), **told)
    with pytest.raises(Invalid) as error:
        add(county, someone_of(east, AccountRole.COORDINATOR), **told)
    assert fields_of(error) == [("campaign_code", "unknown_code")]


# Moving


def test_moving_keeps_the_length_raises_the_sequence_and_is_done_by_hand(county: County) -> None:
    activity = an_activity(county, start_time=time(14), duration_minutes=90)
    uid, people_changed_at = activity.uid, activity.people_changed_at
    change(county, activity, starts_at=NINE)
    view = shown(county, activity.id)

    assert (view.starts_at, view.ends_at) == (NINE, NINE + timedelta(minutes=90))
    assert (view.shifted_from, view.sequence, view.version) == (date(2026, 10, 9), 1, 2)
    assert (activity.uid, activity.by_hand, activity.changed_at) == (uid, True, LATER)
    assert activity.people_changed_at == people_changed_at
    report = county.plan()
    assert (report.moved, report.cancelled) == (0, 0)
    assert shown(county, activity.id).starts_at == NINE


def test_moving_to_where_it_is_already_changes_nothing(county: County) -> None:
    activity = an_activity(county, start_time=time(9))
    versions = feed_versions(county)
    change(county, activity, starts_at=datetime(2026, 10, 9, 1, tzinfo=UTC))

    assert (activity.version, activity.sequence, activity.by_hand) == (1, 0, False)
    assert feed_versions(county) == versions


def test_a_forecast_day_is_none_any_more_once_somebody_chose_another(county: County) -> None:
    activity = an_activity(county, "DATES:2027-01-04;shift=-3WD")
    assert activity.forecast
    change(county, activity, starts_at=date(2026, 12, 30))

    assert not shown(county, activity.id).forecast


def test_a_day_without_a_time_makes_whole_days_and_a_time_makes_hours_of_them(county: County) -> None:
    activity = an_activity(county, start_time=time(9), duration_minutes=45)
    change(county, activity, starts_at=date(2026, 10, 20), ends_at=date(2026, 10, 21))
    view = shown(county, activity.id)
    assert (view.all_day, view.day, view.ends_at.isoformat()) == (
        True,
        date(2026, 10, 20),
        "2026-10-22T00:00:00+08:00",
    )

    change(county, activity, starts_at=NINE)
    view = shown(county, activity.id)
    assert (view.all_day, view.starts_at, view.ends_at) == (False, NINE, NINE + timedelta(minutes=45))


def test_whole_days_stay_whole_days_when_moved_by_the_midnights_they_are_shown_with(county: County) -> None:
    activity = an_activity(county)
    view = shown(county, activity.id)
    day = timedelta(days=1)
    change(county, activity, starts_at=view.starts_at + day, ends_at=view.ends_at + 2 * day)
    view = shown(county, activity.id)
    assert (view.all_day, activity.day, activity.last_day) == (True, date(2026, 10, 10), date(2026, 10, 11))

    change(county, activity, starts_at=view.starts_at + day)
    assert (activity.day, activity.last_day) == (date(2026, 10, 11), date(2026, 10, 12))
    change(county, activity, starts_at=view.starts_at, all_day=False)
    assert not shown(county, activity.id).all_day


def test_an_evening_that_ends_at_midnight_is_one_day(county: County) -> None:
    activity = an_activity(county)
    change(county, activity, starts_at=NINE.replace(hour=20), ends_at=NINE.replace(day=21, hour=0))

    assert (activity.day, activity.last_day) == (date(2026, 10, 20), date(2026, 10, 20))


@pytest.mark.parametrize(
    ("columns", "faults"),
    [
        ({"starts_at": NINE, "ends_at": NINE}, [("ends_at", "ends_before_it_starts")]),
        ({"ends_at": NINE.replace(month=1)}, [("ends_at", "ends_before_it_starts")]),
        (
            {"starts_at": date(2026, 10, 20), "ends_at": date(2026, 10, 19)},
            [("ends_at", "ends_before_it_starts")],
        ),
        ({"starts_at": date(2026, 10, 1), "ends_at": date(2026, 11, 1)}, [("ends_at", "too_long")]),
        ({"starts_at": NINE, "ends_at": NINE.replace(year=2027)}, [("ends_at", "too_long")]),
        ({"starts_at": NINE, "ends_at": date(2026, 10, 20)}, [("ends_at", "day_and_time_mixed")]),
        ({"starts_at": date(2026, 10, 20), "all_day": False}, [("starts_at", "time_of_day_needed")]),
        (
            {"starts_at": NINE.replace(year=1500)},
            [
                ("starts_at", "day_out_of_range"),
            ],
        ),
        ({"status": ActivityStatus.CANCELLED}, [("reason", "reason_needed")]),
        ({"status": ActivityStatus.CANCELLED, "reason": "  "}, [("reason", "reason_needed")]),
        ({"reason": "下雨"}, [("reason", "reason_of_cancelling_only")]),
        ({"status": ActivityStatus.HELD}, [("status", "status_comes_from_the_record")]),
        (
            {"status": ActivityStatus.CANCELLED, "reason": "下雨", "starts_at": NINE},
            [("status", "cancelled_or_moved")],
        ),
    ],
)
def test_what_will_not_do_is_refused_by_its_field(
    county: County, columns: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    activity = an_activity(county, start_time=time(9))
    with pytest.raises(Invalid) as error:
        change(county, activity, **columns)
    assert fields_of(error) == faults


@pytest.mark.parametrize("columns", [{"starts_at": NINE}, {"status": ActivityStatus.PLANNED}])
def test_what_was_held_is_neither_moved_nor_planned_again(county: County, columns: dict[str, Any]) -> None:
    activity = county.held(county.campaign("DATES:2026-12-01"), date(2026, 9, 3))
    with pytest.raises(Conflict):
        change(county, activity, **columns)


def test_only_one_of_two_changes_of_the_same_version_passes(county: County) -> None:
    activity = an_activity(county)
    change(county, activity, version=1, place="院子里")
    with pytest.raises(Stale):
        change(county, activity, version=1, place="三楼")
    assert shown(county, activity.id).place == "院子里"


def test_a_change_needs_the_right_to_plan_in_the_unit(county: County) -> None:
    west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
    activity = an_activity(county, unit_id=west.id)

    with pytest.raises(Forbidden):
        change(county, activity, someone_of(west, AccountRole.RECORDER), place="三楼")
    with pytest.raises(NotFound):
        change(county, activity, someone_of(east, AccountRole.COORDINATOR), place="三楼")
    change(county, activity, someone_of(county.root, AccountRole.COORDINATOR), place="三楼")


# Cancelling and restoring


def test_cancelling_and_restoring_raise_the_sequence_and_the_planner_does_neither(county: County) -> None:
    activity = an_activity(county)
    change(county, activity, status=ActivityStatus.CANCELLED, reason="下雨")
    assert (activity.status, activity.reason, activity.sequence) == (ActivityStatus.CANCELLED, "下雨", 1)
    county.plan()
    assert shown(county, activity.id).status is ActivityStatus.CANCELLED

    activity = county.session.get_one(Activity, activity.id)
    change(county, activity, status=ActivityStatus.PLANNED)
    assert (activity.status, activity.reason, activity.sequence, activity.version) == (
        ActivityStatus.PLANNED,
        None,
        2,
        3,
    )


def test_a_cancelled_activity_is_restored_before_it_is_moved_or_both_at_once(county: County) -> None:
    activity = an_activity(county)
    change(county, activity, status=ActivityStatus.CANCELLED, reason="下雨")
    with pytest.raises(Conflict):
        change(county, activity, starts_at=NINE)
    change(county, activity, status=ActivityStatus.PLANNED, starts_at=NINE)
    assert (activity.status, activity.sequence) == (ActivityStatus.PLANNED, 2)


def test_a_missed_activity_that_gets_another_day_is_planned_again(county: County) -> None:
    activity = an_activity(county)
    activity.status = ActivityStatus.MISSED
    change(county, activity, starts_at=NINE)

    assert shown(county, activity.id).status is ActivityStatus.PLANNED


def test_every_change_is_in_the_audit_trail_with_what_was_before(county: County) -> None:
    activity = an_activity(county)
    change(county, activity, status=ActivityStatus.CANCELLED, reason="下雨")
    entry = county.session.scalars(
        select(AuditEntry).where(AuditEntry.table_name == "activities", AuditEntry.row_id == activity.id)
    ).one()

    assert entry.before == {"status": "planned", "reason": None}
    assert entry.after == {"status": "cancelled", "reason": "下雨"}


# People


def test_whoever_is_asked_is_proposed_and_asking_again_changes_nothing(county: County) -> None:
    activity, wang = an_activity(county), county.person("volunteer")
    assert people_call(activities.assign, county, activity, wang.code)
    version = activity.version

    assert not people_call(activities.assign, county, activity, wang.code)
    assert (activity.version, states(county, activity)) == (version, {wang.code: "proposed"})


def test_people_move_stamps_of_their_own_and_not_the_activitys(county: County) -> None:
    activity, wang = an_activity(county), county.person("volunteer")
    before = activity.changed_at
    people_call(activities.assign, county, activity, wang.code)
    people_call(activities.confirm, county, activity, wang.code)
    assignment = county.session.scalars(select(Assignment)).one()

    assert (activity.sequence, activity.changed_at) == (0, before)
    assert (activity.people_sequence, activity.people_changed_at, activity.version) == (2, LATER, 3)
    assert (assignment.sequence, assignment.changed_at) == (1, LATER)
    assert feed_versions(county)[f"person:{wang.id}"] == 2


def test_those_who_declined_or_were_withdrawn_stay_and_can_be_asked_anew(county: County) -> None:
    activity, wang, li = an_activity(county), county.person("volunteer"), county.person("volunteer")
    for person in (wang, li):
        people_call(activities.assign, county, activity, person.code)
    people_call(activities.decline, county, activity, wang.code)
    people_call(activities.withdraw, county, activity, li.code)
    assert states(county, activity) == {wang.code: "declined", li.code: "withdrawn"}

    with pytest.raises(Conflict):
        people_call(activities.confirm, county, activity, li.code)
    people_call(activities.confirm, county, activity, wang.code)
    people_call(activities.assign, county, activity, li.code)
    assert states(county, activity) == {wang.code: "confirmed", li.code: "proposed"}


def test_withdrawing_twice_changes_nothing_the_second_time(county: County) -> None:
    activity, wang = an_activity(county), county.person("volunteer")
    people_call(activities.assign, county, activity, wang.code)
    people_call(activities.withdraw, county, activity, wang.code)
    version = activity.version
    people_call(activities.withdraw, county, activity, wang.code)

    assert activity.version == version


def test_roles_are_those_that_places_are_kept_for(county: County) -> None:
    activity, wang = an_activity(county), county.person("volunteer")
    for role in ("leader", "visitor"):
        county.session.add(Place(campaign_id=activity.campaign_id, role=role, needed=1))
    county.session.flush()

    with pytest.raises(Invalid) as error:
        people_call(activities.assign, county, activity, wang.code, role="leadr")
    assert fields_of(error) == [("role", "no_place_for_role")]
    people_call(activities.assign, county, activity, wang.code, role="leader")
    with pytest.raises(Conflict):
        people_call(activities.assign, county, activity, wang.code, role="visitor")
    assert [each.role for each in shown(county, activity.id).people] == ["leader"]


def test_somebody_who_is_not_there_that_day_or_not_seen_cannot_be_asked(county: County) -> None:
    west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
    activity = an_activity(county, unit_id=west.id)
    gone = county.person("volunteer", unit=west, until=date(2026, 10, 8))
    foreign = county.person("volunteer", unit=east)
    coordinator = someone_of(west, AccountRole.COORDINATOR)

    for code, key in (
        (gone.code, "person_not_there_that_day"),
        (foreign.code, "unknown_code"),
        ("x", "unknown_code"),
    ):
        with pytest.raises(Invalid) as error:
            people_call(activities.assign, county, activity, code, by=coordinator)
        assert fields_of(error) == [("person", key)]


def test_people_of_an_activity_that_is_over_stay_as_they_are(county: County) -> None:
    wang = county.person("volunteer")
    held = county.held(county.campaign("DATES:2026-12-01"), date(2026, 9, 3))
    with pytest.raises(Conflict):
        people_call(activities.assign, county, held, wang.code)


def test_a_recorder_confirms_for_somebody_but_asks_nobody(county: County) -> None:
    west = county.unit("Z01", county.root)
    activity, wang = an_activity(county, unit_id=west.id), county.person("volunteer", unit=west)
    recorder = someone_of(west, AccountRole.RECORDER)
    with pytest.raises(Forbidden):
        people_call(activities.assign, county, activity, wang.code, by=recorder)
    people_call(activities.assign, county, activity, wang.code)
    people_call(activities.confirm, county, activity, wang.code, by=recorder)
    with pytest.raises(Forbidden):
        people_call(activities.withdraw, county, activity, wang.code, by=recorder)
    with pytest.raises(Forbidden):
        people_call(activities.decline, county, activity, wang.code, by=someone_of(west, AccountRole.VIEWER))
    with pytest.raises(NotFound):
        people_call(activities.confirm, county, activity, "nobody", by=recorder)

    assert states(county, activity) == {wang.code: "confirmed"}
