"""What a button of these pages could not do, said on the page that it leads back to."""

from starlette.responses import Response

from api.pages.desk import Desk
from api.pages.status import Status, done
from api.presenters.forms import fault_words
from outreach.errors import Conflict, Invalid
from wording.sentences import say


def not_done(desk: Desk, address: str, error: Invalid | Conflict) -> Response:
    """Go on to the page, whose status line says why nothing was done."""
    if isinstance(error, Invalid):
        why = " ".join(fault_words(error.faults, language=desk.language).values())
    else:
        why = say(error.key, language=desk.language, **error.values)
    return done(desk.request, address, Status("ties.not_done", {"why": why}))
