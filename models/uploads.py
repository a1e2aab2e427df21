"""Upload: files that somebody sent in and has not decided about yet; kept for a day at most."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import AccountId, Base, UploadId


class Upload(Base):
    __tablename__ = "uploads"
    __table_args__ = (Index(None, "at"), {"sqlite_autoincrement": True})

    id: Mapped[UploadId] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the random octets in the address that leads to it."""
    account_id: Mapped[AccountId | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    name: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """A workbook as it was sent, or the CSV files packed together."""
