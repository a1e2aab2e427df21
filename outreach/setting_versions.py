"""Versions of what has no column for one: a number that says whether it is still what somebody looked at."""

import json
from typing import Any, Final
from zlib import crc32

from outreach.errors import Stale

_VERSIONS: Final = 10**9
"""As many as a form can carry in nine digits."""


def version_of(kept: Any) -> int:  # Any: whatever JSON can say
    """A number of at most nine digits that changes when the value does."""
    told = json.dumps(kept, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return crc32(told.encode("ascii")) % _VERSIONS


def expect_version(seen: int | None, present: int) -> None:
    """Raise Stale when somebody saved since it was looked at; None asks for nothing."""
    if seen is not None and seen != present:
        raise Stale
