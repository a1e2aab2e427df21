"""The year plan in a browser: lanes, clashes and decisions, moving with a way back, and copying a year."""

import re
from datetime import date, time, timedelta
from html import unescape

import pytest
from sqlalchemy import func, select

from models import Activity, Campaign, KeptClash
from models.database import reading, transaction
from models.enums import CampaignStatus, OnHoliday
from tests.outreach.county import TODAY, County
from tests.outreach.test_agenda import an_activity

DAY = date(2026, 10, 20)


@pytest.fixture
def office(fresh_database):
    """Two campaigns of one team at once, one that a weekend moves, one that only ran in spring."""
    with transaction(fresh_database) as session:
        county = County(session)
        county.unit("X01", county.root)
        team = county.team()
        for code in ("ONE", "TWO"):
            county.campaign(
                f"DATES:{DAY}", code=code, team_id=team.id, start_time=time(9), ends_on=date(2026, 12, 31)
            )
        county.campaign(
            "RRULE:FREQ=MONTHLY;BYMONTHDAY=15",
            code="STUDY",
            on_holiday=OnHoliday.PREVIOUS_WORKDAY,
            ends_on=date(2026, 12, 31),
        )
        county.plan(through=date(2026, 12, 31))
    return county


def forms(page: str) -> list[tuple[str, dict[str, str], str]]:
    """Every form that posts: where, with what, and what stands in it."""
    found = re.findall(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', page, re.DOTALL)
    return [
        (
            unescape(action),
            {n: unescape(v) for n, v in re.findall(r'name="(\w+)" value="([^"]*)"', inside)},
            inside,
        )
        for action, inside in found
    ]


def press(client, page: str, words: str, **more: str):
    for action, fields, inside in forms(page):
        if words in inside and not action.startswith(("/theme", "/unit", "/sign-out")):
            return client.post(action, data=fields | more)
    raise AssertionError(f"no button {words}")


def cell(page: str, lane: str, month: int) -> str:
    """What stands in a month of a lane, without its drawings."""
    row = next(each for each in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if f">{lane}<" in each)
    cells = re.findall(r"<td.*?</td>", row, re.DOTALL)
    return " ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", cells[month - 1], flags=re.DOTALL).split())


def days_of(engine, code: str) -> list[date]:
    with reading(engine) as session:
        query = select(Activity.day).join(Campaign).where(Campaign.code == code).order_by(Activity.day)
        return list(session.scalars(query))


def test_the_year_of_today_is_where_the_menu_leads(get_in, office):
    client = get_in("viewer")
    assert client.get("/plan").headers["location"] == "/plan/2026"
    assert 'aria-current="page"' in client.get("/plan/2026").text


def test_lanes_say_dates_in_words_with_what_moved_and_what_clashes(get_in, office):
    page = get_in("coordinator").get("/plan/2026").text
    assert "20日" in cell(page, "ONE", 10)
    assert "撞期" in cell(page, "ONE", 10)
    assert "13日" in cell(page, "STUDY", 11)
    assert "已移·原 15" in cell(page, "STUDY", 11)
    assert cell(page, "ONE", 9) == ""
    assert "国庆节 1–7" in page
    assert re.search(r'<svg class="strip[^"]*"[^>]*aria-hidden="true"', page)


def test_a_cell_leads_to_as_many_activities_as_it_says(get_in, office, fresh_database):
    with transaction(fresh_database) as session:
        office.session = session
        campaign = session.scalars(select(Campaign).where(Campaign.code == "STUDY")).one()
        for number in (5, 6, 7):
            an_activity(office, campaign, date(2026, 10, number))
    client = get_in("coordinator")
    page = client.get("/plan/2026").text
    assert "4 场" in cell(page, "STUDY", 10)
    behind = client.get("/plan/2026/lane/STUDY/10")
    assert behind.status_code == 200
    assert behind.text.count("/move?next=/plan/2026") == 4
    (only,) = re.findall(r'href="(/a/\d+)">(?:(?!</a>).)*20日', page, re.DOTALL)[:1]
    assert client.get(only).status_code == 200


def test_a_proposed_move_goes_through_moving_and_can_be_undone(get_in, office, fresh_database):
    client = get_in("coordinator")
    page = client.get("/plan/2026").text
    assert "移到 10月21日 周三" in page
    answer = press(client, page, "移到 10月21日 周三")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/plan/2026")
    assert days_of(fresh_database, "TWO") == [date(2026, 10, 21)]
    after = client.get("/plan/2026").text
    assert "没有要决定的撞期" in after
    assert press(client, after, "撤销").status_code == 303
    assert days_of(fresh_database, "TWO") == [DAY]


def test_a_clash_that_is_kept_asks_no_more_and_can_be_reopened(get_in, office, fresh_database):
    client = get_in("coordinator")
    kept = press(client, client.get("/plan/2026").text, "为什么保留", do="keep", note="分两路去")
    assert kept.status_code == 303
    page = client.get("/plan/2026").text
    assert "没有要决定的撞期" in page
    assert "分两路去" in page
    assert "撞期" not in cell(page, "ONE", 10)
    assert press(client, page, "撤销").status_code == 303
    again = client.get("/plan/2026").text
    assert "同一支队伍" in again
    assert "没有要决定的撞期" not in again
    with reading(fresh_database) as session:
        assert session.scalar(select(func.count()).select_from(KeptClash)) == 0


def test_a_decision_about_what_is_no_longer_so_is_not_taken(get_in, office, fresh_database):
    client = get_in("coordinator")
    page = client.get("/plan/2026").text
    press(client, page, "移到 10月21日 周三")
    assert press(client, page, "为什么保留", do="keep").status_code == 303
    assert "别人刚刚改过" in client.get("/plan/2026").text
    assert client.post("/plan/2026/decide", data={"facts": "x", "do": "keep"}).status_code == 422
    with reading(fresh_database) as session:
        assert session.scalar(select(func.count()).select_from(KeptClash)) == 0


def test_who_only_looks_gets_no_button_and_may_do_nothing(get_in, office):
    planner = get_in("coordinator")
    page = planner.get("/plan/2026").text
    decision = next(fields for action, fields, _ in forms(page) if action.endswith("/decide"))
    listed = next(
        fields for action, fields, _ in forms(planner.get("/plan/2026/copy").text) if action.endswith("/copy")
    )
    viewer = get_in("viewer")
    page = viewer.get("/plan/2026").text
    assert "同一支队伍" in page
    assert [action for action, _, _ in forms(page) if action.startswith(("/plan", "/a/"))] == []
    assert "/copy" not in page
    assert viewer.post("/plan/2026/decide", data=decision | {"do": "keep"}).status_code == 403
    assert viewer.get("/plan/2026/copy").status_code == 403
    assert viewer.post("/plan/2026/copy", data=listed | {"campaign": "ONE"}).status_code in (403, 409, 412)


def test_another_unit_sees_neither_lanes_nor_clashes(get_in, office):
    client = get_in("coordinator", unit="X01")
    page = client.get("/plan/2026").text
    assert "ONE" not in page
    assert "没有要决定的撞期" in page
    assert client.get("/plan/2026/lane/STUDY/10").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/plan/1899",
        "/plan/2100",
        "/plan/today",
        "/plan/٢٠٢٦",
        "/plan/2026/lane/STUDY/13",
        "/plan/2026/lane/NONE/10",
        "/plan/1899/copy",
    ],
)
def test_years_months_and_campaigns_that_are_not_there_are_not_found(get_in, office, address):
    assert get_in("coordinator").get(address).status_code == 404


@pytest.mark.parametrize("year", [1901, 2000, 2026, 2050, 2099])
def test_any_year_has_a_page_and_one_without_notice_says_so(get_in, office, year):
    answer = get_in("administrator").get(f"/plan/{year}")
    assert answer.status_code == 200
    assert (f"{year}年放假安排未公布" in answer.text) is (year not in range(2004, 2027))
    assert ('href="/settings' in answer.text) or year in range(2004, 2027)


def test_a_year_without_anything_offers_the_year_before(get_in, fresh_database):
    with transaction(fresh_database) as session:
        County(session)
    page = get_in("coordinator").get("/plan/2027").text
    assert "2027年还没有计划" in page
    assert 'href="/plan/2026/copy"' in page


def test_many_campaigns_are_folded_by_kind_and_open_by_pages(get_in, fresh_database):
    with transaction(fresh_database) as session:
        county = County(session)
        for number in range(60):
            campaign = county.campaign("DATES:2026-10-20", kind="study" if number % 6 else "rural")
            an_activity(county, campaign, DAY)
    client = get_in("coordinator")
    folded = client.get("/plan/2026").text
    assert len(re.findall(r'<tr role="row" id="', folded)) == 2
    assert "50 场" in cell(folded, "学习", 10) or "50 场" in folded
    opened = client.get("/plan/2026?open=study").text
    assert len(re.findall(r'<tr role="row" id="c-', opened)) == 40
    rest = client.get("/plan/2026?open=study&page=2").text
    assert len(re.findall(r'<tr role="row" id="c-', rest)) == 10
    assert client.get("/plan/2026?open=nothing").status_code == 200
    assert client.get("/plan/2026?open=study&page=0").status_code == 422


def test_copying_lists_every_difference_writes_it_and_takes_it_back(get_in, office, fresh_database):
    client = get_in("coordinator")
    page = client.get("/plan/2026/copy").text
    assert "2027-10-20" in page
    assert "农历" not in page or "九月" in page
    assert page.count('type="checkbox" name="campaign"') == 3
    answer = press(client, page, "复制选中的专项", campaign="STUDY")
    assert answer.headers["location"] == "/plan/2027"
    after = client.get("/plan/2027").text
    assert "已复制 1 个专项到 2027年" in after
    assert "15日" in cell(after, "STUDY", 1)
    with reading(fresh_database) as session:
        assert session.scalar(select(Campaign.ends_on).where(Campaign.code == "ONE")) == date(2026, 12, 31)
    assert press(client, after, "撤销").headers["location"] == "/plan/2026"
    assert "已撤销复制，1 个专项恢复原样" in client.get("/plan/2026").text
    assert max(days_of(fresh_database, "STUDY")) >= date(2026, 12, 15)
    with reading(fresh_database) as session:
        assert session.scalar(select(Campaign.ends_on).where(Campaign.code == "STUDY")) == date(2026, 12, 31)


def test_a_year_beyond_what_is_planned_says_from_when_on_it_is(get_in, office, fresh_database):
    client = get_in("coordinator")
    words = "从 2027年1月1日 周五起会陆续排进来"
    assert words not in client.get("/plan/2028").text
    assert "起会陆续排进来" not in client.get("/plan/2027").text
    study = select(Campaign).where(Campaign.code == "STUDY")
    with transaction(fresh_database) as session:
        session.scalars(study).one().ends_on = date(2028, 12, 31)
    assert words in client.get("/plan/2028").text
    assert "起会陆续排进来" not in client.get("/plan/2027").text
    with transaction(fresh_database) as session:
        session.scalars(study).one().status = CampaignStatus.PAUSED
    assert words not in client.get("/plan/2028").text


def test_a_list_that_is_out_of_date_is_shown_anew_with_the_ticks_kept(get_in, office, fresh_database):
    client = get_in("coordinator")
    page = client.get("/plan/2026/copy").text
    with transaction(fresh_database) as session:
        session.scalars(select(Campaign).where(Campaign.code == "ONE")).one().version += 1
    answer = press(client, page, "复制选中的专项", campaign="TWO")
    assert answer.status_code == 412
    assert "看过之后有人改了计划" in answer.text
    ticked = re.findall(r'name="campaign" value="(\w+)" checked', answer.text)
    assert ticked == ["TWO"]
    nothing = client.post(
        "/plan/2026/copy", data={"facts": forms(answer.text)[-1][1].get("facts", ""), "page": "1"}
    )
    assert nothing.status_code in (409, 412)


def test_the_pages_speak_all_languages(get_in, office):
    client = get_in("coordinator")
    for language, words in (("zh-TW", "年度計劃"), ("en", "Plan of 2026")):
        for address in ("/plan/2026", "/plan/2026/copy", "/plan/2026/lane/STUDY/10"):
            answer = client.get(address, headers={"Accept-Language": language})
            assert answer.status_code == 200
            assert words in answer.text or address.endswith(("copy", "10"))


def _crowd(county: County, count: int) -> None:
    """So many campaigns on one day with one team, each with somebody who is on all of them."""
    team, people = county.team(), [county.person("volunteer") for _ in range(3)]
    campaigns = [county.campaign(f"DATES:{DAY}", team_id=team.id, start_time=time(9)) for _ in range(count)]
    county.plan(through=TODAY + timedelta(days=60))
    for campaign in campaigns:
        for person in people:
            county.assign(county.planned(campaign)[0], person)


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(
    "address", ["/plan/2026", "/plan/2026?open=study", "/plan/2026/copy", "/plan/2026/lane/{}/10"]
)
def test_no_page_asks_the_database_more_than_fifteen_times(get_in, fresh_database, counted, address, rows):
    with transaction(fresh_database) as session:
        county = County(session)
        _crowd(county, rows + 1)
        address = address.format(session.scalar(select(func.min(Campaign.code))))
    client = get_in("coordinator")
    answers = []
    assert counted(lambda: answers.append(client.get(address))) <= 15
    assert answers[0].status_code == 200
