"""The one reader of the environment: how this process runs. How the office works lives in the database."""

from datetime import datetime
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

from clock import Anchor

Language = Literal["zh_Hans", "zh_Hant", "en"]

DATA_MODE = 0o700
"""The data folder is made for its owner alone: it holds people's records."""

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked about, never bound here


class Settings(BaseSettings):
    """What the variables `YINLING_…` say; `Settings()` reads them, keywords override them."""

    model_config = SettingsConfigDict(
        env_prefix="YINLING_",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    data: Path = Field(default=Path("data"), validate_default=True)
    """The folder of everything that is kept: database, backups made before an upgrade, logs, Prefect's home."""

    database_url: str = Field(default="", repr=False)
    """`postgresql+psycopg://…` for the scaled-out form; a SQLite file in the data folder otherwise."""

    database_password_file: Path | None = None
    """The file that holds the password of PostgreSQL, so that no environment has to; for addresses without one."""

    listen: str = "127.0.0.1:8000"
    """Address and port of the web process; an IPv6 address stands in brackets."""

    public_url: str = ""
    """What links and feeds are written with, without a slash at the end; derived from `listen` otherwise."""

    timezone: str = "Asia/Shanghai"
    """The organisation's zone, in which a day begins and ends."""

    language: Language = "zh_Hans"
    """The language of what nobody has chosen a language for."""

    smtp_url: str | None = Field(default=None, repr=False)
    """`smtp://user:password@host:587`, or `smtps://…:465`; without it notices become files in the data folder."""

    smtp_url_file: Path | None = None
    """The file that holds `smtp_url`, instead of the environment; an empty one says as much as none."""

    mail_from: str = ""
    """What notices are sent from; otherwise the user of `smtp_url` where that is an address, else `yinling@` and the
    host of `public_url`."""

    prefect_api_url: str | None = None
    """The Prefect server of the scaled-out form; without it, one is started here."""

    prefect_database_url: str = Field(default="", repr=False)
    """`postgresql+asyncpg://…` for the Prefect server of the scaled-out form; a file in the data folder otherwise."""

    redis_url: str | None = Field(default=None, repr=False)
    """`redis://…`, through which that Prefect server passes its events on; within the one process otherwise."""

    now: datetime | None = None
    """The instant of a rehearsal; see `clock`. Without an offset it is local time of `timezone`."""

    clock_anchor: str | None = None
    """Set by `yinling up` for the processes that it starts, so that all share one running clock; see `clock`."""

    @field_validator("data")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and not url.startswith(("postgresql+psycopg://", "sqlite:///")):
            raise ValueError("must begin with postgresql+psycopg:// or sqlite:///")
        return url

    @field_validator("prefect_database_url")
    @classmethod
    def _known_prefect_database(cls, url: str) -> str:
        if url and not url.startswith("postgresql+asyncpg://"):
            raise ValueError("must begin with postgresql+asyncpg://")
        return url

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, url: str | None) -> str | None:
        if url is not None and (
            urlsplit(url).scheme not in ("redis", "rediss") or not urlsplit(url).hostname
        ):
            raise ValueError("must be redis://host:6379/0")
        return url

    @field_validator("database_password_file", "smtp_url_file")
    @classmethod
    def _readable(cls, file: Path | None) -> Path | None:
        if file is not None:
            try:
                _held_by(file)
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is no text"
                raise ValueError(f"cannot be read: {why}") from None
        return file

    @field_validator("listen")
    @classmethod
    def _address_and_port(cls, listen: str) -> str:
        try:
            parts = urlsplit(f"//{listen}")
            complete = bool(parts.hostname) and parts.port is not None and parts.netloc == listen
        except ValueError:
            complete = False
        if not complete:
            raise ValueError("must be ADDRESS:PORT, as in 127.0.0.1:8000 or [::1]:8000")
        return listen

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address as in https://yinling.example.org")
        return url.rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("is no time zone of the IANA list, as in Asia/Shanghai") from None
        return name

    @field_validator("smtp_url")
    @classmethod
    def _mail_address(cls, url: str | None) -> str | None:
        return url if url is None else _as_mail_address(url)

    @field_validator("smtp_url_file")
    @classmethod
    def _holds_a_mail_address(cls, file: Path | None) -> Path | None:
        if file is not None and _held_by(file):
            _as_mail_address(_held_by(file))
        return file

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, sender: str) -> str:
        if sender and not _is_address(parseaddr(sender)[1]):
            raise ValueError("must be an address as in office@example.org")
        return sender

    @field_validator("clock_anchor")
    @classmethod
    def _readable_anchor(cls, text: str | None) -> str | None:
        if text is not None:
            Anchor.parse(text)
        return text

    def model_post_init(self, _context: object) -> None:
        """Fill in what follows from other settings."""
        derived = {
            "database_url": self._with_password(self.database_url) or f"sqlite:///{self.data / 'yinling.db'}",
            "prefect_database_url": self._with_password(self.prefect_database_url),
            "smtp_url": self.smtp_url or self._mail_address_held() or None,
            "public_url": self.public_url or self._own_url(),
            "now": self.now if self.now is None or self.now.tzinfo else self.now.replace(tzinfo=self.zone),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "mail_from", self.mail_from or self._own_sender())

    @cached_property
    def zone(self) -> ZoneInfo:
        """The organisation's zone."""
        return ZoneInfo(self.timezone)

    @property
    def host(self) -> str:
        """The address to bind, without brackets."""
        return urlsplit(f"//{self.listen}").hostname or "127.0.0.1"

    @property
    def port(self) -> int:
        """The port to bind; 0 lets the system choose one."""
        port = urlsplit(f"//{self.listen}").port
        return 8000 if port is None else port

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file of this machine, so that one `yinling up` serves it."""
        return self.database_url.startswith("sqlite")

    @property
    def database_file(self) -> Path:
        """The file of an embedded database."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    def _with_password(self, url: str) -> str:
        if self.database_password_file is None or not url.startswith("postgresql") or make_url(url).password:
            return url
        completed = make_url(url).set(password=_held_by(self.database_password_file))
        return completed.render_as_string(hide_password=False)

    def _mail_address_held(self) -> str | None:
        return None if self.smtp_url_file is None else _held_by(self.smtp_url_file)

    def _own_url(self) -> str:
        host = _WILDCARDS.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def _own_sender(self) -> str:
        user = unquote(urlsplit(self.smtp_url or "").username or "")
        host = urlsplit(self.public_url).hostname or "localhost"
        return user if _is_address(user) else f"yinling@{f'[{host}]' if ':' in host else host}"


def _is_address(text: str) -> bool:
    user, _, domain = text.rpartition("@")
    return bool(user) and bool(domain) and text.isascii() and text.isprintable() and " " not in text


def _held_by(file: Path) -> str:
    """The secret in a file, without the line end that an editor leaves there."""
    return file.read_text("utf-8").strip()


def _as_mail_address(url: str) -> str:
    if urlsplit(url).scheme not in ("smtp", "smtps") or not urlsplit(url).hostname:
        raise ValueError("must be smtp://user:password@host:587")
    return url
