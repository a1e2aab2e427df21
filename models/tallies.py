"""Rollup: sums of measures by month. Tally 月报 and TallyLine: what a month was closed with, and corrections."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import (
    ActivityId,
    Base,
    EntryId,
    MatterId,
    MetricId,
    TallyId,
    UnitId,
    Words,
    at_most_one,
    one_of,
)
from models.enums import LineKind, MonthState, Qualifier
from models.types import Hundredths, TextEnum


class Rollup(Base):
    """Σ of the entered and counted measures of a month, unit, metric and combination; derived, and rebuilt at will."""

    __tablename__ = "rollups"

    month: Mapped[date] = mapped_column(primary_key=True)
    """Its first day."""
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"), primary_key=True)
    metric_id: Mapped[MetricId] = mapped_column(
        ForeignKey("metrics.id", ondelete="RESTRICT"), primary_key=True
    )
    combination: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Decimal] = mapped_column(Hundredths)
    sources: Mapped[int]
    at_least: Mapped[int] = mapped_column(default=0)
    """How many of the parts are qualified so; a counter-entry takes its part out again."""
    nearly: Mapped[int] = mapped_column(default=0)
    about: Mapped[int] = mapped_column(default=0)


class Tally(Base):
    """The state of a month for one unit. Closed ones, with their parents, are the tree the month was closed with."""

    __tablename__ = "tallies"
    __table_args__ = (
        one_of("state", MonthState),
        CheckConstraint("state <> 'closed' OR closed_at IS NOT NULL", name="closed_with_instant"),
        UniqueConstraint("month", "unit_id"),
        Index(None, "unit_id", "month"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[TallyId] = mapped_column(primary_key=True)
    month: Mapped[date]
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    parent_unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    state: Mapped[MonthState] = mapped_column(TextEnum(MonthState), default=MonthState.OPEN)
    drafted_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    by_clock: Mapped[bool] = mapped_column(default=False)


class TallyLine(Base):
    """A frozen figure of a closed month, or a signed row that corrects one and counts in a later month."""

    __tablename__ = "tally_lines"
    __table_args__ = (
        one_of("kind", LineKind),
        one_of("qualifier", Qualifier),
        at_most_one("activity_id", "entry_id", "matter_id", name="one_record_at_most"),
        CheckConstraint(
            "(kind = 'adjustment') = (carried_into IS NOT NULL)",
            name="adjustment_is_carried",
        ),
        Index(
            "uq_tally_lines_frozen",
            "tally_id",
            "kind",
            "metric_id",
            "combination",
            unique=True,
            sqlite_where=text("kind <> 'adjustment'"),
            postgresql_where=text("kind <> 'adjustment'"),
        ),
        Index("ix_tally_lines_adjustments", "tally_id", "kind"),
        Index("ix_tally_lines_carried", "carried_into"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tally_id: Mapped[TallyId] = mapped_column(ForeignKey("tallies.id", ondelete="RESTRICT"))
    kind: Mapped[LineKind] = mapped_column(TextEnum(LineKind))
    metric_id: Mapped[MetricId] = mapped_column(ForeignKey("metrics.id", ondelete="RESTRICT"))
    combination: Mapped[str] = mapped_column(default="")
    value: Mapped[Decimal] = mapped_column(Hundredths)
    qualifier: Mapped[Qualifier] = mapped_column(TextEnum(Qualifier), default=Qualifier.EXACT)
    sources: Mapped[int] = mapped_column(default=0)
    at_least: Mapped[int] = mapped_column(default=0)
    nearly: Mapped[int] = mapped_column(default=0)
    about: Mapped[int] = mapped_column(default=0)
    carried_into: Mapped[date | None]
    """The first day of the open month in which the correction counts."""
    activity_id: Mapped[ActivityId | None] = mapped_column(ForeignKey("activities.id", ondelete="RESTRICT"))
    entry_id: Mapped[EntryId | None] = mapped_column(ForeignKey("ledger_entries.id", ondelete="RESTRICT"))
    matter_id: Mapped[MatterId | None] = mapped_column(ForeignKey("matters.id", ondelete="RESTRICT"))
    reason: Mapped[Words | None]
    by: Mapped[str | None]
    at: Mapped[datetime | None]
