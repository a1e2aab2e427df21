"""Problem documents (RFC 9457): the one form in which the API says that something cannot be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from wording.sentences import negotiate, say

MEDIA_TYPE = "application/problem+json"
_URN = "urn:yinling:problem:"
LANGUAGE_COOKIE = "yinling_language"

SLUGS: Mapping[int, str] = MappingProxyType(
    {
        400: "bad-request",
        401: "not-signed-in",
        403: "forbidden",
        404: "not-found",
        405: "method-not-allowed",
        409: "conflict",
        412: "stale",
        413: "too-large",
        415: "not-json",
        422: "invalid",
        428: "precondition-required",
        429: "too-many-tries",
        500: "unexpected",
        503: "unavailable",
    }
)
"""Every status that the API answers with when it refuses, and the last part of the problem's `type`."""


class FieldProblem(BaseModel):
    """What is wrong with one field of what was sent."""

    field: str = Field(examples=["birth_date"])
    """The field's name, with its place in lists: `attendance.2.person`; `body` for the whole."""
    message: str = Field(examples=["“2026-02-30” is not a day of the calendar."])


class ProblemDocument(BaseModel):
    """An RFC 9457 problem. `type` never changes; `title` and `detail` are sentences in the asked language."""

    type: str = Field(examples=["urn:yinling:problem:not-found"])
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = None
    """For bad input: everything that is wrong with it."""
    number: str | None = None
    """For an unexpected failure: what to tell the administrator; it stands in the log as well."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, said; the API answers it as a document, a page as a page."""

    status: int
    detail: str
    errors: Sequence[FieldProblem] = ()
    number: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def language_of(request: Request) -> str:
    """The language to answer in: chosen for this browser, else what the client asks for, else the office's own."""
    return negotiate(
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("accept-language"),
        default=request.app.state.office.settings.language,
    )


def title(status: int, language: str) -> str:
    """The heading of all problems with this status."""
    return say(f"api.title_{slug(status).replace('-', '_')}", language=language)


def slug(status: int) -> str:
    """The short name of a status; what the table does not know has the name of its hundred."""
    return SLUGS.get(status) or SLUGS[400 if status < 500 else 500]


def answer(problem: Problem, language: str) -> Response:
    """The problem as a document."""
    document = ProblemDocument(
        type=_URN + slug(problem.status),
        title=title(problem.status, language),
        status=problem.status,
        detail=problem.detail,
        errors=list(problem.errors) or None,
        number=problem.number,
    )
    return JSONResponse(
        document.model_dump(exclude_none=True),
        status_code=problem.status,
        headers=dict(problem.headers),
        media_type=MEDIA_TYPE,
    )


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:  # Any: FastAPI's own type for `responses`
    """The OpenAPI entries of the statuses that a route may refuse with."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in sorted(statuses)
    }
