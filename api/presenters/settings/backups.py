"""The backups that are there, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from outreach.backups import BackupThere
from wording import days as day_words
from wording.numbers import figure
from wording.sentences import say

_OLD_DAYS: Final = 2
_OCTETS_IN_A_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class BackupRow:
    name: str
    iso: str
    day: str
    size: str
    why: str


@dataclass(frozen=True, slots=True)
class BackupsShown:
    """`old` is a sentence when the newest one is too long ago."""

    last: str
    old: str
    all: str
    rows: Sequence[BackupRow]


def backups_shown(found: Sequence[BackupThere], *, today: date, language: str) -> BackupsShown:
    """A row for each, the newest first."""
    if not found:
        return BackupsShown(say("settings_page.backups_none", language=language), "", "", ())
    newest = found[0].day
    passed = (today - newest).days
    said = day_words.day(newest, today=today, language=language)
    size = _size(sum(each.octets for each in found), language)
    return BackupsShown(
        last=say("settings_page.backups_last", language=language, moment=said),
        old=say("settings_page.backups_old", language=language, days=passed) if passed > _OLD_DAYS else "",
        all=say("settings_page.backups_all", language=language, count=len(found), size=size),
        rows=[
            BackupRow(
                name=each.file.name,
                iso=each.day.isoformat(),
                day=day_words.day(each.day, today=today, language=language),
                size=_size(each.octets, language),
                why=say(f"settings_page.kept_{each.stays}", language=language),
            )
            for each in found
        ],
    )


def _size(octets: int, language: str) -> str:
    count = figure(max(1, -(-octets // _OCTETS_IN_A_MEGABYTE)))
    return say("settings_page.megabytes", language=language, count=count)
