"""Campaign 活动计划: the trigger of activities, whom it serves, whom it needs and what it counts."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import (
    ActivityId,
    Base,
    CampaignId,
    Code,
    MetricId,
    PersonId,
    TeamId,
    UnitId,
    Words,
    exactly_one,
    one_of,
)
from models.enums import CampaignStatus, OnHoliday, PersonRole, ScheduleForm, SplitBy
from models.types import TextEnum


class Campaign(Base):
    __tablename__ = "campaigns"
    __table_args__ = (
        one_of("status", CampaignStatus),
        one_of("form", ScheduleForm),
        one_of("split_by", SplitBy),
        one_of("on_holiday", OnHoliday),
        CheckConstraint("starts_on <= ends_on", name="in_order"),
        CheckConstraint("duration_minutes > 0", name="duration_positive"),
        Index(None, "status", "form"),
        Index(None, "unit_id"),
        Index(None, "team_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[CampaignId] = mapped_column(primary_key=True)
    code: Mapped[Code]
    name: Mapped[str]
    kind: Mapped[str]
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    team_id: Mapped[TeamId | None] = mapped_column(ForeignKey("teams.id", ondelete="RESTRICT"))
    status: Mapped[CampaignStatus] = mapped_column(TextEnum(CampaignStatus), default=CampaignStatus.DRAFT)
    schedule: Mapped[Words]
    """The schedule's text; `form` is its first word, for queries."""
    form: Mapped[ScheduleForm] = mapped_column(TextEnum(ScheduleForm))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    start_time: Mapped[time | None]
    """Local time of day; without it the activities are whole days."""
    duration_minutes: Mapped[int | None]
    place: Mapped[Words | None]
    skills: Mapped[Words] = mapped_column(default="")
    """Words separated by `;`: everybody proposed has one of them, and all who go together have all where possible."""
    split_by: Mapped[SplitBy | None] = mapped_column(TextEnum(SplitBy))
    public: Mapped[bool]
    on_holiday: Mapped[OnHoliday] = mapped_column(TextEnum(OnHoliday), default=OnHoliday.KEEP)
    notes: Mapped[Words | None]
    version: Mapped[int] = mapped_column(default=1)


class CampaignMetric(Base):
    """A metric that a campaign feeds. Read when an outcome is recorded: a later change moves no old figure."""

    __tablename__ = "campaign_metrics"

    campaign_id: Mapped[CampaignId] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    metric_id: Mapped[MetricId] = mapped_column(
        ForeignKey("metrics.id", ondelete="RESTRICT"), primary_key=True
    )
    position: Mapped[int]


class Beneficiary(Base):
    """One entry of a campaign's list of those it serves. A group stays one row and is expanded on the day asked."""

    __tablename__ = "beneficiaries"
    __table_args__ = (
        exactly_one("person_id", "unit_id", "team_id", "role", name="one_of_four"),
        one_of("role", PersonRole),
        Index(None, "campaign_id", "position"),
        Index(None, "person_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[CampaignId] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    position: Mapped[int]
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    team_id: Mapped[TeamId | None] = mapped_column(ForeignKey("teams.id", ondelete="RESTRICT"))
    role: Mapped[PersonRole | None] = mapped_column(TextEnum(PersonRole))


class Place(Base):
    """How many people a campaign needs in a role; a single activity may have its own numbers, which then go first."""

    __tablename__ = "places"
    __table_args__ = (
        exactly_one("campaign_id", "activity_id", name="one_owner"),
        CheckConstraint("needed > 0", name="needed_positive"),
        Index(
            "uq_places_of_campaign",
            "campaign_id",
            "role",
            unique=True,
            sqlite_where=text("campaign_id IS NOT NULL"),
            postgresql_where=text("campaign_id IS NOT NULL"),
        ),
        Index(
            "uq_places_of_activity",
            "activity_id",
            "role",
            unique=True,
            sqlite_where=text("activity_id IS NOT NULL"),
            postgresql_where=text("activity_id IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[CampaignId | None] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    activity_id: Mapped[ActivityId | None] = mapped_column(ForeignKey("activities.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(64), default="any")
    needed: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
