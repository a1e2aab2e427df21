"""Dated facts of two records that were one person: each holds once, from the earlier beginning to the later end.

Where one belonged is told by the record that stays: somebody belongs to one unit at a time. The rest adds up, and what
both say of the same days is said once.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, or_, select

from models import Activity, Tie
from models.base import PersonId, UnitId
from models.enums import TieKind
from models.types import FIRST_DAY, LAST_DAY
from outreach import ties
from outreach.errors import Conflict
from outreach.merging.journal import Journal

_TIES: Final = cast(Table, Tie.__table__)
_ACTIVITIES: Final = cast(Table, Activity.__table__)
_ONE_DAY: Final = timedelta(1)

Row = Mapping[str, Any]  # Any: whatever columns hold
_What = tuple[Any, ...]


def join_ties(journal: Journal, gone: PersonId, kept: PersonId) -> None:
    """Let the one who stays have the facts of both."""
    theirs = _ties_of(journal, kept)
    standing: dict[_What, list[Row]] = defaultdict(list)
    for tie in theirs:
        standing[_what(tie, kept)].append(tie)
    has_place = any(tie["kind"] is TieKind.PLACEMENT for tie in theirs)
    for tie in _ties_of(journal, gone):
        if tie["kind"] is TieKind.PLACEMENT:
            if has_place:
                journal.remove(_TIES, _TIES.c.id == tie["id"])
        elif same := _overlapping(tie, standing[_what(tie, gone)]):
            _absorb(journal, tie, same)
    for column in ("subject_person_id", "object_person_id"):
        journal.move(_TIES, column, gone, kept)


def place(journal: Journal, kept: PersonId, unit_id: UnitId, *, as_of: date) -> None:
    """Let somebody belong to a unit from a day on; raises Conflict where a later change is recorded."""
    found = ties.changes(journal.session, ties.PLACEMENT, {kept: [unit_id]}, as_of=as_of)
    if found.refused:
        raise Conflict("errors.change_already_recorded", day=as_of.isoformat())
    write_facts(journal, ties.PLACEMENT, found, as_of=as_of)


def write_facts(journal: Journal, fact: ties.FactKind, found: ties.Changes, *, as_of: date) -> None:
    """As `ties.write`, with a note of what was there before."""
    for tie_id in found.forget:
        journal.remove(_TIES, _TIES.c.id == tie_id)
    for tie_id in found.end:
        journal.change(_TIES, tie_id, {"until": as_of - _ONE_DAY})
    for tie_id in found.resume:
        journal.change(_TIES, tie_id, {"until": None})
    for owner, value, since in found.begin:
        fresh = {"kind": fact.kind, "sort": "", "since": since, "until": None}
        journal.create(_TIES, fresh | {fact.owner.key: owner, fact.value.key: value})


def _ties_of(journal: Journal, person_id: PersonId) -> list[Row]:
    whose = or_(_TIES.c.subject_person_id == person_id, _TIES.c.object_person_id == person_id)
    return [dict(row) for row in journal.session.execute(select(_TIES).where(whose)).mappings()]


def _what(tie: Row, owner: PersonId) -> _What:
    """What a fact says of its owner, whoever of the two that is."""
    supports = tie["subject_person_id"] == owner
    return (
        *(tie["kind"], tie["sort"], tie["object_unit_id"], tie["object_team_id"], tie["object_word"]),
        supports,
        tie["object_person_id"] if supports else tie["subject_person_id"],
    )


def _overlapping(tie: Row, same: list[Row]) -> Row | None:
    """One that says the same of some of the same days."""
    since, until = tie["since"] or FIRST_DAY, tie["until"] or LAST_DAY
    for other in same:
        first, last = other["since"] or FIRST_DAY, other["until"] or LAST_DAY
        if since <= last and first <= until:
            return other
    return None


def _absorb(journal: Journal, tie: Row, other: Row) -> None:
    """Let one fact say what two say; visits of a pairing go on as those of the one that stays."""
    journal.session.flush()
    visits = select(_ACTIVITIES.c.id).where(_ACTIVITIES.c.pairing_id == tie["id"])
    for activity_id in journal.session.scalars(visits).all():
        journal.change(_ACTIVITIES, activity_id, {"pairing_id": other["id"]})
    journal.remove(_TIES, _TIES.c.id == tie["id"])
    since = min(tie["since"] or FIRST_DAY, other["since"] or FIRST_DAY)
    until = max(tie["until"] or LAST_DAY, other["until"] or LAST_DAY)
    joined = {
        "since": None if since == FIRST_DAY else since,
        "until": None if until == LAST_DAY else until,
    }
    journal.change(_TIES, other["id"], joined)
