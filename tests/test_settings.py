"""The settings say what the environment says, and refuse what they cannot mean."""

import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from settings import Settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("YINLING_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_any_variable_everything_lies_in_a_data_folder_here(tmp_path: Path) -> None:
    settings = Settings()

    assert settings.data == tmp_path / "data"
    assert settings.database_url == f"sqlite:///{tmp_path}/data/yinling.db"
    assert settings.is_embedded
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.zone == ZoneInfo("Asia/Shanghai")
    assert settings.language == "zh_Hans"
    assert (settings.smtp_url, settings.prefect_api_url) == (None, None)
    assert settings.now is None


def test_the_data_folder_stays_where_it_was_when_the_process_changes_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("YINLING_DATA", "county")
    settings = Settings()
    monkeypatch.chdir("/")

    assert settings.data == tmp_path / "county"


def test_a_keyword_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("YINLING_DATA", "county")

    assert Settings(data=Path("other")).data == tmp_path / "other"


def test_a_postgresql_address_passes_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql+psycopg://app:p%40ss@/yinling?host=/run/postgresql"
    monkeypatch.setenv("YINLING_DATABASE_URL", address)

    assert Settings().database_url == address
    assert not Settings().is_embedded


@pytest.mark.parametrize(
    ("listen", "public_url"),
    [
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::1]:8001", "http://[::1]:8001"),
        ("[::]:8001", "http://[::1]:8001"),
        ("yinling.local:8000", "http://yinling.local:8000"),
    ],
)
def test_links_are_written_with_the_address_that_is_listened_on(
    monkeypatch: pytest.MonkeyPatch, listen: str, public_url: str
) -> None:
    monkeypatch.setenv("YINLING_LISTEN", listen)

    assert Settings().public_url == public_url


def test_a_public_address_is_kept_without_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINLING_PUBLIC_URL", "https://yinling.example.org/office/")

    assert Settings().public_url == "https://yinling.example.org/office"


def test_a_rehearsal_without_offset_is_local_time_of_the_office(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINLING_NOW", "2026-09-20T08:00:00")

    assert Settings().now == datetime.fromisoformat("2026-09-20T00:00:00+00:00")


def test_a_rehearsal_with_an_offset_is_that_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINLING_NOW", "2026-09-20T08:00:00Z")

    assert Settings().now == datetime.fromisoformat("2026-09-20T08:00:00+00:00")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP_URL", "NOW", "DATABASE_URL", "PUBLIC_URL", "LANGUAGE"):
        monkeypatch.setenv(f"YINLING_{name}", "")
    settings = Settings()

    assert (settings.smtp_url, settings.now, settings.language) == (None, None, "zh_Hans")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEZONE", "Asia/Peking"),
        ("TIMEZONE", "../etc/passwd"),
        ("LANGUAGE", "fr"),
        ("LISTEN", "8000"),
        ("LISTEN", "127.0.0.1:"),
        ("LISTEN", "127.0.0.1:99999"),
        ("LISTEN", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "yinling.example.org"),
        ("PUBLIC_URL", "ftp://yinling.example.org"),
        ("DATABASE_URL", "mysql://app@localhost/yinling"),
        ("SMTP_URL", "mail.example.org:587"),
        ("NOW", "yesterday"),
        ("CLOCK_ANCHOR", "yesterday"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"YINLING_{name}", value)

    with pytest.raises(ValidationError) as refusal:
        Settings()
    assert [error["loc"] for error in refusal.value.errors()] == [(name.lower(),)]


def test_no_password_is_shown_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINLING_DATABASE_URL", "postgresql+psycopg://app:hunter2@db/yinling")
    monkeypatch.setenv("YINLING_SMTP_URL", "smtp://office:hunter2@mail.example.org:587")

    assert "hunter2" not in repr(Settings())


def test_the_password_of_the_database_may_stand_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("p@ss/word\n")
    monkeypatch.setenv("YINLING_DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("YINLING_DATABASE_URL", "postgresql+psycopg://yinling@database/yinling")
    monkeypatch.setenv("YINLING_PREFECT_DATABASE_URL", "postgresql+asyncpg://yinling@database/prefect")

    settings = Settings()

    assert settings.database_url == "postgresql+psycopg://yinling:p%40ss%2Fword@database/yinling"
    assert settings.prefect_database_url == "postgresql+asyncpg://yinling:p%40ss%2Fword@database/prefect"
    assert "p%40ss" not in repr(settings)


def test_a_password_in_the_address_comes_before_the_file_and_sqlite_needs_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("other")
    monkeypatch.setenv("YINLING_DATABASE_PASSWORD_FILE", str(tmp_path / "password"))

    assert Settings().database_url == f"sqlite:///{tmp_path}/data/yinling.db"
    own = "postgresql+psycopg://yinling:own@database/yinling"
    assert Settings(database_url=own).database_url == own


@pytest.mark.parametrize(
    ("held", "url"), [("smtp://me:secret@mail:587\n", "smtp://me:secret@mail:587"), ("\n", None)]
)
def test_the_address_of_the_mail_server_may_stand_in_a_file(
    held: str, url: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "smtp").write_text(held)
    monkeypatch.setenv("YINLING_SMTP_URL_FILE", str(tmp_path / "smtp"))

    assert Settings().smtp_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YINLING_DATABASE_PASSWORD_FILE", "nowhere"),
        ("YINLING_SMTP_URL_FILE", "nowhere"),
        ("YINLING_SMTP_URL_FILE", "no-address"),
        ("YINLING_REDIS_URL", "memory://"),
        ("YINLING_PREFECT_DATABASE_URL", "postgresql+psycopg://yinling@database/prefect"),
    ],
)
def test_a_file_that_cannot_be_read_or_an_address_of_another_kind_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "no-address").write_text("mail.example.org")
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name.removeprefix("YINLING_").lower()):
        Settings()


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ({"mail_from": "银龄 <office@example.org>"}, "银龄 <office@example.org>"),
        ({"smtp_url": "smtp://me%40example.org:secret@mail:587"}, "me@example.org"),
        (
            {"smtp_url": "smtp://me:secret@mail", "public_url": "https://yl.example.org"},
            "yinling@yl.example.org",
        ),
        ({"listen": "[::1]:8000"}, "yinling@[::1]"),
    ],
)
def test_notices_are_sent_from_the_office_else_from_the_mailbox_else_from_the_host(given, sender):
    assert Settings(**given).mail_from == sender


@pytest.mark.parametrize("wrong", ["office", "@example.org", "office@", "局@example.org"])
def test_a_sender_that_is_no_address_is_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(mail_from=wrong)
