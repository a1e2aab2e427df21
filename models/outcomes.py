"""Outcome 记录: every telling of what happened, the present truth folded from them, and what it adds to the figures."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import (
    ActivityId,
    Base,
    Code,
    EntryId,
    ImportId,
    MatterId,
    MetricId,
    OutcomeId,
    PersonId,
    UnitId,
    Words,
    exactly_one,
    one_of,
)
from models.enums import (
    Additivity,
    AttendanceState,
    Basis,
    Condition,
    CountedAs,
    Origin,
    OutcomeScope,
    Qualifier,
    VisitResult,
)
from models.types import Hundredths, TextEnum


class Outcome(Base):
    """One telling, kept word for word. The present of an activity is its last whole telling and the parts after it."""

    __tablename__ = "outcomes"
    __table_args__ = (
        one_of("scope", OutcomeScope),
        CheckConstraint("revision > 0", name="revision_positive"),
        UniqueConstraint("activity_id", "revision"),
        UniqueConstraint("teller", "idempotency_key"),
        Index(None, "fingerprint"),
        Index(None, "import_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[OutcomeId] = mapped_column(primary_key=True)
    activity_id: Mapped[ActivityId] = mapped_column(ForeignKey("activities.id", ondelete="RESTRICT"))
    revision: Mapped[int]
    scope: Mapped[OutcomeScope] = mapped_column(TextEnum(OutcomeScope))
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
    present: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The whole outcome as it stood after this telling."""
    teller: Mapped[str]
    told_at: Mapped[datetime]
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[str | None] = mapped_column(String(64))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    """Of an imported row, to know it again."""
    import_id: Mapped[ImportId | None] = mapped_column(ForeignKey("imports.id", ondelete="RESTRICT"))


class Attendance(Base):
    """A person on an activity's list: there, absent, or visited."""

    __tablename__ = "attendances"
    __table_args__ = (
        one_of("state", AttendanceState),
        one_of("visit", VisitResult),
        one_of("condition", Condition),
        one_of("counted_as", CountedAs),
        CheckConstraint("state IS NOT NULL OR visit IS NOT NULL", name="listed_for_something"),
        CheckConstraint("minutes >= 0", name="minutes_not_negative"),
        Index("ix_attendances_person", "person_id", "day", "counted_as", "activity_id"),
        {"sqlite_with_rowid": False},
    )

    activity_id: Mapped[ActivityId] = mapped_column(
        ForeignKey("activities.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[PersonId] = mapped_column(
        ForeignKey("people.id", ondelete="RESTRICT"), primary_key=True
    )
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    """The unit that the person counts for: that of the first row which lists them."""
    day: Mapped[date]
    role: Mapped[str] = mapped_column(String(64), default="any")
    state: Mapped[AttendanceState | None] = mapped_column(TextEnum(AttendanceState))
    minutes: Mapped[int | None]
    visit: Mapped[VisitResult | None] = mapped_column(TextEnum(VisitResult))
    condition: Mapped[Condition | None] = mapped_column(TextEnum(Condition))
    note: Mapped[Words | None]
    counted_as: Mapped[CountedAs | None] = mapped_column(TextEnum(CountedAs))


class Metric(Base):
    """A row of the dictionary. Its words may change; how it adds never does: that would be a new code."""

    __tablename__ = "metrics"
    __table_args__ = (
        one_of("additivity", Additivity),
        one_of("basis", Basis),
        CheckConstraint("decimals BETWEEN 0 AND 2", name="decimals_known"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[MetricId] = mapped_column(primary_key=True)
    code: Mapped[Code]
    position: Mapped[int]
    """Its place in tallies."""
    name_zh: Mapped[str]
    name_en: Mapped[str]
    unit_zh: Mapped[str]
    additivity: Mapped[Additivity] = mapped_column(TextEnum(Additivity))
    basis: Mapped[Basis] = mapped_column(TextEnum(Basis))
    decimals: Mapped[int]
    qualifiers: Mapped[str]
    """The qualifiers that an entered value may carry, separated by `;`."""


class Measure(Base):
    """What one record adds to one figure: the only table that tallies add up."""

    __tablename__ = "measures"
    __table_args__ = (
        one_of("qualifier", Qualifier),
        one_of("origin", Origin),
        exactly_one("activity_id", "entry_id", "matter_id", name="one_record"),
        CheckConstraint("sign IN (-1, 1)", name="sign_known"),
        Index("ix_measures_figure", "metric_id", "unit_id", "day"),
        Index("ix_measures_activity", "activity_id"),
        Index("ix_measures_entry", "entry_id"),
        Index("ix_measures_matter", "matter_id"),
        Index(
            "ix_measures_readings",
            "metric_id",
            "unit_id",
            "combination",
            "day",
            sqlite_where=text("origin = 'reading'"),
            postgresql_where=text("origin = 'reading'"),
        ),
        Index(
            "ix_measures_floors",
            "day",
            "unit_id",
            sqlite_where=text("origin = 'floor'"),
            postgresql_where=text("origin = 'floor'"),
        ),
        Index(
            "ix_measures_shared",
            "day",
            "unit_id",
            sqlite_where=text("shared IS 1"),
            postgresql_where=text("shared IS true"),
        ),
        Index(
            "ix_measures_persons",
            "day",
            "unit_id",
            "metric_id",
            "activity_id",
            sqlite_where=text("origin = 'persons'"),
            postgresql_where=text("origin = 'persons'"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    metric_id: Mapped[MetricId] = mapped_column(ForeignKey("metrics.id", ondelete="RESTRICT"))
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    day: Mapped[date]
    combination: Mapped[str] = mapped_column(default="")
    """The dimensions, sorted: `category=study;kind=card`; empty without any."""
    value: Mapped[Decimal] = mapped_column(Hundredths)
    qualifier: Mapped[Qualifier] = mapped_column(TextEnum(Qualifier), default=Qualifier.EXACT)
    origin: Mapped[Origin] = mapped_column(TextEnum(Origin))
    source: Mapped[bool] = mapped_column(default=True)
    """True on the first row of a record for this metric and unit, so that sources add."""
    sign: Mapped[int] = mapped_column(default=1)
    """−1 on the row of a counter-entry."""
    shared: Mapped[bool] = mapped_column(default=False)
    """The record has parts of this metric in several units: a subtree counts it once."""
    activity_id: Mapped[ActivityId | None] = mapped_column(ForeignKey("activities.id", ondelete="CASCADE"))
    entry_id: Mapped[EntryId | None] = mapped_column(ForeignKey("ledger_entries.id", ondelete="CASCADE"))
    matter_id: Mapped[MatterId | None] = mapped_column(ForeignKey("matters.id", ondelete="CASCADE"))
