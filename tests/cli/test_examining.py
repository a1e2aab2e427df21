"""doctor: it finds what is wrong, says the cure, and leaves alone what is merely not set up."""

import sqlite3
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from clock import real_now
from models import Notice, Person
from models.database import make_engine, transaction
from models.enums import NoticeKind, NoticeState
from outreach.clockwork import CUT_OFF, Changed, claim, fail, finish, sign_of_life
from tests.cli.conftest import NOW


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


def ran(engine, job, *, why=None, minutes=1):
    """A run that began some minutes ago and went well, or did not."""
    now = datetime.fromisoformat(NOW)
    slot = now - timedelta(minutes=minutes)
    with transaction(engine) as session:
        sign_of_life(session, "here", machine_now=real_now())
        held = claim(session, job, slot, runner="here", now=slot, machine_now=real_now())
        if why is None:
            finish(session, held, changed=Changed({"created": 1}), now=now)
        else:
            fail(session, held, why=why, now=now)


def test_a_job_that_fails_is_named_with_its_cause_and_what_follows_until_it_goes_well(office, yinling):
    ran(office, "close_month", why="OSError: disk full\nand more")
    said = yinling("doctor", "--json")
    assert said.code == 1
    check = _checks(said)["prefect"]
    assert not check["ok"]
    for words in ("按时关账", "OSError: disk full", "到期的月报还没有关账"):
        assert words in check["message"], words
    assert "and more" not in check["message"]
    ran(office, "close_month", minutes=0)
    assert _checks(yinling("doctor", "--json"))["prefect"]["ok"]


def test_a_failure_of_a_clockwork_that_no_longer_runs_is_told_and_is_no_fault(office, yinling):
    ran(office, "close_month", why="OSError: disk full")
    with transaction(office) as session:
        session.execute(text("DELETE FROM clockwork_runners"))
    check = _checks(yinling("doctor", "--json"))["prefect"]
    assert check["ok"]
    assert "没有在运行" in check["message"]
    assert "disk full" in check["message"]


def test_a_run_that_was_cut_off_and_covered_since_is_no_fault(office, yinling):
    ran(office, "close_month", why=CUT_OFF)
    check = _checks(yinling("doctor", "--json"))["prefect"]
    assert check["ok"]
    assert "没有做成" not in check["message"]


def test_notices_that_wait_and_that_have_to_be_told_by_telephone_are_counted(office, yinling):
    assert _checks(yinling("doctor", "--json"))["notices"]["message"] == "没有积压的通知。"
    now = datetime.fromisoformat(NOW)
    with transaction(office) as session:
        person = Person(code="V1", name="王秀英")
        session.add(person)
        session.flush()
        for number, state in enumerate(
            [NoticeState.DUE] * 3 + [NoticeState.FAILED] * 2 + [NoticeState.UNCERTAIN]
        ):
            due_at = now - timedelta(minutes=10 if number == 0 else 90)
            session.add(
                Notice(
                    dedupe_key=str(number),
                    person_id=person.id,
                    kind=NoticeKind.DIGEST,
                    words={},
                    created_at=due_at,
                    due_at=due_at,
                    expires_at=now + timedelta(days=1),
                    state=state,
                    next_try_at=due_at,
                )
            )
    said = yinling("doctor", "--json")
    assert said.code == 0
    message = _checks(said)["notices"]["message"]
    assert "有 2 条通知到点一小时还没发出" in message
    assert "有 3 条要打电话告诉（2 条没送到，1 条不知道到没到）" in message


def test_notices_that_cannot_be_sent_are_a_fault(office, yinling):
    ran(office, "deliver_notices", why="ConnectionRefusedError: no")
    check = _checks(yinling("doctor", "--json"))["notices"]
    assert not check["ok"]
    assert "ConnectionRefusedError" in check["message"]


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
