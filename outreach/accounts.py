"""Accounts: who may come in, by link, password, session or token.

Every secret is 32 random octets, shown once and kept as its SHA-256 alone. A link opens an account for
24 hours and once; a session ends after 30 days without use; an API token holds until it is revoked, with a role and
unit of its own.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Select, and_, delete, select, update
from sqlalchemy.orm import Session

from models import Account, Grant, Person, Token, Unit
from models.base import AccountId, PersonId, TokenId, UnitId
from models.database import hold
from models.enums import AccountRole, AuditAction, TokenKind, Via
from outreach import fields
from outreach.audit import note
from outreach.errors import Conflict, NotFound, NotSignedIn, invalid
from outreach.people import codes_of
from outreach.permissions import CONSOLE, Actor, Deed, Right, expect_everywhere
from outreach.setting_versions import expect_version, version_of
from outreach.units import unit_of_code

FIRST_NAME: Final = "admin"
LINK_LASTS: Final = timedelta(hours=24)
SESSION_IDLES: Final = timedelta(days=30)
SEEN_EVERY: Final = timedelta(minutes=1)
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 256

_ADMINISTRATORS: Final = "administrators"
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """What `yinling init` prints: an API token, and the secret of a one-time sign-in link."""

    token: str
    sign_in: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody known by a session or token. `is_due` says that `saw` should note when it was last used."""

    actor: Actor
    token_id: TokenId
    is_due: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as the settings page lists it."""

    name: str
    is_active: bool
    has_password: bool
    rights: tuple[tuple[AccountRole, str | None], ...]
    """Each with the code of its unit, None for everywhere."""
    person_code: str | None = None
    """Whom it belongs to: where notices for coordinators go."""


# Making accounts and tokens


def first_administrator(session: Session, *, now: datetime) -> FirstAdministrator:
    """Make the first account of an empty database, with a right to everything; raises Conflict when there is any."""
    if has_accounts(session):
        raise Conflict("errors.already_set_up")
    link = make_account(session, FIRST_NAME, role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=now)
    token = make_token(session, FIRST_NAME, role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=now)
    return FirstAdministrator(token=token, sign_in=link)


def first_sign_in(session: Session, *, now: datetime) -> str | None:
    """A new one-time link for the first administrator as long as that account has no password, made when there is none.

    Links given out before and not used open nothing any more. Returns the link's secret, or None when an administrator
    of everything has a password already.
    """
    administrators = session.scalars(_administrators()).all()
    if any(account.password_hash is not None for account in administrators):
        return None
    if not administrators:
        return make_account(session, FIRST_NAME, role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=now)
    first = administrators[0]
    _revoke(session, first.id, (TokenKind.SIGN_IN,), now=now)
    return _issue(session, first.id, TokenKind.SIGN_IN, now=now, expires_at=now + LINK_LASTS)


def make_account(
    session: Session,
    name: str,
    *,
    role: AccountRole,
    unit_code: str | None = None,
    person_code: str | None = None,
    by: Actor,
    now: datetime,
) -> str:
    """Make an account with a right in a unit (everywhere without one) and return the secret of its sign-in link.

    `person_code`: whom it belongs to. Raises Forbidden, Conflict for a name that is taken, Invalid for one that cannot
    be, NotFound for an unknown unit or person.
    """
    expect_everywhere(by, Deed.ADMINISTER)
    account = _add_account(session, name, Right(role, _unit_id(session, unit_code)), by=by, now=now)
    if person_code is not None:
        give_to_person(session, name, person_code, by=by, now=now)
    return _issue(session, account.id, TokenKind.SIGN_IN, now=now, expires_at=now + LINK_LASTS)


def reset(session: Session, name: str, *, by: Actor, now: datetime) -> str:
    """Take back the password, sessions and links of an account and return the secret of a new link.

    Raises Forbidden, NotFound, and Conflict for an account that was closed.
    """
    expect_everywhere(by, Deed.ADMINISTER)
    account = account_of_name(session, name)
    if not account.active:
        raise Conflict("errors.account_closed", name=account.name)
    account.password_hash = None
    _revoke(session, account.id, (TokenKind.SESSION, TokenKind.SIGN_IN), now=now)
    note(session, by, AuditAction.CHANGED, "accounts", account.id, now=now, after={"reset": True})
    return _issue(session, account.id, TokenKind.SIGN_IN, now=now, expires_at=now + LINK_LASTS)


def make_token(
    session: Session,
    account_name: str,
    *,
    role: AccountRole,
    unit_code: str | None = None,
    by: Actor,
    now: datetime,
) -> str:
    """Make an API token with a role in a unit (everywhere without one), and the account when there is none.

    Returns the token. Raises NotFound for an unknown unit, Invalid for a name that cannot be, Conflict for an account
    that was closed, and Forbidden.
    """
    expect_everywhere(by, Deed.ADMINISTER)
    unit_id = _unit_id(session, unit_code)
    account = find_account(session, account_name)
    if account is None:
        account = _add_account(session, account_name, Right(role, unit_id), by=by, now=now)
    elif not account.active:
        raise Conflict("errors.account_closed", name=account.name)
    secret = _issue(session, account.id, TokenKind.API, now=now, role=role, unit_id=unit_id)
    after = {"account": account.name, "role": role.value, "unit": unit_code}
    note(session, by, AuditAction.CREATED, "tokens", _token_id(session, secret), now=now, after=after)
    return secret


def version_of_rights(rights: Iterable[Right]) -> int:
    """Whether an account's rights are still what somebody looked at."""
    return version_of(sorted([right.role.value, right.unit_id or 0] for right in rights))


def set_rights(
    session: Session,
    name: str,
    rights: Iterable[Right],
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> None:
    """Give an account these rights instead of those it had.

    Raises Forbidden, NotFound, Stale for a `version` that its rights no longer have, and Conflict when nobody would be
    left who administers everything.
    """
    expect_everywhere(by, Deed.ADMINISTER)
    hold(session, _ADMINISTRATORS)
    account = account_of_name(session, name)
    was_somebody, before = _has_administrator(session), rights_of(session, account.id)
    expect_version(version, version_of_rights(before))
    after = tuple(dict.fromkeys(rights))
    if before == after:
        return
    session.execute(delete(Grant).where(Grant.account_id == account.id))
    session.add_all(Grant(account_id=account.id, role=right.role, unit_id=right.unit_id) for right in after)
    session.flush()
    if was_somebody:
        _expect_an_administrator(session)
    _note_rights(session, account, before, after, by=by, now=now)


def give_to_person(session: Session, name: str, person_code: str | None, *, by: Actor, now: datetime) -> None:
    """Let an account belong to somebody, so that what its units' coordinators are told reaches them; None: to nobody.

    Raises Forbidden, and NotFound for an unknown account or person.
    """
    expect_everywhere(by, Deed.ADMINISTER)
    account = account_of_name(session, name)
    person_id = None if person_code is None else _person_id(session, person_code)
    before, account.person_id = account.person_id, person_id
    if before != person_id:
        note(
            session,
            by,
            AuditAction.CHANGED,
            "accounts",
            account.id,
            now=now,
            person_id=person_id,
            before={"person_id": before},
            after={"person_id": person_id},
        )
    session.flush()


def close_account(session: Session, name: str, *, by: Actor, now: datetime) -> None:
    """Let nobody in by this account any more, neither by password nor by any token.

    Raises Forbidden, NotFound, and Conflict for the last that administers everything.
    """
    expect_everywhere(by, Deed.ADMINISTER)
    hold(session, _ADMINISTRATORS)
    account, was_somebody = account_of_name(session, name), _has_administrator(session)
    account.active = False
    session.flush()
    if was_somebody:
        _expect_an_administrator(session)
    _revoke(session, account.id, tuple(TokenKind), now=now)
    note(session, by, AuditAction.CHANGED, "accounts", account.id, now=now, after={"active": False})


def open_account(session: Session, name: str, *, by: Actor, now: datetime) -> None:
    """Let a closed account's password count again; its tokens and sessions stay ended. Raises Forbidden, NotFound."""
    expect_everywhere(by, Deed.ADMINISTER)
    account = account_of_name(session, name)
    if not account.active:
        account.active = True
        note(session, by, AuditAction.CHANGED, "accounts", account.id, now=now, after={"active": True})
    session.flush()


def end_sessions(session: Session, name: str, *, by: Actor, now: datetime) -> int:
    """Sign an account out everywhere and say how often it was signed in; raises Forbidden, NotFound."""
    expect_everywhere(by, Deed.ADMINISTER)
    account = account_of_name(session, name)
    count = _revoke(session, account.id, (TokenKind.SESSION,), now=now)
    note(session, by, AuditAction.CHANGED, "accounts", account.id, now=now, after={"sessions_ended": count})
    return count


def end_own_sessions(
    session: Session, by: Actor, *, now: datetime, only: TokenId | None = None, but: str = ""
) -> int:
    """End one of one's own sessions, or all but the one with this secret; how many there were."""
    mine = (
        Token.account_id == by.account_id,
        Token.kind == TokenKind.SESSION,
        Token.revoked_at.is_(None),
        Token.id == only if only is not None else Token.token_hash != hashed(but),
    )
    ids = session.scalars(select(Token.id).where(*mine)).all()
    session.execute(update(Token).where(Token.id.in_(ids)).values(revoked_at=now))
    return len(ids)


def set_own_password(session: Session, by: Actor, password: str, *, now: datetime, but: str) -> None:
    """Give one's own account another password and end its other sessions; the old one was asked for before.

    Raises Invalid for one that cannot be, NotFound for who has no account.
    """
    account = None if by.account_id is None else session.get(Account, by.account_id)
    if account is None:
        raise NotFound
    account.password_hash = _hasher.hash(_password(password))
    end_own_sessions(session, by, now=now, but=but)
    note(session, by, AuditAction.CHANGED, "accounts", account.id, now=now, after={"password": True})
    session.flush()


def revoke_token(session: Session, token_id: TokenId, *, by: Actor, now: datetime) -> str:
    """Take back one API token and return its account's name; raises Forbidden, NotFound."""
    expect_everywhere(by, Deed.ADMINISTER)
    token = session.get(Token, token_id)
    if token is None or token.kind is not TokenKind.API or token.revoked_at is not None:
        raise NotFound
    token.revoked_at = now
    account = session.get_one(Account, token.account_id)
    note(session, by, AuditAction.REMOVED, "tokens", token.id, now=now, before={"account": account.name})
    session.flush()
    return account.name


def revoke_tokens(session: Session, name: str, *, by: Actor, now: datetime) -> int:
    """Take back all API tokens of an account and say how many there were; raises Forbidden, NotFound."""
    expect_everywhere(by, Deed.ADMINISTER)
    account = account_of_name(session, name)
    count = _revoke(session, account.id, (TokenKind.API,), now=now)
    note(session, by, AuditAction.CHANGED, "accounts", account.id, now=now, after={"tokens_revoked": count})
    return count


# Asking


def has_accounts(session: Session) -> bool:
    """Whether anybody can come in at all."""
    return session.scalar(select(Account.id).limit(1)) is not None


def find_account(session: Session, name: str) -> Account | None:
    """The account of this name."""
    if not name.isprintable() or len(name) > fields.LONGEST_CODE:
        return None
    return session.scalar(select(Account).where(Account.name == name))


def account_of_name(session: Session, name: str) -> Account:
    """The account of this name; raises NotFound."""
    account = find_account(session, name)
    if account is None:
        raise NotFound("errors.no_such_account", name=fields.shown(name))
    return account


def accounts(session: Session) -> Sequence[AccountView]:
    """All accounts by name."""
    found = session.scalars(select(Account).order_by(Account.name)).all()
    query = (
        select(Grant.account_id, Grant.role, Unit.code)
        .join(Unit, Unit.id == Grant.unit_id, isouter=True)
        .order_by(Grant.id)
    )
    rights: dict[AccountId, list[tuple[AccountRole, str | None]]] = {}
    for account_id, role, code in session.execute(query):
        rights.setdefault(account_id, []).append((role, code))
    codes = codes_of(session, [account.person_id for account in found])
    return [
        AccountView(
            name=account.name,
            is_active=account.active,
            has_password=account.password_hash is not None,
            rights=tuple(rights.get(account.id, ())),
            person_code=None if account.person_id is None else codes[account.person_id],
        )
        for account in found
    ]


def own_address(session: Session, actor: Actor) -> str | None:
    """Where somebody is written to: the mail address of the person whom the account belongs to."""
    return session.scalar(
        select(Person.email)
        .join(Account, Account.person_id == Person.id)
        .where(Account.id == actor.account_id, Person.email != "", Person.erased_at.is_(None))
    )


# Coming in


def invited(session: Session, link: str, *, now: datetime) -> Account:
    """The account that a sign-in link opens; looking uses nothing up. Raises NotSignedIn for a spent link."""
    token = _live_token(session, link, TokenKind.SIGN_IN, now=now)
    account = session.get_one(Account, token.account_id)
    if not account.active:
        raise NotSignedIn("errors.link_not_valid")
    return account


def accept(session: Session, link: str, *, name: str, password: str, now: datetime) -> str:
    """Use a link up: set the account's name and password, end its other sessions and links, and open a session.

    Returns the session's secret. Raises NotSignedIn for a spent link, Invalid for a name or password that cannot be.
    """
    account = invited(session, link, now=now)
    name = _name(name)
    taken = find_account(session, name)
    if taken is not None and taken.id != account.id:
        raise invalid("name", "errors.name_taken", name=name)
    account.password_hash = _hasher.hash(_password(password))
    account.name = name
    session.execute(update(Token).where(Token.token_hash == hashed(link)).values(used_at=now))
    _revoke(session, account.id, (TokenKind.SESSION, TokenKind.SIGN_IN), now=now)
    note(
        session,
        _actor(session, account),
        AuditAction.CHANGED,
        "accounts",
        account.id,
        now=now,
        after={"name": name},
    )
    return open_session(session, account.id, now=now)


def account_by_password(session: Session, name: str, password: str) -> AccountId:
    """The account of a name and its password; raises NotSignedIn.

    It takes its time, whether the name is known or not: ask it outside of a transaction that writes.
    """
    account = find_account(session, name.strip())
    kept = account.password_hash if account is not None and account.active else None
    matches = _matches(kept or _nobodys(), password[: LONGEST_PASSWORD + 1])
    if account is None or kept is None or not matches:
        raise NotSignedIn("errors.wrong_password")
    return account.id


def open_session(session: Session, account_id: AccountId, *, now: datetime) -> str:
    """Begin a session of a browser and return its secret."""
    return _issue(session, account_id, TokenKind.SESSION, now=now, last_seen_at=now)


def known_by(session: Session, secret: str, kind: TokenKind, *, now: datetime) -> SignedIn:
    """Who comes with this session or API token; raises NotSignedIn for anything else."""
    rows = session.execute(
        select(Token, Account, Grant.role, Grant.unit_id)
        .join(Account, Account.id == Token.account_id)
        .join(Grant, and_(Grant.account_id == Account.id, Token.kind != TokenKind.API), isouter=True)
        .where(Token.token_hash == hashed(secret), Token.kind == kind)
        .order_by(Grant.id)
    ).all()
    if not rows:
        raise NotSignedIn
    token, account, _, _ = rows[0]
    if not (account.active and _is_live(token, now)):
        raise NotSignedIn
    granted = tuple(Right(row.role, row.unit_id) for row in rows if row.role is not None)
    rights = granted if token.role is None else (Right(token.role, token.unit_id),)
    via = Via.API if token.kind is TokenKind.API else Via.PAGE
    actor = Actor(account.name, account.id, rights, via)
    return SignedIn(
        actor, token.id, is_due=token.last_seen_at is None or now - token.last_seen_at >= SEEN_EVERY
    )


def saw(session: Session, token_id: TokenId, *, now: datetime) -> None:
    """Note that a session or token was used, unless somebody noted it a moment ago."""
    session.execute(
        update(Token)
        .where(
            Token.id == token_id, (Token.last_seen_at.is_(None)) | (Token.last_seen_at <= now - SEEN_EVERY)
        )
        .values(last_seen_at=now)
    )


def sign_out(session: Session, secret: str, *, now: datetime) -> None:
    """End a session; one that has ended stays so."""
    session.execute(
        update(Token)
        .where(
            Token.token_hash == hashed(secret), Token.kind == TokenKind.SESSION, Token.revoked_at.is_(None)
        )
        .values(revoked_at=now)
    )


def hashed(secret: str) -> str:
    """What is kept of a secret. It is random enough that a plain hash gives nothing away."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _administrators() -> Select[Account]:
    """Those who administer everything, and may come in."""
    return (
        select(Account)
        .join(Grant, Grant.account_id == Account.id)
        .where(Account.active, Grant.role == AccountRole.ADMINISTRATOR, Grant.unit_id.is_(None))
        .order_by(Account.id)
    )


def _expect_an_administrator(session: Session) -> None:
    if not _has_administrator(session):
        raise Conflict("accounts.last_administrator")


def _has_administrator(session: Session) -> bool:
    return session.scalar(_administrators().limit(1)) is not None


def _add_account(session: Session, name: str, right: Right, *, by: Actor, now: datetime) -> Account:
    name = _name(name)
    if find_account(session, name) is not None:
        raise Conflict("errors.name_taken", name=name)
    account = Account(name=name, password_hash=None, active=True, created_at=now)
    session.add(account)
    session.flush()
    session.add(Grant(account_id=account.id, role=right.role, unit_id=right.unit_id))
    after = {"name": name, "role": right.role.value, "unit_id": right.unit_id}
    note(session, by, AuditAction.CREATED, "accounts", account.id, now=now, after=after)
    session.flush()
    return account


def _issue(
    session: Session,
    account_id: AccountId,
    kind: TokenKind,
    *,
    now: datetime,
    role: AccountRole | None = None,
    unit_id: UnitId | None = None,
    expires_at: datetime | None = None,
    last_seen_at: datetime | None = None,
) -> str:
    secret = secrets.token_urlsafe(32)
    session.add(
        Token(
            kind=kind,
            token_hash=hashed(secret),
            account_id=account_id,
            role=role,
            unit_id=unit_id,
            created_at=now,
            expires_at=expires_at,
            last_seen_at=last_seen_at,
        )
    )
    session.flush()
    return secret


def _live_token(session: Session, secret: str, kind: TokenKind, *, now: datetime) -> Token:
    token = session.scalar(select(Token).where(Token.token_hash == hashed(secret), Token.kind == kind))
    if token is None or not _is_live(token, now):
        raise NotSignedIn("errors.link_not_valid" if kind is TokenKind.SIGN_IN else None)
    return token


def _is_live(token: Token, now: datetime) -> bool:
    if token.revoked_at is not None or token.used_at is not None:
        return False
    if token.expires_at is not None and token.expires_at <= now:
        return False
    return (
        token.kind is not TokenKind.SESSION or now - (token.last_seen_at or token.created_at) < SESSION_IDLES
    )


def _revoke(session: Session, account_id: AccountId, kinds: Sequence[TokenKind], *, now: datetime) -> int:
    live = (Token.account_id == account_id, Token.kind.in_(kinds), Token.revoked_at.is_(None))
    ids = session.scalars(select(Token.id).where(*live)).all()
    session.execute(update(Token).where(*live).values(revoked_at=now))
    return len(ids)


def _token_id(session: Session, secret: str) -> TokenId:
    return session.scalars(select(Token.id).where(Token.token_hash == hashed(secret))).one()


def _unit_id(session: Session, code: str | None) -> UnitId | None:
    return None if code is None else unit_of_code(session, code).id


def _person_id(session: Session, code: str) -> PersonId:
    known = select(Person.id).where(Person.code == code, Person.erased_at.is_(None))
    person_id = session.scalar(known) if fields.is_code(code) else None
    if person_id is None:
        raise NotFound("errors.no_such_person", code=fields.shown(code))
    return person_id


def _actor(session: Session, account: Account) -> Actor:
    return Actor(account.name, account.id, rights_of(session, account.id), Via.PAGE)


def rights_of(session: Session, account_id: AccountId) -> tuple[Right, ...]:
    """What an account may do, in the order granted."""
    query = select(Grant.role, Grant.unit_id).where(Grant.account_id == account_id).order_by(Grant.id)
    return tuple(Right(role, unit_id) for role, unit_id in session.execute(query))


def _note_rights(
    session: Session,
    account: Account,
    before: Iterable[Right],
    after: Iterable[Right],
    *,
    by: Actor,
    now: datetime,
) -> None:
    def told(rights: Iterable[Right]) -> dict[str, list[list[object]]]:
        return {"rights": [[right.role.value, right.unit_id] for right in rights]}

    note(
        session,
        by,
        AuditAction.CHANGED,
        "accounts",
        account.id,
        now=now,
        before=told(before),
        after=told(after),
    )


def _name(given: str) -> str:
    try:
        return fields.name(given, longest=fields.LONGEST_CODE)
    except fields.BadValue as bad:
        raise invalid("name", bad.key, **bad.values) from None


def _password(given: str) -> str:
    if not SHORTEST_PASSWORD <= len(given) <= LONGEST_PASSWORD:
        raise invalid("password", "errors.password_length", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)
    return given


@cache
def _nobodys() -> str:
    """Checked where there is no password to check, so that an unknown name takes as long as a known one."""
    return _hasher.hash(secrets.token_urlsafe(16))


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
