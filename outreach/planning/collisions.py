"""What gets in each other's way among planned activities, each with a proposal. Pure: rows in, conflicts out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from calendars.workdays import DayKind, Workdays
from models.base import ActivityId, CampaignId, PersonId, TeamId, TieId
from models.enums import OnHoliday
from outreach.beneficiaries import Circle
from outreach.planning.difference import Why

VISITING_KINDS = frozenset({"festival_visit", "hospital", "hardship", "condolence", "birthday"})
"""Campaigns whose activities are visits to those they serve, and not events these come to."""

WITHIN = timedelta(days=7)
"""Two visits to one person nearer than this are one too many."""

LISTED_AT_MOST = 20
_SEARCHED = 21
_ONE_DAY = timedelta(days=1)


class ConflictKind(StrEnum):
    """What is wrong; `planning.conflict_…` in the catalogues says it."""

    TEAM_OVERLAP = "team_overlap"
    PERSON_OVERLAP = "person_overlap"
    VISITED_TWICE = "visited_twice"
    VISITED_ANYWAY = "visited_anyway"
    ON_HOLIDAY = "on_holiday"
    ON_MAKE_UP_DAY = "on_make_up_day"
    NO_LONGER_PLANNED = "no_longer_planned"
    PLANNED_OTHERWISE = "planned_otherwise"


class Action(StrEnum):
    """What is proposed; `planning.proposal_…` in the catalogues says it."""

    MOVE = "move"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    KEEP = "keep"
    AGREE = "agree"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be done: with which activity, and to which day it could go."""

    action: Action
    activity_id: ActivityId | None = None
    to: date | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """One conflict: the activities (at most twenty of them are named), whom it concerns by id and name, a proposal.

    `outreach.planning.saying` says it in words.
    """

    kind: ConflictKind
    day: date
    activity_ids: tuple[ActivityId, ...]
    campaign_ids: tuple[CampaignId, ...]
    proposal: Proposal
    count: int = 0
    team_id: TeamId | None = None
    person_ids: tuple[PersonId, ...] = ()
    why: Why | None = None
    campaigns: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """A planned activity, or one that is only being thought of (without an id)."""

    activity_id: ActivityId | None
    campaign_id: CampaignId | None
    kind: str
    team_id: TeamId | None
    on_holiday: OnHoliday
    day: date
    starts_at: datetime | None
    ends_at: datetime | None
    subject_person_id: PersonId | None
    pairing_id: TieId | None
    split: bool
    movable: bool
    """Whether nobody has made it theirs."""
    asked: bool
    """Whether it is one of those that conflicts are sought for."""


def team_overlaps(booked: Iterable[Booked], workdays: Workdays) -> Iterator[Conflict]:
    """Teams that are to be in several places at one time.

    The pairs of one campaign go each by themselves, and what is split by unit is one piece of work: neither collides
    with its own kind.
    """
    by_team: dict[TeamId, list[Booked]] = defaultdict(list)
    for each in booked:
        if each.team_id is not None:
            by_team[each.team_id].append(each)
    for team_id, theirs in by_team.items():
        busy = {each.day for each in theirs}
        for together in _overlapping(theirs):
            if len({_piece(each) for each in together}) > 1:
                proposal = _move_one(together, busy, workdays)
                yield _conflict(ConflictKind.TEAM_OVERLAP, together, proposal, team_id=team_id)


def person_overlaps(assigned: Mapping[PersonId, Sequence[Booked]]) -> Iterator[Conflict]:
    """People who are proposed or have said yes to several activities at one time."""
    for person_id, theirs in assigned.items():
        for together in _overlapping(theirs):
            proposal = Proposal(Action.WITHDRAW, together[-1].activity_id)
            yield _conflict(ConflictKind.PERSON_OVERLAP, together, proposal, people=(person_id,))


def visits_too_near(booked: Iterable[Booked]) -> Iterator[Conflict]:
    """People who would be visited twice within a week, each by a visit of their own."""
    by_subject: dict[PersonId, list[Booked]] = defaultdict(list)
    for each in booked:
        if each.subject_person_id is not None:
            by_subject[each.subject_person_id].append(each)
    for person_id, theirs in by_subject.items():
        theirs.sort(key=lambda each: (each.day, each.activity_id or 0))
        for earlier, later in pairwise(theirs):
            if later.day - earlier.day < WITHIN and (earlier.asked or later.asked):
                proposal = _join(earlier, later)
                yield _conflict(
                    ConflictKind.VISITED_TWICE,
                    [earlier, later],
                    proposal,
                    people=(person_id,),
                    day=later.day,
                )


def visited_anyway(
    rounds: Iterable[Booked], visits: Iterable[Booked], circles: Mapping[CampaignId | None, Circle]
) -> Iterator[Conflict]:
    """Rounds of visits to many (before a festival …) near visits of their own to some of the same people."""
    by_day: dict[date, list[Booked]] = defaultdict(list)
    for each in visits:
        by_day[each.day].append(each)
    for tour in rounds:
        circle = circles[tour.campaign_id]
        near = [
            visit
            for passed in range(1 - WITHIN.days, WITHIN.days)
            for visit in by_day.get(tour.day + passed * _ONE_DAY, ())
            if (tour.asked or visit.asked)
            and visit.subject_person_id is not None
            and circle.serves(visit.subject_person_id, tour.day)
        ]
        if near:
            people = tuple(dict.fromkeys(v.subject_person_id for v in near if v.subject_person_id))
            # A birthday has its day; every other visit may be made on the round.
            moves = next((visit for visit in near if visit.movable and visit.kind != "birthday"), None)
            proposal = Proposal(Action.AGREE)
            if moves is not None and moves.day != tour.day:
                proposal = Proposal(Action.MOVE, moves.activity_id, tour.day)
            yield _conflict(ConflictKind.VISITED_ANYWAY, [tour, *near], proposal, people=people, day=tour.day)


def on_special_days(booked: Iterable[Booked], workdays: Workdays) -> Iterator[Conflict]:
    """Activities on a holiday or on a weekend day that is worked instead, one conflict a campaign and day."""
    found: dict[tuple[CampaignId | None, date], list[Booked]] = defaultdict(list)
    kinds: dict[date, DayKind] = {}
    for each in booked:
        if each.day not in kinds:
            kinds[each.day] = workdays.day_kind(each.day)
        if kinds[each.day] in (DayKind.HOLIDAY, DayKind.MAKE_UP):
            found[each.campaign_id, each.day].append(each)
    for (_, day), together in found.items():
        first = together[0]
        if kinds[day] is DayKind.HOLIDAY:
            proposal = Proposal(Action.MOVE, first.activity_id, workdays.next_workday(day))
            yield _conflict(ConflictKind.ON_HOLIDAY, together, proposal)
        else:
            weekend = first.on_holiday is OnHoliday.KEEP
            proposal = (
                Proposal(Action.MOVE, first.activity_id, _next_free_day(day, workdays))
                if weekend
                else Proposal(Action.KEEP, first.activity_id)
            )
            yield _conflict(ConflictKind.ON_MAKE_UP_DAY, together, proposal)


def _conflict(
    kind: ConflictKind,
    together: Sequence[Booked],
    proposal: Proposal,
    *,
    team_id: TeamId | None = None,
    people: tuple[PersonId, ...] = (),
    day: date | None = None,
) -> Conflict:
    activities = [each.activity_id for each in together if each.activity_id is not None]
    campaigns = dict.fromkeys(each.campaign_id for each in together if each.campaign_id is not None)
    return Conflict(
        kind=kind,
        day=day or together[0].day,
        activity_ids=tuple(activities[:LISTED_AT_MOST]),
        campaign_ids=tuple(campaigns)[:LISTED_AT_MOST],
        proposal=proposal,
        count=len(people) if kind is ConflictKind.VISITED_ANYWAY else len(together),
        team_id=team_id,
        person_ids=people[:LISTED_AT_MOST],
    )


def _overlapping(booked: Iterable[Booked]) -> Iterator[list[Booked]]:
    """Runs of activities that overlap in time, one at least of them asked about. Whole days have no time to overlap."""
    timed = [(each.starts_at, each.ends_at, each) for each in booked if each.starts_at and each.ends_at]
    timed.sort(key=lambda each: (each[0], each[1], each[2].activity_id or 0))
    run: list[Booked] = []
    busy_until: datetime | None = None
    for starts_at, ends_at, each in timed:
        if busy_until is None or starts_at >= busy_until:
            yield from _if_asked(run)
            run, busy_until = [], ends_at
        run.append(each)
        busy_until = max(busy_until, ends_at)
    yield from _if_asked(run)


def _if_asked(run: list[Booked]) -> Iterator[list[Booked]]:
    if len(run) > 1 and any(each.asked for each in run):
        yield run


def _piece(booked: Booked) -> object:
    """What is one piece of work for a team."""
    if booked.pairing_id is not None or booked.split:
        return (booked.campaign_id, booked.day)
    return (booked.campaign_id, booked.day, booked.activity_id, booked.subject_person_id)


def _move_one(together: Sequence[Booked], busy: set[date], workdays: Workdays) -> Proposal:
    """Move the last one that may be moved to the team's next free working day."""
    movable = [each for each in together if each.movable]
    if not movable:
        return Proposal(Action.AGREE)
    last = movable[-1]
    day = last.day
    for _ in range(_SEARCHED):
        day = workdays.shift_workdays(day, 1)
        if day not in busy:
            return Proposal(Action.MOVE, last.activity_id, day)
    return Proposal(Action.AGREE)


def _join(earlier: Booked, later: Booked) -> Proposal:
    """Make one visit of two: a birthday stays on its day, else the later visit comes to the earlier one's."""
    ordered = [(later, earlier), (earlier, later)]
    for moves, stays in ordered if later.kind != "birthday" else reversed(ordered):
        if moves.movable and moves.day != stays.day:
            return Proposal(Action.MOVE, moves.activity_id, stays.day)
    return Proposal(Action.AGREE)


def _next_free_day(day: date, workdays: Workdays) -> date:
    while workdays.is_workday(day):
        day += _ONE_DAY
    return day
