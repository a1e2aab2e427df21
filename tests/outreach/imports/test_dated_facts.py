"""Units, roles, members and parents are dated facts: a change counts from its day (rules 38 and 51)."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models import Person, Team, Tie, Unit
from models.enums import TieKind
from outreach.metrics import keep_dictionary
from tests.outreach.imports.files import County, a_county, take, write_folder

Spans = list[tuple[str, date | None, date | None]]
LATER = date(2026, 10, 1)


@pytest.fixture(autouse=True)
def _the_dictionary(session: Session) -> None:
    keep_dictionary(session)


@pytest.fixture
def county(session: Session, tmp_path: Path) -> County:
    """A county that has been imported."""
    county = a_county()
    take(session, write_folder(tmp_path / "first", county))
    return county


def units_of(session: Session, code: str) -> Spans:
    spans = (
        select(Unit.code, Tie.since, Tie.until)
        .join(Unit, Unit.id == Tie.object_unit_id)
        .join(Person, Person.id == Tie.subject_person_id)
        .where(Person.code == code, Tie.kind == TieKind.PLACEMENT)
    )
    return [tuple(row) for row in session.execute(spans.order_by(Tie.since))]


def roles_of(session: Session, code: str) -> Spans:
    spans = (
        select(Tie.object_word, Tie.since, Tie.until)
        .join(Person, Person.id == Tie.subject_person_id)
        .where(Person.code == code, Tie.kind == TieKind.ROLE)
    )
    return [tuple(row) for row in session.execute(spans.order_by(Tie.object_word, Tie.since))]


def members_of(session: Session, code: str, kind: TieKind = TieKind.MEMBERSHIP) -> Spans:
    spans = (
        select(Person.code, Tie.since, Tie.until)
        .join(Person, Person.id == Tie.subject_person_id)
        .join(Team, Team.id == Tie.object_team_id)
        .where(Team.code == code, Tie.kind == kind)
    )
    return [tuple(row) for row in session.execute(spans.order_by(Person.code, Tie.since))]


def parents_of(session: Session, code: str) -> Spans:
    above = aliased(Unit)
    spans = (
        select(above.code, Tie.since, Tie.until)
        .join(above, above.id == Tie.object_unit_id)
        .join(Unit, Unit.id == Tie.subject_unit_id)
        .where(Unit.code == code, Tie.kind == TieKind.PARENT)
    )
    return [tuple(row) for row in session.execute(spans.order_by(Tie.since))]


def test_a_move_counts_from_the_day_of_the_import(session: Session, county: County, tmp_path: Path) -> None:
    county["people"][0]["unit_code"] = "C01"

    take(session, write_folder(tmp_path / "second", county), today=LATER)

    assert units_of(session, "V1") == [("X01", None, date(2026, 9, 30)), ("C01", LATER, None)]


def test_a_move_counts_from_the_day_that_is_given(session: Session, county: County, tmp_path: Path) -> None:
    county["people"][0]["unit_code"] = "C01"

    take(session, write_folder(tmp_path / "second", county), today=LATER, as_of=date(2026, 3, 1))

    assert units_of(session, "V1") == [("X01", None, date(2026, 2, 28)), ("C01", date(2026, 3, 1), None)]


def test_a_second_move_on_the_same_day_takes_the_place_of_the_first(
    session: Session, county: County, tmp_path: Path
) -> None:
    for number, unit in enumerate(("C01", "BJ")):
        county["people"][0]["unit_code"] = unit
        take(session, write_folder(tmp_path / str(number), county), today=LATER)
    assert units_of(session, "V1") == [("X01", None, date(2026, 9, 30)), ("BJ", LATER, None)]

    county["people"][0]["unit_code"] = "X01"
    take(session, write_folder(tmp_path / "back", county), today=LATER)

    assert units_of(session, "V1") == [("X01", None, None)]


def test_a_role_begins_and_another_ends(session: Session, county: County, tmp_path: Path) -> None:
    county["people"][0]["roles"] = "volunteer;leader"

    take(session, write_folder(tmp_path / "second", county), today=LATER)

    assert roles_of(session, "V1") == [
        ("leader", LATER, None),
        ("retiree", None, date(2026, 9, 30)),
        ("volunteer", None, None),
    ]


def test_who_is_missing_from_a_later_list_is_no_member_that_day(
    session: Session, county: County, tmp_path: Path
) -> None:
    county["teams"][0] |= {"members": "V2;R1", "leader_code": "V2"}

    take(session, write_folder(tmp_path / "second", county), today=LATER)

    assert members_of(session, "T1") == [
        ("R1", LATER, None),
        ("V1", None, date(2026, 9, 30)),
        ("V2", None, None),
    ]
    assert members_of(session, "T1", TieKind.LEADERSHIP) == [
        ("V1", None, date(2026, 9, 30)),
        ("V2", LATER, None),
    ]


def test_who_comes_back_is_a_member_again_from_that_day(
    session: Session, county: County, tmp_path: Path
) -> None:
    for day, members in ((LATER, "V2"), (date(2026, 11, 1), "V1;V2")):
        county["teams"][0]["members"] = members
        take(session, write_folder(tmp_path / str(day), county), today=day)

    assert members_of(session, "T1") == [
        ("V1", None, date(2026, 9, 30)),
        ("V1", date(2026, 11, 1), None),
        ("V2", None, None),
    ]


def test_a_unit_moves_in_the_tree_on_a_day(session: Session, county: County, tmp_path: Path) -> None:
    county["units"][2]["parent_code"] = "BJ"

    take(session, write_folder(tmp_path / "second", county), today=LATER)

    assert parents_of(session, "C01") == [("X01", None, date(2026, 9, 30)), ("BJ", LATER, None)]


def test_what_a_later_import_is_the_first_to_tell_has_always_been(session: Session, tmp_path: Path) -> None:
    county = a_county()
    county["teams"][0] |= {"members": "", "leader_code": ""}
    county["units"][1]["parent_code"] = ""
    county["units"][2]["parent_code"] = ""
    take(session, write_folder(tmp_path / "first", county))
    county["teams"][0] |= {"members": "V1", "leader_code": "V1"}
    county["units"][1]["parent_code"] = "BJ"
    newcomer = county["people"][1] | {"code": "V3"}

    take(session, write_folder(tmp_path / "second", county | {"people": [newcomer]}), today=LATER)

    assert members_of(session, "T1") == [("V1", None, None)]
    assert parents_of(session, "X01") == [("BJ", None, None)]
    assert units_of(session, "V3") == [("BJ", None, None)]


def test_a_day_before_a_recorded_change_is_no_obstacle_to_what_stays(
    session: Session, county: County, tmp_path: Path
) -> None:
    county["people"][0]["unit_code"] = "C01"
    take(session, write_folder(tmp_path / "second", county), today=LATER)
    county["people"][0]["mobile"] = "19900000009"

    take(session, write_folder(tmp_path / "third", county), today=LATER, as_of=date(2026, 1, 1))

    assert units_of(session, "V1") == [("X01", None, date(2026, 9, 30)), ("C01", LATER, None)]
