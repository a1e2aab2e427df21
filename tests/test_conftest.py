"""The ground that all other tests stand on."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Base
from models.database import transaction
from models.organisation import Unit
from tests.conftest import ROOT
from tests.postgres import find_binaries, running_cluster


def test_every_table_is_there_and_empty(session: Session) -> None:
    there = inspect(session.connection()).get_table_names()

    assert set(Base.metadata.tables) <= set(there)
    assert session.scalars(select(Unit)).all() == []


@pytest.mark.parametrize("_time", ["first", "second"])
def test_what_a_session_wrote_is_gone_for_the_next_test(session: Session, _time: str) -> None:
    assert session.scalars(select(Unit.code)).all() == []
    session.add(Unit(code="BJ", name="北街"))
    session.commit()

    assert session.scalars(select(Unit.code)).all() == ["BJ"]


def test_a_session_goes_on_after_the_database_refused_a_row(session: Session) -> None:
    session.add(Unit(code="BJ", name="北街"))
    session.commit()
    session.add(Unit(code="BJ", name="又一个"))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()

    assert session.scalars(select(Unit.name)).all() == ["北街"]


@pytest.mark.parametrize("_time", ["first", "second"])
def test_a_fresh_database_is_this_tests_own(fresh_database: Engine, _time: str) -> None:
    with transaction(fresh_database) as session:
        session.add(Unit(code="BJ", name="北街"))
    with transaction(fresh_database) as session:
        assert session.scalars(select(Unit.code)).all() == ["BJ"]


def test_foreign_keys_are_held(fresh_database: Engine) -> None:
    with fresh_database.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(text("INSERT INTO teams (code, name, unit_id) VALUES ('T', 'T', 4711)"))


def test_the_server_ends_when_the_tests_are_killed() -> None:
    """Otherwise each interrupted run would leave a server behind."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine")
    program = (
        "import sys, time; from pathlib import Path; from tests.postgres import running_cluster\n"
        "with running_cluster(Path(sys.argv[1])) as cluster: print(cluster.folder, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, binaries], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        run.send_signal(signal.SIGKILL)

    assert _soon(lambda: not _is_alive(server))
    assert _soon(lambda: not (folder / "data").exists())


def test_a_cluster_is_gone_when_its_block_ends() -> None:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine")
    with running_cluster(binaries) as cluster:
        assert cluster.folder.exists()

    assert not cluster.folder.exists()


OF_A_TEST_RUN = """
import logging
from pathlib import Path
import pytest

def test_logs_an_error_of_the_program():
    logger = logging.getLogger("outreach.planning")
    logger.handle(logger.makeRecord(logger.name, logging.ERROR, {source!r}, 1, "it went wrong", (), None))

@pytest.mark.logs_errors
def test_is_meant_to_log_an_error():
    test_logs_an_error_of_the_program()

def test_skips():
    pytest.skip("nothing to run it with")
"""


@pytest.mark.parametrize(
    ("forbidden", "outcome"),
    [("0", "2 passed, 1 skipped, 1 error"), ("1", "1 failed, 2 passed, 1 error")],
)
def test_logged_errors_fail_and_skips_fail_where_they_are_forbidden(
    tmp_path: Path, forbidden: str, outcome: str
) -> None:
    (tmp_path / "test_sample.py").write_text(
        OF_A_TEST_RUN.format(source=str(ROOT / "outreach" / "planning.py"))
    )
    quietly = ["-q", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *quietly,
            "-c",
            ROOT / "pyproject.toml",
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        cwd=ROOT,
        env={**os.environ, "YINLING_TEST_NO_SKIP": forbidden},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stdout.splitlines()[-1].startswith(outcome), run.stdout


def test_libraries_errors_are_left_to_them() -> None:
    logging.getLogger("some.library").error("not ours")


def _soon(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold; the wait is long, and ends."""
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # A stopped child of a killed parent may wait to be collected by the system.
    state = Path(f"/proc/{process}/stat")
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")
