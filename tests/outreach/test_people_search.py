"""Finding people by name, pinyin, initials and code."""

from datetime import date

import pytest

from models import Person
from outreach.people_search import search_people, spellings
from outreach.permissions import EVERYWHERE, Reach
from tests.outreach.county import TODAY, County


@pytest.fixture
def names(session):
    county = County(session)
    county.village = county.unit("X01", county.root)
    for code, name in (
        ("V1", "单国庆"),
        ("V2", "单国强"),
        ("R1", "欧阳光荣"),
        ("R2", "何玉兰"),
        ("R3", "John Smith"),
    ):
        county.person(code=code, unit=county.village if code == "R2" else None)
        person = session.query(Person).filter_by(code=code).one()
        person.name = name
        for column, spelt in spellings(name).items():
            setattr(person, column, spelt)
    session.flush()
    return county


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("国庆", ["V1"]),
        ("庆", ["V1"]),
        ("阳光", ["R1"]),
        ("荣", ["R1"]),
        ("Smith", ["R3"]),
        ("单", ["V2", "V1"]),
        ("shang", ["V2", "V1"]),
        ("shanguo", ["V2", "V1"]),
        ("ShanGuoQing", ["V1"]),
        ("shan guo", ["V2", "V1"]),
        ("sgq", ["V2", "V1"]),
        ("oygr", ["R1"]),
        ("ouy", ["R1"]),
        ("v1", ["V1"]),
        ("js", ["R3"]),
        ("何 hyl", ["R2"]),
        ("", []),
        ("%", []),
        ("zz", []),
        ("单国庆 何", []),
    ],
)
def test_people_are_found_by_name_pinyin_initials_and_code(session, names, words, found):
    assert [each.code for each in search_people(session, EVERYWHERE, words, today=TODAY, limit=10)] == found


def test_only_those_within_reach_are_found_and_no_more_than_asked_for(session, names):
    village = Reach(frozenset({names.village.id}))
    assert [each.code for each in search_people(session, village, "何", today=TODAY, limit=10)] == ["R2"]
    assert search_people(session, village, "单", today=TODAY, limit=10) == []
    assert search_people(session, Reach(frozenset()), "单", today=TODAY, limit=10) == []
    assert [each.code for each in search_people(session, EVERYWHERE, "单", today=TODAY, limit=1)] == ["V2"]


def test_who_left_or_was_merged_is_told_apart(session, names):
    one, other = (session.query(Person).filter_by(code=code).one() for code in ("V1", "V2"))
    one.until = date(2026, 9, 1)
    session.flush()
    found = search_people(session, EVERYWHERE, "单", today=TODAY, limit=10)
    assert [(each.code, each.has_left) for each in found] == [("V2", False), ("V1", True)]
    one.merged_into_id = other.id
    session.flush()
    assert [each.code for each in search_people(session, EVERYWHERE, "单", today=TODAY, limit=10)] == ["V2"]
