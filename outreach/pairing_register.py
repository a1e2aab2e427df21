"""Pairings as a list shows them: who with whom, when they met and when the next visit falls due; who has nobody."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from models import Activity, Campaign, Person, Tie, Unit
from models.base import PersonId, TieId, UnitId
from models.enums import PersonRole, TieKind
from outreach import people
from outreach.due_visits import due_on, open_visits
from outreach.errors import NotFound
from outreach.fields import is_code
from outreach.house_rules import house_rules
from outreach.pairings import LIAISON
from outreach.people_search import named
from outreach.permissions import Reach
from outreach.planning.records import last_visits_of_pairs
from outreach.remembered import remembered

MOST_COUNTED: Final = 1_000
"""Longer lists are said to be longer, and not counted."""
MADE_OF: Final = frozenset({"activities", "attendances", "campaigns", "people", "ties"})
WHO_IS_PAIRED_IS_MADE_OF: Final = frozenset({"people", "ties", "units"})
WITHOUT_PARTNER: Final = (PersonRole.MINOR, PersonRole.BENEFICIARY, PersonRole.RETIREE)
"""Who may want somebody of their own; the office says of which of them it expects that."""


class Standing(StrEnum):
    """Which pairings a list shows."""

    ACTIVE = "active"
    ENDED = "ended"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which pairings a list is about."""

    words: str = ""
    """Either side, by name, pinyin, initials or code."""
    kind: str = ""
    person_code: str = ""
    """Of this one alone, whichever side."""
    standing: Standing = Standing.ACTIVE


@dataclass(frozen=True, slots=True)
class Line:
    """A pairing in the list."""

    id: TieId
    code: str
    kind: str
    supporter_code: str
    supporter_name: str
    supporter_unit_id: UnitId | None
    """The unit that decides who may change the pairing."""
    beneficiary_code: str
    beneficiary_name: str
    since: date | None
    until: date | None
    visit_every: str | None
    last_met_on: date | None
    """When both were at one activity, whatever campaign it was of."""
    due_on: date | None
    """When the next visit falls due; None when no campaign that runs visits them."""


@dataclass(frozen=True, slots=True)
class Register:
    """A page of pairings in the order of their supporters, and the code after which the next page begins."""

    lines: Sequence[Line]
    next: str | None
    count: int
    """How many there are in all, up to one more than are counted."""
    kinds: Sequence[str]
    """Every kind there is."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Somebody who is not paired with anybody."""

    person_code: str
    name: str
    unit_name: str | None


@dataclass(frozen=True, slots=True)
class Room:
    """Somebody who could look after more people, and after how many they look already."""

    person_code: str
    name: str
    unit_name: str | None
    pairings: int
    most: int | None
    """None where nothing limits the number."""


def register(
    session: Session,
    asked: Asked,
    *,
    within: Reach,
    today: date,
    after: str | None = None,
    limit: int,
) -> Register:
    """A page of pairings whose supporter belongs to the reach; raises NotFound for a mark that is none of a page's."""
    return remembered(
        session,
        ("pairings", asked, within, today, after, limit),
        lambda: _register(session, asked, within, today, after, limit),
        made_of=MADE_OF,
    )


def _register(
    session: Session, asked: Asked, within: Reach, today: date, after: str | None, limit: int
) -> Register:
    conditions = _conditions(session, asked, within, today)
    key = _key_of(session, after) if after else None
    few = session.scalars(select(Tie.id).where(*conditions).limit(MOST_COUNTED + 1)).all()
    if len(few) <= MOST_COUNTED:
        query = _select(today).where(Tie.id.in_(few))
    else:
        supporters = _supporters(session, conditions, key, limit=limit + 2)
        query = _select(today).where(*conditions, Tie.subject_person_id.in_(supporters))
    if key:
        query = query.where(tuple_(_SUPPORTER.sort_key, _SUPPORTER.id, Tie.id) > key)
    rows = session.execute(query.limit(limit + 1)).all()
    return Register(
        lines=_lines(session, rows[:limit], today),
        next=rows[limit - 1].code if len(rows) > limit else None,
        count=len(few),
        kinds=session.scalars(_KINDS).all(),
    )


def lines_of(session: Session, codes: Collection[str], *, within: Reach, today: date) -> Sequence[Line]:
    """These pairings in the order of their supporters; one that is unknown or out of reach is missing."""
    asked = sorted({code for code in codes if is_code(code)})
    conditions = [*_conditions(session, Asked(standing=Standing.ALL), within, today), Tie.code.in_(asked)]
    return _lines(session, session.execute(_select(today).where(*conditions)).all(), today)


def without_partner(
    session: Session, role: PersonRole, *, within: Reach, today: date, after: str | None = None, limit: int
) -> Sequence[Alone]:
    """People with a role whom nobody is paired with today, in the order of their names."""
    return remembered(
        session,
        ("without_partner", role, within, today, after, limit),
        lambda: _without_partner(session, role, within, today, after, limit),
        made_of=WHO_IS_PAIRED_IS_MADE_OF,
    )


def _without_partner(
    session: Session, role: PersonRole, within: Reach, today: date, after: str | None, limit: int
) -> Sequence[Alone]:
    query = _by_name(today).where(
        _here(today), _unpaired(session, role, _PAIRED.object_person_id, within=within, today=today)
    )
    if after:
        query = query.where(tuple_(Person.sort_key, Person.id) > _person_key(session, after))
    return [Alone(*row) for row in session.execute(query.limit(limit))]


def with_room(session: Session, *, within: Reach, today: date, limit: int) -> Sequence[Room]:
    """Who could look after more: liaisons below the house rule first, then volunteers who look after nobody yet."""
    most = house_rules(session).pairings.liaison_most
    return remembered(
        session,
        ("with_room", within, today, limit, most),
        lambda: _with_room(session, within, today, limit, most),
        made_of=WHO_IS_PAIRED_IS_MADE_OF,
    )


def _with_room(session: Session, within: Reach, today: date, limit: int, most: int) -> Sequence[Room]:
    held = (
        select(Tie.subject_person_id, func.count().label("pairings"))
        .where(*_pairing_of(Tie, today), Tie.sort == LIAISON)
        .group_by(Tie.subject_person_id)
        .having(func.count() < most)
        .subquery()
    )
    liaisons = (
        _belonging(today, Person.code, Person.name, Unit.name, held.c.pairings)
        .join(held, held.c.subject_person_id == Person.id)
        .where(_here(today), within.of_each_person(Person.id, on=today))
        .order_by(held.c.pairings, Person.sort_key, Person.id)
        .limit(limit)
    )
    found = [Room(code, name, unit, count, most) for code, name, unit, count in session.execute(liaisons)]
    if len(found) == limit:
        return found
    is_free = _unpaired(session, PersonRole.VOLUNTEER, _PAIRED.subject_person_id, within=within, today=today)
    free = _by_name(today).where(_here(today), is_free).limit(limit - len(found))
    return [*found, *(Room(code, name, unit, 0, None) for code, name, unit in session.execute(free))]


# How it is asked


_SUPPORTER: Final = aliased(Person, name="supporter")
_BENEFICIARY: Final = aliased(Person, name="beneficiary")
_HOME: Final = aliased(Tie, name="home")
_ROLE: Final = aliased(Tie, name="role")
_PAIRED: Final = aliased(Tie, name="paired")

_KINDS: Final = select(Tie.sort).where(Tie.kind == TieKind.PAIRING).group_by(Tie.sort).order_by(Tie.sort)

Key = tuple[str, PersonId, TieId]
"""Where a pairing stands in the list: by its supporter's name."""


def _supporters(
    session: Session, conditions: Sequence[ColumnElement[bool]], key: Key | None, *, limit: int
) -> Sequence[PersonId]:
    """Those whose pairings come first in the list, from a place in it on.

    Found by walking along the names: where many pairings are asked for, that is done after a few steps.
    """
    has_one = select(Tie.id).where(Tie.subject_person_id == _SUPPORTER.id, *conditions).exists()
    query = select(_SUPPORTER.id).where(has_one).order_by(_SUPPORTER.sort_key, _SUPPORTER.id).limit(limit)
    if key:
        query = query.where(tuple_(_SUPPORTER.sort_key, _SUPPORTER.id) >= key[:2])
    return session.scalars(query).all()


def _select(today: date) -> Any:  # Any: a dozen named columns
    return (
        select(
            Tie.id,
            Tie.code,
            Tie.sort,
            Tie.since,
            Tie.until,
            Tie.visit_every,
            _SUPPORTER.code.label("supporter_code"),
            _SUPPORTER.name.label("supporter_name"),
            _HOME.object_unit_id.label("supporter_unit_id"),
            _BENEFICIARY.code.label("beneficiary_code"),
            _BENEFICIARY.name.label("beneficiary_name"),
        )
        .join(_SUPPORTER, _SUPPORTER.id == Tie.subject_person_id)
        .join(_BENEFICIARY, _BENEFICIARY.id == Tie.object_person_id)
        .outerjoin(_HOME, _at_home(Tie.subject_person_id, today))
        .order_by(_SUPPORTER.sort_key, _SUPPORTER.id, Tie.id)
    )


def _conditions(session: Session, asked: Asked, within: Reach, today: date) -> list[ColumnElement[bool]]:
    found = [
        Tie.kind == TieKind.PAIRING,
        Tie.code.is_not(None),
        within.of_each_person(Tie.subject_person_id, on=today),
    ]
    is_active = and_(Tie.since <= today, Tie.until >= today)
    if asked.standing is Standing.ACTIVE:
        found.append(is_active)
    elif asked.standing is Standing.ENDED:
        found.append(Tie.until < today)
    if asked.kind:
        found.append(Tie.sort == asked.kind)
    if asked.person_code:
        person_id = people.person_id_of(session, asked.person_code, within=within, today=today)
        found.append(or_(Tie.subject_person_id == person_id, Tie.object_person_id == person_id))
    if words := list(named(asked.words)):
        meant = select(Person.id).where(*words)
        found.append(or_(Tie.subject_person_id.in_(meant), Tie.object_person_id.in_(meant)))
    return found


def _lines(session: Session, rows: Sequence[Any], today: date) -> Sequence[Line]:  # Any: rows of `_select`
    ids = [row.id for row in rows]
    met = _last_met(session, ids)
    due = _due(session, ids, today)
    return [
        Line(
            id=row.id,
            code=row.code,
            kind=row.sort,
            supporter_code=row.supporter_code,
            supporter_name=row.supporter_name,
            supporter_unit_id=row.supporter_unit_id,
            beneficiary_code=row.beneficiary_code,
            beneficiary_name=row.beneficiary_name,
            since=row.since,
            until=row.until,
            visit_every=row.visit_every,
            last_met_on=met.get(row.id),
            due_on=due.get(row.id),
        )
        for row in rows
    ]


def _last_met(session: Session, ids: Sequence[TieId]) -> Mapping[TieId, date]:
    met: dict[TieId, date] = {}
    if ids:
        for (_, tie_id), day in last_visits_of_pairs(session, None, among=ids).items():
            met[tie_id] = max(day, met.get(tie_id, day))
    return met


def _due(session: Session, ids: Sequence[TieId], today: date) -> Mapping[TieId, date]:
    """When the open visit of each falls due, the first of several campaigns."""
    if not ids:
        return {}
    rows = session.execute(
        select(Activity.pairing_id, func.min(due_on()))
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(
            Activity.pairing_id.in_(ids),
            open_visits(today),
        )
        .group_by(Activity.pairing_id)
    )
    return {tie_id: day for tie_id, day in rows if tie_id is not None}


def _key_of(session: Session, code: str) -> Key:
    row = None
    if is_code(code):
        row = session.execute(
            select(Person.sort_key, Person.id, Tie.id)
            .join(Tie, Tie.subject_person_id == Person.id)
            .where(Tie.kind == TieKind.PAIRING, Tie.code == code)
        ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


def _person_key(session: Session, code: str) -> tuple[str, PersonId]:
    row = None
    if is_code(code):
        row = session.execute(select(Person.sort_key, Person.id).where(Person.code == code)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _by_name(today: date) -> Any:  # Any: columns of texts
    return _belonging(today, Person.code, Person.name, Unit.name).order_by(Person.sort_key, Person.id)


def _belonging(today: date, *columns: Any) -> Any:  # Any: columns of texts and counts
    """People with the unit they belong to today."""
    return (
        select(*columns)
        .select_from(Person)
        .outerjoin(_HOME, _at_home(Person.id, today))
        .outerjoin(Unit, Unit.id == _HOME.object_unit_id)
    )


def _at_home(person_id: Any, today: date) -> ColumnElement[bool]:  # Any: a column of either nullability
    return and_(
        _HOME.kind == TieKind.PLACEMENT,
        _HOME.subject_person_id == person_id,
        _HOME.since <= today,
        _HOME.until >= today,
    )


def _here(today: date) -> ColumnElement[bool]:
    return and_(
        Person.since <= today, Person.until >= today, Person.frozen_on.is_(None), Person.erased_at.is_(None)
    )


def _unpaired(
    session: Session,
    role: PersonRole,
    side: Any,  # Any: one side of `_PAIRED`
    *,
    within: Reach,
    today: date,
) -> ColumnElement[bool]:
    """The WHERE clause for people with a role who are on no such side of a pairing.

    A few are found among those with the role, and named; many by walking along the names, which is done after a few
    steps.
    """
    paired = select(_PAIRED.id).where(side == _ROLE.subject_person_id, *_pairing_of(_PAIRED, today))
    is_one = and_(
        _ROLE.kind == TieKind.ROLE,
        _ROLE.object_word == role.value,
        _ROLE.since <= today,
        _ROLE.until >= today,
        ~paired.exists(),
        within.of_each_person(_ROLE.subject_person_id, on=today),
    )
    few = session.scalars(select(_ROLE.subject_person_id).where(is_one).limit(MOST_COUNTED + 1)).all()
    if len(few) <= MOST_COUNTED:
        return Person.id.in_(few)
    return select(_ROLE.id).where(_ROLE.subject_person_id == Person.id, is_one).exists()


def _pairing_of(tie: Any, today: date) -> tuple[ColumnElement[bool], ...]:  # Any: Tie or an alias
    return (tie.kind == TieKind.PAIRING, tie.since <= today, tie.until >= today)
