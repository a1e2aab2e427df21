"""What people decided about the plan: a clash that is kept as it is, and a year copied into the next."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Words


class KeptClash(Base):
    """Activities that get in each other's way and are to stay as they are, as long as the facts are the same."""

    __tablename__ = "kept_clashes"
    __table_args__ = (
        Index(None, "day"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    facts: Mapped[str] = mapped_column(String(64), unique=True)
    """What it was decided about, as a digest: kind, day, activities with their times, people, team."""
    day: Mapped[date]
    note: Mapped[Words | None]
    by: Mapped[str]
    """Who decided; the name of the account."""
    decided_at: Mapped[datetime]


class PlanCopy(Base):
    """Campaigns of a year taken over into another, with what is needed to take that back."""

    __tablename__ = "plan_copies"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    into_year: Mapped[int]
    by: Mapped[str]
    made_at: Mapped[datetime]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """For each campaign its id, its version afterwards, and how it was before; nothing of before for a new one."""
    undone_at: Mapped[datetime | None]
