"""How a notice leaves the house: by SMTP, or into files where no server is set. Calls are made by people.

A channel is a small class with `open`, `send` and `close`. What goes wrong says what it means: nothing went out and it
may be tried again, it will never go, it may have gone, or the whole channel takes nothing now.
"""

import os
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

ANSWERS_WITHIN_SECONDS: Final = 30
"""How long a server is waited for at each step; well below the lease of what is being sent."""
_PORTS: Final = {"smtp": 587, "smtps": 465}
_PERMANENT: Final = 500
_CLOSING: Final = 421


class NotSent(Exception):
    """Nothing went out."""

    def __init__(self, why: str, *, permanent: bool = False) -> None:
        super().__init__(why)
        self.permanent = permanent
        """Whether another try would end the same way: there is no such address."""


class Unreachable(NotSent):
    """Nothing went out, and nothing else would: the server is away, or does not let us in."""


class Doubtful(Exception):
    """It may have gone out: the connection broke between handing it over and hearing that it was taken."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address."""

    id: str
    """Stable, so that whoever receives it twice can tell: part of the Message-ID, and the name of a file."""
    to: str
    name: str
    subject: str
    text: str
    at: datetime
    day: date
    """The local day that it is from."""


class Channel(Protocol):
    """A way for messages to leave. One thread at a time."""

    def open(self) -> None:
        """Make sure that something could be sent; raises Unreachable."""

    def send(self, message: Message) -> None:
        """Hand one message over; raises NotSent, Unreachable or Doubtful."""

    def close(self) -> None:
        """Let go of whatever is held."""


def channel_for(*, smtp_url: str | None, sender: str, folder: Path) -> Channel:
    """SMTP when there is a server, else files in a folder."""
    return Files(folder, sender) if smtp_url is None else Mail(smtp_url, sender)


class Mail:
    """SMTP (RFC 5321) by one connection for many messages, encrypted where the server offers it."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender
        self._server: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, unless the connection of before still answers."""
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self._server.noop()[0] < _PERMANENT:
                    return
            self.close()
        try:
            self._server = self._connected()
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise Unreachable(_said(error)) from error

    def send(self, message: Message) -> None:
        """Until the server asks for the text nothing went out; from then on only its own answer makes it certain."""
        octets = _as_data(written(message, self._sender))
        server = self._ready()
        try:
            recipient = server.rcpt(message.to)
            accepted = server.docmd("DATA") if recipient[0] in (250, 251) else None
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Unreachable(_said(error)) from error
        if accepted is None:
            self._refused(*recipient)
        elif accepted[0] != 354:
            self._refused(*accepted)
        else:
            self._hand_over(server, octets)

    def close(self) -> None:
        """Say goodbye; a server that does not answer is left."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _ready(self) -> smtplib.SMTP:
        """A connection on which a message is begun. A server may have hung up since the last one: then once anew."""
        for attempt in (1, 2):
            if self._server is None:
                self.open()
            assert self._server is not None, "it was opened"
            try:
                code, reply = self._server.mail(parseaddr(self._sender)[1])
            except (smtplib.SMTPException, OSError) as error:
                self.close()
                if attempt == 2:
                    raise Unreachable(_said(error)) from error
                continue
            if code == 250:
                return self._server
            # Who refuses the sender refuses everything that we send.
            self.close()
            if attempt == 2 or code != _CLOSING:
                raise Unreachable(_told(code, reply))
        raise AssertionError("the second attempt returns or raises")

    def _hand_over(self, server: smtplib.SMTP, octets: bytes) -> None:
        try:
            server.send(octets)
            code, reply = server.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Doubtful(_said(error)) from error
        if code != 250:
            self._refused(code, reply)

    def _refused(self, code: int, reply: bytes) -> None:
        why = _told(code, reply)
        if code == _CLOSING:
            self.close()
            raise Unreachable(why)
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.rset()
        raise NotSent(why, permanent=code >= _PERMANENT)

    def _connected(self) -> smtplib.SMTP:
        secure = ssl.create_default_context()
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=ANSWERS_WITHIN_SECONDS, context=secure
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=ANSWERS_WITHIN_SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            if self._scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=secure)
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


class Files:
    """Each message a file `FOLDER/DAY/ID.eml`, complete or not there: for offices without a mail server."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def open(self) -> None:
        """Make the folder, for its owner alone."""
        self._attempt(lambda: self._folder.mkdir(mode=0o700, parents=True, exist_ok=True))

    def send(self, message: Message) -> None:
        """Write the file aside and put it in its place, where a repeat of the same message would overwrite it."""
        octets = written(message, self._sender)
        self._attempt(lambda: self._write(message, octets))

    def close(self) -> None:
        """Nothing is held."""

    def _write(self, message: Message, octets: bytes) -> None:
        folder = self._folder / message.day.isoformat()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = folder / f".{message.id}.{os.getpid()}"
        with aside.open("wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(folder / f"{message.id}.eml")

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except OSError as error:
            # A full disk, a folder that is not ours: the next message would fare no better.
            raise Unreachable(f"{self._folder}: {error.strerror}") from error


def written(message: Message, sender: str) -> bytes:
    """The message as mail: plain text in UTF-8, marked as automatic (RFC 3834) so that no machine answers it.

    Raises NotSent for an address that no mail can be sent to.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = _address(message)
    mail["Subject"] = _plain(message.subject)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.text, cte="base64")
    return mail.as_bytes()


def _address(message: Message) -> Address:
    user, _, domain = message.to.rpartition("@")
    is_sound = user and domain and message.to.isascii() and message.to.isprintable() and " " not in message.to
    if is_sound:
        with suppress(ValueError, IndexError, HeaderParseError):
            return Address(display_name=_plain(message.name), username=user, domain=domain)
    raise NotSent("no address that mail can be sent to", permanent=True)


def _as_data(octets: bytes) -> bytes:
    """The text as it goes over the line: dots at the beginning of lines doubled, a lone one at the end."""
    doubled = re.sub(rb"(?m)^\.", b"..", octets)
    return doubled + (b"" if doubled.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _plain(text: str) -> str:
    """One line: a name with a line break in it must not begin another header."""
    return " ".join(text.split())


def _said(error: Exception) -> str:
    """What went wrong, without the address of anybody."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _told(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"[:500]


def _told(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {text}"[:500]
