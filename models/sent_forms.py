"""SentForm: a form of a page that was sent and done, with its answer; kept for a day or so."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Words


class SentForm(Base):
    __tablename__ = "sent_forms"
    __table_args__ = (Index(None, "sent_at"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of who sent what to where, and of the random key that the form was shown with."""
    sent_at: Mapped[datetime]
    address: Mapped[Words]
    """The page that it led to."""
    status: Mapped[Words]
    """What that page's status line was to say."""
