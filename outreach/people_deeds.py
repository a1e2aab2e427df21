"""What is done to many people at once: foreseen for each of them, then done to all in one transaction or to nobody.

It can be taken back as long as nothing that it changed was changed again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from models import PeopleDeed, Person, Team, Tie
from models.base import PersonId, TeamId, UnitId
from models.database import hold
from models.enums import AuditAction, PersonRole, TieKind
from outreach import feed_versions, fields, organisation, ties
from outreach.audit import note
from outreach.errors import Conflict, NotFound, invalid
from outreach.fields import BadValue
from outreach.merging.facts import write_facts
from outreach.merging.journal import Journal, check_untouched, put_back
from outreach.people_register import Line
from outreach.permissions import Actor, Deed, expect, expect_somewhere, reach, seen
from outreach.ties import FactKind

MOST_AT_ONCE: Final = 1_000
_PEOPLE: Final = cast(Table, Person.__table__)
_TIES: Final = cast(Table, Tie.__table__)


class ManyDeed(StrEnum):
    """What can be done to many."""

    ADD_ROLE = "add_role"
    ADD_SKILL = "add_skill"
    JOIN_TEAM = "join_team"
    MOVE = "move"
    VISIT_EVERY = "visit_every"
    LEAVE = "leave"


class Outlook(StrEnum):
    """What would become of one of them."""

    CHANGES = "changes"
    ALREADY = "already"
    """It is so already."""
    NOT_PAIRED = "not_paired"
    """There is no pairing whose interval could be set; nothing happens."""
    NOT_MINE = "not_mine"
    """One may not change anything in their unit."""
    NOT_YET_HERE = "not_yet_here"
    """Their last day would come before the first."""
    CHANGED_LATER = "changed_later"
    """A change of a later day is recorded."""
    ERASED = "erased"


FAULTS: Final = frozenset({Outlook.NOT_MINE, Outlook.NOT_YET_HERE, Outlook.CHANGED_LATER, Outlook.ERASED})
"""With one of these nothing is done to anybody."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of one person."""

    line: Line
    outlook: Outlook
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class _Plan:
    """What has to be written, and what becomes of whom."""

    outlooks: dict[PersonId, Outlook] = field(default_factory=dict)
    before: dict[PersonId, str] = field(default_factory=dict)
    facts: list[tuple[FactKind, ties.Changes]] = field(default_factory=list)
    rows: list[tuple[Table, int, Mapping[str, Any]]] = field(default_factory=list)
    after: str = ""
    column: str = ""


def foresee(
    session: Session, deed: ManyDeed, value: str, lines: Sequence[Line], *, by: Actor, today: date
) -> Sequence[Foreseen]:
    """What would become of each of them; nothing is written. Raises Invalid for a value that is none, Forbidden."""
    plan = _planned(session, deed, value, lines, by=by, today=today)
    return [
        Foreseen(line, plan.outlooks[line.id], plan.before.get(line.id, ""), plan.after) for line in lines
    ]


def do_to_many(
    session: Session,
    deed: ManyDeed,
    value: str,
    lines: Sequence[Line],
    *,
    by: Actor,
    today: date,
    now: datetime,
) -> PeopleDeed:
    """Do it to all of them. Raises Conflict naming the first to whom it cannot be done, Invalid, Forbidden."""
    hold(session, "plan")
    plan = _planned(session, deed, value, lines, by=by, today=today)
    for line in lines:
        if plan.outlooks[line.id] in FAULTS:
            raise Conflict(
                f"people.outlook_{plan.outlooks[line.id].value}_who", name=line.name, code=line.code
            )
    journal = Journal(session)
    for fact, changes in plan.facts:
        write_facts(journal, fact, changes, as_of=today)
    for table, row_id, values in plan.rows:
        journal.change(table, row_id, values)
    session.expire_all()
    changed = [line.id for line in lines if plan.outlooks[line.id] is Outlook.CHANGES]
    _note(session, changed, plan.column, by=by, now=now)
    done = PeopleDeed(deed=deed.value, count=len(changed), by=by.name, at=now, undo=journal.as_document())
    done.undo = {**done.undo, "people": changed, "column": plan.column}
    session.add(done)
    session.flush()
    feed_versions.everything_changed(session, now=now)
    return done


def take_back(session: Session, deed_id: int, *, by: Actor, today: date, now: datetime) -> int:
    """Let it be as it was; to how many. Raises NotFound, Forbidden, and Conflict when it was changed since."""
    hold(session, "plan")
    done = session.scalar(select(PeopleDeed).where(PeopleDeed.id == deed_id).with_for_update())
    if done is None:
        raise NotFound
    if done.undone_at is not None:
        raise Conflict("people.taken_back_already")
    people = [PersonId(each) for each in done.undo["people"]]
    allowed = reach(session, by, Deed.PLAN, on=today)
    units = ties.in_force(session, ties.PLACEMENT, people, on=today)
    for person_id in people:
        if next(iter(units.get(person_id, ())), None) not in allowed:
            expect_somewhere(by, Deed.PLAN)
            raise NotFound
    nobody = PersonId(0)
    check_untouched(session, done.undo, nobody)
    put_back(session, done.undo, nobody, nobody)
    session.expire_all()
    _note(session, people, done.undo["column"], by=by, now=now)
    done.undo, done.undone_at = {}, now
    feed_versions.everything_changed(session, now=now)
    session.flush()
    return done.count


def _planned(
    session: Session, deed: ManyDeed, value: str, lines: Sequence[Line], *, by: Actor, today: date
) -> _Plan:
    expect_somewhere(by, Deed.PLAN)
    plan = _Plan()
    ids = [line.id for line in lines]
    allowed = reach(session, by, Deed.PLAN, on=today)
    units = ties.in_force(session, ties.PLACEMENT, ids, on=today)
    erased = set(session.scalars(select(Person.id).where(Person.id.in_(ids), Person.erased_at.is_not(None))))
    able: list[PersonId] = []
    for person_id in ids:
        if next(iter(units.get(person_id, ())), None) not in allowed:
            plan.outlooks[person_id] = Outlook.NOT_MINE
        elif person_id in erased:
            plan.outlooks[person_id] = Outlook.ERASED
        else:
            able.append(person_id)
    if deed is ManyDeed.ADD_ROLE:
        _add(
            session,
            plan,
            ties.ROLES,
            _read(value, lambda text: fields.one_of(PersonRole, text)).value,
            able,
            today,
        )
    elif deed is ManyDeed.ADD_SKILL:
        _add(session, plan, ties.SKILLS, _read(value, lambda text: fields.skills([text])[0]), able, today)
    elif deed is ManyDeed.JOIN_TEAM:
        _join(session, plan, value, able, by=by, today=today)
    elif deed is ManyDeed.MOVE:
        _move(session, plan, value, able, units, by=by, today=today)
    elif deed is ManyDeed.VISIT_EVERY:
        _set_interval(session, plan, _read(value, fields.visit_every), able, today)
    else:
        _leave(session, plan, _read(value, fields.day), able)
    for person_id in able:
        plan.outlooks.setdefault(person_id, Outlook.ALREADY)
    return plan


def _read(value: str, reader: Any) -> Any:  # Any: a rule of `fields`, and what it reads
    if not value.strip():
        raise invalid("value", "errors.missing")
    try:
        return reader(value)
    except BadValue as bad:
        raise invalid("value", bad.key, **bad.values) from None


def _add(
    session: Session, plan: _Plan, fact: FactKind, word: str, ids: Sequence[PersonId], today: date
) -> None:
    """One more role or skill beside those that they have."""
    present = ties.in_force(session, fact, ids, on=today)
    wanted: ties.Wanted = {
        each: [*present.get(each, ()), word] for each in ids if word not in present.get(each, ())
    }
    changes = ties.changes(session, fact, wanted, as_of=today)
    for person_id in ids:
        if person_id not in wanted:
            continue
        refused = person_id in changes.refused
        plan.outlooks[person_id] = Outlook.CHANGED_LATER if refused else Outlook.CHANGES
    plan.facts.append((fact, changes))
    plan.after, plan.column = word, "roles" if fact is ties.ROLES else "skills"


def _join(
    session: Session, plan: _Plan, code: str, ids: Sequence[PersonId], *, by: Actor, today: date
) -> None:
    within = seen(session, by, on=today)
    known = organisation.find_teams(session, [code], within=within) if fields.is_code(code) else {}
    if code not in known:
        raise invalid("value", "errors.unknown_code", code=fields.shown(code))
    team = session.get_one(Team, TeamId(known[code]))
    expect(session, by, Deed.PLAN, team.unit_id, on=today)
    present = ties.in_force(session, ties.MEMBERS, [team.id], on=today).get(team.id, [])
    joining = [each for each in ids if each not in present]
    changes = ties.changes(session, ties.MEMBERS, {team.id: [*present, *joining]}, as_of=today)
    for person_id in joining:
        plan.outlooks[person_id] = Outlook.CHANGED_LATER if changes.refused else Outlook.CHANGES
    plan.facts.append((ties.MEMBERS, changes))
    plan.after, plan.column = team.name, "members"


def _move(
    session: Session,
    plan: _Plan,
    code: str,
    ids: Sequence[PersonId],
    units: Mapping[int, Sequence[UnitId]],
    *,
    by: Actor,
    today: date,
) -> None:
    unit_id = organisation.unit_told(session, code, "value", within=seen(session, by, on=today), on=today)
    expect(session, by, Deed.PLAN, unit_id, on=today)
    moving = [each for each in ids if units.get(each, [None])[0] != unit_id]
    wanted: ties.Wanted = {each: [unit_id] for each in moving}
    changes = ties.changes(session, ties.PLACEMENT, wanted, as_of=today)
    for person_id in moving:
        refused = person_id in changes.refused
        plan.outlooks[person_id] = Outlook.CHANGED_LATER if refused else Outlook.CHANGES
    plan.facts.append((ties.PLACEMENT, changes))
    plan.after, plan.column = code, "unit_code"


def _set_interval(session: Session, plan: _Plan, interval: str, ids: Sequence[PersonId], today: date) -> None:
    """The interval of the pairings in which they are the ones looked after."""
    rows = session.execute(
        select(Tie.id, Tie.object_person_id, Tie.visit_every).where(
            Tie.kind == TieKind.PAIRING,
            Tie.object_person_id.in_(ids),
            Tie.since <= today,
            Tie.until >= today,
        )
    )
    paired: set[PersonId] = set()
    for tie_id, person_id, before in rows:
        if person_id is None:
            continue
        paired.add(person_id)
        if before != interval:
            plan.outlooks[person_id] = Outlook.CHANGES
            plan.before[person_id] = before or ""
            plan.rows.append((_TIES, tie_id, {"visit_every": interval}))
    for person_id in ids:
        if person_id not in paired:
            plan.outlooks[person_id] = Outlook.NOT_PAIRED
    plan.after, plan.column = interval, "visit_every"


def _leave(session: Session, plan: _Plan, until: date, ids: Sequence[PersonId]) -> None:
    rows = session.execute(select(Person.id, Person.since, Person.until).where(Person.id.in_(ids)))
    for person_id, since, before in rows:
        if since is not None and since > until:
            plan.outlooks[person_id] = Outlook.NOT_YET_HERE
        elif before != until:
            plan.outlooks[person_id] = Outlook.CHANGES
            plan.before[person_id] = before.isoformat() if before else ""
            plan.rows.append((_PEOPLE, person_id, {"until": until}))
    plan.after, plan.column = until.isoformat(), "until"


def _note(session: Session, people: Sequence[PersonId], column: str, *, by: Actor, now: datetime) -> None:
    """Rule 54: the trail names the column, never what it says."""
    for person_id in people:
        note(
            session,
            by,
            AuditAction.CHANGED,
            "people",
            person_id,
            now=now,
            person_id=person_id,
            after={"columns": [column]},
        )
