"""The tree of units, as it stood on a day (rule 38)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Select, and_, literal, select
from sqlalchemy.orm import Session

from models import Tie, Unit
from models.base import UnitId
from models.database import asked_once
from models.enums import TieKind
from outreach.errors import NotFound


def unit_of_code(session: Session, code: str) -> Unit:
    """The unit of a code; raises NotFound."""
    unit = session.scalar(select(Unit).where(Unit.code == code))
    if unit is None:
        raise NotFound("errors.no_such_unit", code=code)
    return unit


def subtree(session: Session, unit_id: UnitId, *, on: date) -> Sequence[UnitId]:
    """A unit and all units below it on a day, the unit itself first.

    Two hundred units are read in a millisecond or two, so the ids are asked for first and then the figures.
    """
    return asked_once(
        session, ("subtree", unit_id, on), lambda: session.scalars(units_below([unit_id], on=on)).all()
    )


def units_below(tops: Collection[UnitId], *, on: date) -> Select[UnitId]:
    """As `subtree`, of several units and as a question within another."""
    # The kind and the day go along, so that each step looks up what is below: told them once for all steps, SQLite
    # reads every tie there is beforehand.
    kind, day = literal(TieKind.PARENT, Tie.kind.type).label("kind"), literal(on).label("day")
    below = select(Unit.id, kind, day).where(Unit.id.in_(tops)).cte("below", recursive=True)
    child = (
        select(Tie.subject_unit_id, below.c.kind, below.c.day)
        .join(below, Tie.object_unit_id == below.c.id)
        .where(Tie.kind == below.c.kind, Tie.since <= below.c.day, Tie.until >= below.c.day)
    )
    return select(below.union(child).c.id)


def parents(session: Session, *, on: date) -> Mapping[UnitId, UnitId | None]:
    """Every unit with the unit above it on a day, None for a root; in the order they were founded."""
    return {unit_id: above for unit_id, (_, _, above) in named_parents(session, on=on).items()}


def named_parents(session: Session, *, on: date) -> Mapping[UnitId, tuple[str, str, UnitId | None]]:
    """As `parents`, with the code and the name of each."""
    above = and_(Tie.subject_unit_id == Unit.id, Tie.kind == TieKind.PARENT, Tie.since <= on, Tie.until >= on)
    query = (
        select(Unit.id, Unit.code, Unit.name, Tie.object_unit_id)
        .join(Tie, above, isouter=True)
        .order_by(Unit.id)
    )

    def tree() -> Mapping[UnitId, tuple[str, str, UnitId | None]]:
        return {unit_id: (code, name, parent_id) for unit_id, code, name, parent_id in session.execute(query)}

    return asked_once(session, ("named_parents", on), tree)


def root_unit(session: Session, *, on: date) -> UnitId | None:
    """The unit above all others on a day; of several, the one known first. None without any unit."""
    return next((unit for unit, parent in parents(session, on=on).items() if parent is None), None)
