"""Notices 通知: what people were told, and whom somebody has to call."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from api.schemas.values import Body, Text, View
from models.enums import Channel, DeliveryResult, NoticeKind, NoticeState
from outreach.notices.reading import DeliveryView, NoticeView


class DeliveryOut(View):
    attempt: int
    channel: Channel
    at: datetime
    result: DeliveryResult
    by: str | None = Field(description="Who called.")
    detail: str | None = Field(description="What the server answered, or what the caller noted.")

    @classmethod
    def of(cls, delivery: DeliveryView, zone: ZoneInfo) -> "DeliveryOut":
        """An attempt with its instant in the organisation's zone."""
        return cls.model_validate(delivery).model_copy(update={"at": delivery.at.astimezone(zone)})


class NoticeOut(View):
    id: int
    kind: NoticeKind
    state: NoticeState
    person_code: str = Field(examples=["V162"])
    person_name: str
    mobile: str | None = Field(description="Whom to call; that of a minor is not shown.")
    activity_id: int | None
    created_at: datetime
    due_at: datetime
    expires_at: datetime = Field(description="From then on it is not told any more.")
    sent_at: datetime | None
    last_error: str | None
    subject: str | None = Field(description="As it was sent; as it is now, where it is still to be told.")
    text: str | None
    deliveries: list[DeliveryOut]

    @classmethod
    def of(cls, notice: NoticeView, zone: ZoneInfo) -> "NoticeOut":
        """A notice with its instants in the organisation's zone."""
        shown = cls.model_validate(notice)
        instants = {
            name: None if instant is None else instant.astimezone(zone)
            for name in ("created_at", "due_at", "expires_at", "sent_at")
            if (instant := getattr(shown, name)) is not None
        }
        deliveries = [DeliveryOut.of(each, zone) for each in notice.deliveries]
        return shown.model_copy(update={**instants, "deliveries": deliveries})


class CallResult(StrEnum):
    REACHED = "reached"
    NOT_REACHED = "not_reached"


class CallIn(Body):
    result: Annotated[CallResult, Field(strict=False)]
    note: Text | None = None


class RetryIn(Body):
    certain: bool = Field(
        default=False, description="It did not arrive, for certain: needed where it may have."
    )
