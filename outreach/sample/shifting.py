"""The files of the sample county, moved so that they speak of the months around a day. Pure, but for reading files.

Its campaigns begin some months before that day and end with the year after it; people keep their ages; whatever
happened once keeps its distance to the day.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from calendars.schedules import months_after

Row = dict[str, str]

WRITTEN_IN: Final = 2026
LAST_RECORD: Final = date(2026, 10, 31)
"""The last day of which the files tell."""
MONTHS_RECORDED: Final = 9
_VISITED_SINCE_DAYS: Final = 55
_FIRST_VISITS: Final = ("GXS",)
"""Units whose people are visited by a cadence."""


@dataclass(frozen=True, slots=True)
class Times:
    """When the county's story takes place."""

    today: date

    @property
    def begins(self) -> date:
        """The first day of the campaigns."""
        return months_after(self.today.replace(day=1), -MONTHS_RECORDED)

    @property
    def ends(self) -> date:
        """The last day of the campaigns."""
        return date(self.today.year + 1, 12, 31)

    @property
    def last_record(self) -> date:
        """Yesterday: what is told goes up to it."""
        return self.today - timedelta(days=1)

    def moved(self, day: str) -> str:
        """A day of the files at the same distance from the last record; an empty one stays empty."""
        if not day:
            return ""
        return (date.fromisoformat(day) + (self.last_record - LAST_RECORD)).isoformat()

    def aged(self, birth_date: str) -> str:
        """A birth date so many years later that its person is as old as in the files."""
        if not birth_date:
            return ""
        return in_year(date.fromisoformat(birth_date), self.today.year - WRITTEN_IN).isoformat()


def in_year(day: date, years: int) -> date:
    """The same day some years later; the 29th of February clips."""
    return months_after(day, 12 * years)


def read(folder: Path, table: str) -> list[Row]:
    """The rows of one file."""
    with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def write_moved(folder: Path, into: Path, times: Times) -> None:
    """Write units, people, teams, pairings and campaigns as they are around the day, ready to be imported."""
    _write(into, "units", read(folder, "units"))
    _write(into, "people", list(_people(read(folder, "people"), times)))
    _write(into, "teams", read(folder, "teams"))
    _write(into, "pairings", list(_pairings(read(folder, "pairings"), times)))
    _write(into, "campaigns", [_campaign(row, times) for row in read(folder, "campaigns")])


def _people(rows: Sequence[Row], times: Times) -> Iterator[Row]:
    """Those whom a cadence visits came at different days, so that they are not all due on the same one."""
    visited = count()
    for row in rows:
        row = row | {
            "birth_date": times.aged(row["birth_date"]),
            "since": times.moved(row["since"]),
            "until": times.moved(row["until"]),
        }
        if row["unit_code"] in _FIRST_VISITS:
            row["since"] = _before(times, next(visited))
        yield row


def _pairings(rows: Sequence[Row], times: Times) -> Iterator[Row]:
    for number, row in enumerate(rows):
        yield row | {"since": _before(times, number), "until": times.moved(row["until"])}


def _before(times: Times, number: int) -> str:
    """A day shortly before the story begins, another for each number."""
    return (times.begins - timedelta(days=1 + 7 * number % _VISITED_SINCE_DAYS)).isoformat()


def _campaign(row: Row, times: Times) -> Row:
    return row | {
        "schedule": _schedule(row["schedule"], times),
        "starts_on": times.begins.isoformat(),
        "ends_on": times.ends.isoformat(),
    }


def _schedule(text: str, times: Times) -> str:
    """Listed days come every year, and no rule ends before its campaign."""
    if text.startswith("DATES:"):
        listed = sorted({day[5:] for day in text.removeprefix("DATES:").split(",")})
        years = range(times.begins.year, times.ends.year + 1)
        days = (date.fromisoformat(f"{year:04}-{day}") for year in years for day in listed)
        return "DATES:" + ",".join(day.isoformat() for day in days if times.begins <= day <= times.ends)
    return ";".join(part for part in text.split(";") if not part.startswith("UNTIL="))


def _write(folder: Path, table: str, rows: Sequence[Row]) -> None:
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
