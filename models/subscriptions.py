"""Subscription 日历订阅: a secret link to a feed. FeedReading: who reads it. FeedVersion: whether to make it anew."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import (
    Base,
    CampaignId,
    PersonId,
    SubscriptionId,
    TeamId,
    UnitId,
    at_most_one,
    one_of,
)
from models.enums import FeedReader, Privacy
from models.types import TextEnum

_SCOPES = ("person_id", "team_id", "unit_id", "campaign_id")


class Subscription(Base):
    """Its scope is one of four; without any it is the public feed."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        one_of("privacy", Privacy),
        at_most_one(*_SCOPES, name="one_scope_at_most"),
        CheckConstraint(
            " OR ".join(f"{column} IS NOT NULL" for column in _SCOPES) + " OR privacy <> 'full'",
            name="public_never_full",
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[SubscriptionId] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of 32 random octets; the token itself is shown once and kept nowhere."""
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    team_id: Mapped[TeamId | None] = mapped_column(ForeignKey("teams.id", ondelete="RESTRICT"))
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    campaign_id: Mapped[CampaignId | None] = mapped_column(ForeignKey("campaigns.id", ondelete="RESTRICT"))
    privacy: Mapped[Privacy] = mapped_column(TextEnum(Privacy))
    label: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    revoked_at: Mapped[datetime | None]


class FeedReading(Base):
    """How often one program of a kind has read the feed of a subscription, and when it last did."""

    __tablename__ = "feed_readings"
    __table_args__ = (one_of("reader", FeedReader), CheckConstraint("times > 0", name="times_positive"))

    subscription_id: Mapped[SubscriptionId] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), primary_key=True
    )
    reader: Mapped[FeedReader] = mapped_column(TextEnum(FeedReader), primary_key=True)
    times: Mapped[int]
    last_at: Mapped[datetime]


class FeedVersion(Base):
    __tablename__ = "feed_versions"

    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    """`person:17`, `team:3`, `unit:5`, `campaign:9`, or `tree` for what concerns every feed."""
    version: Mapped[int]
    changed_at: Mapped[datetime]
