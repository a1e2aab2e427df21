"""Matter 事项: something that must be closed. Cases 个案 and suggestions 建议 are its faces; its story is its steps."""

from datetime import date, datetime

from sqlalchemy import (
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
    CampaignId,
    MatterId,
    PersonId,
    UnitId,
    Words,
    one_of,
)
from models.enums import AnswerKind, MatterFace, MatterStatus, MatterStepKind
from models.types import TextEnum


class Matter(Base):
    __tablename__ = "matters"
    __table_args__ = (
        one_of("face", MatterFace),
        one_of("status", MatterStatus),
        one_of("answer_kind", AnswerKind),
        UniqueConstraint("face", "code"),
        CheckConstraint("sent_on >= opened_on", name="sent_after_opened"),
        CheckConstraint("answered_on >= opened_on", name="answered_after_opened"),
        CheckConstraint("told_on >= opened_on", name="told_after_opened"),
        CheckConstraint("closed_on >= opened_on", name="closed_after_opened"),
        Index(
            "ix_matters_open",
            "due_at",
            sqlite_where=text("closed_on IS NULL"),
            postgresql_where=text("closed_on IS NULL"),
        ),
        Index(None, "person_id", "opened_on"),
        Index(None, "unit_id", "face", "status"),
        Index(None, "face", "status", "due_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[MatterId] = mapped_column(primary_key=True)
    face: Mapped[MatterFace] = mapped_column(TextEnum(MatterFace))
    code: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(default="")
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    """Where it counts and who sees it: told with it, else the person's unit on the day it was raised."""
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    campaign_id: Mapped[CampaignId | None] = mapped_column(ForeignKey("campaigns.id", ondelete="RESTRICT"))
    status: Mapped[MatterStatus] = mapped_column(TextEnum(MatterStatus))
    opened_on: Mapped[date]
    due_at: Mapped[datetime | None]
    """The instant by which its next answer or visit is owed; a day's end for what is owed by a day."""
    office: Mapped[str | None]
    sent_on: Mapped[date | None]
    answered_on: Mapped[date | None]
    told_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    text: Mapped[Words | None]
    answer: Mapped[Words | None]
    answer_kind: Mapped[AnswerKind | None] = mapped_column(TextEnum(AnswerKind))
    result: Mapped[Words | None]
    may_be_named: Mapped[bool | None]
    """Whether whoever made a suggestion lets departments know the name; None while nobody has asked."""
    version: Mapped[int] = mapped_column(default=1)


class MatterStep(Base):
    __tablename__ = "matter_steps"
    __table_args__ = (
        one_of("step", MatterStepKind),
        Index(None, "matter_id", "on_day"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    matter_id: Mapped[MatterId] = mapped_column(ForeignKey("matters.id", ondelete="CASCADE"))
    step: Mapped[MatterStepKind] = mapped_column(TextEnum(MatterStepKind))
    on_day: Mapped[date]
    by: Mapped[str]
    note: Mapped[Words | None]


class MatterTask(Base):
    """What a matter asks for before it can be closed, each with its own clock."""

    __tablename__ = "matter_tasks"
    __table_args__ = (
        UniqueConstraint("matter_id", "task"),
        Index(
            "ix_matter_tasks_open",
            "due_at",
            sqlite_where=text("done_on IS NULL"),
            postgresql_where=text("done_on IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    matter_id: Mapped[MatterId] = mapped_column(ForeignKey("matters.id", ondelete="CASCADE"))
    task: Mapped[str] = mapped_column(String(64))
    """visit, money, farewell … or a word of the office's own."""
    position: Mapped[int]
    due_at: Mapped[datetime | None]
    done_on: Mapped[date | None]
    by: Mapped[str | None]
    note: Mapped[Words | None]


class HeardSuggestion(Base):
    """The activity at which a suggestion was heard. A table of its own, since activities refer to matters already."""

    __tablename__ = "heard_suggestions"
    __table_args__ = (Index(None, "activity_id"),)

    matter_id: Mapped[MatterId] = mapped_column(
        ForeignKey("matters.id", ondelete="CASCADE"), primary_key=True
    )
    activity_id: Mapped[ActivityId] = mapped_column(ForeignKey("activities.id", ondelete="RESTRICT"))
