"""The sheet that an outcome is told on: who is counted on, who is served, which figures the campaign asks for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import Activity, Assignment, Campaign, CampaignMetric, Metric, Person, Tie
from models.base import ActivityId, PersonId
from models.database import in_batches
from models.enums import TAKING_PART, ActivityStatus, PersonRole, TieKind
from outreach.beneficiaries import circles, served_at
from outreach.errors import NotFound
from outreach.metrics import Definition, definitions
from outreach.outcomes.reading import OutcomeView, present_outcome
from outreach.permissions import Reach
from outreach.planning.collisions import VISITING_KINDS


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody on the sheet."""

    code: str
    name: str
    role: str = "any"
    address: str | None = None
    """Where somebody lives whom the activity is for; that of a minor is not shown."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the form of an outcome starts from."""

    activity_id: ActivityId
    title: str
    version: int
    day: date
    status: ActivityStatus
    minutes: int | None
    """How long it was planned to last; None for whole days."""
    asked: int
    """How many of the people, the first of them, are counted on."""
    people: Sequence[Named]
    """Those counted on, then those told of already, in the order in which they were; those it is for as well, where
    they come and are not visited."""
    visited: Sequence[Named]
    """Those who are visited, in visiting order, then others who were; none where people come."""
    metrics: Sequence[Definition]
    """Those that the campaign lists and that take an entered value."""
    present: OutcomeView | None
    revision: int
    has_several_units: bool
    """Whether its figures were told for several units: as one whole they cannot be told again."""


def outcome_sheet(session: Session, activity_id: ActivityId, *, within: Reach) -> Sheet:
    """The sheet of an activity; raises NotFound outside the reach."""
    row = session.execute(
        select(Activity, Campaign)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(Activity.id == activity_id, within.of(Activity.unit_id))
    ).one_or_none()
    if row is None:
        raise NotFound("activities.no_such_activity", id=activity_id)
    activity, campaign = row
    told = present_outcome(session, activity_id)
    present = None if told is None else told.outcome
    people = _counted_on(session, activity_id)
    asked = len(people)
    served = _served(session, activity, campaign)
    is_visit = campaign.kind in VISITING_KINDS or activity.subject_person_id is not None
    visited = served if is_visit else []
    if not is_visit:
        known = {person.code for person in people}
        people += [person for person in served if person.code not in known]
    if present is not None:
        there, seen = [each.person for each in present.attendance], [each.person for each in present.visits]
        names = _names(session, {*there, *seen} - {each.code for each in (*people, *visited)})
        people += _others(there, people, {**names, **{each.code: each.name for each in visited}})
        visited += _others(seen, visited, {**names, **{each.code: each.name for each in people}})
    units = {each.unit_code for each in present.measures} if present else set()
    return Sheet(
        activity_id=activity.id,
        title=campaign.name,
        version=activity.version,
        day=activity.held_on or activity.day,
        status=activity.status,
        minutes=_minutes(activity),
        asked=asked,
        people=people,
        visited=visited,
        metrics=_metrics(session, campaign),
        present=present,
        revision=activity.revision,
        has_several_units=len(units) > 1,
    )


def people_of_names(
    session: Session, words: Collection[str], *, within: Reach, today: date
) -> Mapping[str, Sequence[Named]]:
    """Whom each word means: the one with this code, else everybody with exactly this name, within a reach."""
    found: dict[str, list[Named]] = {word: [] for word in words}
    for some in in_batches(found):
        rows = session.execute(
            select(Person.code, Person.name)
            .where(
                Person.code.in_(some) | Person.name.in_(some),
                Person.erased_at.is_(None),
                Person.merged_into_id.is_(None),
                within.of_person(Person.id, on=today),
            )
            .order_by(Person.id)
        ).all()
        for code, name in rows:
            for word in {code, name} & found.keys():
                found[word].append(Named(code, name))
    return {word: [each for each in named if each.code == word] or named for word, named in found.items()}


def _counted_on(session: Session, activity_id: ActivityId) -> list[Named]:
    rows = session.execute(
        select(Person.code, Person.name, Assignment.role)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.activity_id == activity_id, Assignment.state.in_(TAKING_PART))
        .order_by(Assignment.id)
    )
    return [Named(*row) for row in rows]


def _served(session: Session, activity: Activity, campaign: Campaign) -> list[Named]:
    circle = None if activity.subject_person_id else circles(session, [campaign.id])[campaign.id]
    wanted = served_at(activity, campaign, circle)
    names: dict[PersonId, Named] = {}
    for some in in_batches(wanted):
        rows = session.execute(
            select(Person.id, Person.code, Person.name, Person.address, _is_minor(activity.day)).where(
                Person.id.in_(some)
            )
        )
        for person_id, code, name, address, is_minor in rows:
            names[person_id] = Named(code, name, address=None if is_minor else address)
    return [names[person_id] for person_id in wanted]


def _is_minor(day: date) -> ColumnElement[bool]:
    return (
        select(Tie.id)
        .where(
            Tie.kind == TieKind.ROLE,
            Tie.subject_person_id == Person.id,
            Tie.object_word == PersonRole.MINOR.value,
            Tie.since <= day,
            Tie.until >= day,
        )
        .correlate(Person)
        .exists()
    )


def _others(codes: Sequence[str], known: Sequence[Named], names: Mapping[str, str]) -> list[Named]:
    """Those of these codes who are not on the list yet, in the order of the codes."""
    listed = {each.code for each in known}
    return [Named(code, names[code]) for code in codes if code not in listed]


def _names(session: Session, codes: Collection[str]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for some in in_batches(codes):
        names.update(session.execute(select(Person.code, Person.name).where(Person.code.in_(some))).all())
    return names


def _metrics(session: Session, campaign: Campaign) -> list[Definition]:
    listed = session.scalars(
        select(Metric.code)
        .join(CampaignMetric, CampaignMetric.metric_id == Metric.id)
        .where(CampaignMetric.campaign_id == campaign.id)
        .order_by(CampaignMetric.position)
    )
    return [definitions()[code] for code in listed if definitions()[code].takes_entries]


def _minutes(activity: Activity) -> int | None:
    if activity.starts_at is None or activity.ends_at is None:
        return None
    return round((activity.ends_at - activity.starts_at).total_seconds() / 60)
