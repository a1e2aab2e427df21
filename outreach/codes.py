"""Codes into ids, many at a time, with a fault for each code that nobody knows."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Campaign, Person, Unit
from models.base import CampaignId, PersonId, UnitId
from models.database import in_batches
from outreach.errors import Fault

Id = TypeVar("Id")


def people(session: Session, codes: Iterable[str | None]) -> dict[str, PersonId]:
    """code → person, for those that exist; the code of somebody who was merged stands for the one who stays."""
    return _ids(session, Person.code, func.coalesce(Person.merged_into_id, Person.id), codes)


def units(session: Session, codes: Iterable[str | None]) -> dict[str, UnitId]:
    """code → unit, for those that exist."""
    return _ids(session, Unit.code, Unit.id, codes)


def campaigns(session: Session, codes: Iterable[str | None]) -> dict[str, CampaignId]:
    """code → campaign, for those that exist."""
    return _ids(session, Campaign.code, Campaign.id, codes)


def found(known: Mapping[str, Id], code: str | None, field: str, faults: list[Fault]) -> Id | None:
    """The id of a code; None without a code. For a code that is not known the fault goes on the list."""
    if not code:
        return None
    if code not in known:
        faults.append(Fault(field, "errors.unknown_code", {"code": code}))
    return known.get(code)


def fresh(session: Session, code: InstrumentedAttribute[Any], table_id: Any, *, prefix: str) -> str:
    """A code that nothing has yet: the prefix with a number, for who does not care what something is called by.

    Any: tables have codes that may be empty, and ids of their own types.
    """
    number = (session.scalar(select(func.max(table_id))) or 0) + 1
    while session.scalar(select(code).where(code == f"{prefix}{number}")) is not None:
        number += 1
    return f"{prefix}{number}"


def _ids(
    session: Session,
    column: InstrumentedAttribute[str],
    id_column: Any,  # Any: each table has ids of its own type
    codes: Iterable[str | None],
) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for some in in_batches({code for code in codes if code}):
        known.update(session.execute(select(column, id_column).where(column.in_(some))).all())
    return known
