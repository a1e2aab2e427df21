"""Stamp: what is another one whenever the rows of a table may be, so that what is made of them can be remembered.

Whoever writes a watched table, by whatever statement, gives it a new stamp in the same transaction, last of all: the
rows and their stamp are seen together or not at all. Stamps are drawn and not counted: a database that came back from a
backup never shows one that stood for something else. Migrations give none; every process begins anew after them.
"""

from collections.abc import Iterator
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import Connection, Delete, Engine, String, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.dml import UpdateBase

from models.base import Base

WATCHED: Final = frozenset(
    {
        *("activities", "assignments", "beneficiaries", "campaigns", "kept_clashes", "places"),
        *("attendances", "ledger_entries", "matters", "matter_steps", "matter_tasks"),
        *("measures", "metrics"),
        *("notices", "rollups", "tallies", "tally_lines"),
        *("people", "teams", "ties", "units"),
    }
)
"""The tables of which answers are remembered: the plan, the figures, what waits, and whom and where it is about."""
_WRITTEN: Final = "yinling_written"


class Stamp(Base):
    __tablename__ = "stamps"

    table_name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(16))


def give_stamps(engine: Engine) -> None:
    """From now on, what is written through the engine gives its tables new stamps."""
    event.listen(engine, "before_execute", _note)
    event.listen(engine, "commit", _give)
    event.listen(engine, "rollback", _forget)


def _note(connection: Connection, statement: object, *_: Any) -> None:  # what else the event tells
    if isinstance(statement, UpdateBase):
        table = statement.table
        if isinstance(table, Table) and table.metadata is Base.metadata:
            changed = {table.name, *(_falling_with(table.name) if isinstance(statement, Delete) else ())}
            connection.info.setdefault(_WRITTEN, set()).update(changed & WATCHED)


def _falling_with(table: str) -> Iterator[str]:
    """The tables whose rows the database removes with those of this one."""
    for other in Base.metadata.tables.values():
        if any(key.ondelete == "CASCADE" and key.column.table.name == table for key in other.foreign_keys):
            yield other.name
            yield from _falling_with(other.name)


def _give(connection: Connection) -> None:
    written: set[str] = connection.info.pop(_WRITTEN, set())
    if written:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        statement = insert(Stamp)
        # Always in the order of the names, so that two writers never wait for each other crosswise.
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[Stamp.table_name], set_={"value": statement.excluded.value}
            ),
            [{"table_name": name, "value": token_hex(8)} for name in sorted(written)],
        )


def _forget(connection: Connection) -> None:
    connection.info.pop(_WRITTEN, None)
