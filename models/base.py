"""The declarative base: naming convention, typed ids, and columns that many tables share."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NewType

from sqlalchemy import CheckConstraint, Date, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

from models.types import UTCDateTime

UnitId = NewType("UnitId", int)
TeamId = NewType("TeamId", int)
PersonId = NewType("PersonId", int)
TieId = NewType("TieId", int)
CampaignId = NewType("CampaignId", int)
ActivityId = NewType("ActivityId", int)
AssignmentId = NewType("AssignmentId", int)
OutcomeId = NewType("OutcomeId", int)
MetricId = NewType("MetricId", int)
MatterId = NewType("MatterId", int)
EntryId = NewType("EntryId", int)
DrawingId = NewType("DrawingId", int)
TallyId = NewType("TallyId", int)
SubscriptionId = NewType("SubscriptionId", int)
AccountId = NewType("AccountId", int)
TokenId = NewType("TokenId", int)
ImportId = NewType("ImportId", int)
RunId = NewType("RunId", int)
NoticeId = NewType("NoticeId", int)
PhotoId = NewType("PhotoId", int)
UploadId = NewType("UploadId", int)

IDS = (
    UnitId,
    TeamId,
    PersonId,
    TieId,
    CampaignId,
    ActivityId,
    AssignmentId,
    OutcomeId,
    MetricId,
    MatterId,
    EntryId,
    DrawingId,
    TallyId,
    SubscriptionId,
    AccountId,
    TokenId,
    ImportId,
    RunId,
    NoticeId,
    PhotoId,
    UploadId,
)

Code = Annotated[str, mapped_column(String(64), unique=True)]
Words = Annotated[str, mapped_column(Text)]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {  # Any: the base class declares it so
        str: String(255),
        date: Date,
        datetime: UTCDateTime,
        **dict.fromkeys(IDS, Integer),
    }


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """A check that a text column holds a word of its enumeration."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def exactly_one(*columns: str, name: str) -> CheckConstraint:
    """A check that exactly one of the columns is filled."""
    return CheckConstraint(_filled(columns) + " = 1", name=name)


def at_most_one(*columns: str, name: str) -> CheckConstraint:
    """A check that no two of the columns are filled."""
    return CheckConstraint(_filled(columns) + " <= 1", name=name)


def _filled(columns: tuple[str, ...]) -> str:
    return " + ".join(f"(CASE WHEN {column} IS NULL THEN 0 ELSE 1 END)" for column in columns)
