"""A new single activity on a page: of a campaign that goes on, or one that stands by itself."""

from datetime import date

import pytest
from sqlalchemy import select

from models import Activity, Campaign, Place
from models.database import reading, transaction
from models.enums import ActivityStatus
from tests.api.test_moving_page import form_of
from tests.outreach.county import County

DAY = "2026-09-24"


@pytest.fixture
def office_of_two(fresh_database):
    """A bureau with a village, a campaign that goes on, and a team."""
    with transaction(fresh_database) as session:
        county = County(session)
        county.village = county.unit("X01", county.root)
        county.theirs = county.campaign("DATES:2026-12-01", place="何家坝", duration_minutes=90)
        county.theirs.name = "入户宣传"
        session.add(Place(campaign_id=county.theirs.id, needed=3))
        county.code, county.team_code = county.theirs.code, county.team().code
    return county


def rows(engine, what):
    with reading(engine) as session:
        return list(session.scalars(select(what).order_by(what.id)))


def add(client, **typed):
    return client.post("/activities/new", data={"day": DAY, **typed})


def test_the_form_opens_on_the_day_that_was_looked_at(get_in, office_of_two):
    page = get_in("coordinator").get(f"/activities/new?day={DAY}").text
    assert f'type="date" value="{DAY}"' in page
    assert f'<option value="{office_of_two.code}">入户宣传</option>' in page
    assert 'value="2026-09-15"' in get_in("administrator").get("/activities/new?day=soon").text


def test_one_of_a_campaign_has_its_place_length_and_people_unless_told(get_in, office_of_two, fresh_database):
    client = get_in("coordinator")
    answer = add(client, campaign=office_of_two.code, starts_at="9:00")
    made = rows(fresh_database, Activity)[-1]
    assert (answer.status_code, answer.headers["location"]) == (303, f"/a/{made.id}")
    assert (made.day, made.place, made.by_hand) == (date(2026, 9, 24), None, True)
    assert (made.ends_at - made.starts_at).seconds == 90 * 60
    add(client, campaign=office_of_two.code, starts_at="9:00", ends_at="11:30", place="南阳乡", needed="2")
    other = rows(fresh_database, Activity)[-1]
    assert (other.place, (other.ends_at - other.starts_at).seconds) == ("南阳乡", 150 * 60)
    assert [(each.activity_id, each.needed) for each in rows(fresh_database, Place)][1:] == [(other.id, 2)]


@pytest.mark.parametrize("day", [DAY, "2026-09-10"])
def test_one_by_itself_is_a_campaign_of_one_day(get_in, office_of_two, fresh_database, day):
    client = get_in("coordinator")
    typed = {"name": "重阳座谈", "kind": "culture", "unit_code": "X01", "team_code": office_of_two.team_code}
    answer = add(client, **typed, day=day, starts_at="14:00", ends_at="16:00", place="县城", needed="4")
    assert answer.status_code == 303, answer.text
    campaign = rows(fresh_database, Campaign)[-1]
    (made,) = [each for each in rows(fresh_database, Activity) if each.campaign_id == campaign.id]
    assert (campaign.name, campaign.kind, campaign.place) == ("重阳座谈", "culture", "县城")
    assert campaign.schedule == f"DATES:{day}"
    assert made.day == date.fromisoformat(day)
    assert (made.ends_at - made.starts_at).seconds == 7200
    assert made.unit_id == campaign.unit_id == office_of_two.village.id
    assert "已加上“重阳座谈”" in client.get("/runs").text


def test_adding_can_be_undone(get_in, office_of_two, fresh_database):
    client = get_in("coordinator")
    add(client, campaign=office_of_two.code)
    made = rows(fresh_database, Activity)[-1]
    address = f"/a/{made.id}/cancel"
    assert client.post(address, data=form_of(client.get("/runs").text, address)).status_code == 303
    assert rows(fresh_database, Activity)[-1].status is ActivityStatus.CANCELLED


def test_a_day_that_is_free_is_said(get_in, office_of_two):
    client = get_in("coordinator")
    add(client, campaign=office_of_two.code, day="2026-09-25")
    assert "这天放假。" in client.get("/runs").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"day": "2026-02-30", "name": "座谈", "unit_code": "BJ"}, "2026-02-30"),
        ({"name": "", "unit_code": "BJ"}, 'id="name-note"'),
        (
            {"name": "座谈", "unit_code": "BJ", "starts_at": "10:00", "ends_at": "9:00"},
            "结束时间要晚于开始时间",
        ),
        ({"name": "座谈", "unit_code": "BJ", "ends_at": "9:00"}, 'id="starts_at-note" class="note fault"'),
        ({"name": "座谈", "unit_code": "BJ", "needed": "-1"}, 'id="needed-note" class="note fault"'),
        ({"name": "座谈", "unit_code": "BJ", "kind": "nonsense"}, 'id="kind-note"'),
        ({"campaign": "NOPE"}, "NOPE"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_kept(get_in, office_of_two, fresh_database, typed, said):
    client = get_in("coordinator")
    before = len(rows(fresh_database, Campaign))
    answer = add(client, place="老年大学三楼", **typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="老年大学三楼"' in answer.text
    assert (len(rows(fresh_database, Campaign)), rows(fresh_database, Activity)) == (before, [])


def test_only_who_may_plan_there_adds(get_in, office_of_two, fresh_database):
    client = get_in("recorder")
    assert client.get("/activities/new").status_code == 403
    assert add(client, name="座谈", unit_code="BJ").status_code == 403
    client = get_in("coordinator", unit="X01")
    assert add(client, name="座谈", unit_code="BJ").status_code in (403, 422)
    assert add(client, campaign=office_of_two.code).status_code in (403, 422)
    assert rows(fresh_database, Activity) == []
