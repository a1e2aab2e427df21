"""What holds whatever happens to schedules, calendars and people, and however often it is planned between."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays, YearCalendar
from models import Activity
from models.enums import ActivityStatus, CampaignStatus, OnHoliday, SplitBy
from outreach.planning import PlanReport
from tests.outreach.county import TODAY, County

SCHEDULES = (
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=20",
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=20;shift=-3WD",
    "RRULE:FREQ=WEEKLY;BYDAY=SA",
    "DATES:2026-10-01,2026-10-20,2026-12-05",
    "FESTIVAL:重阳节;shift=+4D",
    "BIRTHDAY:all",
    "CADENCE:P30D",
    "CASE:hospital;within=P2D",
)
CALENDARS = (
    Workdays.of({}),
    Workdays.of({2026: YearCalendar(free=frozenset(), work=frozenset())}),
    Workdays.of(
        {
            2026: YearCalendar(
                free=frozenset(date(2026, 10, 15) + timedelta(passed) for passed in range(10)),
                work=frozenset({date(2026, 10, 31), date(2026, 9, 20)}),
            )
        }
    ),
)

changes = st.one_of(
    st.tuples(st.just("schedule"), st.sampled_from(SCHEDULES)),
    st.tuples(st.just("status"), st.sampled_from(CampaignStatus)),
    st.tuples(st.just("start_time"), st.sampled_from([None, time(9), time(15)])),
    st.tuples(st.just("on_holiday"), st.sampled_from(OnHoliday)),
    st.tuples(st.just("ends_on"), st.dates(date(2026, 9, 1), date(2027, 3, 31))),
    st.tuples(st.just("split_by"), st.sampled_from([None, SplitBy.UNIT])),
    st.tuples(st.just("calendar"), st.sampled_from(CALENDARS)),
    st.tuples(st.just("dies"), st.integers(0, 2)),
    st.tuples(st.just("lives"), st.integers(0, 2)),
    st.tuples(st.just("touch"), st.integers(0, 30)),
    st.tuples(st.just("days pass"), st.integers(1, 20)),
    st.tuples(st.just("plan through"), st.dates(date(2026, 10, 1), date(2027, 2, 28))),
)


class Story:
    """A county in which things change, and what people have made theirs there."""

    def __init__(self, session: Session) -> None:
        self.county = County(session)
        units = [self.county.unit(code, self.county.root) for code in ("A", "B")]
        self.people = [
            self.county.person("retiree", unit=units[each % 2], birth_date=date(1936, 10, 5 + 9 * each))
            for each in range(3)
        ]
        self.campaign = self.county.campaign(SCHEDULES[0], serves=["retiree"], start_time=time(9))
        for person in self.people:
            self.county.case(person, TODAY)
        self.calendar, self.today = CALENDARS[0], TODAY
        self.through = date(2026, 12, 31)
        self.touched: dict[int, tuple[object, ...]] = {}

    def happen(self, what: str, value: object) -> None:
        match what:
            case "calendar":
                self.calendar = value
            case "dies":
                self.people[value].until = self.today
            case "lives":
                self.people[value].until = None
            case "touch":
                planned = self.county.planned()
                if planned:
                    activity = planned[value % len(planned)]
                    activity.by_hand = True
                    self.touched[activity.id] = seen(activity)
            case "days pass":
                self.today += timedelta(value)
            case "plan through":
                self.through = value
                self.plan()
            case "schedule":
                self.campaign.schedule = value
                self.campaign.form = value.partition(":")[0]
            case _:
                setattr(self.campaign, what, value)
        self.county.session.flush()

    def plan(self) -> PlanReport:
        self.through = max(self.through, self.today)
        return self.county.plan(self.today, self.through, self.calendar)

    def rows(self) -> dict[int, tuple[object, ...]]:
        return {activity.id: (*seen(activity), activity.version) for activity in self.county.activities()}


def seen(activity: Activity) -> tuple[object, ...]:
    return (
        activity.uid,
        activity.day,
        activity.starts_at,
        activity.ends_at,
        activity.unit_id,
        activity.status,
        activity.sequence,
        activity.changed_at,
    )


@contextmanager
def undone(session: Session) -> Iterator[Session]:
    """Each example begins in an empty database."""
    with session.begin_nested() as savepoint:
        yield session
        savepoint.rollback()
    session.expunge_all()


examples = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@examples
@given(st.lists(changes, max_size=12))
def test_the_same_plan_twice_changes_nothing(session: Session, happenings: list[tuple[str, object]]) -> None:
    with undone(session):
        story = Story(session)
        for what, value in happenings:
            story.happen(what, value)
        story.plan()
        before = story.rows()
        again = story.plan()
        assert (again.created, again.moved, again.cancelled) == (0, 0, 0)
        assert story.rows() == before


@examples
@given(st.lists(changes, min_size=4, max_size=16))
def test_what_people_touched_is_never_changed(session: Session, happenings: list[tuple[str, object]]) -> None:
    with undone(session):
        story = Story(session)
        story.plan()
        story.happen("touch", 1)
        for what, value in happenings:
            story.happen(what, value)
            story.plan()
        now = {activity.id: seen(activity) for activity in story.county.activities()}
        assert {id_: now[id_] for id_ in story.touched} == story.touched


@examples
@given(st.lists(changes, max_size=14))
def test_nothing_is_ever_deleted_and_nothing_made_in_the_past(
    session: Session, happenings: list[tuple[str, object]]
) -> None:
    with undone(session):
        story = Story(session)
        known: dict[int, object] = {}
        for what, value in [*happenings, ("plan through", date(2026, 12, 31))]:
            story.happen(what, value)
            for activity in story.county.activities():
                if activity.id not in known:
                    assert activity.day >= story.today
                known.setdefault(activity.id, activity.uid)
        now = {activity.id: activity.uid for activity in story.county.activities()}
        assert now == known


@examples
@given(st.lists(changes, max_size=10), st.dates(TODAY, date(2027, 2, 28)))
def test_two_horizons_are_as_good_as_the_longer_one(
    session: Session, happenings: list[tuple[str, object]], nearer: date
) -> None:
    def planned_by(horizons: list[date]) -> set[tuple[object, ...]]:
        with undone(session):
            story = Story(session)
            for what, value in happenings:
                if what not in ("plan through", "touch"):
                    story.happen(what, value)
            for through in horizons:
                story.through = through
                story.plan()
            return {
                (a.plan_key.partition("/")[0][:1], a.day, a.starts_at) for a in story.county.planned()
            } | {len(story.county.planned())}

    farther = date(2027, 2, 28)
    assert planned_by([nearer, farther]) == planned_by([farther])


@examples
@given(st.permutations([0, 1, 2, 3]))
def test_the_order_in_which_campaigns_were_made_makes_no_difference(
    session: Session, order: list[int]
) -> None:
    def planned(indexes: list[int]) -> set[tuple[object, ...]]:
        with undone(session):
            county = County(session)
            person = county.person("retiree", birth_date=date(1936, 10, 8))
            for index in indexes:
                county.campaign(SCHEDULES[2 + index], serves=[person], code=f"C-{index}")
            county.plan()
            from models import Campaign

            rows = select(Campaign.code, Activity.day).join(Activity, Activity.campaign_id == Campaign.id)
            return {tuple(row) for row in session.execute(rows)}

    assert planned(order) == planned([0, 1, 2, 3])


def test_what_is_withdrawn_and_wanted_again_is_the_same_row(session: Session) -> None:
    story = Story(session)
    story.plan()
    uids = {activity.uid for activity in story.county.planned()}
    for _ in range(3):
        story.happen("status", CampaignStatus.PAUSED)
        story.plan()
        assert story.county.planned() == []
        story.happen("status", CampaignStatus.ACTIVE)
        story.plan()
    assert {activity.uid for activity in story.county.planned()} == uids
    assert {activity.sequence for activity in story.county.planned()} == {6}
    assert {activity.status for activity in story.county.activities()} == {ActivityStatus.PLANNED}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_form_plans_something_here(session: Session, schedule: str) -> None:
    """Else the properties above would hold for nothing."""
    story = Story(session)
    story.happen("schedule", schedule)
    assert story.plan().created > 0
