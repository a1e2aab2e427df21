"""The list of who came: a row a person with three answers and two times of day, or the minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.forms.attendance import ANSWERS, Hours, people_listed
from api.forms.outcome import OTHERS, Typed
from api.presenters.activity.outcome import Choice, FaultLink, anchor
from models.enums import AttendanceState
from outreach.activities.sheet import Named, Sheet
from outreach.assignment.places import ANY_ROLE
from outreach.metrics import PRESENT_STATES
from wording import days as day_words
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class AttendanceRow:
    code: str
    name: str
    role: str
    answers: Sequence[Choice]
    begins: str
    ends: str
    minutes: str
    instead: str
    told: str
    """As what they are told of, for who only reads."""
    is_there: bool
    fault: str
    """Of the answer, the times or minutes, or the name, whichever comes first."""
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AttendancePage:
    version: str
    is_stale: bool
    by_clock: bool
    """Whether times of day are asked for; else minutes."""
    planned_minutes: str
    rows: Sequence[AttendanceRow]
    hidden: int
    """How many are too many to go through one by one."""
    others: str
    faults: Mapping[str, str]
    fault_links: Sequence[FaultLink]
    planned_on: str


def attendance_page(
    sheet: Sheet,
    hours: Hours,
    typed: Typed,
    *,
    faults: Mapping[str, str],
    is_stale: bool,
    today: date,
    language: str,
) -> AttendancePage:
    """The list with what was typed. When somebody was first, it carries the version that stands now."""
    told = {each.person: each.state for each in (sheet.present.attendance if sheet.present else ())}
    listed = people_listed(sheet)
    return AttendancePage(
        version=str(sheet.version) if is_stale else typed.get("version", ""),
        is_stale=is_stale,
        by_clock=hours.by_clock,
        planned_minutes="" if hours.minutes is None else str(hours.minutes),
        rows=[_row(each, told.get(each.code), typed, faults, language) for each in listed],
        hidden=len(sheet.people) - len(listed),
        others=typed.get(OTHERS, ""),
        faults=faults,
        fault_links=[FaultLink(anchor(name), words) for name, words in faults.items()],
        planned_on=day_words.day(sheet.day, today=today, language=language),
    )


def _row(
    person: Named, told: AttendanceState | None, typed: Typed, faults: Mapping[str, str], language: str
) -> AttendanceRow:
    code = person.code
    answer = typed.get(f"there.{code}", "")
    own = {
        kind: faults[f"{kind}.{code}"]
        for kind in ("there", "from", "to", "minutes", "instead")
        if f"{kind}.{code}" in faults
    }
    return AttendanceRow(
        code=code,
        name=person.name,
        role="" if person.role == ANY_ROLE else person.role,
        answers=[
            Choice(each, say(f"recording.answer_{each}", language=language), each == answer)
            for each in ANSWERS
        ],
        begins=typed.get(f"from.{code}", ""),
        ends=typed.get(f"to.{code}", ""),
        minutes=typed.get(f"minutes.{code}", ""),
        instead=typed.get(f"instead.{code}", ""),
        told="" if told is None else say(f"recording.there_{told}", language=language),
        is_there=told in PRESENT_STATES,
        fault=next(iter(own.values()), ""),
        faults=own,
    )
