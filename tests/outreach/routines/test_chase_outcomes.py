"""Asking for outcomes nobody has told: the latest question alone, and then it is missed."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, Activity, AuditEntry, Campaign, FeedVersion, Grant, Notice, Person, Tie
from models.enums import (
    AccountRole,
    ActivityStatus,
    AssignmentState,
    AttendanceState,
    CampaignStatus,
    NoticeKind,
    NoticeState,
    TieKind,
)
from outreach.clockwork import Changed, Moment
from outreach.house_rules import change_house_rules
from outreach.metrics import keep_dictionary
from outreach.outcomes import record_outcome
from outreach.outcomes.tellings import Telling
from outreach.permissions import CONSOLE
from outreach.routines.chase_outcomes import chase_outcomes
from outreach.routines.open_due_visits import open_due_visits
from tests.outreach.county import NOW, ZONE, County

THE_DAY = date(2026, 9, 16)
"""A Wednesday. Ten working days later is 2026-09-30: the 20th, a Sunday, is worked, the 25th to the 27th are free."""


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def moment(day: date, hour: int = 9) -> Moment:
    slot = datetime.combine(day, time(hour), ZONE).astimezone(UTC)
    return Moment(slot, slot, ZONE)


def chase(county: County, day: date) -> Changed:
    county.session.flush()
    return chase_outcomes(county.session, moment(day))


def mailed(county: County, *roles: str, **columns: object) -> Person:
    person = county.person(*roles, **columns)
    person.email = f"{person.code}@example.org"
    return person


def coordinator(county: County, role: AccountRole = AccountRole.COORDINATOR) -> Person:
    person = mailed(county)
    account = Account(name=f"account of {person.code}", person_id=person.id, created_at=NOW)
    county.session.add(account)
    county.session.flush()
    county.session.add(Grant(account_id=account.id, role=role, unit_id=county.root.id))
    return person


def planned(
    county: County, day: date = THE_DAY, campaign: Campaign | None = None, **columns: object
) -> Activity:
    campaign = campaign or county.campaign(f"DATES:{day}")
    activity = Activity(
        campaign_id=campaign.id,
        unit_id=campaign.unit_id,
        changed_at=NOW,
        people_changed_at=NOW,
        **{"plan_key": day.isoformat(), "day": day, "last_day": day, **columns},
    )
    county.session.add(activity)
    county.session.flush()
    return activity


def led(county: County, activity: Activity) -> Person:
    leader = mailed(county, "volunteer")
    county.assign(activity, leader, AssignmentState.CONFIRMED).role = "leader"
    return leader


def asked(county: County) -> list[tuple[NoticeKind, int]]:
    rows = county.session.execute(select(Notice.kind, Notice.person_id).order_by(Notice.id))
    return [(kind, person_id) for kind, person_id in rows]


def kinds(owed: Iterable[tuple[NoticeKind, int]]) -> list[NoticeKind]:
    return [kind for kind, _ in owed]


def fresh(county: County, activity: Activity) -> Activity:
    return county.session.get_one(Activity, activity.id, populate_existing=True)


def test_who_led_is_asked_the_next_day_and_on_the_third_and_each_once(county: County) -> None:
    activity = planned(county)
    leader = led(county, activity)
    assert chase(county, date(2026, 9, 16)).counts["asked"] == 0
    assert chase(county, date(2026, 9, 17)).counts["asked"] == 1
    assert chase(county, date(2026, 9, 18)).counts["asked"] == 0
    assert chase(county, date(2026, 9, 19)).counts["asked_again"] == 1
    assert not chase(county, date(2026, 9, 20))
    assert asked(county) == [
        (NoticeKind.RECORD_OUTCOME, leader.id),
        (NoticeKind.RECORD_OUTCOME_AGAIN, leader.id),
    ]


def test_what_is_asked_says_until_when_it_makes_sense(county: County) -> None:
    led(county, planned(county))
    chase(county, date(2026, 9, 17))
    chase(county, date(2026, 9, 19))
    first, second = county.session.scalars(select(Notice.expires_at).order_by(Notice.id))
    assert first == datetime(2026, 9, 19, tzinfo=ZONE)
    assert second == datetime(2026, 10, 1, tzinfo=ZONE)


def test_ten_working_days_later_it_is_missed_and_the_coordinators_hear_of_it(county: County) -> None:
    coordinators = [coordinator(county), coordinator(county, AccountRole.ADMINISTRATOR)]
    coordinator(county, AccountRole.VIEWER)
    activity = planned(county)
    led(county, activity)
    assert chase(county, date(2026, 9, 30)).counts["missed"] == 0
    before = (activity.version, activity.sequence)
    changed = chase(county, date(2026, 10, 1))

    assert (changed.counts["missed"], changed.counts["told"]) == (1, 2)
    after = fresh(county, activity)
    assert after.status is ActivityStatus.MISSED
    assert (after.version, after.sequence) == (before[0] + 1, before[1] + 1)
    assert after.changed_at == moment(date(2026, 10, 1)).now
    missed = [person for kind, person in asked(county) if kind is NoticeKind.OUTCOME_MISSED]
    assert sorted(missed) == sorted(person.id for person in coordinators)
    entry = county.session.scalars(select(AuditEntry).where(AuditEntry.row_id == activity.id)).one()
    assert (entry.before, entry.after) == ({"status": "planned"}, {"status": "missed"})
    scopes = set(county.session.scalars(select(FeedVersion.scope)))
    assert f"campaign:{activity.campaign_id}" in scopes
    assert not chase(county, date(2026, 10, 8))


def test_after_a_month_of_silence_nobody_is_asked_what_is_missed_already(county: County) -> None:
    old, late, new = (
        planned(county, day) for day in (date(2026, 9, 1), date(2026, 10, 9), date(2026, 10, 12))
    )
    for activity in (old, late, new):
        led(county, activity)
    changed = chase(county, date(2026, 10, 13))

    assert dict(changed.counts) == {"asked": 1, "asked_again": 1, "missed": 1, "told": 0, "answered": 0}
    assert kinds(asked(county)) == [NoticeKind.RECORD_OUTCOME, NoticeKind.RECORD_OUTCOME_AGAIN]


def test_without_a_leader_the_teams_is_asked_and_without_one_the_coordinators(county: County) -> None:
    boss, head = coordinator(county), mailed(county)
    team = county.team()
    county.session.add(
        Tie(
            kind=TieKind.LEADERSHIP, subject_person_id=head.id, object_team_id=team.id, since=date(2026, 1, 1)
        )
    )
    of_team = planned(county, campaign=county.campaign("DATES:2026-09-16", team_id=team.id))
    of_nobody = planned(county)
    chase(county, date(2026, 9, 17))
    rows = county.session.execute(select(Notice.activity_id, Notice.person_id).order_by(Notice.activity_id))
    assert [tuple(row) for row in rows] == [(of_team.id, head.id), (of_nobody.id, boss.id)]


def test_nobody_writes_to_a_leader_who_died_or_withdrew(county: County) -> None:
    boss = coordinator(county)
    dead, withdrew = planned(county), planned(county)
    led(county, dead).frozen_on = date(2026, 9, 16)
    gone = mailed(county, "volunteer")
    county.assign(withdrew, gone, AssignmentState.WITHDRAWN).role = "leader"
    chase(county, date(2026, 9, 18))
    assert {person for _, person in asked(county)} == {boss.id}


def test_what_was_for_somebody_who_has_died_is_neither_asked_for_nor_missed(county: County) -> None:
    coordinator(county)
    elder = county.person("retiree", frozen_on=date(2026, 9, 15))
    birthday = planned(county, subject_person_id=elder.id)
    case = county.case(elder, date(2026, 9, 15), kind="bereavement")
    condolence = planned(
        county, subject_person_id=elder.id, matter_id=case.id, plan_key=f"m{case.id}", by_hand=True
    )
    chase(county, date(2026, 9, 17))
    assert county.session.scalars(select(Notice.activity_id)).all() == [condolence.id]
    chase(county, date(2026, 10, 20))
    assert fresh(county, birthday).status is ActivityStatus.PLANNED
    assert fresh(county, condolence).status is ActivityStatus.MISSED


def test_a_visit_that_nobody_was_asked_to_is_still_to_be_made_and_not_missed(county: County) -> None:
    coordinator(county)
    elder = county.person("retiree", since=date(2026, 8, 1))
    visits = county.campaign("CADENCE:P30D", serves=[elder])
    county.plan(today=date(2026, 9, 1))
    (visit,) = county.planned(visits)
    assert not chase(county, date(2026, 11, 20))
    assert fresh(county, visit).status is ActivityStatus.PLANNED


def test_what_is_older_than_a_year_is_history(county: County) -> None:
    old = planned(county, date(2025, 9, 14))
    assert not chase(county, date(2026, 9, 16))
    assert fresh(county, old).status is ActivityStatus.PLANNED


def test_drafts_cancelled_and_recorded_activities_are_let_be(county: County) -> None:
    coordinator(county)
    planned(county, status=ActivityStatus.CANCELLED, reason="雨")
    planned(county, campaign=county.campaign("DATES:2026-09-16", status=CampaignStatus.DRAFT))
    county.held(county.campaign("DATES:2026-09-16"), THE_DAY)
    assert not chase(county, date(2026, 9, 17))
    assert not chase(county, date(2026, 10, 20))


def test_after_a_missed_visit_the_next_one_is_due_within_the_hour(county: County) -> None:
    elder, visitor = county.person("retiree", since=date(2026, 8, 17)), county.person("volunteer")
    visits = county.campaign("CADENCE:P30D", serves=[elder])
    county.plan()
    (visit,) = county.planned(visits)
    assert visit.day == THE_DAY
    county.assign(visit, visitor, AssignmentState.CONFIRMED)
    chase(county, date(2026, 10, 1))
    changed = open_due_visits(county.session, moment(date(2026, 10, 1), hour=10))
    assert changed.counts["opened"] == 1

    (again,) = county.planned(visits)
    assert (again.day, again.id != visit.id) == (date(2026, 10, 1), True)
    assert fresh(county, visit).status is ActivityStatus.MISSED


def test_a_missed_activity_can_be_told_of_late_and_its_questions_are_let_go(county: County) -> None:
    keep_dictionary(county.session)
    elder, visitor = county.person("retiree", since=date(2026, 8, 17)), mailed(county, "volunteer")
    visitor.email, visitor.contact_by = None, "phone"
    visits = county.campaign("CADENCE:P30D", serves=[elder])
    county.plan()
    (visit,) = county.planned(visits)
    county.assign(visit, visitor, AssignmentState.CONFIRMED).role = "leader"
    chase(county, date(2026, 9, 21))
    chase(county, date(2026, 9, 30))
    assert kinds(asked(county)) == [NoticeKind.RECORD_OUTCOME_AGAIN]
    telling = Telling(status=ActivityStatus.HELD, attendance=())
    record_outcome(
        county.session, visit.id, telling, by=CONSOLE, now=moment(date(2026, 10, 12)).now, zone=ZONE
    )
    assert fresh(county, visit).status is ActivityStatus.HELD
    assert county.session.scalars(select(Notice.state)).all() == [NoticeState.EXPIRED]
    assert not chase(county, date(2026, 10, 13))


def test_the_days_are_the_offices_own(county: County) -> None:
    rules = {
        "outcomes.ask_after_days": 2,
        "outcomes.ask_again_after_days": 4,
        "outcomes.missed_after_workdays": 3,
    }
    change_house_rules(county.session, rules, by=CONSOLE, now=NOW)
    activity = planned(county)
    led(county, activity)
    assert not chase(county, date(2026, 9, 17))
    assert chase(county, date(2026, 9, 18)).counts["asked"] == 1
    # Friday, Saturday is free, Sunday is worked: the 20th is the third working day, the 21st is too late.
    assert chase(county, date(2026, 9, 20)).counts["asked_again"] == 1
    assert chase(county, date(2026, 9, 21)).counts["missed"] == 1


def test_what_was_put_off_is_asked_about_anew_when_it_is_over(county: County) -> None:
    activity = planned(county)
    led(county, activity)
    chase(county, date(2026, 9, 17))
    activity.day = activity.last_day = date(2026, 9, 22)
    assert chase(county, date(2026, 9, 18)).counts["answered"] == 1
    assert chase(county, date(2026, 9, 23)).counts["asked"] == 1


def test_attendance_does_not_matter_only_that_something_was_told(county: County) -> None:
    activity = county.held(
        county.campaign("DATES:2026-09-16"), THE_DAY, county.person(), state=AttendanceState.ABSENT
    )
    assert not chase(county, date(2026, 10, 20))
    assert fresh(county, activity).status is ActivityStatus.HELD
