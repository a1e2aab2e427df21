"""Who may be asked at all, where they belong, what they can and when they have time, on each day of a window."""

from bisect import bisect_right
from calendar import isleap
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, true, union, union_all
from sqlalchemy.orm import Session, aliased

from models import Attendance, Person, Tie
from models.base import PersonId, TeamId, UnitId
from models.enums import AttendanceState, PersonRole, TieKind
from models.types import FIRST_DAY, LAST_DAY
from outreach import fields
from outreach.assignment.board import NOBODY, Crowd, People, Volunteer
from outreach.beneficiaries import Group, Span, meet
from outreach.units import units_below

OF_LATE = timedelta(days=90)
"""Of two with equal points the one who did less in so many days is asked."""
PRESENT = (AttendanceState.AS_PLANNED, AttendanceState.PARTLY, AttendanceState.LONGER)
GROWN_UP = 18
_ONE_DAY = timedelta(days=1)
_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Near:
    """Whose teams and units are asked."""

    teams: frozenset[TeamId]
    units: frozenset[UnitId]
    only: bool = False
    """Whether nobody else is read, instead of every volunteer."""
    among: frozenset[PersonId] | None = None
    """These people alone, near or not."""
    all_minors: bool = True
    """Whether it is read who is a minor of those who are not asked, too: they may be served, or be on it."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When an activity is, in local time: its weekdays, and its minutes unless it takes whole days."""

    weekdays: frozenset[int]
    minutes: tuple[int, int] | None = None


_TIE = (
    Tie.kind,
    Tie.subject_person_id,
    Tie.subject_unit_id,
    Tie.object_unit_id,
    Tie.object_team_id,
    Tie.object_word,
    Tie.since,
    Tie.until,
)


@dataclass(frozen=True, slots=True)
class _Dated:
    """A tie of two sides with its first and last day."""

    of: int
    to: int
    first: date
    last: date

    def on(self, day: date) -> bool:
        return self.first <= day <= self.last


class Facts:
    """The dated facts of everybody who may be asked between two days, read once. Sets of people are masks of bits."""

    def __init__(
        self, session: Session, near: Near, skills: Collection[str], *, first: date, last: date
    ) -> None:
        self._session, self._near, self._first, self._last = session, near, first, last
        self._units = units_below(sorted(near.units), on=first)
        self._ties = self._read_ties(skills)
        self._members = self._teams(TieKind.MEMBERSHIP, near.teams)
        self._leaders = self._teams(TieKind.LEADERSHIP, near.teams)
        rows = self._people()
        self.volunteers = [Volunteer(row.id, row.max_per_month, row.code, row.name) for row in rows]
        self.bit: Mapping[PersonId, int] = {each.id: bit for bit, each in enumerate(self.volunteers)}
        self.everybody: People = (1 << len(rows)) - 1
        self._masks: dict[tuple[PersonId, ...], People] = {}
        self._minors = self._roles(PersonRole.MINOR)
        self._young = self._under_age(rows)
        self._volunteers = Group(self._spans_there(rows))
        self._by_windows = self._windows(rows)
        self._available: dict[Hours, People] = {}
        self._lay_out_places()
        self.skills_of, able = self._skills()
        self.crowd = Crowd(self.volunteers, able)

    def mask(self, people: Iterable[PersonId]) -> People:
        """The set of these people, as far as they may be asked at all."""
        found = NOBODY
        for person in people:
            if (bit := self.bit.get(person)) is not None:
                found |= 1 << bit
        return found

    def there(self, day: date) -> People:
        """Volunteers in force that day who are of age and not frozen."""
        return self._mask_of(self._volunteers, day)

    def members(self, team_id: TeamId | None, day: date) -> People:
        """The members of a team."""
        return NOBODY if team_id is None else self._mask_of(self._members[team_id], day)

    def leaders(self, team_id: TeamId | None, day: date) -> People:
        """Who leads a team."""
        return NOBODY if team_id is None else self._mask_of(self._leaders[team_id], day)

    def below(self, unit_id: UnitId, day: date) -> People:
        """Those placed in a unit or below it."""
        segment = bisect_right(self._turns, day)
        if segment not in self._by_unit:
            self._by_unit[segment] = self._placed_on(day)
        return self._by_unit[segment].get(unit_id, NOBODY)

    def able(self, skill: str) -> People:
        """Who has a skill."""
        return self.crowd.skills.get(skill, NOBODY)

    def available(self, hours: Hours) -> People:
        """Those who have time: on each of the weekdays, with times inside one of their windows."""
        if hours not in self._available:
            self._available[hours] = NOBODY
            for windows, people in self._by_windows:
                if fits(windows, hours):
                    self._available[hours] |= people
        return self._available[hours]

    def is_minor(self, person_id: PersonId, day: date) -> bool:
        """Whether somebody, to be asked or not, has the role or is known to be under age that day."""
        of_age = self._young.get(person_id, FIRST_DAY)
        return day < of_age or any(first <= day <= last for first, last in self._minors.get(person_id, ()))

    def ever_minor(self) -> Collection[PersonId]:
        """Everybody who is a minor on any of the days."""
        return self._minors.keys() | self._young.keys()

    @property
    def are_named(self) -> bool:
        """Whether only some people are read, each by name."""
        return self._near.among is not None

    def is_asked(self, person_id: Any) -> ColumnElement[bool]:  # Any: a column of either nullability
        """Whether somebody may be asked at all, as a condition."""
        if self._near.among is not None:
            return person_id.in_(sorted(self._near.among))  # type: ignore[no-any-return]  # see Any
        members = tied(TieKind.MEMBERSHIP, self._first, self._last).where(
            Tie.object_team_id.in_(sorted(self._near.teams))
        )
        volunteers = tied(TieKind.ROLE, self._first, self._last).where(
            Tie.object_word == PersonRole.VOLUNTEER.value
        )
        if self._near.only:
            volunteers = tied(TieKind.PLACEMENT, self._first, self._last).where(
                Tie.object_unit_id.in_(self._units),
                has_role(Tie.subject_person_id, PersonRole.VOLUNTEER, self._first, self._last),
            )
        return person_id.in_(union(volunteers, members))  # type: ignore[no-any-return]  # see Any

    # Reading

    def _read_ties(self, skills: Collection[str]) -> Mapping[TieKind, Sequence[Any]]:
        """Every tie that choosing looks at, by its kind, in one statement; rows of the columns below."""
        near = self._near
        in_window = and_(Tie.since <= self._last, Tie.until >= self._first)
        on_first_day = and_(Tie.since <= self._first, Tie.until >= self._first)
        ours = self.is_asked(Tie.subject_person_id)
        everybodys = near.among is None
        wanted = [
            (TieKind.MEMBERSHIP, Tie.object_team_id.in_(sorted(near.teams))),
            (TieKind.LEADERSHIP, Tie.object_team_id.in_(sorted(near.teams))),
            (
                TieKind.ROLE,
                and_(
                    Tie.object_word == PersonRole.VOLUNTEER.value,
                    in_window,
                    ours if near.only or not everybodys else true(),
                ),
            ),
            (
                TieKind.ROLE,
                and_(
                    Tie.object_word == PersonRole.MINOR.value, in_window, true() if near.all_minors else ours
                ),
            ),
            (TieKind.PLACEMENT, and_(ours, in_window)),
            (TieKind.PARENT, and_(Tie.subject_unit_id.is_not(None), in_window)),
            (
                TieKind.SKILL,
                and_(Tie.object_word.in_(sorted(skills)), on_first_day, true() if everybodys else ours),
            ),
        ]
        questions = [select(*_TIE).where(Tie.kind == kind, which) for kind, which in wanted]
        found: dict[TieKind, list[Any]] = defaultdict(list)
        for row in self._session.execute(union_all(*questions)):
            found[row.kind].append(row)
        return found

    def _people(self) -> Sequence[Any]:  # Any: nine named columns
        """Everybody who may be asked, who did least of late first."""
        times = (
            select(Attendance.person_id, func.count().label("times"))
            .where(
                Attendance.day >= self._first - OF_LATE,
                Attendance.state.in_(PRESENT),
                self.is_asked(Attendance.person_id),
            )
            .group_by(Attendance.person_id)
            .subquery()
        )
        return self._session.execute(
            select(
                Person.id,
                Person.code,
                Person.name,
                Person.max_per_month,
                Person.available,
                Person.since,
                Person.until,
                Person.birth_date,
                Person.frozen_on,
            )
            .outerjoin(times, times.c.person_id == Person.id)
            .where(self.is_asked(Person.id), Person.erased_at.is_(None))
            .order_by(func.coalesce(times.c.times, 0), Person.id)
        ).all()

    def _spans_there(self, rows: Sequence[Any]) -> dict[PersonId, list[Span]]:
        roles = self._roles(PersonRole.VOLUNTEER)
        spans: dict[PersonId, list[Span]] = {}
        for row in rows:
            until = row.until or LAST_DAY
            if row.frozen_on is not None:
                until = min(until, row.frozen_on - _ONE_DAY)
            lifetime = (max(row.since or FIRST_DAY, _of_age(row.birth_date)), until)
            told = [shared for span in roles.get(row.id, ()) if (shared := meet(span, lifetime))]
            spans[row.id] = _without(told, self._minors.get(row.id, ()))
        return spans

    def _windows(self, rows: Sequence[Any]) -> list[tuple[Sequence[fields.Window] | None, People]]:
        """Who told the same hours, read once; None is whenever."""
        by_text: dict[str, People] = defaultdict(int)
        for row in rows:
            by_text[(row.available or "").strip()] |= 1 << self.bit[row.id]
        return [(read_windows(text), people) for text, people in by_text.items()]

    def _roles(self, role: PersonRole) -> Mapping[PersonId, list[Span]]:
        spans: dict[PersonId, list[Span]] = defaultdict(list)
        for tie in self._ties[TieKind.ROLE]:
            if tie.subject_person_id is not None and tie.object_word == role:
                spans[tie.subject_person_id].append(_span(tie))
        return spans

    def _under_age(self, rows: Sequence[Any]) -> Mapping[PersonId, date]:
        """Those who are too young on the first day, with the day from which they are of age."""
        born_after = self._first.replace(day=1, year=self._first.year - GROWN_UP)
        if not self._near.all_minors:
            return {
                row.id: _of_age(row.birth_date)
                for row in rows
                if row.birth_date and row.birth_date > born_after
            }
        born = select(Person.id, Person.birth_date).where(Person.birth_date > born_after)
        return {person_id: _of_age(birth) for person_id, birth in self._session.execute(born)}

    def _lay_out_places(self) -> None:
        self._placed = [
            _Dated(tie.subject_person_id, tie.object_unit_id, *_span(tie))
            for tie in self._ties[TieKind.PLACEMENT]
        ]
        self._tree = [
            _Dated(tie.subject_unit_id, tie.object_unit_id, *_span(tie)) for tie in self._ties[TieKind.PARENT]
        ]
        dated = [*self._placed, *self._tree]
        turns = {each.first for each in dated} | {
            each.last + _ONE_DAY for each in dated if each.last < LAST_DAY
        }
        self._turns = sorted(turns)
        self._by_unit: dict[int, dict[UnitId, People]] = {}

    def _placed_on(self, day: date) -> dict[UnitId, People]:
        parent = {each.of: each.to for each in self._tree if each.on(day)}
        own: dict[int, People] = defaultdict(int)
        for each in self._placed:
            bit = self.bit.get(PersonId(each.of))
            if bit is not None and each.on(day):
                own[each.to] |= 1 << bit
        found: dict[UnitId, People] = defaultdict(int)
        for unit, people in own.items():
            above: int | None = unit
            while above is not None:
                found[UnitId(above)] |= people
                above = parent.get(above)
        return dict(found)

    def _skills(self) -> tuple[Mapping[PersonId, frozenset[str]], Mapping[str, People]]:
        """The wanted skills of everybody, to be asked or not, and who of those to be asked has each."""
        able: dict[str, People] = defaultdict(int)
        theirs: dict[PersonId, set[str]] = defaultdict(set)
        for tie in self._ties[TieKind.SKILL]:
            person_id, skill = tie.subject_person_id, tie.object_word
            if person_id is not None and skill is not None:
                theirs[person_id].add(skill)
                able[skill] |= self.mask([person_id])
        return {person: frozenset(skills) for person, skills in theirs.items()}, dict(able)

    def _teams(self, kind: TieKind, teams: Collection[TeamId]) -> Mapping[TeamId, Group]:
        spans: dict[TeamId, dict[PersonId, list[Span]]] = {team: defaultdict(list) for team in teams}
        for tie in self._ties[kind]:
            if tie.subject_person_id is not None:
                spans[tie.object_team_id][tie.subject_person_id].append(_span(tie))
        return {team: Group(each) for team, each in spans.items()}

    def _mask_of(self, group: Group, day: date) -> People:
        people = group.on(day)
        if people not in self._masks:
            self._masks[people] = self.mask(people)
        return self._masks[people]


def tied(kind: TieKind, first: date, last: date) -> Select[Any]:  # Any: of people, so never NULL
    """Whose ties of a kind are in force at some time between two days, as a question within another."""
    return select(Tie.subject_person_id).where(Tie.kind == kind, Tie.since <= last, Tie.until >= first)


def has_role(
    person_id: Any, role: PersonRole, first: date, last: date
) -> ColumnElement[bool]:  # Any: a column
    """Whether somebody has a role at some time between two days, asked for each."""
    tie = aliased(Tie)
    return exists().where(
        tie.subject_person_id == person_id,
        tie.kind == TieKind.ROLE,
        tie.object_word == role.value,
        tie.since <= last,
        tie.until >= first,
    )


def hours_of(
    day: date, last_day: date, starts_at: datetime | None, ends_at: datetime | None, *, zone: ZoneInfo
) -> Hours:
    """When an activity is, as people tell their own hours: by local weekday and time of day."""
    if starts_at is None or ends_at is None:
        length = min((last_day - day).days, 6)
        return Hours(frozenset((day + timedelta(passed)).weekday() for passed in range(length + 1)))
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    minutes_later = (end.date() - start.date()).days * _MINUTES_A_DAY
    span = (start.hour * 60 + start.minute, minutes_later + end.hour * 60 + end.minute)
    return Hours(frozenset({start.weekday()}), span)


def fits(windows: Sequence[fields.Window] | None, hours: Hours) -> bool:
    """Whether somebody with these windows has time: on each weekday, within one window; None is whenever."""
    if windows is None:
        return True
    if hours.minutes is None:
        return all(any(weekday in each.weekdays for each in windows) for weekday in hours.weekdays)
    start, end = hours.minutes
    return any(
        hours.weekdays <= each.weekdays and each.from_minute <= start and end <= each.to_minute
        for each in windows
    )


@lru_cache(maxsize=1024)
def read_windows(available: str | None) -> Sequence[fields.Window] | None:
    """When somebody has time, as they told it; None is whenever."""
    text = (available or "").strip()
    try:
        return fields.available(text) if text else None
    except fields.BadValue:
        # Whoever wrote something that cannot be read is not free at just any time.
        return ()


def _span(tie: Any) -> Span:  # Any: the columns above
    return (tie.since or FIRST_DAY, tie.until or LAST_DAY)


def _of_age(birth_date: date | None) -> date:
    """The day from which somebody is of age; the first day there is for whom no birthday is known."""
    if birth_date is None:
        return FIRST_DAY
    year = birth_date.year + GROWN_UP
    if (birth_date.month, birth_date.day) == (2, 29):
        return date(year, 2, 29 if isleap(year) else 28)
    return birth_date.replace(year=year)


def _without(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What is left of spans of days when others are taken out."""
    left = list(spans)
    for first, last in others:
        before = [meet(each, (FIRST_DAY, first - _ONE_DAY)) for each in left if first > FIRST_DAY]
        after = [meet(each, (last + _ONE_DAY, LAST_DAY)) for each in left if last < LAST_DAY]
        left = [each for each in (*before, *after) if each is not None]
    return left
