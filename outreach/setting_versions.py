"""Versions of what has no column for one: a number that says whether it is still what somebody looked at."""

import json
from typing import Any, Final
from zlib import crc32

from outreach.errors import Stale

_MOST: Final = 2**31 - 1


def version_of(kept: Any) -> int:  # Any: whatever JSON can say
    """A number that changes when the value does; 0 to 2³¹ − 1."""
    told = json.dumps(kept, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return crc32(told.encode("ascii")) & _MOST


def expect_version(seen: int | None, present: int) -> None:
    """Raise Stale when somebody saved since it was looked at; None asks for nothing."""
    if seen is not None and seen != present:
        raise Stale
