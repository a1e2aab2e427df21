"""Pairings in words: a row each, and the form of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api.presenters.forms import Option
from calendars.schedules import ScheduleFault, parse_interval
from outreach.pairing_register import Line, Room
from outreach.permissions import Reach
from wording import days as day_words
from wording.sentences import is_known, say

KINDS = ("liaison", "acting_parent", "mentor", "household", "student_aid", "branch_village")
"""The kinds that the program has words for; offices may have others."""
INTERVALS = ("P1M", "P2M", "P3M", "P6M", "P1Y")
"""The intervals that are offered; others may be typed."""


@dataclass(frozen=True, slots=True)
class PairingRow:
    """A pairing. `tone` is late, warn or quiet: how its next visit stands."""

    code: str
    kind: str
    supporter: str
    supporter_code: str
    beneficiary: str
    beneficiary_code: str
    since: str
    until: str
    every: str
    last: str
    due: str
    tone: str
    may_change: bool


@dataclass(frozen=True, slots=True)
class RoomRow:
    code: str
    name: str
    unit: str
    load: str


def pairing_rows(lines: Sequence[Line], plans: Reach, *, today: date, language: str) -> Sequence[PairingRow]:
    return [pairing_row(each, plans, today=today, language=language) for each in lines]


def pairing_row(line: Line, plans: Reach, *, today: date, language: str) -> PairingRow:
    """One pairing; `plans` is where the reader may change any."""
    is_over = line.until is not None and line.until < today
    due_on = None if is_over else line.due_on
    return PairingRow(
        code=line.code,
        kind=kind_word(line.kind, language),
        supporter=line.supporter_name,
        supporter_code=line.supporter_code,
        beneficiary=line.beneficiary_name,
        beneficiary_code=line.beneficiary_code,
        since=_day(line.since, today, language),
        until=_day(line.until, today, language),
        every=interval_word(line.visit_every, language),
        last=_day(line.last_met_on, today, language),
        due=_day(due_on, today, language),
        tone="quiet" if due_on is None or due_on > today else "warn",
        may_change=line.supporter_unit_id in plans,
    )


def room_rows(found: Sequence[Room], language: str) -> Sequence[RoomRow]:
    return [
        RoomRow(each.person_code, each.name, each.unit_name or "", _load(each, language)) for each in found
    ]


def kind_word(kind: str, language: str) -> str:
    """The word for a kind; one of the office's own stands as it is."""
    key = f"ties.kind_{kind}"
    return say(key, language=language) if is_known(key) else kind


def kind_options(kinds: Sequence[str], language: str) -> Sequence[Option]:
    """The kinds that are in use and those the program knows."""
    return [Option(kind, kind_word(kind, language)) for kind in dict.fromkeys([*KINDS, *kinds])]


def interval_word(interval: str | None, language: str) -> str:
    """Every so long; empty where the campaign says how often."""
    if not interval:
        return ""
    try:
        read = parse_interval(interval)
    except ScheduleFault:
        return interval
    if read.count == 1:
        return say(f"ties.every_one_{read.unit.lower()}", language=language)
    return say(f"ties.every_{read.unit.lower()}", language=language, count=read.count)


def interval_options(present: str, language: str) -> Sequence[Option]:
    """The intervals that a form offers, with the one that is set."""
    offered = dict.fromkeys([*INTERVALS, *([present] if present else [])])
    return [Option(each, interval_word(each, language)) for each in offered]


def _load(room: Room, language: str) -> str:
    if room.most is None:
        return say("ties.looks_after_nobody", language=language)
    return say("ties.looks_after", language=language, count=room.pairings, most=room.most)


def _day(day: date | None, today: date, language: str) -> str:
    return "" if day is None else day_words.day(day, today=today, language=language)
