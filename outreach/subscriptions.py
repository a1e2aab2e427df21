"""Who may read which feed, by a secret link; and what a feed holds, as a function of the rows and the local day."""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from calendars.entries import DaySpan, Entry, EntryStatus, PersonName, TimeSpan
from calendars.privacy import Audience
from calendars.timezones import at
from calendars.workdays import DayKind, Workdays
from models import Activity, Assignment, Campaign, FeedVersion, Person, Subscription, Team, Tie, Unit
from models.base import ActivityId, CampaignId, MatterId, PersonId, SubscriptionId, TeamId, UnitId
from models.database import in_batches
from models.enums import (
    TAKING_PART,
    ActivityStatus,
    AssignmentState,
    AuditAction,
    CampaignStatus,
    Privacy,
    TieKind,
)
from outreach.audit import note
from outreach.beneficiaries import circles
from outreach.errors import Forbidden, NotFound, invalid
from outreach.feed_versions import TREE
from outreach.fields import LONGEST_DURATION
from outreach.holidays import workdays
from outreach.permissions import Actor, Deed, Reach, expect, expect_everywhere, may, seen
from outreach.units import subtree
from wording.names import courtesy_form, short_name
from wording.sentences import say

PUBLIC = "public"
SHOWN_DAYS_BACK = 60
SHOWN_DAYS_AHEAD = 400
CANCELLED_STAYS_DAYS = 30

_LONGEST = timedelta(minutes=LONGEST_DURATION, days=1)
_KINDS = ("person", "team", "unit", "campaign")
_SCOPES = (Subscription.person_id, Subscription.team_id, Subscription.unit_id, Subscription.campaign_id)
_TOOK_LEAVE = (AssignmentState.DECLINED, AssignmentState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class _Row:
    """What a feed needs of one activity; `own_…` are of the assignment of the person whose feed it is."""

    id: ActivityId
    uid: UUID
    campaign_id: CampaignId
    day: date
    last_day: date
    starts_at: datetime | None
    ends_at: datetime | None
    status: ActivityStatus
    forecast: bool
    subject_person_id: PersonId | None
    matter_id: MatterId | None
    sequence: int
    changed_at: datetime
    people_sequence: int
    people_changed_at: datetime
    name: str
    kind: str
    place: str | None
    own_state: AssignmentState | None
    own_sequence: int | None
    own_changed_at: datetime | None


_COLUMNS = (
    Activity.id,
    Activity.uid,
    Activity.campaign_id,
    Activity.day,
    Activity.last_day,
    Activity.starts_at,
    Activity.ends_at,
    Activity.status,
    Activity.forecast,
    Activity.subject_person_id,
    Activity.matter_id,
    Activity.sequence,
    Activity.changed_at,
    Activity.people_sequence,
    Activity.people_changed_at,
    Campaign.name,
    Campaign.kind,
    func.coalesce(Activity.place, Campaign.place),
    Assignment.state,
    Assignment.sequence,
    Assignment.changed_at,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a feed is about: one person, team, unit with its subtree, campaign, or whatever is public."""

    person_id: PersonId | None = None
    team_id: TeamId | None = None
    unit_id: UnitId | None = None
    campaign_id: CampaignId | None = None

    @property
    def audience(self) -> Audience:
        if self.person_id is not None:
            return Audience.OWN
        is_public = self.team_id is None and self.unit_id is None and self.campaign_id is None
        return Audience.PUBLIC if is_public else Audience.OFFICE


@dataclass(frozen=True, slots=True)
class Issued:
    """A new subscription with its token, which is shown this once and stored nowhere."""

    id: SubscriptionId
    token: str


@dataclass(frozen=True, slots=True)
class Links:
    """The two forms of a link: for reading, and for a calendar program to subscribe to."""

    url: str
    webcal: str


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A subscription in force, without its token: that is known to its holder alone."""

    id: SubscriptionId
    scope: str
    """As it was asked for: `person:V162`, `public`."""
    name: str
    """Of the person, team, unit or campaign; empty for the public."""
    privacy: Privacy
    label: str | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A subscription in force: what its link shows, and at which privacy level."""

    subscription_id: SubscriptionId
    scope: Scope
    privacy: Privacy
    name: str


@dataclass(frozen=True, slots=True)
class Freshness:
    """What tells whether a feed made earlier still stands: the versions of its scopes, and when the last changed."""

    tree: int
    versions: int
    changed_at: datetime | None


def issue(
    session: Session,
    scope: str,
    *,
    privacy: Privacy | None,
    label: str | None,
    by: Actor,
    now: datetime,
    today: date,
) -> Issued:
    """Make a link for `person:CODE`, `team:CODE`, `unit:CODE`, `campaign:CODE` or `public`.

    Without a level a public feed shows initials and every other one is full. Raises Invalid for a scope that is
    none, that does not exist or that `by` may not see, and for a public feed with full names; Forbidden.
    """
    if not may(by, Deed.PLAN):
        raise Forbidden
    if scope == PUBLIC and privacy is Privacy.FULL:
        raise invalid("privacy", "feed.public_never_full")
    level = privacy or (Privacy.INITIALS if scope == PUBLIC else Privacy.FULL)
    of = _scope_of(session, scope, by=by, today=today)
    if scope != PUBLIC:
        expect(session, by, Deed.PLAN, _unit_of(session, of, today=today), on=today)
    token = secrets.token_urlsafe(32)
    subscription = Subscription(
        token_hash=hash_of(token),
        person_id=of.person_id,
        team_id=of.team_id,
        unit_id=of.unit_id,
        campaign_id=of.campaign_id,
        privacy=level,
        label=label,
        created_at=now,
        created_by=by.name,
    )
    session.add(subscription)
    session.flush()
    note(
        session,
        by,
        AuditAction.CREATED,
        Subscription.__tablename__,
        subscription.id,
        now=now,
        person_id=of.person_id,
        after={"scope": scope, "privacy": level.value},
    )
    return Issued(subscription.id, token)


def links(issued: Issued, *, public_url: str) -> Links:
    """Where the feed of a new subscription is read. `webcal:` works everywhere; `webcals:` fails on some phones."""
    url = f"{public_url}/feeds/{issued.token}.ics"
    return Links(url=url, webcal=f"webcal:{url.partition(':')[2]}")


def subscriptions(
    session: Session, *, within: Reach, today: date, after: int = 0, limit: int
) -> list[SubscriptionView]:
    """The subscriptions in force within reach, in the order in which they were made; public ones are everybody's."""
    is_public = and_(*(column.is_(None) for column in _SCOPES))
    placed = and_(Subscription.person_id.is_not(None), within.of_person(Subscription.person_id, on=today))
    rows = session.execute(
        select(
            Subscription,
            func.coalesce(Person.name, Team.name, Unit.name, Campaign.name),
            Person.code,
            Team.code,
            Unit.code,
            Campaign.code,
        )
        .outerjoin(Person, Person.id == Subscription.person_id)
        .outerjoin(Team, Team.id == Subscription.team_id)
        .outerjoin(Unit, Unit.id == Subscription.unit_id)
        .outerjoin(Campaign, Campaign.id == Subscription.campaign_id)
        .where(
            Subscription.revoked_at.is_(None),
            Subscription.id > after,
            or_(
                is_public,
                placed,
                and_(Team.id.is_not(None), within.of(Team.unit_id)),
                and_(Unit.id.is_not(None), within.of(Unit.id)),
                and_(Campaign.id.is_not(None), within.of(Campaign.unit_id)),
            ),
        )
        .order_by(Subscription.id)
        .limit(limit)
    )
    return [
        _view(subscription, name or "", dict(zip(_KINDS, codes, strict=True)))
        for subscription, name, *codes in rows
    ]


def revoke(
    session: Session, subscription_id: SubscriptionId, *, by: Actor, now: datetime, today: date
) -> None:
    """End a link at once and for good; once more changes nothing.

    Raises NotFound for one that `by` may not see, Forbidden. A public link is ended by whoever made it, or by those
    whose right is not bound to a unit.
    """
    subscription = session.get(Subscription, subscription_id)
    if subscription is None:
        raise NotFound
    scope = _stored_scope(subscription)
    if scope.audience is not Audience.PUBLIC:
        expect(session, by, Deed.PLAN, _unit_of(session, scope, today=today), on=today)
    elif not may(by, Deed.PLAN) or subscription.created_by != by.name:
        expect_everywhere(by, Deed.PLAN)
    if subscription.revoked_at is None:
        subscription.revoked_at = now
        note(session, by, AuditAction.REMOVED, Subscription.__tablename__, subscription_id, now=now)


def hash_of(token: str) -> str:
    """What is stored of a token. It is 256 random bits, so a plain hash cannot be turned round."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def find_feed(session: Session, token: str) -> Feed | None:
    """The feed of a token in force; None for an unknown, malformed or revoked one alike."""
    row = session.execute(
        select(Subscription, Person.name, Team.name, Unit.name, Campaign.name)
        .outerjoin(Person, Person.id == Subscription.person_id)
        .outerjoin(Team, Team.id == Subscription.team_id)
        .outerjoin(Unit, Unit.id == Subscription.unit_id)
        .outerjoin(Campaign, Campaign.id == Subscription.campaign_id)
        .where(Subscription.token_hash == hash_of(token), Subscription.revoked_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    subscription, *names = row
    name = next((name for name in names if name), "")
    return Feed(subscription.id, _stored_scope(subscription), subscription.privacy, name)


def freshness(session: Session, feed: Feed, *, today: date) -> Freshness:
    """The versions that a feed depends on. Two equal ones on one local day mean the same octets."""
    scopes = _version_scopes(session, feed.scope, today=today)
    of_tree = FeedVersion.scope == TREE
    tree, versions, changed_at = session.execute(
        select(
            func.coalesce(func.sum(FeedVersion.version).filter(of_tree), 0),
            func.coalesce(func.sum(FeedVersion.version).filter(~of_tree), 0),
            func.max(FeedVersion.changed_at),
        ).where(FeedVersion.scope.in_([TREE, *scopes]))
    ).one()
    return Freshness(int(tree), int(versions), changed_at)


def entries(
    session: Session, feed: Feed, *, today: date, zone: ZoneInfo, public_url: str, language: str
) -> list[Entry]:
    """All that a feed holds today, in no order: the window of days, and what was cancelled in the last 30 days."""
    rows = _rows(session, feed.scope, today=today, zone=zone)
    shows_words = feed.privacy is not Privacy.BUSY
    names_people = shows_words and feed.scope.audience is not Audience.PUBLIC
    # A feed that names nobody has to know the names all the same, to keep them out of titles.
    people = _people_on(session, [row.id for row in rows]) if shows_words else {}
    visited = _visited(session, rows, feed.scope, today=today) if shows_words else {}
    calendar = workdays(session)
    return [
        Entry(
            uid=f"{row.uid}@yinling",
            sequence=_sequence(row, names_people),
            changed_at=_changed_at(row, names_people),
            status=_status(row),
            span=_span(row),
            title=row.name,
            kind=row.kind,
            place=row.place or "",
            people=people.get(row.id, ()),
            visited=visited.get(row.id, ()),
            url=f"{public_url}/a/{row.id}",
            note=_note(row, calendar, language),
        )
        for row in rows
    ]


def _scope_of(session: Session, scope: str, *, by: Actor, today: date) -> Scope:
    """The scope of a text. What cannot be seen is unknown, as if it did not exist."""
    if scope == PUBLIC:
        return Scope()
    kind, _, code = scope.partition(":")
    of = _named_scope(session, kind, code)
    if of is None or not _sees(session, of, by=by, today=today):
        raise invalid("scope", "feed.unknown_scope", scope=scope)
    return of


def _named_scope(session: Session, kind: str, code: str) -> Scope | None:
    match kind:
        case "person":
            scope = Scope(person_id=session.scalar(select(Person.id).where(Person.code == code)))
        case "team":
            scope = Scope(team_id=session.scalar(select(Team.id).where(Team.code == code)))
        case "unit":
            scope = Scope(unit_id=session.scalar(select(Unit.id).where(Unit.code == code)))
        case "campaign":
            scope = Scope(campaign_id=session.scalar(select(Campaign.id).where(Campaign.code == code)))
        case _:
            return None
    return None if scope == Scope() else scope


def _sees(session: Session, scope: Scope, *, by: Actor, today: date) -> bool:
    """Whether the unit that a scope belongs to lies within the rights of `by`."""
    return _unit_of(session, scope, today=today) in seen(session, by, on=today)


def _unit_of(session: Session, scope: Scope, *, today: date) -> UnitId | None:
    if scope.person_id is not None:
        return session.scalar(
            select(Tie.object_unit_id).where(
                Tie.subject_person_id == scope.person_id,
                Tie.kind == TieKind.PLACEMENT,
                Tie.since <= today,
                Tie.until >= today,
            )
        )
    if scope.team_id is not None:
        return session.scalar(select(Team.unit_id).where(Team.id == scope.team_id))
    if scope.campaign_id is not None:
        return session.scalar(select(Campaign.unit_id).where(Campaign.id == scope.campaign_id))
    return scope.unit_id


def _view(subscription: Subscription, name: str, codes: Mapping[str, str | None]) -> SubscriptionView:
    named = (f"{kind}:{code}" for kind, code in codes.items() if code is not None)
    return SubscriptionView(
        id=subscription.id,
        scope=next(named, PUBLIC),
        name=name,
        privacy=subscription.privacy,
        label=subscription.label,
        created_at=subscription.created_at,
        created_by=subscription.created_by,
    )


def _stored_scope(subscription: Subscription) -> Scope:
    return Scope(
        person_id=subscription.person_id,
        team_id=subscription.team_id,
        unit_id=subscription.unit_id,
        campaign_id=subscription.campaign_id,
    )


def _version_scopes(session: Session, scope: Scope, *, today: date) -> list[str]:
    """The counters whose sum is a feed's version."""
    if scope.person_id is not None:
        return [f"person:{scope.person_id}"]
    if scope.team_id is not None:
        return [f"team:{scope.team_id}"]
    if scope.campaign_id is not None:
        return [f"campaign:{scope.campaign_id}"]
    if scope.unit_id is not None:
        return [f"unit:{unit}" for unit in subtree(session, scope.unit_id, on=today)]
    return [
        f"campaign:{campaign}" for campaign in session.scalars(select(Campaign.id).where(Campaign.public))
    ]


def _rows(session: Session, scope: Scope, *, today: date, zone: ZoneInfo) -> Sequence[_Row]:
    """The activities of a feed; `state` and its stamps are the person's own, and empty in other feeds."""
    earliest = today - timedelta(days=SHOWN_DAYS_BACK)
    cancelled_since = at(today - timedelta(days=CANCELLED_STAYS_DAYS), time.min, zone)
    query = (
        select(*_COLUMNS)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .where(
            Activity.last_day >= earliest,
            # The same once more, in a form for which the indexes on the first day serve.
            Activity.day >= earliest - _LONGEST,
            Activity.day <= today + timedelta(days=SHOWN_DAYS_AHEAD),
            or_(Activity.status != ActivityStatus.CANCELLED, Activity.changed_at >= cancelled_since),
            Campaign.status != CampaignStatus.DRAFT,
        )
    )
    if scope.person_id is not None:
        query = query.join(
            Assignment, and_(Assignment.activity_id == Activity.id, Assignment.person_id == scope.person_id)
        ).where(or_(Assignment.state.in_(TAKING_PART), Assignment.changed_at >= cancelled_since))
    else:
        query = query.outerjoin(Assignment, false()).where(_within(session, scope, today=today))
    found: Sequence[Any] = session.execute(query.order_by(Activity.day, Activity.id)).all()  # Any: 21 columns
    return [_Row(*row) for row in found]


def _within(session: Session, scope: Scope, *, today: date) -> ColumnElement[bool]:
    if scope.team_id is not None:
        return Campaign.team_id == scope.team_id
    if scope.campaign_id is not None:
        return Activity.campaign_id == scope.campaign_id
    if scope.unit_id is not None:
        return Activity.unit_id.in_(subtree(session, scope.unit_id, on=today))
    return Campaign.public.is_(True)


def _people_on(
    session: Session, activity_ids: Sequence[ActivityId]
) -> Mapping[ActivityId, tuple[PersonName, ...]]:
    """Who takes part, in the order they were asked."""
    people: defaultdict[ActivityId, list[PersonName]] = defaultdict(list)
    for ids in in_batches(activity_ids):
        rows = session.execute(
            select(Assignment.activity_id, Person.name)
            .join(Person, Person.id == Assignment.person_id)
            .where(Assignment.activity_id.in_(ids), Assignment.state.in_(TAKING_PART))
            .order_by(Assignment.activity_id, Assignment.id)
        )
        for activity_id, name in rows:
            people[activity_id].append(_name_forms(name))
    return {activity_id: tuple(names) for activity_id, names in people.items()}


def _visited(
    session: Session, rows: Sequence[_Row], scope: Scope, *, today: date
) -> Mapping[ActivityId, tuple[PersonName, ...]]:
    """Those to be visited: the subject of an activity that has one, in a person's own feed the whole list of the day.

    Other feeds name nobody visited; they need a subject's name only to keep it out of the title.
    """
    lists: dict[ActivityId, list[PersonId]] = {
        row.id: [row.subject_person_id] for row in rows if row.subject_person_id is not None
    }
    if scope.person_id is not None:
        frozen = _frozen(session, [row for row in rows if row.id in lists])
        lists = {activity: people for activity, people in lists.items() if activity not in frozen}
        of_campaign = circles(session, {row.campaign_id for row in rows if row.subject_person_id is None})
        lists |= {
            row.id: of_campaign[row.campaign_id].on(row.day) for row in rows if row.subject_person_id is None
        }
    wanted = {person for people in lists.values() for person in people}
    names = _names_of(session, wanted, today=today)
    return {activity: tuple(names[person] for person in people) for activity, people in lists.items()}


def _frozen(session: Session, rows: Sequence[_Row]) -> set[ActivityId]:
    """Of these activities for one person, those that name them no more; a visit of condolence still does."""
    frozen_on: dict[PersonId, date | None] = {}
    for some in in_batches({row.subject_person_id for row in rows}):
        frozen = select(Person.id, Person.frozen_on).where(Person.id.in_(some), Person.frozen_on.is_not(None))
        frozen_on |= dict(session.execute(frozen).all())
    return {
        row.id
        for row in rows
        if row.subject_person_id is not None
        and (since := frozen_on.get(row.subject_person_id)) is not None
        and since <= row.day
        and (row.matter_id is None or row.status is ActivityStatus.CANCELLED)
    }


def _names_of(
    session: Session, people: Collection[PersonId], *, today: date
) -> Mapping[PersonId, PersonName]:
    names: dict[PersonId, PersonName] = {}
    for some in in_batches(people):
        found = session.execute(select(Person.id, Person.name, Person.birth_date).where(Person.id.in_(some)))
        names |= {person: _name_forms(name, _age(born, today)) for person, name, born in found}
    return names


@lru_cache(maxsize=4096)
def _name_forms(name: str, age: int | None = None) -> PersonName:
    return PersonName(full=name, short=short_name(name), courtesy=courtesy_form(name, age=age))


def _age(born: date | None, today: date) -> int | None:
    """In full years, near enough to choose how somebody is called."""
    return (
        None if born is None else today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    )


def _sequence(row: _Row, names_people: bool) -> int:
    """Everything that raises what this feed shows adds up, so it never falls."""
    return row.sequence + (row.people_sequence if names_people else 0) + (row.own_sequence or 0)


def _changed_at(row: _Row, names_people: bool) -> datetime:
    stamps = [row.changed_at, row.own_changed_at, row.people_changed_at if names_people else None]
    return max(stamp for stamp in stamps if stamp is not None)


def _status(row: _Row) -> EntryStatus:
    if row.status is ActivityStatus.CANCELLED or row.own_state in _TOOK_LEAVE:
        return EntryStatus.CANCELLED
    return EntryStatus.TENTATIVE if row.own_state is AssignmentState.PROPOSED else EntryStatus.CONFIRMED


def _note(row: _Row, calendar: Workdays, language: str) -> str:
    """What is worth knowing of the day itself."""
    if row.forecast:
        return say("feed.forecast", language=language)
    if calendar.day_kind(row.day) is DayKind.MAKE_UP:
        return say("feed.makeup_day", language=language)
    return ""


def _span(row: _Row) -> TimeSpan | DaySpan:
    if row.starts_at is None or row.ends_at is None:
        return DaySpan(row.day, row.last_day)
    return TimeSpan(row.starts_at, row.ends_at)
