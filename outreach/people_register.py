"""The register 名册: people as a list shows them, by the page, and what is known of one of them.

Every list is asked for by the page, and what stands beside the people of a page is asked for once for all of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from models import Activity, Attendance, Campaign, Person, Team, Tie, Unit
from models.base import PersonId
from models.enums import (
    CountedAs,
    PersonRole,
    TieKind,
    VisitResult,
)
from models.types import LAST_DAY
from outreach import organisation
from outreach.due_visits import due_on, open_visits
from outreach.errors import NotFound
from outreach.minors import is_minor
from outreach.people_search import named, placed
from outreach.permissions import Reach
from outreach.remembered import remembered

MOST_COUNTED: Final = 1_000
"""Longer lists are said to be longer, and not counted."""
WHO_IS_FOUND_IS_MADE_OF: Final = frozenset({"activities", "campaigns", "people", "teams", "ties"})


class Standing(StrEnum):
    """Which of the people a list shows."""

    HERE = "here"
    """Today lies within `since`…`until`, and nobody froze them."""
    LEFT = "left"
    FROZEN = "frozen"
    ALL = "all"


class Order(StrEnum):
    """What a list is sorted by."""

    NAME = "name"
    AGE = "age"
    """The oldest first; of minors and of whoever told no birth date nothing is known."""


@dataclass(frozen=True, slots=True)
class RegisterAsked:
    """Which people a list is about."""

    words: str = ""
    role: PersonRole | None = None
    team_code: str | None = None
    standing: Standing = Standing.HERE
    is_due: bool = False
    """Whom a visit is due to, today or before."""
    order: Order = Order.NAME


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something that a line leads to."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody in the list. Of a minor it tells neither birth nor contact: opening the record does, and is noted."""

    id: PersonId
    code: str
    name: str
    roles: Sequence[PersonRole]
    birth_date: date | None
    lunar_birthday: str | None
    unit: Named | None
    teams: Sequence[Named]
    partners: Sequence[Named]
    last_visit_on: date | None
    due_on: date | None
    has_left: bool
    is_frozen: bool

    @property
    def is_minor(self) -> bool:
        return PersonRole.MINOR in self.roles


@dataclass(frozen=True, slots=True)
class Register:
    """A page of the list, and where the next one begins; None at the end."""

    lines: Sequence[Line]
    next: str | None
    count: int
    """How many there are in all, up to one more than are counted."""


def register(
    session: Session,
    asked: RegisterAsked,
    *,
    within: Reach,
    today: date,
    after: str | None = None,
    limit: int,
) -> Register:
    """A page of people in their order; raises NotFound for a team or a mark of a page that there is none of."""
    if after is None:
        # One way along the order tells both who comes first and how many there are.
        ids = ids_found(session, asked, within=within, today=today, limit=max(MOST_COUNTED, limit) + 1)
        count = len(ids)
    else:
        conditions = list(_conditions(session, asked, within=within, today=today))
        ids = _in_order(session, conditions, asked.order, today=today, limit=limit + 1, after=after)
        count = _count(session, conditions)
    places = {person_id: place for place, person_id in enumerate(ids[:limit])}
    lines = sorted(_lines(session, list(places), today=today), key=lambda line: places[line.id])
    return Register(lines=lines, next=lines[-1].code if len(ids) > limit else None, count=count)


def ids_found(
    session: Session, asked: RegisterAsked, *, within: Reach, today: date, limit: int
) -> Sequence[PersonId]:
    """The people of the whole list in its order, up to a number; raises NotFound for a team that there is none of."""

    def found() -> Sequence[PersonId]:
        conditions = list(_conditions(session, asked, within=within, today=today))
        return _in_order(session, conditions, asked.order, today=today, limit=limit)

    question = ("register", asked, within, today, limit)
    return remembered(session, question, found, made_of=WHO_IS_FOUND_IS_MADE_OF)


def lines_of(session: Session, codes: Collection[str], *, within: Reach, today: date) -> Sequence[Line]:
    """The lines of these people, in the order of their names; who is unknown or out of reach has none."""
    found = session.scalars(
        select(Person.id).where(
            Person.code.in_(codes), Person.merged_into_id.is_(None), placed(within, today)
        )
    )
    return _lines(session, found.all(), today=today)


def lines_of_ids(session: Session, ids: Collection[PersonId], *, today: date) -> Sequence[Line]:
    """The lines of people that were found by `ids_found`, in the order of their names."""
    return _lines(session, ids, today=today)


def _in_order(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    order: Order,
    *,
    today: date,
    limit: int,
    after: str | None = None,
) -> Sequence[PersonId]:
    """So many people after one, by a walk along the index of the order; raises NotFound for no such one."""
    if order is Order.AGE:
        return _by_age(session, conditions, today=today, limit=limit, after=after)
    last = _last(session, after, Person.sort_key, Person.id)
    beyond = () if last is None else (tuple_(Person.sort_key, Person.id) > tuple(last),)
    query = select(Person.id).where(*conditions, *beyond).order_by(Person.sort_key, Person.id)
    return session.scalars(query.limit(limit)).all()


def _by_age(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    *,
    today: date,
    limit: int,
    after: str | None,
) -> Sequence[PersonId]:
    """The oldest first, and after all of them those whose age is not told."""
    is_told = and_(Person.birth_date.is_not(None), ~is_minor(Person.id, on=today))
    last = _last(session, after, is_told, Person.birth_date, Person.id)
    found: list[PersonId] = []
    if last is None or last[0]:
        beyond = () if last is None else (tuple_(Person.birth_date, Person.id) > tuple(last[1:]),)
        told = select(Person.id).where(*conditions, is_told, *beyond)
        found += session.scalars(told.order_by(Person.birth_date, Person.id).limit(limit))
        last = None
    if len(found) < limit:
        untold = select(Person.id).where(*conditions, ~is_told, Person.id > (0 if last is None else last[2]))
        found += session.scalars(untold.order_by(Person.id).limit(limit - len(found)))
    return found


def _last(session: Session, code: str | None, *key: Any) -> Any:  # Any: columns of texts, days and ids
    """Where in an order the last one seen stands; None before the first."""
    if code is None:
        return None
    last = session.execute(select(*key).where(Person.code == code)).one_or_none()
    if last is None:
        raise NotFound
    return last


def _conditions(
    session: Session, asked: RegisterAsked, *, within: Reach, today: date
) -> Iterator[ColumnElement[bool]]:
    yield Person.merged_into_id.is_(None)
    yield placed(within, today)
    yield from named(asked.words)
    is_here = and_(Person.since <= today, Person.until >= today)
    if asked.standing is Standing.HERE:
        yield is_here
        yield Person.frozen_on.is_(None)
    elif asked.standing is Standing.LEFT:
        yield ~is_here
    elif asked.standing is Standing.FROZEN:
        yield Person.frozen_on.is_not(None)
    if asked.role is not None:
        yield Person.id.in_(_with_role(asked.role, today))
    if asked.team_code is not None:
        team_id = organisation.team_id_of(session, asked.team_code, within=within)
        yield Person.id.in_(
            select(Tie.subject_person_id).where(
                Tie.kind == TieKind.MEMBERSHIP, Tie.object_team_id == team_id, *_in_force(Tie, today)
            )
        )
    if asked.is_due:
        yield Person.id.in_(
            select(Activity.subject_person_id)
            .join(Campaign, Campaign.id == Activity.campaign_id)
            .where(open_visits(today), due_on() <= today)
        )


def _with_role(role: PersonRole, today: date) -> Select[PersonId | None]:
    return select(Tie.subject_person_id).where(
        Tie.kind == TieKind.ROLE, Tie.object_word == role.value, *_in_force(Tie, today)
    )


def _in_force(tie: type[Tie], day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return tie.since <= day, tie.until >= day


def _count(session: Session, conditions: Iterable[ColumnElement[bool]]) -> int:
    some = select(Person.id).where(*conditions).limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


# What stands beside the people of a page


_IDS: Final[BindParameter[PersonId]] = bindparam("ids", expanding=True)
"""The people of a page. What is asked of them is put together once, which takes longer than answering it."""

_SHOWN: Final = (
    select(
        Person.id,
        Person.code,
        Person.name,
        Person.birth_date,
        Person.lunar_birthday,
        Person.until,
        Person.frozen_on,
    )
    .where(Person.id.in_(_IDS))
    .order_by(Person.sort_key, Person.id)
)


def _lines(session: Session, ids: Collection[PersonId], *, today: date) -> Sequence[Line]:
    """The lines of these people, in the order of their names."""
    if not ids:
        return []
    found = session.execute(_SHOWN, {"ids": list(ids)}).all()
    belongs = _belongings(session, ids, today)
    partners = partners_of(session, ids, today=today)
    visited = last_visits_to(session, ids)
    dues = dues_of(session, ids, today=today)
    return [
        _line(
            person,
            belongs[person.id],
            partners=partners.get(person.id, ()),
            last_visit_on=visited.get(person.id),
            due_on=dues.get(person.id),
            today=today,
        )
        for person in found
    ]


@dataclass(slots=True)
class _Belongings:
    """What somebody is, and where they belong."""

    roles: list[PersonRole] = field(default_factory=list)
    unit: Named | None = None
    teams: list[Named] = field(default_factory=list)


def _line(
    person: Any,  # a row of `_SHOWN`
    belongs: _Belongings,
    *,
    partners: Sequence[Named],
    last_visit_on: date | None,
    due_on: date | None,
    today: date,
) -> Line:
    is_open = PersonRole.MINOR not in belongs.roles
    return Line(
        id=person.id,
        code=person.code,
        name=person.name,
        roles=belongs.roles,
        birth_date=person.birth_date if is_open else None,
        lunar_birthday=person.lunar_birthday if is_open else None,
        unit=belongs.unit,
        teams=belongs.teams,
        partners=partners,
        last_visit_on=last_visit_on,
        due_on=None if person.frozen_on else due_on,
        has_left=(person.until or LAST_DAY) < today,
        is_frozen=person.frozen_on is not None,
    )


def _belongings(session: Session, ids: Collection[PersonId], today: date) -> Mapping[PersonId, _Belongings]:
    found: defaultdict[PersonId, _Belongings] = defaultdict(_Belongings)
    rows = session.execute(_ask_belongings(today), {"ids": list(ids)})
    for person_id, kind, word, unit_code, unit_name, team_code, team_name in rows:
        belongs = found[PersonId(person_id or 0)]
        if kind is TieKind.ROLE:
            belongs.roles.append(PersonRole(word or ""))
        elif kind is TieKind.PLACEMENT:
            belongs.unit = belongs.unit or Named(unit_code, unit_name)
        else:
            belongs.teams.append(Named(team_code, team_name))
    return found


@lru_cache(maxsize=4)
def _ask_belongings(today: date) -> Any:  # Any: a question for seven columns
    return (
        select(Tie.subject_person_id, Tie.kind, Tie.object_word, Unit.code, Unit.name, Team.code, Team.name)
        .outerjoin(Unit, Unit.id == Tie.object_unit_id)
        .outerjoin(Team, Team.id == Tie.object_team_id)
        .where(
            Tie.subject_person_id.in_(_IDS),
            Tie.kind.in_((TieKind.PLACEMENT, TieKind.ROLE, TieKind.MEMBERSHIP)),
            *_in_force(Tie, today),
        )
        .order_by(Tie.id)
    )


def partners_of(
    session: Session, ids: Collection[PersonId], *, today: date
) -> Mapping[PersonId, Sequence[Named]]:
    """With whom each of them is paired today, whichever side they are on; each once."""
    found: defaultdict[PersonId, list[Named]] = defaultdict(list)
    for person_id, code, name in session.execute(_ask_partners(today), {"ids": list(ids)}):
        partner = Named(code, name)
        if partner not in found[person_id]:
            found[person_id].append(partner)
    return found


@lru_cache(maxsize=4)
def _ask_partners(today: date) -> Any:  # Any: a question for three columns
    sides = (
        select(
            side.label("mine"), Person.code, Person.name, literal(place).label("place"), Tie.id.label("tie")
        )
        .join(Person, Person.id == other)
        .where(Tie.kind == TieKind.PAIRING, side.in_(_IDS), *_in_force(Tie, today))
        for place, (side, other) in enumerate(
            (
                (Tie.subject_person_id, Tie.object_person_id),
                (Tie.object_person_id, Tie.subject_person_id),
            )
        )
    )
    both = union_all(*sides).subquery()
    return select(both.c.mine, both.c.code, both.c.name).order_by(both.c.place, both.c.tie)


def last_visits_to(session: Session, ids: Collection[PersonId]) -> Mapping[PersonId, date]:
    """The day on which each of them was last visited or otherwise served, by whatever campaign."""
    return dict(session.execute(_LAST_VISITS, {"ids": list(ids)}).all())


_LAST_VISITS: Final = (
    select(Attendance.person_id, func.max(Attendance.day))
    .where(
        Attendance.person_id.in_(_IDS),
        or_(Attendance.counted_as == CountedAs.SERVED, Attendance.visit == VisitResult.SEEN),
    )
    .group_by(Attendance.person_id)
)


def dues_of(session: Session, ids: Collection[PersonId], *, today: date) -> Mapping[PersonId, date]:
    """The day on which the next visit to each of them falls due, the earliest of several campaigns."""
    rows = session.execute(_ask_dues(today), {"ids": list(ids)})
    return {PersonId(person_id): day for person_id, day in rows if person_id is not None}


@lru_cache(maxsize=4)
def _ask_dues(today: date) -> Any:  # Any: a question for two columns
    return (
        select(Activity.subject_person_id, func.min(due_on()))
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Activity.subject_person_id.in_(_IDS), open_visits(today))
        .group_by(Activity.subject_person_id)
    )
