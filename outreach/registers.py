"""What cases, suggestions and the ledger have in common: codes in bodies, rights by unit, notes in the audit trail."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import Matter
from models.base import MatterId, UnitId
from models.enums import (
    AuditAction,
    MatterFace,
    MatterStepKind,
)
from outreach import campaigns, matters, organisation, people
from outreach.audit import note
from outreach.errors import Conflict, Fault, Invalid, invalid
from outreach.permissions import Actor, Deed, Reach, expect, seen


def of_unit_and_person(
    session: Session, unit_code: str | None, person_code: str | None, within: Reach, today: date
) -> Iterable[ColumnElement[bool]]:
    """The conditions on matters of a unit and of a person; raises NotFound for a code that is not seen."""
    if unit_code is not None:
        yield organisation.reach_of_unit(session, unit_code, within=within, today=today).of(Matter.unit_id)
    if person_code is not None:
        yield (Matter.person_id == people.person_id_of(session, person_code, within=within, today=today))


def expect_seen(session: Session, told: Mapping[str, str | None], *, within: Reach, today: date) -> None:
    """Raise Invalid naming every code in a body that is unknown or out of reach."""
    person, unit, campaign = (told.get(f"{noun}_code") for noun in ("person", "unit", "campaign"))
    known: Mapping[str, Collection[str]] = {
        "person": people.find_people(session, _listed(person), within=within, today=today),
        "unit": organisation.find_units(session, _listed(unit), within=within),
        "campaign": campaigns.find_campaigns(session, _listed(campaign), within=within),
    }
    faults = [
        Fault(f"{noun}_code", f"errors.no_such_{noun}", {"code": code})
        for noun, code in (("person", person), ("unit", unit), ("campaign", campaign))
        if code and code not in known[noun]
    ]
    if faults:
        raise Invalid(faults)


def expect_to_record(session: Session, unit_id: UnitId | None, *, by: Actor, today: date) -> None:
    """Let something be recorded for a unit; what has none needs one, unless one's right is to everything.

    Raises Invalid where no unit follows from what was told, or one that the actor does not see; Forbidden.
    """
    if unit_id not in seen(session, by, on=today):
        raise invalid("unit_code", "errors.missing" if unit_id is None else "errors.outside_your_units")
    expect(session, by, Deed.RECORD, unit_id, on=today)


def free_code(session: Session, face: MatterFace, code: str | None) -> None:
    """Raise Conflict for a code that is taken."""
    if code is None:
        return
    if session.scalar(select(Matter.id).where(Matter.face == face, Matter.code == code)) is not None:
        raise Conflict("errors.code_taken", code=code)


def note_change(
    session: Session,
    matter: Matter,
    action: AuditAction,
    columns: Mapping[str, object],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """What matters say is about people: the trail names the columns, never the values (rule 54)."""
    after = {"columns": sorted(columns)}
    note(session, by, action, "matters", matter.id, now=now, person_id=matter.person_id, after=after)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a matter's story."""

    step: MatterStepKind
    on: date
    by: str
    note: str | None


def story_of(session: Session, matter_id: MatterId) -> Sequence[Step]:
    """What became of a matter, step by step."""
    return [Step(each.step, each.on_day, each.by, each.note) for each in matters.steps_of(session, matter_id)]


def _listed(code: str | None) -> list[str]:
    return [code] if code else []
