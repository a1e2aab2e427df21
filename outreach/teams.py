"""Teams 志愿服务队: who is in them and who leads them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Team
from models.base import PersonId, TeamId
from models.enums import AuditAction
from outreach import feed_versions, organisation, people, ties
from outreach.audit import note
from outreach.errors import Conflict, Fault, Invalid
from outreach.permissions import EVERYWHERE, Actor, Deed, Reach, expect, seen


class TeamColumns(TypedDict, total=False):
    """The columns of a team; those left out stay as they were, None empties one."""

    code: str
    name: str
    unit_code: str
    kind: str | None
    leader_code: str | None
    members: Sequence[str]
    confirms_members: bool
    """Whether members whom the program proposes count as confirmed, unless they say no."""


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team as it stands on a day."""

    id: TeamId
    code: str
    name: str
    unit_code: str
    kind: str
    leader_code: str | None
    members: Sequence[str]
    confirms_members: bool


# Asking


def teams(
    session: Session,
    *,
    within: Reach,
    today: date,
    after: int = 0,
    limit: int,
    words: str | None = None,
    unit_code: str | None = None,
    kind: str | None = None,
) -> Sequence[TeamView]:
    """Teams in the order of their ids, after one; raises NotFound for a unit that is not seen."""
    query = select(Team).where(Team.id > after, within.of(Team.unit_id)).order_by(Team.id).limit(limit)
    if words is not None:
        query = query.where(Team.name.contains(words, autoescape=True) | (Team.code == words))
    if kind is not None:
        query = query.where(Team.kind == kind)
    if unit_code is not None:
        units = organisation.reach_of_unit(session, unit_code, within=within, today=today)
        query = query.where(units.of(Team.unit_id))
    return _views(session, session.scalars(query).all(), today=today)


def team(session: Session, code: str, *, within: Reach, today: date) -> TeamView:
    """One team; raises NotFound for one that is unknown or out of reach."""
    found = session.get_one(Team, organisation.team_id_of(session, code, within=within))
    return _views(session, [found], today=today)[0]


# Changing


def form_team(session: Session, columns: TeamColumns, *, by: Actor, today: date, now: datetime) -> TeamView:
    """Add a team; its first members and leader have an open start (rule 51).

    Raises Conflict for a code that is taken, Invalid for a unit or people that are not seen, Forbidden.
    """
    within = seen(session, by, on=today)
    unit_id = organisation.unit_told(session, columns["unit_code"], "unit_code", within=within, on=today)
    expect(session, by, Deed.PLAN, unit_id, on=today)
    if session.scalar(select(Team.id).where(Team.code == columns["code"])) is not None:
        raise Conflict("errors.code_taken", code=columns["code"])
    members, leader = _people(session, columns, within=within, today=today)
    formed = Team(
        code=columns["code"],
        name=columns["name"],
        unit_id=unit_id,
        kind=columns.get("kind") or "",
        confirms_members=columns.get("confirms_members", False),
    )
    session.add(formed)
    session.flush()
    ties.set_members(session, formed.id, members or [], as_of=today)
    ties.set_leader(session, formed.id, leader, as_of=today)
    note(session, by, AuditAction.CREATED, "teams", formed.id, now=now, after=_told(columns))
    return team(session, formed.code, within=within, today=today)


def change_team(
    session: Session, code: str, columns: TeamColumns, *, by: Actor, today: date, now: datetime
) -> TeamView:
    """Rename a team, move it to another unit, or change who is in it and leads it from today on (rule 38).

    `members` is the whole list: who is no longer on it ceases to belong today. Members of units that the actor does
    not see may stay, but not be added. Raises NotFound, Forbidden, Invalid, and Conflict for a change before one that
    is already recorded.
    """
    within = seen(session, by, on=today)
    changed = session.get_one(Team, organisation.team_id_of(session, code, within=within))
    expect(session, by, Deed.PLAN, changed.unit_id, on=today)
    before = _views(session, [changed], today=today)[0]
    if "name" in columns:
        changed.name = columns["name"]
    if "kind" in columns:
        changed.kind = columns["kind"] or ""
    if "confirms_members" in columns:
        changed.confirms_members = columns["confirms_members"]
    if "unit_code" in columns:
        changed.unit_id = organisation.unit_told(
            session, columns["unit_code"], "unit_code", within=within, on=today
        )
        expect(session, by, Deed.PLAN, changed.unit_id, on=today)
    present = [*before.members, *([before.leader_code] if before.leader_code else [])]
    members, leader = _people(session, columns, within=within, today=today, present=present)
    if members is not None:
        ties.set_members(session, changed.id, members, as_of=today)
    if "leader_code" in columns:
        ties.set_leader(session, changed.id, leader, as_of=today)
    session.flush()
    after = _views(session, [changed], today=today)[0]
    if after != before:
        told = _told(columns)
        past = {name: _plain(getattr(before, name)) for name in told}
        note(session, by, AuditAction.CHANGED, "teams", changed.id, now=now, before=past, after=told)
        # A team's name and people stand in the feeds of its campaigns, and who is listed follows from its members.
        feed_versions.everything_changed(session, now=now)
    return after


def _people(
    session: Session, columns: TeamColumns, *, within: Reach, today: date, present: Iterable[str] = ()
) -> tuple[list[PersonId] | None, PersonId | None]:
    """Members (None when the column was left out) and leader by id; raises Invalid naming every code not seen."""
    members = columns.get("members")
    leader = columns.get("leader_code") or None
    asked = [*(members or ()), *([leader] if leader else [])]
    known = people.find_people(session, asked, within=within, today=today)
    staying = [code for code in asked if code in set(present) and code not in known]
    known |= people.find_people(session, staying, within=EVERYWHERE, today=today)
    faults = [
        Fault(f"members.{place}", "errors.no_such_person", {"code": code})
        for place, code in enumerate(members or ())
        if code not in known
    ]
    if leader is not None and leader not in known:
        faults.append(Fault("leader_code", "errors.no_such_person", {"code": leader}))
    if faults:
        raise Invalid(faults)
    ids = None if members is None else [known[code] for code in members]
    return ids, None if leader is None else known[leader]


def _told(columns: TeamColumns) -> dict[str, object]:
    return {name: _plain(value) for name, value in columns.items()}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _views(session: Session, found: Sequence[Team], *, today: date) -> Sequence[TeamView]:
    ids = [each.id for each in found]
    members = ties.in_force(session, ties.MEMBERS, ids, on=today)
    leaders = ties.in_force(session, ties.LEADER, ids, on=today)
    everyone = {person for held in (*members.values(), *leaders.values()) for person in held}
    codes = people.codes_of(session, everyone)
    units = organisation.codes_of(session, [each.unit_id for each in found])
    return [
        TeamView(
            id=each.id,
            code=each.code,
            name=each.name,
            unit_code=units[each.unit_id],
            kind=each.kind,
            leader_code=codes[leaders[each.id][0]] if each.id in leaders else None,
            members=tuple(codes[person] for person in members.get(each.id, ())),
            confirms_members=each.confirms_members,
        )
        for each in found
    ]
