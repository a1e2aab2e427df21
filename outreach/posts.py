"""Posts 职务: who holds which in a unit or a team, from when until when. A term that ends is seen coming."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models import Person, Team, Tie, Unit
from models.base import TeamId, TieId, UnitId
from models.enums import AuditAction, TieKind
from models.types import FIRST_DAY, LAST_DAY
from outreach import organisation, people
from outreach.audit import note
from outreach.errors import Conflict, NotFound, invalid
from outreach.fields import is_code
from outreach.permissions import Actor, Deed, Reach, expect, seen


class PostColumns(TypedDict, total=False):
    """The columns of a post; those left out stay as they were, None empties one."""

    code: str
    post: str
    person_code: str
    unit_code: str | None
    team_code: str | None
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class PostView:
    """A post that somebody holds, held, or is going to hold; in a unit or in a team."""

    id: TieId
    code: str
    post: str
    person_code: str
    person_name: str
    unit_code: str | None
    team_code: str | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class PostsAsked:
    """Which posts a list is about; None asks for all."""

    unit_code: str | None = None
    """In this unit, one below it, or one of their teams."""
    own_unit_code: str | None = None
    """In this unit itself."""
    team_code: str | None = None
    """In this team."""
    person_code: str | None = None
    post: str | None = None
    active: bool | None = None
    """Whether the day lies within `since`…`until`."""
    ends_before: date | None = None
    """Held today, with a term that ends before this day."""


# Asking


def posts(
    session: Session, asked: PostsAsked, *, within: Reach, today: date, after: int = 0, limit: int
) -> Sequence[PostView]:
    """Posts in the order of their ids, after one. One sees those in units, and of teams of units, that one sees."""
    query = _query(within).where(Tie.id > after).order_by(Tie.id).limit(limit)
    in_force = (Tie.since <= today) & (Tie.until >= today)
    if asked.unit_code is not None:
        units = organisation.reach_of_unit(session, asked.unit_code, within=within, today=today)
        query = query.where(units.of(_UNIT))
    if asked.own_unit_code is not None:
        query = query.where(Unit.code == asked.own_unit_code)
    if asked.team_code is not None:
        query = query.where(Team.code == asked.team_code)
    if asked.person_code is not None:
        person_id = people.person_id_of(session, asked.person_code, within=within, today=today)
        query = query.where(Tie.subject_person_id == person_id)
    if asked.post is not None:
        query = query.where(Tie.sort == asked.post)
    if asked.active is not None:
        query = query.where(in_force if asked.active else ~in_force)
    if asked.ends_before is not None:
        query = query.where(in_force, Tie.until < asked.ends_before)
    return [_view(*row) for row in session.execute(query)]


def post(session: Session, code: str, *, within: Reach) -> PostView:
    """One post; raises NotFound for one that is unknown or out of reach."""
    row = session.execute(_query(within).where(Tie.code == code)).one_or_none() if is_code(code) else None
    if row is None:
        raise NotFound
    return _view(*row)


# Changing


def appoint(session: Session, columns: PostColumns, *, by: Actor, today: date, now: datetime) -> PostView:
    """Give somebody a post in a unit or a team from a day on.

    Raises Conflict for a code that is taken or when they hold the same post there on one of these days, Invalid for a
    person or a place that is not seen, for none or two places, or days out of order, Forbidden.
    """
    within = seen(session, by, on=today)
    person_id = people.person_told(session, columns["person_code"], "person_code", within=within, today=today)
    unit_id, team_id = _place(session, columns, within=within, on=max(columns["since"], today))
    expect(session, by, Deed.PLAN, _unit_of(session, unit_id, team_id), on=today)
    if session.scalar(select(Tie.id).where(Tie.code == columns["code"])) is not None:
        raise Conflict("errors.code_taken", code=columns["code"])
    held = Tie(
        kind=TieKind.POST,
        code=columns["code"],
        sort=columns["post"],
        subject_person_id=person_id,
        object_unit_id=unit_id,
        object_team_id=team_id,
        since=columns["since"],
        until=columns.get("until"),
    )
    _check(session, held)
    session.add(held)
    session.flush()
    after = {name: _plain(value) for name, value in columns.items()}
    note(session, by, AuditAction.CREATED, "ties", held.id, now=now, after=after)
    return post(session, columns["code"], within=within)


def change_post(
    session: Session,
    code: str,
    columns: PostColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    reason: str | None = None,
) -> PostView:
    """Change a post's name or days; `until` is its last day. Who holds it where never changes: appoint anew.

    Raises NotFound, Forbidden, Invalid for days out of order, Conflict when they hold the same post there already.
    """
    within = seen(session, by, on=today)
    before = post(session, code, within=within)
    held = session.get_one(Tie, before.id)
    expect(session, by, Deed.PLAN, _unit_of(session, held.object_unit_id, held.object_team_id), on=today)
    with session.no_autoflush:
        if "post" in columns:
            held.sort = columns["post"]
        if "since" in columns:
            held.since = columns["since"]
        if "until" in columns:
            held.until = columns["until"]
        _check(session, held)
    session.flush()
    after = post(session, code, within=within)
    if after != before:
        told = {name: _plain(value) for name, value in columns.items()}
        past: Mapping[str, object] = {name: _plain(getattr(before, name)) for name in told}
        note(
            session,
            by,
            AuditAction.CHANGED,
            "ties",
            held.id,
            now=now,
            reason=reason,
            before=past,
            after=told,
        )
    return after


def _place(
    session: Session, columns: PostColumns, *, within: Reach, on: date
) -> tuple[UnitId | None, TeamId | None]:
    unit_code, team_code = columns.get("unit_code"), columns.get("team_code")
    if bool(unit_code) == bool(team_code):
        raise invalid("unit_code", "posts.one_place")
    if unit_code:
        return organisation.unit_told(session, unit_code, "unit_code", within=within, on=on), None
    assert team_code is not None
    team_id = organisation.find_teams(session, [team_code], within=within).get(team_code)
    if team_id is None:
        raise invalid("team_code", "errors.unknown_code", code=team_code)
    return None, team_id


def _unit_of(session: Session, unit_id: UnitId | None, team_id: TeamId | None) -> UnitId | None:
    if team_id is None:
        return unit_id
    return session.scalar(select(Team.unit_id).where(Team.id == team_id))


def _check(session: Session, told: Tie) -> None:
    """Raise what is wrong with a post by itself, or beside others of the same person."""
    first, last = told.since or FIRST_DAY, told.until or LAST_DAY
    if first > last:
        raise invalid("until", "errors.ends_before_it_starts")
    same = select(Tie.id).where(
        Tie.kind == TieKind.POST,
        Tie.sort == told.sort,
        Tie.subject_person_id == told.subject_person_id,
        Tie.object_unit_id == told.object_unit_id
        if told.object_team_id is None
        else Tie.object_team_id == told.object_team_id,
        Tie.since <= last,
        Tie.until >= first,
    )
    if any(tie_id != told.id for tie_id in session.scalars(same)):
        raise Conflict("posts.held_already")


_UNIT = func.coalesce(Tie.object_unit_id, Team.unit_id)
"""The unit that a post belongs to: its own, or its team's."""


def _query(
    within: Reach,
) -> Select[TieId, str | None, str, str, str, str | None, str | None, date | None, date | None]:
    return (
        select(
            Tie.id,
            Tie.code,
            Tie.sort,
            Person.code,
            Person.name,
            Unit.code,
            Team.code,
            Tie.since,
            Tie.until,
        )
        .join(Person, Person.id == Tie.subject_person_id)
        .outerjoin(Unit, Unit.id == Tie.object_unit_id)
        .outerjoin(Team, Team.id == Tie.object_team_id)
        .where(Tie.kind == TieKind.POST, Tie.code.is_not(None), within.of(_UNIT))
    )


def _view(post_id: TieId, code: str | None, *told: Any) -> PostView:  # Any: the columns of `PostView`
    assert code is not None, "only posts with a code are asked for"
    return PostView(post_id, code, *told)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
