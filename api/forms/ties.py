"""What forms about ties carry: whom a typed word means, what was chosen, and the way back from a change."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy.orm import Session

from models.base import ActivityId, TieId
from outreach.activities.sheet import people_of_names
from outreach.errors import Fault, Invalid, NotFound, invalid
from outreach.pairing_changes import Ended, HandedOver
from outreach.permissions import Reach
from outreach.rounds import Made, Stop
from outreach.team_moves import Left, Moved

MOST_AT_ONCE: Final = 100
"""Of how many ticked rows one form disposes."""
_MINUTE: Final = 60
_LARGEST: Final = 2**63 - 1


def person_meant(session: Session, word: str, field: str, *, within: Reach, today: date) -> str:
    """The code of the one person whom a code or a whole name means; raises Invalid for nobody and for several."""
    people = people_of_names(session, [word], within=within, today=today)[word]
    if not people:
        raise invalid(field, "recording.nobody_called", name=word)
    if len(people) > 1:
        raise invalid(
            field, "recording.several_called", name=word, codes=", ".join(each.code for each in people)
        )
    return people[0].code


def people_meant(
    session: Session, words: Sequence[str], field: str, *, within: Reach, today: date
) -> list[str]:
    """The codes of those meant, each once; raises Invalid with everybody who is not known."""
    found: list[str] = []
    faults: list[Fault] = []
    for word in words:
        try:
            found.append(person_meant(session, word, field, within=within, today=today))
        except Invalid as wrong:
            faults += wrong.faults
    if faults:
        raise Invalid(faults)
    return list(dict.fromkeys(found))


def words_of(text: str) -> list[str]:
    """The words that a field lists, parted by commas, semicolons or new lines, Chinese ones too."""
    for mark in ",，、;；\n\r":
        text = text.replace(mark, ";")
    return [word for each in text.split(";") if (word := each.strip())]


def expect_chosen(field: str, ticked: Sequence[str], *, found: int, none: str) -> None:
    """Let all that was ticked be disposed of together.

    Raises Invalid with the sentence `none` for nothing ticked, and with others for more than is done at once and for
    rows that are no longer there.
    """
    count = len(set(ticked))
    if not count:
        raise invalid(field, none)
    if count > MOST_AT_ONCE:
        raise invalid(field, "ties.too_many_at_once", most=MOST_AT_ONCE, count=count)
    if found != count:
        raise invalid(field, "ties.no_longer_there", count=count - found)


# Rounds


def stop_text(activity_id: int, version: int) -> str:
    """A visit that may be chosen, with the version that was looked at."""
    return f"{activity_id}.{version}"


def stops_of(texts: Sequence[str]) -> list[Stop]:
    """The visits chosen, each once; raises NotFound for what no page of ours offers."""
    found: dict[ActivityId, Stop] = {}
    for text in texts:
        number, _, version = text.partition(".")
        activity_id = ActivityId(_whole(number))
        found.setdefault(activity_id, Stop(activity_id, _whole(version) if version else None))
    return list(found.values())


def made_text(made: Sequence[Made]) -> dict[str, str]:
    """A round as the fields of the form that undoes it: short, for it travels in a cookie."""
    people = list(dict.fromkeys(code for each in made for code in each.asked))
    visits = [
        ".".join(
            str(number)
            for number in (
                each.activity_id,
                each.version,
                int(each.by_hand),
                each.day.toordinal(),
                each.last_day.toordinal(),
                _minutes(each.starts_at),
                _minutes(each.ends_at),
                sum(1 << place for place, code in enumerate(people) if code in each.asked),
            )
        )
        for each in made
    ]
    return {"visits": ",".join(visits), "people": ";".join(people)}


def made_of(visits: str, people: str) -> list[Made]:
    """The round that such fields speak of; raises NotFound for what we did not write."""
    codes = [code for code in people.split(";") if code]
    return [_made(each.split("."), codes) for each in visits.split(",")]


# Pairings


def ended_text(ended: Sequence[Ended]) -> str:
    """Pairings that were ended, with the last day each had, as a field of the form that undoes it."""
    return ";".join(f"{each.code}={_ordinal(each.former_until)}" for each in ended)


def ended_of(text: str) -> list[Ended]:
    """What `ended_text` wrote; raises NotFound for anything else."""
    return [_ended(each) for each in text.split(";")]


def handed_text(handed: Sequence[HandedOver]) -> str:
    """Pairings that were handed over, each with the one that goes on in its place."""
    return ";".join(f"{ended_text([each.ended])}={each.new_code}" for each in handed)


def handed_of(text: str) -> list[HandedOver]:
    """What `handed_text` wrote; raises NotFound for anything else."""
    found = []
    for each in text.split(";"):
        ended, _, new_code = each.rpartition("=")
        found.append(HandedOver(_ended(ended), new_code))
    return found


def _ended(text: str) -> Ended:
    code, _, day = text.rpartition("=")
    number = _whole(day)
    try:
        return Ended(code, date.fromordinal(number) if number else None)
    except (ValueError, OverflowError):
        raise NotFound from None


# Members of teams


def moved_text(moved: Moved) -> str:
    """Who joined and who left, as a field of the form that undoes it."""
    joined = ",".join(str(each) for each in moved.joined)
    left = ";".join(
        f"{each.team_code}={each.person_code}={_ordinal(each.former_until)}" for each in moved.left
    )
    return f"{joined}/{left}"


def moved_of(text: str) -> Moved:
    """What `moved_text` wrote; raises NotFound for anything else."""
    joined, _, left = text.partition("/")
    return Moved(
        [TieId(_whole(each)) for each in joined.split(",") if each],
        [_left(each) for each in left.split(";") if each],
    )


def _left(text: str) -> Left:
    team_code, _, rest = text.partition("=")
    ended = _ended(rest)
    return Left(team_code, ended.code, ended.former_until)


def _ordinal(day: date | None) -> int:
    return 0 if day is None else day.toordinal()


def _made(parts: list[str], codes: Sequence[str]) -> Made:
    if len(parts) != 8:
        raise NotFound
    number, version, by_hand, day, last_day, starts, ends, asked = (_whole(part) for part in parts)
    try:
        return Made(
            ActivityId(number),
            version,
            date.fromordinal(day),
            date.fromordinal(last_day),
            _instant(starts),
            _instant(ends),
            bool(by_hand),
            tuple(code for place, code in enumerate(codes) if asked >> place & 1),
        )
    except (ValueError, OverflowError):
        raise NotFound from None


def _minutes(at: datetime | None) -> int:
    return 0 if at is None else int(at.timestamp()) // _MINUTE


def _instant(minutes: int) -> datetime | None:
    return datetime.fromtimestamp(minutes * _MINUTE, UTC) if minutes else None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20) or (number := int(text)) > _LARGEST:
        raise NotFound
    return number
