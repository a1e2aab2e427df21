"""Whom to look at for one activity: of all who could come only those who can stand among the first.

Something speaks for few people: those of the team, those who were there before, whom a role suits. They are all looked
at, and so is who was asked already. For all the others it decides alone how little they did of late. So the first of
them stand for the rest, and likewise the first of those whose month is full, or who are elsewhere: whoever comes after
them is neither asked before them nor told of before them among those passed over. Where that is not enough to fill what
is shown, `candidates` looks at everybody near.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from calendars.periods import month_of
from models import Activity, Assignment, Attendance, Person, Tie
from models.base import PersonId
from models.enums import TAKING_PART, CountedAs, PersonRole, TieKind
from outreach import fields
from outreach.assignment.board import Cause
from outreach.assignment.facts import OF_LATE, PRESENT, Near, fits, has_role, hours_of, read_windows, tied
from outreach.assignment.gathering import COUNTED, LONGEST, Planned
from outreach.assignment.places import LEADER_ROLE
from outreach.units import units_below

MOST_LOOKED_AT: Final = 5_000
"""Where something speaks for more people than this, everybody is looked at: no statement could name many more."""
FEW: Final = 600
"""Where no more people are near than these, everybody is looked at."""
_NOBODYS: Final = ""
_KINDS: Final = (Cause.LIMIT, Cause.OVERLAP, Cause.AWAY)


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Whom to look at. For who is near and not among them nothing speaks."""

    people: frozenset[PersonId]
    first_of: Mapping[Cause, frozenset[PersonId]]
    """Who is left out, and would be passed over for such a cause, did more of late than all of these, or as little and
    is known for less long. The first with no time stand for those who could come, too. Empty where nobody is left out.
    """


def shortlist(
    session: Session,
    planned: Planned,
    near: Near,
    roles: Collection[str],
    remembered: Collection[PersonId],
    *,
    zone: ZoneInfo,
    first: int,
) -> Shortlist | None:
    """Whom to look at: who is remembered for something among them, and so many first ones of each kind.

    None where everybody has to be looked at, without being named.
    """
    question = _Question(planned, near, roles)
    near_by = session.scalars(question.everybody(at_most=FEW + 1)).all()
    if len(near_by) <= FEW:
        return Shortlist(frozenset(near_by), {})
    if len(remembered) > MOST_LOOKED_AT:
        return None
    activity = planned.activity
    hours = hours_of(activity.day, activity.last_day, activity.starts_at, activity.ends_at, zone=zone)
    parts = (question.particular(remembered), question.kept_away(), question.rested(first))
    found: dict[str, list[tuple[int, PersonId]]] = {kind: [] for kind in (_NOBODYS, *_KINDS)}
    for person_id, kind, times, available in session.execute(
        union_all(*(select(each.subquery()) for each in parts))
    ):
        # Who is kept away and has no time anyhow is told of as somebody without time.
        if kind not in (Cause.LIMIT, Cause.OVERLAP) or fits(read_windows(available), hours):
            found[kind].append((times, person_id))
    first_of = {
        kind: frozenset(person_id for _, person_id in sorted(found[kind.value])[:first]) for kind in _KINDS
    }
    people = {person_id for _, person_id in found[_NOBODYS]}.union(*first_of.values())
    if not first_of[Cause.AWAY] or len(people) > MOST_LOOKED_AT:
        return None
    cut = {cause: of_it for cause, of_it in first_of.items() if len(of_it) >= first or cause is Cause.AWAY}
    return Shortlist(frozenset(people), cut)


class _Question:
    """What is asked about one activity: people, the cause for which they stand if any, how often they came of late, and
    when they have time, the last two where it matters."""

    def __init__(self, planned: Planned, near: Near, roles: Collection[str]) -> None:
        self._activity, self._campaign, self._near = planned.activity, planned.campaign, near
        self._roles, self._day = roles, planned.activity.day
        self._units = units_below(sorted(near.units), on=self._day)

    def particular(self, remembered: Collection[PersonId]) -> Select[Any]:
        """Those near for whom something speaks, who were asked already, or who never want to be."""
        teams = sorted(self._near.teams)
        people: list[Select[Any]] = [
            select(Assignment.person_id.label("id")).where(Assignment.activity_id == self._activity.id),
            select(Person.id).where(Person.id.in_(sorted(remembered))),
            # As it stands, so that the index of these few is used.
            select(Person.id).where(Person.max_per_month == literal_column("0")),
        ]
        if teams:
            people.append(self._tied(TieKind.MEMBERSHIP, Tie.object_team_id.in_(teams)))
        if teams and LEADER_ROLE in self._roles:
            people.append(self._tied(TieKind.LEADERSHIP, Tie.object_team_id.in_(teams)))
        if self._roles:
            people.append(self._tied(TieKind.SKILL, Tie.object_word.in_(sorted(self._roles))))
        found = union_all(*people).subquery()
        return select(found.c.id, *_told(_NOBODYS)).where(self._is_near(found.c.id))

    def kept_away(self) -> Select[Any]:
        """Those whose month is full, and those who are elsewhere at the time."""
        month = month_of(self._day)
        start, end = self._activity.starts_at, self._activity.ends_at
        this_month = Activity.day.between(month.first, month.last)
        if start is None:
            parts = _counted_on(this_month, literal(1), literal(0))
        else:
            overlaps = and_(Activity.starts_at < end, Activity.ends_at > start)
            before = Activity.day.between(month.first - LONGEST, month.first - timedelta(1))
            parts = [
                *_counted_on(this_month, literal(1), case((overlaps, 1), else_=0)),
                *_counted_on(and_(before, overlaps), literal(0), literal(1)),
            ]
        counted = union_all(*parts).subquery()
        is_full = func.sum(counted.c.this_month) >= Person.max_per_month
        kept = (
            select(Person.id, case((is_full, Cause.LIMIT.value), else_=Cause.OVERLAP.value).label("kind"))
            .join(counted, counted.c.person_id == Person.id)
            .group_by(Person.id, Person.max_per_month)
            .having(or_(is_full, func.max(counted.c.overlaps) == 1))
            .subquery()
        )
        return (
            select(kept.c.id, kept.c.kind, self._times(kept.c.id).label("times"), Person.available)
            .join(Person, Person.id == kept.c.id)
            .where(self._could_come(), self._is_near(Person.id))
        )

    def rested(self, first: int) -> Select[*tuple[Any, ...]]:
        """So many volunteers near who did nothing of late, those known longest first."""
        return (
            select(Person.id, *_told(Cause.AWAY))
            .where(self._could_come(), self._is_near(Person.id), ~self._did_something(Person.id))
            .order_by(Person.id)
            .limit(first)
        )

    def everybody(self, *, at_most: int) -> Select[Any]:
        """All who are near, one or the other twice."""
        volunteers = self._tied(TieKind.PLACEMENT, Tie.object_unit_id.in_(self._units)).where(
            self._is_volunteer(Tie.subject_person_id)
        )
        members = self._tied(TieKind.MEMBERSHIP, Tie.object_team_id.in_(sorted(self._near.teams)))
        return select(union_all(volunteers, members).subquery()).limit(at_most)

    def _is_near(self, person_id: Any) -> ColumnElement[bool]:  # Any: a column of either nullability
        """A member of the team, or a volunteer who is placed near."""
        is_volunteer = and_(self._is_volunteer(person_id), self._is_placed(person_id))
        if not self._near.teams:
            return is_volunteer
        teams = Tie.object_team_id.in_(sorted(self._near.teams))
        return or_(self._is_tied(person_id, TieKind.MEMBERSHIP, teams), is_volunteer)

    def _could_come(self) -> ColumnElement[bool]:
        """Whether somebody is there that day, as far as their own record tells, and can do something that is wanted."""
        there = and_(
            Person.erased_at.is_(None),
            Person.since <= self._day,
            Person.until >= self._day,
            or_(Person.frozen_on.is_(None), Person.frozen_on > self._day),
        )
        skills = fields.parts(self._campaign.skills)
        if not skills:
            return there
        return and_(there, self._is_tied(Person.id, TieKind.SKILL, Tie.object_word.in_(skills)))

    def _is_volunteer(self, person_id: Any) -> ColumnElement[bool]:  # Any: as above
        return has_role(person_id, PersonRole.VOLUNTEER, self._day, self._day)

    def _is_placed(self, person_id: Any) -> ColumnElement[bool]:  # Any: as above
        return self._is_tied(person_id, TieKind.PLACEMENT, Tie.object_unit_id.in_(self._units))

    def _is_tied(  # Any: as above
        self, person_id: Any, kind: TieKind, which: ColumnElement[bool]
    ) -> ColumnElement[bool]:
        holds = and_(Tie.since <= self._day, Tie.until >= self._day)
        return exists().where(Tie.subject_person_id == person_id, Tie.kind == kind, which, holds)

    def _tied(self, kind: TieKind, which: ColumnElement[bool]) -> Select[Any]:
        return tied(kind, self._day, self._day).where(which)

    def _did_something(self, person_id: Any) -> ColumnElement[bool]:  # Any: as above
        return exists().where(*self._of_late(person_id))

    def _times(self, person_id: Any) -> ScalarSelect[int]:  # Any: as above
        return select(func.count()).where(*self._of_late(person_id)).scalar_subquery()

    def _of_late(self, person_id: Any) -> tuple[ColumnElement[bool], ...]:  # Any: as above
        return (
            Attendance.person_id == person_id,
            Attendance.day >= self._day - OF_LATE,
            Attendance.state.in_(PRESENT),
        )


def _told(kind: str) -> tuple[ColumnElement[str], ColumnElement[int], ColumnElement[str]]:
    return literal(kind).label("kind"), literal(0).label("times"), literal("").label("available")


def _counted_on(
    which: ColumnElement[bool], this_month: ColumnElement[int], overlaps: ColumnElement[int]
) -> list[Select[*tuple[Any, ...]]]:
    """Those who are counted on for some activities, and those who were at them, with what is told of each."""
    counts = and_(which, Activity.status.in_(COUNTED))
    told = (this_month.label("this_month"), overlaps.label("overlaps"))
    return [
        select(Assignment.person_id.label("person_id"), *told)
        .join(Activity, Activity.id == Assignment.activity_id)
        .where(counts, Assignment.state.in_(TAKING_PART)),
        select(Attendance.person_id.label("person_id"), *told)
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(
            counts,
            Attendance.state.in_(PRESENT),
            or_(Attendance.counted_as.is_(None), Attendance.counted_as != CountedAs.SERVED),
        ),
    ]
