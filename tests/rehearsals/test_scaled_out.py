"""The form of docker-compose.yml as processes: one PostgreSQL, one Redis, one Prefect server, two web processes behind
the proxy, two clockworks; each of them killed in turn, one of them in mid-work.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from redis import Redis

from flows.serve import ASKED
from tests.conftest import ROOT
from tests.postgres import Cluster
from tests.rehearsals.clockwork import Clockwork, clockwork_of, expect_all_well
from tests.rehearsals.conftest import NIGHT, Caller, Stage, a_token, children, free_port, set_up_office, until
from tests.rehearsals.recorder import Recorder

pytestmark = pytest.mark.rehearsal

CAMPAIGNS = 60
"""So many that a night's plan takes a while: there is time to cut it off."""
UPSTREAMS = "dynamic a {$API_HOST:api} {$API_PORT:8000} {\n\t\t\trefresh 5s\n\t\t}"
REDIS = next(filter(None, map(shutil.which, ("redis-server", "valkey-server"))), None)


class Topology(Stage):
    """All parts, each started by its name and started again after it was killed."""

    def __init__(self, folder: Path, cluster: Cluster, database_url: str) -> None:
        prefect_port, redis_port, proxy_port = free_port(), free_port(), free_port()
        environment = {
            "YINLING_PUBLIC_URL": f"http://127.0.0.1:{proxy_port}",
            "YINLING_DATABASE_URL": database_url,
            "YINLING_PREFECT_API_URL": f"http://127.0.0.1:{prefect_port}/api",
            "YINLING_NOW": NIGHT,
        }
        super().__init__(folder / "data", environment)
        name = f"{database_url.rpartition('/')[2].partition('?')[0]}_prefect"
        self.prefect_database = cluster.create(name).replace("+psycopg", "+asyncpg")
        self.prefect_port, self.redis_port, self.proxy_port = prefect_port, redis_port, proxy_port
        self.web_ports = (free_port(), free_port())
        self.parts: dict[str, subprocess.Popen[str]] = {}
        self.link = ""
        """A secret one, which no log may have."""

    def start_part(self, name: str) -> subprocess.Popen[str]:
        """Start a part, for the first time or again."""
        self.parts[name] = self._starters()[name]()
        return self.parts[name]

    def kill(self, name: str) -> None:
        """SIGKILL, for the part alone."""
        self.parts[name].kill()
        self.parts[name].wait()

    def restart_what_ended(self) -> None:
        """As the engine does that runs the containers."""
        for name, process in self.parts.items():
            if process.poll() is not None:
                self.start_part(name)

    def web(self, number: int) -> str:
        return f"http://127.0.0.1:{self.web_ports[number]}"

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.proxy_port}"

    def log_of(self, name: str) -> str:
        return self.said(self.parts[name])

    def _starters(self) -> dict[str, Callable[[], subprocess.Popen[str]]]:
        redis = ["--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self.data.parent)]
        prefect = {"YINLING_PREFECT_DATABASE_URL": self.prefect_database}
        if REDIS is not None:
            prefect["YINLING_REDIS_URL"] = f"redis://127.0.0.1:{self.redis_port}/0"
        server = [sys.executable, "-m", "cli.prefect_server", str(self.prefect_port)]
        return {
            "redis": lambda: self.start_program([f"{REDIS}", *redis, "--appendonly", "yes"], "redis", {}),
            "prefect": lambda: self.start_program(server, "prefect", prefect),
            "web 0": lambda: self.start("api", port=self.web_ports[0]),
            "web 1": lambda: self.start("api", port=self.web_ports[1]),
            "flows 0": lambda: self.start("flows"),
            "flows 1": lambda: self.start("flows"),
            "proxy": self._start_proxy,
        }

    def _start_proxy(self) -> subprocess.Popen[str]:
        """With the file of the scaled-out form; a name of several addresses is what this machine may not have."""
        text = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
        assert text.count(UPSTREAMS) == 1
        upstreams = " ".join(f"127.0.0.1:{port}" for port in self.web_ports)
        file = self.data.parent / "Caddyfile"
        file.write_text(text.replace(UPSTREAMS, f"to {upstreams}"), "utf-8")
        environment = {
            "YINLING_PUBLIC_URL": self.proxy,
            "TLS": "internal",
            "HTTP_PORT": str(self.proxy_port),
            "HTTPS_PORT": str(free_port()),
            "HEALTH_PORT": str(free_port()),
            "HOME": str(self.data.parent),
        }
        caddy = str(Path(sys.executable).parent / "caddy")
        return self.start_program(
            [caddy, "run", "--adapter", "caddyfile", "--config", str(file)], "proxy", environment
        )


@pytest.fixture
def topology(
    postgres_cluster: Cluster,
    postgres_template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Topology]:
    name = f"scaled_{os.getpid()}"
    parts = Topology(tmp_path, postgres_cluster, postgres_cluster.create(name, template=postgres_template))
    set_up_office(
        tmp_path,
        campaigns=CAMPAIGNS,
        environment={**parts.environment, "YINLING_DATA": str(parts.data)},
        monkeypatch=monkeypatch,
    )
    yield parts
    parts.end()
    postgres_cluster.drop(name)
    postgres_cluster.drop(f"{name}_prefect")


@pytest.fixture
def clockwork(topology: Topology) -> Iterator[Clockwork]:
    with clockwork_of(topology.environment["YINLING_DATABASE_URL"]) as the_clockwork:
        yield the_clockwork


def _answers(url: str) -> bool:
    with urlopen(f"{url}/healthz", timeout=10) as answer:
        return bool(answer.status == 200)


def _feed(url: str, path: str) -> tuple[bytes, str]:
    with urlopen(Request(url + path), timeout=30) as answer:
        return answer.read(), answer.headers["etag"]


def _ticks_on(topology: Topology, clockwork: Clockwork, what: str) -> None:
    """Wait for signs of life that are newer than now, twice: the first may have been under way."""
    for _ in range(2):
        before = clockwork.seen_at()

        def is_newer(before: datetime | None = before) -> bool:
            topology.restart_what_ended()
            return clockwork.seen_at() != before

        until(is_newer, what=what)


def test_the_parts_work_together_and_each_may_be_killed(
    topology: Topology, clockwork: Clockwork, capfd: pytest.CaptureFixture[str]
) -> None:
    token = a_token(capfd)
    for name in (["redis"] if REDIS else []) + ["prefect", "web 0", "web 1", "proxy"]:
        topology.start_part(name)
    for url in (topology.web(0), topology.web(1), topology.proxy):
        until(lambda url=url: _answers(url), what=url)
    callers = [Caller(topology.web(0), token), Caller(topology.web(1), token)]
    through_proxy = Caller(topology.proxy, token)

    _a_change_is_seen_from_the_other_process_within_a_second(topology, callers)

    recorder = Recorder(through_proxy)
    recorder.start()
    try:
        # Alone, it has the night's work to itself, and is told to end in the middle of it.
        topology.start_part("flows 0")
        first = clockwork.wait_for_work()
        _ends_when_told(topology, "flows 0")
        # It begins again, and is killed with all that it started: the other one takes over.
        topology.start_part("flows 0")
        child = clockwork.wait_for_work(other_than=first)
        assert child in _below(topology.parts["flows 0"].pid)
        topology.kill("flows 0")
        os.kill(child, signal.SIGKILL)
        topology.start_part("flows 1")
        until(clockwork.night_is_done, what="the night's jobs, taken over")
        assert set(clockwork.attempts()) == {3}

        topology.start_part("flows 0")
        topology.kill("web 0")
        assert all(_answers(topology.proxy) for _ in range(20)), "the proxy passes over the dead one"
        topology.start_part("web 0")
        for part in ["prefect", *(["redis"] if REDIS else [])]:
            topology.kill(part)
            assert _answers(topology.proxy)
            callers[1].ask("activities?from=2026-11-01&to=2026-11-01")
            topology.start_part(part)
            _ticks_on(topology, clockwork, f"the clockwork after the death of {part}")
        until(lambda: _answers(topology.web(0)), what="the first web process again")
    finally:
        recorder.stop()

    recorder.expect_kept()
    expect_all_well(clockwork, capfd)
    until((topology.data / ASKED).exists, what="the sign of life that the engine looks for")
    _no_log_has_a_link(topology)
    for name in ("flows 0", "flows 1", "web 0", "web 1"):
        _ends_when_told(topology, name)
    if REDIS is None:
        pytest.skip("all of it was rehearsed but Redis, which this machine does not have")
    assert Redis(port=topology.redis_port).dbsize() > 0, "Prefect passed its events on through it"


def _a_change_is_seen_from_the_other_process_within_a_second(
    topology: Topology, callers: list[Caller]
) -> None:
    issued = callers[0].ask("feeds", {"scope": "unit:BJ", "privacy": "full"}, method="POST")
    path = "/feeds/" + issued["url"].partition("/feeds/")[2]
    topology.link = path
    assert _feed(topology.web(0), path) == _feed(topology.web(1), path) == _feed(topology.proxy, path)
    (activity,) = callers[0].ask("activities?campaign=TV&from=2026-10-20&to=2026-10-20")["items"]
    before = _feed(topology.web(1), path)
    change = {"place": "老干部活动中心"}
    callers[0].ask(f"activities/{activity['id']}", change, method="PATCH", **{"if-match": "*"})
    time.sleep(1)
    after = _feed(topology.web(1), path)
    assert "老干部活动中心".encode() in after[0].replace(b"\r\n ", b"")
    assert after[1] != before[1]
    assert _feed(topology.web(0), path) == after == _feed(topology.proxy, path)


def _below(pid: int) -> set[int]:
    """The processes that this one started, and those that they started."""
    found = set(children(pid))
    return found.union(*(_below(child) for child in found))


def _no_log_has_a_link(topology: Topology) -> None:
    link = topology.link.removeprefix("/feeds/").removesuffix(".ics")
    for log in topology.data.parent.glob("*.log"):
        assert link not in log.read_text("utf-8"), log.name


def _ends_when_told(topology: Topology, name: str) -> None:
    process = topology.parts[name]
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0, name
