"""Whom an activity is for, in visiting order, with what helps whoever goes there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from models import Attendance, Person, Tie
from models.base import PersonId
from models.enums import TieKind, VisitResult
from outreach.activities.head import ActivityHead
from outreach.agenda import AgendaItem
from outreach.beneficiaries import circles
from outreach.minors import is_minor
from outreach.remembered import remembered

MADE_OF: Final = frozenset({"beneficiaries", "campaigns", "people", "ties"})


@dataclass(frozen=True, slots=True)
class PersonServed:
    """Somebody whom an activity is for. Of minors neither address nor notes: looking at their record leaves a trace."""

    code: str
    name: str
    birth_date: date | None
    address: str | None
    notes: str | None
    is_minor: bool
    last_seen_on: date | None
    """When somebody last found them on a visit, this activity left out."""
    supporters: str | None
    """Who is paired with them that day, by name."""


@dataclass(frozen=True, slots=True)
class Served:
    """A part of those whom an activity is for, and how many they are in all."""

    count: int
    people: Sequence[PersonServed]


def served_of(
    session: Session,
    head: ActivityHead,
    *,
    start: int = 0,
    limit: int,
    wanted: Sequence[PersonId] | None = None,
) -> Served:
    """Those whom an activity is for on its day, so many from a place on. Whoever asks sees the activity.

    `wanted`, all of them, spares asking for them where they are known.
    """
    item = head.item
    if wanted is None:
        wanted = whom_it_serves(session, head)
    shown = wanted[start : start + limit]
    return Served(len(wanted), _details(session, item, shown) if shown else [])


def whom_it_serves(session: Session, head: ActivityHead) -> Sequence[PersonId]:
    """All those whom an activity is for on its day, in visiting order (rules 22a and 42)."""
    if head.subject_id is not None:
        return [head.subject_id]
    item = head.item

    def answer() -> Sequence[PersonId]:
        circle = circles(session, {item.campaign_id})[item.campaign_id]
        return circle.at(item.day, item.unit_id, split_by=head.split_by, form=head.form)

    # A list may be as long as the county has retirees, and it takes all their facts to know who is on it.
    question = ("served", item.campaign_id, item.day, item.unit_id)
    return remembered(session, question, answer, made_of=MADE_OF)


def _details(session: Session, item: AgendaItem, wanted: Sequence[PersonId]) -> list[PersonServed]:
    """All of it in one statement."""
    supporter = aliased(Person)
    in_force = (Tie.since <= item.day) & (Tie.until >= item.day)
    last = (
        select(func.max(Attendance.day))
        .where(
            Attendance.person_id == Person.id,
            Attendance.visit == VisitResult.SEEN,
            Attendance.activity_id != item.id,
        )
        .correlate(Person)
        .scalar_subquery()
    )
    paired = (
        select(func.aggregate_strings(supporter.name, "、"))
        .select_from(Tie)
        .join(supporter, supporter.id == Tie.subject_person_id)
        .where(Tie.kind == TieKind.PAIRING, Tie.object_person_id == Person.id, in_force)
        .correlate(Person)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Person.id,
            Person.code,
            Person.name,
            Person.birth_date,
            Person.address,
            Person.notes,
            is_minor(Person.id, on=item.day),
            last,
            paired,
        ).where(Person.id.in_(wanted))
    )
    found = {}
    for person_id, code, name, birth_date, address, notes, minor, last_seen_on, supporters in rows:
        found[person_id] = PersonServed(
            code=code,
            name=name,
            birth_date=birth_date,
            address=None if minor else address,
            notes=None if minor else notes,
            is_minor=minor,
            last_seen_on=last_seen_on,
            supporters=supporters,
        )
    return [found[person_id] for person_id in wanted]
