"""The State Council's notices of working days and holidays, as an administrator entered them, one setting a year."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays, YearCalendar
from models import Campaign, Setting
from models.base import CampaignId
from models.database import hold, in_batches
from models.enums import AuditAction
from outreach.audit import note
from outreach.errors import invalid
from outreach.kept_settings import kept_settings
from outreach.permissions import Actor, Deed, expect_everywhere
from outreach.planning import Move
from outreach.setting_versions import expect_version, version_of

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
_PREFIX: Final = "workdays."


def workdays(session: Session) -> Workdays:
    """The working days of all years: as entered, else as announced, else by the statutory rule (rules 1 and 2)."""
    return _worked_out(frozenset(notices_entered(session).items()))


@lru_cache(maxsize=8)
def _worked_out(notices: frozenset[tuple[int, YearCalendar]]) -> Workdays:
    """The years that were worked out once stay so for as long as nobody enters another notice."""
    return Workdays.of(dict(notices))


def notices_entered(session: Session) -> Mapping[int, YearCalendar]:
    """The calendars that somebody entered, by year."""
    return {
        int(name.removeprefix(_PREFIX)): _read(value)
        for name, value in kept_settings(session).items()
        if name.startswith(_PREFIX)
    }


def version_of_notice(notice: YearCalendar | None) -> int:
    """Whether a year's entered calendar is still what somebody looked at; None: nothing was entered."""
    return version_of(None if notice is None else _write(notice))


def expect_notice(session: Session, year: int, version: int | None) -> None:
    """Raise Stale when the year's calendar is not the one of that version; holds it until the transaction ends."""
    hold(session, f"{_PREFIX}{year}")
    expect_version(version, version_of_notice(notices_entered(session).get(year)))


def forget_notice(session: Session, year: int, *, by: Actor, now: datetime) -> bool:
    """Go back to what is known of a year without the calendar entered; False when none was. The edge plans anew."""
    expect_everywhere(by, Deed.ADMINISTER)
    known = session.get(Setting, f"{_PREFIX}{year}")
    if known is None:
        return False
    note(session, by, AuditAction.REMOVED, "settings", year, now=now, before=known.value)
    session.delete(known)
    session.flush()
    return True


def take_notice(session: Session, year: int, notice: YearCalendar, *, by: Actor, now: datetime) -> bool:
    """Keep the official calendar of a year in place of the one known so far; False when it says nothing new.

    What it moves is for the planner to move: the edge plans afterwards, in the same transaction, with `workdays` asked
    anew. Raises Forbidden, and Invalid for a year outside 2000 to 2100.
    """
    expect_everywhere(by, Deed.ADMINISTER)
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


def campaigns_moved(session: Session, moves: Sequence[Move]) -> Mapping[CampaignId, str]:
    """The names of the campaigns of which something moved."""
    found: dict[CampaignId, str] = {}
    for some in in_batches({move.campaign_id for move in moves}):
        rows = session.execute(select(Campaign.id, Campaign.name).where(Campaign.id.in_(some)))
        found |= dict(rows.all())
    return found


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
