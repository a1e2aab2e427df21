"""Notice 通知: a message owed to somebody, the outbox. Delivery: one attempt to hand it over, or a call."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ActivityId, Base, MatterId, NoticeId, PersonId, Words, one_of
from models.enums import Channel, DeliveryResult, NoticeKind, NoticeState
from models.types import TextEnum


class Notice(Base):
    """Written in the transaction that causes it. Its address and its words are made when it is sent, not before."""

    __tablename__ = "notices"
    __table_args__ = (
        one_of("kind", NoticeKind),
        one_of("state", NoticeState),
        CheckConstraint("due_at <= expires_at", name="in_order"),
        CheckConstraint("state <> 'sending' OR lease_until IS NOT NULL", name="sending_has_lease"),
        CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_has_instant"),
        Index(
            "ix_notices_due",
            "next_try_at",
            "id",
            sqlite_where=text("state = 'due'"),
            postgresql_where=text("state = 'due'"),
        ),
        Index(
            "ix_notices_sending",
            "lease_until",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index(None, "person_id", "due_at"),
        Index(None, "activity_id"),
        Index(None, "matter_id"),
        Index(None, "state", "due_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[NoticeId] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    """What it is about, so that it is owed once however often it is thought of."""
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    kind: Mapped[NoticeKind] = mapped_column(TextEnum(NoticeKind))
    activity_id: Mapped[ActivityId | None] = mapped_column(ForeignKey("activities.id", ondelete="CASCADE"))
    matter_id: Mapped[MatterId | None] = mapped_column(ForeignKey("matters.id", ondelete="CASCADE"))
    words: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Values that its sentence needs beside the activity or the matter; never a name, a number or a health fact."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """After this instant it is no longer sent."""
    state: Mapped[NoticeState] = mapped_column(TextEnum(NoticeState), default=NoticeState.DUE)
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    """The machine's own time, as of a clockwork's lease."""
    sent_at: Mapped[datetime | None]
    last_error: Mapped[Words | None]


class Delivery(Base):
    """Who was told what, when and how: kept as proof."""

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("result", DeliveryResult),
        UniqueConstraint("notice_id", "attempt"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[NoticeId] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    channel: Mapped[Channel] = mapped_column(TextEnum(Channel))
    at: Mapped[datetime]
    result: Mapped[DeliveryResult] = mapped_column(TextEnum(DeliveryResult))
    by: Mapped[str | None]
    """Who called."""
    subject: Mapped[Words | None]
    text: Mapped[Words | None]
    """As it was received."""
    detail: Mapped[Words | None]
