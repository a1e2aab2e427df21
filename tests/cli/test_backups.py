"""backup and restore: out of either database and into either, and nothing is touched by a file that is not whole."""

import json
import shutil
import sqlite3
import threading
import zipfile
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from calendars.timezones import local_day
from models import Activity, Base, Person, Photo
from models.database import make_engine, transaction
from outreach import backups
from outreach.errors import Conflict
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from outreach.recount import recount
from outreach.sample import make_county

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def empty_postgresql(postgres_cluster):
    url = postgres_cluster.create("restored")
    engine = make_engine(url)
    yield engine
    engine.dispose()
    postgres_cluster.drop("restored")


@pytest.fixture
def empty_sqlite(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'into' / 'yinling.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def county(fresh_database, attachments, now):
    """The sample county in either database."""
    with transaction(fresh_database) as session:
        keep_dictionary(session)
        make_county(session, today=local_day(now, ZONE), now=now, zone=ZONE, by=CONSOLE)
        # Not the same as no value at all.
        session.execute(text("INSERT INTO settings (name, value) VALUES ('odd', 'null')"))
        session.add(
            Photo(
                activity_id=session.scalars(select(Activity.id).limit(1)).one(),
                sha256="0" * 64,
                image=bytes(range(256)),
                thumbnail=b"\\x00\x00",
                width=2,
                height=1,
                added_at=now,
                added_by="周敏",
            )
        )
    return fresh_database


@pytest.fixture
def attachments(tmp_path):
    """Two files that were uploaded."""
    uploads = tmp_path / "from" / "uploads"
    (uploads / "2026").mkdir(parents=True)
    (uploads / "2026" / "签到.jpg").write_bytes(b"\x00picture")
    (uploads / "list.csv").write_text("a,b", "utf-8")


def _everything(engine):
    """Every row of every table, in Python's own values."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in Base.metadata.sorted_tables
        }


def test_everything_comes_back_into_either_database(county, tmp_path, now, empty_sqlite, empty_postgresql):
    file = tmp_path / "b.zip"
    written = backups.backup(county, file, data=tmp_path / "from", now=now)
    before = _everything(county)
    owed = len(before.pop("notices"))
    del before["stamps"]
    for target, data in ((empty_sqlite, tmp_path / "into"), (empty_postgresql, tmp_path / "other")):
        brought = backups.restore(target, file, data=data, now=now, zone=ZONE)
        assert (brought.rows, brought.uploads, brought.differing_figures) == (written.rows, 2, 0)
        after = _everything(target)
        # Of those that were owed by then nobody knows whether they were told, and what the lost program may have owed
        # since is owed: see tests/outreach/backups.
        assert len(after.pop("notices")) >= owed
        # A table that was written in restoring has another stamp for it.
        del after["stamps"]
        assert after == before
        assert (data / "uploads" / "2026" / "签到.jpg").read_bytes() == b"\x00picture"
        with transaction(target) as session:
            assert recount(session).ok
            highest = session.scalar(select(Person.id).order_by(Person.id.desc()))
            session.add(person := Person(code="NEW", name="新人", contact_by=""))
            session.flush()
            assert person.id > highest
        assert [path.name for path in data.iterdir() if path.name.startswith(".yinling-")] == []


def test_an_id_whose_row_is_gone_is_not_given_again(fresh_database, tmp_path, now, empty_sqlite):
    with transaction(fresh_database) as session:
        session.add(gone := Person(code="GONE", name="走", contact_by=""))
        session.flush()
        last = gone.id
        session.delete(gone)
    backups.backup(fresh_database, tmp_path / "b.zip", data=tmp_path, now=now)
    backups.restore(empty_sqlite, tmp_path / "b.zip", data=tmp_path / "into", now=now, zone=ZONE)
    with transaction(empty_sqlite) as session:
        session.add(person := Person(code="NEW", name="来", contact_by=""))
        session.flush()
        assert person.id > last


def test_a_backup_is_of_one_moment_while_others_write(fresh_database, tmp_path, now):
    """Two rows that always change together never stand apart in a copy."""
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            with transaction(fresh_database) as session:
                for name in ("a", "z"):
                    session.execute(
                        text("UPDATE settings SET value = :value WHERE name = :name"),
                        {"value": str(number), "name": name},
                    )

    with transaction(fresh_database) as session:
        session.execute(text("INSERT INTO settings (name, value) VALUES ('a', '0'), ('z', '0')"))
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(5):
            backups.backup(fresh_database, tmp_path / f"{turn}.zip", data=tmp_path, now=now)
    finally:
        stop.set()
        writer.join()
    for turn in range(5):
        with zipfile.ZipFile(tmp_path / f"{turn}.zip") as zipped:
            zipped.extract("yinling.db", tmp_path)
        database = sqlite3.connect(tmp_path / "yinling.db")
        first, second = database.execute("SELECT value FROM settings WHERE name IN ('a', 'z')").fetchall()
        database.close()
        assert first == second


def test_a_restore_never_goes_over_data(fresh_database, tmp_path, now):
    backups.backup(fresh_database, tmp_path / "b.zip", data=tmp_path, now=now)
    with pytest.raises(Conflict, match="not_empty"):
        backups.restore(fresh_database, tmp_path / "b.zip", data=tmp_path / "into", now=now, zone=ZONE)


def test_uploads_of_somebody_else_stop_a_restore_and_its_own_do_not(
    fresh_database, attachments, tmp_path, now, empty_sqlite
):
    backups.backup(fresh_database, tmp_path / "b.zip", data=tmp_path / "from", now=now)
    uploads = tmp_path / "into" / "uploads"
    uploads.mkdir(parents=True)
    (uploads / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(Conflict, match="not_empty"):
        backups.restore(empty_sqlite, tmp_path / "b.zip", data=tmp_path / "into", now=now, zone=ZONE)
    assert (uploads / "mine.txt").exists()
    (uploads / "mine.txt").unlink()
    # What a restore that was cut short has left.
    shutil.copy(tmp_path / "from" / "uploads" / "list.csv", uploads)
    backups.restore(empty_sqlite, tmp_path / "b.zip", data=tmp_path / "into", now=now, zone=ZONE)
    assert (uploads / "2026").is_dir()


@pytest.fixture
def sound(yinling, tmp_path):
    """A backup of a small office."""
    yinling("init")
    assert yinling("backup", tmp_path / "b.zip").code == 0
    return tmp_path / "b.zip"


def _rewritten(file, change):
    """The same zip, each part through `change(name, octets)`; None leaves it out."""
    other = file.with_name("other.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            octets = change(name, old.read(name))
            if octets is not None:
                new.writestr(name, octets)
    return other


def _manifest(**changes):
    def change(name, octets):
        return json.dumps(json.loads(octets) | changes) if name == "manifest.json" else octets

    return change


BROKEN = {
    "flipped": lambda name, octets: octets[:-9] + b"\0" * 9 if name == "yinling.db" else octets,
    "no_database": lambda name, octets: None if name == "yinling.db" else octets,
    "no_manifest": lambda name, octets: None if name == "manifest.json" else octets,
    "manifest_no_json": lambda name, octets: b"{" if name == "manifest.json" else octets,
    "newer_program": _manifest(revision="9999"),
    "newer_format": _manifest(format=2),
    "other_counts": _manifest(rows={}),
    "climbs_out": _manifest(parts={"yinling.db": "0", "uploads/../../x": "0"}),
    "absolute": _manifest(parts={"yinling.db": "0", "/etc/x": "0"}),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_backup_is_refused_and_changes_nothing(sound, yinling, tmp_path, how):
    into = tmp_path / "into"
    said = yinling("restore", _rewritten(sound, BROKEN[how]), "--data", into, "--json")
    assert said.code == 2, said.err
    assert said.document["errors"][0]["message"]
    assert {path.name for path in into.iterdir()} <= {"up.lock"}


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_file_cut_short_is_refused(sound, yinling, tmp_path, keep):
    octets = sound.read_bytes()
    sound.write_bytes(octets[: keep if keep >= 1 else int(len(octets) * keep)])
    assert yinling("restore", sound, "--data", tmp_path / "into").code == 2
    assert not (tmp_path / "into" / "yinling.db").exists()


def test_a_sound_one_comes_back_by_the_command_and_no_secret_is_in_it(yinling, tmp_path):
    token = yinling("init", "--json").document["admin_token"]
    yinling("backup", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as zipped:
        assert not any(token.encode() in zipped.read(name) for name in zipped.namelist())
    said = yinling("restore", tmp_path / "b.zip", "--data", tmp_path / "into", "--json")
    assert said.code == 0, said.err
    assert yinling("doctor", "--data", tmp_path / "into").code == 0
    assert yinling("restore", tmp_path / "b.zip", "--data", tmp_path / "into").code == 2


def test_a_backup_that_cannot_be_written_leaves_nothing_behind(yinling, tmp_path):
    yinling("init")
    (tmp_path / "b.zip").mkdir()
    assert yinling("backup", tmp_path / "b.zip").code == 2
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
