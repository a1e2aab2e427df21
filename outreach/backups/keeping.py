"""Which backups stay: one a day, of older days one a week, of still older weeks one a month."""

import re
import shutil
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from calendars.periods import month_before
from outreach.backups.file import ASIDE, BACKUPS, Pulse, no_pulse
from outreach.backups.writing import BackupReport, backup
from outreach.errors import Conflict
from outreach.house_rules import RetentionRules

_DAILY: Final = re.compile(r"yinling-(\d{4}-\d\d-\d\d)\.zip")
_BEFORE_UPGRADE: Final = re.compile(r"before-upgrade-(\d{4})(\d\d)(\d\d)-\d{6}\.zip")
_ABANDONED_AFTER_SECONDS: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Kept:
    """What one night's backup came to."""

    file: Path
    report: BackupReport
    removed: int
    """Older ones that made room."""
    kept: int
    """All that are there now, this one among them."""


def keep_daily(
    engine: Engine, *, data: Path, today: date, now: datetime, rules: RetentionRules, pulse: Pulse = no_pulse
) -> Kept:
    """Write the day's backup into the data folder, then remove those whose time is over.

    Made twice on a day, the later one stands. Nothing is removed unless the new one is whole; files that are no backups
    of ours are left alone. Raises Conflict when it cannot be written.
    """
    folder = data / BACKUPS
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise Conflict("backups.unwritable", file=str(folder), why=why) from error
    file = folder / name_of(today)
    report = backup(engine, file, data=data, now=now, pulse=pulse)
    _clear_away_abandoned(folder, file)
    removed = _prune(folder, today, rules)
    return Kept(file, report, removed, len(_dated(folder, _DAILY)))


@dataclass(frozen=True, slots=True)
class BackupThere:
    """A backup that is there. `stays` says why it outlives the next one: daily, weekly, monthly, upgrade, or not."""

    file: Path
    day: date
    octets: int
    stays: str


def backups_there(data: Path, *, rules: RetentionRules) -> Sequence[BackupThere]:
    """The backups in the data folder, the newest first; raises OSError for a folder that cannot be read."""
    folder = data / BACKUPS
    if not folder.is_dir():
        return []
    daily = _dated(folder, _DAILY)
    found = [
        BackupThere(file, day, file.stat().st_size, why_kept(day, daily.values(), rules))
        for file, day in daily.items()
    ]
    upgrades = _dated(folder, _BEFORE_UPGRADE).items()
    found += [BackupThere(file, day, file.stat().st_size, "upgrade") for file, day in upgrades]
    return sorted(found, key=lambda each: (each.day, each.file.name), reverse=True)


def why_kept(day: date, days: Collection[date], rules: RetentionRules) -> str:
    """Which of the three counts keeps the backup of a day; `until_next` when none does."""
    for why, counts in (
        ("daily", (rules.backups_daily, 0, 0)),
        ("weekly", (1, rules.backups_weekly, 0)),
        ("monthly", (1, 0, rules.backups_monthly)),
    ):
        number, weeks, months = counts
        if day in days_to_keep(days, daily=number, weekly=weeks, monthly=months):
            return why
    return "until_next"


def name_of(day: date) -> str:
    """What the backup of a day is called."""
    return f"yinling-{day.isoformat()}.zip"


def days_to_keep(days: Collection[date], *, daily: int, weekly: int, monthly: int) -> set[date]:
    """Of the days that have a backup, those whose backup stays.

    These are the last `daily` of them, the last one in each of the last `weekly` ISO weeks that have any, and the last
    one in each of the last `monthly` months. `daily` is one at least, so the newest always stays.
    """
    return {
        *_newest_of_each(days, lambda day: day, max(daily, 1)),
        *_newest_of_each(days, lambda day: day.isocalendar()[:2], weekly),
        *_newest_of_each(days, lambda day: (day.year, day.month), monthly),
    }


def _newest_of_each(days: Collection[date], span: Callable[[date], Hashable], count: int) -> list[date]:
    newest: dict[Hashable, date] = {}
    for day in sorted(days, reverse=True):
        newest.setdefault(span(day), day)
    return list(newest.values())[:count]


def _prune(folder: Path, today: date, rules: RetentionRules) -> int:
    daily = _dated(folder, _DAILY)
    stay = days_to_keep(
        daily.values(),
        daily=rules.backups_daily,
        weekly=rules.backups_weekly,
        monthly=rules.backups_monthly,
    )
    # That of today is known to be whole; a day ahead was written while the clock was wrong.
    gone = [file for file, day in daily.items() if day not in stay and day != today]
    oldest = today.replace(day=1)
    for _ in range(max(rules.backups_monthly, 1)):
        oldest = month_before(oldest)
    gone += [file for file, day in _dated(folder, _BEFORE_UPGRADE).items() if day < oldest]
    for file in gone:
        file.unlink(missing_ok=True)
    return len(gone)


def _dated(folder: Path, pattern: re.Pattern[str]) -> dict[Path, date]:
    """The files of a kind, with the day that their names say."""
    found: dict[Path, date] = {}
    for file in folder.iterdir():
        named = pattern.fullmatch(file.name)
        if named is None or not file.is_file():
            continue
        try:
            found[file] = date.fromisoformat("-".join(named.groups()))
        except ValueError:
            continue
    return found


def _clear_away_abandoned(folder: Path, made: Path) -> None:
    """What a backup that was cut off in the middle has left behind."""
    newest = made.stat().st_mtime
    for left in folder.glob(f"{ASIDE}*"):
        if left.is_dir() and newest - left.stat().st_mtime > _ABANDONED_AFTER_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
