"""The agenda: what happens on which days, with whom, and what is still owed. Every count of it is made here."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from models import (
    Activity,
    Assignment,
    Attendance,
    Campaign,
    Measure,
    Metric,
    Outcome,
    Person,
    Unit,
)
from models.base import ActivityId, CampaignId, UnitId
from models.database import in_batches
from models.enums import (
    TAKING_PART,
    ActivityStatus,
    AssignmentState,
    AttendanceState,
    CampaignStatus,
    Origin,
    Qualifier,
    VisitResult,
)
from outreach.assignment.needs import places_needed
from outreach.assignment.places import open_places
from outreach.errors import NotFound
from outreach.permissions import EVERYWHERE, Reach

LONGEST_DAYS: Final = 31
"""How long before a day an activity may have begun that still goes on; longer ones are campaigns."""
OWED_FOR_DAYS: Final = 366
"""How far back outcomes are asked for."""

SHORT_LOOKS_DAYS: Final = 60
"""So far ahead the activities of one campaign are looked through for missing people."""

IN_ORDER: Final = (Activity.day, Activity.starts_at.nulls_first(), Activity.id)
"""By day; whole days before those with a time."""

_SHOWN_STATES = (*TAKING_PART, AssignmentState.DECLINED)
_CAME = (AttendanceState.AS_PLANNED, AttendanceState.PARTLY, AttendanceState.LONGER)
_TOLD = (Origin.ENTERED, Origin.READING, Origin.FLOOR)
_Subject = aliased(Person)
_Draft = aliased(Campaign)


class OfCampaign(StrEnum):
    """Which activities of a campaign are asked for."""

    NEXT = "next"
    SHORT = "short"
    AWAITING = "awaiting"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class PersonOn:
    """Somebody asked to come. Whoever withdrew is not shown."""

    code: str
    name: str
    role: str
    state: AssignmentState


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """An activity as a list shows it. `starts_at` and `ends_at` are None for whole days.

    `short` is how many people are missing; only what is still to come can lack any. `shifted_from` is the schedule's
    own day when it is another one.
    """

    id: ActivityId
    campaign_id: CampaignId
    title: str
    kind: str
    subject: str | None
    day: date
    last_day: date
    starts_at: datetime | None
    ends_at: datetime | None
    place: str | None
    unit_id: UnitId
    unit_name: str
    status: ActivityStatus
    reason: str | None
    forecast: bool
    shifted_from: date | None
    awaits_outcome: bool
    needed: int
    short: int
    people: Sequence[PersonOn]


@dataclass(frozen=True, slots=True)
class DayAgenda:
    """A day with its activities: all-day ones first, then by time. `count` may be more than there are items."""

    day: date
    count: int
    items: Sequence[AgendaItem]


@dataclass(frozen=True, slots=True)
class Agenda:
    """Consecutive days, and what they come to: cancelled activities are counted apart from the others."""

    days: Sequence[DayAgenda]
    activities: int
    cancelled: int
    short: int
    awaiting: int


@dataclass(frozen=True, slots=True)
class Owed:
    """Activities that are over and of which nothing was told: how many, and the oldest of them without their people."""

    count: int
    items: Sequence[AgendaItem]


@dataclass(frozen=True, slots=True)
class TellingOfMeasure:
    """A figure that was entered. `combination` holds its dimensions as text, empty without any."""

    metric: Metric
    value: Decimal
    qualifier: Qualifier
    combination: str


@dataclass(frozen=True, slots=True)
class OutcomeOnPage:
    """What was told of an activity: how many came (the first of them by name), their minutes in all, how many were
    found at home.
    """

    held_on: date | None
    told_by: str
    told_at: datetime
    revision: int
    narrative: str | None
    came: int
    came_names: Sequence[str]
    minutes: int
    seen: int
    measures: Sequence[TellingOfMeasure]


def agenda(
    session: Session,
    within: Reach,
    *,
    first: date,
    last: date,
    today: date,
    now: datetime,
    per_day: int | None = None,
) -> Agenda:
    """What happens from one day to another, both inclusive, in the units of a reach; `per_day` limits the lists only.

    An activity of several days stands on the first of them that is asked for.
    """
    rows = _rows(
        session,
        within,
        and_(
            Activity.day.between(first - timedelta(days=LONGEST_DAYS), last),
            Activity.last_day >= first,
        ),
        today=today,
        now=now,
    )
    needs = _needs(session, rows)
    taken = _taken(session, rows)
    short = {row.id: _short(row, needs[row.id], taken.get(row.id, {})) for row in rows}
    by_day: defaultdict[date, list[Any]] = defaultdict(list)  # Any: a row of the query below
    for row in rows:
        by_day[max(row.day, first)].append(row)
    shown = [row for of_day in by_day.values() for row in of_day[:per_day]]
    people = _people(session, [row.id for row in shown])
    items = {row.id: _item(row, needs[row.id], short[row.id], people.get(row.id, ())) for row in shown}
    return Agenda(
        days=[
            DayAgenda(day, len(by_day[day]), [items[row.id] for row in by_day[day] if row.id in items])
            for day in _days(first, last)
        ],
        activities=sum(row.status is not ActivityStatus.CANCELLED for row in rows),
        cancelled=sum(row.status is ActivityStatus.CANCELLED for row in rows),
        short=sum(short.values()),
        awaiting=sum(bool(row.awaits_outcome) for row in rows),
    )


def short_by_campaign(
    session: Session, campaign_ids: Collection[CampaignId], *, today: date, now: datetime, days: int
) -> Mapping[CampaignId, int]:
    """How many people are missing at what is to come of each campaign within so many days, today included."""
    coming = session.execute(
        select(
            Activity.id,
            Activity.campaign_id,
            Activity.status,
            awaits_outcome(today=today, now=now).label("awaits_outcome"),
        ).where(
            Activity.campaign_id.in_(campaign_ids),
            Activity.day.between(today, today + timedelta(days=days - 1)),
            Activity.status == ActivityStatus.PLANNED,
        )
    ).all()
    needs, taken = _needs(session, coming), _taken(session, coming)
    missing: Counter[CampaignId] = Counter()
    for row in coming:
        missing[row.campaign_id] += _short(row, needs[row.id], taken.get(row.id, {}))
    return missing


def activities_of_campaign(
    session: Session,
    campaign_id: CampaignId,
    within: Reach,
    *,
    which: OfCampaign,
    today: date,
    now: datetime,
    offset: int = 0,
    limit: int,
) -> Sequence[AgendaItem]:
    """Activities of one campaign with their people: what is to come by day, what is over the latest first.

    Where people are missing is looked for among what is to come of the next `SHORT_LOOKS_DAYS` days.
    """
    ours = Activity.campaign_id == campaign_id
    to_come = and_(ours, Activity.last_day >= today, Activity.status == ActivityStatus.PLANNED)
    match which:
        case OfCampaign.NEXT:
            condition = to_come
        case OfCampaign.SHORT:
            condition = and_(to_come, Activity.day <= today + timedelta(days=SHORT_LOOKS_DAYS))
        case OfCampaign.AWAITING:
            condition = and_(ours, awaits_outcome(today=today, now=now))
        case _:
            condition = and_(ours, Activity.last_day < today)
    if which is OfCampaign.SHORT:
        rows = _rows(session, within, condition, today=today, now=now)
    else:
        order = (Activity.day.desc(), Activity.id.desc()) if which is OfCampaign.PAST else None
        rows = _rows(
            session, within, condition, today=today, now=now, order=order, offset=offset, limit=limit
        )
    needs, people = _needs(session, rows), _people(session, [row.id for row in rows])
    taken = {
        activity_id: Counter(each.role for each in asked if each.state in TAKING_PART)
        for activity_id, asked in people.items()
    }
    short = {row.id: _short(row, needs[row.id], taken.get(row.id, {})) for row in rows}
    if which is OfCampaign.SHORT:
        rows = [row for row in rows if short[row.id]][offset : offset + limit]
    return [_item(row, needs[row.id], short[row.id], people.get(row.id, ())) for row in rows]


def items_of(
    session: Session,
    ids: Select[ActivityId] | CompoundSelect[ActivityId],
    places_of: Callable[[ActivityId, CampaignId], Mapping[str, int]],
    *,
    today: date,
    now: datetime,
) -> Sequence[tuple[AgendaItem, int]]:
    """Activities with their people, of which it is known what places they have, each with its version; in their order.

    Whoever asks has looked already which of them may be seen.
    """
    chosen = Activity.id.in_(ids)
    rows = _rows(session, EVERYWHERE, chosen, today=today, now=now, also=[Activity.version.expression])
    people = _people(session, [row.id for row in rows])
    items = []
    for row in rows:
        asked, needed = people.get(row.id, ()), places_of(row.id, row.campaign_id)
        taken = Counter(each.role for each in asked if each.state in TAKING_PART)
        items.append((_item(row, needed, _short(row, needed, taken), asked), row.version))
    return items


def owed_outcomes(
    session: Session,
    within: Reach,
    *,
    today: date,
    now: datetime,
    since: date | None = None,
    through: date | None = None,
    limit: int,
) -> Owed:
    """Activities that are over and of which nothing was told, the oldest first; of a span of days when one is given."""
    owed = _owed(since, through, today=today, now=now)
    all_of_them = _counted(owed, within).correlate(None).scalar_subquery().label("owed")
    rows = _rows(session, within, owed, today=today, now=now, limit=limit, also=[all_of_them])
    return Owed(rows[0].owed if rows else 0, [_item(row, {}, 0, ()) for row in rows])


def untold(within: Reach, *, today: date, now: datetime, late_through: date) -> Select[int, int]:
    """How many `owed_outcomes` counts, and how many of these began on a day or before, as a question for the menu."""
    late = func.coalesce(func.sum(case((Activity.day <= late_through, 1), else_=0)), 0)
    return _counted(_owed(None, None, today=today, now=now), within).add_columns(late.label("late"))


def activity_item(
    session: Session,
    activity_id: ActivityId,
    within: Reach,
    *,
    today: date,
    now: datetime,
    people: Sequence[PersonOn] | None = None,
    also: Sequence[ColumnElement[Any]] = (),  # Any: each has its own type
) -> tuple[AgendaItem, Mapping[str, int], Row[*tuple[Any, ...]]]:
    """One activity as lists show it, the places it has by role, and the row with what is asked for besides.

    `people` spares asking for them, where they are known. Raises NotFound outside the reach.
    """
    rows = _rows(session, within, Activity.id == activity_id, today=today, now=now, also=also)
    if not rows:
        raise NotFound
    (row,) = rows
    needs = _needs(session, rows)[row.id]
    if people is None:
        people = _people(session, [row.id]).get(row.id, ())
    taken = Counter(each.role for each in people if each.state in TAKING_PART)
    return _item(row, needs, _short(row, needs, taken), people), needs, row


def _owed(since: date | None, through: date | None, *, today: date, now: datetime) -> ColumnElement[bool]:
    begun = max(since or date.min, today - timedelta(days=OWED_FOR_DAYS))
    return and_(
        Activity.day.between(begun, min(through or today, today)), awaits_outcome(today=today, now=now)
    )


def _counted(which: ColumnElement[bool], within: Reach) -> Select[int]:
    return select(func.count().label("count")).select_from(Activity).where(which, shown_in(within))


def awaits_outcome(
    *, today: date | BindParameter[date], now: datetime | BindParameter[datetime | None]
) -> ColumnElement[bool]:
    """Over, and nothing told: with a time, once it has ended; a whole day, once it has passed."""
    is_over = or_(Activity.ends_at <= now, and_(Activity.ends_at.is_(None), Activity.last_day < today))
    return and_(
        Activity.status.in_((ActivityStatus.MISSED, ActivityStatus.PLANNED)),
        or_(Activity.status == ActivityStatus.MISSED, is_over),
    )


def shown_in(within: Reach) -> ColumnElement[bool]:
    """Whether an activity stands in lists: in a unit of the reach, of a campaign that is more than a draft."""
    return and_(within.of(Activity.unit_id), is_of_no_draft())


def is_of_no_draft() -> ColumnElement[bool]:
    """Whether an activity's campaign is more than a draft.

    Drafts are few: they are left out by name, so that activities are looked for by their days, not by campaigns.
    """
    return Activity.campaign_id.not_in(select(_Draft.id).where(_Draft.status == CampaignStatus.DRAFT))


def _rows(
    session: Session,
    within: Reach,
    which: ColumnElement[bool],
    *,
    today: date,
    now: datetime,
    order: Sequence[ColumnElement[Any]] | None = None,
    offset: int = 0,
    limit: int | None = None,
    also: Sequence[ColumnElement[Any]] = (),
) -> Sequence[Any]:  # Any: twenty named columns
    """The activities with all that a list shows of them but people; by day unless another order is asked for."""
    query = (
        _SHOWN.add_columns(*also)
        .where(which, shown_in(within))
        .order_by(*(order or IN_ORDER))
        .offset(offset or None)
        .limit(limit)
    )
    return session.execute(query, {"over_on": today, "over_at": now}).all()


# Put together once: that takes longer than to answer it.
_SHOWN = (
    select(
        Activity.id,
        Activity.campaign_id,
        Campaign.name.label("title"),
        Campaign.kind,
        Campaign.split_by,
        _Subject.name.label("subject"),
        Activity.subject_person_id,
        Activity.day,
        Activity.last_day,
        Activity.starts_at,
        Activity.ends_at,
        func.coalesce(Activity.place, Campaign.place).label("place"),
        Activity.unit_id,
        Unit.name.label("unit_name"),
        Activity.status,
        Activity.reason,
        Activity.forecast,
        Activity.nominal_on,
        awaits_outcome(
            today=bindparam("over_on", type_=Activity.last_day.type),
            now=bindparam("over_at", type_=Activity.ends_at.type),
        ).label("awaits_outcome"),
    )
    .join(Campaign, Campaign.id == Activity.campaign_id)
    .join(Unit, Unit.id == Activity.unit_id)
    .outerjoin(_Subject, _Subject.id == Activity.subject_person_id)
)


def _needs(session: Session, rows: Sequence[Any]) -> dict[ActivityId, Mapping[str, int]]:
    """The places of each activity by role; none where nobody is needed."""
    needed = places_needed(session, {row.id: row.campaign_id for row in rows})
    return {row.id: needed.get(row.id, {}) for row in rows}


def _taken(session: Session, rows: Sequence[Any]) -> Mapping[ActivityId, Mapping[str, int]]:
    """How many take part, proposed or confirmed, by role."""
    taken: defaultdict[ActivityId, Counter[str]] = defaultdict(Counter)
    for activity_ids in in_batches([row.id for row in rows]):
        counted = session.execute(
            select(Assignment.activity_id, Assignment.role, func.count())
            .where(Assignment.activity_id.in_(activity_ids), Assignment.state.in_(TAKING_PART))
            .group_by(Assignment.activity_id, Assignment.role)
        )
        for activity_id, role, count in counted:
            taken[activity_id][role] = count
    return taken


def _people(session: Session, activity_ids: Sequence[ActivityId]) -> Mapping[ActivityId, Sequence[PersonOn]]:
    """Who was asked, in the order they were, those who cannot come last."""
    people: defaultdict[ActivityId, list[PersonOn]] = defaultdict(list)
    for some in in_batches(activity_ids):
        asked = session.execute(
            select(Assignment.activity_id, Person.code, Person.name, Assignment.role, Assignment.state)
            .join(Person, Person.id == Assignment.person_id)
            .where(Assignment.activity_id.in_(some), Assignment.state.in_(_SHOWN_STATES))
            .order_by(Assignment.activity_id, Assignment.state == AssignmentState.DECLINED, Assignment.id)
        )
        for activity_id, code, name, role, state in asked:
            people[activity_id].append(PersonOn(code, name, role, state))
    return people


def _short(row: Any, needed: Mapping[str, int], taken: Mapping[str, int]) -> int:
    if row.status is not ActivityStatus.PLANNED or row.awaits_outcome:
        return 0
    return sum(open_places(needed, taken).values())


def _item(row: Any, needed: Mapping[str, int], short: int, people: Sequence[PersonOn]) -> AgendaItem:
    return AgendaItem(
        id=row.id,
        campaign_id=row.campaign_id,
        title=row.title,
        kind=row.kind,
        subject=row.subject,
        day=row.day,
        last_day=row.last_day,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        place=row.place,
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        status=row.status,
        reason=row.reason,
        forecast=row.forecast,
        shifted_from=row.nominal_on if row.nominal_on not in (None, row.day) else None,
        awaits_outcome=bool(row.awaits_outcome),
        needed=sum(needed.values()),
        short=short,
        people=people,
    )


def outcome_on_page(session: Session, activity_id: ActivityId, *, names_shown: int) -> OutcomeOnPage | None:
    """What was told of an activity; None while nothing was. Whoever asks has seen to it that it may be seen."""
    rows = session.execute(
        select(
            Outcome.teller,
            Outcome.told_at,
            Outcome.revision,
            Activity.held_on,
            Activity.narrative,
            _SEEN.label("seen"),
            Metric,
            Measure.value,
            Measure.qualifier,
            Measure.combination,
        )
        .join(Activity, Activity.id == Outcome.activity_id)
        .outerjoin(Measure, and_(Measure.activity_id == Activity.id, Measure.origin.in_(_TOLD)))
        .outerjoin(Metric, Metric.id == Measure.metric_id)
        .where(Outcome.activity_id == activity_id, Outcome.revision == _LATEST)
        .order_by(Metric.position, Measure.id)
    ).all()
    if not rows:
        return None
    latest = rows[0]
    came = session.execute(
        select(Person.name, func.count().over(), func.sum(Attendance.minutes).over())
        .join(Attendance, Attendance.person_id == Person.id)
        .where(Attendance.activity_id == activity_id, Attendance.state.in_(_CAME))
        .order_by(Person.sort_key, Person.id)
        .limit(names_shown)
    ).all()
    _, count, minutes = came[0] if came else ("", 0, None)
    return OutcomeOnPage(
        held_on=latest.held_on,
        told_by=latest.teller,
        told_at=latest.told_at,
        revision=latest.revision,
        narrative=latest.narrative,
        came=count,
        came_names=[name for name, *_ in came],
        minutes=int(minutes or 0),
        seen=latest.seen,
        measures=[TellingOfMeasure(*row[-4:]) for row in rows if row.Metric is not None],
    )


_SEEN = (
    select(func.count())
    .where(Attendance.activity_id == Activity.id, Attendance.visit == VisitResult.SEEN)
    .correlate(Activity)
    .scalar_subquery()
)
_told_again = aliased(Outcome)
_LATEST = (
    select(func.max(_told_again.revision))
    .where(_told_again.activity_id == Outcome.activity_id)
    .correlate(Outcome)
    .scalar_subquery()
)


def _days(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=passed) for passed in range((last - first).days + 1)]
