"""Taking an import back, as long as nothing was built on it: the database is then as if it had never been.

Refused is it when a row that it made or changed looks otherwise than the import left it, and when a row that came
later refers to one that it made.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, and_, delete, false, func, insert, not_, or_, select, update
from sqlalchemy.orm import Session

from models import Import, Matter, MatterStep, Tally
from models.base import ActivityId, Base, ImportId, MatterId
from models.database import hold, in_batches
from models.enums import AuditAction, MonthState
from outreach import audit, feed_versions, ledger, matters
from outreach.errors import Conflict, NotFound
from outreach.imports.importing import HELD_NAME
from outreach.imports.journal import Range, among, digest, from_json, key_of, table_of, touched
from outreach.imports.writing import change_rows, let_go
from outreach.outcomes.history import remove_history
from outreach.permissions import Actor
from outreach.recording import first_of_month
from wording.sentences import is_known

_DERIVED: Final = frozenset({"rollups", "audit_entries"})
"""Tables whose rows follow from others, or only tell of them: they hold nothing back."""
_BELONGS_TO: Final[Mapping[str, Mapping[str, str]]] = {
    "attendances": {"activity_id": "activities"},
    "measures": {"activity_id": "activities", "entry_id": "ledger_entries", "matter_id": "matters"},
    "matter_steps": {"matter_id": "matters"},
    "campaign_metrics": {"campaign_id": "campaigns"},
    "beneficiaries": {"campaign_id": "campaigns"},
    "places": {"campaign_id": "campaigns"},
}
"""Tables whose rows are part of a row of another table, by the column that says so."""

_LISTS_AND_FACTS: Final = frozenset({"ties", "campaign_metrics", "beneficiaries", "places"})
_RECORDS: Final = frozenset({"activities", "matters"})
"""Tables whose former values are put back together with the figures."""
_COUNTS_OF_CHANGES: Final = frozenset(
    {"version", "sequence", "changed_at", "people_sequence", "people_changed_at"}
)
"""Columns of an activity that never go back: whoever has read it must see that it is another again."""


def undo_import(session: Session, import_id: ImportId, *, by: Actor, now: datetime, zone: ZoneInfo) -> None:
    """Take back all that an import did.

    Raises NotFound for an unknown import; Conflict when it was undone already, or when something was built on it: the
    conflict's key says what, `count` how much of it.
    """
    hold(session, HELD_NAME)
    record = session.get(Import, import_id)
    if record is None:
        raise NotFound("imports.no_such_import", id=import_id)
    if record.undone_at is not None:
        raise Conflict("imports.undone_already", id=import_id)
    done = _Done(session, record.undo)
    done.check_untouched()
    done.check_nothing_built_on()
    _take_back(session, import_id, done, by=by, now=now, zone=zone)
    record.undone_at, record.undo = now, {}
    audit.note(session, by, AuditAction.REMOVED, "imports", import_id, now=now, import_id=import_id)
    feed_versions.everything_changed(session, now=now)
    session.flush()


class _Done:
    """What the import did, as its journal tells."""

    def __init__(self, session: Session, document: Mapping[str, Any]) -> None:  # Any: JSON
        self.session = session
        self.created: dict[str, list[Range]] = {
            table: [(first, last) for first, last in ranges]
            for table, ranges in document.get("created", {}).items()
        }
        self.before: Mapping[str, Mapping[str, Mapping[str, Any]]] = document.get("before", {})
        self.removed: Mapping[str, Sequence[Mapping[str, Any]]] = document.get("removed", {})
        self.digests: Mapping[str, str] = document.get("digests", {})

    def check_untouched(self) -> None:
        """Raise Conflict when a row does not look as the import left it."""
        for table, left in self.digests.items():
            rows = touched(self.created.get(table, ()), self.before.get(table, ()))
            if digest(self.session, table, rows) != left:
                raise Conflict("imports.changed_since")

    def check_nothing_built_on(self) -> None:
        """Raise Conflict when a row that the import did not make refers to one that it made."""
        if planned_again := self._visits_planned_since():
            raise Conflict("imports.built_on_activities", count=planned_again)
        if closed := self._closed_tallies():
            raise Conflict("imports.built_on_tallies", count=closed)
        for table in Base.metadata.sorted_tables:
            if table.name in _DERIVED:
                continue
            count = self._built_on(table)
            if count:
                key = f"imports.built_on_{table.name}"
                raise Conflict(key if is_known(key) else "imports.built_on_other", count=count)

    def _built_on(self, table: Table) -> int:
        count = 0
        for column in table.columns:
            for key in column.foreign_keys:
                if key.column.table.name in self.created:
                    count += self._strangers(table, column.name, key.column.table.name)
        return count

    def _closed_tallies(self) -> int:
        """How many closed tallies count what the import brought: a closed month is never changed silently."""
        measures = table_of("measures")
        days = select(measures.c.unit_id, measures.c.day).where(self._own(measures)).distinct()
        counted = {(unit_id, first_of_month(day)) for unit_id, day in self.session.execute(days)}
        closed = select(Tally.unit_id, Tally.month).where(Tally.state == MonthState.CLOSED)
        return sum((unit_id, month) in counted for unit_id, month in self.session.execute(closed))

    def _visits_planned_since(self) -> int:
        """How many visits were planned because the ones before them were held (rule 19)."""
        table = table_of("activities")
        keys = {
            (row["campaign_id"], row["plan_key"]): int(activity_id)
            for activity_id, row in self.before.get("activities", {}).items()
            if row["plan_key"] is not None
        }
        count = 0
        for some in in_batches(list(keys)):
            rows = self.session.execute(
                select(table.c.id, table.c.campaign_id, table.c.plan_key).where(
                    table.c.plan_key.in_([key for _, key in some])
                )
            )
            count += sum(keys.get((campaign, key), row_id) != row_id for row_id, campaign, key in rows)
        return count

    def _strangers(self, table: Table, column: str, referred: str) -> int:
        """How many rows of a table refer to new rows of another one, without being the import's own."""
        total = 0
        for condition in among(table.c[column], self.created[referred]):
            query = select(func.count()).select_from(table).where(condition, not_(self._own(table)))
            total += self.session.scalar(query) or 0
        return total

    def _own(self, table: Table) -> ColumnElement[bool]:
        """Which rows of a table are the import's own: those it made, and those that are part of what it touched."""
        conditions = (
            list(among(key_of(table), self.created[table.name])) if table.name in self.created else []
        )
        for column, owner in _BELONGS_TO.get(table.name, {}).items():
            # Without `IS NOT NULL` the negation would be unknown, and the row overlooked.
            conditions += [
                and_(table.c[column].is_not(None), condition)
                for condition in among(table.c[column], self.touched(owner))
            ]
        return or_(false(), *conditions)

    def touched(self, table: str) -> list[Range]:
        """The rows that the import made or changed."""
        return touched(self.created.get(table, ()), self.before.get(table, ()))


def _take_back(
    session: Session, import_id: ImportId, done: _Done, *, by: Actor, now: datetime, zone: ZoneInfo
) -> None:
    """From lists and facts over records to what these referred to.

    Whom campaigns serve and what they count comes first, so that what remains told is counted as it was.
    """
    _remove(session, done, _LISTS_AND_FACTS)
    for table in Base.metadata.sorted_tables:
        if table.name not in _RECORDS:
            _put_back(session, table, done)
    session.expire_all()
    _take_back_history(session, import_id, done, by=by, now=now)
    ledger.remove_imported(session, import_id, by=by, now=now)
    _take_back_suggestions(session, done, by=by, now=now, zone=zone)
    _put_back(session, table_of("matters"), done)
    _forget_people_in_audit(session, done)
    _drop_figures(session, done)
    _remove(session, done, done.created.keys() - _LISTS_AND_FACTS)
    session.expire_all()


def _remove(session: Session, done: _Done, names: Collection[str]) -> None:
    """The new rows of these tables, from what refers to others down to what is referred to."""
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in names and table.name in done.created:
            for condition in among(key_of(table), done.created[table.name]):
                session.execute(delete(table).where(condition))


def _take_back_history(
    session: Session, import_id: ImportId, done: _Done, *, by: Actor, now: datetime
) -> None:
    """What was told goes. An activity that stood before is as it was, but for what calendars count its changes by."""
    made = [ActivityId(each) for each in _ids(done.created.get("activities", ()))]
    remove_history(session, import_id, made, by=by, now=now)
    session.flush()
    session.expire_all()
    table = table_of("activities")
    former = {
        int(activity_id): {
            column: value
            for column, value in from_json(table, row).items()
            if column not in _COUNTS_OF_CHANGES
        }
        for activity_id, row in done.before.get("activities", {}).items()
    }
    change_rows(session, table, former)
    for some in in_batches(list(former)):
        raised = {column: table.c[column] + 1 for column in ("version", "sequence")}
        session.execute(update(table).where(table.c.id.in_(some)).values(raised | {"changed_at": now}))


def _take_back_suggestions(
    session: Session, done: _Done, *, by: Actor, now: datetime, zone: ZoneInfo
) -> None:
    """New suggestions go; the others are told once more as they were, so that the figures follow."""
    created = [MatterId(each) for each in _ids(done.created.get("matters", ()))]
    matters.remove_matters(session, created, by=by, now=now)
    changed = [int(each) for each in done.before.get("matters", ())]
    former = [
        matters.suggestion_of(Matter(**from_json(table_of("matters"), row)), zone)
        for row in done.before.get("matters", {}).values()
    ]
    steps = _steps(session, changed)
    matters.bring_suggestions(session, former, by=by, now=now, zone=zone)
    # What was told only in order to take it back is no step of their story.
    for some in in_batches(_steps(session, changed) - steps):
        session.execute(delete(MatterStep).where(MatterStep.id.in_(some)))


def _steps(session: Session, matter_ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    for some in in_batches(matter_ids):
        found.update(session.scalars(select(MatterStep.id).where(MatterStep.matter_id.in_(some))))
    return found


def _forget_people_in_audit(session: Session, done: _Done) -> None:
    """The audit trail keeps that there was a row, but cannot refer to a person who is gone."""
    entries = table_of("audit_entries")
    for condition in among(entries.c.person_id, done.created.get("people", [])):
        session.execute(update(entries).where(condition).values(person_id=None))


def _drop_figures(session: Session, done: _Done) -> None:
    """Sums of units that are about to go: nothing is in them any more."""
    rollups = table_of("rollups")
    for condition in among(rollups.c.unit_id, done.created.get("units", [])):
        session.execute(delete(rollups).where(condition))


def _put_back(session: Session, table: Table, done: _Done) -> None:
    """Former values, and the rows that were removed."""
    former = {int(row_id): from_json(table, row) for row_id, row in done.before.get(table.name, {}).items()}
    if table.name == "ties":
        let_go(session, list(former))
    change_rows(session, table, former)
    removed = [from_json(table, row) for row in done.removed.get(table.name, ())]
    for some in in_batches(removed):
        session.execute(insert(table), some)


def _ids(ranges: Iterable[Range]) -> Iterator[int]:
    for first, last in ranges:
        yield from range(first, last + 1)
