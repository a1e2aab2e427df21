"""Accounts as administrators look at them: who has one, what it may do, when it was last used."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Account, Grant, Person, Token, Unit
from models.base import AccountId, TokenId, UnitId
from models.enums import AccountRole, TokenKind
from outreach.accounts import SESSION_IDLES, hashed
from outreach.errors import NotFound
from outreach.permissions import Actor, Deed, Right, expect_everywhere


@dataclass(frozen=True, slots=True)
class Granted:
    """A right with its unit's name; everywhere without a unit."""

    role: AccountRole
    unit_id: UnitId | None = None
    unit_code: str = ""
    unit_name: str = ""

    @property
    def right(self) -> Right:
        return Right(self.role, self.unit_id)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account in the list. `sessions`: browsers signed in; `last_seen_at`: by any of them, or by token."""

    id: AccountId
    name: str
    is_active: bool
    has_password: bool
    rights: Sequence[Granted]
    person_code: str
    person_name: str
    sessions: int
    tokens: int
    links: int
    """Sign-in links that still open it."""
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A session, or an API token with a right of its own."""

    id: TokenId
    created_at: datetime
    last_seen_at: datetime | None
    granted: Granted | None = None
    is_this: bool = False
    """Whether it is the session that asks."""


def account_rows(
    session: Session, *, by: Actor, now: datetime, after: str = "", limit: int
) -> Sequence[AccountRow]:
    """Accounts by name, those after one; in three statements however many. Raises Forbidden."""
    expect_everywhere(by, Deed.ADMINISTER)
    found = session.execute(
        select(Account, Person.code, Person.name)
        .join(Person, Person.id == Account.person_id, isouter=True)
        .where(Account.name > after)
        .order_by(Account.name)
        .limit(limit)
    ).all()
    return _rows(session, [(row[0], row[1] or "", row[2] or "") for row in found], now)


def account_row(session: Session, account_id: AccountId, *, by: Actor, now: datetime) -> AccountRow:
    """One account; raises Forbidden, NotFound."""
    expect_everywhere(by, Deed.ADMINISTER)
    found = session.execute(
        select(Account, Person.code, Person.name)
        .join(Person, Person.id == Account.person_id, isouter=True)
        .where(Account.id == account_id)
    ).one_or_none()
    if found is None:
        raise NotFound("errors.no_such_account", name=str(account_id))
    return _rows(session, [(found[0], found[1] or "", found[2] or "")], now)[0]


def api_tokens(session: Session, account_id: AccountId) -> Sequence[TokenRow]:
    """The API tokens of an account that still open something, the newest first."""
    rows = session.execute(
        select(Token, Unit.code, Unit.name)
        .join(Unit, Unit.id == Token.unit_id, isouter=True)
        .where(Token.account_id == account_id, Token.kind == TokenKind.API, Token.revoked_at.is_(None))
        .order_by(Token.id.desc())
    )
    return [
        TokenRow(
            token.id,
            token.created_at,
            token.last_seen_at,
            None if token.role is None else Granted(token.role, token.unit_id, code or "", name or ""),
        )
        for token, code, name in rows
    ]


def own_sessions(session: Session, by: Actor, *, now: datetime, this: str) -> Sequence[TokenRow]:
    """Where one is signed in oneself, used last first; `this` is the secret of the session that asks."""
    seen = func.coalesce(Token.last_seen_at, Token.created_at)
    rows = session.scalars(
        select(Token)
        .where(
            Token.account_id == by.account_id,
            Token.kind == TokenKind.SESSION,
            Token.revoked_at.is_(None),
            seen > now - SESSION_IDLES,
        )
        .order_by(seen.desc(), Token.id.desc())
    )
    mine = hashed(this)
    return [
        TokenRow(row.id, row.created_at, row.last_seen_at, is_this=row.token_hash == mine) for row in rows
    ]


def granted_to(session: Session, account_ids: Sequence[AccountId]) -> Mapping[AccountId, Sequence[Granted]]:
    """The rights of each account with the names of their units, in the order granted."""
    found: dict[AccountId, list[Granted]] = defaultdict(list)
    rows = session.execute(
        select(Grant.account_id, Grant.role, Grant.unit_id, Unit.code, Unit.name)
        .join(Unit, Unit.id == Grant.unit_id, isouter=True)
        .where(Grant.account_id.in_(account_ids))
        .order_by(Grant.id)
    )
    for account_id, role, unit_id, code, name in rows:
        found[account_id].append(Granted(role, unit_id, code or "", name or ""))
    return found


def _rows(session: Session, found: Sequence[tuple[Account, str, str]], now: datetime) -> Sequence[AccountRow]:
    ids = [account.id for account, _, _ in found]
    rights = granted_to(session, ids)
    used: dict[AccountId, dict[TokenKind, tuple[int, datetime | None]]] = defaultdict(dict)
    is_live = Token.revoked_at.is_(None) & Token.used_at.is_(None)
    is_live &= Token.expires_at.is_(None) | (Token.expires_at > now)
    seen = func.coalesce(Token.last_seen_at, Token.created_at)
    is_live &= (Token.kind != TokenKind.SESSION) | (seen > now - SESSION_IDLES)
    for account_id, kind, live, last in session.execute(
        select(Token.account_id, Token.kind, func.count().filter(is_live), func.max(Token.last_seen_at))
        .where(Token.account_id.in_(ids))
        .group_by(Token.account_id, Token.kind)
    ):
        used[account_id][kind] = (live, last)
    nothing = (0, None)
    rows = []
    for account, code, name in found:
        own = used.get(account.id, {})
        moments = [last for _, last in own.values() if last is not None]
        rows.append(
            AccountRow(
                account.id,
                account.name,
                account.active,
                account.password_hash is not None,
                rights.get(account.id, ()),
                code,
                name,
                sessions=own.get(TokenKind.SESSION, nothing)[0],
                tokens=own.get(TokenKind.API, nothing)[0],
                links=own.get(TokenKind.SIGN_IN, nothing)[0],
                last_seen_at=max(moments, default=None),
            )
        )
    return rows
