"""The sample county at work, and the same so many times over: every record is copied by the database itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Engine, Table

from models.base import Base
from models.database import look_at_tables, make_engine, transaction
from models.migrating import upgrade
from outreach.clockwork import Moment
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from outreach.routines.chase_matters import chase_matters
from outreach.routines.chase_outcomes import chase_outcomes
from outreach.routines.morning_digest import morning_digest
from outreach.routines.remind import remind
from outreach.sample import make_county

ZONE: Final = ZoneInfo("Asia/Shanghai")
TODAY: Final = date(2026, 11, 4)
NOW: Final = datetime(2026, 11, 4, 2, 20, tzinfo=UTC)

SHARED_BY: Final = 10
"""So many times as many people share one unit, one team and one campaign."""
_OF_THE_HOUSE: Final = frozenset({"units", "teams", "campaigns", "campaign_metrics", "places"})
"""What grows with the townships and not with the people."""
_OF_PEOPLE: Final = frozenset(
    {
        "people",
        "ties",
        "beneficiaries",
        "matters",
        "matter_steps",
        "matter_tasks",
        "heard_suggestions",
        "activities",
        "assignments",
        "attendances",
        "outcomes",
        "measures",
        "ledger_entries",
        "drawings",
        "notices",
        "deliveries",
        "audit_entries",
        "rollups",
    }
)
_MADE_UNIQUE: Final = frozenset({"code", "plan_key", "dedupe_key", "idempotency_key"})


@contextmanager
def hundredfold_office(times: int) -> Iterator[Engine]:
    """A database with the sample county of today, `times` over, looked at by the database as after an import."""
    with TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder)}/yinling.db")
        upgrade(engine)
        with transaction(engine) as session:
            keep_dictionary(session)
            make_county(session, today=TODAY, now=NOW, zone=ZONE, by=CONSOLE)
        moment = Moment(slot=NOW, now=NOW, zone=ZONE)
        for routine in (chase_outcomes, chase_matters, remind, morning_digest):
            with transaction(engine) as session:
                routine(session, moment)
        _multiply(engine, times)
        yield engine
        engine.dispose()


def _multiply(engine: Engine, times: int) -> None:
    """One statement for each table; what a copy refers to is the copy of that."""
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        copied = [t for t in Base.metadata.sorted_tables if t.name in _OF_THE_HOUSE | _OF_PEOPLE]
        spans = {table.name: _span(connection, table) for table in copied}
        for table in copied:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            values = ", ".join(_copied(column, spans, times) for column in table.columns)
            connection.exec_driver_sql(
                f"WITH RECURSIVE copies(copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < ?) "
                f'INSERT OR IGNORE INTO "{table.name}" ({columns}) '
                f'SELECT {values} FROM "{table.name}" CROSS JOIN copies{_but_the_root(table)}',
                (_copies(table.name, times) - 1,),
            )
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    with transaction(engine) as session:
        look_at_tables(session)


def _but_the_root(table: Table) -> str:
    return " WHERE id > 1" if table.name == "units" else ""


def _span(connection: Connection, table: Table) -> int:
    """How far the numbers of one copy lie from those of the next."""
    if "id" not in table.columns:
        return 0
    return int(connection.exec_driver_sql(f'SELECT COALESCE(MAX(id), 0) FROM "{table.name}"').scalar_one())


def _copies(table: str, times: int) -> int:
    return max(times // SHARED_BY, 2) if table in _OF_THE_HOUSE else times


def _copied(column: Column[object], spans: dict[str, int], times: int) -> str:
    """What stands in a column of a copy. There is one uppermost unit, whatever the copy."""
    name = f'"{column.name}"'
    if column.name == "uid":
        return "lower(hex(randomblob(16)))"
    if column.name in _MADE_UNIQUE:
        return f"{name} || '-' || copy"
    refers_to = column.table.name if column.primary_key and column.name == "id" else None
    for key in column.foreign_keys:
        refers_to = key.column.table.name
    if refers_to not in spans:
        return name
    if refers_to not in _OF_THE_HOUSE:
        return f"{name} + copy * {spans[refers_to]}"
    moved = f"{name} + (copy % {_copies(refers_to, times)}) * {spans[refers_to]}"
    is_own = column.name == "id"
    return moved if refers_to != "units" or is_own else f"CASE {name} WHEN 1 THEN 1 ELSE {moved} END"
