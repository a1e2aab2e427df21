"""Coming in by link, password, session and token."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import Account, AuditEntry, Token, Unit
from models.base import TokenId
from models.enums import AccountRole, TokenKind
from outreach import accounts
from outreach.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, Stale
from outreach.notices import coordinators_of
from outreach.permissions import CONSOLE, Actor, Right
from tests.outreach.county import County

DAY = timedelta(days=1)
GOOD = "菊花 like the autumn"


@pytest.fixture
def first(session, now):
    return accounts.first_administrator(session, now=now)


def test_the_first_administrator_may_do_everything_by_the_token(session, first, now):
    signed_in = accounts.known_by(session, first.token, TokenKind.API, now=now)
    assert signed_in.actor.name == "admin"
    assert signed_in.actor.rights == (Right(AccountRole.ADMINISTRATOR),)


def test_a_database_has_one_first_administrator(session, first, now):
    with pytest.raises(Conflict):
        accounts.first_administrator(session, now=now)


def test_no_secret_is_kept(session, first, now):
    secret = accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    kept = "".join(
        str(column)
        for table in (Token, Account, AuditEntry)
        for row in session.scalars(select(table))
        for column in vars(row).values()
    )
    for word in (first.token, first.sign_in, secret, GOOD):
        assert word not in kept


def test_looking_at_a_link_uses_nothing_up_and_accepting_it_does(session, first, now):
    assert accounts.invited(session, first.sign_in, now=now).name == "admin"
    assert accounts.invited(session, first.sign_in, now=now).name == "admin"
    accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    with pytest.raises(NotSignedIn):
        accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)


def test_a_link_holds_for_24_hours(session, first, now):
    accounts.invited(session, first.sign_in, now=now + DAY - timedelta(seconds=1))
    with pytest.raises(NotSignedIn):
        accounts.invited(session, first.sign_in, now=now + DAY)


def test_name_and_password_come_from_the_link_and_let_one_in(session, first, now):
    accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    account_id = accounts.account_by_password(session, "王芳", GOOD)
    secret = accounts.open_session(session, account_id, now=now)
    assert accounts.known_by(session, secret, TokenKind.SESSION, now=now).actor.name == "王芳"


@pytest.mark.parametrize(
    ("name", "password"),
    [("王芳", "wrong"), ("admin", GOOD), ("nobody", GOOD), ("\0", GOOD), ("王芳", "x" * 99_999)],
)
def test_a_wrong_name_or_password_lets_nobody_in(session, first, now, name, password):
    accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    with pytest.raises(NotSignedIn):
        accounts.account_by_password(session, name, password)


def test_a_password_too_short_or_a_name_that_is_taken_is_refused_and_the_link_stays(session, first, now):
    accounts.make_account(session, "李伟", role=AccountRole.VIEWER, by=CONSOLE, now=now)
    for name, password in (
        ("王芳", "short"),
        ("王芳", "x" * 257),
        ("李伟", GOOD),
        ("", GOOD),
        ("a\nb", GOOD),
    ):
        with pytest.raises(Invalid):
            accounts.accept(session, first.sign_in, name=name, password=password, now=now)
    assert accounts.invited(session, first.sign_in, now=now)


def test_a_session_ends_after_30_days_without_use_and_lasts_with_it(session, first, now):
    secret = accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    later = now + 29 * DAY
    accounts.saw(
        session, accounts.known_by(session, secret, TokenKind.SESSION, now=later).token_id, now=later
    )
    session.expire_all()
    assert accounts.known_by(session, secret, TokenKind.SESSION, now=now + 58 * DAY)
    with pytest.raises(NotSignedIn):
        accounts.known_by(session, secret, TokenKind.SESSION, now=now + 59 * DAY)


def test_the_last_use_is_noted_at_most_once_a_minute(session, first, now):
    token_id = accounts.known_by(session, first.token, TokenKind.API, now=now).token_id
    accounts.saw(session, token_id, now=now)
    session.expire_all()
    soon, later = now + timedelta(seconds=59), now + timedelta(seconds=60)
    assert not accounts.known_by(session, first.token, TokenKind.API, now=soon).is_due
    assert accounts.known_by(session, first.token, TokenKind.API, now=later).is_due


def test_signing_out_ends_the_session_alone(session, first, now):
    secret = accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    accounts.sign_out(session, secret, now=now)
    session.expire_all()
    with pytest.raises(NotSignedIn):
        accounts.known_by(session, secret, TokenKind.SESSION, now=now)
    assert accounts.known_by(session, first.token, TokenKind.API, now=now)


def test_a_session_is_no_token_and_a_token_no_session(session, first, now):
    secret = accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    for wrong, kind in ((secret, TokenKind.API), (first.token, TokenKind.SESSION), ("\ud800", TokenKind.API)):
        with pytest.raises(NotSignedIn):
            accounts.known_by(session, wrong, kind, now=now)


def test_a_reset_takes_password_and_sessions_back_and_leaves_tokens(session, first, now):
    secret = accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    link = accounts.reset(session, "王芳", by=CONSOLE, now=now)
    session.expire_all()
    with pytest.raises(NotSignedIn):
        accounts.known_by(session, secret, TokenKind.SESSION, now=now)
    with pytest.raises(NotSignedIn):
        accounts.account_by_password(session, "王芳", GOOD)
    assert accounts.known_by(session, first.token, TokenKind.API, now=now)
    assert accounts.accept(session, link, name="王芳", password=GOOD + "!", now=now)


def test_a_token_has_the_role_and_unit_it_was_made_with_whatever_its_account_may(session, first, now):
    session.add(Unit(code="Z01", name="乡"))
    session.flush()
    token = accounts.make_token(
        session, "admin", role=AccountRole.RECORDER, unit_code="Z01", by=CONSOLE, now=now
    )
    (right,) = accounts.known_by(session, token, TokenKind.API, now=now).actor.rights
    assert right.role is AccountRole.RECORDER
    assert right.unit_id is not None


def test_a_token_makes_the_account_that_is_not_there(session, now):
    accounts.make_token(session, "程序", role=AccountRole.VIEWER, by=CONSOLE, now=now)
    accounts.make_token(session, "程序", role=AccountRole.COORDINATOR, by=CONSOLE, now=now)
    assert [account.name for account in accounts.accounts(session)] == ["程序"]
    with pytest.raises(NotFound):
        accounts.make_token(session, "x", role=AccountRole.VIEWER, unit_code="nowhere", by=CONSOLE, now=now)


def test_a_closed_account_lets_nobody_in_by_any_way(session, first, now):
    secret = accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    accounts.make_account(session, "李", role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=now)
    accounts.close_account(session, "王芳", by=CONSOLE, now=now)
    session.expire_all()
    for word, kind in ((secret, TokenKind.SESSION), (first.token, TokenKind.API)):
        with pytest.raises(NotSignedIn):
            accounts.known_by(session, word, kind, now=now)
    with pytest.raises(NotSignedIn):
        accounts.account_by_password(session, "王芳", GOOD)
    with pytest.raises(Conflict):
        accounts.make_token(session, "王芳", role=AccountRole.VIEWER, by=CONSOLE, now=now)


def test_rights_are_replaced_as_a_whole(session, first, now):
    accounts.make_account(session, "李", role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=now)
    accounts.set_rights(session, "admin", [Right(AccountRole.VIEWER)], by=CONSOLE, now=now)
    account, _ = accounts.accounts(session)
    assert account.rights == ((AccountRole.VIEWER, None),)


def test_the_last_administrator_of_everything_cannot_be_taken_away(session, first, now):
    unit = County(session).root
    accounts.make_account(
        session, "部分", role=AccountRole.ADMINISTRATOR, unit_code=unit.code, by=CONSOLE, now=now
    )
    for rights in ([], [Right(AccountRole.VIEWER)], [Right(AccountRole.ADMINISTRATOR, unit.id)]):
        with pytest.raises(Conflict, match="last_administrator"), session.begin_nested():
            accounts.set_rights(session, "admin", rights, by=CONSOLE, now=now)
    with pytest.raises(Conflict, match="last_administrator"), session.begin_nested():
        accounts.close_account(session, "admin", by=CONSOLE, now=now)
    accounts.make_account(session, "李", role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=now)
    accounts.close_account(session, "admin", by=CONSOLE, now=now)
    with pytest.raises(Conflict, match="last_administrator"), session.begin_nested():
        accounts.close_account(session, "李", by=CONSOLE, now=now)


def test_only_administrators_of_everything_change_accounts(session, first, now):
    unit = County(session).root
    for rights in ((), (Right(AccountRole.COORDINATOR),), (Right(AccountRole.ADMINISTRATOR, unit.id),)):
        other = Actor("其他", rights=rights)
        for deed in (
            lambda by: accounts.make_account(session, "新", role=AccountRole.VIEWER, by=by, now=now),
            lambda by: accounts.reset(session, "admin", by=by, now=now),
            lambda by: accounts.make_token(session, "admin", role=AccountRole.VIEWER, by=by, now=now),
            lambda by: accounts.set_rights(session, "admin", [], by=by, now=now),
            lambda by: accounts.give_to_person(session, "admin", None, by=by, now=now),
            lambda by: accounts.close_account(session, "admin", by=by, now=now),
            lambda by: accounts.open_account(session, "admin", by=by, now=now),
            lambda by: accounts.end_sessions(session, "admin", by=by, now=now),
            lambda by: accounts.revoke_tokens(session, "admin", by=by, now=now),
            lambda by: accounts.revoke_token(session, TokenId(1), by=by, now=now),
        ):
            with pytest.raises(Forbidden):
                deed(other)


def test_rights_that_somebody_else_changed_meanwhile_are_not_overwritten(session, first, now):
    seen = accounts.version_of_rights([Right(AccountRole.ADMINISTRATOR)])
    accounts.make_account(session, "李", role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=now)
    accounts.set_rights(session, "李", [Right(AccountRole.VIEWER)], by=CONSOLE, now=now, version=seen)
    with pytest.raises(Stale):
        accounts.set_rights(session, "李", [Right(AccountRole.RECORDER)], by=CONSOLE, now=now, version=seen)


def test_ones_own_password_is_changed_and_other_places_are_signed_out(session, first, now):
    here = accounts.accept(session, first.sign_in, name="王芳", password=GOOD, now=now)
    me = accounts.known_by(session, here, TokenKind.SESSION, now=now).actor
    there = accounts.open_session(session, me.account_id, now=now)
    accounts.set_own_password(session, me, "另一个密码 2026", now=now, but=here)
    accounts.account_by_password(session, "王芳", "另一个密码 2026")
    accounts.known_by(session, here, TokenKind.SESSION, now=now)
    with pytest.raises(NotSignedIn):
        accounts.known_by(session, there, TokenKind.SESSION, now=now)
    with pytest.raises(NotSignedIn):
        accounts.account_by_password(session, "王芳", GOOD)
    with pytest.raises(Invalid):
        accounts.set_own_password(session, me, "short", now=now, but=here)


def test_an_account_belongs_to_somebody_until_it_is_taken_from_them(session, now):
    county = County(session)
    he = county.person("staff", code="V001")
    accounts.make_account(
        session, "wang", role=AccountRole.COORDINATOR, person_code="V001", by=CONSOLE, now=now
    )
    assert [account.person_code for account in accounts.accounts(session)] == ["V001"]
    assert coordinators_of(session, [county.root.id], on=now.date()) == {county.root.id: [he.id]}
    accounts.give_to_person(session, "wang", None, by=CONSOLE, now=now)
    assert [account.person_code for account in accounts.accounts(session)] == [None]
    with pytest.raises(NotFound):
        accounts.give_to_person(session, "wang", "nobody", by=CONSOLE, now=now)
