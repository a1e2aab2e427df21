"""Activity 活动, one dated piece of a campaign, and Assignment 安排, a person on it."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import (
    ActivityId,
    AssignmentId,
    Base,
    CampaignId,
    MatterId,
    PersonId,
    TieId,
    UnitId,
    Words,
    one_of,
)
from models.enums import ActivityStatus, AssignmentState
from models.types import TextEnum


class Activity(Base):
    __tablename__ = "activities"
    __table_args__ = (
        one_of("status", ActivityStatus),
        UniqueConstraint("campaign_id", "plan_key"),
        CheckConstraint("day <= last_day", name="days_in_order"),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="both_times_or_none"),
        CheckConstraint("starts_at < ends_at", name="times_in_order"),
        CheckConstraint(
            "pairing_id IS NULL OR subject_person_id IS NOT NULL",
            name="pairing_has_subject",
        ),
        CheckConstraint("status <> 'cancelled' OR reason IS NOT NULL", name="cancelled_with_reason"),
        Index(None, "unit_id", "day"),
        Index(None, "campaign_id", "day"),
        Index(None, "day", "id"),
        Index(None, "campaign_id", "status", "day"),
        # What stands on some days is counted, and what is owed is found, by this index alone.
        Index("ix_activities_standing", "status", "day", "last_day", "campaign_id", "unit_id", "ends_at"),
        # The first of a day are found by this one.
        Index("ix_activities_in_order", "day", "starts_at", "id", "unit_id", "campaign_id", "last_day"),
        Index(None, "status", "nominal_on", "day"),
        Index(None, "subject_person_id", "campaign_id"),
        Index(None, "pairing_id"),
        Index(
            None,
            "matter_id",
            sqlite_where=text("matter_id IS NOT NULL"),
            postgresql_where=text("matter_id IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[ActivityId] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    """The calendar's UID; it never changes."""
    campaign_id: Mapped[CampaignId] = mapped_column(ForeignKey("campaigns.id", ondelete="RESTRICT"))
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    plan_key: Mapped[str | None] = mapped_column(String(64))
    """What makes it the same activity for the planner when its day moves; none for one made by hand."""
    nominal_on: Mapped[date | None]
    """The schedule's own day, before shifting."""
    subject_person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    """The one person whom a birthday, cadence or case activity is for."""
    pairing_id: Mapped[TieId | None] = mapped_column(ForeignKey("ties.id", ondelete="RESTRICT"))
    matter_id: Mapped[MatterId | None] = mapped_column(ForeignKey("matters.id", ondelete="RESTRICT"))
    day: Mapped[date]
    last_day: Mapped[date]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    forecast: Mapped[bool] = mapped_column(default=False)
    place: Mapped[Words | None]
    """Where; empty means the campaign's place."""
    status: Mapped[ActivityStatus] = mapped_column(TextEnum(ActivityStatus), default=ActivityStatus.PLANNED)
    reason: Mapped[Words | None]
    """Why it was cancelled."""
    by_hand: Mapped[bool] = mapped_column(default=False)
    """Somebody moved, cancelled or made it: the planner leaves it alone."""
    version: Mapped[int] = mapped_column(default=1)
    """Rises with every change of anything that the API shows; the ETag."""
    sequence: Mapped[int] = mapped_column(default=0)
    """RFC 5545 SEQUENCE: rises when time, place or state changes."""
    changed_at: Mapped[datetime]
    people_sequence: Mapped[int] = mapped_column(default=0)
    """Rises when who takes part changes; added to `sequence` in feeds that name people."""
    people_changed_at: Mapped[datetime]
    held_on: Mapped[date | None]
    revision: Mapped[int] = mapped_column(default=0)
    """The number of the present outcome; 0 while nothing was told."""
    narrative: Mapped[Words | None]
    recorded_at: Mapped[datetime | None]


class Assignment(Base):
    __tablename__ = "assignments"
    __table_args__ = (
        one_of("state", AssignmentState),
        UniqueConstraint("activity_id", "person_id"),
        Index(None, "person_id", "state"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[AssignmentId] = mapped_column(primary_key=True)
    activity_id: Mapped[ActivityId] = mapped_column(ForeignKey("activities.id", ondelete="CASCADE"))
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    role: Mapped[str] = mapped_column(String(64), default="any")
    state: Mapped[AssignmentState] = mapped_column(TextEnum(AssignmentState))
    reason: Mapped[Words | None]
    """Why the program proposed this person, as codes with values for `wording`; empty when somebody asked them."""
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
