"""Moving, cancelling and restoring an activity on a page: what follows is said, and everything has a way back."""

import re
from datetime import date, timedelta

import pytest

from models import Activity, Notice
from models.database import reading, transaction
from models.enums import ActivityStatus, AssignmentState, NoticeKind, NoticeState
from outreach.activities.moving import Standing
from tests.outreach.county import NOW, County
from tests.outreach.test_agenda import an_activity

DAY = date(2026, 9, 24)
HOLIDAY = date(2026, 9, 25)
NEXT = date(2026, 9, 28)


@pytest.fixture
def day_out(fresh_database):
    """An activity of next week as the planner made it; one person heard of it, who is on another the day after."""
    with transaction(fresh_database) as session:
        county = County(session)
        county.village = county.unit("X01", county.root)
        campaign = county.campaign(f"DATES:{DAY}", team_id=county.team().id)
        activity = an_activity(county, campaign, DAY, plan_key=f"day/{DAY}", nominal_on=DAY)
        county.who = county.person("volunteer")
        county.assign(activity, county.who, AssignmentState.CONFIRMED)
        session.add(told(activity, county.who))
        other = an_activity(county, county.campaign(f"DATES:{HOLIDAY}"), HOLIDAY)
        county.assign(other, county.who, AssignmentState.CONFIRMED)
        county.number, county.campaign_id = activity.id, campaign.id
    return county


def told(activity, person):
    return Notice(
        dedupe_key=f"asked/{activity.id}/{person.id}",
        person_id=person.id,
        kind=NoticeKind.ASKED,
        activity_id=activity.id,
        words={},
        created_at=NOW,
        due_at=NOW,
        expires_at=NOW + timedelta(days=9),
        next_try_at=NOW,
        state=NoticeState.SENT,
        sent_at=NOW,
    )


def standing(engine, number):
    with reading(engine) as session:
        return Standing.of(session.get_one(Activity, number))


def status_of(engine, number):
    with reading(engine) as session:
        return session.get_one(Activity, number).status


def form_of(page, action):
    """The fields of the form that goes to an address, as they stand."""
    inside = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert inside, f"no form for {action}"
    fields = re.findall(r'name="(\w+)"(?: type="\w+")? value="([^"]*)"', inside[0])
    return dict(fields)


def move(client, number, **typed):
    address = f"/a/{number}/move"
    fields = form_of(client.get(address).text, address)
    return client.post(address, data={**fields, **typed})


def test_a_move_keeps_the_time_of_day_and_says_where_it_went_and_who_is_told(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    answer = move(client, day_out.number, day=NEXT.isoformat(), starts_at="", next="/week")
    assert (answer.status_code, answer.headers["location"]) == (303, "/week")
    now = standing(fresh_database, day_out.number)
    assert (now.day, now.is_planned) == (NEXT, False)
    page = client.get(f"/a/{day_out.number}").text
    assert "从 9月24日 周四 9:00 移到 9月28日 周一 9:00。会通知 1 人。" in page


def test_undo_puts_it_back_and_leaves_it_to_the_planner_again(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    before = standing(fresh_database, day_out.number)
    move(client, day_out.number, day=NEXT.isoformat(), starts_at="14:30")
    page = client.get(f"/a/{day_out.number}").text
    address = f"/a/{day_out.number}/move"
    answer = client.post(address, data=form_of(page, address))
    assert answer.status_code == 303
    assert standing(fresh_database, day_out.number) == before
    assert "又回到 9月24日 周四 9:00。" in client.get(answer.headers["location"]).text


def test_whole_days_come_back_as_whole_days(get_in, day_out, fresh_database):
    with transaction(fresh_database) as session:
        activity = session.get_one(Activity, day_out.number)
        activity.starts_at = activity.ends_at = None
        activity.last_day = DAY + timedelta(days=2)
    before = standing(fresh_database, day_out.number)
    client = get_in("coordinator")
    move(client, day_out.number, day=NEXT.isoformat(), starts_at="10:00")
    assert standing(fresh_database, day_out.number).starts_at is not None
    page = client.get(f"/a/{day_out.number}").text
    address = f"/a/{day_out.number}/move"
    assert client.post(address, data=form_of(page, address)).status_code == 303
    assert standing(fresh_database, day_out.number) == before


def test_a_look_ahead_names_the_holiday_and_the_clash_and_keeps_nothing(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    before = standing(fresh_database, day_out.number)
    typed = {"day": HOLIDAY.isoformat(), "starts_at": "9:30", "version": ""}
    page = client.post(f"/a/{day_out.number}/move/preview", data=typed)
    assert page.status_code == 200
    assert "这天放假。" in page.text
    assert "改到 9月25日 周五 9:30" in page.text
    assert "会通知 1 人。" in page.text
    assert day_out.who.name in page.text
    assert standing(fresh_database, day_out.number) == before
    client.post(f"/a/{day_out.number}/move", data=typed)
    assert "会通知 1 人。1 人撞期。这天放假。" in client.get("/runs").text


def test_who_was_not_first_sees_both_versions_and_loses_nothing(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    address = f"/a/{day_out.number}/move"
    fields = form_of(client.get(address).text, address)
    client.post(address, data={**fields, "day": NEXT.isoformat()})
    answer = client.post(address, data={**fields, "day": "2026-09-29"})
    assert answer.status_code == 412
    assert "<td>2026-09-28</td><td>2026-09-29</td>" in answer.text
    again = form_of(answer.text, address)
    assert client.post(address, data=again).status_code == 303
    assert standing(fresh_database, day_out.number).day == date(2026, 9, 29)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"day": "2026-02-30"}, "2026-02-30"),
        ({"day": ""}, "day"),
        ({"day": "2026-09-14"}, "不能移到已经过去的日子"),
        ({"day": "2026-09-28", "starts_at": "25:00"}, "25:00"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(get_in, day_out, fresh_database, typed, said):
    client = get_in("coordinator")
    before = standing(fresh_database, day_out.number)
    answer = move(client, day_out.number, **typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert said in answer.text
    assert standing(fresh_database, day_out.number) == before


def test_what_is_over_or_recorded_says_why_it_stays(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    with transaction(fresh_database) as session:
        activity = session.get_one(Activity, day_out.number)
        activity.day = activity.last_day = date(2026, 9, 10)
        activity.starts_at -= timedelta(days=14)
        activity.ends_at -= timedelta(days=14)
    address = f"/a/{day_out.number}/move"
    assert "这场活动已经过去，不能再改时间" in client.get(address).text
    answer = client.post(address, data={"day": NEXT.isoformat()})
    assert answer.status_code == 409
    assert "这场活动已经过去，不能再改时间" in answer.text
    with transaction(fresh_database) as session:
        activity = session.get_one(Activity, day_out.number)
        activity.status, activity.revision = ActivityStatus.HELD, 1
    assert "这次活动已经有记录了" in client.get(address).text
    assert "这次活动已经有记录了" in client.get(f"/a/{day_out.number}/cancel").text


def test_a_cancellation_needs_a_reason_and_can_be_taken_back_and_done_again(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    cancel, restore = f"/a/{day_out.number}/cancel", f"/a/{day_out.number}/restore"
    page = client.get(cancel).text
    assert day_out.who.name in page
    without = client.post(cancel, data={**form_of(page, cancel), "reason": " "})
    assert (without.status_code, status_of(fresh_database, day_out.number)) == (422, ActivityStatus.PLANNED)
    answer = client.post(cancel, data={**form_of(page, cancel), "reason": "下雨", "next": "/week"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/week")
    assert status_of(fresh_database, day_out.number) is ActivityStatus.CANCELLED
    after = client.get("/runs").text
    assert "已取消。会通知 1 人。" in after
    assert client.post(restore, data=form_of(after, restore)).status_code == 303
    assert status_of(fresh_database, day_out.number) is ActivityStatus.PLANNED
    after = client.get("/runs").text
    assert client.post(cancel, data=form_of(after, cancel)).status_code == 303
    with reading(fresh_database) as session:
        assert session.get_one(Activity, day_out.number).reason == "下雨"
    assert "已经取消，原因：下雨" in client.get(cancel).text


def test_a_cancellation_from_an_old_page_shows_what_became_of_it(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    cancel = f"/a/{day_out.number}/cancel"
    fields = form_of(client.get(cancel).text, cancel)
    move(client, day_out.number, day=NEXT.isoformat())
    answer = client.post(cancel, data={**fields, "reason": "下雨"})
    assert answer.status_code == 412
    assert "9月28日 周一 9:00" in answer.text
    assert client.post(cancel, data=form_of(answer.text, cancel) | {"reason": "下雨"}).status_code == 303


@pytest.mark.parametrize("path", ["move", "cancel"])
def test_only_who_may_plan_there_moves_or_cancels(get_in, day_out, fresh_database, path):
    with transaction(fresh_database) as session:
        session.get_one(Activity, day_out.number).unit_id = 2
    client = get_in("recorder", unit="X01")
    address = f"/a/{day_out.number}/{path}"
    typed = {"day": NEXT.isoformat(), "reason": "下雨"}
    assert client.get(address).status_code == 403
    assert client.post(address, data=typed).status_code == 403


@pytest.mark.parametrize("path", ["move", "move/preview", "cancel", "restore"])
def test_another_units_activity_is_not_found(get_in, day_out, fresh_database, path):
    client = get_in("coordinator", unit="X01")
    answer = client.post(f"/a/{day_out.number}/{path}", data={"day": NEXT.isoformat(), "reason": "下雨"})
    assert answer.status_code == 404
    assert standing(fresh_database, day_out.number).day == DAY


def test_an_address_of_somebody_else_is_not_gone_to(get_in, day_out):
    client = get_in("coordinator")
    answer = move(client, day_out.number, day=NEXT.isoformat(), next="//evil.example/")
    assert answer.headers["location"] == "/"
