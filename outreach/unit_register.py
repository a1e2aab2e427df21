"""Units as pages show them: the tree of a day, and of one unit who and what belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from models import Team, Tie, Unit
from models.base import UnitId
from models.enums import TieKind
from outreach.errors import NotFound
from outreach.permissions import Reach
from outreach.remembered import remembered
from outreach.units import parents

TEAMS_SHOWN: Final = 100
_MEMBER: Final = aliased(Tie)


@dataclass(slots=True)
class UnitNode:
    """A unit in the tree with those below it, in the order they were founded."""

    id: UnitId
    code: str
    name: str
    is_closed: bool
    teams: int
    below: list["UnitNode"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TeamOfUnit:
    code: str
    name: str
    members: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Below which unit it stood, stands or will stand, and when."""

    parent_code: str
    parent_name: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """One unit. The counts are of people: those of its own, and those of all units below it too."""

    id: UnitId
    code: str
    name: str
    kind: str
    until: date | None
    parent_code: str | None
    people: int
    people_below: int
    units_below: int
    teams: Sequence[TeamOfUnit]
    standings: Sequence[Standing]

    def parent_code_on(self, day: date) -> str | None:
        """Below which unit it stands on a day; None below none, and below one that is not seen."""
        return next((each.parent_code for each in self.standings if _holds(each, day)), None)


def unit_tree(session: Session, *, within: Reach, on: date) -> Sequence[UnitNode]:
    """The units of a reach as they stand on a day; those whose unit above is not seen come first of all."""
    of_unit = select(Team.unit_id, func.count().label("teams")).group_by(Team.unit_id).subquery()
    rows = session.execute(
        select(Unit.id, Unit.code, Unit.name, Unit.until, func.coalesce(of_unit.c.teams, 0))
        .outerjoin(of_unit, of_unit.c.unit_id == Unit.id)
        .where(within.of(Unit.id))
        .order_by(Unit.id)
    )
    nodes = {
        unit_id: UnitNode(unit_id, code, name, until is not None and until < on, teams)
        for unit_id, code, name, until, teams in rows
    }
    above = parents(session, on=on)
    roots: list[UnitNode] = []
    for node in nodes.values():
        parent_id = above.get(node.id)
        (nodes[parent_id].below if parent_id in nodes else roots).append(node)
    return roots


def unit_facts(session: Session, code: str, below: Reach, *, within: Reach, today: date) -> UnitFacts:
    """One unit; `below` is it and those below it. Raises NotFound for one that is unknown or out of reach."""
    unit = session.scalar(select(Unit).where(Unit.code == code, within.of(Unit.id)))
    if unit is None:
        raise NotFound
    standings = _standings(session, unit.id, within)
    present = [each for each in standings if _holds(each, today)]
    people = _people_of_units(session, today)
    return UnitFacts(
        id=unit.id,
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        until=unit.until,
        parent_code=present[0].parent_code if present else None,
        people=people.get(unit.id, 0),
        people_below=sum(count for unit_id, count in people.items() if unit_id in below),
        units_below=len(below.unit_ids or ()) - 1,
        teams=_teams(session, unit.id, today),
        standings=standings,
    )


def _holds(standing: Standing, day: date) -> bool:
    return (standing.since is None or standing.since <= day) and (
        standing.until is None or day <= standing.until
    )


def _people_of_units(session: Session, today: date) -> Mapping[UnitId | None, int]:
    """How many people belong to each unit itself, where any do."""
    asked = (
        select(Tie.object_unit_id, func.count())
        .where(
            Tie.kind == TieKind.PLACEMENT,
            Tie.object_unit_id.is_not(None),
            Tie.since <= today,
            Tie.until >= today,
        )
        .group_by(Tie.object_unit_id)
    )
    return remembered(
        session,
        ("people_of_units", today),
        lambda: dict(session.execute(asked).all()),
        made_of=frozenset({"ties"}),
    )


def _standings(session: Session, unit_id: UnitId, within: Reach) -> Sequence[Standing]:
    rows = session.execute(
        select(Unit.code, Unit.name, Tie.since, Tie.until)
        .join(Tie, Tie.object_unit_id == Unit.id)
        .where(Tie.kind == TieKind.PARENT, Tie.subject_unit_id == unit_id, within.of(Unit.id))
        .order_by(Tie.since, Tie.id)
    )
    return [Standing(*row) for row in rows]


def _teams(session: Session, unit_id: UnitId, today: date) -> Sequence[TeamOfUnit]:
    size: Any = (  # Any: a count beside columns of texts
        select(func.count())
        .select_from(_MEMBER)
        .where(
            _MEMBER.kind == TieKind.MEMBERSHIP,
            _MEMBER.object_team_id == Team.id,
            _MEMBER.since <= today,
            _MEMBER.until >= today,
        )
        .correlate(Team)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Team.code, Team.name, size)
        .where(Team.unit_id == unit_id)
        .order_by(Team.name, Team.id)
        .limit(TEAMS_SHOWN)
    )
    return [TeamOfUnit(*row) for row in rows]
