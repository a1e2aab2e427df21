"""What an import did to which rows, so that it can be taken back: the content of `imports.undo`.

Kept are the ids of the rows it made (as ranges, so that a hundred thousand people are a line), the former values of
what it changed, the rows it removed, and a digest of everything it touched, as it left it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, or_, select, text
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from models.base import Base
from models.types import Hundredths, UTCDateTime

Range = tuple[int, int]
"""The first and the last of consecutive ids."""
_RANGES_AT_ONCE = 200


def table_of(name: str) -> Table:
    """A table of the schema by its name."""
    return Base.metadata.tables[name]


def key_of(table: Table) -> Column[Any]:  # Any: an id
    """By what the rows of a table are known here; a list without ids of its own goes by its campaign."""
    return table.c.id if "id" in table.c else table.c.campaign_id


@dataclass(slots=True)
class Journal:
    """Written while the import writes."""

    created: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    before: dict[str, dict[int, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    removed: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def create(self, table: str, ids: Iterable[int]) -> None:
        """Rows were made."""
        self.created[table].extend(ids)

    def change(
        self, table: str, row_id: int, values: Mapping[str, Any]
    ) -> None:  # Any: whatever columns hold
        """A row had these values before. What came first stays: undoing goes back to the beginning."""
        kept = self.before[table].setdefault(row_id, {})
        for column, value in values.items():
            kept.setdefault(column, as_json(value))

    def remove(self, table: str, row: Mapping[str, Any]) -> None:  # Any: whatever columns hold
        """A row was removed; it looked so."""
        self.removed[table].append({column: as_json(value) for column, value in row.items()})

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed at all."""
        return not (any(self.created.values()) or any(self.before.values()) or any(self.removed.values()))

    def as_document(self, session: Session) -> dict[str, Any]:
        """The journal as JSON, with the digests of what was touched."""
        created = {table: ranges_of(ids) for table, ids in self.created.items() if ids}
        return {
            "created": created,
            "before": {table: rows for table, rows in self.before.items() if rows},
            "removed": {table: rows for table, rows in self.removed.items() if rows},
            "digests": {
                table: digest(session, table, touched(created.get(table, ()), self.before.get(table, ())))
                for table in sorted({*created, *(table for table, rows in self.before.items() if rows)})
            },
        }


def ranges_of(ids: Iterable[int]) -> list[Range]:
    """Ids as ranges, in their order."""
    found: list[Range] = []
    for each in sorted(set(ids)):
        if found and found[-1][1] == each - 1:
            found[-1] = (found[-1][0], each)
        else:
            found.append((each, each))
    return found


def touched(created: Iterable[Sequence[int]], changed: Iterable[int | str]) -> list[Range]:
    """The ids of the rows that were made or changed, as ranges."""
    ids = {int(each) for each in changed}
    return sorted([*((first, last) for first, last in created), *ranges_of(ids)])


def among(column: ColumnElement[Any], ranges: Sequence[Sequence[int]]) -> Iterator[ColumnElement[bool]]:
    """Conditions that together hold for all these ids, none too long for a statement."""
    for start in range(0, len(ranges), _RANGES_AT_ONCE):
        some = ranges[start : start + _RANGES_AT_ONCE]
        yield or_(*(column.between(first, last) for first, last in some))


def digest(session: Session, name: str, ranges: Sequence[Range]) -> str:
    """A hash of these rows as they stand; another one says that somebody changed one of them."""
    table = table_of(name)
    # Read without types, as the driver gives it: this is the slow half of a large import. Only an instant must not
    # depend on the zone of the connection.
    columns = [
        column if isinstance(column.type, UTCDateTime) else text(f"{name}.{column.name}")
        for column in table.columns
    ]
    seen = hashlib.sha256()
    order = [key_of(table), *(table.c[name] for name in ("position",) if name in table.c)]
    for condition in among(key_of(table), ranges):
        rows = session.execute(select(*columns).select_from(table).where(condition).order_by(*order))
        for row in rows.yield_per(5_000):
            seen.update(repr(tuple(row)).encode())
    return seen.hexdigest()


def from_json(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:  # Any: whatever columns hold
    """A row of the journal as values for its table."""
    return {column: _from_json(table.c[column].type, value) for column, value in row.items()}


def as_json(value: object) -> object:
    if isinstance(value, date | time | datetime):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return value


def _from_json(kind: Any, value: Any) -> Any:  # Any: a column's type, and whatever it holds
    if not isinstance(value, str):
        return value
    if isinstance(kind, Hundredths):
        return Decimal(value)
    python = (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type
    if python in (date, time, datetime):
        return python.fromisoformat(value)
    return UUID(value) if python is UUID else value
