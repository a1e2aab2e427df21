"""Days to which something that clashes could go without another clash there, found for many at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import CompoundSelect, Select, and_, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from calendars.workdays import DayKind, Workdays
from models import Activity, Assignment, Campaign
from models.base import ActivityId, PersonId, TeamId
from models.enums import TAKING_PART, ActivityStatus
from outreach.planning.collisions import WITHIN, Booked

SEARCHED: Final = timedelta(days=31)
"""No further than this after its own day is a day looked for."""
_ONE_DAY: Final = timedelta(days=1)
_TEAM, _VISITED, _TAKING_PART = "team", "visited", "taking part"


@dataclass(frozen=True, slots=True)
class ToGo:
    """A planned activity that is to go to another day: a working one, or with `to_rest` one on which nobody works."""

    activity_id: ActivityId
    booked: Booked
    last_day: date
    to_rest: bool = False

    @property
    def lasts(self) -> timedelta:
        """How much later its last day is than its first."""
        return self.last_day - self.booked.day


def days_without_clash(session: Session, things: Sequence[ToGo], workdays: Workdays) -> Sequence[date | None]:
    """For each the next day after its own on which nothing gets in its way; None when the days searched have none.

    Its team and those who take part have nothing else then, whoever is visited is not visited within a week of it,
    and no notice makes the day a worked weekend. One statement, however many they are; a few thousand at most.
    """
    if not things:
        return []
    taken = _taken(session, things)
    return [next((day for day in _tried(each, workdays) if taken.leaves(each, day)), None) for each in things]


def _tried(thing: ToGo, workdays: Workdays) -> Iterator[date]:
    for passed in range(1, SEARCHED.days + 1):
        day = thing.booked.day + passed * _ONE_DAY
        kind = workdays.day_kind(day)
        if not kind.works if thing.to_rest else kind is DayKind.WEEKDAY:
            yield day


@dataclass(frozen=True, slots=True)
class _Taken:
    """The days that are no longer free: of teams, of those who take part in an activity, of people who are visited."""

    teams: Mapping[TeamId, set[date]]
    taking_part: Mapping[ActivityId, set[date]]
    visits: Mapping[PersonId, Sequence[tuple[ActivityId, date]]]

    def leaves(self, thing: ToGo, day: date) -> bool:
        """Whether the activity could begin on this day."""
        days = _days(day, day + thing.lasts)
        team_id, visited = thing.booked.team_id, thing.booked.subject_person_id
        if team_id is not None and not days.isdisjoint(self.teams.get(team_id, ())):
            return False
        if not days.isdisjoint(self.taking_part.get(thing.activity_id, ())):
            return False
        visits = () if visited is None else self.visits.get(visited, ())
        return all(number == thing.activity_id or abs(day - other) >= WITHIN for number, other in visits)


def _days(first: date, last: date) -> set[date]:
    return {first + passed * _ONE_DAY for passed in range((last - first).days + 1)}


def _taken(session: Session, things: Sequence[ToGo]) -> _Taken:
    teams: defaultdict[TeamId, set[date]] = defaultdict(set)
    taking_part: defaultdict[ActivityId, set[date]] = defaultdict(set)
    visits: defaultdict[PersonId, list[tuple[ActivityId, date]]] = defaultdict(list)
    for sort, whose, number, day, last_day in session.execute(_what_takes_days(things)):
        if sort == _TEAM:
            teams[whose] |= _days(day, last_day)
        elif sort == _VISITED:
            visits[whose].append((number, day))
        else:
            taking_part[whose] |= _days(day, last_day)
    return _Taken(teams, taking_part, visits)


def _what_takes_days(things: Sequence[ToGo]) -> CompoundSelect[*tuple[Any, ...]]:
    """What the teams have, who is visited, and on what else those are who take part, each with its days."""
    # What began up to so much earlier may still last.
    first = min(each.booked.day for each in things) - SEARCHED
    last = max(each.last_day for each in things) + SEARCHED + WITHIN
    on_the_days = and_(Activity.status == ActivityStatus.PLANNED, Activity.day.between(first, last))
    teams = {each.booked.team_id for each in things if each.booked.team_id is not None}
    visited = {each.booked.subject_person_id for each in things if each.booked.subject_person_id is not None}
    days_of_teams: Select[*tuple[Any, ...]] = (
        select(literal(_TEAM), Campaign.team_id, literal(0), Activity.day, Activity.last_day)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Campaign.team_id.in_(teams), on_the_days)
        .distinct()
    )
    days_of_visits: Select[*tuple[Any, ...]] = select(
        literal(_VISITED), Activity.subject_person_id, Activity.id, Activity.day, Activity.last_day
    ).where(Activity.subject_person_id.in_(visited), on_the_days)
    here, elsewhere = aliased(Assignment), aliased(Assignment)
    days_of_people: Select[*tuple[Any, ...]] = (
        select(literal(_TAKING_PART), here.activity_id, Activity.id, Activity.day, Activity.last_day)
        .join(elsewhere, elsewhere.person_id == here.person_id)
        .join(Activity, Activity.id == elsewhere.activity_id)
        .where(
            here.activity_id.in_([each.activity_id for each in things]),
            here.state.in_(TAKING_PART),
            elsewhere.state.in_(TAKING_PART),
            elsewhere.activity_id != here.activity_id,
            on_the_days,
        )
    )
    return union_all(days_of_teams, days_of_visits, days_of_people)
