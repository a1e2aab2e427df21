"""That somebody looked at a record is noted where it is drawn, so that no answer shows it unnoted."""

from api.dependencies import Trail
from api.pages.desk import Desk
from api.security import SAFE_METHODS
from models.base import PersonId
from models.enums import AuditAction
from outreach import audit


def note_look(desk: Desk, table: str, row_id: int, *, person_id: PersonId | None) -> None:
    """Note that a row was looked at, and whom it is about.

    A request that writes does so in its own transaction: SQLite lets but one write at a time.
    """
    if desk.request.method in SAFE_METHODS:
        Trail(desk.office.engine, desk.actor, desk.now).opened(table, row_id, person_id=person_id)
    else:
        audit.note(
            desk.session, desk.actor, AuditAction.READ, table, row_id, now=desk.now, person_id=person_id
        )
