"""Forgotten: how much was removed when its time was over. The rows are gone, their number stays."""

from datetime import date

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Forgotten(Base):
    __tablename__ = "forgotten"
    __table_args__ = (CheckConstraint("removed > 0", name="removed_positive"),)

    what: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The table, and where it tells kinds apart, the kind: `audit_entries`, `notices.remind_day` …"""
    month: Mapped[date] = mapped_column(primary_key=True)
    """The first day of the month that the removed rows were of."""
    removed: Mapped[int]
