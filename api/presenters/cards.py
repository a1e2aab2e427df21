"""An activity as a list shows it, and what is still owed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from api.presenters.marks import office_marks
from models.enums import ActivityStatus, AssignmentState
from outreach.agenda import AgendaItem, Owed, PersonOn
from outreach.kind_marks import KindMark, KindMarks
from wording import days as day_words
from wording.sentences import is_known, say

NAMES_SHOWN: Final = 6


TINTS: Mapping[str, int] = MappingProxyType(
    {
        "rural": 1,
        "community": 1,
        "study": 2,
        "briefing": 2,
        "party_day": 2,
        "festival_visit": 3,
        "hardship": 3,
        "condolence": 7,
        "birthday": 4,
        "culture": 4,
        "ceremony": 4,
        "mentoring": 5,
        "inspection": 5,
        "hospital": 6,
        "health": 6,
    }
)
"""The tint of each kind's mark; kinds of the office's own have the last one."""


_LAST_TINT: Final = 7


@dataclass(frozen=True, slots=True)
class PersonCard:
    name: str
    state: AssignmentState
    role: str
    """Empty for a place of no particular role."""


@dataclass(frozen=True, slots=True)
class ActivityCard:
    """An activity in a list. `state` names its sentence: short, awaiting, held, partly, cancelled, or planned."""

    id: int
    mark: str
    tint: int
    kind: str
    title: str
    day: str
    when: str
    starts_at: str
    place: str
    unit: str
    state: str
    short: int
    reason: str
    is_forecast: bool
    shifted_from: str
    people: Sequence[PersonCard]
    more_people: int
    needed: int


@dataclass(frozen=True, slots=True)
class OwedCard:
    count: int
    items: Sequence[ActivityCard]
    more: int


def owed_card(found: Owed, *, today: date, zone: ZoneInfo, language: str) -> OwedCard:
    """What is over and was not told of."""
    items = [activity_card(item, today, zone, language) for item in found.items]
    return OwedCard(found.count, items, found.count - len(items))


def activity_card(
    item: AgendaItem, today: date, zone: ZoneInfo, language: str, *, names_shown: int | None = NAMES_SHOWN
) -> ActivityCard:
    mark, tint, kind = kind_mark(item.kind, item.title, language)
    shifted = item.shifted_from
    return ActivityCard(
        id=item.id,
        mark=mark,
        tint=tint,
        kind=kind,
        title=item.title if item.subject is None else f"{item.title}·{item.subject}",
        day=day_words.days(item.day, item.last_day, today=today, language=language),
        when=_when(item, zone, language),
        starts_at=item.starts_at.astimezone(zone).isoformat() if item.starts_at else item.day.isoformat(),
        place=item.place or "",
        unit=item.unit_name,
        state=_state(item),
        short=item.short,
        reason=item.reason or "",
        is_forecast=item.forecast,
        shifted_from="" if shifted is None else day_words.day(shifted, today=today, language=language),
        people=[_person(each) for each in item.people[:names_shown]],
        more_people=max(0, len(item.people) - (names_shown or len(item.people))),
        needed=item.needed,
    )


def kind_mark(kind: str, title: str, language: str, marks: KindMarks | None = None) -> tuple[str, int, str]:
    """The mark of a kind, its tint and its name: as the office chose them, else the program's own.

    Of a kind of the office's own without a mark it is the first character of its name, or else of the title. In English
    the program's own kinds keep their two letters where the office chose a character.
    """
    known = office_marks() if marks is None else marks
    chosen = known.marks.get(kind, KindMark())
    own_name = known.names.get(kind, "")
    if is_known(f"pages.mark_{kind}"):
        usual, name = (
            say(f"pages.mark_{kind}", language=language),
            say(f"pages.kind_{kind}", language=language),
        )
        usual_tint = TINTS.get(kind, _LAST_TINT)
    else:
        usual, name, usual_tint = (own_name or title)[:1], own_name or kind, _LAST_TINT
    is_readable = language != "en" or chosen.mark.isascii() or not usual.isascii()
    return (chosen.mark if is_readable else "") or usual, chosen.tint or usual_tint, name


def _when(item: AgendaItem, zone: ZoneInfo, language: str) -> str:
    if item.starts_at is None or item.ends_at is None:
        return say("pages.all_day", language=language)
    if item.starts_at.astimezone(zone).date() != item.ends_at.astimezone(zone).date():
        return day_words.clock_time(item.starts_at.astimezone(zone))
    return day_words.time_range(item.starts_at, item.ends_at, zone=zone)


def _state(item: AgendaItem) -> str:
    if item.status is ActivityStatus.MISSED:
        return "missed"
    if item.awaits_outcome:
        return "awaiting"
    return "short" if item.short else item.status.value


def _person(person: PersonOn) -> PersonCard:
    return PersonCard(person.name, person.state, "" if person.role == "any" else person.role)
