"""What was typed into a form whose session had ended waits behind signing in, for a press of whoever signed in."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from api.security import SESSION_COOKIE
from models import Team
from models.database import reading, transaction
from tests.api.conftest import PASSWORD
from tests.outreach.county import County

SUGGESTION = "路灯坏了，<b>晚上</b>看不见"
TYPED = {"name": "送学队", "unit": "BJ", "note": SUGGESTION}
ACCOUNT = {"name": "coordinator-None", "password": PASSWORD}


@pytest.fixture
def planner(get_in, fresh_database):
    """Somebody who had signed in, whose session is over."""
    with transaction(fresh_database) as session:
        County(session)
    client = get_in("coordinator")
    client.cookies.delete(SESSION_COOKIE)
    return client


def hidden(html):
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in fields}


def teams(engine):
    with reading(engine) as session:
        return session.scalars(select(Team.name)).all()


def test_what_was_typed_goes_along_and_one_press_sends_it(planner, fresh_database):
    asked = planner.post("/teams/new?unit=BJ", data=TYPED)
    assert asked.status_code == 401
    assert "还在" in asked.text
    wrong = planner.post("/login", data={**hidden(asked.text), **ACCOUNT, "password": "错的错的错的错"})
    assert wrong.status_code == 401
    waiting = planner.post("/login", data={**hidden(wrong.text), **ACCOUNT})
    assert waiting.status_code == 200
    assert "还没有提交" in waiting.text
    assert "coordinator-None" in waiting.text
    assert '<form method="post" action="/teams/new?unit=BJ">' in waiting.text
    assert hidden(waiting.text) == TYPED
    assert "<b>" not in waiting.text.partition("<main")[2]
    assert teams(fresh_database) == []
    assert planner.post("/teams/new?unit=BJ", data=hidden(waiting.text)).status_code == 303
    assert teams(fresh_database) == ["送学队"]


def test_somebody_else_who_signs_in_presses_with_rights_of_their_own(planner, get_in, fresh_database):
    asked = planner.post("/teams/new", data=TYPED)
    viewer = get_in("viewer")
    viewer.cookies.delete(SESSION_COOKIE)
    account = {"name": "viewer-None", "password": PASSWORD}
    waiting = viewer.post("/login", data={**hidden(asked.text), **account})
    assert "viewer-None" in waiting.text
    assert viewer.post("/teams/new", data=hidden(waiting.text)).status_code == 403
    assert teams(fresh_database) == []


def test_passwords_and_what_nobody_types_do_not_go_along(planner):
    secret = planner.post(
        "/account/password", data={"old": PASSWORD, "password": "x" * 12, "again": "x" * 12}
    )
    large = planner.post("/teams/new", data={"name": "长" * 300_000})
    many = planner.post("/teams/new", data={f"f{number}": "1" for number in range(801)})
    files = planner.post("/teams/new", files={"name": ("a.txt", b"x")})
    script = planner.post("/teams/new", data=TYPED, headers={"Sec-Fetch-Mode": "cors"})
    foreign = planner.post("/teams/new", data=TYPED, headers={"Origin": "https://evil.example"})
    for answer in (secret, large, many, files, script, foreign):
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_a_form_goes_to_our_own_pages_alone(planner):
    for address in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        carried = {**ACCOUNT, "kept_for": address, "kept.name": "x"}
        answer = planner.post("/login", data=carried)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
