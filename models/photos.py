"""Photo 照片: a picture of an activity, made anew without what its camera wrote into it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ActivityId, Base, PhotoId, Words


class Photo(Base):
    """One that was taken away keeps its row without the picture, so that it can be told that there was one."""

    __tablename__ = "photos"
    __table_args__ = (
        CheckConstraint("(image IS NULL) = (thumbnail IS NULL)", name="both_or_none"),
        CheckConstraint("(image IS NULL) = (removed_at IS NOT NULL)", name="there_or_removed"),
        CheckConstraint("width > 0 AND height > 0", name="size_positive"),
        Index(None, "activity_id", "sha256"),
        Index(None, "added_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[PhotoId] = mapped_column(primary_key=True)
    activity_id: Mapped[ActivityId] = mapped_column(ForeignKey("activities.id", ondelete="RESTRICT"))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the picture as it is kept, to know the same one again."""
    image: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """A JPEG; read only by who asks for it."""
    thumbnail: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    width: Mapped[int]
    height: Mapped[int]
    caption: Mapped[Words | None]
    consent: Mapped[Words | None]
    """How those who are on it agreed, in somebody's words."""
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None]
    reason: Mapped[Words | None]
    """Why it was taken away."""
