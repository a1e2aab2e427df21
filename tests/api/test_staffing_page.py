"""Staffing an activity on a page: who is proposed and why, answers, somebody in another's place, undo."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from models import Assignment, Person, Place
from models.database import reading, transaction
from models.enums import AssignmentState
from tests.outreach.county import County
from tests.outreach.test_agenda import an_activity

DAY = date(2026, 9, 24)


@pytest.fixture
def day_out(fresh_database):
    """An activity of next week with two places; a team of three who could come."""
    with transaction(fresh_database) as session:
        county = County(session)
        county.village = county.unit("X01", county.root)
        people = [county.person("volunteer") for _ in range(3)]
        team = county.team(*people)
        campaign = county.campaign(f"DATES:{DAY}", team_id=team.id)
        session.add(Place(campaign_id=campaign.id, needed=2))
        county.number = an_activity(county, campaign, DAY).id
        county.codes, county.names = [p.code for p in people], [p.name for p in people]
    return county


def states(engine, number):
    with reading(engine) as session:
        rows = session.execute(
            select(Person.code, Assignment.state)
            .join(Assignment, Assignment.person_id == Person.id)
            .where(Assignment.activity_id == number)
        )
        return dict(rows.all())


def press(client, page, words, person):
    """Send the form of the button that is called so."""
    forms = re.findall(r"<form method=\"post\" action=\"([^\"]+)\">(.*?)</form>", page, re.DOTALL)
    for action, inside in forms:
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', inside))
        if words in inside and fields.get("person") == person:
            return client.post(action, data=fields)
    raise AssertionError(f"no button {words} for {person}")


def look(client, county, query=""):
    return client.get(f"/a/{county.number}/people{query}").text


def test_open_places_show_candidates_with_reasons_and_one_press_fills_one(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    page = look(client, day_out)
    assert page.count("空缺") == 2
    ranked = page[page.index("ranked") :]
    assert all(name in ranked for name in day_out.names)
    assert "本队" in ranked
    first = day_out.codes[0]
    answer = press(client, page, "安排", first)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/a/{day_out.number}/people")
    assert states(fresh_database, day_out.number) == {first: AssignmentState.PROPOSED}
    after = look(client, day_out)
    assert f"已安排 {day_out.names[0]}，等本人确认。" in after
    assert after.count("空缺") == 1


def test_what_was_just_done_can_be_undone(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    code = day_out.codes[0]
    press(client, look(client, day_out), "安排", code)
    assert press(client, look(client, day_out), "撤销", code).status_code == 303
    assert states(fresh_database, day_out.number)[code] is AssignmentState.WITHDRAWN


def test_who_declines_is_followed_by_the_next_best_who_is_named(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    one, other, third = day_out.codes
    for code in (one, other):
        press(client, look(client, day_out), "安排", code)
    press(client, look(client, day_out), "确认", one)
    press(client, look(client, day_out), "去不了", other)
    assert states(fresh_database, day_out.number) == {
        one: AssignmentState.CONFIRMED,
        other: AssignmentState.DECLINED,
        third: AssignmentState.PROPOSED,
    }
    assert f"接着推荐了 {day_out.names[2]}" in look(client, day_out)


def test_somebody_goes_in_the_place_of_another(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    one, other, _ = day_out.codes
    press(client, look(client, day_out), "安排", one)
    page = look(client, day_out, f"?instead_of={one}")
    assert f"替换 {day_out.names[0]} 的人选" in page
    press(client, page, "安排", other)
    told = states(fresh_database, day_out.number)
    assert (told[one], told[other]) == (AssignmentState.WITHDRAWN, AssignmentState.PROPOSED)


def test_who_was_not_first_sees_how_it_stands_now(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    page = look(client, day_out)
    press(client, page, "安排", day_out.codes[0])
    answer = press(client, page, "安排", day_out.codes[1])
    assert answer.status_code == 412
    assert "别人刚改过这场活动" in answer.text
    assert set(states(fresh_database, day_out.number)) == {day_out.codes[0]}


def test_a_recorder_notes_answers_and_asks_nobody(get_in, day_out, fresh_database):
    coordinator = get_in("coordinator")
    press(coordinator, look(coordinator, day_out), "安排", day_out.codes[0])
    recorder = get_in("recorder")
    page = look(recorder, day_out)
    assert "人选" not in page
    assert press(recorder, page, "确认", day_out.codes[0]).status_code == 303
    refused = recorder.post(f"/a/{day_out.number}/people", data={"do": "assign", "person": day_out.codes[1]})
    assert refused.status_code == 403
    assert states(fresh_database, day_out.number) == {day_out.codes[0]: AssignmentState.CONFIRMED}


def test_a_viewer_only_looks_and_another_unit_finds_nothing(get_in, day_out):
    assert '<form method="post" action="/a/' not in look(get_in("viewer"), day_out)
    assert get_in("coordinator", unit="X01").get(f"/a/{day_out.number}/people").status_code == 404


def test_nonsense_changes_nothing(get_in, day_out, fresh_database):
    client = get_in("coordinator")
    address = f"/a/{day_out.number}/people"
    assert client.post(address, data={"do": "conjure", "person": day_out.codes[0]}).status_code == 404
    assert client.post(address, data={"do": "assign", "person": "nobody"}).status_code == 409
    assert client.post(address, data={"do": "assign"}).status_code == 422
    assert states(fresh_database, day_out.number) == {}
