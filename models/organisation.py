"""Unit 单位 and Team 队伍. The tree of units and who belongs to what are dated facts: see `models.ties`."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Code, TeamId, UnitId
from models.types import OpenEnd, OpenStart


class Unit(Base):
    __tablename__ = "units"
    __table_args__ = (
        CheckConstraint("since <= until", name="in_order"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[UnitId] = mapped_column(primary_key=True)
    code: Mapped[Code]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="")
    since: Mapped[date | None] = mapped_column(OpenStart, nullable=False, default=None)
    until: Mapped[date | None] = mapped_column(OpenEnd, nullable=False, default=None)


class Team(Base):
    __tablename__ = "teams"
    __table_args__ = (
        CheckConstraint("since <= until", name="in_order"),
        Index(None, "unit_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[TeamId] = mapped_column(primary_key=True)
    code: Mapped[Code]
    name: Mapped[str]
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    kind: Mapped[str] = mapped_column(default="")
    confirms_members: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its members count as confirmed when the program proposes them, unless they say no."""
    since: Mapped[date | None] = mapped_column(OpenStart, nullable=False, default=None)
    until: Mapped[date | None] = mapped_column(OpenEnd, nullable=False, default=None)
