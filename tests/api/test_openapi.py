"""The description of the API: complete, and kept to whatever is sent."""

import json
import tempfile

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from api.app import create_app
from clock import Clock, command_clock
from flows.jobs import jobs
from models.database import make_engine, transaction
from models.enums import AccountRole
from outreach import accounts
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from settings import Settings
from tests.conftest import NOW, _copied_database

DESCRIPTION = "/api/v1/openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
METHODS = ("get", "post", "put", "patch", "delete")

# Random codes meet nothing; these stand in the database.
KNOWN = {
    "units": "BJ",
    "people": "V001",
    "teams": "T1",
    "posts": "B1",
    "pairings": "J1",
    "campaigns": "XX15",
    "cases": "C1",
    "suggestions": "Y1",
    "ledger": "1",
    "activities": "1",
    "runs": "plan_horizon",
}


COUNTY = (
    ("units", {"code": "BJ", "name": "老干部局"}),
    ("people", {"code": "V001", "name": "王秀英", "unit_code": "BJ", "roles": ["volunteer"]}),
    ("people", {"code": "R001", "name": "何玉兰", "unit_code": "BJ", "roles": ["retiree"]}),
    ("teams", {"code": "T1", "name": "队", "unit_code": "BJ", "members": ["V001"]}),
    (
        "pairings",
        {
            "code": "J1",
            "kind": "liaison",
            "supporter_code": "V001",
            "beneficiary_code": "R001",
            "since": "2026-01-01",
        },
    ),
    (
        "posts",
        {
            "code": "B1",
            "post": "书记",
            "person_code": "V001",
            "unit_code": "BJ",
            "since": "2026-01-01",
        },
    ),
    (
        "campaigns",
        {
            "code": "XX15",
            "name": "学习",
            "kind": "study",
            "unit_code": "BJ",
            "schedule": "RRULE:FREQ=MONTHLY;BYMONTHDAY=15",
            "starts_on": "2026-01-01",
            "ends_on": "2026-12-31",
            "status": "active",
            "metrics": ["study.sessions"],
        },
    ),
    ("cases", {"code": "C1", "kind": "hospital", "person_code": "R001"}),
    ("suggestions", {"code": "Y1", "text": "路灯", "person_code": "V001"}),
    ("ledger", {"paid_on": "2026-09-01", "kind": "cash", "amount": "500", "person_code": "R001"}),
)
"""A little of everything."""


def _operations():
    """Every method of every path, as the application itself describes them."""
    nowhere = make_engine("sqlite://")
    app = create_app(Settings(data=tempfile.gettempdir()), nowhere, Clock())
    paths = app.openapi()["paths"]
    return [(method, path) for path, deeds in paths.items() for method in deeds if method in METHODS]


@pytest.fixture(scope="module")
def module_engine(database_kind, request, tmp_path_factory):
    """A database that all operations share: what one has left behind, the next must bear."""
    with _copied_database(database_kind, request, tmp_path_factory.mktemp("openapi")) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def described(module_engine, tmp_path_factory):
    """The description of an application with a little of everything in it, and the headers of who may do all."""
    with transaction(module_engine) as session:
        keep_dictionary(session)
        token = accounts.make_token(session, "tester", role=AccountRole.ADMINISTRATOR, by=CONSOLE, now=NOW)
    office = Settings(data=tmp_path_factory.mktemp("data"))
    app = create_app(office, module_engine, command_clock(NOW), jobs=jobs(office.zone))
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(app, headers=headers) as client:
        for path, body in COUNTY:
            answer = client.post(f"/api/v1/{path}", json=body)
            assert answer.status_code == 201, (path, answer.text)
    return schemathesis.openapi.from_asgi(DESCRIPTION, app), headers


def test_the_description_needs_no_sign_in_and_names_every_tag(nobody):
    schema = nobody.get(DESCRIPTION).json()
    assert schema["openapi"].startswith("3.")
    used = {tag for path in schema["paths"].values() for deed in path.values() for tag in deed["tags"]}
    assert used <= {tag["name"] for tag in schema["tags"]}


def test_every_reference_of_the_description_is_there(nobody):
    schema = nobody.get(DESCRIPTION).json()
    names = {part.split('"')[0] for part in json.dumps(schema).split("#/components/schemas/")[1:]}
    assert names
    assert names <= schema["components"]["schemas"].keys()


@pytest.mark.parametrize(("method", "path"), _operations())
def test_whatever_is_sent_the_answer_is_one_that_is_described(method, path, described):
    schema, headers = described
    operation = schema[path][method.upper()]
    noun = path.removeprefix("/api/v1/").partition("/")[0]
    modes = [GenerationMode.POSITIVE]
    if list(operation.iter_parameters()) or list(operation.body):
        modes.append(GenerationMode.NEGATIVE)

    for mode in modes:

        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
        def send(case, is_known):
            if is_known and noun in KNOWN:
                for name in {"code", "entry_id", "activity_id", "job"} & (case.path_parameters or {}).keys():
                    case.path_parameters[name] = KNOWN[noun]
            case.call_and_validate(headers=headers, checks=CHECKS)

        send()
