"""Dated facts: what holds from which day on (rules 38 and 51)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from models import Person, Team, Tie, Unit
from models.enums import TieKind
from outreach import ties
from outreach.errors import Conflict

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
EVE = timedelta(days=1)


@pytest.fixture
def units(session):
    found = [Unit(code=code, name=code) for code in ("BJ", "Z01", "Z02")]
    session.add_all(found)
    session.flush()
    return [unit.id for unit in found]


@pytest.fixture
def wang(session):
    person = Person(code="V1", name="王秀英")
    session.add(person)
    session.flush()
    return person.id


def _spans(session, kind):
    rows = session.execute(select(Tie.since, Tie.until).where(Tie.kind == kind).order_by(Tie.since, Tie.id))
    return [(row.since, row.until) for row in rows]


def test_the_first_unit_known_has_an_open_start(session, units, wang):
    assert ties.place(session, wang, units[0], as_of=JUNE)
    assert _spans(session, TieKind.PLACEMENT) == [(None, None)]
    assert ties.unit_on(session, wang, date(1950, 1, 1)) == units[0]


def test_a_move_counts_from_its_day_on(session, units, wang):
    ties.place(session, wang, units[0], as_of=MAY)
    assert ties.place(session, wang, units[1], as_of=JUNE)
    assert ties.unit_on(session, wang, JUNE - EVE) == units[0]
    assert ties.unit_on(session, wang, JUNE) == units[1]


def test_the_same_again_changes_nothing(session, units, wang):
    ties.place(session, wang, units[0], as_of=MAY)
    assert not ties.place(session, wang, units[0], as_of=JUNE)
    assert _spans(session, TieKind.PLACEMENT) == [(None, None)]


def test_a_second_move_on_one_day_replaces_the_first(session, units, wang):
    ties.place(session, wang, units[0], as_of=MAY)
    ties.place(session, wang, units[1], as_of=JUNE)
    ties.place(session, wang, units[2], as_of=JUNE)
    assert _spans(session, TieKind.PLACEMENT) == [(None, JUNE - EVE), (JUNE, None)]
    assert ties.unit_on(session, wang, JUNE) == units[2]


def test_a_move_taken_back_on_its_day_leaves_no_trace(session, units, wang):
    ties.place(session, wang, units[0], as_of=MAY)
    ties.place(session, wang, units[1], as_of=JUNE)
    ties.place(session, wang, units[0], as_of=JUNE)
    assert _spans(session, TieKind.PLACEMENT) == [(None, None)]


def test_a_move_before_one_that_is_recorded_is_refused(session, units, wang):
    ties.place(session, wang, units[0], as_of=MAY)
    ties.place(session, wang, units[1], as_of=JULY)
    with pytest.raises(Conflict):
        ties.place(session, wang, units[2], as_of=JUNE)
    assert ties.unit_on(session, wang, JUNE) == units[0]


def test_who_leaves_a_list_is_no_longer_a_member_that_very_day(session, units, wang):
    team = Team(code="T", name="队", unit_id=units[0])
    li = Person(code="V2", name="李建国")
    session.add_all([team, li])
    session.flush()
    ties.set_members(session, team.id, [wang, li.id], as_of=MAY)
    ties.set_members(session, team.id, [li.id], as_of=JUNE)
    members = {day: ties.in_force(session, ties.MEMBERS, [team.id], on=day) for day in (JUNE - EVE, JUNE)}
    assert members == {JUNE - EVE: {team.id: [wang, li.id]}, JUNE: {team.id: [li.id]}}


def test_a_later_member_of_a_known_team_has_no_open_start(session, units, wang):
    team = Team(code="T", name="队", unit_id=units[0])
    li = Person(code="V2", name="李建国")
    session.add_all([team, li])
    session.flush()
    ties.set_members(session, team.id, [wang], as_of=MAY)
    ties.set_members(session, team.id, [wang, li.id], as_of=JUNE)
    assert _spans(session, TieKind.MEMBERSHIP) == [(None, None), (JUNE, None)]


def test_many_owners_are_changed_at_once_and_each_keeps_its_own(session, units):
    people = [Person(code=f"V{number}", name="王") for number in range(5)]
    session.add_all(people)
    session.flush()
    wanted = {person.id: [units[number % 3]] for number, person in enumerate(people)}
    found = ties.set_facts(session, ties.PLACEMENT, wanted, as_of=MAY)
    assert found.owners == set(wanted)
    assert ties.in_force(session, ties.PLACEMENT, list(wanted), on=MAY) == wanted


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.sets(st.sampled_from(["农技", "书法", "医护"]), max_size=3)),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_is_told_in_order_the_last_word_before_a_day_holds(shared_database, changes):
    from sqlalchemy.orm import Session

    # Something is known first: it has an open start, and would hold on the days before, too.
    told = [(0, {"农技"}), *sorted(changes, key=lambda change: change[0])]
    with shared_database.execution_options(yinling_writes=True).connect() as connection:
        undone = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            person = Person(code="V1", name="王")
            session.add(person)
            session.flush()
            for offset, skills in told:
                ties.set_skills(session, person.id, sorted(skills), as_of=MAY + timedelta(days=offset))
            for offset in range(21):
                day = MAY + timedelta(days=offset)
                last = [skills for at, skills in told if at <= offset]
                if last:
                    held = ties.in_force(session, ties.SKILLS, [person.id], on=day).get(person.id, [])
                    assert set(held) == last[-1]
                    assert len(held) == len(set(held))
        undone.rollback()
