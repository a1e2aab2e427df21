"""Pairings 结对: a lasting bond of a supporter and a beneficiary, with its own interval between visits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypedDict

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from models import Person, Tie
from models.base import PersonId, TieId
from models.database import hold, in_batches
from models.enums import AuditAction, TieKind
from models.types import FIRST_DAY, LAST_DAY
from outreach import feed_versions, organisation, people, ties
from outreach.audit import note
from outreach.errors import Conflict, NotFound, invalid
from outreach.fields import is_code
from outreach.house_rules import house_rules
from outreach.permissions import Actor, Deed, Reach, expect, seen

LIAISON: Final = "liaison"
"""The kind of pairing whose number a supporter is limited in: somebody who keeps in touch with a few, not with many."""


class PairingColumns(TypedDict, total=False):
    """The columns of a pairing; those left out stay as they were, None empties one."""

    code: str
    kind: str
    supporter_code: str
    beneficiary_code: str
    since: date
    until: date | None
    visit_every: str | None


@dataclass(frozen=True, slots=True)
class PairingView:
    """A pairing as it was told."""

    id: TieId
    code: str
    kind: str
    supporter_code: str
    beneficiary_code: str
    since: date | None
    until: date | None
    visit_every: str | None


@dataclass(frozen=True, slots=True)
class PairingsAsked:
    """Which pairings a list is about; None asks for all."""

    unit_code: str | None = None
    """Of supporters who belong to this unit or below it."""
    kind: str | None = None
    person_code: str | None = None
    """Either side."""
    active: bool | None = None
    """Whether the day lies within `since`…`until`."""


class Load(StrEnum):
    """How many somebody looks after, against what the house rules say."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class LiaisonLoad:
    """How many people a liaison looks after today."""

    person_id: PersonId
    person_code: str
    name: str
    pairings: int
    least: int
    most: int

    @property
    def load(self) -> Load:
        if self.pairings < self.least:
            return Load.BELOW
        return Load.ABOVE if self.pairings > self.most else Load.WITHIN


# Asking


def pairings(
    session: Session, asked: PairingsAsked, *, within: Reach, today: date, after: int = 0, limit: int
) -> Sequence[PairingView]:
    """Pairings in the order of their ids, after one. One sees those whose supporter one sees."""
    query = _query(within, today).where(Tie.id > after).order_by(Tie.id).limit(limit)
    if asked.unit_code is not None:
        units = organisation.reach_of_unit(session, asked.unit_code, within=within, today=today)
        query = query.where(units.of_person(Tie.subject_person_id, on=today))
    if asked.kind is not None:
        query = query.where(Tie.sort == asked.kind)
    if asked.person_code is not None:
        person_id = people.person_id_of(session, asked.person_code, within=within, today=today)
        query = query.where((Tie.subject_person_id == person_id) | (Tie.object_person_id == person_id))
    if asked.active is not None:
        is_active = (Tie.since <= today) & (Tie.until >= today)
        query = query.where(is_active if asked.active else ~is_active)
    return [_view(*row) for row in session.execute(query)]


def pairing(session: Session, code: str, *, within: Reach, today: date) -> PairingView:
    """One pairing; raises NotFound for one that is unknown or out of reach."""
    row = (
        session.execute(_query(within, today).where(Tie.code == code)).one_or_none()
        if is_code(code)
        else None
    )
    if row is None:
        raise NotFound
    return _view(*row)


def liaison_loads(
    session: Session, *, within: Reach, today: date, unit_code: str | None = None, after: int = 0, limit: int
) -> Sequence[LiaisonLoad]:
    """Everybody who looks after somebody as a liaison, or has, with how many it is today, in the order of their ids.

    Whoever has left, or died, is left out. Raises NotFound for a unit that is not seen.
    """
    in_force = (Tie.since <= today) & (Tie.until >= today)
    query = (
        select(Person.id, Person.code, Person.name, func.count().filter(in_force))
        .join(Tie, Tie.subject_person_id == Person.id)
        .where(
            Tie.kind == TieKind.PAIRING,
            Tie.sort == LIAISON,
            Person.id > after,
            Person.until >= today,
            Person.frozen_on.is_(None) | (Person.frozen_on > today),
            within.of_person(Person.id, on=today),
        )
        .group_by(Person.id, Person.code, Person.name)
        .order_by(Person.id)
        .limit(limit)
    )
    if unit_code is not None:
        units = organisation.reach_of_unit(session, unit_code, within=within, today=today)
        query = query.where(units.of_person(Person.id, on=today))
    rules = house_rules(session).pairings
    return [LiaisonLoad(*row, rules.liaison_least, rules.liaison_most) for row in session.execute(query)]


def liaisons_above(session: Session, person_ids: Iterable[PersonId], *, on: date) -> dict[str, int]:
    """Of these people those who look after more on a day than the house rules allow, by their codes, with how many."""
    found: dict[str, int] = {}
    for some in in_batches(sorted(set(person_ids))):
        rows = session.execute(
            select(Person.code, func.count())
            .join(Tie, Tie.subject_person_id == Person.id)
            .where(Person.id.in_(some), Tie.kind == TieKind.PAIRING, Tie.sort == LIAISON)
            .where(Tie.since <= on, Tie.until >= on)
            .group_by(Person.code)
            .having(func.count() > house_rules(session).pairings.liaison_most)
            .order_by(Person.code)
        )
        found |= dict(rows.all())
    return found


def codes_of(session: Session, tie_ids: Iterable[TieId | None]) -> dict[TieId, str]:
    """The code of each pairing that has one."""
    asked = {tie_id for tie_id in tie_ids if tie_id is not None}
    rows = session.execute(select(Tie.id, Tie.code).where(Tie.id.in_(asked), Tie.code.is_not(None)))
    return {tie_id: code for tie_id, code in rows if code is not None}


# Changing


def pair(session: Session, columns: PairingColumns, *, by: Actor, today: date, now: datetime) -> PairingView:
    """Pair two people from a day on.

    Raises Conflict for a code that is taken or when the two are paired so already, Invalid for people that are not seen
    or are the same, or days out of order, Forbidden outside the units of the supporter that one may plan for.
    """
    within = seen(session, by, on=today)
    supporter = people.person_told(
        session, columns["supporter_code"], "supporter_code", within=within, today=today
    )
    beneficiary = people.person_told(
        session, columns["beneficiary_code"], "beneficiary_code", within=within, today=today
    )
    expect(session, by, Deed.PLAN, ties.unit_on(session, supporter, today), on=today)
    if supporter == beneficiary:
        raise invalid("beneficiary_code", "errors.paired_with_oneself")
    if session.scalar(select(Tie.id).where(Tie.code == columns["code"])) is not None:
        raise Conflict("errors.code_taken", code=columns["code"])
    paired = Tie(
        kind=TieKind.PAIRING,
        code=columns["code"],
        sort=columns["kind"],
        subject_person_id=supporter,
        object_person_id=beneficiary,
        since=columns["since"],
        until=columns.get("until"),
        visit_every=columns.get("visit_every") or None,
    )
    _check(session, paired)
    _check_load(session, paired, columns["supporter_code"])
    session.add(paired)
    session.flush()
    note(session, by, AuditAction.CREATED, "ties", paired.id, now=now, after=_told(columns))
    return pairing(session, columns["code"], within=within, today=today)


def change_pairing(
    session: Session,
    code: str,
    columns: PairingColumns,
    *,
    by: Actor,
    today: date,
    now: datetime,
    reason: str | None = None,
) -> PairingView:
    """Change a pairing's kind, days or interval; `until` is its last day. Who is paired never changes: pair anew.

    The reason, as that somebody moved away, is kept in the audit trail. Raises NotFound, Forbidden, Invalid
    for days out of order, Conflict when another such pairing is open, or one too many for a liaison.
    """
    within = seen(session, by, on=today)
    before = pairing(session, code, within=within, today=today)
    changed = session.get_one(Tie, before.id)
    assert changed.subject_person_id is not None, "a pairing has a supporter"
    expect(session, by, Deed.PLAN, ties.unit_on(session, changed.subject_person_id, today), on=today)
    if "kind" in columns:
        changed.sort = columns["kind"]
    if "since" in columns:
        changed.since = columns["since"]
    if "until" in columns:
        changed.until = columns["until"]
    if "visit_every" in columns:
        changed.visit_every = columns["visit_every"] or None
    with session.no_autoflush:
        _check(session, changed)
        if _lasts_longer(changed, before):
            _check_load(session, changed, before.supporter_code)
    session.flush()
    after = pairing(session, code, within=within, today=today)
    if after != before:
        told = _told(columns)
        past = {name: _plain(getattr(before, name)) for name in told}
        note(
            session,
            by,
            AuditAction.CHANGED,
            "ties",
            changed.id,
            now=now,
            reason=reason,
            before=past,
            after=told,
        )
        feed_versions.everything_changed(session, now=now)
    return after


def _check(session: Session, told: Tie) -> None:
    """Raise what is wrong with a pairing by itself, or beside another one of the same two."""
    if (told.since or FIRST_DAY) > (told.until or LAST_DAY):
        raise invalid("until", "errors.ends_before_it_starts")
    if told.until is not None:
        return
    twin = select(Tie.id).where(
        Tie.kind == TieKind.PAIRING,
        Tie.sort == told.sort,
        Tie.subject_person_id == told.subject_person_id,
        Tie.object_person_id == told.object_person_id,
        Tie.until == LAST_DAY,
    )
    if any(tie_id != told.id for tie_id in session.scalars(twin)):
        raise Conflict("errors.already_paired")


def _lasts_longer(changed: Tie, before: PairingView) -> bool:
    """Whether there are days on which it is now a pairing of its kind and was not."""
    return (
        changed.sort != before.kind
        or (changed.since or FIRST_DAY) < (before.since or FIRST_DAY)
        or (changed.until or LAST_DAY) > (before.until or LAST_DAY)
    )


def _check_load(session: Session, told: Tie, supporter_code: str) -> None:
    """Raise Conflict when on some day of it the supporter would have more of the kind than the house rules allow."""
    if told.sort != LIAISON:
        return
    # One at a time: two at once would each not see the other.
    hold(session, f"liaison {told.subject_person_id}")
    first, last = told.since or FIRST_DAY, told.until or LAST_DAY
    others = [
        (since or FIRST_DAY, until or LAST_DAY)
        for tie_id, since, until in session.execute(
            select(Tie.id, Tie.since, Tie.until).where(
                Tie.kind == TieKind.PAIRING,
                Tie.sort == LIAISON,
                Tie.subject_person_id == told.subject_person_id,
                Tie.since <= last,
                Tie.until >= first,
            )
        )
        if tie_id != told.id
    ]
    begins = [first, *(since for since, _ in others if since > first)]
    at_once = 1 + max(sum(since <= day <= until for since, until in others) for day in begins)
    most = house_rules(session).pairings.liaison_most
    if at_once > most:
        raise Conflict("pairings.liaison_has_too_many", person=supporter_code, count=at_once, most=most)


def _query(
    within: Reach, today: date
) -> Select[TieId, str | None, str, str, str, date | None, date | None, str | None]:
    supporter, beneficiary = aliased(Person), aliased(Person)
    return (
        select(
            Tie.id,
            Tie.code,
            Tie.sort,
            supporter.code,
            beneficiary.code,
            Tie.since,
            Tie.until,
            Tie.visit_every,
        )
        .join(supporter, supporter.id == Tie.subject_person_id)
        .join(beneficiary, beneficiary.id == Tie.object_person_id)
        .where(Tie.kind == TieKind.PAIRING, Tie.code.is_not(None))
        .where(within.of_person(Tie.subject_person_id, on=today))
    )


def _view(
    tie_id: TieId,
    code: str | None,
    kind: str,
    supporter_code: str,
    beneficiary_code: str,
    since: date | None,
    until: date | None,
    visit_every: str | None,
) -> PairingView:
    assert code is not None, "only pairings with a code are asked for"
    return PairingView(tie_id, code, kind, supporter_code, beneficiary_code, since, until, visit_every)


def _told(columns: PairingColumns) -> dict[str, object]:
    return {name: _plain(value) for name, value in columns.items()}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
