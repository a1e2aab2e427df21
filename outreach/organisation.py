"""Units 单位: founding, renaming and moving them within the tree; and finding units and teams by their codes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Campaign, Team, Tie, Unit
from models.base import TeamId, UnitId
from models.database import hold
from models.enums import AuditAction, CampaignStatus, TieKind
from models.types import LAST_DAY
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


def unit_told(session: Session, code: str, field: str, *, within: Reach, on: date) -> UnitId:
    """The unit of a code in a body; raises Invalid for one that is unknown, out of reach, or closed.

    On its last day it is as good as closed: what begins there then would stand in no unit the day after.
    """
    unit_id = find_units(session, [code], within=within).get(code)
    if unit_id is None:
        raise invalid(field, "errors.no_such_unit", code=code)
    until = session.scalar(select(Unit.until).where(Unit.id == unit_id))
    if until is not None and until <= on:
        raise invalid(field, "ties.unit_is_closed", code=code)
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
    parent_id = _parent_id(session, columns.get("parent_code"), within=within, on=today)
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
    session: Session,
    code: str,
    columns: UnitColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    as_of: date | None = None,
) -> UnitView:
    """Rename a unit, or let it stand elsewhere in the tree from a day on (rule 38): today, or `as_of` later.

    What was counted before that day stays where it was. Raises NotFound, Forbidden, Invalid for a day that is over and
    for a parent that is not seen or stands below the unit itself, and Conflict for a move before one that is already
    recorded.
    """
    as_of = as_of or today
    if as_of < today:
        raise invalid("as_of", "ties.day_is_over")
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
    moves = "parent_code" in columns and _move(
        session, changed.id, columns["parent_code"], within=within, by=by, today=today, as_of=as_of
    )
    session.flush()
    after = unit(session, code, within=seen(session, by, on=today), today=today)
    if after != before or moves:
        later = {"as_of": as_of.isoformat()} if moves and as_of > today else {}
        note(
            session,
            by,
            AuditAction.CHANGED,
            "units",
            changed.id,
            now=now,
            before={name: getattr(before, name) for name in columns},
            after={**columns, **later},
        )
        feed_versions.everything_changed(session, now=now)
    return after


def close_unit(
    session: Session,
    code: str,
    *,
    until: date,
    reason: str | None = None,
    by: Actor,
    today: date,
    now: datetime,
) -> None:
    """Let a unit be no more after a day: nothing belongs to it from then on, and what was counted for it stays.

    Raises NotFound, Forbidden, Invalid for a day that is over, and Conflict while people, teams, units or campaigns
    that go on belong to it: they are moved or ended first.
    """
    if until < today:
        raise invalid("until", "ties.day_is_over")
    closed = _unit_to_change(session, code, by=by, today=today)
    _expect_empty(session, closed.id, on=today)
    _set_until(session, closed, until, reason=reason, by=by, now=now)


def reopen_unit(session: Session, code: str, *, by: Actor, today: date, now: datetime) -> None:
    """Let a unit go on that was closed. Raises NotFound and Forbidden."""
    _set_until(session, _unit_to_change(session, code, by=by, today=today), None, reason=None, by=by, now=now)


def _unit_to_change(session: Session, code: str, *, by: Actor, today: date) -> Unit:
    hold(session, "tree")
    found = session.get_one(Unit, unit_id_of(session, code, within=seen(session, by, on=today)))
    expect(session, by, Deed.PLAN, found.id, on=today)
    return found


def _set_until(
    session: Session, changed: Unit, until: date | None, *, reason: str | None, by: Actor, now: datetime
) -> None:
    if changed.until == until:
        return
    before, changed.until = changed.until, until
    session.flush()
    note(
        session,
        by,
        AuditAction.CHANGED,
        "units",
        changed.id,
        now=now,
        reason=reason,
        before={"until": None if before is None else before.isoformat()},
        after={"until": None if until is None else until.isoformat()},
    )


def _expect_empty(session: Session, unit_id: UnitId, *, on: date) -> None:
    """Raise Conflict with what still belongs to a unit on a day or later."""
    people, units = (
        select(func.count())
        .select_from(Tie)
        .where(Tie.kind == kind, Tie.object_unit_id == unit_id, Tie.until > on)
        for kind in (TieKind.PLACEMENT, TieKind.PARENT)
    )
    open_units = units.join(Unit, Unit.id == Tie.subject_unit_id).where(Unit.until == LAST_DAY)
    teams = select(func.count()).select_from(Team).where(Team.unit_id == unit_id)
    campaigns = (
        select(func.count())
        .select_from(Campaign)
        .where(
            Campaign.unit_id == unit_id,
            Campaign.status.in_((CampaignStatus.DRAFT, CampaignStatus.ACTIVE, CampaignStatus.PAUSED)),
        )
    )
    asked = (people, open_units, teams, campaigns)
    counts = session.execute(select(*(each.scalar_subquery() for each in asked))).one()
    if any(counts):
        told = dict(zip(("people", "units", "teams", "campaigns"), counts, strict=True))
        raise Conflict("ties.unit_is_not_empty", **told)


def _move(
    session: Session,
    unit_id: UnitId,
    parent_code: str | None,
    *,
    within: Reach,
    by: Actor,
    today: date,
    as_of: date,
) -> bool:
    """Set the parent, unless it is the one it has. Between two places one must be allowed to change both."""
    parent_id = _parent_id(session, parent_code, within=within, on=as_of)
    if parent_id == parents(session, on=as_of).get(unit_id):
        return False
    if parent_id is None:
        expect_everywhere(by, Deed.PLAN)
    else:
        expect(session, by, Deed.PLAN, parent_id, on=today)
    _expect_no_circle(session, unit_id, parent_id, as_of)
    ties.set_parent(session, unit_id, parent_id, as_of=as_of)
    return True


def _expect_no_circle(session: Session, unit_id: UnitId, parent_id: UnitId | None, as_of: date) -> None:
    """Raise Invalid when the unit would stand above itself on that day, or when a later move takes place."""
    later = select(Tie.since).where(Tie.kind == TieKind.PARENT, Tie.since > as_of).distinct()
    for day in [as_of, *(since for since in session.scalars(later) if since is not None)]:
        tree = parents(session, on=day)
        above: UnitId | None = parent_id
        while above is not None:
            if above == unit_id:
                raise invalid("parent_code", "errors.unit_below_itself")
            above = tree.get(above)


def _parent_id(session: Session, parent_code: str | None, *, within: Reach, on: date) -> UnitId | None:
    if not parent_code:
        return None
    return unit_told(session, parent_code, "parent_code", within=within, on=on)


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
