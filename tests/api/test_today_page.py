"""Today: what needs a person now, who may do what about it, and as few questions whatever waits."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from calendars.periods import month_of
from models import Account, Grant, Notice, Place
from models.database import reading, transaction
from models.enums import AccountRole, MonthState
from outreach import closing
from outreach.agenda import agenda
from outreach.cases import open_case
from outreach.near import near
from outreach.permissions import CONSOLE, EVERYWHERE
from outreach.waiting import what_waits
from tests.outreach.county import NOW, TODAY, ZONE, County
from tests.outreach.test_agenda import an_activity

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def county(fresh_database):
    """One activity of today, one of tomorrow that lacks two, and one of last week that nobody told of."""
    with transaction(fresh_database) as session:
        county = County(session)
        county.village = county.unit("X01", county.root)
        leader = county.person("volunteer")
        leader.email = "leader@example.org"
        county.leader_name = leader.name
        campaign = county.campaign(f"DATES:{TODAY},{TOMORROW}")
        session.add(Place(campaign_id=campaign.id, needed=2))
        county.today = an_activity(county, campaign, TODAY, 23).id
        county.tomorrow = an_activity(county, campaign, TOMORROW).id
        untold = an_activity(county, campaign, TODAY - timedelta(days=6))
        county.assign(untold, leader).role = "leader"
        county.untold = untold.id
    return county


def test_it_lists_where_people_are_missing_and_what_was_not_told(county, get_in):
    page = get_in("coordinator").get("/").text
    short = page[page.index('id="short"') : page.index('id="owed-head"')]
    assert f'href="/a/{county.today}/people"' in short
    assert f'href="/a/{county.tomorrow}/people"' in short
    owed = page[page.index('id="owed-head"') :]
    assert f'href="/a/{county.untold}/outcome"' in owed
    assert "已过 6 天" in owed
    assert "未提醒" in owed
    assert 'type="submit">提醒<span' in owed


def test_the_figures_are_those_of_the_agenda_and_of_the_menu(county, fresh_database):
    with reading(fresh_database) as session:
        whole = agenda(session, EVERYWHERE, first=TODAY, last=TODAY + timedelta(days=6), today=TODAY, now=NOW)
        found = near(session, EVERYWHERE, today=TODAY, now=NOW, days=7, today_shown=1, short_shown=1)
        assert found.short == whole.short == 4
        assert (found.short_activities, len(found.first_short)) == (2, 1)
        assert found.first_short[0] == whole.days[0].items[0]
        waiting = what_waits(session, EVERYWHERE, today=TODAY, now=NOW)
        assert (waiting.outcomes, waiting.late_outcomes) == (1, 1)


def test_asking_once_more_is_one_press_and_says_how_many_are_asked(county, get_in, fresh_database):
    client = get_in("coordinator")
    answer = client.post("/owed/ask", data={"activity": county.untold})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = client.get("/").text
    assert "已提醒 1 人。" in page
    assert "提醒过 1 次" in page
    assert 'type="submit">再提醒<span' in page
    assert county.leader_name in page
    client.post("/owed/ask")
    assert "今天已经提醒过了" in client.get("/").text
    with reading(fresh_database) as session:
        assert len(session.scalars(select(Notice.id)).all()) == 1


def test_a_viewer_reads_it_and_is_offered_nothing_to_press(county, get_in):
    client = get_in("viewer")
    main = client.get("/").text.partition("<main")[2].partition("</main>")[0]
    assert f'href="/a/{county.tomorrow}"' in main
    assert "<form" not in main
    assert "/people" not in main.replace("/people/due", "")
    assert client.post("/owed/ask", data={"activity": county.untold}).status_code == 403


def test_a_viewer_sees_how_many_cases_wait_and_not_which(get_in, fresh_database):
    with transaction(fresh_database) as session:
        ill = County(session).person("retiree")
        told = {
            "code": "C1",
            "kind": "hospital",
            "person_code": ill.code,
            "opened_on": TODAY - timedelta(days=9),
        }
        open_case(session, told, by=CONSOLE, today=TODAY, now=NOW, zone=ZONE)

    def late_cases(role):
        return get_in(role).get("/").text.partition("个案待我办 ")[2]

    assert 'href="/cases/C1"' in late_cases("coordinator")
    viewers = late_cases("viewer")
    assert viewers.startswith("<span>1</span>")
    assert "/cases/C1" not in viewers
    assert "没有超期的" not in viewers


def test_without_anything_waiting_each_list_says_so(fresh_database, get_in):
    with transaction(fresh_database) as session:
        County(session)
    page = get_in("coordinator").get("/").text
    for words in ("未来 7 天都齐了", "没有欠着的结果", "没有超期的", "没有活动"):
        assert words in page, words


def test_the_month_before_is_followed_until_it_is_closed(county, get_in, fresh_database):
    client, month = get_in("coordinator"), month_of(date(2026, 8, 1))
    assert "8月统计" in client.get("/").text
    with transaction(fresh_database) as session:
        closing.draft_month(session, month, now=NOW)
    assert "未关账" in client.get("/").text
    with transaction(fresh_database) as session:
        closing.close_month(session, month, county.root.id, by=CONSOLE, today=TODAY, now=NOW)
        assert closing.month_stands(session, month, county.root.id).state is MonthState.CLOSED
    assert "已关账" in client.get("/").text


def test_it_asks_few_questions_whatever_waits(county, get_in, fresh_database, counted):
    client = get_in("coordinator")
    few = counted(lambda: client.get("/"))
    with transaction(fresh_database) as session:
        county.session = session
        for back in range(1, 31):
            campaign = county.campaign(f"DATES:{TODAY}")
            session.add(Place(campaign_id=campaign.id, needed=2))
            an_activity(county, campaign, TODAY - timedelta(days=back))
            county.assign(an_activity(county, campaign, TOMORROW), county.person("volunteer"))
    assert counted(lambda: client.get("/")) <= few <= 15


def test_the_unit_that_is_chosen_stays_chosen_until_another_is(county, get_in):
    client = get_in("coordinator")
    answer = client.post("/unit", data={"unit": "X01", "next": "/tally/2026-08?unit=BJ&x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/tally/2026-08?x=1")
    assert re.search(r'<option value="X01" selected>', client.get("/").text)
    assert f'href="/a/{county.tomorrow}"' not in client.get("/").text
    assert re.search(r'<option value="BJ" selected>', client.get("/?unit=BJ").text)


def test_a_unit_out_of_reach_is_neither_chosen_nor_remembered(county, get_in):
    client = get_in("viewer", unit="X01")
    assert client.post("/unit", data={"unit": "BJ"}).status_code == 404
    client.cookies.set("yinling_unit", "BJ")
    assert client.get("/").status_code == 200


def test_an_office_without_any_unit_is_led_to_its_first_ones(get_in):
    client = get_in("administrator")
    page = client.get("/").text
    assert "还没有单位" in page
    assert 'href="/imports"' in page
    assert [
        client.get(path).status_code for path in ("/imports", "/outbox", "/feeds", "/week", "/search?q=a")
    ] == [200] * 5


def test_the_first_unit_is_founded_on_a_page_and_everything_is_there(get_in):
    client = get_in("administrator")
    assert "第一个单位" in client.get("/units").text
    wrong = client.post("/units/first", data={"new_name": "", "new_kind": "bureau"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    told = {"new_name": "老干部局", "new_kind": "bureau", "new_code": "BJ"}
    assert client.post("/units/first", data=told).headers["location"] == "/units/BJ"
    assert "老干部局" in client.get("/").text
    assert "还没有单位" not in client.get("/").text


def test_who_plans_in_one_village_asks_for_what_is_owed_there_alone(county, get_in, fresh_database):
    with transaction(fresh_database) as session:
        county.session = session
        leader = county.person("volunteer")
        leader.email = "village@example.org"
        campaign = county.campaign(f"DATES:{TODAY}")
        theirs = an_activity(county, campaign, TODAY - timedelta(days=3), unit_id=county.village.id)
        county.assign(theirs, leader).role = "leader"
    client = get_in("viewer", unit="BJ")
    with transaction(fresh_database) as session:
        account_id = session.scalar(select(Account.id))
        session.add(Grant(account_id=account_id, role=AccountRole.COORDINATOR, unit_id=county.village.id))
    main = client.get("/").text.partition("<main")[2]
    assert f'href="/a/{county.untold}"' in main
    assert main.count('name="activity"') == 1
    assert f'name="activity" value="{theirs.id}"' in main
    assert client.post("/owed/ask", data={"activity": county.untold}).status_code == 403
    assert client.post("/owed/ask").status_code == 303
    with reading(fresh_database) as session:
        assert session.scalars(select(Notice.activity_id)).all() == [theirs.id]
