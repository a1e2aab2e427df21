"""What the form above the audit trail asks for, from the address of the page."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from api.forms.typed import Reading, Typed
from calendars.timezones import at
from models.enums import AuditAction
from outreach.audit_trail import TrailAsked
from outreach.errors import Fault

Text = Annotated[str, Query(max_length=64)]
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AskedInAddress:
    """The fields as they stand in the address."""

    typed: Typed

    @property
    def filled(self) -> dict[str, str]:
        """Those that say something, for the links to other pages of the same."""
        return {name: value for name, value in self.typed.items() if value.strip()}


def asked_in_address(
    person: Text = "",
    account: Text = "",
    action: Text = "",
    table: Text = "",
    record: Text = "",
    since: Text = "",
    until: Text = "",
) -> AskedInAddress:
    """Every question is a plain link, so that one can be sent to somebody."""
    return AskedInAddress(
        {
            "person": person,
            "account": account,
            "action": action,
            "table": table,
            "record": record,
            "since": since,
            "until": until,
        }
    )


TheAsked = Annotated[AskedInAddress, Depends(asked_in_address)]


@dataclass(slots=True)
class AskedReading:
    """What could be read; what could not is left out and told."""

    asked: TrailAsked
    faults: list[Fault] = field(default_factory=list)


def read_asked(typed: Typed, zone: ZoneInfo) -> AskedReading:
    """The entries asked for. Days are local ones, both inclusive; `record` is TABLE:ID."""
    reading = Reading(typed)
    since, until = reading.day("since"), reading.day("until")
    action = reading.word("action", AuditAction)
    table, _, number = typed.get("record", "").partition(":")
    row_id = int(number) if number.isdecimal() and len(number) < 16 else None
    return AskedReading(
        TrailAsked(
            person_code=typed.get("person", "").strip() or None,
            account=typed.get("account", "").strip() or None,
            action=action,
            table=(table if row_id is not None else typed.get("table", "").strip()) or None,
            row_id=row_id,
            since=None if since is None else _begin(since, zone),
            until=None if until is None or until == date.max else _begin(until + _ONE_DAY, zone),
        ),
        reading.faults,
    )


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return at(day, time.min, zone)
