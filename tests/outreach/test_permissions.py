"""Who may see and do what, by role and by the tree of units."""

from datetime import date

import pytest
from sqlalchemy import select

from models import Person, Unit
from models.enums import AccountRole
from outreach import ties
from outreach.errors import Forbidden, NotFound
from outreach.permissions import CONSOLE, EVERYWHERE, ROLES, Actor, Deed, Right, expect, may, reach, seen

TODAY = date(2026, 9, 15)


@pytest.fixture
def units(session):
    """BJ above Z01 above C01, and Z02 beside."""
    found = {code: Unit(code=code, name=code) for code in ("BJ", "Z01", "C01", "Z02")}
    session.add_all(found.values())
    session.flush()
    for child, parent in (("Z01", "BJ"), ("Z02", "BJ"), ("C01", "Z01")):
        ties.set_parent(session, found[child].id, found[parent].id, as_of=TODAY)
    return {code: unit.id for code, unit in found.items()}


def _actor(role, unit_id=None):
    return Actor("somebody", rights=(Right(role, unit_id),))


def test_a_right_reaches_its_unit_and_everything_below(session, units):
    found = seen(session, _actor(AccountRole.VIEWER, units["Z01"]), on=TODAY)
    assert found.unit_ids == {units["Z01"], units["C01"]}


def test_a_right_without_a_unit_reaches_everything_also_what_has_none(session, units):
    found = seen(session, _actor(AccountRole.VIEWER), on=TODAY)
    assert found == EVERYWHERE
    assert None in found


def test_who_has_no_right_reaches_nothing(session, units):
    found = seen(session, Actor("nobody"), on=TODAY)
    assert not found
    assert session.scalars(select(Unit).where(found.of(Unit.id))).all() == []


def test_rights_add_up(session, units):
    both = Actor(
        "both",
        rights=(Right(AccountRole.VIEWER, units["Z02"]), Right(AccountRole.COORDINATOR, units["C01"])),
    )
    assert seen(session, both, on=TODAY).unit_ids == {units["Z02"], units["C01"]}
    assert reach(session, both, Deed.PLAN, on=TODAY).unit_ids == {units["C01"]}


def test_what_one_does_not_see_is_not_there_and_what_one_may_not_do_is_forbidden(session, units):
    recorder = _actor(AccountRole.RECORDER, units["Z01"])
    expect(session, recorder, Deed.RECORD, units["C01"], on=TODAY)
    with pytest.raises(Forbidden):
        expect(session, recorder, Deed.PLAN, units["C01"], on=TODAY)
    with pytest.raises(NotFound):
        expect(session, recorder, Deed.RECORD, units["Z02"], on=TODAY)
    with pytest.raises(NotFound):
        expect(session, recorder, Deed.RECORD, None, on=TODAY)


def test_somebody_is_seen_where_they_belong_today(session, units):
    person = Person(code="V1", name="王")
    session.add(person)
    session.flush()
    ties.place(session, person.id, units["Z02"], as_of=date(2026, 1, 1))
    ties.place(session, person.id, units["C01"], as_of=TODAY)
    found = seen(session, _actor(AccountRole.VIEWER, units["Z01"]), on=TODAY)
    query = select(Person.code)
    assert session.scalars(query.where(found.of_person(Person.id, on=TODAY))).all() == ["V1"]
    assert session.scalars(query.where(found.of_person(Person.id, on=date(2026, 9, 14)))).all() == []


@pytest.mark.parametrize("deed", Deed)
def test_an_administrator_may_do_everything_and_a_lesser_role_never_more_than_a_greater(deed):
    order = list(AccountRole)
    allowed = [role in ROLES[deed] for role in order]
    assert allowed[0]
    assert allowed == sorted(allowed, reverse=True)
    assert may(CONSOLE, deed)
