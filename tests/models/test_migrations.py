"""The migrations give the schema that the tables declare, the same on either database, from the first one on."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, delete, func, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from models import Base
from models.database import make_engine
from models.migrating import is_empty, newest_revision, present_revision, upgrade
from tests.postgres import Cluster


@pytest.fixture
def blank_database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database in which nothing was ever made."""
    if database_kind == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'blank.db'}")
        yield engine
        engine.dispose()
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    engine = make_engine(cluster.create("blank"))
    yield engine
    engine.dispose()
    cluster.drop("blank")


def test_an_upgraded_database_has_exactly_the_declared_schema(fresh_database: Engine) -> None:
    with fresh_database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(fresh_database: Engine) -> None:
    assert present_revision(fresh_database) == newest_revision()
    before = schema(fresh_database)
    upgrade(fresh_database)
    assert present_revision(fresh_database) == newest_revision()
    assert schema(fresh_database) == before


def test_an_upgrade_keeps_rows_counters_and_what_refers_to_them(blank_database: Engine) -> None:
    upgrade(blank_database, "0001")
    old = MetaData()
    old.reflect(blank_database)
    with blank_database.begin() as connection:
        for table, row in _a_pairing_and_its_visit():
            connection.execute(insert(old.tables[table]), row)
        connection.execute(delete(old.tables["ties"]).where(old.tables["ties"].c.id == 2))
    upgrade(blank_database)
    new = MetaData()
    new.reflect(blank_database)
    ties, activities = new.tables["ties"], new.tables["activities"]
    with blank_database.begin() as connection:
        assert connection.execute(select(activities.c.pairing_id)).all() == [(1,)]
        post = {**_TIE, "kind": "post", "sort": "书记", "object_person_id": None, "object_unit_id": 1}
        connection.execute(insert(ties), post)
        newest = connection.scalar(select(func.max(ties.c.id)))
        assert newest == 3, "the id of the tie that was removed is not given again"
    with pytest.raises(IntegrityError), blank_database.begin() as connection:
        connection.execute(delete(ties).where(ties.c.id == 1))
    with blank_database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


_ALWAYS = {"since": date.min, "until": date.max}
_TIE = {"kind": "pairing", "sort": "liaison", "subject_person_id": 1, "object_person_id": 2, **_ALWAYS}


def _a_pairing_and_its_visit() -> Iterator[tuple[str, dict[str, Any]]]:
    now = datetime(2026, 9, 15, 1, tzinfo=UTC)
    yield "units", {"id": 1, "code": "BJ", "name": "局", "kind": "", **_ALWAYS}
    for number in (1, 2, 3):
        row = {"id": number, "code": f"P{number}", "name": f"人{number}", "sort_key": "", "contact_by": ""}
        yield "people", {**row, **_ALWAYS}
    yield "ties", _TIE
    yield "ties", {**_TIE, "object_person_id": 3}
    campaign = {"id": 1, "code": "TV", "name": "走访", "kind": "hardship", "unit_id": 1, "status": "active"}
    schedule = {"schedule": "CADENCE:P90D", "form": "CADENCE", "on_holiday": "keep", "skills": ""}
    span = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31), "public": False, "version": 1}
    yield "campaigns", {**campaign, **schedule, **span}
    visit = {"uid": uuid4().hex, "campaign_id": 1, "unit_id": 1, "subject_person_id": 2, "pairing_id": 1}
    when = {"day": date(2026, 10, 1), "last_day": date(2026, 10, 1), "changed_at": now}
    counters = dict.fromkeys(("version", "sequence", "people_sequence", "revision"), 0)
    flags = {"forecast": False, "by_hand": False, "status": "planned", "people_changed_at": now}
    yield "activities", {**visit, **when, **counters, **flags}


def test_a_database_nobody_touched_is_empty(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'yinling.db'}")
    assert is_empty(engine)
    upgrade(engine)
    assert not is_empty(engine)
    engine.dispose()


def test_both_databases_have_the_same_schema(
    postgres_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sqlite = make_engine(f"sqlite:///{tmp_path_factory.mktemp('same') / 'yinling.db'}")
    postgres = make_engine(postgres_cluster.create("same_schema"))
    try:
        for engine in (sqlite, postgres):
            upgrade(engine)
        assert schema(sqlite) == schema(postgres)
    finally:
        sqlite.dispose()
        postgres.dispose()
        postgres_cluster.drop("same_schema")


def schema(engine: Engine) -> dict[str, Any]:  # Any: nested plain data, compared only
    """Tables with their columns, keys, checks and indexes, in a form that both databases share."""
    found = inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (_kind(column["type"]), column["nullable"])
                for column in found.get_columns(table)
            },
            "primary": found.get_pk_constraint(table)["constrained_columns"],
            "foreign": sorted(
                (key["constrained_columns"], key["referred_table"], key["options"].get("ondelete"))
                for key in found.get_foreign_keys(table)
            ),
            "unique": sorted(key["column_names"] for key in found.get_unique_constraints(table)),
            "checks": sorted(str(check["name"]) for check in found.get_check_constraints(table)),
            "indexes": sorted(
                (str(index["name"]), index["column_names"], bool(index["unique"]))
                for index in found.get_indexes(table)
                if not index.get("duplicates_constraint")
            ),
        }
        for table in sorted(found.get_table_names())
        if table != "alembic_version"
    }


def _kind(declared: object) -> str:
    """What a column holds, under one name for both databases."""
    name = type(declared).__name__.upper()
    same = {"TIMESTAMP": "DATETIME", "UUID": "CHAR", "DOUBLE_PRECISION": "FLOAT", "BYTEA": "BLOB"}
    length = getattr(declared, "length", None)
    kind = same.get(name, name)
    return kind if length is None or kind == "CHAR" else f"{kind}({length})"
