"""People 人员: enrolling them, changing what is known of them, archiving them by their last day."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from models import Person, Tie, Unit
from models.base import PersonId
from models.database import in_batches
from models.enums import AuditAction, Channel, Gender, PersonRole, TieKind
from models.types import FIRST_DAY, LAST_DAY
from outreach import feed_versions, organisation, ties
from outreach.audit import note
from outreach.errors import Conflict, NotFound, invalid
from outreach.fields import is_code
from outreach.people_search import named, spellings
from outreach.permissions import Actor, Deed, Reach, expect, seen


class PersonColumns(TypedDict, total=False):
    """The columns of a person; those left out stay as they were, None empties one."""

    code: str
    name: str
    unit_code: str
    roles: Sequence[PersonRole]
    gender: Gender | None
    birth_date: date | None
    lunar_birthday: str | None
    mobile: str | None
    email: str | None
    contact_by: Sequence[Channel]
    address: str | None
    skills: Sequence[str]
    available: str | None
    max_per_month: int | None
    since: date | None
    until: date | None
    notes: str | None


_OWN = (
    "gender",
    "birth_date",
    "lunar_birthday",
    "mobile",
    "email",
    "address",
    "available",
    "max_per_month",
    "since",
    "until",
    "notes",
)
"""The columns that are kept as they are told."""


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody as known on a day."""

    id: PersonId
    code: str
    name: str
    unit_code: str | None
    roles: Sequence[PersonRole]
    gender: Gender | None
    birth_date: date | None
    lunar_birthday: str | None
    mobile: str | None
    email: str | None
    contact_by: Sequence[Channel]
    address: str | None
    skills: Sequence[str]
    available: str | None
    max_per_month: int | None
    since: date | None
    until: date | None
    notes: str | None

    @property
    def is_minor(self) -> bool:
        """Whether opening this record is noted in the audit trail."""
        return PersonRole.MINOR in self.roles


@dataclass(frozen=True, slots=True)
class PeopleAsked:
    """Which people a list is about; None asks for all."""

    unit_code: str | None = None
    """Those of this unit and below it."""
    role: PersonRole | None = None
    team_code: str | None = None
    words: str | None = None
    """A part of the name, the beginning of its pinyin or initials, or a whole code."""
    active: bool | None = None
    """Whether the day lies within `since`…`until`."""


# Asking


def find_people(session: Session, codes: Iterable[str], *, within: Reach, today: date) -> dict[str, PersonId]:
    """The ids of those codes that are known within a reach; the rest has no entry.

    The code of somebody who was merged stands for the one who stays.
    """
    found: dict[str, PersonId] = {}
    for some in in_batches({code for code in codes if is_code(code)}):
        stands_for = func.coalesce(Person.merged_into_id, Person.id)
        query = select(Person.code, stands_for).where(
            Person.code.in_(some), within.of_person(stands_for, on=today)
        )
        found.update(session.execute(query).all())
    return found


def person_id_of(session: Session, code: str, *, within: Reach, today: date) -> PersonId:
    """The person of a code in a path or query; raises NotFound for one that is unknown or out of reach."""
    person_id = find_people(session, [code], within=within, today=today).get(code)
    if person_id is None:
        raise NotFound
    return person_id


def person_told(session: Session, code: str, field: str, *, within: Reach, today: date) -> PersonId:
    """The person of a code in a body; raises Invalid for one that is unknown or out of reach."""
    person_id = find_people(session, [code], within=within, today=today).get(code)
    if person_id is None:
        raise invalid(field, "errors.no_such_person", code=code)
    return person_id


def people(
    session: Session,
    asked: PeopleAsked,
    *,
    within: Reach,
    today: date,
    after: int = 0,
    limit: int,
) -> Sequence[PersonView]:
    """People in the order of their ids, after one; raises NotFound for a unit or team that is not seen."""
    query = (
        select(Person)
        .where(Person.id > after, Person.merged_into_id.is_(None), within.of_person(Person.id, on=today))
        .where(*_conditions(session, asked, within=within, today=today))
        .order_by(Person.id)
        .limit(limit)
    )
    return _views(session, session.scalars(query).all(), today=today)


def person(session: Session, code: str, *, within: Reach, today: date) -> PersonView:
    """One person; raises NotFound for one that is unknown or out of reach."""
    return people_of_codes(session, [code], within=within, today=today)[0]


def people_of_codes(
    session: Session, codes: Sequence[str], *, within: Reach, today: date
) -> Sequence[PersonView]:
    """Each of a few people, in the order of the codes; raises NotFound for one that is unknown or out of reach."""
    ids = find_people(session, codes, within=within, today=today)
    if any(code not in ids for code in codes):
        raise NotFound
    rows = session.scalars(select(Person).where(Person.id.in_(set(ids.values())))).all()
    views = {each.id: each for each in _views(session, rows, today=today)}
    return [views[ids[code]] for code in codes]


def codes_of(session: Session, person_ids: Collection[PersonId | None]) -> dict[PersonId, str]:
    """The code of each person."""
    found: dict[PersonId, str] = {}
    for some in in_batches({person_id for person_id in person_ids if person_id is not None}):
        query = select(Person.id, Person.code).where(Person.id.in_(some))
        found.update(session.execute(query).all())
    return found


# Changing


def enrol(session: Session, columns: PersonColumns, *, by: Actor, today: date, now: datetime) -> PersonView:
    """Add somebody; unit and roles have an open start, as the first that is known of them (rule 38).

    Raises Conflict for a code that is taken, Invalid for a unit that is not seen or days out of order, Forbidden.
    """
    within = seen(session, by, on=today)
    unit_id = organisation.unit_told(session, columns["unit_code"], "unit_code", within=within, on=today)
    expect(session, by, Deed.PLAN, unit_id, on=today)
    if session.scalar(select(Person.id).where(Person.code == columns["code"])) is not None:
        raise Conflict("errors.code_taken", code=columns["code"])
    enrolled = Person(code=columns["code"], name="")
    _tell(enrolled, columns)
    session.add(enrolled)
    session.flush()
    ties.place(session, enrolled.id, unit_id, as_of=today)
    ties.set_roles(session, enrolled.id, columns["roles"], as_of=today)
    ties.set_skills(session, enrolled.id, columns.get("skills") or (), as_of=today)
    _note(session, enrolled.id, AuditAction.CREATED, columns, by=by, now=now)
    return person(session, enrolled.code, within=seen(session, by, on=today), today=today)


def change_person(
    session: Session, code: str, columns: PersonColumns, *, by: Actor, today: date, now: datetime
) -> PersonView:
    """Change what is known of somebody; a new unit, roles and skills count from today on (rule 38).

    Raises NotFound, Forbidden, Invalid as `enrol` does, and Conflict for somebody erased, or for a change before one
    that is already recorded.
    """
    within = seen(session, by, on=today)
    person_id = person_id_of(session, code, within=within, today=today)
    expect(session, by, Deed.PLAN, ties.unit_on(session, person_id, today), on=today)
    changed = session.get_one(Person, person_id)
    if changed.erased_at is not None:
        raise Conflict("errors.person_erased")
    before = _views(session, [changed], today=today)[0]
    if "unit_code" in columns:
        unit_id = organisation.unit_told(session, columns["unit_code"], "unit_code", within=within, on=today)
        expect(session, by, Deed.PLAN, unit_id, on=today)
        ties.place(session, person_id, unit_id, as_of=today)
    if "roles" in columns:
        ties.set_roles(session, person_id, columns["roles"], as_of=today)
    if "skills" in columns:
        ties.set_skills(session, person_id, columns["skills"] or (), as_of=today)
    _tell(changed, columns)
    session.flush()
    after = _views(session, [changed], today=today)[0]
    if after != before:
        _note(session, person_id, AuditAction.CHANGED, columns, by=by, now=now)
        if any(getattr(after, column) != getattr(before, column) for column in _IN_FEEDS):
            # Whoever visits them, alone or as one of a group, sees it: those feeds cannot be told apart cheaply.
            feed_versions.everything_changed(session, now=now)
    return after


_IN_FEEDS = ("name", "unit_code", "roles", "since", "until", "birth_date")
"""What decides how somebody is called in calendars, and which activities are for them."""


def _tell(told: Person, columns: PersonColumns) -> None:
    """Set the columns that stand in the person's own row."""
    if "name" in columns:
        told.name = columns["name"]
        for column, spelt in spellings(columns["name"]).items():
            setattr(told, column, spelt)
    if "contact_by" in columns:
        told.contact_by = ";".join(columns["contact_by"] or ())
    for column in _OWN:
        if column in columns:
            # An empty cell and null say the same: nothing is known.
            value = columns[column]  # type: ignore[literal-required]  # one of the names above
            setattr(told, column, None if value == "" else value)
    if (told.since or FIRST_DAY) > (told.until or LAST_DAY):
        raise invalid("until", "errors.ends_before_it_starts")


def _note(
    session: Session,
    person_id: PersonId,
    action: AuditAction,
    columns: PersonColumns,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Rule 54: on people the trail names the columns, never the values."""
    names = sorted(columns)
    note(
        session,
        by,
        action,
        "people",
        person_id,
        now=now,
        person_id=person_id,
        after={"columns": names},
    )


def _conditions(
    session: Session, asked: PeopleAsked, *, within: Reach, today: date
) -> Iterable[ColumnElement[bool]]:
    if asked.unit_code is not None:
        units = organisation.reach_of_unit(session, asked.unit_code, within=within, today=today)
        yield units.of_person(Person.id, on=today)
    if asked.role is not None:
        yield Person.id.in_(_tied(TieKind.ROLE, Tie.object_word == asked.role.value, today))
    if asked.team_code is not None:
        team_id = organisation.team_id_of(session, asked.team_code, within=within)
        yield Person.id.in_(_tied(TieKind.MEMBERSHIP, Tie.object_team_id == team_id, today))
    if asked.words is not None:
        yield from named(asked.words)
    if asked.active is not None:
        is_active = (Person.since <= today) & (Person.until >= today)
        yield is_active if asked.active else ~is_active


def _tied(kind: TieKind, to: ColumnElement[bool], day: date) -> Select[PersonId | None]:
    return select(Tie.subject_person_id).where(Tie.kind == kind, to, Tie.since <= day, Tie.until >= day)


def _views(session: Session, found: Sequence[Person], *, today: date) -> Sequence[PersonView]:
    held = _held(session, [each.id for each in found], today)
    return [
        PersonView(
            id=each.id,
            code=each.code,
            name=each.name,
            unit_code=next(iter(held[each.id, TieKind.PLACEMENT]), None),
            roles=tuple(PersonRole(word) for word in held[each.id, TieKind.ROLE]),
            contact_by=tuple(Channel(word) for word in each.contact_by.split(";") if word),
            skills=tuple(held[each.id, TieKind.SKILL]),
            gender=each.gender,
            birth_date=each.birth_date,
            lunar_birthday=each.lunar_birthday,
            mobile=each.mobile,
            email=each.email,
            address=each.address,
            available=each.available,
            max_per_month=each.max_per_month,
            since=each.since,
            until=each.until,
            notes=each.notes,
        )
        for each in found
    ]


def _held(
    session: Session, ids: Sequence[PersonId], today: date
) -> Mapping[tuple[PersonId | None, TieKind], list[str]]:
    """The code of the unit, the roles and the skills of each person on a day, in the order told."""
    held: defaultdict[tuple[PersonId | None, TieKind], list[str]] = defaultdict(list)
    for some in in_batches(ids):
        rows = session.execute(
            select(Tie.subject_person_id, Tie.kind, func.coalesce(Tie.object_word, Unit.code))
            .outerjoin(Unit, Unit.id == Tie.object_unit_id)
            .where(
                Tie.subject_person_id.in_(some),
                Tie.kind.in_((TieKind.PLACEMENT, TieKind.ROLE, TieKind.SKILL)),
                Tie.since <= today,
                Tie.until >= today,
            )
            .order_by(Tie.id)
        )
        for person_id, kind, value in rows:
            held[person_id, kind].append(value)
    return held
