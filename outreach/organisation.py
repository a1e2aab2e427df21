"""Units 单位: founding, renaming and moving them within the tree; and finding units and teams by their codes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Team, Unit
from models.base import TeamId, UnitId
from models.database import hold
from models.enums import AuditAction
from outreach import feed_versions, ties
from outreach.audit import note
from outreach.errors import Conflict, NotFound, invalid
from outreach.fields import is_code
from outreach.permissions import Actor, Deed, Reach, expect, expect_everywhere, seen
from outreach.units import parents, subtree


class UnitColumns(TypedDict, total=False):
    """The columns of a unit; those left out stay as they were."""

    code: str
    name: str
    parent_code: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit as it stands on a day. A parent that the asker does not see is none."""

    id: UnitId
    code: str
    name: str
    parent_code: str | None
    kind: str


# Asking


def find_units(session: Session, codes: Iterable[str], *, within: Reach) -> dict[str, UnitId]:
    """The ids of those codes that are known within a reach; the rest has no entry."""
    asked = sorted({code for code in codes if is_code(code)})
    query = select(Unit.code, Unit.id).where(Unit.code.in_(asked), within.of(Unit.id))
    return dict(session.execute(query).all())


def unit_id_of(session: Session, code: str, *, within: Reach) -> UnitId:
    """The unit of a code in a path or query; raises NotFound for one that is unknown or out of reach."""
    unit_id = find_units(session, [code], within=within).get(code)
    if unit_id is None:
        raise NotFound
    return unit_id


def reach_of_unit(session: Session, code: str, *, within: Reach, today: date) -> Reach:
    """A unit and those below it; raises NotFound for one that is unknown or out of reach."""
    return Reach(frozenset(subtree(session, unit_id_of(session, code, within=within), on=today)))


def unit_told(session: Session, code: str, field: str, *, within: Reach) -> UnitId:
    """The unit of a code in a body; raises Invalid for one that is unknown or out of reach."""
    unit_id = find_units(session, [code], within=within).get(code)
    if unit_id is None:
        raise invalid(field, "errors.no_such_unit", code=code)
    return unit_id


def units(
    session: Session,
    *,
    within: Reach,
    today: date,
    after: int = 0,
    limit: int,
    words: str | None = None,
    kind: str | None = None,
) -> Sequence[UnitView]:
    """Units in the order of their ids, after one; those with these words in name or code, and of this kind."""
    query = select(Unit).where(Unit.id > after, within.of(Unit.id)).order_by(Unit.id).limit(limit)
    if words is not None:
        query = query.where(Unit.name.contains(words, autoescape=True) | (Unit.code == words))
    if kind is not None:
        query = query.where(Unit.kind == kind)
    return _views(session, session.scalars(query).all(), within=within, today=today)


def unit(session: Session, code: str, *, within: Reach, today: date) -> UnitView:
    """One unit; raises NotFound for one that is unknown or out of reach."""
    found = session.get_one(Unit, unit_id_of(session, code, within=within))
    return _views(session, [found], within=within, today=today)[0]


def find_teams(session: Session, codes: Iterable[str], *, within: Reach) -> dict[str, TeamId]:
    """The ids of those codes of teams that are known within a reach; the rest has no entry."""
    asked = sorted({code for code in codes if is_code(code)})
    query = select(Team.code, Team.id).where(Team.code.in_(asked), within.of(Team.unit_id))
    return dict(session.execute(query).all())


def team_id_of(session: Session, code: str, *, within: Reach) -> TeamId:
    """The team of a code in a path or query; raises NotFound for one that is unknown or out of reach."""
    team_id = find_teams(session, [code], within=within).get(code)
    if team_id is None:
        raise NotFound
    return team_id


def codes_of(session: Session, unit_ids: Iterable[UnitId | None]) -> Mapping[UnitId, str]:
    """The code of each unit."""
    asked = {unit_id for unit_id in unit_ids if unit_id is not None}
    return dict(session.execute(select(Unit.id, Unit.code).where(Unit.id.in_(asked))).all())


# Changing


def found_unit(session: Session, columns: UnitColumns, *, by: Actor, today: date, now: datetime) -> UnitView:
    """Add a unit below one that the actor may change; a root needs a right to everything.

    Raises Conflict for a code that is taken, Invalid for a parent that is not seen, Forbidden.
    """
    within = seen(session, by, on=today)
    parent_id = _parent_id(session, columns.get("parent_code"), within=within)
    if parent_id is None:
        expect_everywhere(by, Deed.PLAN)
    else:
        expect(session, by, Deed.PLAN, parent_id, on=today)
    if session.scalar(select(Unit.id).where(Unit.code == columns["code"])) is not None:
        raise Conflict("errors.code_taken", code=columns["code"])
    founded = Unit(code=columns["code"], name=columns["name"], kind=columns.get("kind") or "")
    session.add(founded)
    session.flush()
    ties.set_parent(session, founded.id, parent_id, as_of=today)
    note(session, by, AuditAction.CREATED, "units", founded.id, now=now, after=dict(columns))
    if parent_id is not None:
        feed_versions.everything_changed(session, now=now)
    # The tree has grown by what the actor may see.
    return unit(session, founded.code, within=seen(session, by, on=today), today=today)


def change_unit(
    session: Session, code: str, columns: UnitColumns, *, by: Actor, today: date, now: datetime
) -> UnitView:
    """Rename a unit, or let it stand elsewhere in the tree from today on (rule 38).

    Raises NotFound, Forbidden, Invalid for a parent that is not seen or stands below the unit itself, and Conflict for
    a move before one that is already recorded.
    """
    within = seen(session, by, on=today)
    # One at a time: two moves that are harmless alone could together close a circle.
    hold(session, "tree")
    changed = session.get_one(Unit, unit_id_of(session, code, within=within))
    expect(session, by, Deed.PLAN, changed.id, on=today)
    before = unit(session, code, within=within, today=today)
    if "name" in columns:
        changed.name = columns["name"]
    if "kind" in columns:
        changed.kind = columns["kind"] or ""
    if "parent_code" in columns:
        _move(session, changed.id, columns["parent_code"], within=within, by=by, today=today)
    session.flush()
    after = unit(session, code, within=seen(session, by, on=today), today=today)
    if after != before:
        note(
            session,
            by,
            AuditAction.CHANGED,
            "units",
            changed.id,
            now=now,
            before={name: getattr(before, name) for name in columns},
            after=dict(columns),
        )
        feed_versions.everything_changed(session, now=now)
    return after


def _move(
    session: Session, unit_id: UnitId, parent_code: str | None, *, within: Reach, by: Actor, today: date
) -> None:
    """Set the parent, unless it is the one it has. Between two places one must be allowed to change both."""
    tree = parents(session, on=today)
    parent_id = _parent_id(session, parent_code, within=within)
    if parent_id == tree.get(unit_id):
        return
    if parent_id is None:
        expect_everywhere(by, Deed.PLAN)
    else:
        expect(session, by, Deed.PLAN, parent_id, on=today)
    above: UnitId | None = parent_id
    while above is not None:
        if above == unit_id:
            raise invalid("parent_code", "errors.unit_below_itself")
        above = tree.get(above)
    ties.set_parent(session, unit_id, parent_id, as_of=today)


def _parent_id(session: Session, parent_code: str | None, *, within: Reach) -> UnitId | None:
    return None if not parent_code else unit_told(session, parent_code, "parent_code", within=within)


def _views(session: Session, found: Sequence[Unit], *, within: Reach, today: date) -> Sequence[UnitView]:
    above = ties.in_force(session, ties.PARENT, [each.id for each in found], on=today)
    parent_of = {unit_id: parent[0] for unit_id, parent in above.items() if parent[0] in within}
    codes = codes_of(session, parent_of.values())
    return [
        UnitView(
            id=each.id,
            code=each.code,
            name=each.name,
            parent_code=codes.get(parent_of[each.id]) if each.id in parent_of else None,
            kind=each.kind,
        )
        for each in found
    ]
