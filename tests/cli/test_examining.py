"""doctor: it finds what is wrong, says the cure, and leaves alone what is merely not set up."""

import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import text

from clock import real_now
from models.database import make_engine, transaction


def _checks(said):
    return {check["name"]: check for check in said.document["checks"]}


@pytest.fixture
def office(yinling, data):
    yinling("init")
    engine = make_engine(f"sqlite:///{data / 'yinling.db'}")
    yield engine
    engine.dispose()


def test_a_new_office_is_well_though_nothing_runs_and_mail_is_not_set_up(yinling, on_either_database):
    said = yinling("doctor", "--json")
    assert said.code == 0, said.out
    checks = _checks(said)
    assert all(check["ok"] for check in checks.values())
    assert "YINLING_SMTP_URL" in checks["mail"]["message"]
    assert "yinling up" in checks["prefect"]["message"]


def test_an_address_that_phones_cannot_reach_is_told_and_is_no_fault(office, yinling, monkeypatch):
    for url, told in (
        ("http://127.0.0.1:8000", "YINLING_PUBLIC_URL"),
        ("http://office.example.org", "https"),
        ("https://office.example.org", "https://office.example.org"),
    ):
        monkeypatch.setenv("YINLING_PUBLIC_URL", url)
        check = _checks(yinling("doctor", "--json"))["settings"]
        assert check["ok"]
        assert told in check["message"]


def test_a_figure_that_is_off_is_found_on_either_database(yinling, on_either_database):
    yinling("migrate")
    engine = make_engine(on_either_database)
    with transaction(engine) as session:
        unit = "SELECT min(id) FROM units"
        metric = "SELECT id FROM metrics WHERE code = 'study.sessions'"
        session.execute(
            text(
                "INSERT INTO units (code, name, kind, since, until) "
                "VALUES ('U', 'U', '', '0001-01-01', '9999-12-31')"
            )
        )
        session.execute(
            text(
                "INSERT INTO rollups (month, unit_id, metric_id, combination, value, sources, at_least, nearly, about)"
                f" VALUES ('2026-01-01', ({unit}), ({metric}), '', 100, 1, 0, 0, 0)"
            )
        )
    engine.dispose()
    said = yinling("doctor", "--json")
    assert said.code == 1
    assert said.document["ok"] is False
    checks = _checks(said)
    assert not checks["tallies"]["ok"]
    assert "study.sessions" in checks["tallies"]["message"]
    assert checks["database"]["ok"]
    assert "✗ tallies" in yinling("doctor").out


def test_a_reference_to_nothing_is_found(office, yinling, data):
    with sqlite3.connect(data / "yinling.db") as database:
        database.execute("INSERT INTO grants (account_id, role) VALUES (999, 'viewer')")
    database.close()
    said = yinling("doctor", "--json")
    assert said.code == 1
    assert not _checks(said)["database"]["ok"]


def test_a_file_that_is_no_database_is_found(office, yinling, data):
    office.dispose()
    for name in ("yinling.db-wal", "yinling.db-shm"):
        (data / name).unlink(missing_ok=True)
    (data / "yinling.db").write_bytes(b"not a database" * 1000)
    said = yinling("doctor", "--json")
    assert said.code == 1
    assert not _checks(said)["database"]["ok"]


def test_a_missing_database_says_what_to_do(yinling):
    said = yinling("doctor", "--json")
    assert said.code == 1
    assert "init" in _checks(said)["database"]["message"]


def test_an_older_schema_is_named_with_its_cure(office, yinling):
    with transaction(office) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    check = _checks(yinling("doctor", "--json"))["migrations"]
    assert not check["ok"]
    assert "yinling migrate" in check["message"]


def test_a_clock_that_was_set_back_is_found(office, yinling):
    with transaction(office) as session:
        session.execute(
            text("INSERT INTO clockwork_runners (name, seen_at) VALUES ('here', :seen)"),
            {"seen": (real_now() + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S.%f")},
        )
    assert not _checks(yinling("doctor", "--json"))["clock"]["ok"]


def test_mail_that_is_set_up_and_does_not_answer_is_a_fault_without_its_password(
    office, yinling, monkeypatch
):
    monkeypatch.setenv("YINLING_SMTP_URL", "smtp://li:geheim@127.0.0.1:9")
    said = yinling("doctor", "--json")
    assert said.code == 1
    assert not _checks(said)["mail"]["ok"]
    assert "geheim" not in said.out + said.err
