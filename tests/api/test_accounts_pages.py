"""Accounts on pages: made with a link shown once, changed with a way back, and one's own."""

import re

import pytest

from models.database import reading, transaction
from models.enums import AccountRole, TokenKind
from outreach import accounts
from outreach.errors import NotSignedIn
from outreach.permissions import CONSOLE, Right
from tests.api.conftest import HTML, PASSWORD
from tests.outreach.county import County

NEW_PASSWORD = "新的密码 一句话"


@pytest.fixture
def county(fresh_database):
    with transaction(fresh_database) as session:
        made = County(session)
        made.person("staff", code="V1", email="v1@example.org")


@pytest.fixture
def boss(get_in, county):
    return get_in("administrator")


def make(boss, **fields):
    typed = {"name": "周敏", "role.0": "coordinator", "unit.0": "BJ", "person": "V1", **fields}
    return boss.post("/settings/accounts/new", data=typed)


def id_of(fresh_database, name):
    with reading(fresh_database) as session:
        return accounts.account_of_name(session, name).id


def secret_of(answer):
    return re.search(r'<code id="secret">([^<]+)</code>', answer.text)[1]


def test_a_new_account_gets_a_link_that_is_shown_once_and_lets_in(boss, fresh_database, now):
    answer = make(boss)
    assert answer.status_code == 200
    link = secret_of(answer)
    assert link.startswith("http://testserver/welcome/")
    with reading(fresh_database) as session:
        assert accounts.invited(session, link.rpartition("/")[2], now=now).name == "周敏"
    account_id = id_of(fresh_database, "周敏")
    html = boss.get(f"/settings/accounts/{account_id}").text
    assert link not in html
    assert "等本人第一次登录" in html
    listed = boss.get("/settings/accounts").text
    assert "联络员·BJ" in listed
    assert "何V1" in listed


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": ""}, "name"),
        ({"name": "administrator-None"}, "name"),
        ({"person": "nobody"}, "person"),
        ({"role.0": ""}, "role.0"),
        ({"role.0": "king"}, "role.0"),
        ({"unit.0": "nowhere"}, "unit.0"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_said_at_its_field(boss, fields, where):
    answer = make(boss, **fields)
    assert answer.status_code == 422
    assert f'<a href="#{where}">' in answer.text
    assert "welcome/" not in answer.text


@pytest.mark.parametrize(
    "name", ["周 敏", "周\u3000敏", "a/b", "周敏\u200b", "<b>", "周敏。", "a,b", "周敏☺"]
)
def test_a_name_that_cannot_be_typed_again_is_none_of_a_new_account(boss, name):
    answer = make(boss, name=name)
    assert answer.status_code == 422
    assert re.search(r'id="name-note" class="note fault">[^<]*只用文字、数字和 . _ - @', answer.text)


@pytest.mark.parametrize("name", ["周敏", "zhou.min_2-x@example.org", "Zoë", "प्रिया", "Айгүл"])
def test_names_of_any_script_are_taken(boss, name):
    assert make(boss, name=name).status_code == 200


def test_rights_are_several_and_can_be_undone_and_are_not_overwritten(boss, fresh_database):
    make(boss)
    account_id = id_of(fresh_database, "周敏")
    address = f"/settings/accounts/{account_id}"
    version = re.search(r'name="version" value="(\d+)"', boss.get(address).text)[1]
    both = {"role.0": "coordinator", "unit.0": "BJ", "role.1": "viewer", "unit.1": "", "version": version}
    saved = boss.post(f"{address}/rights", data=both)
    assert saved.status_code == 303
    html = boss.get(address).text
    assert "联络员·BJ、只读·不限单位" in html
    second = boss.post(f"{address}/rights", data={**both, "role.1": "recorder"})
    assert second.status_code == 412
    assert 'value="recorder" selected' in second.text
    line = html.partition('class="status-line"')[2]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', line))
    assert boss.post(f"{address}/rights", data=fields).status_code == 303
    with reading(fresh_database) as session:
        assert accounts.rights_of(session, account_id) == (Right(AccountRole.COORDINATOR, 1),)


def test_the_last_administrator_stays(boss, fresh_database):
    own = id_of(fresh_database, "administrator-None")
    for path, data in (("rights", {"role.0": "viewer"}), ("rights", {}), ("close", {})):
        answer = boss.post(f"/settings/accounts/{own}/{path}", data=data)
        assert answer.status_code in (409, 422), path
        assert "最后一位不限单位的管理员" in answer.text
    assert boss.get("/settings/accounts").status_code == 200


def test_closing_ends_everything_and_is_undone(boss, fresh_database, now):
    make(boss)
    account_id = id_of(fresh_database, "周敏")
    with transaction(fresh_database) as session:
        secret = accounts.open_session(session, account_id, now=now)
    boss.post(f"/settings/accounts/{account_id}/close")
    with reading(fresh_database) as session, pytest.raises(NotSignedIn):
        accounts.known_by(session, secret, TokenKind.SESSION, now=now)
    assert "已停用" in boss.get(f"/settings/accounts/{account_id}").text
    assert boss.post(f"/settings/accounts/{account_id}/open").status_code == 303
    assert "重新启用" not in boss.get(f"/settings/accounts/{account_id}").text


def test_a_reset_gives_a_new_link_and_signs_out(boss, fresh_database, now):
    make(boss)
    account_id = id_of(fresh_database, "周敏")
    link = secret_of(boss.post(f"/settings/accounts/{account_id}/reset")).rpartition("/")[2]
    with reading(fresh_database) as session:
        assert accounts.invited(session, link, now=now).id == account_id


def test_tokens_are_issued_shown_once_and_revoked(boss, fresh_database, now):
    make(boss)
    account_id = id_of(fresh_database, "周敏")
    address = f"/settings/accounts/{account_id}"
    assert boss.post(f"{address}/tokens", data={}).status_code == 422
    token = secret_of(boss.post(f"{address}/tokens", data={"role.t": "viewer", "unit.t": "BJ"}))
    with reading(fresh_database) as session:
        actor = accounts.known_by(session, token, TokenKind.API, now=now).actor
        assert actor.rights == (Right(AccountRole.VIEWER, 1),)
    html = boss.get(address).text
    assert token not in html
    revoke = re.search(r'action="([^"]+/revoke)"', html)[1]
    own = id_of(fresh_database, "administrator-None")
    foreign = revoke.replace(f"/{account_id}/", f"/{own}/")
    assert boss.post(foreign).status_code == 404
    assert boss.post(revoke).status_code == 303
    with reading(fresh_database) as session, pytest.raises(NotSignedIn):
        accounts.known_by(session, token, TokenKind.API, now=now)


def test_an_account_is_linked_to_a_person_and_let_go(boss, fresh_database):
    make(boss, person="")
    address = f"/settings/accounts/{id_of(fresh_database, '周敏')}"
    assert boss.post(f"{address}/person", data={"person": "V1"}).status_code == 303
    assert "何V1" in boss.get(address).text
    wrong = boss.post(f"{address}/person", data={"person": "V9"})
    assert wrong.status_code == 422
    assert 'value="V9"' in wrong.text
    assert boss.post(f"{address}/person", data={"person": ""}).status_code == 303
    assert "何V1" not in boss.get("/settings/accounts").text


def test_nobody_else_reads_or_changes_accounts(boss, get_in, fresh_database):
    own = id_of(fresh_database, "administrator-None")
    for role, unit in (("administrator", "BJ"), ("coordinator", None), ("viewer", None)):
        client = get_in(role, unit=unit)
        for path in ("", "/new", f"/{own}"):
            assert client.get(f"/settings/accounts{path}").status_code == 403, (role, path)
        for path in ("new", *(f"{own}/{deed}" for deed in _DEEDS)):
            assert client.post(f"/settings/accounts/{path}", data={}).status_code == 403, (role, path)


_DEEDS = ("rights", "person", "reset", "sign-out", "close", "open", "tokens", "tokens/1/revoke")


def test_an_account_that_is_none_is_not_found(boss):
    for path in ("", *(f"/{deed}" for deed in _DEEDS)):
        ask = boss.post if path else boss.get
        assert ask(f"/settings/accounts/999{path}").status_code == 404, path


def test_the_list_takes_as_many_statements_for_thirty_as_for_one(boss, counted, fresh_database, now):
    few = counted(lambda: boss.get("/settings/accounts"))
    with transaction(fresh_database) as session:
        for number in range(30):
            accounts.make_account(
                session, f"n{number}", role=AccountRole.VIEWER, unit_code="BJ", by=CONSOLE, now=now
            )
    assert counted(lambda: boss.get("/settings/accounts")) == few <= 15
    assert boss.get("/settings/accounts").text.count("/settings/accounts/") > 30


# --- one's own --------------------------------------------------------------------------------------------------------


def test_ones_own_password_wants_the_old_one(boss):
    sound = {"old": PASSWORD, "password": NEW_PASSWORD, "again": NEW_PASSWORD}
    for wrong, field in (
        ({"old": "falsch"}, "old"),
        ({"again": "x"}, "again"),
        ({"password": "k", "again": "k"}, "password"),
    ):
        answer = boss.post("/account/password", data={**sound, **wrong})
        assert answer.status_code == 422
        assert f'<a href="#{field}">' in answer.text
        assert NEW_PASSWORD not in answer.text
    assert boss.post("/account/password", data=sound).status_code == 303
    assert boss.get("/account").status_code == 200
    boss.post("/sign-out")
    typed = {"name": "administrator-None", "next": "/account"}
    assert boss.post("/login", data={**typed, "password": PASSWORD}).status_code == 401
    assert boss.post("/login", data={**typed, "password": NEW_PASSWORD}).status_code == 303


def test_one_sees_and_ends_where_one_is_signed_in(boss, fresh_database, now):
    own = id_of(fresh_database, "administrator-None")
    with transaction(fresh_database) as session:
        there = [accounts.open_session(session, own, now=now) for _ in range(3)]
    html = boss.get("/account").text
    assert html.count("就是这里") == 1
    one = re.search(r'action="(/account/sessions/\d+)"', html)[1]
    assert boss.post(one).status_code == 303
    assert boss.post(one).status_code == 404
    assert boss.post("/account/sessions").status_code == 303
    with reading(fresh_database) as session:
        for secret in there:
            with pytest.raises(NotSignedIn):
                accounts.known_by(session, secret, TokenKind.SESSION, now=now)
    assert boss.get("/account").text.count("就是这里") == 1


def test_pages_speak_the_language_that_was_chosen_for_this_browser(boss):
    assert boss.post("/account/language", data={"language": "en"}).status_code == 303
    assert '<html lang="en"' in boss.get("/account", headers=HTML).text
    boss.post("/account/language", data={"language": ""})
    assert '<html lang="zh-Hans"' in boss.get("/account", headers=HTML).text
