"""What the database is told beyond rows: how full its tables are."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from models import Unit
from models.database import look_at_tables


def test_the_database_knows_how_full_a_table_is_within_the_transaction_that_filled_it(
    session: Session,
) -> None:
    session.add_all(Unit(code=f"U{number}", name="组") for number in range(700))
    session.flush()
    look_at_tables(session)
    if session.get_bind().dialect.name == "sqlite":
        known = session.scalar(text("SELECT max(stat) FROM sqlite_stat1 WHERE tbl = 'units'"))
        assert int(str(known).split()[0]) >= 700
    else:
        assert session.scalar(text("SELECT reltuples FROM pg_class WHERE relname = 'units'")) == 700
