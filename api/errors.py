"""From what went wrong to its answer: the only table of codes, and the sentences for bad input."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import FieldProblem, Problem, answer, language_of, slug
from outreach.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    OutreachError,
    Stale,
)
from outreach.fields import BadValue, shown
from wording.sentences import say

log = logging.getLogger(__name__)

STATUS: Mapping[type[OutreachError], int] = MappingProxyType(
    {
        NotSignedIn: 401,
        Forbidden: 403,
        NotFound: 404,
        Conflict: 409,
        Stale: 412,
        Invalid: 422,
        OutreachError: 400,
    }
)
"""Looked up along the class's ancestors, the nearest first."""

# What pydantic calls its findings → the sentence, with the values it takes from their context.
_PYDANTIC: Mapping[str, str] = MappingProxyType(
    {
        "missing": "errors.missing",
        "extra_forbidden": "errors.unknown_field",
        "json_invalid": "errors.not_json",
        "string_type": "errors.not_text",
        "string_unicode": "errors.text_not_unicode",
        "int_type": "errors.not_a_whole_number_value",
        "int_parsing": "errors.not_a_whole_number_value",
        "int_parsing_size": "errors.not_a_whole_number_value",
        "int_from_float": "errors.not_a_whole_number_value",
        "bool_type": "errors.not_true_or_false",
        "bool_parsing": "errors.not_true_or_false",
        "list_type": "errors.not_a_list",
        "dict_type": "errors.not_an_object",
        "model_type": "errors.not_an_object",
        "model_attributes_type": "errors.not_an_object",
        "none_required": "errors.not_null",
        "too_long": "errors.too_many",
        "too_short": "errors.too_few",
    }
)


class PreconditionRequired(Exception):
    """The change needs an If-Match header, so that nobody's newer change is lost."""


class TooManyTries(Exception):
    """Wait before trying again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(seconds)


ErrorPage = Callable[[Request, Problem], Awaitable[Response]]
"""How a problem is shown to people; `app.state.error_page` when there are pages."""


def install_handlers(app: FastAPI) -> None:
    """Answer every error of the work, of the request and of the database by its table."""
    app.add_exception_handler(OutreachError, _of_the_work)
    app.add_exception_handler(RequestValidationError, _of_the_request)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(PreconditionRequired, _precondition_required)
    app.add_exception_handler(TooManyTries, _too_many_tries)
    app.add_exception_handler(IntegrityError, _contradicts)
    app.add_exception_handler(DataError, _cannot_be_kept)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(NoConnectionFree, _database_away)


def is_for_programs(path: str) -> bool:
    """Whether a path is answered with documents rather than pages."""
    return path.startswith("/api/") or path in ("/api", "/healthz", "/readyz")


async def respond(request: Request, problem: Problem) -> Response:
    """The problem as a document for programs, as a page for people."""
    page: ErrorPage | None = getattr(request.app.state, "error_page", None)
    if page is None or is_for_programs(request.url.path):
        return answer(problem, language_of(request))
    return await page(request, problem)


def status_of(error: OutreachError) -> int:
    """The status of an error of the work."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def told(faults: Sequence[Fault], language: str) -> list[FieldProblem]:
    """Faults as sentences."""
    return [
        FieldProblem(field=fault.field, message=say(fault.key, language=language, **fault.values))
        for fault in faults
    ]


async def _of_the_work(request: Request, error: Exception) -> Response:
    assert isinstance(error, OutreachError)
    language = language_of(request)
    return await respond(
        request,
        Problem(
            status=status_of(error),
            detail=say(error.key, language=language, **error.values),
            errors=told(error.faults, language) if isinstance(error, Invalid) else (),
            headers={"WWW-Authenticate": "Bearer"} if isinstance(error, NotSignedIn) else {},
        ),
    )


async def _of_the_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _of_the_work(request, Invalid([_fault(finding) for finding in error.errors()]))


async def _of_http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses. A body that it cannot read is bad input like any other."""
    assert isinstance(error, HTTPException)
    if error.status_code == 400 and request.method != "GET":
        return await _of_the_work(request, Invalid([Fault("body", "errors.not_json")]))
    return await _plain(request, error.status_code, headers=error.headers)


async def _precondition_required(request: Request, _error: Exception) -> Response:
    return await _plain(request, 428)


async def _too_many_tries(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyTries)
    return await _plain(request, 429, headers={"Retry-After": str(error.seconds)}, seconds=error.seconds)


async def _contradicts(request: Request, error: Exception) -> Response:
    """The database refused what contradicts it: somebody was quicker, or something still refers to it."""
    log.warning("refused by the database: %s", type(getattr(error, "orig", error)).__name__)
    return await _plain(request, 409)


async def _cannot_be_kept(request: Request, error: Exception) -> Response:
    log.warning("not storable: %s", type(getattr(error, "orig", error)).__name__)
    return await _of_the_work(request, Invalid([Fault("body", "errors.not_storable")]))


async def _database_away(request: Request, error: Exception) -> Response:
    log.warning("the database does not answer: %s", getattr(error, "orig", error))
    return await _plain(request, 503, headers={"Retry-After": "5"})


async def _plain(
    request: Request, status: int, *, headers: Mapping[str, str] | None = None, **values: object
) -> Response:
    """A problem that the status alone explains."""
    detail = say(f"api.detail_{slug(status).replace('-', '_')}", language=language_of(request), **values)
    return await respond(request, Problem(status=status, detail=detail, headers=dict(headers or {})))


def _fault(finding: Mapping[str, Any]) -> Fault:  # Any: pydantic's own type of its findings
    """A finding of pydantic as a fault of a field."""
    place = () if finding["type"] == "json_invalid" else finding["loc"][1:]
    # The name of an unknown field is the client's own word: it may hold anything.
    field = ".".join(shown(str(part)) for part in place) or str(finding["loc"][0])
    context = finding.get("ctx", {})
    error = context.get("error")
    if isinstance(error, BadValue):
        return error.in_field(field)
    key = _PYDANTIC.get(finding["type"])
    if key is None and finding.get("input", 0) is None:
        key = "errors.not_null"
    if key is None and finding["type"] in ("enum", "literal_error"):
        return Fault(field, "errors.not_one_of_values", {"known": str(context.get("expected", ""))})
    if key is None and {"ge", "le", "gt", "lt"} & context.keys():
        least, most = context.get("ge", context.get("gt", "…")), context.get("le", context.get("lt", "…"))
        return Fault(field, "errors.number_out_of_range", {"least": least, "most": most})
    return Fault(field, key or "errors.not_readable")


class Unexpected:
    """The outermost net: whatever nobody foresaw is logged under a short number, which the answer names."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except ClientDisconnect:
            # Somebody closed the page while its form was on its way: nothing was done, and nobody waits for an answer.
            return
        except Exception:
            # The path itself stays out of the log: a link may carry a secret.
            route = getattr(scope.get("route"), "path", "?")
            number = secrets.token_hex(4)
            log.exception("unexpected error %s in %s %s", number, scope["method"], route)
            if has_begun:
                raise
            request = Request(scope, receive)
            detail = say("api.detail_unexpected", language=language_of(request), number=number)
            failed = await respond(request, Problem(500, detail, number=number))
            await failed(scope, receive, send)
