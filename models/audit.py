"""AuditEntry: who did what to which row. Import: a file taken in, and whether it was undone."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import AccountId, Base, ImportId, PersonId, one_of
from models.enums import AuditAction, Via
from models.types import TextEnum


class AuditEntry(Base):
    """On people it names the columns that changed, never their values; elsewhere the values before and after."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        one_of("action", AuditAction),
        one_of("via", Via),
        Index(None, "table_name", "row_id"),
        Index(None, "person_id", "at"),
        Index(None, "account_id", "at"),
        Index(None, "action", "at"),
        Index(None, "import_id"),
        Index(None, "at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[AccountId | None] = mapped_column(ForeignKey("accounts.id", ondelete="RESTRICT"))
    """Who; none for the clockwork and the command line."""
    via: Mapped[Via | None] = mapped_column(TextEnum(Via))
    """Which way they came; of entries of before it was kept, None."""
    action: Mapped[AuditAction] = mapped_column(TextEnum(AuditAction))
    table_name: Mapped[str] = mapped_column(String(64))
    row_id: Mapped[int]
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    """Whose record it is."""
    reason: Mapped[str | None]
    import_id: Mapped[ImportId | None] = mapped_column(ForeignKey("imports.id", ondelete="RESTRICT"))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class Import(Base):
    __tablename__ = "imports"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[ImportId] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    as_of: Mapped[date]
    sha256: Mapped[str] = mapped_column(String(64))
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    undo: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What has to be put back to undo it; emptied when undone."""
    undone_at: Mapped[datetime | None]
