"""The status line: what was just done, and the way to undo it, shown on the next page and then no more."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from fastapi import Request
from starlette.responses import Response

from api.pages.answers import go_on

STATUS_COOKIE: Final = "yinling_status"
SHOWN_FOR_SECONDS: Final = 120
MOST_OCTETS: Final = 3_600
"""Browsers drop a cookie of more than four kilobytes: rather than say nothing, it then offers no way back."""
LONGEST_VALUE: Final = 80


@dataclass(frozen=True, slots=True)
class Undo:
    """A form that takes back what was done: it is sent like any other, and asks for the same rights."""

    action: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """A sentence of the catalogues with its values."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    undo: Undo | None = None


def done(request: Request, address: str, status: Status) -> Response:
    """Go on to a page of ours, which then says what was done."""
    return led_on(request, address, written(status))


def written(status: Status) -> str:
    """A status line as the browser keeps it until the next page."""
    told = _written(status)
    if len(told) > MOST_OCTETS:
        told = _written(replace(status, undo=None))
    if len(told) > MOST_OCTETS:
        told = _written(
            Status(status.key, {name: value[:LONGEST_VALUE] for name, value in status.values.items()})
        )
    return told


def led_on(request: Request, address: str, told: str) -> Response:
    """Go on to a page of ours with a status line that was written before."""
    response = go_on(address)
    response.set_cookie(
        STATUS_COOKIE,
        told,
        max_age=SHOWN_FOR_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


def _written(status: Status) -> str:
    told = json.dumps(asdict(status), ensure_ascii=False).encode("utf-8")
    return base64.urlsafe_b64encode(told).decode("ascii")


def status_of(request: Request) -> Status | None:
    """What the page before left to be said; None for nothing, and for what is none of ours."""
    try:
        told = json.loads(base64.urlsafe_b64decode(request.cookies.get(STATUS_COOKIE, "")))
        undo = told["undo"] and Undo(str(told["undo"]["action"]), _texts(told["undo"]["fields"]))
        return Status(str(told["key"]), _texts(told["values"]), undo)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return None


def _texts(given: Mapping[str, object]) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in given.items()}
