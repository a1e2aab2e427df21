"""The agenda: what happens on which days, who is missing, and what nobody has told of yet."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from models import Activity, Place
from models.enums import ActivityStatus, AssignmentState, CampaignStatus, PersonRole
from outreach.agenda import activity_item, agenda, owed_outcomes
from outreach.assignment.places import open_places
from outreach.errors import NotFound
from outreach.permissions import EVERYWHERE, Reach
from tests.outreach.county import NOW, TODAY, County

MONDAY = date(2026, 9, 14)
SUNDAY = date(2026, 9, 20)


@pytest.fixture
def county(session):
    return County(session)


def an_activity(county: County, campaign: Any, day: date, hour: int | None = 9, **columns: Any) -> Activity:
    """Of an hour's length in Shanghai; without an hour a whole day."""
    starts = None if hour is None else datetime.combine(day, time(hour), UTC) - timedelta(hours=8)
    row = {
        "campaign_id": campaign.id,
        "unit_id": campaign.unit_id,
        "day": day,
        "last_day": day,
        "starts_at": starts,
        "ends_at": None if starts is None else starts + timedelta(hours=1),
        "changed_at": NOW,
        "people_changed_at": NOW,
        **columns,
    }
    return county._add(Activity(**row))


def the_week(county: County, within: Reach = EVERYWHERE, **options: Any) -> Any:
    return agenda(county.session, within, first=MONDAY, last=SUNDAY, today=TODAY, now=NOW, **options)


def owed(county: County, **options: Any) -> Any:
    return owed_outcomes(county.session, EVERYWHERE, today=TODAY, now=NOW, **{"limit": 7, **options})


def test_a_week_has_seven_days_even_when_nothing_happens(county):
    assert [len(each.items) for each in the_week(county).days] == [0] * 7


def test_a_day_shows_whole_days_first_and_then_goes_by_time(county):
    campaign = county.campaign("DATES:2026-09-17")
    late = an_activity(county, campaign, date(2026, 9, 17), 15)
    early = an_activity(county, campaign, date(2026, 9, 17), 8)
    whole = an_activity(county, campaign, date(2026, 9, 17), None)
    thursday = the_week(county).days[3]
    assert [item.id for item in thursday.items] == [whole.id, early.id, late.id]


def test_what_lasts_for_days_stands_on_the_first_that_is_asked_for(county):
    campaign = county.campaign("DATES:2026-09-12")
    an_activity(county, campaign, date(2026, 9, 12), None, last_day=date(2026, 9, 15))
    assert [len(each.items) for each in the_week(county).days] == [1, 0, 0, 0, 0, 0, 0]


def test_drafts_and_other_units_stay_out(county):
    village = county.unit("X01", county.root)
    an_activity(county, county.campaign("DATES:2026-09-17", status=CampaignStatus.DRAFT), date(2026, 9, 17))
    own = an_activity(county, county.campaign("DATES:2026-09-17", unit_id=village.id), date(2026, 9, 17))
    an_activity(county, county.campaign("DATES:2026-09-17"), date(2026, 9, 17))
    shown = the_week(county, Reach(frozenset({village.id})))
    assert [item.id for day in shown.days for item in day.items] == [own.id]
    assert shown.activities == 1


def test_the_counts_are_those_of_all_even_when_the_lists_are_cut(county):
    campaign = county.campaign("DATES:2026-09-17")
    county._add(Place(campaign_id=campaign.id, needed=2))
    for hour in range(8, 12):
        an_activity(county, campaign, date(2026, 9, 17), hour)
    an_activity(county, campaign, date(2026, 9, 17), 7, status=ActivityStatus.CANCELLED, reason="雨")
    shown = the_week(county, per_day=2)
    assert (len(shown.days[3].items), shown.days[3].count) == (2, 5)
    assert (shown.activities, shown.cancelled, shown.short) == (4, 1, 8)


def test_only_what_is_still_to_come_lacks_people(county):
    campaign = county.campaign("DATES:2026-09-14,2026-09-17")
    county._add(Place(campaign_id=campaign.id, needed=3))
    over = an_activity(county, campaign, MONDAY)
    ahead = an_activity(county, campaign, date(2026, 9, 17))
    county.assign(ahead, county.person("volunteer"))
    county.assign(ahead, county.person("volunteer"), AssignmentState.DECLINED)
    short = {item.id: item.short for day in the_week(county).days for item in day.items}
    assert short == {over.id: 0, ahead.id: 2}


def test_numbers_of_its_own_go_before_those_of_the_campaign(county):
    campaign = county.campaign("DATES:2026-09-17")
    county._add(Place(campaign_id=campaign.id, needed=3))
    activity = an_activity(county, campaign, date(2026, 9, 17))
    county._add(Place(activity_id=activity.id, needed=1))
    assert the_week(county).short == 1


def test_whoever_withdrew_is_not_shown_and_who_cannot_come_stands_last(county):
    activity = an_activity(county, county.campaign("DATES:2026-09-17"), date(2026, 9, 17))
    states = (AssignmentState.DECLINED, AssignmentState.WITHDRAWN, AssignmentState.CONFIRMED)
    for state in states:
        county.assign(activity, county.person("volunteer"), state)
    (item,) = the_week(county).days[3].items
    assert [person.state for person in item.people] == [AssignmentState.CONFIRMED, AssignmentState.DECLINED]


@pytest.mark.parametrize(
    ("needed", "taken", "missing"),
    [
        ({}, {}, 0),
        ({"any": 4}, {"any": 1}, 3),
        ({"any": 1}, {"any": 3}, 0),
        ({"leader": 1, "visitor": 4}, {"leader": 1, "visitor": 2}, 2),
        ({"leader": 1}, {"any": 2}, 1),
        ({"leader": 1, "any": 2}, {"leader": 2}, 1),
        ({"any": 2}, {"driver": 1}, 1),
    ],
)
def test_a_role_wants_its_own_people_and_the_rest_fill_the_places_for_anybody(needed, taken, missing):
    assert sum(open_places(needed, taken).values()) == missing


def test_an_outcome_is_owed_once_the_activity_is_over_and_until_it_is_told(county):
    campaign = county.campaign("DATES:2026-09-15")
    yesterday = an_activity(county, campaign, MONDAY, None)
    this_morning = an_activity(county, campaign, TODAY, 7)
    an_activity(county, campaign, TODAY, 9)
    an_activity(county, campaign, TODAY, None)
    county.held(campaign, date(2026, 9, 10))
    missed = an_activity(county, campaign, date(2026, 8, 3), status=ActivityStatus.MISSED)
    found = owed(county)
    assert (found.count, [item.id for item in found.items]) == (
        3,
        [missed.id, yesterday.id, this_morning.id],
    )
    assert the_week(county).awaiting == 2


def test_of_many_owed_outcomes_the_oldest_are_shown_and_all_counted(county):
    campaign = county.campaign("DATES:2026-09-01")
    for day in range(1, 11):
        an_activity(county, campaign, date(2026, 9, day))
    found = owed(county, limit=3)
    assert found.count == 10
    assert [item.day.day for item in found.items] == [1, 2, 3]
    assert owed(county, since=date(2026, 9, 4), through=date(2026, 9, 6)).count == 3


def test_one_activity_tells_its_people_and_what_it_is_asked_besides(county):
    campaign = county.campaign("DATES:2026-09-17", serves=[PersonRole.RETIREE])
    county._add(Place(campaign_id=campaign.id, needed=3))
    activity = an_activity(county, campaign, date(2026, 9, 17))
    county.assign(activity, county.person("volunteer"))
    item, needed, row = activity_item(
        county.session, activity.id, EVERYWHERE, today=TODAY, now=NOW, also=(Activity.version,)
    )
    assert (item.needed, item.short, len(item.people), needed) == (3, 2, 1, {"any": 3})
    assert row.version == activity.version


def test_an_activity_outside_ones_units_is_not_found(county):
    village = county.unit("X01", county.root)
    activity = an_activity(county, county.campaign("DATES:2026-09-14"), MONDAY)
    with pytest.raises(NotFound):
        activity_item(county.session, activity.id, Reach(frozenset({village.id})), today=TODAY, now=NOW)


@pytest.mark.parametrize("count", [1, 30])
def test_a_week_costs_as_many_questions_with_one_activity_as_with_thirty(county, count):
    campaign = county.campaign("DATES:2026-09-17")
    county._add(Place(campaign_id=campaign.id, needed=2))
    for _ in range(count):
        activity = an_activity(county, campaign, date(2026, 9, 17))
        county.assign(activity, county.person("volunteer"))
    asked = []
    engine = county.session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *each: asked.append(each[2]))
    county.session.flush()
    asked.clear()
    assert the_week(county).activities == count
    assert len(asked) == 4
