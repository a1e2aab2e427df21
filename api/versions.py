"""What a path or a header names by a number: an id, and the version that a change was made from."""

import re
from typing import Annotated

from fastapi import Depends, Path

from models.base import ActivityId, SubscriptionId
from outreach.errors import NotFound, Stale

_LARGEST = 2**31 - 1
_NUMBER = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_TAG = re.compile(r'"(\d{1,9})"', re.ASCII)


def id_of(text: str) -> int:
    """The id in a path; what cannot be one is not found rather than refused."""
    if not _NUMBER.fullmatch(text) or int(text) > _LARGEST:
        raise NotFound
    return int(text)


def matched_version(if_match: str | None) -> int | None:
    """The version that a change was made from; None for any. Raises Stale for a tag that was never given."""
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise Stale
    return int(tag[1])


def _activity_id(activity_id: Annotated[str, Path(description="The activity's id.")]) -> ActivityId:
    return ActivityId(id_of(activity_id))


def _subscription_id(feed_id: Annotated[str, Path(description="The feed's id.")]) -> SubscriptionId:
    return SubscriptionId(id_of(feed_id))


ActivityAsked = Annotated[ActivityId, Depends(_activity_id)]
SubscriptionAsked = Annotated[SubscriptionId, Depends(_subscription_id)]
