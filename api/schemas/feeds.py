"""Feeds 日历订阅. A token is in the answer that makes it, and nowhere else."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.schemas.values import Body, NeededText, ShortText, View
from models.enums import Privacy


class FeedIn(Body):
    scope: NeededText = Field(
        description="person:CODE, team:CODE, unit:CODE, campaign:CODE or public.", examples=["person:V162"]
    )
    privacy: Annotated[Privacy | None, Field(strict=False)] = Field(
        default=None, description="full when left out; of public feeds initials, and never full."
    )
    label: ShortText | None = None


class FeedMade(View):
    id: str
    url: str = Field(description="Shown this once; whoever has it reads the feed.")
    webcal: str


class FeedOut(View):
    id: str
    scope: str = Field(examples=["person:V162"])
    privacy: Privacy
    label: str | None
    created_at: datetime
    created_by: str
