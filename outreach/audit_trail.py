"""The audit trail as it is read: who saw or changed what, the latest first.

Ten million entries are many, so a page is a span of an index: by person, by account, by record, by what was done, or by
time, and the next page begins after the last entry of this one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, cast, literal, or_, select, union_all
from sqlalchemy.orm import Session

from models import (
    Account,
    Activity,
    Assignment,
    AuditEntry,
    Campaign,
    Matter,
    Person,
    Team,
    Unit,
)
from models.base import AccountId, PersonId
from models.enums import AuditAction, Via
from outreach.errors import NotFound
from outreach.permissions import Actor, Deed, Reach, expect_somewhere, reach

MOST_EXPORTED: Final = 20_000


@dataclass(frozen=True, slots=True)
class TrailAsked:
    """Which entries; None asks for all. `since` and `until` are instants, the second exclusive."""

    person_code: str | None = None
    account: str | None = None
    """The account's name; `console` and `clockwork` are the program's own hands."""
    action: AuditAction | None = None
    table: str | None = None
    row_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """What an entry is about: how it is called, and its code where it has one."""

    name: str
    code: str = ""
    kind: str = ""
    """Of a matter its face; of an assignment the id of its activity."""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One entry. `about` is None for what is gone or has no name; `by` for the clockwork and the command line."""

    id: int
    at: datetime
    by: str | None
    via: Via | None
    action: AuditAction
    table: str
    row_id: int
    about: Named | None
    person_code: str
    person_name: str
    reason: str | None
    import_id: int | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def expect_reader(by: Actor) -> None:
    """Let those pass who may read the trail of some unit. Raises Forbidden."""
    expect_somewhere(by, Deed.SEE_TRAIL)


def trail(
    session: Session, asked: TrailAsked, *, by: Actor, today: date, before: int | None = None, limit: int
) -> Sequence[TrailEntry]:
    """The entries asked for, those before one when it is given; in four statements however many.

    Whose right is bound to units reads what is about people, activities, campaigns, teams and matters of these, and
    nothing else. Raises Forbidden, and NotFound for a person or an account that there is not.
    """
    expect_reader(by)
    within = reach(session, by, Deed.SEE_TRAIL, on=today)
    query = (
        select(AuditEntry, Account.name, Person.code, Person.name)
        .join(Account, Account.id == AuditEntry.account_id, isouter=True)
        .join(Person, Person.id == AuditEntry.person_id, isouter=True)
        .where(*_conditions(session, asked), _readable(within, today))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(_earlier_than(session, before))
    rows = session.execute(query).all()
    about = _named(session, (row[0] for row in rows))
    return [
        TrailEntry(
            entry.id,
            entry.at,
            by_name,
            entry.via,
            entry.action,
            entry.table_name,
            entry.row_id,
            about.get((entry.table_name, entry.row_id)),
            code or "",
            name or "",
            entry.reason,
            entry.import_id,
            entry.before,
            entry.after,
        )
        for entry, by_name, code, name in rows
    ]


def _conditions(session: Session, asked: TrailAsked) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.person_code is not None:
        wanted.append(AuditEntry.person_id == _person_id(session, asked.person_code))
    if asked.account in (Via.CONSOLE, Via.CLOCKWORK):
        wanted.append(and_(AuditEntry.account_id.is_(None), AuditEntry.via == Via(asked.account)))
    elif asked.account is not None:
        wanted.append(AuditEntry.account_id == _account_id(session, asked.account))
    if asked.action is not None:
        wanted.append(AuditEntry.action == asked.action)
    if asked.table is not None:
        wanted.append(AuditEntry.table_name == asked.table)
    if asked.row_id is not None:
        wanted.append(AuditEntry.row_id == asked.row_id)
    if asked.since is not None:
        wanted.append(AuditEntry.at >= asked.since)
    if asked.until is not None:
        wanted.append(AuditEntry.at < asked.until)
    return wanted


def _earlier_than(session: Session, entry_id: int) -> ColumnElement[bool]:
    """Before an entry by time, and by id where several are of one instant."""
    at = session.scalar(select(AuditEntry.at).where(AuditEntry.id == entry_id))
    if at is None:
        raise NotFound
    return and_(AuditEntry.at <= at, or_(AuditEntry.at < at, AuditEntry.id < entry_id))


def _readable(within: Reach, today: date) -> ColumnElement[bool]:
    """What is about something of these units."""
    if within.is_everywhere:
        return within.of(AuditEntry.person_id)
    of_unit = [
        and_(AuditEntry.table_name == table, AuditEntry.row_id.in_(select(id_).where(within.of(unit))))
        for table, id_, unit in (
            ("activities", Activity.id, Activity.unit_id),
            ("campaigns", Campaign.id, Campaign.unit_id),
            ("teams", Team.id, Team.unit_id),
            ("matters", Matter.id, Matter.unit_id),
            ("units", Unit.id, Unit.id),
        )
    ]
    return or_(within.of_person(AuditEntry.person_id, on=today), *of_unit)


def _person_id(session: Session, code: str) -> PersonId:
    found = session.scalar(select(Person.id).where(Person.code == code))
    if found is None:
        raise NotFound("errors.no_such_person", code=code)
    return found


def _account_id(session: Session, name: str) -> AccountId:
    found = session.scalar(select(Account.id).where(Account.name == name))
    if found is None:
        raise NotFound("errors.no_such_account", name=name)
    return found


# --- what an entry is about -------------------------------------------------------------------------------------------


def _named(session: Session, entries: Iterable[AuditEntry]) -> Mapping[tuple[str, int], Named]:
    """How all that these entries are about is called, in one statement."""
    ids: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        ids[entry.table_name].add(entry.row_id)
    parts = [_NAMES[table](some) for table, some in ids.items() if table in _NAMES]
    if not parts:
        return {}
    return {
        (table, row_id): Named(name, code or "", kind or "", day)
        for table, row_id, name, code, kind, day in session.execute(union_all(*parts))
    }


def _part(
    table: str, id_: Any, name: Any, ids: set[int], *, code: Any = None, kind: Any = None, day: Any = None
) -> Select[*tuple[Any, ...]]:  # Any: columns, and what may be asked of them
    nothing = cast(literal(None), String)
    return select(
        literal(table).label("of"),
        id_.label("row"),
        name.label("name"),
        (nothing if code is None else code).label("code"),
        (nothing if kind is None else cast(kind, String)).label("kind"),
        (cast(literal(None), Activity.day.type) if day is None else day).label("day"),
    ).where(id_.in_(sorted(ids)))


def _activities(ids: set[int]) -> Select[*tuple[Any, ...]]:  # Any: as `_part`
    part = _part("activities", Activity.id, Campaign.name, ids, day=Activity.day)
    return part.join(Campaign, Campaign.id == Activity.campaign_id)


def _assignments(ids: set[int]) -> Select[*tuple[Any, ...]]:  # Any: as `_part`
    part = _part(
        "assignments", Assignment.id, Campaign.name, ids, kind=Assignment.activity_id, day=Activity.day
    )
    part = part.join(Activity, Activity.id == Assignment.activity_id)
    return part.join(Campaign, Campaign.id == Activity.campaign_id)


_NAMES: Final = {
    "people": lambda ids: _part("people", Person.id, Person.name, ids, code=Person.code),
    "campaigns": lambda ids: _part("campaigns", Campaign.id, Campaign.name, ids, code=Campaign.code),
    "units": lambda ids: _part("units", Unit.id, Unit.name, ids, code=Unit.code),
    "teams": lambda ids: _part("teams", Team.id, Team.name, ids, code=Team.code),
    "accounts": lambda ids: _part("accounts", Account.id, Account.name, ids),
    "matters": lambda ids: _part("matters", Matter.id, Matter.code, ids, code=Matter.code, kind=Matter.face),
    "activities": _activities,
    "assignments": _assignments,
}
