"""A form that came after its session had ended: what was typed goes along while somebody signs in, and waits there.

It is never sent by itself. Who signs in may be somebody else, so the page after signing in says that nothing was done
yet, and one press sends the form again: as it was, with its version and its key, by the rights of whoever presses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.exceptions import HTTPException

from api.forms.typed import MOST_FIELDS, TypedFields
from api.security import check_origin
from outreach.errors import Forbidden

MOST_KEPT: Final = 800
"""Fields; a page that asks for signing in reads no more than a thousand."""
MOST_TEXT: Final = 200_000
"""Characters, names and values together."""
_SECRETS: Final = frozenset({"password", "again", "old"})
_OF_THE_FORM: Final = frozenset({"stood", "shown", "facts", "next"})
"""Fields that a form fills in itself."""
_BEGINS: Final = "kept."
_ADDRESS: Final = "kept_for"


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where a form was sent to, and its fields in their order."""

    address: str
    pairs: Sequence[tuple[str, str]]

    def carried(self) -> list[tuple[str, str]]:
        """The hidden fields by which it goes along with another form."""
        return [(_ADDRESS, self.address), *((_BEGINS + name, value) for name, value in self.pairs)]

    def words(self) -> list[str]:
        """What somebody wrote in it, so that they know it again: texts of more than a word or a number."""
        written = [value.strip() for name, value in self.pairs if name not in _OF_THE_FORM]
        return [value for value in written if not value.isascii() or " " in value]


async def kept_form(request: Request, *, public_url: str) -> KeptForm | None:
    """The form of a request that nobody was signed in for; None for what is not kept.

    Kept is what a browser's own page of ours sends by a button. Files and passwords are not, nor what is larger than
    anybody types.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or kind != "application/x-www-form-urlencoded":
        return None
    if request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        return None
    try:
        check_origin(request, public_url=public_url)
        form = await request.form(max_fields=MOST_FIELDS, max_files=0)
    except (Forbidden, HTTPException):
        return None
    pairs = [
        (name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in _SECRETS
    ]
    size = sum(len(name) + len(value) for name, value in pairs)
    if not pairs or len(pairs) > MOST_KEPT or size > MOST_TEXT:
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return KeptForm(request.url.path + query, pairs)


def carried_form(fields: TypedFields) -> KeptForm | None:
    """The form that went along with the form of signing in, if any."""
    address = fields.last.get(_ADDRESS, "")
    pairs = [(name.removeprefix(_BEGINS), value) for name, value in fields.pairs if name.startswith(_BEGINS)]
    return KeptForm(address, pairs) if address and pairs else None
