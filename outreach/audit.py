"""Who did what to which row, in the transaction of the deed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import AuditEntry
from models.base import ImportId, PersonId
from models.enums import AuditAction
from outreach.permissions import Actor


def note(
    session: Session,
    by: Actor,
    action: AuditAction,
    table_name: str,
    row_id: int,
    *,
    now: datetime,
    person_id: PersonId | None = None,
    reason: str | None = None,
    import_id: ImportId | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry. Values are JSON-ready; on people give the names of the columns only (rule 54)."""
    session.add(
        AuditEntry(
            at=now,
            account_id=by.account_id,
            via=by.via,
            action=action,
            table_name=table_name,
            row_id=row_id,
            person_id=person_id,
            reason=reason,
            import_id=import_id,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
        )
    )
