"""Changing what a table allows, on either database. SQLite knows no such statement: its table is made anew."""

from collections.abc import Callable

from alembic import op
from sqlalchemy import Connection, text


def replace_check(table: str, name: str, condition: str) -> None:
    """Let a named CHECK of a table say something else; every row must meet it.

    References are not watched meanwhile (`models.migrating.upgrade`), and are looked through afterwards.
    """
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _make_anew(connection, table, lambda body: _with_check(body, name, condition))
        return
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, condition)


def add_column(table: str, declaration: str) -> None:
    """Add a column by its SQL declaration, constraints included; both databases read the same one."""
    op.execute(f"ALTER TABLE {table} ADD COLUMN {declaration}")


def add_reference(table: str, column: str, to: str) -> None:
    """Let a column refer to the ids of a table, which cannot be removed while it does."""
    connection = op.get_bind()
    name = f"fk_{table}_{column}"
    if connection.dialect.name == "sqlite":
        reference = f"CONSTRAINT {name} FOREIGN KEY({column}) REFERENCES {to} (id) ON DELETE RESTRICT"
        _make_anew(connection, table, lambda body: f"{body.rstrip()[:-1]}, {reference})")
        return
    op.create_foreign_key(op.f(name), table, to, [column], ["id"], ondelete="RESTRICT")


def _make_anew(connection: Connection, table: str, changed: Callable[[str], str]) -> None:
    """The way that SQLite's manual describes: a new table, the rows, the old one's name, its indexes and triggers.

    The counter of ids is handed over, so that an id given once is never given again.
    """
    told = {"table": table}
    sql = connection.execute(
        text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :table"), told
    ).scalar_one()
    belongings = connection.scalars(
        text("SELECT sql FROM sqlite_schema WHERE type <> 'table' AND tbl_name = :table AND sql IS NOT NULL"),
        told,
    ).all()
    count = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), told)
    fresh = f"{table}_anew"
    body = changed(sql[sql.index("(") :])
    connection.exec_driver_sql(f"CREATE TABLE {fresh} {body}")
    connection.exec_driver_sql(f"INSERT INTO {fresh} SELECT * FROM {table}")  # noqa: S608 - a table's name
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"ALTER TABLE {fresh} RENAME TO {table}")
    for statement in belongings:
        connection.exec_driver_sql(statement)
    if count is not None:
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), told)
        connection.execute(
            text("INSERT INTO sqlite_sequence VALUES (:table, :count)"), {**told, "count": count}
        )


def _with_check(body: str, name: str, condition: str) -> str:
    """The body of a CREATE TABLE with another condition in the CHECK of that name."""
    head, found, rest = body.partition(f"CONSTRAINT {name} CHECK (")
    if not found:
        raise LookupError(f"there is no check {name}")
    depth = 1
    for place, sign in enumerate(rest):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return f"{head}{found}{condition}{rest[place:]}"
    raise LookupError(f"the check {name} has no end")
