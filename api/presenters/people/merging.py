"""Pairs of records that may be one person, and two of them side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.presenters.people.availability import week_words
from api.presenters.people.register import Row, row
from api.presenters.people.words import Link, role_words
from models.base import PersonId
from outreach.merging import CHOICES, FIELDS, UNIT, Found, Pair, Side
from outreach.people import PersonView
from outreach.people_register import Line
from wording.sentences import say


@dataclass(frozen=True, slots=True)
class PairShown:
    one: Row
    other: Row
    why: str


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A row of the table: what each of the two says, and which stands unless somebody chooses otherwise."""

    name: str
    label: str
    one: str
    other: str
    differs: bool
    chosen: str
    may_be_both: bool


@dataclass(frozen=True, slots=True)
class MergeShown:
    """Two records beside each other."""

    one: PersonView
    other: PersonView
    stays: str
    """The code of the one who stays, as far as is known: the one on whom more hangs."""
    fields: Sequence[FieldShown]
    alike: Sequence[tuple[str, str, str]]
    """What is added up and needs no choice: label, one, other."""


@dataclass(frozen=True, slots=True)
class Against:
    """What stands against it, and where that is corrected."""

    words: str
    links: Sequence[Link]


def pairs_page(
    pairs: Sequence[Pair], lines: Sequence[Line], *, today: date, language: str
) -> Sequence[PairShown]:
    rows = {line.code: row(line, today=today, language=language) for line in lines}
    separator = say("names.separator", language=language)
    return [
        PairShown(
            rows[pair.one],
            rows[pair.other],
            separator.join(say(f"people.alike_{alike.value}", language=language) for alike in pair.alike),
        )
        for pair in pairs
        if pair.one in rows and pair.other in rows
    ]


def merge_page(
    one: PersonView,
    other: PersonView,
    sides: Mapping[PersonId, Side],
    typed: Mapping[str, str],
    *,
    units: Mapping[str, str],
    language: str,
) -> MergeShown:
    """`units`: the names of units by their codes."""
    more = one if sides[one.id].total >= sides[other.id].total else other
    stays = typed.get("stays") or more.code
    shown = [
        _field(
            name, one, other, typed.get(name, ""), stays_one=stays == one.code, units=units, language=language
        )
        for name in (*FIELDS, UNIT)
    ]
    return MergeShown(one, other, stays, shown, list(_added_up(one, other, sides, language)))


def found_words(found: Found, *, language: str) -> Against:
    words = say(f"merging.obstacle_{found.obstacle.value}", language=language, count=len(found.activities))
    return Against(words, [Link(f"/a/{number}", f"#{number}") for number in found.activities[:10]])


def _field(
    name: str,
    one: PersonView,
    other: PersonView,
    typed: str,
    *,
    stays_one: bool,
    units: Mapping[str, str],
    language: str,
) -> FieldShown:
    mine, theirs = (_said(name, each, units, language) for each in (one, other))
    usual = "one" if stays_one else "other"
    if not (mine if stays_one else theirs) and name not in ("since", "until", UNIT):
        usual = "other" if stays_one else "one"
    return FieldShown(
        name=name,
        label=say(f"people.field_{name}", language=language),
        one=mine or "–",
        other=theirs or "–",
        differs=mine != theirs,
        chosen=typed or usual,
        may_be_both=len(CHOICES[name]) > 2 and bool(mine) and bool(theirs),
    )


def _said(name: str, person: PersonView, units: Mapping[str, str], language: str) -> str:
    separator = say("names.separator", language=language)
    if name == UNIT:
        return units.get(person.unit_code or "", person.unit_code or "")
    if name == "gender":
        return say(f"people.gender_{person.gender.value}", language=language) if person.gender else ""
    if name == "contact_by":
        return separator.join(
            say(f"people.channel_{each.value}", language=language) for each in person.contact_by
        )
    if name == "available":
        return "; ".join(week_words(person.available, language=language))
    value = getattr(person, name)
    return "" if value is None else str(value)


def _added_up(
    one: PersonView, other: PersonView, sides: Mapping[PersonId, Side], language: str
) -> Sequence[tuple[str, str, str]]:
    separator = say("names.separator", language=language)
    counts = ("visits", "assignments", "matters", "entries", "pairings", "feeds")
    return [
        (
            say("people.roles", language=language),
            role_words(one.roles, language=language) or "–",
            role_words(other.roles, language=language) or "–",
        ),
        (
            say("people.skills", language=language),
            separator.join(one.skills) or "–",
            separator.join(other.skills) or "–",
        ),
        *(
            (
                say(f"people.hangs_{name}", language=language),
                str(getattr(sides[one.id], name)),
                str(getattr(sides[other.id], name)),
            )
            for name in counts
        ),
    ]
