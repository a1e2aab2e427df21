"""`docs/mechanisms.md` has a row for every mechanism; what it claims names a test that drives it."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NUMBERS = [f"M{number:03}" for number in range(1, 121)]
STATES = {"works", "partly", "not yet"}
CAPABILITIES = {
    "recurring_campaign",
    "festival_campaign",
    "milestone_rite",
    "visit_cadence",
    "case_triggered_visit",
    "programme",
    "pairing",
    "talent_pool",
    "suggestion_loop",
    "assistance_case",
    "money_and_goods_ledger",
    "material_distribution",
    "works_and_media",
    "evaluation_scores",
    "membership_and_dues",
    "roster_and_dossier",
    "document_export",
}
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)(?:\[(M\d{3})\])?`")


@cache
def rows() -> dict[str, list[str]]:
    """The cells of each row by its number."""
    lines = (ROOT / "docs" / "mechanisms.md").read_text("utf-8").splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| M")
    ]
    return {row[0]: row for row in cells if row[0] != "Mechanism"}


def test_every_mechanism_has_one_row_in_order() -> None:
    assert list(rows()) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_a_row_says_what_works_and_which_test_drives_it(number: str) -> None:
    _, name, capability, state, test, missing = rows()[number]
    assert name
    assert capability in CAPABILITIES
    assert state in STATES
    assert bool(test) == (state != "not yet")
    assert bool(missing) == (state == "partly")
    if test:
        assert exists(test)


def exists(test: str) -> bool:
    """Whether a test of this file, name and case is there."""
    named = NAMED_TEST.fullmatch(test)
    assert named is not None, f"{test} is no name of a test"
    file, function, case = named.groups()
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    return bool(found) and (case is None or case in cases(file, function))


def cases(file: str, function: str) -> set[str]:
    """The mechanisms that a test is run for."""
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    marks = getattr(getattr(module, function), "pytestmark", [])
    return {str(case) for mark in marks if mark.name == "parametrize" for case in mark.args[1]}
