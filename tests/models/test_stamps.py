"""A table that was written has another stamp, whoever wrote it; one that was only looked at keeps its own."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from models import Base, Matter, Measure, Metric, Setting, Stamp, Unit
from models.database import reading, rehearsal, transaction
from models.enums import Additivity, Basis, MatterFace, MatterStatus, Origin
from models.stamps import WATCHED

ALWAYS = {"since": date(2020, 1, 1), "until": date(2030, 12, 31)}


def stamps(engine: Engine) -> dict[str, str]:
    with reading(engine) as session:
        return dict(session.execute(select(Stamp.table_name, Stamp.value)).all())


def changed(engine: Engine, before: dict[str, str]) -> set[str]:
    after = stamps(engine)
    return {name for name in after if after[name] != before.get(name)}


@pytest.fixture
def engine(fresh_database: Engine) -> Engine:
    with transaction(fresh_database) as session:
        session.add(Unit(code="A", name="甲"))
    return fresh_database


def test_every_way_of_writing_gives_the_table_a_new_stamp_and_no_other(engine: Engine) -> None:
    ways = [
        lambda session: session.add(Unit(code="B", name="乙")),
        lambda session: setattr(session.scalars(select(Unit).where(Unit.code == "B")).one(), "name", "丙"),
        lambda session: session.execute(insert(Unit), [{"code": "C", "name": "丁", **ALWAYS}]),
        lambda session: session.execute(update(Unit).where(Unit.code == "C").values(name="戊")),
        lambda session: session.execute(delete(Unit).where(Unit.code == "C")),
        lambda session: session.delete(session.scalars(select(Unit).where(Unit.code == "B")).one()),
    ]
    for way in ways:
        before = stamps(engine)
        with transaction(engine) as session:
            way(session)
        assert changed(engine, before) == {"units"}


def test_a_connection_without_a_session_gives_stamps_too(engine: Engine) -> None:
    before = stamps(engine)
    with engine.begin() as connection:
        connection.execute(insert(Unit).values(code="B", name="乙", **ALWAYS))
    assert changed(engine, before) == {"units"}


def test_looking_rehearsing_and_failing_give_none(engine: Engine) -> None:
    before = stamps(engine)
    with reading(engine) as session:
        session.scalars(select(Unit)).all()
    with rehearsal(engine) as session:
        session.add(Unit(code="B", name="乙"))
        session.flush()
    twice = [{"code": "C", "name": "丙", **ALWAYS}] * 2
    with pytest.raises(IntegrityError), transaction(engine) as session:
        session.execute(insert(Unit), twice)
    with transaction(engine) as session:
        session.add(Setting(name="hours", value=8))
    assert changed(engine, before) == set()


def test_rows_that_fall_with_another_give_their_table_a_stamp(engine: Engine) -> None:
    with transaction(engine) as session:
        unit = session.scalars(select(Unit)).one()
        metric = Metric(
            code="x",
            position=1,
            name_zh="数",
            name_en="x",
            unit_zh="个",
            additivity=Additivity.FLOW,
            basis=Basis.ATTENDEES,
            decimals=0,
            qualifiers="",
        )
        matter = Matter(
            code="M",
            face=MatterFace.SUGGESTION,
            unit_id=unit.id,
            status=MatterStatus.COLLECTED,
            opened_on=date(2026, 9, 1),
        )
        session.add_all([metric, matter])
        session.flush()
        session.add(
            Measure(
                metric_id=metric.id,
                unit_id=unit.id,
                day=date(2026, 9, 1),
                value=Decimal(1),
                origin=Origin.COUNTED,
                matter_id=matter.id,
            )
        )
    before = stamps(engine)
    with transaction(engine) as session:
        session.execute(delete(Matter))
    with reading(engine) as session:
        assert session.scalars(select(Measure)).all() == []
    assert changed(engine, before) == {
        *("matters", "matter_steps", "matter_tasks", "measures", "notices"),
    }


def test_who_writes_sees_its_own_rows_with_the_stamp_or_neither(engine: Engine) -> None:
    before = stamps(engine)
    with transaction(engine) as session:
        session.add(Unit(code="B", name="乙"))
        session.flush()
        assert stamps(engine) == before
    assert changed(engine, before) == {"units"}


def test_what_is_watched_are_tables() -> None:
    assert set(Base.metadata.tables) >= WATCHED
