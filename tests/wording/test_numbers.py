"""Figures, and how sure they are."""

from decimal import Decimal

import pytest

from models.enums import Qualifier
from wording.numbers import change, figure, qualified


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (None, None, "–"),
        (0, None, "0"),
        (1234567, None, "1,234,567"),
        (-1234, None, "−1,234"),
        (Decimal("12.50"), None, "12.5"),
        (Decimal("1E+3"), None, "1,000"),
        (Decimal(100), None, "100"),
        (Decimal("0.125"), 2, "0.13"),
        (Decimal("-0.125"), 2, "−0.13"),
        (Decimal("-0.001"), 2, "0.00"),
        (Decimal("-0"), None, "0"),
        (Decimal(1200), 2, "1,200.00"),
    ],
)
def test_a_figure_is_written_as_tables_show_it(value, decimals, text):
    assert figure(value, decimals=decimals) == text


@pytest.mark.parametrize(("value", "text"), [(3, "+3"), (-2, "−2"), (0, "0"), (Decimal("0.5"), "+0.5")])
def test_a_change_carries_its_sign(value, text):
    assert change(value) == text


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="finite"):
        figure(Decimal(value))


@pytest.mark.parametrize(
    ("qualifier", "hans", "hant", "english"),
    [
        (Qualifier.EXACT, "60人", "60人", "60 people"),
        (Qualifier.AT_LEAST, "60余人", "60餘人", "at least 60 people"),
        (Qualifier.NEARLY, "近60人", "近60人", "nearly 60 people"),
        (Qualifier.ABOUT, "约60人", "約60人", "about 60 people"),
    ],
)
def test_a_qualified_figure_says_how_sure_it_is(qualifier, hans, hant, english):
    assert qualified(60, "人", qualifier=qualifier) == hans
    assert qualified(60, "人", qualifier=qualifier, language="zh_Hant") == hant
    assert qualified(60, "people", qualifier=qualifier, language="en") == english


def test_a_figure_without_a_unit_has_no_loose_space():
    assert qualified(1500, qualifier=Qualifier.ABOUT, language="en") == "about 1,500"
