"""What a merge changed, so that it can be taken back: the content of `merges.undo`.

Unlike an import's, it knows each value that was changed by itself: whatever else happens to a row afterwards stands in
nobody's way.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, and_, func, insert, select, update
from sqlalchemy.orm import Session

from models.base import Base, PersonId
from models.database import in_batches
from outreach.errors import Conflict
from outreach.imports.journal import as_json, from_json

Row = Mapping[str, Any]  # Any: whatever columns hold


@dataclass(slots=True)
class Journal:
    """Writes to the database, and notes what was there before."""

    session: Session
    moved: dict[str, list[int]] = field(default_factory=dict)
    """By `table.column`: the rows that referred to the one who went, by their id."""
    changed: list[dict[str, Any]] = field(default_factory=list)
    removed: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    created: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def move(self, table: Table, column: str, gone: PersonId, kept: PersonId) -> Sequence[int]:
        """Let every row that refers to one refer to the other; which these were."""
        key = key_of(table, column)
        ids = self.session.scalars(select(key).where(table.c[column] == gone)).all()
        if ids:
            self.moved[f"{table.name}.{column}"] = list(ids)
            self.session.execute(update(table).where(table.c[column] == gone).values({column: kept}))
        return ids

    def change(self, table: Table, row_id: int, values: Row) -> None:
        """Let a row say something else."""
        before = self.session.execute(
            select(*(table.c[column] for column in values)).where(table.c.id == row_id)
        ).one()
        differing = {column: value for column, value in values.items() if getattr(before, column) != value}
        if not differing:
            return
        self.session.execute(update(table).where(table.c.id == row_id).values(differing))
        after = self.session.execute(
            select(*(table.c[column] for column in differing)).where(table.c.id == row_id)
        ).one()
        self.changed.append(
            {
                "table": table.name,
                "id": row_id,
                "before": {column: as_json(getattr(before, column)) for column in differing},
                "after": {column: as_json(getattr(after, column)) for column in differing},
            }
        )

    def remove(self, table: Table, condition: ColumnElement[bool]) -> None:
        """Let rows go."""
        rows = self.session.execute(select(table).where(condition)).mappings().all()
        self.removed[table.name] += [
            {column: as_json(value) for column, value in row.items()} for row in rows
        ]
        self.session.execute(table.delete().where(condition))

    def create(self, table: Table, row: Row) -> int:
        """Make a row."""
        made = self.session.scalar(insert(table).values(row).returning(table.c.id))
        assert made is not None
        self.created[table.name].append(made)
        return int(made)

    def as_document(self) -> dict[str, Any]:  # Any: JSON
        return {
            "moved": self.moved,
            "changed": self.changed,
            "removed": {name: rows for name, rows in self.removed.items() if rows},
            "created": dict(self.created),
        }


_FORGIVING: Final = frozenset({"notices", "audit_entries"})
"""What goes its own way in time, and is forgotten in the end: it holds nothing back."""


def check_untouched(session: Session, undo: Mapping[str, Any], kept: PersonId) -> None:  # Any: JSON
    """Raise Conflict when something that the merge changed, moved or made is no longer as it left it."""
    for name, ids in undo.get("moved", {}).items():
        table, column = _column(name)
        if table.name in _FORGIVING:
            continue
        key = key_of(table, column)
        there = sum(
            session.scalar(select(func.count()).where(table.c[column] == kept, key.in_(some))) or 0
            for some in in_batches(ids)
        )
        if there != len(ids):
            raise Conflict("merging.touched_since")
    for each in undo.get("changed", ()):
        if each["table"] not in _FORGIVING and not _is_as_left(session, each):
            raise Conflict("merging.touched_since")
    for name, ids in undo.get("created", {}).items():
        table = Base.metadata.tables[name]
        if session.scalar(select(func.count()).select_from(table).where(table.c.id.in_(ids))) != len(ids):
            raise Conflict("merging.touched_since")


def put_back(session: Session, undo: Mapping[str, Any], gone: PersonId, kept: PersonId) -> None:  # Any: JSON
    """Undo it: what was made goes, what was moved and removed comes back, and what was changed says what it said."""
    for name, ids in undo.get("created", {}).items():
        table = Base.metadata.tables[name]
        session.execute(table.delete().where(table.c.id.in_(ids)))
    for name, ids in undo.get("moved", {}).items():
        table, column = _column(name)
        for some in in_batches(ids):
            theirs = and_(table.c[column] == kept, key_of(table, column).in_(some))
            session.execute(update(table).where(theirs).values({column: gone}))
    for name, rows in undo.get("removed", {}).items():
        table = Base.metadata.tables[name]
        session.execute(insert(table), [from_json(table, row) for row in rows])
    for each in reversed(undo.get("changed", ())):
        if _is_as_left(session, each):
            table = Base.metadata.tables[each["table"]]
            before = from_json(table, each["before"])
            session.execute(update(table).where(table.c.id == each["id"]).values(before))


def _is_as_left(session: Session, change: Mapping[str, Any]) -> bool:  # Any: JSON
    table, after = Base.metadata.tables[change["table"]], change["after"]
    columns = [table.c[column] for column in after]
    found = session.execute(select(*columns).where(table.c.id == change["id"])).one_or_none()
    return found is not None and all(as_json(getattr(found, name)) == value for name, value in after.items())


def key_of(table: Table, column: str) -> Column[Any]:  # Any: an id
    """What tells the rows that refer to one person apart: the id, or the other half of the key."""
    if "id" in table.c:
        return table.c.id
    return next(each for each in table.primary_key.columns if each.name != column)


def _column(name: str) -> tuple[Table, str]:
    table, _, column = name.partition(".")
    return Base.metadata.tables[table], column
