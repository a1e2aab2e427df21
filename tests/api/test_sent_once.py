"""A form that is sent twice is done once."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from api.pages.sent_once import with_keys
from models import SentForm, Team
from models.database import reading, transaction
from tests.outreach.county import County


@pytest.fixture
def boss(get_in, fresh_database):
    with transaction(fresh_database) as session:
        County(session).person("volunteer", code="V1")
    return get_in("administrator")


def key_on(page):
    form = page.partition('action="/teams/new"')[2]
    return re.search(r'<input type="hidden" name="form_key" value="([^"]+)"></form>', form)[1]


def new_team(client, **typed):
    page = client.get("/teams/new").text
    return {"name": "送学队", "unit": "BJ", **typed, "form_key": key_on(page)}


def teams(engine):
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(Team))


def test_the_second_sending_is_answered_as_the_first_and_makes_nothing(boss, fresh_database):
    before, form = teams(fresh_database), new_team(boss)
    first = boss.post("/teams/new", data=form)
    assert first.status_code == 303
    said = boss.get(first.headers["location"]).text.partition('class="status-line"')[2]
    second = boss.post("/teams/new", data=form)
    assert (second.status_code, second.headers["location"]) == (303, first.headers["location"])
    assert second.headers["set-cookie"] == first.headers["set-cookie"]
    assert said
    assert teams(fresh_database) == before + 1


def test_two_at_once_make_one(boss, fresh_database):
    before, form = teams(fresh_database), new_team(boss)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: boss.post("/teams/new", data=form), range(4)))
    assert {each.status_code for each in answers} == {303}
    assert len({each.headers["location"] for each in answers}) == 1
    assert teams(fresh_database) == before + 1


def test_a_form_opened_anew_or_typed_otherwise_is_another(boss, fresh_database):
    before, form = teams(fresh_database), new_team(boss)
    for sent in (form, {**form, "name": "送医队"}, new_team(boss), {**form, "form_key": ""}):
        assert boss.post("/teams/new", data=sent).status_code == 303
    assert teams(fresh_database) == before + 4


def test_what_was_refused_may_be_sent_again(boss, fresh_database):
    before, form = teams(fresh_database), new_team(boss, name="")
    for _ in range(2):
        assert boss.post("/teams/new", data=form).status_code == 422
    assert boss.post("/teams/new", data={**form, "name": "送学队"}).status_code == 303
    assert teams(fresh_database) == before + 1


def test_the_answer_is_for_who_sent_the_form_alone(get_in, boss, fresh_database):
    before, form = teams(fresh_database), new_team(boss)
    assert boss.post("/teams/new", data=form).status_code == 303
    viewer = get_in("viewer")
    assert viewer.post("/teams/new", data=form).status_code == 403
    assert teams(fresh_database) == before + 1


def test_only_forms_that_do_something_get_a_key():
    asks = '<form action="/search"><input name="q">\n</form>'
    does = '<form class="a" action="/b" method="post" novalidate>\n<button>c</button></form>'
    keyed = with_keys(asks + does + asks)
    assert keyed.startswith(asks + does.removesuffix("</form>") + '<input type="hidden" name="form_key"')
    assert keyed.endswith('"></form>' + asks)
    assert keyed.count("form_key") == 1
    assert with_keys(does) != with_keys(does)


def test_a_deed_that_was_refused_on_the_next_page_may_be_tried_again(boss, fresh_database):
    undo = {"moved": "99999/", "form_key": "of one page"}
    for _ in range(2):
        assert boss.post("/teams/undo", data=undo).status_code == 303
    with reading(fresh_database) as session:
        assert session.scalar(select(func.count()).select_from(SentForm)) == 0
