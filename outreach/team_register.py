"""Teams as pages show them: how large, who leads, and of one team who carries how much."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from models import Activity, Assignment, Attendance, Campaign, Person, Team, Tie, Unit
from models.base import ActivityId, PersonId, TeamId, UnitId
from models.enums import (
    TAKING_PART,
    ActivityStatus,
    AssignmentState,
    AttendanceState,
    CountedAs,
    TieKind,
)
from outreach import organisation
from outreach.errors import NotFound
from outreach.fields import is_code
from outreach.house_rules import house_rules
from outreach.pairings import LIAISON
from outreach.permissions import Reach
from outreach.remembered import remembered

AT_WORK_IS_MADE_OF: Final = frozenset(
    {"activities", "assignments", "attendances", "people", "teams", "ties", "units"}
)
CAME: Final = (AttendanceState.AS_PLANNED, AttendanceState.PARTLY, AttendanceState.LONGER)
TOO_MUCH: Final = 1.5
"""Whoever went so many times as often as the mean carries too much."""


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team in the list."""

    id: TeamId
    code: str
    name: str
    kind: str
    unit_code: str
    unit_name: str
    leader_code: str | None
    leader_name: str | None
    members: int
    confirms_members: bool


@dataclass(frozen=True, slots=True)
class TeamList:
    """A page of teams, and the code after which the next page begins."""

    lines: Sequence[TeamLine]
    next: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Load:
    """How often somebody went and how long it took, in a month and in a year."""

    month_times: int = 0
    month_minutes: int = 0
    year_times: int = 0
    year_minutes: int = 0


@dataclass(frozen=True, slots=True)
class MemberLine:
    """Somebody in a team."""

    person_id: PersonId
    code: str
    name: str
    unit_name: str | None
    since: date | None
    until: date | None
    is_leader: bool
    posts: Sequence[str]
    skills: Sequence[str]
    load: Load
    coming: int
    """To how much that is still to come they are asked."""
    pairings: int
    """How many people they look after."""
    liaisons: int
    """How many of these as a liaison, of whom nobody has more than the house rules allow."""
    carries_too_much: bool


@dataclass(frozen=True, slots=True)
class TeamAtWork:
    """A team with everybody in it today, those who went most first, and the means over all of them."""

    id: TeamId
    code: str
    name: str
    kind: str
    unit_id: UnitId
    unit_code: str
    unit_name: str
    confirms_members: bool
    members: Sequence[MemberLine]
    mean_month: float
    mean_year: float
    liaison_most: int
    """How many people a liaison may look after."""

    @property
    def leader(self) -> MemberLine | None:
        """Who leads it, as long as they are in it."""
        return next((each for each in self.members if each.is_leader), None)


@dataclass(frozen=True, slots=True)
class ComingPlace:
    """A place that somebody has in something still to come."""

    activity_id: ActivityId
    title: str
    subject: str | None
    day: date
    role: str
    is_confirmed: bool


def team_list(
    session: Session,
    *,
    within: Reach,
    today: date,
    words: str = "",
    unit_code: str = "",
    after: str | None = None,
    limit: int,
) -> TeamList:
    """Teams by name; raises NotFound for a unit that is not seen and for a mark that is none of a page's."""
    conditions: list[ColumnElement[bool]] = [within.of(Team.unit_id)]
    if words:
        conditions.append(Team.name.contains(words, autoescape=True) | (Team.code == words))
    if unit_code:
        conditions.append(
            organisation.reach_of_unit(session, unit_code, within=within, today=today).of(Team.unit_id)
        )
    leadership, leader = aliased(Tie), aliased(Person)
    query = (
        select(
            Team.id,
            Team.code,
            Team.name,
            Team.kind,
            Unit.code.label("unit_code"),
            Unit.name.label("unit_name"),
            leader.code.label("leader_code"),
            leader.name.label("leader_name"),
            Team.confirms_members,
        )
        .join(Unit, Unit.id == Team.unit_id)
        .outerjoin(
            leadership,
            and_(leadership.object_team_id == Team.id, *_held(leadership, TieKind.LEADERSHIP, today)),
        )
        .outerjoin(leader, leader.id == leadership.subject_person_id)
        .where(*conditions)
        .order_by(Team.name, Team.id)
        .limit(limit + 1)
    )
    if after:
        query = query.where(tuple_(Team.name, Team.id) > _key_of(session, after))
    rows = session.execute(query).all()
    shown = rows[:limit]
    sizes = _sizes(session, [row.id for row in shown], today)
    return TeamList(
        lines=[
            TeamLine(
                id=row.id,
                code=row.code,
                name=row.name,
                kind=row.kind,
                unit_code=row.unit_code,
                unit_name=row.unit_name,
                leader_code=row.leader_code,
                leader_name=row.leader_name,
                members=sizes.get(row.id, 0),
                confirms_members=row.confirms_members,
            )
            for row in shown
        ],
        next=shown[-1].code if len(rows) > limit else None,
        count=session.scalar(select(func.count()).select_from(Team).where(*conditions)) or 0,
    )


def team_at_work(session: Session, code: str, *, within: Reach, today: date) -> TeamAtWork:
    """Everybody in a team today with what they did this month and this year; raises NotFound.

    Every activity counts, not only the team's own: what somebody carries is all of it. Being served does not count.
    """
    liaison_most = house_rules(session).pairings.liaison_most
    return remembered(
        session,
        ("team_at_work", code, within, today, liaison_most),
        lambda: _team_at_work(session, code, within, today, liaison_most),
        made_of=AT_WORK_IS_MADE_OF,
    )


def _team_at_work(session: Session, code: str, within: Reach, today: date, liaison_most: int) -> TeamAtWork:
    team = _team(session, code, within)
    rows = _members(session, team.id, today)
    ids = [row.id for row in rows]
    loads = _loads(session, ids, today)
    words = _words(session, team.id, ids, today)
    leaders = {person for person, told in words.items() if told[TieKind.LEADERSHIP]}
    mean_year = _mean([loads.get(each, Load()).year_times for each in ids])
    members = [
        MemberLine(
            person_id=row.id,
            code=row.code,
            name=row.name,
            unit_name=row.unit_name,
            since=row.since,
            until=row.until,
            is_leader=row.id in leaders,
            posts=words[row.id][TieKind.POST],
            skills=words[row.id][TieKind.SKILL],
            load=loads.get(row.id, Load()),
            coming=row.coming,
            pairings=row.pairings,
            liaisons=row.liaisons,
            carries_too_much=mean_year > 0
            and loads.get(row.id, Load()).year_times > max(1.0, mean_year * TOO_MUCH),
        )
        for row in rows
    ]
    return TeamAtWork(
        id=team.id,
        code=team.code,
        name=team.name,
        kind=team.kind,
        unit_id=team.unit_id,
        unit_code=team.unit_code,
        unit_name=team.unit_name,
        confirms_members=team.confirms_members,
        members=sorted(members, key=lambda each: (-each.load.year_times, -each.load.year_minutes)),
        mean_month=_mean([each.load.month_times for each in members]),
        mean_year=mean_year,
        liaison_most=liaison_most,
    )


def coming_places(
    session: Session, team_id: TeamId, person_codes: Sequence[str], *, after: date, limit: int
) -> Mapping[str, Sequence[ComingPlace]]:
    """What each of these people is asked to in the campaigns of a team after a day, the nearest first."""
    subject = aliased(Person)
    rows = session.execute(
        select(
            Person.code,
            Activity.id,
            Campaign.name,
            subject.name,
            Activity.day,
            Assignment.role,
            Assignment.state,
        )
        .join(Assignment, Assignment.person_id == Person.id)
        .join(Activity, Activity.id == Assignment.activity_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .outerjoin(subject, subject.id == Activity.subject_person_id)
        .where(
            Campaign.team_id == team_id,
            Person.code.in_(person_codes),
            Assignment.state.in_(TAKING_PART),
            Activity.status == ActivityStatus.PLANNED,
            Activity.day > after,
        )
        .order_by(Activity.day, Activity.id)
        .limit(limit)
    )
    found: defaultdict[str, list[ComingPlace]] = defaultdict(list)
    for code, activity_id, title, name, day, role, state in rows:
        is_confirmed = state is AssignmentState.CONFIRMED
        found[code].append(ComingPlace(activity_id, title, name, day, role, is_confirmed))
    return found


def _team(session: Session, code: str, within: Reach) -> Any:  # Any: named columns
    row = None
    if is_code(code):
        row = session.execute(
            select(
                Team.id,
                Team.code,
                Team.name,
                Team.kind,
                Team.unit_id,
                Unit.code.label("unit_code"),
                Unit.name.label("unit_name"),
                Team.confirms_members,
            )
            .join(Unit, Unit.id == Team.unit_id)
            .where(Team.code == code, within.of(Team.unit_id))
        ).one_or_none()
    if row is None:
        raise NotFound
    return row


def _held(tie: Any, kind: TieKind, today: date) -> tuple[ColumnElement[bool], ...]:  # Any: Tie or an alias
    return (tie.kind == kind, tie.since <= today, tie.until >= today)


def _sizes(session: Session, team_ids: Sequence[TeamId], today: date) -> Mapping[TeamId | None, int]:
    rows = session.execute(
        select(Tie.object_team_id, func.count())
        .where(Tie.object_team_id.in_(team_ids), *_held(Tie, TieKind.MEMBERSHIP, today))
        .group_by(Tie.object_team_id)
    )
    return dict(rows.all())


def _members(session: Session, team_id: TeamId, today: date) -> Sequence[Any]:  # Any: named columns
    """Who is in a team today, with to how much they are asked and how many they look after."""
    home, pairing = aliased(Tie), aliased(Tie)
    coming = (
        select(func.count())
        .select_from(Assignment)
        .join(Activity, Activity.id == Assignment.activity_id)
        .where(
            Assignment.person_id == Person.id,
            Assignment.state.in_(TAKING_PART),
            Activity.status == ActivityStatus.PLANNED,
            Activity.day >= today,
        )
        .correlate(Person)
        .scalar_subquery()
    )
    pairings = (
        select(func.count())
        .select_from(pairing)
        .where(pairing.subject_person_id == Person.id, *_held(pairing, TieKind.PAIRING, today))
        .correlate(Person)
    )
    return session.execute(
        select(
            Person.id,
            Person.code,
            Person.name,
            Unit.name.label("unit_name"),
            Tie.since,
            Tie.until,
            coming.label("coming"),
            pairings.scalar_subquery().label("pairings"),
            pairings.where(pairing.sort == LIAISON).scalar_subquery().label("liaisons"),
        )
        .join(Tie, Tie.subject_person_id == Person.id)
        .outerjoin(home, and_(home.subject_person_id == Person.id, *_held(home, TieKind.PLACEMENT, today)))
        .outerjoin(Unit, Unit.id == home.object_unit_id)
        .where(Tie.object_team_id == team_id, *_held(Tie, TieKind.MEMBERSHIP, today))
        .order_by(Person.sort_key, Person.id)
    ).all()


def _loads(session: Session, ids: Sequence[PersonId], today: date) -> Mapping[PersonId, Load]:
    this_month = Attendance.day >= today.replace(day=1)
    rows = session.execute(
        select(
            Attendance.person_id,
            func.count().filter(this_month),
            func.coalesce(func.sum(Attendance.minutes).filter(this_month), 0),
            func.count(),
            func.coalesce(func.sum(Attendance.minutes), 0),
        )
        .where(
            Attendance.person_id.in_(ids),
            Attendance.day.between(date(today.year, 1, 1), today),
            Attendance.state.in_(CAME),
            func.coalesce(Attendance.counted_as, CountedAs.OTHER.value) != CountedAs.SERVED,
        )
        .group_by(Attendance.person_id)
    )
    return {person: Load(*(int(each or 0) for each in told)) for person, *told in rows}


def _words(
    session: Session, team_id: TeamId, ids: Sequence[PersonId], today: date
) -> defaultdict[PersonId | None, defaultdict[TieKind, list[str]]]:
    """Who leads the team, which posts they hold in it, and what they can do."""
    rows = session.execute(
        select(Tie.subject_person_id, Tie.kind, Tie.sort, Tie.object_word)
        .where(Tie.subject_person_id.in_(ids), Tie.since <= today, Tie.until >= today)
        .where(
            (Tie.kind == TieKind.SKILL)
            | (Tie.kind.in_((TieKind.LEADERSHIP, TieKind.POST)) & (Tie.object_team_id == team_id))
        )
        .order_by(Tie.id)
    )
    words: defaultdict[PersonId | None, defaultdict[TieKind, list[str]]]
    words = defaultdict(lambda: defaultdict(list))
    for person, kind, sort, word in rows:
        words[person][kind].append(word or sort)
    return words


def _mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _key_of(session: Session, code: str) -> tuple[str, TeamId]:
    row = None
    if is_code(code):
        row = session.execute(select(Team.name, Team.id).where(Team.code == code)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]
