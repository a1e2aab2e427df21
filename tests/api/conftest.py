"""The real application over a database of its own, asked by HTTP without a network."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from api.app import create_app, furnish
from clock import Clock, command_clock
from flows.jobs import jobs
from models.database import make_engine, transaction
from models.enums import AccountRole
from outreach import accounts, remembered
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from settings import Settings

SignIn = Callable[..., TestClient]
GetIn = Callable[..., TestClient]
PASSWORD = "秋天的柿子红彤彤"
HTML = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "zh-CN"}


@pytest.fixture
def clock(now: datetime) -> Clock:
    return command_clock(now)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database_url=database_url, public_url="http://testserver")


@pytest.fixture(scope="session")
def empty_app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application, made once: hanging up its routes takes longer than most tests."""
    nowhere = Settings(data=tmp_path_factory.mktemp("nowhere"))
    return create_app(nowhere, make_engine("sqlite://"), Clock())


@pytest.fixture
def app(empty_app: FastAPI, settings: Settings, fresh_database: Engine, clock: Clock) -> Iterator[FastAPI]:
    """The application over a database of the test's own; routes that a test adds go with it."""
    with transaction(fresh_database) as session:
        keep_dictionary(session)
    furnish(empty_app, settings, fresh_database, clock, jobs=jobs(settings.zone))
    routes = list(empty_app.router.routes)
    yield empty_app
    empty_app.router.routes[:] = routes
    empty_app.openapi_schema = None


@pytest.fixture
def nobody(app: FastAPI) -> Iterator[TestClient]:
    """A client that brings neither token nor session."""
    with TestClient(app, headers={"Accept-Language": "en"}) as client:
        yield client


@pytest.fixture
def as_role(app: FastAPI, fresh_database: Engine, now: datetime) -> Iterator[SignIn]:
    """Clients with a token: `as_role("recorder", unit="Z01")`; the unit must exist."""
    opened: list[TestClient] = []

    def sign_in(role: str = "administrator", *, unit: str | None = None) -> TestClient:
        with transaction(fresh_database) as session:
            token = accounts.make_token(
                session, f"{role}-{unit}", role=AccountRole(role), unit_code=unit, by=CONSOLE, now=now
            )
        client = TestClient(app, headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"})
        opened.append(client.__enter__())
        return client

    yield sign_in
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def admin(as_role: SignIn) -> TestClient:
    """A client that may do everything."""
    return as_role("administrator")


@pytest.fixture
def office(admin: TestClient) -> TestClient:
    """A bureau with two townships and three people, for whom everything may be asked."""
    for path, body in (
        ("units", {"code": "BJ", "name": "老干部局", "kind": "bureau"}),
        ("units", {"code": "Z01", "name": "白果乡", "parent_code": "BJ", "kind": "township"}),
        ("units", {"code": "Z02", "name": "南阳乡", "parent_code": "BJ", "kind": "township"}),
        ("people", {"code": "V1", "name": "王秀英", "unit_code": "Z01", "roles": ["volunteer"]}),
        ("people", {"code": "V2", "name": "单国庆", "unit_code": "Z02", "roles": ["volunteer", "retiree"]}),
        ("people", {"code": "R1", "name": "何玉兰", "unit_code": "Z01", "roles": ["retiree"]}),
    ):
        answer = admin.post(f"/api/v1/{path}", json=body)
        assert answer.status_code == 201, answer.text
    return admin


@pytest.fixture
def reader(app: FastAPI) -> Iterator[TestClient]:
    """A browser that nobody has signed in with, and that shows each answer as it comes."""
    with TestClient(app, headers=HTML, follow_redirects=False) as client:
        yield client


@pytest.fixture
def get_in(reader: TestClient, fresh_database: Engine, now: datetime) -> GetIn:
    """Signs the reader in: `get_in("viewer", unit="X01")`."""

    def sign_in(role: str = "administrator", *, unit: str | None = None) -> TestClient:
        with transaction(fresh_database) as session:
            link = accounts.make_account(
                session, f"{role}-{unit}", role=AccountRole(role), unit_code=unit, by=CONSOLE, now=now
            )
        account = {"step": "account", "name": f"{role}-{unit}", "password": PASSWORD, "again": PASSWORD}
        assert reader.post(f"/welcome/{link}", data=account).status_code == 303
        return reader

    return sign_in


@pytest.fixture
def counted(fresh_database: Engine) -> Callable[[Callable[[], object]], int]:
    """How many statements the database is asked while something is done, when nothing of it is remembered."""

    def count(ask: Callable[[], object]) -> int:
        asked: list[object] = []

        def note(*each: object) -> None:
            if not str(each[2]).startswith("BEGIN"):  # which SQLite is told, and PostgreSQL is not
                asked.append(each[2])

        remembered._ANSWERS.pop(fresh_database.pool, None)
        event.listen(fresh_database, "before_cursor_execute", note)
        ask()
        event.remove(fresh_database, "before_cursor_execute", note)
        return len(asked)

    return count
