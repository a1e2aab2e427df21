"""LedgerEntry 慰问台账: money or goods handed over. Append-only; a mistake is corrected by a counter-entry."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import (
    ActivityId,
    Base,
    CampaignId,
    EntryId,
    ImportId,
    PersonId,
    UnitId,
    one_of,
)
from models.enums import LedgerKind, Qualifier
from models.types import Hundredths, TextEnum


class LedgerEntry(Base):
    """Triggers of the migration refuse updates of what was paid, and deletes but of imported rows."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        one_of("kind", LedgerKind),
        one_of("qualifier", Qualifier),
        CheckConstraint("amount >= 0 OR reverses_id IS NOT NULL", name="amount_not_negative"),
        Index(None, "person_id", "paid_on"),
        Index(None, "unit_id", "paid_on"),
        Index(None, "campaign_id", "paid_on", "unit_id"),
        Index(
            None,
            "activity_id",
            sqlite_where=text("activity_id IS NOT NULL"),
            postgresql_where=text("activity_id IS NOT NULL"),
        ),
        Index(None, "fingerprint"),
        Index(None, "import_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[EntryId] = mapped_column(primary_key=True)
    paid_on: Mapped[date]
    kind: Mapped[LedgerKind] = mapped_column(TextEnum(LedgerKind))
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    """Yuan. A counter-entry carries the amount it takes back with a minus."""
    qualifier: Mapped[Qualifier] = mapped_column(TextEnum(Qualifier), default=Qualifier.EXACT)
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("units.id", ondelete="RESTRICT"))
    """Where it counts: the unit told, else the campaign's, else the person's on that day."""
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    campaign_id: Mapped[CampaignId | None] = mapped_column(ForeignKey("campaigns.id", ondelete="RESTRICT"))
    activity_id: Mapped[ActivityId | None] = mapped_column(ForeignKey("activities.id", ondelete="RESTRICT"))
    """The activity whose outcome told it."""
    item: Mapped[str | None]
    handed_by: Mapped[str | None]
    received_by: Mapped[str | None]
    reverses_id: Mapped[EntryId | None] = mapped_column(
        ForeignKey("ledger_entries.id", ondelete="RESTRICT"), unique=True
    )
    reason: Mapped[str | None]
    """Why it was countered."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    import_id: Mapped[ImportId | None] = mapped_column(ForeignKey("imports.id", ondelete="RESTRICT"))
