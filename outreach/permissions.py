"""Who may see and do what. The only place that knows; every route and every list asks it.

A right is a role in a unit and everything below it, as the tree stands today. Two questions follow from it: which units
somebody reaches for a deed (`reach`), as a WHERE clause for lists, and whether one thing may be acted on (`expect`):
what lies outside the units one sees is not found, what one sees but may not do is forbidden.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, false, literal_column, select, true
from sqlalchemy.orm import Session, aliased

from models import Tie
from models.base import AccountId, UnitId
from models.enums import AccountRole, TieKind, Via
from outreach.errors import Forbidden, NotFound
from outreach.units import subtree


class Deed(Enum):
    """What somebody wants to do."""

    SEE = "see"
    """Read what is planned and what was done."""
    SEE_LEDGER = "see_ledger"
    """Read who received money or goods: a right of its own, so that it can be narrowed in one place."""
    SEE_CASES = "see_cases"
    """Know of whom a case is and what it is about; who only sees learns how many there are."""
    RECORD = "record"
    """Tell what happened: outcomes, cases, suggestions, money and goods; confirm or decline for somebody."""
    PLAN = "plan"
    """Change units, people, teams, pairings, campaigns and activities; reverse an entry; issue feeds."""
    SIGN = "sign"
    """Sign and close a month, and correct it afterwards."""
    ADMINISTER = "administer"
    """Accounts, tokens, settings, holidays, imports, the clockwork."""
    SEE_TRAIL = "see_trail"
    """Read who looked at or changed what: more than the things themselves tell whoever may only see."""


_EVERYBODY = frozenset(AccountRole)
_PLANNERS = frozenset({AccountRole.ADMINISTRATOR, AccountRole.COORDINATOR})
ROLES: Mapping[Deed, frozenset[AccountRole]] = MappingProxyType(
    {
        Deed.SEE: _EVERYBODY,
        Deed.SEE_LEDGER: _EVERYBODY,
        Deed.SEE_CASES: _PLANNERS | {AccountRole.RECORDER},
        Deed.RECORD: _PLANNERS | {AccountRole.RECORDER},
        Deed.PLAN: _PLANNERS,
        Deed.SIGN: _PLANNERS,
        Deed.ADMINISTER: frozenset({AccountRole.ADMINISTRATOR}),
        Deed.SEE_TRAIL: frozenset({AccountRole.ADMINISTRATOR}),
    }
)
"""Which roles may do it."""


@dataclass(frozen=True, slots=True)
class Right:
    """A role in a unit and everything below it; without a unit, everywhere."""

    role: AccountRole
    unit_id: UnitId | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf something is done. `name` is what records, revisions and steps are signed with."""

    name: str
    account_id: AccountId | None = None
    rights: tuple[Right, ...] = ()
    via: Via | None = None


CONSOLE = Actor("console", rights=(Right(AccountRole.ADMINISTRATOR),), via=Via.CONSOLE)
"""The person at the server's own command line."""

CLOCKWORK = Actor("clockwork", rights=(Right(AccountRole.ADMINISTRATOR),), via=Via.CLOCKWORK)
"""What happens by itself."""


_Placed = aliased(Tie)


@dataclass(frozen=True, slots=True)
class Reach:
    """The units within which somebody may do something; None stands for everywhere, also for what has no unit."""

    unit_ids: frozenset[UnitId] | None

    @property
    def is_everywhere(self) -> bool:
        return self.unit_ids is None

    def __contains__(self, unit_id: UnitId | None) -> bool:
        return self.unit_ids is None or unit_id in self.unit_ids

    def __bool__(self) -> bool:
        """Whether it reaches anything at all."""
        return self.unit_ids is None or bool(self.unit_ids)

    def of(
        self, column: Any
    ) -> ColumnElement[bool]:  # Any: a column or a mapped attribute of either nullability
        """The WHERE clause for rows whose unit is in this column."""
        if self.unit_ids is None:
            return true()
        return column.bool_op("IN")(_listed(self.unit_ids)) if self.unit_ids else false()

    def of_person(self, person_id: Any, *, on: date) -> ColumnElement[bool]:  # Any: as above
        """The WHERE clause for rows about a person: by the unit that stands for the person on that day (rule 38)."""
        if self.unit_ids is None:
            return true()
        placed = select(Tie.subject_person_id).where(
            Tie.kind == TieKind.PLACEMENT, Tie.since <= on, Tie.until >= on, self.of(Tie.object_unit_id)
        )
        return person_id.in_(placed)  # type: ignore[no-any-return]  # see Any

    def of_each_person(self, person_id: Any, *, on: date) -> ColumnElement[bool]:  # Any: as above
        """The same, asked for each row: where other conditions leave few rows, of which a county need not be listed."""
        if self.unit_ids is None:
            return true()
        placed = select(_Placed.id).where(
            _Placed.subject_person_id == person_id,
            _Placed.kind == TieKind.PLACEMENT,
            _Placed.since <= on,
            _Placed.until >= on,
            self.of(_Placed.object_unit_id),
        )
        return placed.exists()


EVERYWHERE = Reach(None)


@lru_cache(maxsize=512)
def _listed(unit_ids: frozenset[UnitId]) -> ColumnElement[int]:
    """The units, written out in a statement: a county has hundreds, and a statement may ask for them a dozen times.

    As parameters they would be taken apart at each asking, and no database takes any number of them.
    """
    return literal_column(f"({', '.join(str(int(unit_id)) for unit_id in sorted(unit_ids))})")


def reach(session: Session, actor: Actor, deed: Deed, *, on: date) -> Reach:
    """The units within which the actor may do the deed, by the tree of that day (today)."""
    units: set[UnitId] = set()
    for unit_id in _granted(actor, deed):
        if unit_id is None:
            return EVERYWHERE
        if unit_id not in units:
            units.update(subtree(session, unit_id, on=on))
    return Reach(frozenset(units))


def common(one: Reach, other: Reach) -> Reach:
    """The units that both reach."""
    if one.unit_ids is None:
        return other
    return one if other.unit_ids is None else Reach(one.unit_ids & other.unit_ids)


def seen(session: Session, actor: Actor, *, on: date) -> Reach:
    """The units that the actor sees."""
    return reach(session, actor, Deed.SEE, on=on)


def may(actor: Actor, deed: Deed) -> bool:
    """Whether the actor may do the deed anywhere at all; for menus and buttons."""
    return bool(_granted(actor, deed))


def may_everywhere(actor: Actor, deed: Deed) -> bool:
    """Whether the actor's right to the deed is not bound to a unit."""
    return None in _granted(actor, deed)


def expect(session: Session, actor: Actor, deed: Deed, unit_id: UnitId | None, *, on: date) -> None:
    """Let the deed pass in this unit; raise NotFound where the actor sees nothing, Forbidden where it only sees.

    What belongs to no unit is the business of those whose rights are not bound to one.
    """
    if unit_id in reach(session, actor, deed, on=on):
        return
    if unit_id in seen(session, actor, on=on):
        raise Forbidden
    raise NotFound


def expect_everywhere(actor: Actor, deed: Deed) -> None:
    """Let a deed pass that concerns the whole office; raise Forbidden otherwise."""
    if not may_everywhere(actor, deed):
        raise Forbidden


def expect_somewhere(actor: Actor, deed: Deed) -> None:
    """Let those pass who may do the deed in any unit; raise Forbidden otherwise."""
    if not may(actor, deed):
        raise Forbidden


def units_of_rights(actor: Actor, deed: Deed = Deed.SEE) -> tuple[UnitId | None, ...]:
    """The units named by the rights that allow the deed, None among them for everywhere, in the order granted."""
    return tuple(_granted(actor, deed))


def _granted(actor: Actor, deed: Deed) -> list[UnitId | None]:
    return list(dict.fromkeys(right.unit_id for right in actor.rights if right.role in ROLES[deed]))
