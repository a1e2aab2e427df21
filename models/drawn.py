"""Money drawn from the office's purse 领款, from which cash is then given. Append-only like the ledger."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CampaignId, DrawingId, UnitId
from models.types import Hundredths


class Drawing(Base):
    """Triggers of the migration refuse every change; a mistake is taken back by a counter-entry."""

    __tablename__ = "drawings"
    __table_args__ = (
        CheckConstraint("amount > 0 OR reverses_id IS NOT NULL", name="amount_positive"),
        Index(None, "unit_id", "drawn_on"),
        Index(None, "campaign_id", "drawn_on"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[DrawingId] = mapped_column(primary_key=True)
    drawn_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    """Yuan. One that takes another back carries its amount with a minus."""
    unit_id: Mapped[UnitId] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    campaign_id: Mapped[CampaignId | None] = mapped_column(ForeignKey("campaigns.id", ondelete="RESTRICT"))
    """What it was drawn for."""
    drawn_by: Mapped[str]
    """Who fetched it, by name."""
    reverses_id: Mapped[DrawingId | None] = mapped_column(
        ForeignKey("drawings.id", ondelete="RESTRICT"), unique=True
    )
    reason: Mapped[str | None]
    """What it is for where no campaign says it, or why it was taken back."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
