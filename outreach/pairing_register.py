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

MOST_COUNTED: Final = 1_000
"""Longer lists are said to be longer, and not counted."""
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
    conditions = _conditions(session, asked, within, today)
    query = _select(today).where(*conditions).limit(limit + 1)
    if after:
        query = query.where(tuple_(_SUPPORTER.sort_key, Tie.id) > _key_of(session, after))
    rows = session.execute(query).all()
    counted = (
        select(Tie.id)
        .join(_SUPPORTER, _SUPPORTER.id == Tie.subject_person_id)
        .join(_BENEFICIARY, _BENEFICIARY.id == Tie.object_person_id)
        .where(*conditions)
        .limit(MOST_COUNTED + 1)
    )
    kinds = select(Tie.sort).where(Tie.kind == TieKind.PAIRING).group_by(Tie.sort).order_by(Tie.sort)
    return Register(
        lines=_lines(session, rows[:limit], today),
        next=rows[limit - 1].code if len(rows) > limit else None,
        count=session.scalar(select(func.count()).select_from(counted.subquery())) or 0,
        kinds=session.scalars(kinds).all(),
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
    query = (
        _belonging(today, Person.code, Person.name, Unit.name)
        .where(_here(today), _with_role(role, today), within.of_each_person(Person.id, on=today))
        .where(~_paired(Tie.object_person_id, today))
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    if after:
        query = query.where(tuple_(Person.sort_key, Person.id) > _person_key(session, after))
    return [Alone(*row) for row in session.execute(query)]


def with_room(session: Session, *, within: Reach, today: date, limit: int) -> Sequence[Room]:
    """Who could look after more: liaisons below the house rule first, then volunteers who look after nobody yet."""
    most = house_rules(session).pairings.liaison_most
    paired = aliased(Tie)
    count = func.count(paired.id)
    liaisons = (
        _belonging(today, Person.code, Person.name, Unit.name, count)
        .join(paired, and_(paired.subject_person_id == Person.id, *_pairing_of(paired, today)))
        .where(paired.sort == LIAISON, _here(today), within.of_each_person(Person.id, on=today))
        .group_by(Person.id, Person.code, Person.name, Person.sort_key, Unit.name)
        .having(count < most)
        .order_by(count, Person.sort_key, Person.id)
        .limit(limit)
    )
    found = [Room(code, name, unit, held, most) for code, name, unit, held in session.execute(liaisons)]
    free = (
        _belonging(today, Person.code, Person.name, Unit.name)
        .where(_here(today), _with_role(PersonRole.VOLUNTEER, today))
        .where(within.of_each_person(Person.id, on=today), ~_paired(Tie.subject_person_id, today))
        .order_by(Person.sort_key, Person.id)
        .limit(limit - len(found))
    )
    return [*found, *(Room(code, name, unit, 0, None) for code, name, unit in session.execute(free))]


# How it is asked


_SUPPORTER: Final = aliased(Person, name="supporter")
_BENEFICIARY: Final = aliased(Person, name="beneficiary")


def _select(today: date) -> Any:  # Any: a dozen named columns
    home = aliased(Tie, name="home")
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
            home.object_unit_id.label("supporter_unit_id"),
            _BENEFICIARY.code.label("beneficiary_code"),
            _BENEFICIARY.name.label("beneficiary_name"),
        )
        .join(_SUPPORTER, _SUPPORTER.id == Tie.subject_person_id)
        .join(_BENEFICIARY, _BENEFICIARY.id == Tie.object_person_id)
        .outerjoin(
            home,
            and_(
                home.kind == TieKind.PLACEMENT,
                home.subject_person_id == Tie.subject_person_id,
                home.since <= today,
                home.until >= today,
            ),
        )
        .order_by(_SUPPORTER.sort_key, Tie.id)
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


def _key_of(session: Session, code: str) -> tuple[str, TieId]:
    row = None
    if is_code(code):
        row = session.execute(
            select(Person.sort_key, Tie.id)
            .join(Tie, Tie.subject_person_id == Person.id)
            .where(Tie.kind == TieKind.PAIRING, Tie.code == code)
        ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _person_key(session: Session, code: str) -> tuple[str, PersonId]:
    row = None
    if is_code(code):
        row = session.execute(select(Person.sort_key, Person.id).where(Person.code == code)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _belonging(today: date, *columns: Any) -> Any:  # Any: columns of texts and counts
    """People with the unit they belong to today."""
    home = aliased(Tie, name="home")
    return (
        select(*columns)
        .select_from(Person)
        .outerjoin(
            home,
            and_(
                home.kind == TieKind.PLACEMENT,
                home.subject_person_id == Person.id,
                home.since <= today,
                home.until >= today,
            ),
        )
        .outerjoin(Unit, Unit.id == home.object_unit_id)
    )


def _here(today: date) -> ColumnElement[bool]:
    return and_(
        Person.since <= today, Person.until >= today, Person.frozen_on.is_(None), Person.erased_at.is_(None)
    )


def _with_role(role: PersonRole, today: date) -> ColumnElement[bool]:
    return Person.id.in_(
        select(Tie.subject_person_id).where(
            Tie.kind == TieKind.ROLE, Tie.object_word == role.value, Tie.since <= today, Tie.until >= today
        )
    )


def _pairing_of(tie: Any, today: date) -> tuple[ColumnElement[bool], ...]:  # Any: an alias of Tie
    return (tie.kind == TieKind.PAIRING, tie.since <= today, tie.until >= today)


def _paired(side: Any, today: date) -> ColumnElement[bool]:  # Any: one side of a tie
    return select(Tie.id).where(side == Person.id, *_pairing_of(Tie, today)).correlate(Person).exists()
