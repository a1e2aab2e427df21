"""A form that is sent twice, by a double click or by loading a page again, does what it asks for once.

Every form of a page of somebody signed in carries a random key (`with_keys`). A form with a key that was already done
is answered as it was then, with the same page and the same status line. Of a form that was refused nothing is kept;
what else is typed under the same key is another form. Of forms with files the key is not asked: the files themselves
tell that they came before.
"""

import hashlib
import json
import re
import secrets
from itertools import pairwise
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.responses import Response

from api.dependencies import CurrentActor
from api.forms.typed import KEY, MOST_FIELDS
from api.pages.status import led_on
from api.security import SAFE_METHODS
from outreach.sent_forms import Answer

_BEGINNING: Final = re.compile(r'<form\b[^>]*\bmethod="post"')
_END: Final = "</form>"


class DoneBefore(Exception):
    """This very form was already done."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__()


def with_keys(html: str) -> str:
    """The page with a fresh key at the end of each of its forms; what people wrote holds no tag."""
    field = f'<input type="hidden" name="{KEY}" value="{secrets.token_urlsafe(12)}">'
    ends = [html.index(_END, form.end()) for form in _BEGINNING.finditer(html)]
    return field.join(html[begin:end] for begin, end in pairwise([0, *ends, len(html)]))


async def digest_of_form(request: Request, actor: CurrentActor) -> str | None:
    """What tells this form from every other: who sends it, to where, its key and its fields; None without a key.

    The form is read before the transaction of the request begins, so that nobody waits for a slow line.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in SAFE_METHODS or kind != "application/x-www-form-urlencoded":
        return None
    form = await request.form(max_fields=MOST_FIELDS, max_files=0)
    if not form.get(KEY):
        return None
    told = json.dumps([actor.name, request.url.path, request.url.query, form.multi_items()])
    return hashlib.sha256(told.encode()).hexdigest()


DigestOfForm = Annotated[str | None, Depends(digest_of_form)]


async def answer_again(request: Request, error: Exception) -> Response:
    """The answer that the form got when it was done."""
    assert isinstance(error, DoneBefore)
    return led_on(request, error.answer.address, error.answer.status)
