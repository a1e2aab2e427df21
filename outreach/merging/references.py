"""What becomes of everything that refers to a person. A table without a rule here fails a test."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, cast

from sqlalchemy import Table, Text, or_, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from models import Activity, Assignment, Attendance, Beneficiary, Matter, Notice, Outcome
from models.base import ActivityId, Base, PersonId
from models.database import in_batches
from models.enums import AssignmentState
from outreach.merging.journal import Journal


class Rule(Enum):
    """What becomes of a column that refers to a person."""

    MOVES = "moves"
    """It refers to the one who stays from now on."""
    JOINS = "joins"
    """So it does, and where both were in the same place, one is."""
    STAYS = "stays"
    """It tells of the merging itself."""


RULES: Final[Mapping[str, Rule]] = {
    "accounts.person_id": Rule.MOVES,
    "activities.subject_person_id": Rule.MOVES,
    "assignments.person_id": Rule.JOINS,
    "attendances.person_id": Rule.MOVES,
    "audit_entries.person_id": Rule.MOVES,
    "beneficiaries.person_id": Rule.JOINS,
    "ledger_entries.person_id": Rule.MOVES,
    "matters.person_id": Rule.MOVES,
    "merges.gone_id": Rule.STAYS,
    "merges.kept_id": Rule.STAYS,
    "notices.person_id": Rule.MOVES,
    "people.merged_into_id": Rule.MOVES,
    "people_apart.one_id": Rule.STAYS,
    "people_apart.other_id": Rule.STAYS,
    "subscriptions.person_id": Rule.MOVES,
    "ties.object_person_id": Rule.JOINS,
    "ties.subject_person_id": Rule.JOINS,
}
"""By `table.column`. Both on the list of one activity is no case for a rule: two who met are two (`obstacles`)."""

_STRENGTH: Final = (
    AssignmentState.WITHDRAWN,
    AssignmentState.DECLINED,
    AssignmentState.PROPOSED,
    AssignmentState.CONFIRMED,
)
_ASSIGNMENTS: Final = cast(Table, Assignment.__table__)
_BENEFICIARIES: Final = cast(Table, Beneficiary.__table__)
_ACTIVITIES: Final = cast(Table, Activity.__table__)
_NOTICES: Final = cast(Table, Notice.__table__)
_MATTERS: Final = cast(Table, Matter.__table__)
_OUTCOMES: Final = cast(Table, Outcome.__table__)


def move_references(journal: Journal, gone: PersonId, kept: PersonId) -> None:
    """Let everything that refers to one refer to the other; the ties were joined before."""
    _join_assignments(journal, gone, kept)
    _join_lists(journal, gone, kept)
    _rename_keys(journal, _ACTIVITIES, "plan_key", _ACTIVITIES.c.subject_person_id, gone, kept)
    _rename_keys(journal, _NOTICES, "dedupe_key", _NOTICES.c.person_id, gone, kept)
    _rename_in_tellings(journal, gone, kept)
    for name, rule in RULES.items():
        table, _, column = name.partition(".")
        if rule is not Rule.STAYS:
            journal.move(Base.metadata.tables[table], column, gone, kept)


def both_listed_on(session: Session, one: PersonId, other: PersonId) -> Sequence[ActivityId]:
    """The activities whose lists, of now or of an earlier telling, have both."""
    there = select(Attendance.activity_id).where(Attendance.person_id == other)
    both = select(Attendance.activity_id).where(
        Attendance.person_id == one, Attendance.activity_id.in_(there)
    )
    found = set(session.scalars(both))
    told = select(Outcome.activity_id, Outcome.told).where(
        _may_tell_of(one, other), _mentions(one), _mentions(other)
    )
    for activity_id, document in session.execute(told):
        named = {each.get("person_id") for name in _LISTS for each in document.get(name) or ()}
        if {one, other} <= named:
            found.add(activity_id)
    return sorted(found)


_LISTS: Final = ("attendance", "visits")


def _join_assignments(journal: Journal, gone: PersonId, kept: PersonId) -> None:
    """Who was asked twice to one activity was asked once, and answered what says more."""
    theirs = {
        row.activity_id: row
        for row in journal.session.execute(
            select(_ASSIGNMENTS.c.id, _ASSIGNMENTS.c.activity_id, _ASSIGNMENTS.c.state).where(
                _ASSIGNMENTS.c.person_id == kept
            )
        )
    }
    asked = journal.session.execute(
        select(_ASSIGNMENTS.c.id, _ASSIGNMENTS.c.activity_id, _ASSIGNMENTS.c.state).where(
            _ASSIGNMENTS.c.person_id == gone
        )
    )
    for row in asked.all():
        if other := theirs.get(row.activity_id):
            weaker = min((row, other), key=lambda each: _STRENGTH.index(each.state))
            journal.remove(_ASSIGNMENTS, _ASSIGNMENTS.c.id == weaker.id)


def _join_lists(journal: Journal, gone: PersonId, kept: PersonId) -> None:
    """Whom a campaign names twice it serves once."""
    named = select(_BENEFICIARIES.c.campaign_id).where(_BENEFICIARIES.c.person_id == kept)
    twice = _BENEFICIARIES.c.campaign_id.in_(named)
    journal.remove(_BENEFICIARIES, (_BENEFICIARIES.c.person_id == gone) & twice)


def _rename_keys(
    journal: Journal, table: Table, column: str, whose: Any, gone: PersonId, kept: PersonId
) -> None:  # Any: a column of the table
    """Keys name the person as `p17`. One that the other has already stays as it is, and belongs to nobody any more:
    the planner then takes back what it planned twice, and nobody is told the same twice."""
    rows = journal.session.execute(
        select(table).where(whose == gone, table.c[column].contains(f"p{gone}"))
    ).mappings()
    for row in rows.all():
        renamed = "/".join(
            f"p{kept}{part[len(f'p{gone}') :]}" if _names(part, gone) else part
            for part in row[column].split("/")
        )
        if renamed == row[column]:
            continue
        taken = select(table.c.id).where(table.c[column] == renamed)
        if "campaign_id" in table.c:
            taken = taken.where(table.c.campaign_id == row["campaign_id"])
        if journal.session.scalar(taken.limit(1)) is None:
            journal.change(table, row["id"], {column: renamed})


def _names(part: str, person_id: PersonId) -> bool:
    """Whether a part of a key is `p17`, or what is left of it once its visit was held: `p17@2026-09-03.812`."""
    return part == f"p{person_id}" or part.startswith(f"p{person_id}@")


def _rename_in_tellings(journal: Journal, gone: PersonId, kept: PersonId) -> None:
    """What was told of them is told of the one who stays, in every revision: the present is folded from these."""
    rows = journal.session.execute(
        select(_OUTCOMES.c.id, _OUTCOMES.c.told, _OUTCOMES.c.present).where(
            _may_tell_of(gone), _mentions(gone)
        )
    )
    for row in rows.all():
        journal.change(
            _OUTCOMES,
            row.id,
            {"told": _renamed(row.told, gone, kept), "present": _renamed(row.present, gone, kept)},
        )


def _may_tell_of(*people: PersonId) -> Any:  # Any: a condition
    """Whether a telling is of an activity that has to do with these people, or one that was told of more than once.

    Of all the others no text need be searched: whom an only telling lists is on the list of the activity.
    """
    listed = select(Attendance.activity_id).where(Attendance.person_id.in_(people))
    asked = select(Assignment.activity_id).where(Assignment.person_id.in_(people))
    visited = select(Activity.id).where(Activity.subject_person_id.in_(people))
    corrected = select(Outcome.activity_id).where(Outcome.revision > 1)
    return _OUTCOMES.c.activity_id.in_(listed.union(asked, visited, corrected))


def _mentions(person_id: PersonId) -> Any:  # Any: a condition
    """Whether a telling may name a person; the number may be a longer one's beginning."""
    return or_(
        *(
            sql_cast(column, Text).contains(f'"person_id": {person_id}')
            for column in (_OUTCOMES.c.told, _OUTCOMES.c.present)
        )
    )


def _renamed(value: Any, gone: PersonId, kept: PersonId) -> Any:  # Any: JSON
    if isinstance(value, dict):
        return {
            name: kept if name == "person_id" and each == gone else _renamed(each, gone, kept)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_renamed(each, gone, kept) for each in value]
    return value


def raise_versions(session: Session, moved: Mapping[str, Sequence[int]]) -> None:
    """Whoever has read one of these records must see that it is another now. Never taken back."""
    activities = {*moved.get("activities.subject_person_id", ()), *moved.get("attendances.person_id", ())}
    for some in in_batches(moved.get("assignments.person_id", ())):
        activities.update(session.scalars(select(Assignment.activity_id).where(Assignment.id.in_(some))))
    for table, ids in (
        (_ACTIVITIES, activities),
        (_MATTERS, moved.get("matters.person_id", ())),
    ):
        for some in in_batches(sorted(ids)):
            session.execute(update(table).where(table.c.id.in_(some)).values(version=table.c.version + 1))
