"""What a deed would do to many, person by person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api.presenters.people.register import Row, row
from outreach.people_deeds import FAULTS, Foreseen, Outlook
from outreach.people_register import Line
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class ForeseenRow:
    """A person, and what would become of them; nothing while the deed says nothing yet."""

    row: Row
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class ForeseenShown:
    rows: Sequence[ForeseenRow]
    summary: str
    may_do: bool


def foreseen_page(
    lines: Sequence[Line], foreseen: Sequence[Foreseen], *, today: date, language: str
) -> ForeseenShown:
    """What is wrong comes first, then what changes, then what stays as it is."""
    if not foreseen:
        rows = [ForeseenRow(row(line, today=today, language=language), "", "") for line in lines]
        return ForeseenShown(rows, say("people.chosen", language=language, count=len(lines)), False)
    changes = sum(each.outlook is Outlook.CHANGES for each in foreseen)
    faults = sum(each.outlook in FAULTS for each in foreseen)
    key = "people.foreseen_faults" if faults else "people.foreseen"
    ordered = sorted(foreseen, key=_urgency)
    return ForeseenShown(
        [_foreseen(each, today, language) for each in ordered],
        say(key, language=language, changes=changes, stays=len(foreseen) - changes - faults, faults=faults),
        may_do=bool(changes) and not faults,
    )


def _urgency(each: Foreseen) -> int:
    return 0 if each.outlook in FAULTS else 1 if each.outlook is Outlook.CHANGES else 2


def _foreseen(each: Foreseen, today: date, language: str) -> ForeseenRow:
    tone = "late" if each.outlook in FAULTS else "ok" if each.outlook is Outlook.CHANGES else "quiet"
    words = say(f"people.outlook_{each.outlook.value}", language=language)
    return ForeseenRow(row(each.line, today=today, language=language), words, tone)
