"""Making one of two, in one transaction; and two of one again, as long as nothing newer stands against it.

No closed figure moves: what was counted stands in lines of its own. Open months count their people again from the
lists, and there the two are one. Sums do not change, for both together did what they did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, cast
from zlib import crc32

from sqlalchemy import Table, or_, select
from sqlalchemy.orm import Session

from models import Merge, Person, Tie
from models.database import hold
from models.enums import AuditAction, TieKind
from outreach import feed_versions, ties
from outreach.assignment import hold_proposals
from outreach.audit import note
from outreach.errors import Conflict, NotFound, Stale, invalid
from outreach.merging.facts import join_ties, place
from outreach.merging.journal import Journal, check_untouched, put_back
from outreach.merging.references import both_listed_on, move_references, raise_versions
from outreach.people_search import spellings
from outreach.permissions import Actor, Deed, expect

_PEOPLE: Final = cast(Table, Person.__table__)

FIELDS: Final = (
    "name",
    "gender",
    "birth_date",
    "lunar_birthday",
    "mobile",
    "email",
    "contact_by",
    "address",
    "available",
    "max_per_month",
    "since",
    "until",
    "notes",
)
"""The columns of a person's own row that one of the two says. The code is that of the one who stays."""
UNIT: Final = "unit"
"""Where they belong: a fact with days, chosen like a column."""
_SPAN: Final = frozenset({"since", "until"})
"""Nothing said means always, and for good."""
_BOTH_POSSIBLE: Final = frozenset({"notes", "address"})
_PRIVATE: Final = (
    "gender",
    "birth_date",
    "lunar_birthday",
    "mobile",
    "email",
    "address",
    "available",
    "max_per_month",
    "notes",
)
"""What the record that goes says no more: it stands with the one who stays, or nowhere."""


class Choice(StrEnum):
    """Whose version stands."""

    KEPT = "kept"
    GONE = "gone"
    BOTH = "both"


CHOICES: Final = {
    name: (*Choice,) if name in _BOTH_POSSIBLE else (Choice.KEPT, Choice.GONE) for name in (*FIELDS, UNIT)
}
"""What may be chosen of each field."""


class Obstacle(StrEnum):
    """Why two records cannot become one."""

    SAME = "same"
    ERASED = "erased"
    MERGED = "merged"
    FROZEN = "frozen"
    """One is frozen and the other is not: first it must be known which is true."""
    PAIRED = "paired"
    """Nobody is paired with oneself."""
    MET = "met"
    """Both stand on the list of one activity: that is corrected first, where figures are corrected."""


@dataclass(frozen=True, slots=True)
class Found:
    """An obstacle, with the activities it is about."""

    obstacle: Obstacle
    activities: Sequence[int] = ()


def obstacles(session: Session, kept: Person, gone: Person) -> Iterator[Found]:
    """What stands against it, whoever of the two would stay."""
    if kept.id == gone.id:
        yield Found(Obstacle.SAME)
        return
    if kept.erased_at or gone.erased_at:
        yield Found(Obstacle.ERASED)
    if kept.merged_into_id or gone.merged_into_id:
        yield Found(Obstacle.MERGED)
    if (kept.frozen_on is None) != (gone.frozen_on is None):
        yield Found(Obstacle.FROZEN)
    two = (kept.id, gone.id)
    paired = select(Tie.id).where(
        Tie.kind == TieKind.PAIRING, Tie.subject_person_id.in_(two), Tie.object_person_id.in_(two)
    )
    if session.scalar(paired.limit(1)) is not None:
        yield Found(Obstacle.PAIRED)
    if met := both_listed_on(session, kept.id, gone.id):
        yield Found(Obstacle.MET, met)


def merge_people(
    session: Session,
    kept_code: str,
    gone_code: str,
    choices: Mapping[str, Choice],
    *,
    by: Actor,
    today: date,
    now: datetime,
    expected: str | None = None,
) -> Merge:
    """Let everything that hangs on one hang on the other, whose code stays; the other code leads there from now on.

    `choices`: whose version of each field stands; without one that of the one who stays, or what the other says where
    that one says nothing. `expected`: what `state_of` said when both were looked at. Raises NotFound, Forbidden unless
    one may plan in the units of both, Stale when one of them was changed meanwhile, Conflict for an obstacle, Invalid.
    """
    hold_proposals(session)
    hold(session, "plan")
    kept, gone = _locked(session, kept_code, gone_code)
    for person in (kept, gone):
        expect(session, by, Deed.PLAN, ties.unit_on(session, person.id, today), on=today)
    if expected is not None and expected != state_of(kept, gone):
        raise Stale
    for found in obstacles(session, kept, gone):
        raise Conflict(f"merging.obstacle_{found.obstacle.value}", count=len(found.activities))
    journal = Journal(session)
    told = _told(kept, gone, choices)
    unit_id = ties.unit_on(session, gone.id, today) if choices.get(UNIT) is Choice.GONE else None
    session.flush()
    # First, for the ledger lets an entry follow nobody else.
    blank = dict.fromkeys(_PRIVATE) | {"contact_by": ""}
    journal.change(_PEOPLE, gone.id, {"merged_into_id": kept.id, **blank})
    journal.change(_PEOPLE, kept.id, told)
    join_ties(journal, gone.id, kept.id)
    if unit_id is not None:
        place(journal, kept.id, unit_id, as_of=today)
    # Not the mark of this merge itself: those merged into the one that goes.
    move_references(journal, gone.id, kept.id)
    raise_versions(session, journal.moved)
    session.expire_all()
    merge = Merge(kept_id=kept.id, gone_id=gone.id, by=by.name, at=now, undo=journal.as_document())
    session.add(merge)
    session.flush()
    for person_id, other in ((kept.id, gone_code), (gone.id, kept_code)):
        note(
            session,
            by,
            AuditAction.CHANGED,
            "people",
            person_id,
            now=now,
            person_id=kept.id,
            after={"columns": sorted(told) if person_id == kept.id else ["merged_into_id"], "merged": other},
        )
    feed_versions.everything_changed(session, now=now)
    session.flush()
    return merge


def take_back(session: Session, merge_id: int, *, by: Actor, today: date, now: datetime) -> tuple[str, str]:
    """Let the two be two again; their codes. Raises NotFound, Forbidden, and Conflict when it was taken back before, or
    when something that it changed was changed again."""
    hold_proposals(session)
    hold(session, "plan")
    merge = session.scalar(select(Merge).where(Merge.id == merge_id).with_for_update())
    if merge is None:
        raise NotFound
    expect(session, by, Deed.PLAN, ties.unit_on(session, merge.kept_id, today), on=today)
    if merge.undone_at is not None or not merge.undo:
        raise Conflict("merging.taken_back_already")
    kept, gone = session.get_one(Person, merge.kept_id), session.get_one(Person, merge.gone_id)
    if kept.merged_into_id is not None:
        raise Conflict("merging.touched_since")
    check_untouched(session, merge.undo, kept.id)
    moved = merge.undo.get("moved", {})
    put_back(session, merge.undo, gone.id, kept.id)
    raise_versions(session, moved)
    session.expire_all()
    merge.undo, merge.undone_at = {}, now
    for person in (kept, gone):
        note(
            session,
            by,
            AuditAction.CHANGED,
            "people",
            person.id,
            now=now,
            person_id=person.id,
            after={"columns": ["merged_into_id"]},
        )
    feed_versions.everything_changed(session, now=now)
    session.flush()
    return kept.code, gone.code


def state_of(one: Person, other: Person) -> str:
    """What both say, in short: another text when one of them was changed, whoever of them is named first."""
    two = sorted((one, other), key=lambda person: person.id)
    said = [str(getattr(person, name)) for person in two for name in FIELDS]
    return f"{crc32(repr(said).encode()):08x}"


def _locked(session: Session, kept_code: str, gone_code: str) -> tuple[Person, Person]:
    """Both, whom nobody else changes until the transaction ends; always in the same order."""
    rows = session.scalars(
        select(Person)
        .where(or_(Person.code == kept_code, Person.code == gone_code))
        .order_by(Person.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = {person.code: person for person in rows}
    if kept_code not in found or gone_code not in found:
        raise NotFound
    return found[kept_code], found[gone_code]


def _told(kept: Person, gone: Person, choices: Mapping[str, Choice]) -> dict[str, Any]:
    """The columns of the one who stays, as chosen; raises Invalid for a choice that there is none of."""
    told: dict[str, Any] = {}
    for name in FIELDS:
        choice = choices.get(name)
        mine, theirs = getattr(kept, name), getattr(gone, name)
        if choice is not None and choice not in CHOICES[name]:
            raise invalid(name, "merging.no_such_choice")
        says_nothing = mine in (None, "") and name not in _SPAN
        if choice is Choice.GONE or (choice is None and says_nothing):
            told[name] = theirs
        elif choice is Choice.BOTH:
            told[name] = "\n".join(dict.fromkeys(text for text in (mine, theirs) if text)) or None
        else:
            told[name] = mine
    since, until = told["since"], told["until"]
    if since is not None and until is not None and since > until:
        raise invalid("until", "errors.ends_before_it_starts")
    return told | dict(spellings(told["name"]))
