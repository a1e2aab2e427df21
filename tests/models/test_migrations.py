"""The migrations give the schema that the tables declare, the same on either database, from the first one on."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from models import Base
from models.database import make_engine
from models.migrating import is_empty, newest_revision, present_revision, upgrade
from tests.postgres import Cluster


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
    same = {"TIMESTAMP": "DATETIME", "UUID": "CHAR", "DOUBLE_PRECISION": "FLOAT"}
    length = getattr(declared, "length", None)
    kind = same.get(name, name)
    return kind if length is None or kind == "CHAR" else f"{kind}({length})"
