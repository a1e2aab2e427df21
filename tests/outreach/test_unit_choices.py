"""The units among which somebody may choose: the tree within their rights."""

import pytest

from models.enums import AccountRole
from outreach.errors import NotFound
from outreach.permissions import EVERYWHERE, Actor, Right, seen
from outreach.unit_choices import below, chosen_unit, unit_choices
from tests.outreach.county import TODAY, County


@pytest.fixture
def tree(session):
    """BJ above X01 (with C01 and C02 below it) and X02."""
    county = County(session)
    town = county.unit("X01", county.root)
    county.unit("X02", county.root)
    county.unit("C01", town)
    county.unit("C02", town)
    return {choice.code: choice for choice in unit_choices(session, EVERYWHERE, on=TODAY)}


def an_actor(*units):
    return Actor("周敏", rights=tuple(Right(AccountRole.VIEWER, unit and unit.id) for unit in units))


def test_each_unit_stands_before_those_below_it(tree):
    assert [(choice.code, choice.depth) for choice in tree.values()] == [
        ("BJ", 0), ("X01", 1), ("C01", 2), ("C02", 2), ("X02", 1),
    ]  # fmt: skip


def test_what_lies_outside_ones_rights_is_no_choice(session, tree):
    actor = an_actor(tree["X01"])
    choices = unit_choices(session, seen(session, actor, on=TODAY), on=TODAY)
    assert [(choice.code, choice.depth) for choice in choices] == [("X01", 0), ("C01", 1), ("C02", 1)]
    assert chosen_unit(choices, None, by=actor).code == "X01"
    with pytest.raises(NotFound):
        chosen_unit(choices, "BJ", by=actor)


def test_without_a_code_the_unit_of_the_first_right_is_chosen(session, tree):
    actor = an_actor(tree["X02"], tree["C01"])
    choices = unit_choices(session, seen(session, actor, on=TODAY), on=TODAY)
    assert chosen_unit(choices, None, by=actor).code == "X02"
    assert chosen_unit(list(tree.values()), None, by=an_actor(None)).code == "BJ"


def test_whoever_has_no_rights_has_nothing_to_choose(session, tree):
    with pytest.raises(NotFound):
        chosen_unit(unit_choices(session, seen(session, an_actor(), on=TODAY), on=TODAY), None, by=an_actor())


def test_a_choice_reaches_those_below_it_and_none_beside_it(tree):
    choices = list(tree.values())
    reached = below(choices, tree["X01"]).unit_ids
    assert reached == {tree[code].id for code in ("X01", "C01", "C02")}
    assert below(choices, tree["X02"]).unit_ids == {tree["X02"].id}
