"""Whom a campaign serves on a day: its list of people and groups, opened up with the facts in force on that day.

Groups stay groups in the database (rule 18). Here each is read once as spans of days, shared by all campaigns that
name it, and can then be asked for any number of days.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Date, Select, and_, null, select, type_coerce, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models import Activity, Beneficiary, Campaign, Person, Tie
from models.base import CampaignId, PersonId, TeamId, TieId, UnitId
from models.enums import PersonRole, ScheduleForm, SplitBy, TieKind
from models.types import FIRST_DAY, LAST_DAY

Statement = TypeVar("Statement", bound=Select[*tuple[Any, ...]])  # whatever its rows hold

Span = tuple[date, date]
"""A first and a last day, both inclusive; open ends are the first and the last day there is."""

ALWAYS: Span = (FIRST_DAY, LAST_DAY)
SERVED_ROLES = (PersonRole.RETIREE, PersonRole.BENEFICIARY, PersonRole.MINOR)
"""Whom `unit:CODE` means: those of the unit and below with one of these roles."""

_SUBJECT_FORMS = (ScheduleForm.BIRTHDAY, ScheduleForm.CADENCE, ScheduleForm.CASE)

# Above this many people it is cheaper to read everybody than to name them; a statement could not carry many more.
_NAMED_AT_MOST = 5_000
_DRAFT = CampaignId(0)


class Group:
    """People, each with the spans of days on which they belong. Asking in the order of days is cheap at any size."""

    __slots__ = ("_present", "_segment", "_spans", "_turns")

    def __init__(self, spans: Mapping[PersonId, Sequence[Span]]) -> None:
        self._spans = spans
        turns = {first for every in spans.values() for first, _ in every}
        turns |= {last + timedelta(1) for every in spans.values() for _, last in every if last < LAST_DAY}
        self._turns = sorted(turns)
        self._segment = 0
        self._present: tuple[PersonId, ...] = ()

    def on(self, day: date) -> tuple[PersonId, ...]:
        """Those who belong on a day, in the group's order."""
        segment = bisect_right(self._turns, day)
        if segment != self._segment:
            self._present = tuple(person for person in self._spans if self.has(person, day))
            self._segment = segment
        return self._present

    def has(self, person_id: PersonId, day: date) -> bool:
        """Whether somebody belongs on a day."""
        return any(first <= day <= last for first, last in self._spans.get(person_id, ()))

    def had(self, person_id: PersonId, day: date) -> bool:
        """Whether somebody belongs on a day, or belonged before it."""
        return any(first <= day for first, _ in self._spans.get(person_id, ()))

    def ever(self) -> Iterable[PersonId]:
        """Everybody who belongs on any day."""
        return self._spans.keys()


NOBODY = Group({})


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a campaign's list, exactly one of the four; a role is that of the campaign's unit and below."""

    person_id: PersonId | None = None
    unit_id: UnitId | None = None
    team_id: TeamId | None = None
    role: PersonRole | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """Those whom one campaign serves."""

    unit_id: UnitId
    """The campaign's own unit."""
    groups: tuple[Group, ...]
    """The entries of its list, in the list's order."""
    team: Group
    """The members of the campaign's own team."""
    placements: Mapping[PersonId, Sequence[tuple[date, date, UnitId]]] = field(repr=False)

    def on(self, day: date) -> list[PersonId]:
        """Those to be served on a day, in the list's order, the team's own members left out (rules 18 and 42)."""
        members = set(self.team.on(day))
        return [person for person in self.listed_on(day) if person not in members]

    def listed_on(self, day: date) -> list[PersonId]:
        """Those on the list on a day, the team's own members too: the subjects of birthdays and cadences (rule 52)."""
        return list(dict.fromkeys(person for group in self.groups for person in group.on(day)))

    def serves(self, person_id: PersonId, day: date) -> bool:
        """Whether somebody is among those to be served on a day."""
        return self.lists(person_id, day) and not self.team.has(person_id, day)

    def lists(self, person_id: PersonId, day: date) -> bool:
        """Whether somebody is on the list on a day, a member of the team or not."""
        return any(group.has(person_id, day) for group in self.groups)

    def has_listed(self, person_id: PersonId, day: date) -> bool:
        """Whether somebody is on the list on a day, or was before it."""
        return any(group.had(person_id, day) for group in self.groups)

    def ever_listed(self) -> list[PersonId]:
        """Everybody who is on the list on any day."""
        return list(dict.fromkeys(person for group in self.groups for person in group.ever()))

    def unit_on(self, person_id: PersonId, day: date) -> UnitId:
        """The unit that stands for somebody on a day (rule 38); the campaign's own when none does."""
        for first, last, unit in self.placements.get(person_id, ()):
            if first <= day <= last:
                return unit
        return self.unit_id

    def by_unit_on(self, day: date) -> dict[UnitId, list[PersonId]]:
        """Those to be served on a day, by the unit that stands for each of them itself (rule 22a)."""
        units: dict[UnitId, list[PersonId]] = defaultdict(list)
        for person in self.on(day):
            units[self.unit_on(person, day)].append(person)
        return dict(units)

    def at(
        self, day: date, unit_id: UnitId, *, split_by: SplitBy | None, form: ScheduleForm
    ) -> Sequence[PersonId]:
        """Those to be served by an activity of a unit that has no subject: of a split campaign, those of that unit."""
        if split_by is not None and form not in _SUBJECT_FORMS:
            return self.by_unit_on(day).get(unit_id, [])
        return self.on(day)


def served_at(activity: Activity, campaign: Campaign, circle: Circle | None) -> Sequence[PersonId]:
    """Those whom an activity is for: its subject, else whom the campaign's circle serves on its day (rules 22a, 42)."""
    if activity.subject_person_id is not None:
        return [activity.subject_person_id]
    assert circle is not None, "an activity without subject has its campaign's circle"
    return circle.at(activity.day, activity.unit_id, split_by=campaign.split_by, form=campaign.form)


@dataclass(frozen=True, slots=True)
class Pairing:
    """A pairing that a cadence visits (rule 19), and the days on which it does."""

    id: TieId
    supporter_id: PersonId
    beneficiary_id: PersonId
    since: date | None
    visit_every: str | None
    spans: tuple[Span, ...]

    def on(self, day: date) -> bool:
        """Whether the campaign visits it that day: it is in force, its supporter is of the team (else of the unit)."""
        return any(first <= day <= last for first, last in self.spans)


def circles(
    session: Session,
    campaign_ids: Collection[CampaignId],
    *,
    among: Collection[PersonId] | None = None,
    with_frozen: bool = False,
) -> dict[CampaignId, Circle]:
    """The circle of each of these campaigns. A cadence without a list serves its pairings' beneficiaries (rule 30).

    With `among` the circles know of these people alone, and cost accordingly: for asking who of a list is served.
    Nothing is planned for the frozen from their first frozen day on; `with_frozen` they are served all the same, for
    counting what was done: no figure moves when somebody dies.
    """
    return _circles(
        session, _campaigns(session, campaign_ids), _Facts(session, among, with_frozen=with_frozen)
    )


def pairings_of(
    session: Session, campaign_ids: Collection[CampaignId], *, among: Collection[PersonId] | None = None
) -> dict[CampaignId, list[Pairing]]:
    """The pairings that each of these campaigns visits, whenever it does; none for a campaign with a list (rule 19).

    `among`: those with one of these beneficiaries alone.
    """
    return _pairings_by_campaign(session, _campaigns(session, campaign_ids), among)


def circle_of_list(
    session: Session,
    entries: Sequence[ListEntry],
    *,
    unit_id: UnitId,
    team_id: TeamId | None,
    form: ScheduleForm,
) -> Circle:
    """The circle that a campaign with this list would have."""
    draft = _Campaign(_DRAFT, unit_id, team_id, form, tuple(entries))
    return _circles(session, [draft], _Facts(session))[_DRAFT]


def pairings_of_team(session: Session, *, unit_id: UnitId, team_id: TeamId | None) -> list[Pairing]:
    """The pairings that a cadence without a list would visit."""
    draft = _Campaign(_DRAFT, unit_id, team_id, ScheduleForm.CADENCE)
    return _pairings_by_campaign(session, [draft])[_DRAFT]


def meet(one: Span, other: Span) -> Span | None:
    """The days that two spans share."""
    first, last = max(one[0], other[0]), min(one[1], other[1])
    return (first, last) if first <= last else None


@dataclass(frozen=True, slots=True)
class _Campaign:
    id: CampaignId
    unit_id: UnitId
    team_id: TeamId | None
    form: ScheduleForm
    entries: tuple[ListEntry, ...] = ()

    @property
    def visits_pairings(self) -> bool:
        return self.form is ScheduleForm.CADENCE and not self.entries


def _campaigns(session: Session, campaign_ids: Collection[CampaignId]) -> list[_Campaign]:
    if not campaign_ids:
        return []
    rows = session.execute(
        select(
            Campaign.id,
            Campaign.unit_id,
            Campaign.team_id,
            Campaign.form,
            Beneficiary.id.label("entry_id"),
            Beneficiary.person_id,
            Beneficiary.unit_id.label("listed_unit_id"),
            Beneficiary.team_id.label("listed_team_id"),
            Beneficiary.role,
        )
        .outerjoin(Beneficiary, Beneficiary.campaign_id == Campaign.id)
        .where(Campaign.id.in_(campaign_ids))
        .order_by(Campaign.id, Beneficiary.position, Beneficiary.id)
    )
    campaigns: dict[CampaignId, _Campaign] = {}
    listed: dict[CampaignId, list[ListEntry]] = defaultdict(list)
    for row in rows:
        campaigns[row.id] = _Campaign(row.id, row.unit_id, row.team_id, row.form)
        if row.entry_id is not None:
            entry = ListEntry(row.person_id, row.listed_unit_id, row.listed_team_id, row.role)
            listed[row.id].append(entry)
    return [replace(each, entries=tuple(listed[each.id])) for each in campaigns.values()]


def _circles(session: Session, campaigns: Sequence[_Campaign], facts: "_Facts") -> dict[CampaignId, Circle]:
    facts.read_for(campaigns)
    pairings = _pairings(session, [each for each in campaigns if each.visits_pairings], facts)
    return {
        campaign.id: Circle(
            unit_id=campaign.unit_id,
            groups=tuple(facts.group(entry, campaign.unit_id) for entry in campaign.entries)
            + _beneficiaries_of(pairings.get(campaign.id, ())),
            team=facts.team(campaign.team_id),
            placements=facts.placements,
        )
        for campaign in campaigns
    }


def _pairings_by_campaign(
    session: Session, campaigns: Sequence[_Campaign], among: Collection[PersonId] | None = None
) -> dict[CampaignId, list[Pairing]]:
    visiting = [each for each in campaigns if each.visits_pairings]
    facts = _Facts(session, among)
    facts.read_for(visiting)
    return _pairings(session, visiting, facts)


class _Facts:
    """The dated facts behind groups, read once per call: lifetimes, placements, roles, memberships and the tree."""

    def __init__(
        self, session: Session, among: Collection[PersonId] | None = None, *, with_frozen: bool = False
    ) -> None:
        self._session = session
        self._with_frozen = with_frozen
        self._among = None if among is None else frozenset(among)
        self.lifetimes: dict[PersonId, Span] = {}
        self.placements: dict[PersonId, list[tuple[date, date, UnitId]]] = defaultdict(list)
        self._residents: dict[UnitId, list[tuple[PersonId, Span]]] = defaultdict(list)
        self._roles: dict[PersonRole, dict[PersonId, list[Span]]] = defaultdict(lambda: defaultdict(list))
        self._members: dict[TeamId, dict[PersonId, list[Span]]] = defaultdict(lambda: defaultdict(list))
        self._children: dict[UnitId, list[tuple[UnitId, Span]]] = defaultdict(list)
        self._below: dict[UnitId, dict[UnitId, list[Span]]] = {}
        self._groups: dict[object, Group] = {}

    def read_for(self, campaigns: Sequence[_Campaign]) -> None:
        """Read what these campaigns and the entries of their lists may ask for; of those that serve nobody nothing."""
        campaigns = [each for each in campaigns if each.entries or each.visits_pairings]
        if not campaigns:
            return
        entries = [(entry, campaign) for campaign in campaigns for entry in campaign.entries]
        tops = {entry.unit_id for entry, _ in entries if entry.unit_id is not None}
        tops |= {campaign.unit_id for entry, campaign in entries if entry.role is not None}
        roles = {entry.role for entry, _ in entries if entry.role is not None}
        if any(entry.unit_id is not None for entry, _ in entries):
            roles |= set(SERVED_ROLES)
        teams = {entry.team_id for entry, _ in entries} | {campaign.team_id for campaign in campaigns}
        listed = {entry.person_id for entry, _ in entries if entry.person_id is not None}
        self._read_tree_and_members({team for team in teams if team is not None})
        self._read_roles(roles, {unit for top in tops for unit in self.below(top)})
        listed.update(*self._roles.values(), *self._members.values())
        self.read_people({person for person in listed if self.asks_for(person)})

    def group(self, entry: ListEntry, campaign_unit: UnitId) -> Group:
        """The people whom one entry of a list means; entries that mean the same share one group."""
        key = (entry.person_id, entry.unit_id, entry.team_id, entry.role, entry.role and campaign_unit)
        if key not in self._groups:
            self._groups[key] = Group(self._spans(entry, campaign_unit))
        return self._groups[key]

    def team(self, team_id: TeamId | None) -> Group:
        """The members of a team."""
        if team_id is None:
            return NOBODY
        if team_id not in self._groups:
            self._groups[team_id] = Group(self._members[team_id])
        return self._groups[team_id]

    def supports(self, supporter_id: PersonId, campaign: _Campaign) -> Iterable[Span]:
        """The spans for which a supporter's pairings are the campaign's: in its team; without one, in its units."""
        if campaign.team_id is not None:
            return self._members[campaign.team_id].get(supporter_id, ())
        return self.placed_below(supporter_id, campaign.unit_id)

    def asks_for(self, person_id: PersonId) -> bool:
        """Whether somebody is among the people asked for."""
        return self._among is None or person_id in self._among

    def of_those_asked_for(self, statement: Statement, column: InstrumentedAttribute[Any]) -> Statement:
        """The statement for the people asked for, where they are few."""
        return statement if self._among is None else _naming(statement, column, self._among)

    def below(self, unit_id: UnitId) -> Mapping[UnitId, Sequence[Span]]:
        """The unit and every unit that is ever below it, with the spans for which it is (rule 38)."""
        if unit_id not in self._below:
            spans: dict[UnitId, list[Span]] = defaultdict(list)
            spans[unit_id].append(ALWAYS)
            open_ends: list[tuple[UnitId, Span]] = [(unit_id, ALWAYS)]
            while open_ends:
                parent, span = open_ends.pop()
                for child, tied in self._children[parent]:
                    if shared := meet(span, tied):
                        spans[child].append(shared)
                        open_ends.append((child, shared))
            self._below[unit_id] = dict(spans)
        return self._below[unit_id]

    def placed_below(self, person_id: PersonId, unit_id: UnitId) -> Iterator[Span]:
        """The spans for which somebody is placed in a unit or below it."""
        below = self.below(unit_id)
        for first, last, unit in self.placements.get(person_id, ()):
            for span in below.get(unit, ()):
                if shared := meet((first, last), span):
                    yield shared

    def living(self, person_id: PersonId, spans: Iterable[Span]) -> list[Span]:
        """Of these spans the part within somebody's own since and until, and before they were frozen."""
        lifetime = self.lifetimes.get(person_id)
        return [] if lifetime is None else [shared for span in spans if (shared := meet(span, lifetime))]

    def read_people(self, person_ids: Collection[PersonId]) -> None:
        """Read lifetimes and placements of people not read yet."""
        wanted = set(person_ids) - self.lifetimes.keys()
        if not wanted:
            return
        theirs = and_(Tie.subject_person_id == Person.id, Tie.kind == TieKind.PLACEMENT)
        people = (
            select(
                Person.id,
                _plain(Person.since),
                _plain(Person.until),
                Person.frozen_on,
                Tie.object_unit_id,
                _plain(Tie.since).label("placed_from"),
                _plain(Tie.until).label("placed_until"),
            )
            .outerjoin(Tie, theirs)
            .order_by(Tie.id)
        )
        rows = self._session.execute(_naming(people, Person.id, wanted))
        for person, first, last, frozen_on, unit, placed_from, placed_until in rows:
            if person not in wanted:
                continue
            if frozen_on is not None and not self._with_frozen:
                last = min(last, frozen_on - timedelta(1))
            self.lifetimes[person] = (first, last)
            if unit is not None:
                placed = (placed_from, placed_until)
                self.placements[person].append((*placed, unit))
                self._residents[unit].append((person, placed))

    def _spans(self, entry: ListEntry, campaign_unit: UnitId) -> dict[PersonId, list[Span]]:
        if entry.person_id is not None:
            found = {entry.person_id: [ALWAYS]}
        elif entry.team_id is not None:
            found = self._members[entry.team_id]
        elif entry.role is not None:
            found = self._with_roles([entry.role], campaign_unit)
        else:
            found = self._with_roles(SERVED_ROLES, cast(UnitId, entry.unit_id))
        living = {person: self.living(person, spans) for person, spans in found.items()}
        return {person: spans for person, spans in living.items() if spans}

    def _with_roles(self, roles: Sequence[PersonRole], unit_id: UnitId) -> dict[PersonId, list[Span]]:
        """Those with one of these roles while they are placed in a unit or below it, by their ids."""
        found: dict[PersonId, list[Span]] = defaultdict(list)
        for unit, below in self.below(unit_id).items():
            for person, placed in self._residents.get(unit, ()):
                held = [span for role in roles for span in self._roles[role].get(person, ())]
                for span in below if held else ():
                    if there := meet(placed, span):
                        found[person].extend(shared for each in held if (shared := meet(there, each)))
        return {person: found[person] for person in sorted(found)}

    def _read_tree_and_members(self, teams: Collection[TeamId]) -> None:
        """Read which units are below which, and who is a member of these teams."""
        spans = (_plain(Tie.since), _plain(Tie.until))
        tree = select(
            Tie.id, Tie.subject_unit_id, null().label("person"), Tie.object_unit_id.label("whole"), *spans
        ).where(Tie.kind == TieKind.PARENT)
        members = select(
            Tie.id, null().label("unit"), Tie.subject_person_id, Tie.object_team_id.label("whole"), *spans
        ).where(Tie.kind == TieKind.MEMBERSHIP, Tie.object_team_id.in_(teams))
        both = union_all(tree, members).subquery() if teams else tree.subquery()
        for _, unit, person, whole, first, last in self._session.execute(select(both).order_by(both.c.id)):
            if unit is not None:
                self._children[cast(UnitId, whole)].append((cast(UnitId, unit), (first, last)))
            elif person is not None:
                self._members[cast(TeamId, whole)][cast(PersonId, person)].append((first, last))

    def _read_roles(self, roles: Collection[PersonRole], units: Collection[UnitId]) -> None:
        """Read who has a role, of those ever placed in one of the units: a small unit stays cheap in a large county."""
        if not roles:
            return
        words = [role.value for role in roles]
        placed = aliased(Tie)
        held = _ties(TieKind.ROLE, Tie.object_word).where(
            select(placed.id)
            .where(
                placed.kind == TieKind.PLACEMENT,
                placed.subject_person_id == Tie.subject_person_id,
                placed.object_unit_id.in_(units),
            )
            .exists(),
        )
        if self._among is None or len(self._among) > _NAMED_AT_MOST:
            # Of a few people all roles are read: by their word, SQLite would walk through everybody who has one.
            held = held.where(Tie.object_word.in_(words))
        for person, word, first, last in self._rows(held, self._among):
            if word in words:
                self._roles[PersonRole(cast(str, word))][person].append((first, last))

    def _rows(
        self, ties: Select[PersonId, Any, date, date], people: Collection[PersonId] | None
    ) -> Iterator[tuple[PersonId, Any, date, date]]:
        if people is None:
            yield from self._session.execute(ties)
            return
        for row in self._session.execute(_naming(ties, Tie.subject_person_id, people)):
            if row[0] in people:
                yield row


def _plain(column: InstrumentedAttribute[date | None]) -> ColumnElement[date]:
    """A since or until with its open ends as days, ready to be compared."""
    return type_coerce(column, Date)


def _ties(kind: TieKind, other_side: InstrumentedAttribute[Any]) -> Select[PersonId, Any, date, date]:
    """The ties of a kind that people have: person, other side, first and last day."""
    ties = (
        select(Tie.subject_person_id, other_side, _plain(Tie.since), _plain(Tie.until))
        .where(Tie.kind == kind, Tie.subject_person_id.is_not(None))
        .order_by(Tie.id)
    )
    return cast("Select[PersonId, Any, date, date]", ties)


def _naming(
    statement: Statement, column: InstrumentedAttribute[Any], people: Collection[PersonId]
) -> Statement:
    """The statement for these people; for many it is left as it is, and the caller picks from what comes."""
    return statement.where(column.in_(people)) if len(people) <= _NAMED_AT_MOST else statement


def _pairings(
    session: Session, campaigns: Sequence[_Campaign], facts: _Facts
) -> dict[CampaignId, list[Pairing]]:
    """The pairings of each campaign: by the supporter's membership in its team, else by the supporter's unit."""
    if not campaigns:
        return {}
    theirs = facts.of_those_asked_for(_PAIRINGS, Tie.object_person_id)
    ties = [row for row in session.execute(theirs) if facts.asks_for(cast(PersonId, row[2]))]
    facts.read_people({cast(PersonId, person) for row in ties for person in (row[1], row[2])})
    found: dict[CampaignId, list[Pairing]] = {}
    for campaign in campaigns:
        found[campaign.id] = []
        for tie_id, supporter, beneficiary, first, last, visit_every in ties:
            assert supporter is not None
            assert beneficiary is not None
            belongs = facts.supports(supporter, campaign)
            in_force = [shared for span in belongs if (shared := meet(span, (first, last)))]
            spans = facts.living(beneficiary, facts.living(supporter, in_force))
            if spans:
                since = None if first == FIRST_DAY else first
                found[campaign.id].append(
                    Pairing(tie_id, supporter, beneficiary, since, visit_every, tuple(spans))
                )
    return found


_PAIRINGS = (
    select(
        Tie.id,
        Tie.subject_person_id,
        Tie.object_person_id,
        _plain(Tie.since),
        _plain(Tie.until),
        Tie.visit_every,
    )
    .where(Tie.kind == TieKind.PAIRING)
    .order_by(Tie.id)
)


def _beneficiaries_of(pairings: Iterable[Pairing]) -> tuple[Group, ...]:
    spans: dict[PersonId, list[Span]] = defaultdict(list)
    for pairing in pairings:
        spans[pairing.beneficiary_id].extend(pairing.spans)
    return (Group(spans),) if spans else ()
