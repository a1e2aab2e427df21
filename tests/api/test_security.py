"""The session's cookie, the origin of a change, and the wait after wrong passwords."""

from datetime import timedelta

import pytest
from starlette.responses import Response

from api.errors import TooManyTries
from api.security import SESSION_COOKIE, SignInThrottle, forget_session, set_session
from models.database import transaction
from models.enums import AccountRole
from outreach import accounts
from outreach.permissions import CONSOLE

UNITS = "/api/v1/units"


@pytest.fixture
def signed_in(nobody, fresh_database, now):
    """A browser with a session."""
    with transaction(fresh_database) as session:
        link = accounts.make_account(session, "王芳", role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=now)
        secret = accounts.accept(session, link, name="王芳", password="菊花 like the autumn", now=now)
    nobody.cookies.set(SESSION_COOKIE, secret)
    return nobody


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "http://testserver"}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_session_changes_nothing_for_another_site(signed_in, headers, status):
    assert signed_in.post(UNITS, json={"code": "BJ", "name": "局"}, headers=headers).status_code == status
    assert signed_in.get(UNITS, headers=headers).status_code == 200


def test_a_token_needs_no_origin(admin):
    headers = {"Origin": "http://elsewhere.example"}
    assert admin.post(UNITS, json={"code": "BJ", "name": "局"}, headers=headers).status_code == 201


def test_the_cookie_is_out_of_reach_of_scripts_and_foreign_forms_and_secure_over_https():
    for public_url, is_secure in (("http://127.0.0.1:8000", False), ("https://yinling.example.org", True)):
        answer = Response()
        set_session(answer, "secret", public_url=public_url)
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert ("secure" in cookie.split("; ")) is is_secure
    answer = Response()
    forget_session(answer)
    assert "max-age=0" in answer.headers["set-cookie"].lower()


def test_after_five_wrong_passwords_one_waits_and_longer_each_time(now):
    throttle = SignInThrottle()
    for _ in range(4):
        throttle.failed("王芳", now=now)
        throttle.check("王芳", now=now)
    waits = []
    for _ in range(8):
        throttle.failed(" 王芳", now=now)
        with pytest.raises(TooManyTries) as refused:
            throttle.check("王芳", now=now)
        waits.append(refused.value.seconds)
    assert waits[:3] == [30, 60, 120]
    assert max(waits) == waits[-1] == 900
    throttle.check("李伟", now=now)
    throttle.check("王芳", now=now + timedelta(seconds=900))


def test_a_right_password_and_an_hour_of_peace_both_forget_the_failures(now):
    throttle = SignInThrottle()
    for _ in range(5):
        throttle.failed("王芳", now=now)
        throttle.failed("李伟", now=now)
    throttle.succeeded("王芳")
    throttle.check("王芳", now=now)
    later = now + timedelta(hours=1, seconds=1)
    throttle.failed("李伟", now=later)
    throttle.check("李伟", now=later)


def test_names_without_end_take_no_room_without_end(now):
    throttle = SignInThrottle(names_kept=10)
    for number in range(1_000):
        throttle.failed(f"name {number}", now=now)
    assert len(throttle._by_name) == 10
