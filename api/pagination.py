"""Lists by cursor: it names a place in the order, not a number of rows, so that nothing is skipped or doubled."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from outreach.errors import Invalid, invalid

MOST = 200
USUAL = 50
_LONGEST_CURSOR = 500
_LARGEST = 2**63 - 1

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)
Part = int | str


class Listing(BaseModel, Generic[Item]):
    """A page of a list, and the cursor of the next one; null at the end."""

    items: list[Item]
    next: str | None = Field(description="Give it as `cursor` to go on; null at the end of the list.")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for: so many rows at most, after a place in the list's order (None: from its beginning)."""

    path: str
    limit: int
    after: tuple[Part, ...] | None

    @property
    def after_id(self) -> int:
        """The place in a list that is in the order of its ids; 0 is before every row."""
        match self.after:
            case None:
                return 0
            case (int(row_id),):
                return row_id
            case _:
                raise bad_cursor()

    @property
    def one_more(self) -> int:
        """How many rows to ask for, so that one sees whether the list goes on."""
        return self.limit + 1

    def page(
        self, rows: Sequence[Row], show: Callable[[Row], Item], place: Callable[[Row], tuple[Part, ...]]
    ) -> Listing[Item]:
        """A page of rows that were asked for by `one_more`; `place` is where a row stands in the order."""
        shown = rows[: self.limit]
        goes_on = len(rows) > self.limit
        return Listing(
            items=[show(row) for row in shown],
            next=_write(self.path, place(shown[-1])) if goes_on else None,
        )


def get_paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many items at most.")] = USUAL,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Paging:
    """The page that a request asks for; raises Invalid for a cursor that this list never gave."""
    path = request.url.path
    return Paging(path, limit, None if cursor is None else _read(path, cursor))


Page = Annotated[Paging, Depends(get_paging)]


def bad_cursor() -> Invalid:
    return invalid("cursor", "errors.bad_cursor")


def _write(path: str, place: tuple[Part, ...]) -> str:
    text = json.dumps([path, *place], ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def _read(path: str, cursor: str) -> tuple[Part, ...]:
    """The place that a cursor of this list names. Only what `_write` writes is read."""
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise bad_cursor()
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        of, *place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise bad_cursor() from None
    if of != path or not place or not all(_is_part(part) for part in place):
        raise bad_cursor()
    if _write(path, tuple(place)) != cursor:
        raise bad_cursor()
    return tuple(place)


def _is_part(part: object) -> bool:
    if isinstance(part, str):
        return part.isprintable()
    return isinstance(part, int) and not isinstance(part, bool) and 0 <= part <= _LARGEST
