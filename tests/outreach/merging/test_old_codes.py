"""The code of a record that was merged: in files it means the one who stays, and erasing that one reaches it too."""

from sqlalchemy import select

from models import LedgerEntry, Merge, Person
from outreach.erasure import erase_person
from outreach.merging import merge_people
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from tests.outreach.county import NOW, TODAY
from tests.outreach.imports.files import a_county, take, write_folder


def a_county_with_one_twice():
    """R9 is R1 under another code, and was given something under it."""
    county = a_county()
    one = next(row for row in county["people"] if row["code"] == "R1")
    county["people"].append({**one, "code": "R9"})
    county["ledger"].append({**county["ledger"][0], "person_code": "R9", "amount": "88"})
    return county


def merged(session, folder):
    keep_dictionary(session)
    take(session, write_folder(folder / "first", a_county_with_one_twice()))
    merge_people(session, "R1", "R9", {}, by=CONSOLE, today=TODAY, now=NOW)
    session.expire_all()


def test_the_same_files_again_change_nothing_and_say_what_was_left_out(session, tmp_path):
    merged(session, tmp_path)
    again = take(session, write_folder(tmp_path / "again", a_county_with_one_twice()))
    assert {(count.created, count.updated) for count in again.counts.values()} == {(0, 0)}
    assert [each.key for each in again.warnings if each.key.startswith("merging.")] == [
        "merging.row_left_out"
    ]


def test_what_a_file_says_of_the_old_code_counts_for_the_one_who_stays(session, tmp_path):
    merged(session, tmp_path)
    county = a_county_with_one_twice()
    county["ledger"].append({**county["ledger"][-1], "amount": "99"})
    take(session, write_folder(tmp_path / "more", county))
    given = select(Person.code).join(LedgerEntry, LedgerEntry.person_id == Person.id)
    assert set(session.scalars(given.where(LedgerEntry.amount.in_([88, 99])))) == {"R1"}


def test_who_is_erased_is_erased_under_every_code(session, tmp_path):
    merged(session, tmp_path)
    erase_person(session, "R1", confirm="R1", reason="本人要求", by=CONSOLE, today=TODAY, now=NOW)
    session.expire_all()
    assert all(
        name.startswith("已删除")
        for name in session.scalars(select(Person.name).where(Person.code.in_(["R1", "R9"])))
    )
    assert session.scalars(select(Merge.undo)).all() == [{}]
