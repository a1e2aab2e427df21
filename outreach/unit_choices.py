"""The units among which somebody may choose what to look at: those within a reach, as the tree stands on a day."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import Final

from sqlalchemy.orm import Session

from models.base import UnitId
from outreach.errors import NotFound
from outreach.permissions import Actor, Deed, Reach, units_of_rights
from outreach.remembered import remembered
from outreach.units import named_parents

MADE_OF: Final = frozenset({"ties", "units"})


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit in the list; `depth` is 0 for those that have nothing above them within the reach."""

    id: UnitId
    code: str
    name: str
    depth: int


def unit_choices(session: Session, within: Reach, *, on: date) -> tuple[UnitChoice, ...]:
    """The units within a reach, each before those below it; beside each other in the order they were founded."""
    return remembered(
        session, ("unit_choices", within, on), lambda: _unit_choices(session, within, on), made_of=MADE_OF
    )


def _unit_choices(session: Session, within: Reach, on: date) -> tuple[UnitChoice, ...]:
    tree = named_parents(session, on=on)
    children: dict[UnitId | None, list[UnitId]] = defaultdict(list)
    for unit_id, (_, _, parent_id) in tree.items():
        if unit_id in within:
            children[parent_id if parent_id in tree and parent_id in within else None].append(unit_id)

    def below(parent_id: UnitId | None, depth: int) -> Iterator[UnitChoice]:
        for unit_id in children.get(parent_id, ()):
            code, name, _ = tree[unit_id]
            yield UnitChoice(unit_id, code, name, depth)
            yield from below(unit_id, depth + 1)

    return tuple(below(None, 0))


def chosen_unit(choices: Sequence[UnitChoice], code: str | None, *, by: Actor) -> UnitChoice:
    """The choice of a code; without one, the unit of one's first right. Raises NotFound when there is none such."""
    if code is not None:
        found = next((each for each in choices if each.code == code), None)
    else:
        first = next(iter(units_of_rights(by, Deed.SEE)), None)
        found = next((each for each in choices if first in (None, each.id)), None)
    if found is None:
        raise NotFound
    return found


def below(choices: Sequence[UnitChoice], chosen: UnitChoice) -> Reach:
    """A choice and all those below it."""
    rest = choices[choices.index(chosen) + 1 :]
    deeper = takewhile(lambda each: each.depth > chosen.depth, rest)
    return Reach(frozenset({chosen.id, *(each.id for each in deeper)}))
