"""The switch between the units of somebody's rights, which stands in the head of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Query
from sqlalchemy.orm import Session

from outreach.permissions import Actor, Reach, seen
from outreach.unit_choices import UnitChoice, below, chosen_unit, unit_choices

UnitAsked = Annotated[str | None, Query(alias="unit", max_length=64)]


@dataclass(frozen=True, slots=True)
class UnitSwitch:
    """The units to choose from, the chosen one, and what a list then reaches."""

    choices: Sequence[UnitChoice]
    chosen: UnitChoice
    within: Reach


def unit_switch(session: Session, actor: Actor, code: str | None, *, today: date) -> UnitSwitch:
    """The switch as a request sets it; without a code at the unit of one's first right.

    Raises NotFound for a unit outside one's rights, and for somebody who has none.
    """
    within = seen(session, actor, on=today)
    choices = unit_choices(session, within, on=today)
    chosen = chosen_unit(choices, code or None, by=actor)
    return UnitSwitch(choices, chosen, below(choices, chosen))
