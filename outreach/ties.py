"""Dated facts: where somebody belongs, what somebody is, who is in a team, which unit stands below which.

Rule 38: the first that is known of a fact has an open start, a later change counts from the day it is made. Rule 51:
who is no longer on a list ceases to belong on that very day, and a day before a change already recorded is refused.
All of it works on many owners at once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, delete, insert, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Tie
from models.base import PersonId, TeamId, TieId, UnitId
from models.database import in_batches
from models.enums import TieKind
from models.types import FIRST_DAY, LAST_DAY
from outreach.errors import Conflict

ONE_DAY: Final = timedelta(1)
# A plain table: a hundred thousand people bring half a million ties.
_TIES: Final = cast(Table, Tie.__table__)

Wanted = Mapping[int, Iterable[int | str]]
"""For each owner of facts, what is to be in force: ids of units, people, or words."""


@dataclass(frozen=True, slots=True)
class FactKind:
    """Which side of a tie owns the fact, and which side says what it is."""

    kind: TieKind
    owner: InstrumentedAttribute[Any]  # Any: the id of a person, a team or a unit
    value: InstrumentedAttribute[Any]  # Any: an id or a word


PLACEMENT: Final = FactKind(TieKind.PLACEMENT, Tie.subject_person_id, Tie.object_unit_id)
ROLES: Final = FactKind(TieKind.ROLE, Tie.subject_person_id, Tie.object_word)
SKILLS: Final = FactKind(TieKind.SKILL, Tie.subject_person_id, Tie.object_word)
MEMBERS: Final = FactKind(TieKind.MEMBERSHIP, Tie.object_team_id, Tie.subject_person_id)
LEADER: Final = FactKind(TieKind.LEADERSHIP, Tie.object_team_id, Tie.subject_person_id)
PARENT: Final = FactKind(TieKind.PARENT, Tie.subject_unit_id, Tie.object_unit_id)


@dataclass(frozen=True, slots=True)
class Fact:
    """A tie as it stands."""

    id: TieId
    value: int | str
    since: date
    until: date

    @property
    def latest_change(self) -> date:
        """The last day on which this fact began or ceased."""
        return self.since if self.until == LAST_DAY else self.until + ONE_DAY


@dataclass(slots=True)
class Changes:
    """What has to be written so that the wanted facts are in force."""

    begin: list[tuple[int, int | str, date | None]] = field(default_factory=list)
    """Owner, value, first day (None: open)."""
    end: list[TieId] = field(default_factory=list)
    """They cease on the day of the change."""
    resume: list[TieId] = field(default_factory=list)
    """They had ceased on this very day, and go on after all."""
    forget: list[TieId] = field(default_factory=list)
    """They had begun on this very day, and were never in force."""
    owners: set[int] = field(default_factory=set)
    """Whose facts change."""
    refused: set[int] = field(default_factory=set)
    """Whose facts cannot change on this day, since a later change is recorded."""


# Asking


def in_force(
    session: Session, fact: FactKind, owners: Collection[int], *, on: date
) -> Mapping[int, list[Any]]:  # Any: ids or words, as the fact's value is
    """What holds for each owner on a day, in the order told; an owner without anything has no entry."""
    found: dict[int, list[Any]] = defaultdict(list)
    for some in in_batches(list(owners)):
        rows = session.execute(
            select(fact.owner, fact.value)
            .where(Tie.kind == fact.kind, fact.owner.in_(some), Tie.since <= on, Tie.until >= on)
            .order_by(Tie.id)
        )
        for owner, value in rows:
            found[owner].append(value)
    return found


def unit_on(session: Session, person_id: PersonId, day: date) -> UnitId | None:
    """The unit that somebody belongs to on a day."""
    units = in_force(session, PLACEMENT, [person_id], on=day).get(person_id)
    return UnitId(units[0]) if units else None


def anything_after(session: Session, day: date) -> bool:
    """Whether any of these facts has begun or ceased after a day."""
    kinds = [each.kind for each in (PLACEMENT, ROLES, SKILLS, MEMBERS, LEADER, PARENT)]
    later = or_(Tie.since > day, (Tie.until >= day) & (Tie.until < LAST_DAY))
    return session.scalar(select(Tie.id).where(Tie.kind.in_(kinds), later).limit(1)) is not None


def changes(session: Session, fact: FactKind, wanted: Wanted, *, as_of: date) -> Changes:
    """What changes on a day when these facts, and no others, are to be in force from then on. Nothing is written."""
    found = Changes()
    past = _facts(session, fact, wanted)
    for owner, values in wanted.items():
        _compare(owner, tuple(dict.fromkeys(values)), past.get(owner, []), as_of, found)
    return found


# Changing


def set_facts(session: Session, fact: FactKind, wanted: Wanted, *, as_of: date) -> Changes:
    """Let these facts and no others hold for each owner from a day on, and say what was changed.

    Raises Conflict when a later change is already recorded for one of those who would change.
    """
    found = changes(session, fact, wanted, as_of=as_of)
    if found.refused:
        raise Conflict("errors.change_already_recorded", day=as_of.isoformat())
    write(session, fact, found, as_of=as_of)
    return found


def write(session: Session, fact: FactKind, found: Changes, *, as_of: date) -> list[TieId]:
    """Bring changes into the database; the ties that begin."""
    for some in in_batches(found.forget):
        session.execute(delete(Tie).where(Tie.id.in_(some)))
    for some in in_batches(found.end):
        session.execute(update(Tie).where(Tie.id.in_(some)).values(until=as_of - ONE_DAY))
    for some in in_batches(found.resume):
        session.execute(update(Tie).where(Tie.id.in_(some)).values(until=None))
    rows = [
        {"kind": fact.kind, fact.owner.key: owner, fact.value.key: value, "since": since, "until": None}
        for owner, value, since in found.begin
    ]
    begun: list[TieId] = []
    for batch in in_batches(rows):
        begun += session.scalars(insert(_TIES).returning(_TIES.c.id), batch)
    return begun


def place(session: Session, person_id: PersonId, unit_id: UnitId, *, as_of: date) -> bool:
    """Let somebody belong to a unit from a day on; False when that is so already. The others here answer alike."""
    return _changed(set_facts(session, PLACEMENT, {person_id: [unit_id]}, as_of=as_of))


def set_roles(session: Session, person_id: PersonId, roles: Sequence[str], *, as_of: date) -> bool:
    """Let somebody be exactly these from a day on."""
    return _changed(set_facts(session, ROLES, {person_id: [str(role) for role in roles]}, as_of=as_of))


def set_skills(session: Session, person_id: PersonId, skills: Sequence[str], *, as_of: date) -> bool:
    """Let somebody have exactly these skills from a day on."""
    return _changed(set_facts(session, SKILLS, {person_id: skills}, as_of=as_of))


def set_members(session: Session, team_id: TeamId, members: Sequence[PersonId], *, as_of: date) -> bool:
    """Let a team have exactly these members from today on; whoever is in for a term and stays, keeps it.

    Raises Conflict when a change of a later day is recorded of somebody else.
    """
    has_cut_short = _cut_terms_short(session, team_id, members, as_of=as_of)
    return _changed(set_facts(session, MEMBERS, {team_id: members}, as_of=as_of)) or has_cut_short


def _cut_terms_short(
    session: Session, team_id: TeamId, staying: Collection[PersonId], *, as_of: date
) -> bool:
    """Let those who are in for a term and stay no longer cease on this day, and not when the term would have ended."""
    leaving = [
        each
        for each in _facts(session, MEMBERS, [team_id]).get(team_id, ())
        if each.since <= as_of <= each.until < LAST_DAY and each.value not in staying
    ]
    for each in leaving:
        if each.since == as_of:
            session.execute(delete(Tie).where(Tie.id == each.id))
        else:
            session.execute(update(Tie).where(Tie.id == each.id).values(until=as_of - ONE_DAY))
    return bool(leaving)


def set_leader(session: Session, team_id: TeamId, leader: PersonId | None, *, as_of: date) -> bool:
    """Let a team be led by somebody, or by nobody, from a day on."""
    return _changed(set_facts(session, LEADER, {team_id: [] if leader is None else [leader]}, as_of=as_of))


def set_parent(session: Session, unit_id: UnitId, parent_id: UnitId | None, *, as_of: date) -> bool:
    """Let a unit stand below another, or be a root, from a day on. The caller knows that it makes no circle."""
    parents = [] if parent_id is None else [parent_id]
    return _changed(set_facts(session, PARENT, {unit_id: parents}, as_of=as_of))


def _changed(found: Changes) -> bool:
    return bool(found.owners)


def _compare(
    owner: int, wanted: tuple[int | str, ...], past: list[Fact], as_of: date, found: Changes
) -> None:
    if not past:
        found.begin += [(owner, value, None) for value in wanted]
        found.owners.update([owner] if wanted else [])
        return
    present = {each.value: each for each in past if each.until == LAST_DAY}
    if present.keys() == set(wanted):
        return
    # Whoever is in for a term that goes on after this day, and stays on the list, stays for that term.
    for_a_term = {
        each.value: each
        for each in past
        if each.since <= as_of <= each.until < LAST_DAY and each.value in wanted
    }
    others = [each for each in past if each not in for_a_term.values()]
    if max((each.latest_change for each in others), default=FIRST_DAY) > as_of:
        found.owners.add(owner)
        found.refused.add(owner)
        return
    if present.keys() | for_a_term.keys() == set(wanted):
        return
    found.owners.add(owner)
    for value, each in present.items():
        if value not in wanted:
            (found.forget if each.since == as_of else found.end).append(each.id)
    ceased_today = {each.value: each for each in past if each.until == as_of - ONE_DAY}
    for value in wanted:
        if value in present or value in for_a_term:
            continue
        if value in ceased_today:
            found.resume.append(ceased_today[value].id)
        else:
            found.begin.append((owner, value, as_of))


def _facts(session: Session, fact: FactKind, owners: Iterable[int]) -> Mapping[int, list[Fact]]:
    found: dict[int, list[Fact]] = defaultdict(list)
    for some in in_batches(list(owners)):
        rows = session.execute(
            select(fact.owner, Tie.id, fact.value, Tie.since, Tie.until).where(
                Tie.kind == fact.kind, fact.owner.in_(some)
            )
        )
        for owner, tie_id, value, since, until in rows:
            found[owner].append(Fact(tie_id, value, since or FIRST_DAY, until or LAST_DAY))
    return found
