"""The register of campaigns: what was promised and how far it is, for a list and for the page of one.

Set-wise throughout: as many questions for a county's thousands as for a village's three.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, case, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from models import Account, Activity, Attendance, AuditEntry, Campaign, Person, Team, Tie, Unit
from models.base import CampaignId, PersonId, TeamId, UnitId
from models.database import in_batches
from models.enums import ActivityStatus, AuditAction, CampaignStatus, OnHoliday, TieKind
from outreach import agenda
from outreach.fields import BeneficiaryEntry, EntryOf
from outreach.metrics import PRESENT_STATES
from outreach.permissions import Reach
from outreach.remembered import minute_begun, remembered
from wording.names import sort_key

HELD: Final = (ActivityStatus.HELD, ActivityStatus.PARTLY)
SHORT_WITHIN_DAYS: Final = 30
"""So far ahead people are counted as missing; later there is time."""
SO_FAR_IS_MADE_OF: Final = frozenset({"activities", "attendances"})
WHO_WAS_THERE_IS_MADE_OF: Final = SO_FAR_IS_MADE_OF | {"people", "ties"}
SHORT_IS_MADE_OF: Final = frozenset({"activities", "assignments", "campaigns", "places"})

_IN_ORDER: Final = {
    CampaignStatus.ACTIVE: 0,
    CampaignStatus.PAUSED: 1,
    CampaignStatus.DRAFT: 2,
    CampaignStatus.ENDED: 3,
}


@dataclass(frozen=True, slots=True)
class RegisterAsked:
    """Which campaigns a list is about; None asks for all. `words`: a part of the name, its pinyin, or the code."""

    kind: str | None = None
    status: CampaignStatus | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A campaign in the list, with how far it is in a year.

    `planned` counts what was not called off, held or still to come; `attended` is everybody who was there, each time
    anew; `short` how many people are missing within the next `SHORT_WITHIN_DAYS` days.
    """

    id: CampaignId
    code: str
    name: str
    kind: str
    status: CampaignStatus
    schedule: str
    on_holiday: OnHoliday
    starts_on: date
    ends_on: date
    unit_name: str
    team_code: str | None
    team_name: str | None
    leader: str | None
    held: int
    planned: int
    attended: int
    short: int
    next_on: date | None


@dataclass(frozen=True, slots=True)
class RegisterCount:
    """How many campaigns of a kind have a status."""

    kind: str
    status: CampaignStatus
    count: int


@dataclass(frozen=True, slots=True)
class MonthDone:
    """One month of a campaign: what was held, what is still to come, what was called off, and who was there."""

    month: int
    held: int
    open: int
    cancelled: int
    attended: int


@dataclass(frozen=True, slots=True)
class Participation:
    """How often somebody was there in a year, and when last."""

    code: str
    name: str
    times: int
    last_on: date | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A change of a campaign: when, who (None for the program itself and the command line), and which columns."""

    at: datetime
    by: str | None
    action: AuditAction
    columns: Sequence[str]


# The list


def register(
    session: Session,
    asked: RegisterAsked,
    *,
    within: Reach,
    year: int,
    today: date,
    now: datetime,
    offset: int = 0,
    limit: int,
) -> Sequence[RegisterRow]:
    """Campaigns of the units of a reach: running ones first, ended ones last, each in the order they were made."""
    leader = aliased(Person)
    rows = session.execute(
        _conditioned(
            session,
            select(Campaign, Unit.name.label("unit_name"), Team.code, Team.name, _leader_name(leader, today)),
            asked,
            within,
        )
        .join(Unit, Unit.id == Campaign.unit_id)
        .outerjoin(Team, Team.id == Campaign.team_id)
        .order_by(case(_IN_ORDER, value=Campaign.status, else_=9), Campaign.id)
        .offset(offset)
        .limit(limit)
    ).all()
    ids = [row[0].id for row in rows]
    done, attended, next_on = _so_far(session, ids, year=year, today=today)
    short = _short(session, ids, today=today, now=now)
    return [
        RegisterRow(
            id=found.id,
            code=found.code,
            name=found.name,
            kind=found.kind,
            status=found.status,
            schedule=found.schedule,
            on_holiday=found.on_holiday,
            starts_on=found.starts_on,
            ends_on=found.ends_on,
            unit_name=unit_name,
            team_code=team_code,
            team_name=team_name,
            leader=leader_name,
            held=sum(done[found.id, status] for status in HELD),
            planned=sum(done[found.id, status] for status in ActivityStatus)
            - done[found.id, ActivityStatus.CANCELLED],
            attended=attended.get(found.id, 0),
            short=short.get(found.id, 0),
            next_on=next_on.get(found.id),
        )
        for found, unit_name, team_code, team_name, leader_name in rows
    ]


def register_counts(session: Session, *, within: Reach) -> Sequence[RegisterCount]:
    """How many campaigns there are of each kind and status, for the filters of the list."""
    rows = session.execute(
        select(Campaign.kind, Campaign.status, func.count())
        .where(within.of(Campaign.unit_id))
        .group_by(Campaign.kind, Campaign.status)
        .order_by(Campaign.kind, Campaign.status)
    )
    return [RegisterCount(*row) for row in rows]


def _conditioned(
    session: Session, query: Select[Any], asked: RegisterAsked, within: Reach
) -> Select[Any]:  # Any: whatever columns the caller asks for
    query = query.where(within.of(Campaign.unit_id))
    if asked.kind is not None:
        query = query.where(Campaign.kind == asked.kind)
    if asked.status is not None:
        query = query.where(Campaign.status == asked.status)
    if asked.words is not None:
        query = query.where(named(session, asked.words.strip(), within))
    return query


def named(session: Session, words: str, within: Reach) -> ColumnElement[bool]:
    """By a part of the name, by its pinyin or its initials, or by the code as it is."""
    plain = Campaign.name.contains(words, autoescape=True) | (Campaign.code == words)
    letters = words.replace(" ", "").lower()
    if not (letters.isascii() and letters.isalpha()):
        return plain
    # Campaigns are few beside people and have no column for their sound: it is worked out from the names.
    names = session.execute(select(Campaign.id, Campaign.name).where(within.of(Campaign.unit_id)))
    sounding = [campaign_id for campaign_id, name in names if _sounds(name, letters)]
    return plain | Campaign.id.in_(sounding)


def _sounds(name: str, letters: str) -> bool:
    return any(letters in sound for sound in _sound(name))


@lru_cache(maxsize=4096)
def _sound(name: str) -> tuple[str, str]:
    """The pinyin of a name and its initials. The same few hundred names are asked for at each letter typed."""
    syllables = sort_key(name).partition("\x1f")[0].split()
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


def _leader_name(leader: Any, today: date) -> Any:  # Any: an alias of Person, and a scalar subquery of text
    return (
        select(leader.name)
        .join(Tie, Tie.subject_person_id == leader.id)
        .where(
            Tie.kind == TieKind.LEADERSHIP,
            Tie.object_team_id == Campaign.team_id,
            Tie.since <= today,
            Tie.until >= today,
        )
        .order_by(Tie.id)
        .limit(1)
        .correlate(Campaign)
        .scalar_subquery()
    )


def _so_far(
    session: Session, campaign_ids: Sequence[CampaignId], *, year: int, today: date
) -> tuple[Counter[tuple[CampaignId, ActivityStatus]], Mapping[CampaignId, int], Mapping[CampaignId, date]]:
    """Activities by status and people who were there in a year, and the next day of each campaign."""
    return remembered(
        session,
        ("so far", tuple(campaign_ids), year, today),
        lambda: (
            _done(session, campaign_ids, year=year),
            _attended(session, campaign_ids, year=year),
            _next_on(session, campaign_ids, today=today),
        ),
        made_of=SO_FAR_IS_MADE_OF,
    )


def _short(
    session: Session, campaign_ids: Sequence[CampaignId], *, today: date, now: datetime
) -> Mapping[CampaignId, int]:
    """How many people are missing at what is to come soon, as of the minute that has begun."""
    minute = minute_begun(now)
    return remembered(
        session,
        ("short", tuple(campaign_ids), today, minute),
        lambda: agenda.short_by_campaign(
            session, campaign_ids, today=today, now=minute, days=SHORT_WITHIN_DAYS
        ),
        made_of=SHORT_IS_MADE_OF,
    )


def _done(
    session: Session, campaign_ids: Sequence[CampaignId], *, year: int
) -> Counter[tuple[CampaignId, ActivityStatus]]:
    rows = session.execute(
        select(Activity.campaign_id, Activity.status, func.count())
        .where(Activity.campaign_id.in_(campaign_ids), _in_year(Activity.day, year))
        .group_by(Activity.campaign_id, Activity.status)
    )
    return Counter({(campaign_id, status): count for campaign_id, status, count in rows})


def _attended(session: Session, campaign_ids: Sequence[CampaignId], *, year: int) -> Mapping[CampaignId, int]:
    rows = session.execute(
        select(Activity.campaign_id, func.count())
        .join(Attendance, Attendance.activity_id == Activity.id)
        .where(
            Activity.campaign_id.in_(campaign_ids),
            _in_year(Activity.day, year),
            Attendance.state.in_(PRESENT_STATES),
        )
        .group_by(Activity.campaign_id)
    )
    return dict(rows.all())


def _next_on(
    session: Session, campaign_ids: Sequence[CampaignId], *, today: date
) -> Mapping[CampaignId, date]:
    rows = session.execute(
        select(Activity.campaign_id, func.min(Activity.day))
        .where(
            Activity.campaign_id.in_(campaign_ids),
            Activity.day >= today,
            Activity.status == ActivityStatus.PLANNED,
        )
        .group_by(Activity.campaign_id)
    )
    return dict(rows.all())


def _there_by_activity(ours: ColumnElement[bool], year: int) -> Subquery:
    """How many people were there, by activity of a year."""
    return (
        select(Attendance.activity_id, func.count().label("people"))
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(ours, _in_year(Activity.day, year), Attendance.state.in_(PRESENT_STATES))
        .group_by(Attendance.activity_id)
        .subquery()
    )


def _in_year(column: Any, year: int) -> ColumnElement[bool]:  # Any: a column of days
    inside: ColumnElement[bool] = column.between(date(year, 1, 1), date(year, 12, 31))
    return inside


# One campaign


def months_done(session: Session, campaign_id: CampaignId, *, year: int) -> Sequence[MonthDone]:
    """The twelve months of a year."""
    return remembered(
        session,
        ("months", campaign_id, year),
        lambda: _months_done(session, campaign_id, year),
        made_of=SO_FAR_IS_MADE_OF,
    )


def _months_done(session: Session, campaign_id: CampaignId, year: int) -> Sequence[MonthDone]:
    counted: Counter[tuple[int, ActivityStatus]] = Counter()
    attended: Counter[int] = Counter()
    there = _there_by_activity(Activity.campaign_id == campaign_id, year)
    for day, status, activities, people in session.execute(
        select(Activity.day, Activity.status, func.count(), func.coalesce(func.sum(there.c.people), 0))
        .outerjoin(there, there.c.activity_id == Activity.id)
        .where(Activity.campaign_id == campaign_id, _in_year(Activity.day, year))
        .group_by(Activity.day, Activity.status)
    ):
        counted[day.month, status] += activities
        attended[day.month] += int(people)
    return [
        MonthDone(
            month=month,
            held=sum(counted[month, status] for status in HELD),
            open=counted[month, ActivityStatus.PLANNED] + counted[month, ActivityStatus.MISSED],
            cancelled=counted[month, ActivityStatus.CANCELLED],
            attended=attended[month],
        )
        for month in range(1, 13)
    ]


def participation(
    session: Session,
    campaign_id: CampaignId,
    team_id: TeamId | None,
    *,
    year: int,
    today: date,
    limit: int,
) -> tuple[Sequence[Participation], Sequence[Participation]]:
    """Who was there most often in a year; and of the team as it is today those who were there least often, those who
    never were first."""
    return remembered(
        session,
        ("participation", campaign_id, team_id, year, today, limit),
        lambda: _participation(session, campaign_id, team_id, year=year, today=today, limit=limit),
        made_of=WHO_WAS_THERE_IS_MADE_OF,
    )


def _participation(
    session: Session,
    campaign_id: CampaignId,
    team_id: TeamId | None,
    *,
    year: int,
    today: date,
    limit: int,
) -> tuple[Sequence[Participation], Sequence[Participation]]:
    there = (
        select(
            Attendance.person_id,
            func.count().label("times"),
            func.max(Activity.day).label("last_on"),
        )
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(
            Activity.campaign_id == campaign_id,
            _in_year(Activity.day, year),
            Attendance.state.in_(PRESENT_STATES),
        )
        .group_by(Attendance.person_id)
        .cte("there")
    )
    times = func.coalesce(there.c.times, 0)
    members = select(Tie.subject_person_id).where(
        Tie.kind == TieKind.MEMBERSHIP,
        Tie.object_team_id == team_id,
        Tie.since <= today,
        Tie.until >= today,
    )
    most = (
        select(literal(0).label("least"), Person.code, Person.name, times.label("times"), there.c.last_on)
        .join(there, there.c.person_id == Person.id)
        .order_by(times.desc(), Person.sort_key, Person.id)
        .limit(limit)
    )
    least = (
        select(literal(1).label("least"), Person.code, Person.name, times.label("times"), there.c.last_on)
        .outerjoin(there, there.c.person_id == Person.id)
        .where(Person.id.in_(members))
        .order_by(times, Person.sort_key, Person.id)
        .limit(limit)
    )
    both = union_all(select(most.subquery()), select(least.subquery())).subquery()
    found: tuple[list[Participation], list[Participation]] = ([], [])
    for is_least, code, name, count, last_on in session.execute(select(both)):
        found[is_least].append(Participation(code, name, count, last_on))
    found[0].sort(key=lambda each: -each.times)
    found[1].sort(key=lambda each: each.times)
    return found


def has_outcomes(session: Session, campaign_id: CampaignId) -> bool:
    """Whether anything was told of it: then it is ended, never taken away."""
    told = select(Activity.id).where(Activity.campaign_id == campaign_id, Activity.revision > 0).limit(1)
    return session.scalar(told) is not None


def count_to_come(session: Session, campaign_id: CampaignId, *, today: date) -> int:
    """How many activities are planned from today on."""
    count = session.scalar(
        select(func.count()).where(
            Activity.campaign_id == campaign_id,
            Activity.day >= today,
            Activity.status == ActivityStatus.PLANNED,
        )
    )
    return count or 0


def history(session: Session, campaign_id: CampaignId, *, limit: int) -> Sequence[HistoryEntry]:
    """The latest changes first."""
    rows = session.execute(
        select(AuditEntry.at, Account.name, AuditEntry.action, AuditEntry.before, AuditEntry.after)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(
            AuditEntry.table_name == Campaign.__tablename__,
            AuditEntry.row_id == campaign_id,
            AuditEntry.action.in_((AuditAction.CREATED, AuditAction.CHANGED)),
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return [
        HistoryEntry(at, by, action, [] if before is None else _differing(before, after or {}))
        for at, by, action, before, after in rows
    ]


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return [name for name in after if before.get(name) != after[name]]


# Names for what the pages show


@dataclass(frozen=True, slots=True)
class Named:
    code: str
    name: str


def people_named(session: Session, ids: Collection[PersonId]) -> Mapping[PersonId, Named]:
    """Code and name of some people."""
    rows = session.execute(select(Person.id, Person.code, Person.name).where(Person.id.in_(ids)))
    return {person_id: Named(code, name) for person_id, code, name in rows}


def units_named(session: Session, ids: Collection[UnitId]) -> Mapping[UnitId, Named]:
    """Code and name of some units."""
    rows = session.execute(select(Unit.id, Unit.code, Unit.name).where(Unit.id.in_(ids)))
    return {unit_id: Named(code, name) for unit_id, code, name in rows}


def teams_within(session: Session, within: Reach, *, limit: int) -> Sequence[Named]:
    """The teams of the units of a reach, by name; for a form to choose from."""
    rows = session.execute(
        select(Team.code, Team.name).where(within.of(Team.unit_id)).order_by(Team.name, Team.id).limit(limit)
    )
    return [Named(*row) for row in rows]


def next_code(session: Session, *, today: date) -> str:
    """A code that no campaign has yet, as in ZX2026-014; who makes one may choose another."""
    start = f"ZX{today.year}-"
    taken = session.scalars(select(Campaign.code).where(Campaign.code.startswith(start, autoescape=True)))
    numbers = [int(code[len(start) :]) for code in taken if code[len(start) :].isdecimal()]
    return f"{start}{max(numbers, default=0) + 1:03}"


def names_of_entries(
    session: Session, words: Mapping[str, Collection[str]], *, within: Reach, today: date
) -> Mapping[str, str]:
    """The names of people, units and teams, by the text of an entry (`V162`, `unit:Z04`), from codes by what they are
    of; who is out of reach has none here."""
    names: dict[str, str] = {}
    columns = {
        EntryOf.PERSON: (Person.code, Person.name, within.of_person(Person.id, on=today)),
        EntryOf.UNIT: (Unit.code, Unit.name, within.of(Unit.id)),
        EntryOf.TEAM: (Team.code, Team.name, within.of(Team.unit_id)),
    }
    for of, (code, name, is_seen) in columns.items():
        for some in in_batches(sorted(word for word in words.get(of, ()) if word)):
            for found_code, found_name in session.execute(select(code, name).where(code.in_(some), is_seen)):
                names[str(BeneficiaryEntry(of, found_code))] = found_name
    return names
