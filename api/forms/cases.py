"""What somebody typed about a case: its facts, a task, its closing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.forms.typed import Reading, Typed
from calendars.timezones import at, local_day
from outreach import fields
from outreach.cases import CaseColumns, CaseView
from outreach.errors import Fault
from outreach.matters.tasks import TASKS

FIELDS: Final = ("kind", "person_code", "opened_on", "due_on", "text")


@dataclass(frozen=True, slots=True)
class TaskTyped:
    """A task as typed: done on a day, or (None) not done."""

    done_on: date | None
    note: str | None
    version: int | None


def case_opened(
    view: CaseView | None, *, today: date, zone: ZoneInfo, person: str = "", text: str = ""
) -> Typed:
    """How the form of a case stands when it is opened, for a new one (None) or one that is known."""
    if view is None:
        return {"opened_on": today.isoformat(), "person_code": person, "text": text, "version": ""}
    return {
        "kind": view.kind,
        "person_code": view.person_code or "",
        "opened_on": view.opened_on.isoformat(),
        "due_on": "" if view.told_due_at is None else due_day(view.told_due_at, zone).isoformat(),
        "text": view.text or "",
        "version": str(view.version),
    }


def read_case(reading: Reading, *, today: date, zone: ZoneInfo, kinds: Sequence[str]) -> CaseColumns:
    """The facts of a case, but whom the form means; faults stay with the reading.

    What asks for nothing by itself needs a day for the next contact, so that no open case is without one. A form that
    does not name the text leaves it as it is.
    """
    kind = reading.typed.get("kind", "").strip()
    if not kind:
        reading.faults.append(Fault("kind", "matters.kind_missing"))
    elif kind not in kinds:
        reading.faults.append(Fault("kind", "cases.unknown_kind"))
    columns: CaseColumns = {"kind": kind}
    if "text" in reading.typed:
        columns["text"] = reading.text("text")
    opened_on = reading.needed("opened_on", fields.day)
    if opened_on is not None and opened_on > today:
        reading.faults.append(Fault("opened_on", "cases.not_yet"))
    columns["opened_on"] = opened_on
    due_on = reading.day("due_on")
    if due_on is None and kind in kinds and kind not in TASKS:
        reading.faults.append(Fault("due_on", "cases.next_contact_needed"))
    if due_on is not None and opened_on is not None and due_on < opened_on:
        reading.faults.append(Fault("due_on", "cases.due_before_opened"))
    columns["due_at"] = None if due_on is None else end_of(due_on, zone)
    return columns


def read_task(typed: Typed) -> TaskTyped:
    """What is said of a task; raises Invalid."""
    reading = Reading(typed)
    told = TaskTyped(reading.day("done_on"), reading.text("note"), reading.version())
    reading.expect_none()
    return told


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """What is owed by a day is due at that day's end."""
    return at(day + timedelta(1), time(0), zone)


def due_day(due_at: datetime, zone: ZoneInfo) -> date:
    """The last day on which it is not late."""
    return local_day(due_at - timedelta(microseconds=1), zone)
