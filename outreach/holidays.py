"""The State Council's notices of working days and holidays, as an administrator entered them, one setting a year."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays, YearCalendar
from models import Setting
from models.enums import AuditAction
from outreach.audit import note
from outreach.errors import invalid
from outreach.permissions import Actor

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
_PREFIX: Final = "workdays."


def workdays(session: Session) -> Workdays:
    """The working days of all years: as entered, else as announced, else by the statutory rule (rules 1 and 2)."""
    settings = session.scalars(select(Setting).where(Setting.name.startswith(_PREFIX, autoescape=True)))
    return Workdays.of({int(each.name.removeprefix(_PREFIX)): _read(each.value) for each in settings})


def take_notice(session: Session, year: int, notice: YearCalendar, *, by: Actor, now: datetime) -> bool:
    """Keep the official calendar of a year in place of the one known so far; False when it says nothing new.

    What it moves is for the planner to move: the edge plans afterwards, in the same transaction, with `workdays` asked
    anew. Raises Invalid for a year outside 2000 to 2100.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise invalid("year", "planning.year_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
    written = _write(notice)
    known = session.get(Setting, f"{_PREFIX}{year}")
    before = None if known is None else known.value
    if before == written:
        return False
    if known is None:
        session.add(Setting(name=f"{_PREFIX}{year}", value=written))
    else:
        known.value = written
    action = AuditAction.CREATED if known is None else AuditAction.CHANGED
    note(session, by, action, "settings", year, now=now, before=before, after=written)
    session.flush()
    return True


def _write(notice: YearCalendar) -> dict[str, list[str]]:
    return {
        "free": [day.isoformat() for day in sorted(notice.free)],
        "work": [day.isoformat() for day in sorted(notice.work)],
    }


def _read(value: dict[str, list[str]]) -> YearCalendar:
    return YearCalendar(
        free=frozenset(date.fromisoformat(day) for day in value["free"]),
        work=frozenset(date.fromisoformat(day) for day in value["work"]),
    )
