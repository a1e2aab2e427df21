"""Person 人员: anyone. Unit, roles, skills and teams are dated facts: see `models.ties`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, func, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Code, PersonId, Words, one_of
from models.enums import Gender
from models.types import OpenEnd, OpenStart, TextEnum

# In the order of the letters on either database, so that what begins with some of them is a span of an index.
LETTERS = String(255).with_variant(String(255, collation="C"), "postgresql")
_IS_LONG = "length(name) > 3"


def has_long_name(name: Any) -> ColumnElement[bool]:  # Any: the column of a table or of another name for it
    """Whether there is more in a name than `name_from_third` shows; in the words of the index of those names."""
    return func.length(name) > literal_column("3")


class Person(Base):
    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("since <= until", name="in_order"),
        CheckConstraint("max_per_month >= 0", name="max_per_month_not_negative"),
        one_of("gender", Gender),
        Index(None, "sort_key", "id"),
        Index(None, "name", "id"),
        Index(None, "name_from_second", "id"),
        Index(None, "name_from_third", "id"),
        Index(
            "ix_people_long_name", "name", "id", sqlite_where=text(_IS_LONG), postgresql_where=text(_IS_LONG)
        ),
        Index(None, "pinyin", "id"),
        Index(None, "initials", "id"),
        Index(
            None,
            "mobile",
            "id",
            sqlite_where=text("mobile IS NOT NULL"),
            postgresql_where=text("mobile IS NOT NULL"),
        ),
        Index(
            None,
            "merged_into_id",
            # Those who were merged are few: of the others this index would only lead away from a better one.
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index(
            "ix_people_never_asked",
            "id",
            sqlite_where=text("max_per_month = 0"),
            postgresql_where=text("max_per_month = 0"),
        ),
        Index(None, "birth_date"),
        Index(None, "lunar_birthday"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[PersonId] = mapped_column(primary_key=True)
    code: Mapped[Code]
    name: Mapped[str] = mapped_column(LETTERS)
    sort_key: Mapped[str] = mapped_column(default="")
    """The name in pinyin, so that lists are in the order people look names up."""
    pinyin: Mapped[str] = mapped_column(LETTERS, default="", server_default="")
    """The same without spaces, to be found by: `shanguoqing`."""
    initials: Mapped[str] = mapped_column(LETTERS, default="", server_default="")
    """The first letter of each syllable: `sgq`."""
    name_from_second: Mapped[str] = mapped_column(LETTERS, default="", server_default="")
    """The name without its first character, since people are found by what stands in its middle too: `国庆`."""
    name_from_third: Mapped[str] = mapped_column(LETTERS, default="", server_default="")
    gender: Mapped[Gender | None] = mapped_column(TextEnum(Gender))
    birth_date: Mapped[date | None]
    lunar_birthday: Mapped[str | None]
    """Month and day as `8-15`, always of an ordinary month."""
    mobile: Mapped[str | None]
    email: Mapped[str | None]
    contact_by: Mapped[str] = mapped_column(default="")
    """Channels in order of preference, separated by `;`."""
    address: Mapped[Words | None]
    available: Mapped[Words | None]
    """As told: `Mon-Fri 09:00-12:00;Sat 14:00-17:00`, in the organisation's zone."""
    max_per_month: Mapped[int | None]
    since: Mapped[date | None] = mapped_column(OpenStart, nullable=False, default=None)
    until: Mapped[date | None] = mapped_column(OpenEnd, nullable=False, default=None)
    notes: Mapped[Words | None]
    erased_at: Mapped[datetime | None]
    frozen_on: Mapped[date | None]
    """From this day on nothing is planned for them, sent to them or shown of them: a bereavement case says so."""
    merged_into_id: Mapped[PersonId | None] = mapped_column(ForeignKey("people.id", ondelete="RESTRICT"))
    """The same person under another code, who has all that hung on this one: this code leads there."""
