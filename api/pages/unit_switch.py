"""The switch between the units of somebody's rights, which stands in the head of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import Query
from sqlalchemy.orm import Session

from models.base import UnitId
from outreach.errors import NotFound
from outreach.permissions import Actor, Reach, seen
from outreach.unit_choices import UnitChoice, below, chosen_unit, unit_choices

UNIT_COOKIE: Final = "yinling_unit"
"""The unit that was chosen last, for the pages whose address names none."""

UnitAsked = Annotated[str | None, Query(alias="unit", max_length=64)]


NO_UNIT: Final = UnitChoice(UnitId(0), "", "", 0)
"""What an office looks at that has no unit yet: nothing, so that its first ones can be made."""


@dataclass(frozen=True, slots=True)
class UnitSwitch:
    """The units to choose from, the chosen one, and what a list then reaches."""

    choices: tuple[UnitChoice, ...]
    chosen: UnitChoice
    within: Reach


def unit_switch(
    session: Session, actor: Actor, code: str | None, *, today: date, last: str | None = None
) -> UnitSwitch:
    """The switch as a request sets it; without a code at the unit chosen last, else at that of one's first right.

    Raises NotFound for a unit outside one's rights, and for somebody who has none. While there is no unit at all, it
    is `NO_UNIT` for those whose rights are not bound to one.
    """
    within = seen(session, actor, on=today)
    choices = unit_choices(session, within, on=today)
    if not choices and within.is_everywhere and not code:
        return UnitSwitch((), NO_UNIT, within)
    chosen = chosen_unit(choices, code, by=actor) if code else _last(choices, last, actor)
    return UnitSwitch(choices, chosen, below(choices, chosen))


def _last(choices: Sequence[UnitChoice], last: str | None, actor: Actor) -> UnitChoice:
    """A unit remembered from another day may be out of reach by now."""
    try:
        return chosen_unit(choices, last or None, by=actor)
    except NotFound:
        return chosen_unit(choices, None, by=actor)
