"""Records that may be one person: the same name and month of birth, or the same telephone. A person decides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, extract, func, or_, select
from sqlalchemy.orm import Session, aliased

from models import (
    Activity,
    Apart,
    Assignment,
    Attendance,
    LedgerEntry,
    Matter,
    Person,
    Subscription,
    Tie,
)
from models.base import PersonId
from models.enums import TieKind
from outreach.people_search import placed
from outreach.permissions import Reach


class Alike(StrEnum):
    """Why two records may be one person."""

    BORN = "born"
    """The same name and month of birth."""
    MOBILE = "mobile"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, the older one first."""

    one: str
    other: str
    alike: Sequence[Alike]


@dataclass(frozen=True, slots=True)
class Side:
    """How much hangs on a record."""

    visits: int
    assignments: int
    matters: int
    entries: int
    pairings: int
    feeds: int

    @property
    def total(self) -> int:
        return self.visits + self.assignments + self.matters + self.entries + self.pairings + self.feeds


def duplicates(session: Session, *, within: Reach, today: date, limit: int) -> Sequence[Pair]:
    """Pairs of which both belong to units of a reach and nobody said that they are two; same births first."""
    found: dict[tuple[str, str], list[Alike]] = {}
    for alike in Alike:
        for one, other in session.execute(_pairs(alike, within, today).limit(limit)):
            found.setdefault((one, other), []).append(alike)
    return [Pair(one, other, alike) for (one, other), alike in found.items()][:limit]


def twins(
    session: Session, name: str, birth_date: date | None, *, within: Reach, today: date
) -> Sequence[str]:
    """The codes of those who have this name and were born in this month; without a birth date, of all of the name."""
    born = [] if birth_date is None else [or_(Person.birth_date.is_(None), _same_month(birth_date))]
    return session.scalars(
        select(Person.code)
        .where(
            Person.name == name,
            Person.merged_into_id.is_(None),
            Person.erased_at.is_(None),
            within.of_person(Person.id, on=today),
            *born,
        )
        .order_by(Person.id)
        .limit(10)
    ).all()


def keep_apart(session: Session, one: PersonId, other: PersonId, *, by: str, now: datetime) -> None:
    """Remember that two records are two people; once more changes nothing."""
    first, second = sorted((one, other))
    if session.get(Apart, (first, second)) is None:
        session.add(Apart(one_id=first, other_id=second, by=by, at=now))
        session.flush()


def look_alike_again(session: Session, one: PersonId, other: PersonId) -> None:
    """Forget that two records are two people."""
    first, second = sorted((one, other))
    apart = session.get(Apart, (first, second))
    if apart is not None:
        session.delete(apart)
        session.flush()


def sides(session: Session, person_ids: Collection[PersonId]) -> dict[PersonId, Side]:
    """How much hangs on each of them, all of it in one statement."""
    pairing = Tie.kind == TieKind.PAIRING
    rows = session.execute(
        select(
            Person.id,
            _count(Attendance.person_id == Person.id).label("visits"),
            _count(Assignment.person_id == Person.id).label("assignments"),
            _count(Matter.person_id == Person.id).label("matters"),
            _count(LedgerEntry.person_id == Person.id).label("entries"),
            _count(Tie.subject_person_id == Person.id, pairing).label("supports"),
            _count(Tie.object_person_id == Person.id, pairing).label("supported"),
            _count(Subscription.person_id == Person.id, Subscription.revoked_at.is_(None)).label("feeds"),
        ).where(Person.id.in_(person_ids))
    )
    return {
        row.id: Side(
            visits=row.visits,
            assignments=row.assignments,
            matters=row.matters,
            entries=row.entries,
            pairings=row.supports + row.supported,
            feeds=row.feeds,
        )
        for row in rows
    }


def activities_named(session: Session, ids: Collection[int]) -> Sequence[tuple[int, date]]:
    """The days of some activities, to lead to them."""
    rows = session.execute(
        select(Activity.id, Activity.day).where(Activity.id.in_(ids)).order_by(Activity.day)
    )
    return [(activity_id, day) for activity_id, day in rows]


def _count(*which: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).where(*which).correlate(Person).scalar_subquery()


def _pairs(alike: Alike, within: Reach, today: date) -> Any:  # Any: a question for two codes
    one, other = aliased(Person), aliased(Person)
    if alike is Alike.BORN:
        same = and_(
            one.sort_key == other.sort_key,
            extract("year", one.birth_date) == extract("year", other.birth_date),
            extract("month", one.birth_date) == extract("month", other.birth_date),
            one.sort_key != "",
        )
    else:
        same = and_(one.mobile == other.mobile, one.mobile.is_not(None))
    apart = exists().where(Apart.one_id == one.id, Apart.other_id == other.id)
    return (
        select(one.code, other.code)
        .join(other, and_(one.id < other.id, same))
        .where(
            one.merged_into_id.is_(None),
            other.merged_into_id.is_(None),
            one.erased_at.is_(None),
            other.erased_at.is_(None),
            placed(within, today, one.id),
            placed(within, today, other.id),
            ~apart,
        )
        .order_by(one.sort_key, one.id, other.id)
    )


def _same_month(day: date) -> ColumnElement[bool]:
    return and_(
        extract("year", Person.birth_date) == day.year, extract("month", Person.birth_date) == day.month
    )
