"""Figures, how sure they are, and amounts written out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Qualifier
from wording.numbers import amount_in_words, change, figure, qualified, yuan


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
    with pytest.raises(ValueError, match="amount"):
        amount_in_words(Decimal(value))


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


def test_money_has_two_decimals():
    assert yuan(Decimal("1200.5")) == "1,200.50 元"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.5", "伍角整"),
        ("0.55", "伍角伍分"),
        ("100", "壹佰元整"),
        ("110", "壹佰壹拾元整"),
        ("1005", "壹仟零伍元整"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("1010000", "壹佰零壹万元整"),
        ("20000001", "贰仟万零壹元整"),
        ("100000000", "壹亿元整"),
        ("120000000000", "壹仟贰佰亿元整"),
        ("1000000000000", "壹万亿元整"),
        ("-3.5", "负叁元伍角整"),
        ("-0.001", "零元整"),
        ("0.005", "壹分"),
    ],
)
def test_an_amount_is_written_out_as_on_a_receipt(amount, words):
    assert amount_in_words(Decimal(amount)) == words


def test_an_amount_beyond_the_scale_is_refused():
    with pytest.raises(ValueError, match="amount"):
        amount_in_words(10**16)


@given(st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1))
def test_an_amount_written_out_can_be_read_back(cents):
    words = amount_in_words(Decimal(cents).scaleb(-2))
    assert _read(words) == cents
    assert "零零" not in words
    assert words.endswith(("整", "分"))


def _read(words: str) -> int:
    """Fen of an amount in words, by adding up what each figure says."""
    sign = -1 if words.startswith("负") else 1
    words = words.removeprefix("负").removesuffix("整")
    whole, yuan_sign, rest = words.rpartition("元")
    cents = _read_integer(whole) * 100 if yuan_sign else 0
    for word, worth in (("角", 10), ("分", 1)):
        if word in rest:
            digit, _, rest = rest.partition(word)
            cents += "零壹贰叁肆伍陆柒捌玖".index(digit[-1]) * worth
    return sign * cents


def _read_integer(words: str) -> int:
    for mark, worth in (("亿", 10**8), ("万", 10**4)):
        head, found, tail = words.rpartition(mark)
        if found:
            return _read_integer(head) * worth + _read_integer(tail)
    total = digit = 0
    for word in words:
        if word in "拾佰仟":
            total += digit * 10 ** ("拾佰仟".index(word) + 1)
            digit = 0
        else:
            digit = "零壹贰叁肆伍陆柒捌玖".index(word)
    return total + digit
