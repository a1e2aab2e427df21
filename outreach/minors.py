"""Who is a minor: whoever has that role on a day. Lists withhold of them what they tell of others."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from models import Tie
from models.enums import PersonRole, TieKind

_Role = aliased(Tie)


def is_minor(person_id: Any, *, on: date) -> ColumnElement[bool]:  # Any: a column of either nullability
    """The WHERE clause for rows whose person, told by this column, is a minor on a day."""
    return (
        select(_Role.id)
        .where(
            _Role.subject_person_id == person_id,
            _Role.kind == TieKind.ROLE,
            _Role.object_word == PersonRole.MINOR.value,
            _Role.since <= on,
            _Role.until >= on,
        )
        .exists()
    )
