"""Memberships 队员: who is in a team from when until when. A team's list as a whole is the business of `teams`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from models import Person, Team, Tie
from models.base import TeamId, TieId
from models.database import hold
from models.enums import AuditAction, TieKind
from models.types import FIRST_DAY, LAST_DAY
from outreach import feed_versions, organisation, people
from outreach.audit import note
from outreach.errors import Conflict, NotFound, invalid
from outreach.fields import is_code
from outreach.permissions import Actor, Deed, Reach, expect, seen


class MembershipColumns(TypedDict, total=False):
    """The columns of a membership; `until` is its last day, None while no end is known."""

    person_code: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class MembershipView:
    """Somebody in a team; without `since` they have been in it as long as anybody knows."""

    id: TieId
    person_code: str
    name: str
    since: date | None
    until: date | None


def members(
    session: Session,
    team_code: str,
    *,
    within: Reach,
    today: date,
    all_times: bool = False,
    after: int = 0,
    limit: int,
) -> Sequence[MembershipView]:
    """The members of a team today, or with `all_times` everybody who was or will be; raises NotFound."""
    team_id = organisation.team_id_of(session, team_code, within=within)
    query = _query(team_id).where(Tie.id > after).order_by(Tie.id).limit(limit)
    if not all_times:
        query = query.where(Tie.since <= today, Tie.until >= today)
    return [MembershipView(*row) for row in session.execute(query)]


def join(
    session: Session,
    team_code: str,
    columns: MembershipColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
) -> MembershipView:
    """Let somebody be in a team from a day on, or for a term.

    Raises NotFound, Forbidden, Invalid for a person who is not seen or days out of order, and Conflict when they are in
    it on one of these days already: a change before one that is recorded is refused (rules 38 and 51).
    """
    within = seen(session, by, on=today)
    team = _mine(session, team_code, within, by, today)
    person_id = people.person_told(session, columns["person_code"], "person_code", within=within, today=today)
    joined = Tie(
        kind=TieKind.MEMBERSHIP,
        subject_person_id=person_id,
        object_team_id=team.id,
        since=columns["since"],
        until=columns.get("until"),
    )
    _check(session, joined)
    session.add(joined)
    session.flush()
    _note(session, team, joined, AuditAction.CREATED, columns, by, now)
    return _view(session, joined)


def change_membership(
    session: Session,
    team_code: str,
    person_code: str,
    columns: MembershipColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
) -> MembershipView:
    """Let somebody's latest membership of a team end with a day, or go on without an end.

    Raises NotFound, also for who was never in it, Forbidden, and Invalid for a day before it began.
    """
    within = seen(session, by, on=today)
    team = _mine(session, team_code, within, by, today)
    latest = select(Tie).join(Person, Person.id == Tie.subject_person_id).where(*_of(team.id))
    membership = (
        session.scalar(latest.where(Person.code == person_code).order_by(Tie.since.desc()).limit(1))
        if is_code(person_code)
        else None
    )
    if membership is None:
        raise NotFound
    if membership.until == columns["until"]:
        return _view(session, membership)
    former = membership.until
    with session.no_autoflush:
        membership.until = columns["until"]
        _check(session, membership)
    session.flush()
    told: MembershipColumns = {"person_code": person_code, **columns}
    before = {"until": None if former is None else former.isoformat()}
    _note(session, team, membership, AuditAction.CHANGED, told, by, now, before=before)
    return _view(session, membership)


def _mine(session: Session, code: str, within: Reach, by: Actor, today: date) -> Team:
    """A team whose members the actor may change, one change at a time."""
    team = session.get_one(Team, organisation.team_id_of(session, code, within=within))
    expect(session, by, Deed.PLAN, team.unit_id, on=today)
    hold(session, f"members {team.id}")
    return team


def _check(session: Session, told: Tie) -> None:
    first, last = told.since or FIRST_DAY, told.until or LAST_DAY
    if first > last:
        raise invalid("until", "errors.ends_before_it_starts")
    same = select(Tie.id).where(
        Tie.kind == TieKind.MEMBERSHIP,
        Tie.subject_person_id == told.subject_person_id,
        Tie.object_team_id == told.object_team_id,
        Tie.since <= last,
        Tie.until >= first,
    )
    if any(tie_id != told.id for tie_id in session.scalars(same)):
        raise Conflict("posts.member_already")


def _note(
    session: Session,
    team: Team,
    membership: Tie,
    action: AuditAction,
    columns: MembershipColumns,
    by: Actor,
    now: datetime,
    *,
    before: Mapping[str, object] | None = None,
) -> None:
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in columns.items()}
    note(
        session, by, action, "ties", membership.id, now=now, before=before, after={"team": team.code, **told}
    )
    # A team's people stand in the feeds of its campaigns, and who is listed follows from its members.
    feed_versions.everything_changed(session, now=now)


def _view(session: Session, membership: Tie) -> MembershipView:
    assert membership.object_team_id is not None, "a membership is of a team"
    row = session.execute(_query(membership.object_team_id).where(Tie.id == membership.id)).one()
    return MembershipView(*row)


def _of(team_id: TeamId) -> tuple[ColumnElement[bool], ...]:
    return (Tie.kind == TieKind.MEMBERSHIP, Tie.object_team_id == team_id)


def _query(team_id: TeamId) -> Select[TieId, str, str, date | None, date | None]:
    return (
        select(Tie.id, Person.code, Person.name, Tie.since, Tie.until)
        .join(Person, Person.id == Tie.subject_person_id)
        .where(*_of(team_id))
    )
