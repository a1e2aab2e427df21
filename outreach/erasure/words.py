"""Where somebody's name stands in words that others wrote, and how it is taken out of all of them.

In a record that names the person by id, the name in its words is theirs. Elsewhere it is theirs when nobody else bears
it; of namesakes nobody can tell who is meant, and those words stay as they are.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Table,
    Text,
    bindparam,
    cast,
    false,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from models import Activity, Assignment, Attendance, HeardSuggestion, Matter, Notice, Person
from models.base import Base, PersonId
from models.database import in_batches
from outreach.erasure.blanking import Blanking

Tied = Callable[["_Whose"], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class _Words:
    """Columns of a table in which people write."""

    table: str
    columns: Sequence[str]
    tied: Tied
    """The rows that are about the person."""
    key: Sequence[str] = ("id",)

    def of(self, column: str) -> Any:  # Any: a column of whatever type
        return Base.metadata.tables[self.table].c[column]


class _Whose:
    """The records of a person, as queries of ids."""

    def __init__(self, person_id: PersonId) -> None:
        self.id = person_id
        self.matters = select(Matter.id).where(Matter.person_id == person_id)
        self.notices = select(Notice.id).where(Notice.person_id == person_id)
        self.activities = (
            select(Attendance.activity_id)
            .where(Attendance.person_id == person_id)
            .union_all(
                select(Assignment.activity_id).where(Assignment.person_id == person_id),
                select(Activity.id).where(Activity.subject_person_id == person_id),
            )
        )
        self.heard = select(HeardSuggestion.matter_id).where(HeardSuggestion.activity_id.in_(self.activities))


def _c(table: str, column: str) -> Any:  # Any: a column of whatever type
    return Base.metadata.tables[table].c[column]


_WRITTEN: Final = (
    _Words(
        "ledger_entries",
        ("item", "handed_by", "received_by", "reason"),
        lambda whose: or_(
            _c("ledger_entries", "person_id") == whose.id,
            _c("ledger_entries", "activity_id").in_(whose.activities),
        ),
    ),
    _Words(
        "matters",
        ("text", "answer", "result"),
        lambda whose: or_(_c("matters", "person_id") == whose.id, _c("matters", "id").in_(whose.heard)),
    ),
    _Words("matter_steps", ("note",), lambda whose: _c("matter_steps", "matter_id").in_(whose.matters)),
    _Words("matter_tasks", ("note",), lambda whose: _c("matter_tasks", "matter_id").in_(whose.matters)),
    _Words(
        "activities",
        ("narrative", "reason", "place"),
        lambda whose: _c("activities", "id").in_(whose.activities),
    ),
    _Words(
        "attendances",
        ("note",),
        lambda whose: _c("attendances", "activity_id").in_(whose.activities),
        key=("activity_id", "person_id"),
    ),
    _Words(
        "outcomes",
        ("told", "present"),
        lambda whose: or_(
            _c("outcomes", "activity_id").in_(whose.activities),
            # Listed in a revision that stands no more; the number may be a longer one's beginning.
            *(
                cast(_c("outcomes", column), Text).contains(f'"person_id": {whose.id}')
                for column in ("told", "present")
            ),
        ),
    ),
    _Words(
        "deliveries",
        ("subject", "text", "detail"),
        lambda whose: _c("deliveries", "notice_id").in_(whose.notices),
    ),
    _Words(
        "audit_entries",
        ("reason", "before", "after"),
        lambda whose: _c("audit_entries", "person_id") == whose.id,
    ),
    _Words(
        "photos",
        ("caption", "consent", "reason"),
        lambda whose: _c("photos", "activity_id").in_(whose.activities),
    ),
    _Words("subscriptions", ("label",), lambda whose: _c("subscriptions", "person_id") == whose.id),
    _Words("campaigns", ("notes",), lambda _whose: false()),
    _Words("kept_clashes", ("note",), lambda _whose: false()),
    _Words("tally_lines", ("reason",), lambda _whose: false()),
    _Words("imports", ("undo",), lambda _whose: false()),
)
_WITH_VERSION: Final = ("matters", "activities")
"""Whoever has read one of these must see that it is another now."""


def take_name_out(session: Session, person: Person, instead: str) -> int:
    """Replace a person's name in all that was written, every revision of it; in how many rows.

    In what was told of visits, what was noted of this person's health goes wholly.
    """
    name = person.name.strip()
    if not name:
        return 0
    longer = session.scalars(select(Person.name).where(Person.name.contains(name), Person.name != name))
    blanking = Blanking.of(name, instead, longer=set(longer))
    namesakes = select(Person.id).where(Person.name == name, Person.id != person.id).limit(1)
    is_unique = session.scalar(namesakes) is None
    whose = _Whose(person.id)
    return sum(
        _take_out(session, words, words.tied(whose), blanking, name if is_unique else None, person.id)
        for words in _WRITTEN
    )


def _take_out(
    session: Session,
    words: _Words,
    tied: ColumnElement[bool],
    blanking: Blanking,
    elsewhere: str | None,
    person_id: PersonId,
) -> int:
    table = Base.metadata.tables[words.table]
    columns = [words.of(name) for name in words.columns]
    mentions = [] if elsewhere is None else [_mentions(column, elsewhere) for column in columns]
    rows = session.execute(
        select(*(table.c[key] for key in words.key), *columns).where(or_(tied, *mentions))
    ).all()
    changed = []
    for row in rows:
        before = {column.name: getattr(row, column.name) for column in columns}
        after = {name: blanking.in_value(_without_health(value, person_id)) for name, value in before.items()}
        if after != before:
            key = {f"key_{name}": getattr(row, name) for name in words.key}
            changed.append(key | {f"new_{name}": value for name, value in after.items()})
    _write(session, table, words, changed)
    return len(changed)


def _write(session: Session, table: Table, words: _Words, changed: Sequence[dict[str, Any]]) -> None:
    values: dict[str, Any] = {
        name: bindparam(f"new_{name}", type_=words.of(name).type) for name in words.columns
    }
    if table.name in _WITH_VERSION:
        values["version"] = table.c.version + 1
    statement = update(table).where(*(table.c[key] == bindparam(f"key_{key}") for key in words.key))
    for some in in_batches(changed):
        session.connection().execute(statement.values(values), some)


def _mentions(column: Any, name: str) -> ColumnElement[bool]:  # Any: a column of whatever type
    """Whether the name stands somewhere in it. JSON is kept with every other character as an escape."""
    if isinstance(column.type, JSON):
        written = json.dumps(name)[1:-1]
        return cast(column, Text).contains(written, autoescape=True)
    found: ColumnElement[bool] = column.contains(name, autoescape=True)
    return found


def _without_health(value: Any, person_id: PersonId) -> Any:  # Any: a text or a JSON document
    """Of the visits that a document tells of, this person's without what was noted."""
    if not isinstance(value, dict) or not isinstance(value.get("visits"), list):
        return value
    visits = [
        {name: each for name, each in visit.items() if name not in ("note", "condition")}
        if isinstance(visit, dict) and visit.get("person_id") == person_id
        else visit
        for visit in value["visits"]
    ]
    return {**value, "visits": visits}
