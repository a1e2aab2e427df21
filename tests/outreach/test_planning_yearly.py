"""The year as lanes: counted in the database, one row a day."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy.orm import Session

from models import Place
from models.base import UnitId
from models.enums import ActivityStatus, CampaignStatus, OnHoliday
from outreach.permissions import EVERYWHERE, Reach
from outreach.planning.yearly import activities_of_month, campaigns_of_year, year_plan
from tests.outreach.county import County
from tests.outreach.test_agenda import an_activity

YEAR = 2026


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def the_year(county: County, within: Reach = EVERYWHERE, *, year: int = YEAR, opened=()):
    campaigns = campaigns_of_year(county.session, within, year)
    return year_plan(county.session, within, year, campaigns=campaigns, opened=[each.id for each in opened])


def test_a_day_counts_what_begins_on_it_what_was_done_and_what_it_asks_for(county):
    campaign = county.campaign("DATES:2026-10-20", start_time=time(9), duration_minutes=90)
    county.session.add(Place(campaign_id=campaign.id, role="any", needed=3))
    day = date(2026, 10, 20)
    first = an_activity(county, campaign, day, status=ActivityStatus.HELD, held_on=day, revision=1)
    second = an_activity(county, campaign, day, None, last_day=day + timedelta(days=2))
    county.session.add_all(
        [
            Place(activity_id=second.id, role="any", needed=2),
            Place(activity_id=second.id, role="leader", needed=1),
        ]
    )
    an_activity(county, campaign, day, status=ActivityStatus.CANCELLED, reason="雨")
    an_activity(county, campaign, date(2027, 1, 1))
    county.session.flush()
    (lane,) = the_year(county).by_kind["study"]
    assert (lane.day, lane.last_day, lane.count, lane.done) == (day, date(2026, 10, 22), 2, 1)
    assert (lane.minutes, lane.places, lane.activity_id) == (90 + 480, 6, first.id)


def test_a_kind_is_the_sum_of_its_campaigns_and_the_load_that_of_all_kinds(county):
    one, other = county.campaign("DATES:2026-10-20"), county.campaign("DATES:2026-10-20")
    visits = county.campaign("DATES:2026-10-20", kind="hardship")
    for campaign, day in ((one, 20), (one, 20), (other, 20), (other, 21), (visits, 20)):
        an_activity(county, campaign, date(2026, 10, day))
    plan = the_year(county, opened=[one, other])
    assert {number: [each.count for each in days] for number, days in plan.by_campaign.items()} == {
        one.id: [2],
        other.id: [1, 1],
    }
    assert [(each.day.day, each.count) for each in plan.by_kind["study"]] == [(20, 3), (21, 1)]
    assert [(each.day.day, each.count) for each in plan.load] == [(20, 4), (21, 1)]


def test_a_day_moved_by_rule_says_from_where_and_one_moved_by_hand_does_not(county):
    moved = county.campaign("RRULE:FREQ=MONTHLY;BYMONTHDAY=15", on_holiday=OnHoliday.PREVIOUS_WORKDAY)
    beside = county.campaign("FESTIVAL:double_ninth;shift=-3WD", kind="briefing")
    county.plan()
    by_day = {each.day: each.moved_from for each in the_year(county).by_kind["study"]}
    # 15 November 2026 is a Sunday.
    assert by_day[date(2026, 11, 13)] == date(2026, 11, 15)
    assert by_day[date(2026, 12, 15)] is None
    assert [each.moved_from for each in the_year(county).by_kind["briefing"]] == [None]
    (november,) = [each for each in county.planned(moved) if each.day == date(2026, 11, 13)]
    november.by_hand = True
    county.session.flush()
    assert [each.moved_from for each in the_year(county).by_kind["study"] if each.moved_from] == []
    assert beside.id in {each.id for each in campaigns_of_year(county.session, EVERYWHERE, YEAR)}


def test_a_unit_sees_its_campaigns_and_what_others_have_planned_there(county):
    village, hamlet = county.unit("X01", county.root), county.unit("X02", county.root)
    own = county.campaign("DATES:2026-10-20", unit_id=village.id)
    split = county.campaign("DATES:2026-10-20")
    county.campaign("DATES:2026-10-20")
    an_activity(county, split, date(2026, 10, 20), unit_id=village.id)
    an_activity(county, split, date(2026, 10, 20), unit_id=hamlet.id)
    within = Reach(frozenset({UnitId(village.id)}))
    assert {each.id for each in campaigns_of_year(county.session, within, YEAR)} == {own.id, split.id}
    assert [each.count for each in the_year(county, within).load] == [1]


def test_a_campaign_stands_in_the_years_that_it_runs_in(county):
    campaign = county.campaign(
        "DATES:2026-10-20",
        starts_on=date(2026, 10, 1),
        ends_on=date(2026, 12, 31),
        status=CampaignStatus.ENDED,
    )
    assert [each.status for each in campaigns_of_year(county.session, EVERYWHERE, 2026)] == [
        CampaignStatus.ENDED
    ]
    assert campaigns_of_year(county.session, EVERYWHERE, 2027) == []
    assert campaigns_of_year(county.session, EVERYWHERE, 2026, code="other") == []
    assert campaigns_of_year(county.session, EVERYWHERE, 2026, code=campaign.code) != []


def test_the_list_behind_a_cell_has_as_many_as_the_cell_says(county):
    campaign = county.campaign("DATES:2026-10-20")
    for number in range(5):
        an_activity(county, campaign, date(2026, 10, 20 + number))
    an_activity(county, campaign, date(2026, 10, 25), status=ActivityStatus.CANCELLED, reason="雨")
    an_activity(county, campaign, date(2026, 11, 1))
    found, count = activities_of_month(
        county.session,
        campaign.id,
        EVERYWHERE,
        first=date(2026, 10, 1),
        last=date(2026, 10, 31),
        limit=3,
    )
    lane = the_year(county).by_kind["study"]
    assert count == sum(each.count for each in lane if each.day.month == 10) == 5
    assert [each.day.day for each in found] == [20, 21, 22]
