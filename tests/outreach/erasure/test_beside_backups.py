"""The list of those erased goes with the backups, and an older one that comes back is put right by it."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from models import Person
from models.database import make_engine, reading, transaction
from outreach import backups, ties
from outreach.erasure import erase_person, erased_in, write_erased
from outreach.permissions import CONSOLE

TODAY = date(2026, 9, 15)
ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


@pytest.fixture
def office(fresh_database):
    """Three people."""
    with transaction(fresh_database) as session:
        for code, name in (("R1", "何玉兰"), ("R2", "王秀英"), ("R3", "单国庆")):
            session.add(person := Person(code=code, name=name, contact_by="phone", mobile="19900000001"))
            session.flush()
            ties.set_roles(session, person.id, ["retiree"], as_of=TODAY)
    return fresh_database


def _erase(engine, code, at):
    with transaction(engine) as session:
        erase_person(session, code, confirm=code, reason="", by=CONSOLE, today=TODAY, now=at)


def _write(engine, folder):
    with reading(engine) as session:
        return write_erased(session, folder)


def _names(engine):
    with reading(engine) as session:
        return session.scalars(select(Person.name).order_by(Person.id)).all()


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request, tmp_path):
    """An empty database of either kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'into' / 'yinling.db'}"
    else:
        cluster = request.getfixturevalue("postgres_cluster")
        url = cluster.create("erased_again")
    engine = make_engine(url)
    yield engine
    engine.dispose()
    if request.param == "postgresql":
        cluster.drop("erased_again")


@pytest.mark.parametrize("beside", ["the file", "the new data folder"])
def test_who_was_erased_after_a_backup_is_erased_again_when_it_comes_back(
    office, target, tmp_path, now, beside
):
    file = tmp_path / "kept" / "b.zip"
    file.parent.mkdir()
    backups.backup(office, file, data=tmp_path, now=now)
    _erase(office, "R1", now + HOUR)
    _erase(office, "R3", now + 2 * HOUR)
    folder = file.parent if beside == "the file" else tmp_path / "into" / "backups"
    assert _write(office, folder) == 2
    backups.restore(target, file, data=tmp_path / "into", now=now + 3 * HOUR, zone=ZONE)
    assert _names(target) == ["已删除 #1", "王秀英", "已删除 #3"]
    with reading(target) as session:
        assert session.scalars(select(Person.mobile)).all() == [None, "19900000001", None]


def test_a_list_of_another_time_or_office_erases_nobody(office, target, tmp_path, now):
    file = tmp_path / "b.zip"
    backups.backup(office, file, data=tmp_path, now=now)
    old = now.isoformat()
    (tmp_path / "erased.txt").write_text(
        f"{old} R1\nnonsense\n{(now + HOUR).isoformat()} X9\n2026-09-16 R2\n"
    )
    backups.restore(target, file, data=tmp_path / "into", now=now + HOUR, zone=ZONE)
    assert _names(target) == ["何玉兰", "王秀英", "单国庆"]


def test_the_list_is_only_added_to(office, tmp_path, now):
    assert _write(office, tmp_path) == 0
    assert not (tmp_path / "erased.txt").exists()
    _erase(office, "R1", now)
    (tmp_path / "erased.txt").write_text(f"{(now - HOUR).isoformat()} OLD\n")
    assert _write(office, tmp_path) == 1
    assert _write(office, tmp_path) == 0
    assert (tmp_path / "erased.txt").read_text() == f"{(now - HOUR).isoformat()} OLD\n{now.isoformat()} R1\n"
    assert erased_in(tmp_path) == {"OLD": now - HOUR, "R1": now}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".erased")] == []
