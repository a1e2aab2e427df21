"""Merge 合并: two records that were one person, and PeopleDeed: what was done to many. Both can be taken back."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, PersonId


class Merge(Base):
    __tablename__ = "merges"
    __table_args__ = (
        CheckConstraint("kept_id <> gone_id", name="two_people"),
        Index(None, "kept_id"),
        Index(None, "gone_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    gone_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    by: Mapped[str]
    at: Mapped[datetime]
    undo: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What has to be put back to take it back; emptied when it was, and when the person is erased."""
    undone_at: Mapped[datetime | None]


class Apart(Base):
    """Two records that look like one person and are two: somebody looked, and said so."""

    __tablename__ = "people_apart"
    __table_args__ = (CheckConstraint("one_id < other_id", name="in_order"),)

    one_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    by: Mapped[str]
    at: Mapped[datetime]


class PeopleDeed(Base):
    """Something done to many people at once, with what has to be put back."""

    __tablename__ = "people_deeds"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    deed: Mapped[str] = mapped_column(String(32))
    count: Mapped[int]
    """To how many people."""
    by: Mapped[str]
    at: Mapped[datetime]
    undo: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone_at: Mapped[datetime | None]
