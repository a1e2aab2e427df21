"""How Prefect's server is set up, on one machine and scaled out."""

from pathlib import Path

from cli.prefect_server import LOOPBACK, server_environment
from cli.supervisor import listening
from settings import Settings


def test_on_one_machine_it_keeps_to_itself(tmp_path: Path) -> None:
    told = server_environment(Settings(data=tmp_path), 4200, LOOPBACK)
    assert told["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert told["PREFECT_SERVER_UI_ENABLED"] == "true"
    assert not [name for name in told if "REDIS" in name or "CONNECTION_URL" in name or "BROKER" in name]


def test_scaled_out_it_uses_postgresql_and_redis_and_shows_its_pages_to_nobody(tmp_path: Path) -> None:
    database, redis = "postgresql+asyncpg://yinling:secret@database/prefect", "redis://messages:6379/0"
    settings = Settings(data=tmp_path, prefect_database_url=database, redis_url=redis)
    told = server_environment(settings, 4200, "0.0.0.0")
    assert told["PREFECT_API_DATABASE_CONNECTION_URL"] == database
    assert told["PREFECT_REDIS_MESSAGING_URL"] == told["PREFECT_SERVER_DOCKET_URL"] == redis
    assert told["PREFECT_SERVER_UI_ENABLED"] == "false"


def test_two_that_prefer_the_same_port_get_one_each() -> None:
    with listening(0) as first, listening(first.getsockname()[1]) as second:
        assert first.getsockname()[1] != second.getsockname()[1]
