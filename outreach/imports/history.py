"""What happened before: outcomes, suggestions and ledger rows of a file into the records.

Rows without a code are known again by their fingerprint and compared as a multiset: only the surplus is added.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.orm import Session

from models import Activity, LedgerEntry, Matter, MatterStep, Outcome
from models.base import CampaignId, MatterId, PersonId
from models.database import in_batches
from models.enums import ActivityStatus, AuditAction, MatterFace
from outreach import ledger, matters
from outreach.holidays import workdays
from outreach.imports.cells import ToldAmount, ToldMeasure
from outreach.imports.checking import CheckedRow, Values
from outreach.imports.columns import OUTCOMES
from outreach.imports.known import Known
from outreach.imports.writing import Writing, note_rows
from outreach.ledger import Brought, Handover
from outreach.matters import Suggestion
from outreach.outcomes.history import EnteredValue, HistoryRow, record_history

Stands = dict[str, Any]  # Any: whatever the columns hold
"""An activity as it stands."""

_ACTIVITIES: Final = cast(Table, Activity.__table__)
_SUGGESTION_COLUMNS: Final = {
    "raised_on": "raised_on",
    "text": "text",
    "sent_to": "sent_to",
    "sent_on": "sent_on",
    "due_on": "due_on",
    "answered_on": "answered_on",
    "answer": "answer",
    "fed_back_on": "fed_back_on",
}


def write_outcomes(writing: Writing, rows: Sequence[CheckedRow], _given: Collection[str]) -> None:
    """Rows of activities that are not recorded yet; of each such activity what it said before is kept."""
    surplus = _surplus(writing, "outcomes", rows, Outcome)
    told = [_history_row(writing.known, row, mark) for row, mark in surplus]
    if not told:
        return
    session = writing.session
    before = _standing(session, told)
    report = record_history(
        session,
        told,
        by=writing.by,
        now=writing.now,
        zone=writing.zone,
        workdays=workdays(session),
        import_id=writing.import_id,
    )
    session.flush()
    for activity_id, stands in _activities(
        session, [_ACTIVITIES.c.id.in_(some) for some in in_batches(before)]
    ):
        if before[activity_id] != stands:
            writing.journal.change("activities", activity_id, before[activity_id])
    writing.journal.create("activities", report.created)
    outcomes = select(Outcome.id).where(Outcome.import_id == writing.import_id)
    writing.journal.create("outcomes", session.scalars(outcomes))
    for said in report.remarks:
        writing.findings.warn(OUTCOMES.file, said.number, said.remark.key, **said.remark.values)


def write_suggestions(writing: Writing, rows: Sequence[CheckedRow], _given: Collection[str]) -> None:
    """Suggestions by their code; a column that the file lacks stays as it was."""
    session, zone = writing.session, writing.zone
    stored = {
        matter.code: matter
        for matter in session.scalars(
            select(Matter).where(
                Matter.face == MatterFace.SUGGESTION,
                Matter.code.in_([row.values["code"] for row in rows]),
            )
        )
    }
    before = {matter.id: _columns_of(matter) for matter in stored.values()}
    steps = _steps(session, before)
    told = []
    for row in rows:
        matter = stored.get(row.values["code"])
        base = matters.suggestion_of(matter, zone) if matter else Suggestion(text="", raised_on=date.min)
        told.append(replace(base, **_suggestion(writing, row.values)))
    kept = matters.bring_suggestions(session, told, by=writing.by, now=writing.now, zone=zone)
    for matter_id in kept.changed:
        writing.journal.change("matters", matter_id, before[matter_id])
    writing.journal.create("matters", kept.created)
    writing.journal.create("matter_steps", _steps(session, kept.changed) - steps)
    count = writing.counts["suggestions"]
    count.created += len(kept.created)
    count.updated += len(kept.changed)
    count.unchanged += kept.unchanged
    note_rows(writing, "matters", AuditAction.CREATED, kept.created)
    note_rows(writing, "matters", AuditAction.CHANGED, kept.changed)


def write_ledger(writing: Writing, rows: Sequence[CheckedRow], _given: Collection[str]) -> None:
    """Ledger rows that are not there yet."""
    surplus = _surplus(writing, "ledger", rows, LedgerEntry)
    brought = [
        Brought(_handover(writing, row.values), fingerprint=mark, import_id=writing.import_id)
        for row, mark in surplus
    ]
    made = ledger.hand_over_many(writing.session, brought, by=writing.by, now=writing.now) if brought else []
    writing.journal.create("ledger_entries", made)


def fingerprint(values: Values) -> str:
    """A hash of a row that has no code: the same row again has the same, whatever the order of its columns."""
    said = {column: value for column, value in values.items() if value not in (None, ())}
    return hashlib.sha256(json.dumps(said, default=_spelt, sort_keys=True).encode()).hexdigest()


def _spelt(value: object) -> object:
    if isinstance(value, ToldMeasure):
        return [value.metric, value.combination, value.value, value.qualifier]
    if isinstance(value, ToldAmount):
        return [value.value, value.qualifier]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


def _surplus(
    writing: Writing, name: str, rows: Sequence[CheckedRow], table: type[LedgerEntry] | type[Outcome]
) -> list[tuple[CheckedRow, str]]:
    """The rows that the file has more often than the database, with their fingerprints."""
    marked = [(row, fingerprint(row.values)) for row in rows]
    stored = writing.marks[name]
    for some in in_batches({mark for _, mark in marked} - stored.keys()):
        found = dict(
            writing.session.execute(
                select(table.fingerprint, func.count())
                .where(table.fingerprint.in_(some))
                .group_by(table.fingerprint)
            ).all()
        )
        stored.update({mark: found.get(mark, 0) for mark in some})
    surplus = []
    for row, mark in marked:
        if stored[mark] > 0:
            stored[mark] -= 1
        else:
            surplus.append((row, mark))
    writing.counts[name].created += len(surplus)
    writing.counts[name].unchanged += len(rows) - len(surplus)
    return surplus


def _history_row(known: Known, row: CheckedRow, mark: str) -> HistoryRow:
    values = row.values
    return HistoryRow(
        number=row.row,
        campaign_id=CampaignId(known.id_of("campaigns", values["campaign_code"])),
        held_on=values["held_on"],
        fingerprint=mark,
        status=values.get("status", ActivityStatus.HELD),
        unit_id=known.unit(values.get("unit_code")),
        attendees=tuple(PersonId(each) for each in known.ids_of("people", values.get("attendees", ()))),
        minutes=values.get("minutes"),
        measures=tuple(
            EnteredValue(told.metric, told.value, told.qualifier, told.combination)
            for told in values.get("measures", ())
        ),
        narrative=values.get("narrative"),
    )


def _standing(session: Session, rows: Sequence[HistoryRow]) -> dict[int, Stands]:
    """The activities of these campaigns on these days: what is told of one may concern others of its day."""
    campaigns = sorted({row.campaign_id for row in rows})
    days = sorted({row.held_on for row in rows})
    chosen = [
        _ACTIVITIES.c.campaign_id.in_(some)
        & (_ACTIVITIES.c.day.in_(on_days) | _ACTIVITIES.c.held_on.in_(on_days))
        for some in in_batches(campaigns)
        for on_days in in_batches(days)
    ]
    return dict(_activities(session, chosen))


def _activities(session: Session, chosen: Iterable[ColumnElement[bool]]) -> Iterator[tuple[int, Stands]]:
    for condition in chosen:
        for row in session.execute(select(_ACTIVITIES).where(condition)).mappings():
            yield row["id"], dict(row)


def _suggestion(writing: Writing, values: Values) -> dict[str, Any]:  # Any: the columns' own values
    """What a row says of a suggestion, in ids."""
    told = {ours: values[column] for column, ours in _SUGGESTION_COLUMNS.items() if column in values}
    told["code"] = values["code"]
    if "person_code" in values:
        told["person_id"] = writing.known.person(values["person_code"])
    if "unit_code" in values:
        told["unit_id"] = writing.known.unit(values["unit_code"])
    return told


def _columns_of(matter: Matter) -> dict[str, Any]:  # Any: whatever the columns hold
    return {column.name: getattr(matter, column.name) for column in Matter.__table__.columns}


def _steps(session: Session, matter_ids: Iterable[MatterId]) -> set[int]:
    found: set[int] = set()
    for some in in_batches(list(matter_ids)):
        found.update(session.scalars(select(MatterStep.id).where(MatterStep.matter_id.in_(some))))
    return found


def _handover(writing: Writing, values: Values) -> Handover:
    amount: ToldAmount = values["amount"]
    known = writing.known
    return Handover(
        paid_on=values["paid_on"],
        kind=values["kind"],
        amount=amount.value,
        qualifier=amount.qualifier,
        unit_id=known.unit(values.get("unit_code")),
        person_id=known.person(values.get("person_code")),
        campaign_id=known.campaign(values.get("campaign_code")),
        item=values.get("item"),
        handed_by=values.get("handed_by"),
        received_by=values.get("received_by"),
    )
