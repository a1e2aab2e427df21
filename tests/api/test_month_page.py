"""The month on a page: its figures and filters, a day in full, what to mind, and what it costs the database."""

import re
from datetime import date, timedelta

import pytest

from models import Activity, Place
from models.database import transaction
from models.enums import ActivityStatus, AssignmentState
from tests.outreach.county import County
from tests.outreach.test_agenda import an_activity

DAY = date(2026, 9, 24)
MONTH = "/calendar/2026-09"


@pytest.fixture
def september(fresh_database):
    """Two kinds of campaigns: five activities on one day, one of them short, one in the past, one cancelled."""
    with transaction(fresh_database) as session:
        county = County(session)
        county.village = county.unit("X01", county.root)
        county.team_code = (team := county.team()).code
        county.who = county.person("volunteer")
        study = county.campaign(f"DATES:{DAY}", kind="study", team_id=team.id, place="何家坝")
        health = county.campaign(f"DATES:{DAY}", kind="health")
        county.health = health.name
        made = [an_activity(county, study, DAY, 8 + each) for each in range(4)]
        session.add(Place(activity_id=made[3].id, needed=2))
        county.assign(made[3], county.who, AssignmentState.CONFIRMED)
        made.append(an_activity(county, health, DAY, 17))
        an_activity(county, health, date(2026, 9, 8))
        an_activity(county, health, date(2026, 9, 9), status=ActivityStatus.CANCELLED, reason="下雨")
        county.ids = [each.id for each in made]
    return county


def cell(page, day):
    return re.search(rf'<td id="d{day}".*?</td>', page, re.DOTALL)[0]


def test_a_month_shows_weeks_with_at_most_three_activities_a_day(get_in, september):
    page = get_in("viewer").get(MONTH).text
    assert "6 场活动" in page
    assert "缺 1 人" in page
    of_day = cell(page, DAY)
    assert re.findall(r'href="/a/(\d+)"', of_day) == [str(number) for number in september.ids[:2]]
    assert "另 3 场" in of_day
    assert "十四" in of_day
    assert page.count("<td id=") == 35
    assert 'class="out' not in cell(page, "2026-09-30")


def test_the_day_looked_at_has_all_with_people_and_the_way_to_fill_it(get_in, september):
    page = get_in("coordinator").get(f"{MONTH}?day={DAY}").text
    panel = page[page.index('id="day"') :]
    assert [f"/a/{number}" in panel for number in september.ids] == [True] * 5
    assert september.who.name in panel
    assert "安排 1 人" in panel
    assert f"/a/{september.ids[0]}/move?next=/calendar/2026-09%3Fday%3D{DAY}" in panel


@pytest.mark.parametrize(
    ("query", "count"),
    [("kind=health", 2), ("kind=study", 4), ("state=short", 1), ("state=awaiting", 1), ("kind=other", 0)],
)
def test_filters_narrow_the_month_down_and_stay_in_its_links(get_in, september, query, count):
    page = get_in("viewer").get(f"{MONTH}?{query}").text
    assert f"{count} 场活动" in page
    assert f"/calendar/2026-10?{query}" in page
    assert "看全部" in page


def test_a_team_narrows_it_down_and_an_unknown_one_is_not_found(get_in, september):
    client = get_in("viewer")
    assert "4 场活动" in client.get(f"{MONTH}?team={september.team_code}").text
    assert "0 场活动" in client.get(f"/calendar/2027-05?team={september.team_code}").text
    assert client.get(f"{MONTH}?team=NOPE").status_code == 404


def test_the_list_begins_with_today_and_ends_with_what_is_over(get_in, september):
    page = get_in("viewer").get(f"{MONTH}?view=list").text
    listed = page[page.index('<ol class="month-list">') : page.index("</ol>")]
    days = re.findall(r'<time datetime="(\d{4}-\d{2}-\d{2})"><b>', listed)
    assert days == ["2026-09-15", "2026-09-24", "2026-09-08", "2026-09-09"]
    assert listed.index("之前的日子") < listed.index("2026-09-08")


def test_what_may_not_be_moved_says_why_and_who_may_not_plan_moves_nothing(get_in, september):
    page = get_in("coordinator").get(MONTH).text
    assert "data-moves" in cell(page, DAY)
    assert 'data-stays="这场活动已经过去' in cell(page, "2026-09-08")
    assert 'data-stays="这次活动已经取消' in cell(page, "2026-09-09")


def test_a_reader_is_offered_no_change(get_in, september):
    page = get_in("viewer").get(f"{MONTH}?day={DAY}").text
    assert "data-moves" not in page
    assert "/activities/new" not in page
    assert "/move" not in page
    assert "/people" not in page[page.index("<main") :]


def test_a_clash_of_the_day_is_to_be_minded(get_in, september, fresh_database):
    with transaction(fresh_database) as session:
        bare_county(session).assign(_activity(session, september.ids[2]), september.who)
        other = _activity(session, september.ids[2])
        three = _activity(session, september.ids[3])
        other.starts_at, other.ends_at = three.starts_at, three.ends_at
    page = get_in("viewer").get(f"{MONTH}?day={DAY}").text
    assert "这一天要留意" in page
    assert f"{september.who.name} 两边都排了" in page


def bare_county(session):
    """The county that stands already, to add to."""
    county = County.__new__(County)
    county.session = session
    return county


def _activity(session, number):
    return session.get_one(Activity, number)


@pytest.mark.parametrize("path", ["2026-13", "2026", "2026-Q1", "1899-12", "2100-01", "soon"])
def test_what_is_no_month_is_not_found(get_in, path):
    assert get_in("viewer").get(f"/calendar/{path}").status_code == 404


def test_the_calendar_opens_at_this_month_and_ends_where_the_years_end(get_in, september):
    client = get_in("viewer")
    assert client.get("/calendar").headers["location"] == "/calendar/2026-09"
    assert 'rel="prev"' not in client.get("/calendar/1901-01").text
    assert 'rel="next"' not in client.get("/calendar/2099-12").text
    assert "这个月还没有活动" in client.get("/calendar/2099-12").text


def test_another_units_activities_stay_out(get_in, september):
    page = get_in("viewer", unit="X01").get(MONTH).text
    assert "0 场活动" in page
    assert september.health not in page


def test_an_open_place_names_who_would_be_asked_first(get_in, september):
    client = get_in("coordinator")
    answer = client.get(f"/a/{september.ids[3]}/first-choice")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert client.get(f"/a/{september.ids[3] + 999}/first-choice").status_code == 404


def test_a_month_costs_as_many_statements_with_many_activities_as_with_one(
    get_in, september, fresh_database, counted
):
    client = get_in("administrator")
    few = counted(lambda: client.get(f"{MONTH}?day={DAY}"))
    with transaction(fresh_database) as session:
        county = bare_county(session)
        campaign = _activity(session, september.ids[0]).campaign_id
        for each in range(30):
            row = {"id": campaign, "unit_id": 1}
            activity = an_activity(county, type("Row", (), row), DAY + timedelta(days=each % 5), 9)
            county.assign(activity, september.who)
    many = counted(lambda: client.get(f"{MONTH}?day={DAY}"))
    assert many <= few <= 15
