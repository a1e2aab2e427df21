"""What every answer of a page carries, and the answer that leads on after something was done."""

from typing import Final

from fastapi.responses import RedirectResponse

HEADERS: Final = {
    # A browser that tells no referrer at all sends its forms from nowhere, and the origin check would refuse them.
    "Referrer-Policy": "strict-origin",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex",
    "Vary": "Cookie, Accept-Language",
}


def go_on(address: str) -> RedirectResponse:
    """Lead on to a page of ours, so that loading it again repeats nothing."""
    return RedirectResponse(address, 303, headers=HEADERS)
