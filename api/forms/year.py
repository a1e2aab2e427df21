"""Decisions about clashes as a form says them."""

from dataclasses import dataclass
from datetime import date

from api.forms.typed import Reading, Typed
from outreach.errors import Fault, Invalid

_DIGEST = 64


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of a clash: `keeps` lets it stay, otherwise it is to be decided again."""

    facts: str
    day: date
    keeps: bool
    note: str | None


def read_decision(typed: Typed) -> Decision:
    """Raises Invalid for a form that is none of ours."""
    reading = Reading(typed)
    day = reading.day("day")
    note = reading.text("note")
    facts = typed.get("facts", "")
    if day is None or len(facts) != _DIGEST or typed.get("do") not in ("keep", "reopen"):
        raise Invalid([*reading.faults, Fault("day", "errors.missing")])
    reading.expect_none()
    return Decision(facts, day, typed["do"] == "keep", note)
