"""Due visits 到期走访: whom to visit, since the interval set for them is over.

The planner keeps one open visit for each subject of a cadence and for each open case, with the day on which it falls
due (rules 19 and 20). What is due is a question about these visits: there is no second reckoning of it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    func,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from models import Activity, Assignment, Campaign, Person, Tie, Unit
from models.base import ActivityId, CampaignId, PersonId, TieId, UnitId
from models.enums import (
    TAKING_PART,
    ActivityStatus,
    CampaignStatus,
    ScheduleForm,
    TieKind,
)
from outreach.minors import is_minor
from outreach.people_search import placed
from outreach.permissions import Reach
from outreach.planning.records import last_visits, last_visits_of_pairs
from outreach.remembered import remembered

VISITING_FORMS: Final = (ScheduleForm.CADENCE, ScheduleForm.CASE)
"""The forms whose next visit follows from what happened."""
MADE_OF: Final = frozenset(
    {"activities", "assignments", "attendances", "campaigns", "people", "ties", "units"}
)


class Arranged(StrEnum):
    """How far an open visit has come."""

    NOT_YET = "not_yet"
    """It stands on the day that the planner gave it, and nobody was asked."""
    ASKED = "asked"
    """Somebody was asked, or somebody gave it a day."""
    TO_RECORD = "to_record"
    """Its day is over, and people were asked to it: what came of it was not told yet."""


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody who is paired with the one to be visited."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class DueVisit:
    """A visit that is due: to whom, since when, and what is arranged."""

    activity_id: ActivityId
    version: int
    unit_id: UnitId
    """The unit that the visit belongs to; whether somebody may plan it is asked there."""
    campaign_id: CampaignId
    campaign_code: str
    campaign_name: str
    campaign_kind: str
    person_code: str
    person_name: str
    birth_date: date | None
    address: str | None
    """Of a minor neither is told: opening the record tells them, and is noted."""
    home_code: str | None
    home_name: str | None
    """The unit that the person belongs to today."""
    due_on: date
    last_visit_on: date | None
    """When the same campaign last saw them; None before the first visit, for a visit of a case, and where not asked."""
    day: date
    starts_at: datetime | None
    arranged: Arranged
    people: Sequence[str]
    """The names of those asked."""
    partners: Sequence[Partner]
    """Those who are paired with the person today."""


@dataclass(frozen=True, slots=True)
class NextDue:
    """The first day after a day on which visits fall due, and how many."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class CampaignDue:
    """How many visits of a campaign are due."""

    code: str
    name: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class DueVisits:
    """What is due through a day: how many in all, how many of them since before today, and the first of them."""

    count: int
    late: int
    to_arrange: int
    """Of them those that nobody was asked to."""
    by_campaign: Sequence[CampaignDue]
    """Of every campaign, also when one alone is asked for."""
    items: Sequence[DueVisit]
    next_due: NextDue | None
    """What falls due after the last day asked for, told when nothing does until then."""


def due_visits(
    session: Session,
    within: Reach,
    *,
    today: date,
    limit: int,
    through: date | None = None,
    campaign_code: str | None = None,
    after: tuple[date, ActivityId] | None = None,
) -> DueVisits:
    """The open visits that fall due through a day (today), those due longest first.

    Of people who belong to the units of a reach today, and of visits that belong to one of these. `after`: the due day
    and id of the last one seen; the counts are of all of them.
    """
    through = through or today
    question = ("due", within, today, through, campaign_code, after, limit)
    return remembered(
        session,
        question,
        lambda: _due_visits(session, within, today, through, campaign_code, after, limit),
        made_of=MADE_OF,
    )


def _due_visits(
    session: Session,
    within: Reach,
    today: date,
    through: date,
    campaign_code: str | None,
    after: tuple[date, ActivityId] | None,
    limit: int,
) -> DueVisits:
    open_ones = _open(within, today)
    due = _due(within, today, through)
    of_campaigns = _counted(session, due, today)
    counted = [row for row in of_campaigns if campaign_code in (None, row.code)]
    if campaign_code is not None:
        open_ones = and_(open_ones, Campaign.code == campaign_code)
        due = and_(due, Campaign.code == campaign_code)
    count = sum(row.due for row in counted)
    ids = _first_ids(session, due, after=after, limit=limit) if limit and count else ()
    return DueVisits(
        count=count,
        late=sum(row.late for row in counted),
        to_arrange=sum(row.to_arrange for row in counted),
        by_campaign=[CampaignDue(row.code, row.name, row.kind, row.due) for row in of_campaigns],
        items=_page(session, ids, today),
        next_due=None if count else _next_due(session, open_ones, through),
    )


def open_visits_of(
    session: Session, activity_ids: Collection[ActivityId], within: Reach, *, today: date
) -> Sequence[DueVisit]:
    """Those of these visits that are open and within a reach, whenever due; without when somebody was last seen."""
    query = _ask_rows(today).where(_open(within, today))
    return _items(session, session.execute(query, {"ids": list(activity_ids)}).all(), {}, {}, today)


def _counted(session: Session, due: ColumnElement[bool], today: date) -> Sequence[Any]:  # Any: named columns
    """How many are due of each campaign, the most first."""
    return session.execute(
        select(
            Campaign.code,
            Campaign.name,
            Campaign.kind,
            func.count().label("due"),
            func.count().filter(due_on() < today).label("late"),
            func.count().filter(Activity.by_hand.is_(False), ~_has_people()).label("to_arrange"),
        )
        .select_from(Activity)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(due)
        .group_by(Campaign.id)
        .order_by(func.count().desc(), Campaign.id)
    ).all()


def late_visits(within: Reach, today: date) -> Select[int]:
    """How many of the open visits fell due before today, as a question for the menu."""
    return (
        select(func.count())
        .select_from(Activity)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(_open(within, today), Activity.id.in_(_ids_due_before(today)))
    )


def due_on() -> ColumnElement[date]:
    """The day on which a visit falls due, whatever day it was then given."""
    return func.coalesce(Activity.nominal_on, Activity.day)


_VISIT: Final = aliased(Activity, name="visit")


def _ids_due_before(day: date) -> CompoundSelect[ActivityId]:
    """Of which planned visits `due_on` lies before a day, as two spans of an index."""
    planned = select(_VISIT.id).where(_VISIT.status == ActivityStatus.PLANNED)
    return union_all(
        planned.where(_VISIT.nominal_on < day),
        planned.where(_VISIT.nominal_on.is_(None), _VISIT.day < day),
    )


def open_visits(today: date) -> ColumnElement[bool]:
    """Visits to somebody that are still to be made or told of, of campaigns that run: asked of both tables joined.

    The one answer to what is open, whoever asks. A visit that gave its key to the next one, or that somebody made
    beside it, is no longer open once its day is over.
    """
    keeps_its_key = and_(Activity.plan_key.is_not(None), Activity.plan_key.not_like("%@%"))
    return and_(
        Campaign.form.in_(VISITING_FORMS),
        Campaign.status == CampaignStatus.ACTIVE,
        Activity.status == ActivityStatus.PLANNED,
        Activity.revision == 0,
        Activity.subject_person_id.is_not(None),
        or_(keeps_its_key, Activity.day >= today),
    )


@lru_cache(maxsize=128)
def _open(within: Reach, today: date) -> ColumnElement[bool]:
    """The open visits of a reach: of its units, and to its people."""
    return and_(
        open_visits(today),
        or_(within.of(Activity.unit_id), placed(within, today, Activity.subject_person_id)),
    )


@lru_cache(maxsize=128)
def _due(within: Reach, today: date, through: date) -> ColumnElement[bool]:
    """Those of them that fall due through a day. Putting this together takes longer than answering it."""
    return and_(_open(within, today), Activity.id.in_(_ids_due_before(through + timedelta(days=1))))


def _has_people() -> ColumnElement[bool]:
    return (
        select(Assignment.id)
        .where(Assignment.activity_id == Activity.id, Assignment.state.in_(TAKING_PART))
        .exists()
    )


def _first_ids(
    session: Session, due: ColumnElement[bool], *, after: tuple[date, ActivityId] | None, limit: int
) -> Sequence[ActivityId]:
    """The page first and what stands beside it after: there may be thousands due."""
    query = (
        select(Activity.id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(due)
        .order_by(due_on(), Activity.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(due_on(), Activity.id) > after)
    return session.scalars(query).all()


_IDS: Final[BindParameter[ActivityId]] = bindparam("ids", expanding=True)


@lru_cache(maxsize=4)
def _ask_rows(today: date) -> Any:  # Any: a question for twenty named columns
    home = aliased(Tie)
    return (
        select(
            Activity.id,
            Activity.version,
            Activity.unit_id,
            Activity.campaign_id,
            Activity.subject_person_id,
            Activity.pairing_id,
            Activity.day,
            Activity.starts_at,
            Activity.by_hand,
            due_on().label("due_on"),
            Campaign.code.label("campaign_code"),
            Campaign.name.label("campaign_name"),
            Campaign.kind.label("campaign_kind"),
            Campaign.form,
            Person.code.label("person_code"),
            Person.name.label("person_name"),
            Person.birth_date,
            Person.address,
            Unit.code.label("home_code"),
            Unit.name.label("home_name"),
            is_minor(Activity.subject_person_id, on=today).label("is_minor"),
        )
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .join(Person, Person.id == Activity.subject_person_id)
        .outerjoin(
            home,
            and_(
                home.kind == TieKind.PLACEMENT,
                home.subject_person_id == Activity.subject_person_id,
                home.since <= today,
                home.until >= today,
            ),
        )
        .outerjoin(Unit, Unit.id == home.object_unit_id)
        .where(Activity.id.in_(_IDS))
        .order_by(due_on(), Activity.id)
    )


def _page(session: Session, ids: Sequence[ActivityId], today: date) -> Sequence[DueVisit]:
    if not ids:
        return []
    rows = session.execute(_ask_rows(today), {"ids": ids}).all()
    by_person = [row for row in rows if row.form is ScheduleForm.CADENCE and row.pairing_id is None]
    by_pairing = [row for row in rows if row.pairing_id is not None]
    seen = last_visits(
        session,
        {row.campaign_id for row in by_person},
        among={row.subject_person_id for row in by_person},
    )
    seen_together = last_visits_of_pairs(
        session, {row.campaign_id for row in by_pairing}, among={row.pairing_id for row in by_pairing}
    )
    return _items(session, rows, seen, seen_together, today)


def _items(
    session: Session,
    rows: Sequence[Any],  # Any: of `_ask_rows`
    seen: Mapping[tuple[CampaignId, PersonId], date],
    seen_together: Mapping[tuple[CampaignId, TieId], date],
    today: date,
) -> Sequence[DueVisit]:
    if not rows:
        return []
    people, partners = _beside(
        session, [row.id for row in rows], {row.subject_person_id for row in rows}, today
    )
    return [
        _item(
            row,
            last=_last(row, seen, seen_together),
            people=people.get(row.id, ()),
            partners=partners.get(row.subject_person_id, ()),
            today=today,
        )
        for row in rows
    ]


def _last(
    row: Any,
    seen: Mapping[tuple[CampaignId, PersonId], date],
    seen_together: Mapping[tuple[CampaignId, TieId], date],
) -> date | None:
    if row.pairing_id is not None:
        return seen_together.get((row.campaign_id, row.pairing_id))
    return seen.get((row.campaign_id, row.subject_person_id))


def _item(
    row: Any, *, last: date | None, people: Sequence[str], partners: Sequence[Partner], today: date
) -> DueVisit:
    arranged = Arranged.ASKED if row.by_hand or people else Arranged.NOT_YET
    if arranged is Arranged.ASKED and row.day < today:
        arranged = Arranged.TO_RECORD
    return DueVisit(
        activity_id=row.id,
        version=row.version,
        unit_id=row.unit_id,
        campaign_id=row.campaign_id,
        campaign_code=row.campaign_code,
        campaign_name=row.campaign_name,
        campaign_kind=row.campaign_kind,
        person_code=row.person_code,
        person_name=row.person_name,
        birth_date=None if row.is_minor else row.birth_date,
        address=None if row.is_minor else row.address,
        home_code=row.home_code,
        home_name=row.home_name,
        due_on=row.due_on,
        last_visit_on=last,
        day=row.day,
        starts_at=row.starts_at,
        arranged=arranged,
        people=people,
        partners=partners,
    )


def _beside(
    session: Session, activity_ids: Sequence[ActivityId], person_ids: set[PersonId], today: date
) -> tuple[Mapping[ActivityId, Sequence[str]], Mapping[PersonId, Sequence[Partner]]]:
    """The names of those asked to each visit, in the order they were, and those paired with each person on a day."""
    asked = (
        select(Assignment.id, Assignment.activity_id, null(), Person.code, Person.name)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.activity_id.in_(activity_ids), Assignment.state.in_(TAKING_PART))
    )
    paired = (
        select(Tie.id, null(), Tie.object_person_id, Person.code, Person.name)
        .join(Person, Person.id == Tie.subject_person_id)
        .where(
            Tie.kind == TieKind.PAIRING,
            Tie.object_person_id.in_(person_ids),
            Tie.since <= today,
            Tie.until >= today,
        )
    )
    names: defaultdict[ActivityId, list[str]] = defaultdict(list)
    partners: defaultdict[PersonId, dict[str, Partner]] = defaultdict(dict)
    rows: Sequence[Any] = session.execute(union_all(asked, paired)).all()
    for _, activity_id, person_id, code, name in sorted(rows, key=lambda row: row[0]):
        if activity_id is not None:
            names[activity_id].append(name)
        else:
            partners[person_id][code] = Partner(code, name)
    return names, {person_id: list(found.values()) for person_id, found in partners.items()}


def _next_due(session: Session, open_ones: ColumnElement[bool], after: date) -> NextDue | None:
    row = session.execute(
        select(due_on(), func.count())
        .select_from(Activity)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(open_ones, due_on() > after)
        .group_by(due_on())
        .order_by(due_on())
        .limit(1)
    ).one_or_none()
    return None if row is None else NextDue(*row)
