"""Account, its grants by unit, and the tokens that stand for it: sessions, API tokens, one-time sign-in links."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import AccountId, Base, Code, PersonId, TokenId, UnitId, one_of
from models.enums import AccountRole, TokenKind
from models.types import TextEnum


class Account(Base):
    __tablename__ = "accounts"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[AccountId] = mapped_column(primary_key=True)
    name: Mapped[Code]
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    """Who it belongs to: where notices for coordinators go. None for programs."""
    created_at: Mapped[datetime]


class Grant(Base):
    """A role in a unit and everything below it; without a unit, everywhere."""

    __tablename__ = "grants"
    __table_args__ = (
        one_of("role", AccountRole),
        Index(None, "account_id"),
        UniqueConstraint("account_id", "role", "unit_id", postgresql_nulls_not_distinct=True),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[AccountId] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    role: Mapped[AccountRole] = mapped_column(TextEnum(AccountRole))
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))


class Token(Base):
    __tablename__ = "tokens"
    __table_args__ = (
        one_of("kind", TokenKind),
        one_of("role", AccountRole),
        CheckConstraint("kind <> 'api' OR role IS NOT NULL", name="api_has_role"),
        Index(None, "account_id", "kind"),
        Index(None, "expires_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[TokenId] = mapped_column(primary_key=True)
    kind: Mapped[TokenKind] = mapped_column(TextEnum(TokenKind))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[AccountId] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    role: Mapped[AccountRole | None] = mapped_column(TextEnum(AccountRole))
    """An API token has its own role and unit, whatever its account may do elsewhere."""
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
