"""Finding people by what somebody types: a part of the name, its pinyin, its initials, a code.

How a name is spelt for that is worked out here alone, whenever a name is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, and_, case, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models import Person, Tie, Unit
from models.base import PersonId
from models.enums import TieKind
from models.people import has_long_name
from models.types import LAST_DAY
from outreach.fields import LONGEST_NAME
from outreach.permissions import Reach
from wording.names import sort_key

MOST_WORDS: Final = 5
"""As many words of one search are looked at; nobody's name has more."""

FEW_UNITS: Final = 40
"""The people of so many units are listed sooner than they are met along the order of all names."""


@dataclass(frozen=True, slots=True)
class PersonFound:
    """Somebody that a search found, with what tells namesakes apart."""

    id: PersonId
    code: str
    name: str
    unit: str | None
    """The name of their unit today."""
    has_left: bool
    is_frozen: bool


def spellings(name: str) -> Mapping[str, str]:
    """The columns of a person that follow from the name: how it sorts, and the letters it is found by."""
    spelt = sort_key(name)
    syllables = spelt.partition("\x1f")[0].split()
    return {
        "sort_key": spelt[:LONGEST_NAME],
        "pinyin": "".join(syllables)[:LONGEST_NAME],
        "initials": "".join(syllable[0] for syllable in syllables)[:LONGEST_NAME],
        "name_from_second": name[1:],
        "name_from_third": name[2:],
    }


def search_people(
    session: Session, within: Reach, words: str, *, today: date, limit: int
) -> Sequence[PersonFound]:
    """People within a reach whom these words name, the likeliest first: a whole code or name before a part of one.

    Nothing is found for no words. Erased people have no name to be found by, and are found by their code alone.
    """
    conditions = list(named(words))
    if not conditions:
        return []
    whole = words.strip()
    likeliest = (
        case((Person.code == whole, 0), (Person.name == whole, 1), else_=2),
        Person.sort_key,
        Person.id,
    )
    # The few that are shown first, and what stands beside them after: thousands may bear a family name.
    shown = (
        select(Person.id)
        .where(*conditions, Person.merged_into_id.is_(None), placed(within, today))
        .order_by(*likeliest)
        .limit(limit)
    )
    here = and_(
        Tie.kind == TieKind.PLACEMENT,
        Tie.subject_person_id == Person.id,
        Tie.since <= today,
        Tie.until >= today,
    )
    rows = session.execute(
        select(Person.id, Person.code, Person.name, Unit.name, Person.until, Person.frozen_on)
        .outerjoin(Tie, here)
        .outerjoin(Unit, Unit.id == Tie.object_unit_id)
        .where(Person.id.in_(shown))
        .order_by(*likeliest)
    )
    return [
        PersonFound(
            person_id, code, name, unit, has_left=(until or LAST_DAY) < today, is_frozen=frozen is not None
        )
        for person_id, code, name, unit, until, frozen in rows
    ]


def placed(
    within: Reach, today: date, person_id: Any = Person.id
) -> ColumnElement[bool]:  # Any: a column of either nullability
    """Whether somebody belongs to a unit within the reach, for questions that stop at the first who do.

    Those of a few units are listed; of many units hardly anybody would be left out, and each is asked.
    """
    if within.unit_ids is not None and len(within.unit_ids) <= FEW_UNITS:
        return within.of_person(person_id, on=today)
    return within.of_each_person(person_id, on=today)


def named(words: str) -> Iterator[ColumnElement[bool]]:
    """Conditions that people meet whom all of these words name; nothing for no words.

    `shan guo` is a name with a space, and not two words.
    """
    if words.isascii():
        words = "".join(words.split())
    for word in words.split()[:MOST_WORDS]:
        yield Person.id.in_(_whom_it_names(word[:LONGEST_NAME]))


def with_in_name(word: str) -> CompoundSelect[PersonId]:
    """The ids of those in whose name, as it is written, the word stands."""
    return _ids(*_stands_in_name(word))


_SOMEBODY: Final = aliased(Person, name="somebody")


def _whom_it_names(word: str) -> CompoundSelect[PersonId]:
    letters = word.casefold()
    ways = [*_stands_in_name(word), _SOMEBODY.code.in_({word, word.upper()})]
    if letters.isascii() and letters.isalnum():
        ways += [_begins(_SOMEBODY.pinyin, letters), _begins(_SOMEBODY.initials, letters)]
    return _ids(*ways)


def _ids(*ways: ColumnElement[bool]) -> CompoundSelect[PersonId]:
    """Whoever is found in any of these ways: each is a question of its own, since each has an index of its own."""
    return union_all(*(select(_SOMEBODY.id).where(way) for way in ways))


def _stands_in_name(word: str) -> Iterator[ColumnElement[bool]]:
    """What stands in the middle of a name begins what is left of it; the few long names are looked through."""
    for column in (_SOMEBODY.name, _SOMEBODY.name_from_second, _SOMEBODY.name_from_third):
        yield _begins(column, word)
    yield and_(has_long_name(_SOMEBODY.name), _SOMEBODY.name.contains(word, autoescape=True))


def _begins(
    column: InstrumentedAttribute[Any], letters: str
) -> ColumnElement[bool]:  # Any: of whatever nullability
    """As a span of the column's index, which neither database finds behind a LIKE with a bound value."""
    return and_(column >= letters, column < letters[:-1] + chr(ord(letters[-1]) + 1))
