"""What became of an activity, step by step: who changed what, when and how; every telling with what it changed.

Five records tell of it: the audit trail of the activity and of who is asked, tellings, the ledger, photos. Each page of
the story asks each of them for as much as it could show, and puts them in order.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models import (
    Account,
    Assignment,
    AuditEntry,
    HeardSuggestion,
    LedgerEntry,
    Outcome,
    Person,
    Photo,
)
from models.base import ActivityId, PersonId
from models.database import in_batches
from models.enums import (
    ActivityStatus,
    AssignmentState,
    AttendanceState,
    AuditAction,
    LedgerKind,
    Via,
    VisitResult,
)
from outreach.outcomes.tellings import Told, from_document
from outreach.permissions import Reach

NAMES_SAID: Final = 8
"""So many of those whom a telling changed are named; of the rest it is said how many they are."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that is another than before; None where there was or is nothing."""

    what: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class PersonTold:
    """Somebody of whom a telling says something else than the one before: there, and how a visit went."""

    name: str
    there: AttendanceState | None
    seen: VisitResult | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class ActivityStep:
    """The activity itself was made or changed: day, time, place, state."""

    is_new: bool
    changes: Sequence[Changed]


@dataclass(frozen=True, slots=True)
class PersonStep:
    """Somebody was asked, answered, or is asked no more."""

    name: str
    role: str
    state: AssignmentState


@dataclass(frozen=True, slots=True)
class ToldStep:
    """An outcome was told, for the first time or again."""

    revision: int
    changes: Sequence[Changed]
    people: Sequence[PersonTold]
    """The first of those of whom something else is said."""
    people_count: int


@dataclass(frozen=True, slots=True)
class PaidStep:
    """Money or goods were entered, or an entry taken back."""

    kind: LedgerKind
    amount: Decimal
    name: str | None
    is_taken_back: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class HeardStep:
    """A suggestion was taken down."""


@dataclass(frozen=True, slots=True)
class PhotoStep:
    """A photo was added, or taken away."""

    is_removed: bool
    reason: str | None


What = ActivityStep | PersonStep | ToldStep | PaidStep | HeardStep | PhotoStep


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `by` is an account's or a teller's name, None for what the program did by itself."""

    at: datetime
    by: str | None
    what: What
    via: Via | None = None
    turn: int = field(default=0, repr=False)


def story(
    session: Session, activity_id: ActivityId, *, ledger_within: Reach, skip: int = 0, limit: int
) -> list[Step]:
    """The steps of an activity, the latest first, after so many. Whoever asks sees the activity.

    `ledger_within` is the reach of who may see who received money.
    """
    most = skip + limit
    steps = [
        *_changes(session, activity_id, most),
        *_tellings(session, activity_id, most),
        *_entries(session, activity_id, ledger_within, most),
        *_photos(session, activity_id, most),
    ]
    steps.sort(key=lambda step: (step.at, step.turn), reverse=True)
    return steps[skip:most]


def _changes(session: Session, activity_id: ActivityId, most: int) -> Iterator[Step]:
    asked = select(Assignment.id).where(Assignment.activity_id == activity_id)
    heard = select(HeardSuggestion.matter_id).where(HeardSuggestion.activity_id == activity_id)
    rows = session.execute(
        select(AuditEntry, Account.name, Person.name)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .outerjoin(Person, Person.id == AuditEntry.person_id)
        .where(
            or_(
                and_(AuditEntry.table_name == "activities", AuditEntry.row_id == activity_id),
                and_(AuditEntry.table_name == "assignments", AuditEntry.row_id.in_(asked)),
                and_(
                    AuditEntry.table_name == "matters",
                    AuditEntry.row_id.in_(heard),
                    AuditEntry.action == AuditAction.CREATED,
                ),
            ),
            AuditEntry.action != AuditAction.READ,
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(most)
    )
    for entry, by, name in rows:
        what: What
        before, after = entry.before or {}, entry.after or {}
        if entry.table_name == "matters":
            what = HeardStep()
        elif entry.table_name == "assignments":
            state = AssignmentState(after.get("state", AssignmentState.PROPOSED.value))
            what = PersonStep(name or "", str(after.get("role", "any")), state)
        else:
            names = [each for each in after if before.get(each) != after[each]]
            changes = [Changed(each, before.get(each), after[each]) for each in names]
            what = ActivityStep(entry.action is AuditAction.CREATED, changes)
        yield Step(entry.at, by, what, entry.via, entry.id)


def _tellings(session: Session, activity_id: ActivityId, most: int) -> Iterator[Step]:
    """Each with what it changed of the one before; so one more is read than is told of."""
    tellings = session.execute(
        select(Outcome.revision, Outcome.teller, Outcome.told_at, Outcome.present)
        .where(Outcome.activity_id == activity_id)
        .order_by(Outcome.revision.desc())
        .limit(most + 1)
    ).all()
    # What was told at once has one present, kept with the last of it.
    presents = [from_document(each.present) if each.present else None for each in tellings]
    told: list[tuple[Any, Sequence[Changed], Sequence[PersonId], Told]] = []
    for number, each in enumerate(tellings[:most]):
        after = presents[number]
        if after is None:
            continue
        before = next((present for present in presents[number + 1 :] if present is not None), None)
        told.append((each, _differences(before, after), _people_changed(before, after), after))
    names = _names(session, {person for *_, people, _ in told for person in people[:NAMES_SAID]})
    for each, changes, people, present in told:
        there = {attendee.person_id: attendee for attendee in present.attendance}
        seen = {visit.person_id: visit.result for visit in present.visits}
        shown = [
            PersonTold(
                name=names.get(person, ""),
                there=there[person].state if person in there else None,
                seen=seen.get(person),
                minutes=there[person].minutes if person in there else None,
            )
            for person in people[:NAMES_SAID]
        ]
        what = ToldStep(each.revision, changes, shown, len(people))
        yield Step(each.told_at, each.teller, what, turn=each.revision)


def _differences(before: Told | None, after: Told) -> list[Changed]:
    """What a telling says otherwise, but for people."""
    was = before or Told(ActivityStatus.PLANNED)
    pairs: list[tuple[str, object, object]] = [
        ("status", was.status.value, after.status.value),
        ("held_on", _iso(was.held_on), _iso(after.held_on)),
        ("narrative", was.narrative, after.narrative),
    ]
    values_before = {(each.metric, each.combination): each for each in was.measures}
    values_after = {(each.metric, each.combination): each for each in after.measures}
    for key in {**values_before, **values_after}:
        one, other = values_before.get(key), values_after.get(key)
        pairs.append(
            (f"measure:{key[0]}", None if one is None else one.value, None if other is None else other.value)
        )
    return [Changed(what, one, other) for what, one, other in pairs if one != other]


def _people_changed(before: Told | None, after: Told) -> list[PersonId]:
    """Those of whom something else is said, in the order of the lists; who is told of no more comes last."""

    def said(told: Told) -> Mapping[PersonId, tuple[object, object]]:
        there = {each.person_id: (each.state, each.minutes, each.role) for each in told.attendance}
        seen = {each.person_id: (each.result, each.condition, each.note) for each in told.visits}
        return {person: (there.get(person), seen.get(person)) for person in {**there, **seen}}

    was = {} if before is None else said(before)
    now = said(after)
    return [person for person in {**now, **was} if now.get(person) != was.get(person)]


def _entries(session: Session, activity_id: ActivityId, within: Reach, most: int) -> Iterator[Step]:
    rows = session.execute(
        select(LedgerEntry, Person.name)
        .outerjoin(Person, Person.id == LedgerEntry.person_id)
        .where(LedgerEntry.activity_id == activity_id, within.of(LedgerEntry.unit_id))
        .order_by(LedgerEntry.id.desc())
        .limit(most)
    )
    for entry, name in rows:
        what = PaidStep(entry.kind, abs(entry.amount), name, entry.reverses_id is not None, entry.reason)
        yield Step(entry.recorded_at, entry.recorded_by, what, turn=entry.id)


def _photos(session: Session, activity_id: ActivityId, most: int) -> Iterator[Step]:
    rows = session.execute(
        select(Photo.id, Photo.added_at, Photo.added_by, Photo.removed_at, Photo.removed_by, Photo.reason)
        .where(Photo.activity_id == activity_id)
        .order_by(Photo.id.desc())
        .limit(most)
    )
    for photo_id, added_at, added_by, removed_at, removed_by, reason in rows:
        yield Step(added_at, added_by, PhotoStep(False, None), turn=photo_id)
        if removed_at is not None:
            yield Step(removed_at, removed_by, PhotoStep(True, reason), turn=photo_id)


def _names(session: Session, people: Collection[PersonId]) -> Mapping[PersonId, str]:
    names: dict[PersonId, str] = {}
    for some in in_batches(people):
        names.update(session.execute(select(Person.id, Person.name).where(Person.id.in_(some))).all())
    return names


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
